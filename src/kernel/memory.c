#include "kernel/memory.h"

#include "base/check.h"
#include "base/memory.h"
#include "kernel/pair_pass.h"

#include <limits.h>

int64_t nt_plan_samples(const nt_plan *plan, int which)
{
  const nt_facts *facts = &plan->node[0].facts;
  return (which == 0 ? &facts->shape1 : &facts->shape2)->dim[facts->batch_axis];
}

nt_form nt_form_of_pairs(const nt_plan *plan, int output, int64_t n1, int64_t n2)
{
  int64_t per_row, per_col;
  nt_output_extent(plan, output, &per_row, &per_col);
  return (nt_form){n1 * per_row, n2 * per_col, plan->tile * per_row, plan->tile * per_col};
}

nt_form nt_form_of_cov(const nt_plan *plan, int Q, int output, int64_t n)
{
  const nt_facts *facts = &plan->node[plan->output[output]].facts;
  if (!facts->diagonal_batch) return nt_form_of_pairs(plan, output, n, n);
  const int64_t positions = nt_facts_positions(facts);
  const int64_t cols = facts->diagonal_spatial ? positions : positions * positions;
  return (nt_form){n, cols, plan->tile, (cols + Q - 1) / Q};
}

/* A matrix of a result. */
static void add_matrix(nt_memory *memory, nt_machine g, nt_form f)
{
  const int64_t rows = nt_numroc(f.M, f.mb, 0, g.P), cols = nt_numroc(f.N, f.nb, 0, g.Q);
  const int64_t elements = cols > 0 && rows > INT64_MAX / 16 / cols ? INT64_MAX / 16 : rows * cols;
  memory->results += elements * (int64_t)sizeof(double);
  if (elements > memory->largest) memory->largest = elements;
}

static void add_results(nt_memory *memory, const nt_demand *d, nt_machine g)
{
  const nt_plan *plan = d->plan;
  const int64_t n1 = nt_plan_samples(plan, 0), n2 = d->symmetric ? n1 : nt_plan_samples(plan, 1);
  for (int o = 0; o < plan->n_outputs; o++) {
    const nt_facts *facts = &plan->node[plan->output[o]].facts;
    const nt_form pairs = nt_form_of_pairs(plan, o, n1, n2);
    if (d->get & NT_GET_NNGP) add_matrix(memory, g, pairs);
    if ((d->get & NT_GET_NTK) && !facts->ntk_zero) add_matrix(memory, g, pairs);
    if (d->get & NT_GET_COV1) add_matrix(memory, g, nt_form_of_cov(plan, g.Q, o, n1));
    if ((d->get & NT_GET_COV2) && !d->symmetric)
      add_matrix(memory, g, nt_form_of_cov(plan, g.Q, o, n2));
  }
}

static void add_samples(nt_memory *memory, const nt_demand *d, nt_machine g)
{
  const nt_plan *plan = d->plan;
  const int64_t n1 = nt_plan_samples(plan, 0), n2 = nt_plan_samples(plan, 1);
  const int64_t pattern = plan->pattern_size * (int64_t)sizeof(double);
  memory->samples += pattern * nt_numroc(n1, NT_SAMPLE_BLOCK, 0, g.P * g.Q);
  if (!d->symmetric) memory->samples += pattern * nt_numroc(n2, NT_SAMPLE_BLOCK, 0, g.P * g.Q);
  for (int l = 0; l < plan->n_leaves; l++) {
    if (plan->node[l].given) continue;
    const nt_facts *facts = &plan->node[l].facts;
    const int64_t entries = nt_facts_positions(facts) * facts->shape1.dim[facts->channel_axis];
    const int64_t bytes = entries * (plan->request.dtype == NT_FLOAT64 ? 8 : 4);
    memory->samples += bytes * nt_numroc(n1, NT_SAMPLE_BLOCK, 0, g.P * g.Q);
    if (!d->symmetric) memory->samples += bytes * nt_numroc(n2, NT_SAMPLE_BLOCK, 0, g.P * g.Q);
  }
}

nt_memory nt_memory_of(const nt_demand *demand, nt_machine places)
{
  nt_memory memory = {0};
  add_results(&memory, demand, places);
  add_samples(&memory, demand, places);
  nt_pair_pass_bytes(demand->plan, places, demand->symmetric, &memory);
  memory.work = memory.panels + memory.threads + memory.mirror;
  return memory;
}

int64_t nt_needs_of_demand(const void *arg, int ranks)
{
  const nt_sized_demand *s = arg;
  nt_machine places = {.threads = s->threads};
  nt_grid_shape(ranks, &places.P, &places.Q);
  const nt_memory m = nt_memory_of(&s->demand, places);
  if (m.largest > INT_MAX) return INT64_MAX;
  const int64_t beside = s->beside == NULL ? 0 : s->beside(m.results);
  return m.results + m.samples + (beside > m.work ? beside : m.work);
}

int nt_ranks_that_do(nt_needs needs, int64_t limit)
{
  enum { MOST = 1 << 20 };
  int enough = 1;
  while (enough <= MOST && needs.of(needs.arg, enough) > limit)
    enough *= 2;
  if (enough > MOST) return 0;
  int too_few = enough / 2;
  while (enough - too_few > 1) {
    const int middle = (enough + too_few) / 2;
    if (needs.of(needs.arg, middle) > limit)
      too_few = middle;
    else
      enough = middle;
  }
  return enough;
}

int64_t nt_tile_that_does(const nt_sized_demand *sized, int ranks, int64_t limit)
{
  nt_plan plan = *sized->demand.plan;
  nt_sized_demand smaller = *sized;
  smaller.demand.plan = &plan;
  while (plan.tile > 1) {
    plan.tile = (plan.tile + 1) / 2;
    if (nt_needs_of_demand(&smaller, ranks) <= limit) return plan.tile;
  }
  return 0;
}

nt_status nt_memory_check_largest(nt_error *err, const nt_demand *demand, nt_machine places,
                                  const nt_memory *memory)
{
  nt_status status = NT_OK;
  const nt_sized_demand sized = {.demand = *demand, .threads = places.threads};
  const nt_needs needs = {nt_needs_of_demand, &sized};
  if (memory->largest <= INT_MAX) return NT_OK;
  const int enough = nt_ranks_that_do(needs, INT64_MAX - 1);
  NT_CHECK(enough > 0, err, NT_ERR_NOMEM,
           "the kernel is too large: a million ranks would hold more than 2^31-1 elements of a "
           "matrix each");
  NT_FAIL(
      err, NT_ERR_NOMEM,
      "a rank would hold %lld elements of a matrix, and ScaLAPACK counts up to 2^31-1: %d ranks "
      "would do",
      (long long)memory->largest, enough);
done:
  return status;
}

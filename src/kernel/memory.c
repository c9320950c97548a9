#include "kernel/memory.h"

#include "base/check.h"
#include "base/memory.h"
#include "kernel/given.h"
#include "kernel/job.h"
#include "kernel/pair_pass.h"
#include "layer/math.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

int64_t nt_plan_samples(const nt_plan *plan, int which)
{
  return nt_facts_samples(&plan->node[0].facts, which);
}

nt_form nt_form_of_kernel(const nt_facts *facts, int64_t tile, int64_t n1, int64_t n2)
{
  const int64_t cols = nt_facts_positions(facts), rows = facts->diagonal_spatial ? 1 : cols;
  return (nt_form){n1 * rows, n2 * cols, tile * rows, tile * cols};
}

nt_form nt_form_of_own(const nt_facts *facts, int64_t tile, int Q, int64_t n)
{
  if (!facts->diagonal_batch) return nt_form_of_kernel(facts, tile, n, n);
  const int64_t positions = nt_facts_positions(facts);
  const int64_t cols = facts->diagonal_spatial ? positions : positions * positions;
  return (nt_form){n, cols, tile, (cols + Q - 1) / Q};
}

/* A matrix of a result; of more elements than any rank has, so many that sums
 * of bytes do not overflow. */
static void add_matrix(nt_memory *memory, nt_machine g, nt_form f)
{
  const int64_t beyond = INT64_MAX >> 16;
  const int64_t rows = nt_numroc(f.M, f.mb, 0, g.P), cols = nt_numroc(f.N, f.nb, 0, g.Q);
  const int64_t elements = cols > 0 && rows > beyond / cols ? beyond : rows * cols;
  memory->results += elements * (int64_t)sizeof(double);
  if (elements > memory->largest) memory->largest = elements;
}

/* A Kernel record, of what `d` asks for. */
static void add_kernel(nt_memory *memory, const nt_demand *d, const nt_facts *facts, int64_t tile,
                       nt_machine g)
{
  const int64_t n1 = nt_facts_samples(facts, 0), n2 = nt_facts_samples(facts, 1);
  const nt_form pairs = nt_form_of_kernel(facts, tile, n1, n2);
  if (d->get & NT_GET_NNGP) add_matrix(memory, g, pairs);
  if ((d->get & NT_GET_NTK) && !facts->ntk_zero) add_matrix(memory, g, pairs);
  if (d->get & NT_GET_COV1) add_matrix(memory, g, nt_form_of_own(facts, tile, g.Q, n1));
  if ((d->get & NT_GET_COV2) && !d->symmetric)
    add_matrix(memory, g, nt_form_of_own(facts, tile, g.Q, n2));
}

static void add_results(nt_memory *memory, const nt_demand *d, nt_machine g)
{
  const nt_plan *plan = d->plan;
  for (int o = 0; o < plan->n_outputs; o++)
    add_kernel(memory, d, &plan->node[plan->output[o]].facts, plan->tile, g);
}

int64_t nt_results_of(const nt_demand *demand, nt_machine places)
{
  nt_memory memory = {0};
  add_results(&memory, demand, places);
  return memory.results;
}

/* Of samples: numbers in their home blocks. Of a given kernel: variances and masks of all samples,
 * and pairs of positions in home blocks. */
static void add_leaf(nt_memory *memory, const nt_demand *d, int l, int64_t n, int64_t homes)
{
  const nt_plan *plan = d->plan;
  const nt_facts *facts = &plan->node[l].facts;
  const int64_t positions = nt_facts_positions(facts),
                entries = positions * nt_facts_channels(facts);
  if (!plan->node[l].given) {
    memory->samples += entries * (plan->request.dtype == NT_FLOAT64 ? 8 : 4) * homes;
    return;
  }
  memory->samples += positions * (2 * (int64_t)sizeof(double) + plan->node[l].mask_channels) * n;
  memory->samples += nt_given_own_numbers(plan, l) * (int64_t)sizeof(double) * homes;
}

static void add_samples(nt_memory *memory, const nt_demand *d, nt_machine g)
{
  const nt_plan *plan = d->plan;
  const int64_t pattern = plan->pattern_size * (int64_t)sizeof(double);
  for (int which = 0; which < (d->symmetric ? 1 : 2); which++) {
    const int64_t n = nt_plan_samples(plan, which);
    const int64_t homes = nt_numroc(n, NT_SAMPLE_BLOCK, 0, g.P * g.Q);
    memory->samples += pattern * homes;
    for (int l = 0; l < plan->n_leaves; l++)
      add_leaf(memory, d, l, n, homes);
  }
}

/* The work of the pass that takes more. */
static void keep_larger(nt_memory *memory, const nt_memory *pass)
{
  const int64_t work = pass->panels + pass->threads + pass->mirror;
  if (work <= memory->work) return;
  memory->work = work;
  memory->panels = pass->panels;
  memory->threads = pass->threads;
  memory->mirror = pass->mirror;
}

/* The pair pass, and those that find cov1, cov2 and masks. */
static void add_passes(nt_memory *memory, const nt_demand *d, nt_machine g)
{
  const unsigned own = NT_GET_COV1 | NT_GET_COV2 | NT_GET_MASK1 | NT_GET_MASK2;
  const int64_t n1 = nt_plan_samples(d->plan, 0),
                n2 = d->symmetric ? 0 : nt_plan_samples(d->plan, 1);
  const nt_memory pairs = nt_pair_pass_bytes(d->plan, g, n1, n2);
  keep_larger(memory, &pairs);
  for (int which = 0; (d->get & own) && which < (d->symmetric ? 1 : 2); which++) {
    const int64_t n = which == 0 ? n1 : n2;
    nt_memory pass = nt_own_pass_bytes(d, g, n);
    keep_larger(memory, &pass);
    if (d->cov_plan == NULL || d->plan->layout.diagonal_batch) continue;
    pass = nt_pair_pass_bytes(d->cov_plan, g, n, 0);
    keep_larger(memory, &pass);
  }
}

/* The matrix between the two sides of a map, with the rows of the new samples and the columns of the
 * old, and the samples of a new tile on their way, from the old rows and from its own. */
static int64_t half_of(const nt_plan *whole, int n, int64_t new_tile, int64_t old_tile,
                       nt_machine g)
{
  nt_memory memory = {0};
  const nt_facts *new = &whole->node[n].facts, *old = &whole->node[whole->node[n].in[0]].facts;
  const int64_t most_new = NT_MAX(nt_facts_samples(new, 0), nt_facts_samples(new, 1));
  nt_form f = nt_form_of_kernel(new, new_tile, most_new, most_new);
  const int64_t columns = f.nb * nt_numroc(f.M, f.mb, 0, g.P);
  f.N = NT_MAX(nt_facts_samples(old, 0), nt_facts_samples(old, 1)) * nt_facts_positions(new);
  f.nb = old_tile * nt_facts_positions(new);
  add_matrix(&memory, g, f);
  const int64_t rows = f.mb * nt_numroc(f.N, f.nb, 0, g.Q);
  return memory.results + NT_MAX(rows, columns) * (int64_t)sizeof(double);
}

/* Kernels that were made before stage `s` and are read in it or later, and those
 * of the barriers behind it. */
static nt_memory between(const nt_demand *d, int s, nt_machine g)
{
  nt_memory memory = {0};
  const nt_cut *cut = d->stages->cut;
  const nt_demand *before = &d->stages->demand[0], *stage = &d->stages->demand[s];
  const int64_t tile = d->stages->demand[d->stages->n - 1].plan->tile;
  int64_t half = 0;
  for (int n = 0; n < cut->whole->n_nodes; n++) {
    const bool old = cut->stage[n] < s && cut->last[n] >= s;
    const bool new = cut->stage[n] == s && cut->whole->node[n].barrier;
    if (!cut->kept[n] || !(old || new)) continue;
    add_kernel(&memory, before, &cut->whole->node[n].facts, tile, g);
    if (new) half = NT_MAX(half, half_of(cut->whole, n, tile, stage->plan->tile, g));
  }
  memory.results += half;
  return memory;
}

static nt_memory of_stages(const nt_demand *d, nt_machine g)
{
  nt_memory all = {0};
  int64_t data = 0; /* stays */
  for (int s = 0; s < d->stages->n; s++) {
    const nt_memory stage = nt_memory_of(&d->stages->demand[s], g), rest = between(d, s, g);
    all.results = NT_MAX(all.results, stage.results + rest.results);
    all.samples = NT_MAX(all.samples, data + stage.samples);
    if (s == 0) data = stage.samples;
    keep_larger(&all, &stage);
    all.largest = NT_MAX(all.largest, NT_MAX(stage.largest, rest.largest));
  }
  return all;
}

nt_memory nt_memory_of(const nt_demand *demand, nt_machine places)
{
  nt_memory memory = {0};
  if (demand->stages != NULL) return of_stages(demand, places);
  add_results(&memory, demand, places);
  add_samples(&memory, demand, places);
  add_passes(&memory, demand, places);
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

/* Ranks that are thought of. */
enum { MOST_RANKS = 1 << 20 };

int nt_ranks_that_do(nt_needs needs, int64_t limit)
{
  int enough = 1;
  while (enough <= MOST_RANKS && needs.of(needs.arg, enough) > limit)
    enough *= 2;
  if (enough > MOST_RANKS) return 0;
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

/* A demand whose plans are copies, which may have other tiles. */
typedef struct nt_smaller {
  nt_sized_demand sized;
  nt_stages stages;
  int n_plans;
  nt_plan *plan; /* [n_plans] of the whole and of the stages */
} nt_smaller;

static const nt_plan *copy_plan(nt_smaller *s, const nt_plan *plan)
{
  if (plan == NULL) return NULL;
  s->plan[s->n_plans] = *plan;
  return &s->plan[s->n_plans++];
}

static void copy_demand(nt_smaller *s, const nt_demand *from, nt_demand *to)
{
  *to = *from;
  to->plan = copy_plan(s, from->plan);
  to->cov_plan = copy_plan(s, from->cov_plan);
}

static bool copy_plans(const nt_sized_demand *sized, nt_smaller *s)
{
  const nt_stages *stages = sized->demand.stages;
  const int demands = 1 + (stages == NULL ? 0 : stages->n);
  s->sized = *sized;
  s->plan = calloc(2 * (size_t)demands, sizeof *s->plan);
  s->stages.demand = calloc((size_t)demands, sizeof *s->stages.demand);
  if (s->plan == NULL || s->stages.demand == NULL) return false;
  copy_demand(s, &sized->demand, &s->sized.demand);
  if (stages == NULL) return true;
  s->stages.cut = stages->cut;
  s->stages.n = stages->n;
  for (int k = 0; k < stages->n; k++)
    copy_demand(s, &stages->demand[k], &s->stages.demand[k]);
  s->sized.demand.stages = &s->stages;
  return true;
}

/* Halved until the ranks there are would do, or no further. */
static void advise_tile(nt_smaller *s, int ranks, int64_t limit, nt_advice *advice)
{
  const nt_needs needs = {nt_needs_of_demand, &s->sized};
  int64_t tile = 1;
  for (int k = 0; k < s->n_plans; k++)
    tile = NT_MAX(tile, s->plan[k].tile);
  while (tile > 1 && advice->ranks != ranks) {
    tile = (tile + 1) / 2;
    for (int k = 0; k < s->n_plans; k++)
      s->plan[k].tile = NT_MIN(s->plan[k].tile, tile);
    const bool does = nt_needs_of_demand(&s->sized, ranks) <= limit;
    const int enough = does ? ranks : nt_ranks_that_do(needs, limit);
    if (!does && (enough == 0 || advice->ranks > 0)) continue;
    *advice = (nt_advice){.ranks = enough, .tile = tile};
  }
  if (advice->ranks > 0) return;
  s->sized.threads = 1;
  advice->least = INT64_MAX;
  for (int n = 1; n <= MOST_RANKS; n *= 2)
    advice->least = NT_MIN(advice->least, nt_needs_of_demand(&s->sized, n));
  advice->fewer_threads = advice->least <= limit;
}

nt_advice nt_memory_advise(const nt_sized_demand *sized, int ranks, int64_t limit)
{
  const nt_needs needs = {nt_needs_of_demand, sized};
  nt_advice advice = {.ranks = nt_ranks_that_do(needs, limit), .tile = 0, .least = 0};
  nt_smaller s = {.n_plans = 0};
  if (advice.ranks > 0) return advice;
  if (copy_plans(sized, &s)) advise_tile(&s, ranks, limit, &advice);
  free(s.plan);
  free(s.stages.demand);
  return advice;
}

const char *nt_advice_text(const nt_advice *advice, int ranks, const char *each, char *out,
                           size_t size)
{
  char least[32], tile[80] = "";
  nt_bytes_text(advice->least, least, sizeof least);
  if (advice->tile > 0)
    (void)snprintf(tile, sizeof tile, "tiles of %lld sample%s (--tile %lld)",
                   (long long)advice->tile, advice->tile == 1 ? "" : "s", (long long)advice->tile);
  if (advice->ranks == 0 && advice->least == INT64_MAX)
    (void)snprintf(out, size,
                   "no number of ranks would do, since one pair of samples has more than that: let "
                   "fewer positions be left at the end of the network (by a pool, or Flatten), or "
                   "take those of equal positions alone (--diagonal-spatial yes)");
  else if (advice->ranks == 0)
    (void)snprintf(out, size,
                   "neither more ranks nor a smaller tile would do, since a rank of one thread "
                   "needs %s at least: %s",
                   least, advice->fewer_threads ? "use fewer threads" : "raise the limit");
  else if (advice->ranks == ranks && advice->tile > 0)
    (void)snprintf(out, size, "%s would do", tile);
  else
    (void)snprintf(out, size, "%d rank%s%s%s%s would do", advice->ranks,
                   advice->ranks == 1 ? "" : "s", each, advice->tile > 0 ? " and " : "", tile);
  return out;
}

nt_status nt_memory_check_largest(nt_error *err, const nt_sized_demand *sized, int ranks,
                                  int64_t largest, int64_t limit)
{
  nt_status status = NT_OK;
  char text[300], have[32], each[48] = "";
  if (largest <= INT_MAX) return NT_OK;
  if (limit > 0)
    (void)snprintf(each, sizeof each, " with %s each", nt_bytes_text(limit, have, sizeof have));
  const nt_advice advice = nt_memory_advise(sized, ranks, limit > 0 ? limit : INT64_MAX - 1);
  NT_FAIL(
      err, NT_ERR_NOMEM,
      "a rank would hold at least %lld elements of a matrix, and ScaLAPACK counts up to 2^31-1: %s",
      (long long)largest, nt_advice_text(&advice, ranks, each, text, sizeof text));
done:
  return status;
}

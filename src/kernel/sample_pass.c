/** The sample pass: the variance V of every sample at every node, each sample's own NTK, masks; and
 * from them the rows of tables that the steps of the pair pass read. Always in double.
 *
 * Behind a layer that mixes positions, V needs the pairs of a sample's own positions: region after
 * region, one sample at a time, these go through the same planes as a pair of two samples does. */
#include "kernel/sample_impl.h"

#include "base/check.h"
#include "base/clones.h"
#include "base/memory.h"
#include "layer/math.h"
#include "net/net_impl.h"
#include "plan/outline.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* 0 x is NaN for what is not finite, and so are sums with it. */
NT_CLONES static bool all_finite(int64_t n, const double *v, const double *t)
{
  double none = 0;
#pragma omp simd reduction(+ : none)
  for (int64_t i = 0; i < n; i++)
    none += 0 * v[i] + 0 * t[i];
  return none == 0;
}

static nt_status check_finite(nt_pass *p, int n)
{
  nt_status status = NT_OK;
  const nt_node *node = &p->plan->node[n];
  const int64_t entries = nt_own_entries(p, n);
  char where[200] = "the input";
  if (all_finite(entries, p->own[n].v, p->own[n].t)) return NT_OK;
  if (node->layer != NULL) nt_layer_where(node->layer, where, sizeof where);
  for (int64_t i = 0; i < entries; i++) {
    const bool by_v = !isfinite(p->own[n].v[i]);
    const double value = by_v ? p->own[n].v[i] : p->own[n].t[i];
    NT_CHECK(isfinite(value), p->err, NT_ERR_NUMERIC,
             "the %s of sample %lld after %s is not finite (%g): scale the inputs or W_std down",
             by_v ? "variance" : "NTK",
             (long long)(p->panel->first + p->first + i * p->count / entries), where, fabs(value));
  }
done:
  return status;
}

/* Whether float32 holds what pairs have is told by the largest. */
static void note_largest(nt_pass *p, int n)
{
  const int64_t entries = nt_own_entries(p, n);
  double largest = p->ws->largest[n];
  if (p->plan->request.dtype != NT_FLOAT32) return;
  for (int64_t i = 0; i < entries; i++)
    largest = NT_MAX(largest, p->own[n].v[i]);
  p->ws->largest[n] = largest;
}

/* Numbers of a node's scale and rest at an entry. */
static int scales_of(const nt_node *node)
{
  const bool pool = node->action == NT_POOL || node->action == NT_GLOBAL;
  return node->action == NT_NORM ? 1 : pool ? 3 : 0;
}

static int rests_of(const nt_plan *plan, const nt_node *node)
{
  return node->action == NT_POOL || node->action == NT_GLOBAL || nt_node_goes_by_k(plan, node);
}

/* Those, its variance and its NTK. */
static int numbers_of(const nt_plan *plan, const nt_node *node)
{
  return 2 + scales_of(node) + rests_of(plan, node);
}

static nt_status find_values(nt_pass *p, int n)
{
  nt_status status = NT_OK;
  const nt_node *node = &p->plan->node[n];
  nt_own *own = &p->own[n];
  const int64_t entries = nt_own_entries(p, n);
  own->v = p->room + p->used;
  own->t = own->v + entries;
  if (scales_of(node) > 0) own->scale = own->t + entries;
  if (rests_of(p->plan, node)) own->rest = own->t + (1 + scales_of(node)) * entries;
  p->used += numbers_of(p->plan, node) * entries;
  NT_TRY(nt_own_values(p, n));
  for (int64_t i = 0; node->remask && i < entries; i++) {
    if (!own->mask[i]) continue;
    own->v[i] = own->t[i] = 0;
    if (own->rest != NULL) own->rest[i] = 0;
  }
  NT_TRY(check_finite(p, n));
  note_largest(p, n);
done:
  return status;
}

/* All variances that are wanted and can be known now. `planes`: the last region that was run. */
static nt_status find_all(nt_pass *p, int planes)
{
  nt_status status = NT_OK;
  const nt_plan *plan = p->plan;
  for (int n = 0; n < plan->n_nodes; n++) {
    const nt_node *node = &plan->node[n];
    bool ready = node->want_v && p->own[n].v == NULL;
    for (int i = 0; ready && i < node->n_in; i++)
      ready = p->own[node->in[i]].v != NULL;
    if (ready && nt_node_takes_planes(plan, n)) ready = p->ran[n] <= planes;
    if (ready) NT_TRY(find_values(p, n));
  }
done:
  return status;
}

static nt_status find_masks(nt_pass *p)
{
  nt_status status = NT_OK;
  for (int n = 0; n < p->plan->n_nodes; n++) {
    const nt_node *node = &p->plan->node[n];
    if (node->mask_channels == 0) continue;
    NT_TRY(
        nt_calloc(p->err, nt_own_entries(p, n) * node->mask_channels, 1, "masks", &p->own[n].mask));
    NT_TRY(nt_own_mask(p, n));
  }
done:
  return status;
}

/* Which region runs the planes of every node that takes them. */
static void find_runs(nt_pass *p)
{
  const nt_program *program = p->plan->program;
  for (int n = 0; n < p->plan->n_nodes; n++)
    p->ran[n] = program->n_regions;
  for (int r = 0; r < program->n_regions; r++) {
    for (int s = 0; s < program->region[r].n_steps; s++) {
      const nt_step *step = &program->region[r].step[s];
      const bool sink =
          step->kind == NT_STEP_POOL || step->kind == NT_STEP_GLOBAL || step->kind == NT_STEP_MIX;
      if (sink) p->ran[step->node] = r;
    }
  }
}

/* What the panel keeps of the outputs. */
static void keep_outputs(nt_pass *p)
{
  const nt_plan *plan = p->plan;
  for (int o = 0; o < plan->n_outputs; o++) {
    const int n = plan->output[o];
    const int64_t positions = p->own[n].positions;
    const size_t bytes = (size_t)(p->count * positions) * sizeof(double);
    if (p->own[n].v != NULL) {
      memcpy(p->panel->q[o] + p->first * positions, p->own[n].v, bytes);
      memcpy(p->panel->t[o] + p->first * positions, p->own[n].t, bytes);
    }
    if (p->own[n].mask == NULL) continue;
    const int64_t entry = positions * plan->node[n].mask_channels;
    memcpy(p->panel->out_mask[o] + p->first * entry, p->own[n].mask, (size_t)(p->count * entry));
  }
}

/* Samples first ... first + count - 1. */
static nt_status pass_some(nt_pass *p, int last)
{
  nt_status status = NT_OK;
  const nt_plan *plan = p->plan;
  for (int n = 0; n < plan->n_nodes; n++)
    p->own[n] = (nt_own){.positions = p->own[n].positions};
  p->used = 0;
  NT_TRY(find_masks(p));
  for (int r = 0; r < plan->program->n_regions; r++) {
    NT_TRY(find_all(p, r - 1));
    NT_TRY(nt_own_rows(p, r));
    if (r <= last) NT_TRY(nt_planes_own(p->err, plan, p->panel, p->ws, r, p->first));
    NT_TRY(nt_own_sides(p, r));
    if (r <= last) nt_planes_own_mix(plan, p->panel, p->ws, r, p->first);
  }
  NT_TRY(find_all(p, plan->program->n_regions - 1));
  keep_outputs(p);
done:
  for (int n = 0; n < plan->n_nodes; n++)
    free(p->own[n].mask);
  return status;
}

/* Samples that go through the nodes together: one where there are own planes, else
 * what stays in the cache. */
static int64_t samples_together(const nt_plan *plan, int last)
{
  enum { ENTRIES = 1024 };
  int64_t most = 1;
  for (int n = 0; n < plan->n_nodes; n++)
    most = NT_MAX(most, nt_facts_positions(&plan->node[n].facts));
  return last < 0 ? NT_MAX(ENTRIES / most, 1) : 1;
}

/* Room for the values of so many samples at all nodes. */
static nt_status allocate(nt_pass *p, int64_t count)
{
  nt_status status = NT_OK;
  const nt_plan *plan = p->plan;
  int64_t numbers = 0;
  NT_TRY(nt_calloc(p->err, plan->n_nodes, sizeof(nt_own), "variances", &p->own));
  for (int n = 0; n < plan->n_nodes; n++) {
    const nt_node *node = &plan->node[n];
    p->own[n].positions = nt_facts_positions(&node->facts);
    if (node->want_v) numbers += numbers_of(plan, node) * count * p->own[n].positions;
  }
  NT_TRY(nt_alloc(p->err, numbers, sizeof(double), "variances", &p->room));
  NT_TRY(nt_alloc(p->err, plan->n_nodes, sizeof(int), "variances", &p->ran));
done:
  return status;
}

nt_status nt_sample_pass(nt_error *err, const nt_plan *plan, nt_panel *panel,
                         struct nt_workspace *ws)
{
  nt_status status = NT_OK;
  const int last = nt_plan_last_own(plan);
  const int64_t step = NT_MIN(samples_together(plan, last), panel->count);
  nt_pass p = {.err = err, .plan = plan, .panel = panel, .ws = ws};
  NT_TRY(allocate(&p, step));
  find_runs(&p);
  for (p.first = 0; p.first < panel->count; p.first += step) {
    p.count = NT_MIN(step, panel->count - p.first);
    NT_TRY(pass_some(&p, last));
  }
done:
  free(p.room);
  free(p.own);
  free(p.ran);
  return status;
}

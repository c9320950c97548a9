#include "plan/plan_impl.h"

#include "base/check.h"
#include "base/memory.h"
#include "layer/math.h"
#include "net/net_impl.h"
#include "plan/outline.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

/* Elementary steps for one pair of samples, as multiples of a fully connected layer's map. */
static double pair_cost(const nt_plan *plan)
{
  double cost = 1;
  const nt_program *program = plan->program;
  for (int r = 0; r < program->n_regions; r++) {
    for (int s = 0; s < program->region[r].n_steps; s++) {
      const nt_step *step = &program->region[r].step[s];
      const nt_facts *facts = &plan->node[step->node].facts;
      const double channels = (double)nt_facts_channels(facts);
      const double each = step->kind == NT_STEP_INPUT ? 1 + channels / 32 : 1;
      cost += each * nt_frame_cells(&program->frames, step->frame);
    }
  }
  return cost;
}

/* Panels of a rank in work: enough that fetching them is cheap beside the tiles that they give. */
enum { PANEL_BYTES = 96 << 20 };

static int64_t up(int64_t a, int64_t b) { return (a + b - 1) / b; }

/* The tile, or one of at least half its width, of which there is an even number along a side;
 * where there is none, the tile. */
static int64_t evened(int64_t n, int64_t tile)
{
  for (int64_t t = tile; t > 0 && 2 * t >= tile; t--) {
    if (up(n, t) % 2 == 0) return t;
  }
  return tile;
}

/* Numbers of the longest sample without positions. */
static int64_t longest_sample(const nt_plan *plan)
{
  int64_t longest = 0;
  for (int l = 0; l < plan->n_leaves; l++) {
    const nt_node *node = &plan->node[l];
    if (!node->given && nt_node_rank(node) == 0)
      longest = NT_MAX(longest, nt_facts_channels(&node->facts));
  }
  return longest;
}

/* Samples along a side of a tile. Tiles so wide that what is done for each of them is little beside
 * its pairs, but enough of them for the ranks of a cluster, and so small that a mirror tile is
 * still in cache when another rank fetches it. Their number is a multiple of four (of two, where
 * they are few) and the last is nearly as wide as the others, so that most grids share them evenly;
 * results do not depend on the grid, so neither does the tile. Where products take most of the
 * time, no tile is narrower than the strips that they take (kernel/gram.h). */
static int64_t choose_tile(const nt_plan *plan)
{
  enum { LARGEST = 384, ROWS_OF_TILES = 8, LINE = 8, LONG_SAMPLE = 8192 };
  const double tile_cost = 64e6; /* about a tenth of a second */
  if (plan->request.tile > 0) return plan->request.tile;
  const nt_facts *facts = &plan->node[0].facts;
  int64_t n1 = facts->shape1.dim[facts->batch_axis], n2 = facts->shape2.dim[facts->batch_axis];
  int64_t n = n1 > n2 ? n1 : n2;
  int64_t largest = LARGEST;
  const double affordable = sqrt(tile_cost / pair_cost(plan));
  if (affordable < LARGEST) largest = affordable < 1 ? 1 : (int64_t)affordable;
  int64_t rows = up(n, largest);
  rows = rows < ROWS_OF_TILES ? ROWS_OF_TILES : up(rows, 4) * 4;
  const int64_t tile = up(n, rows);
  if (tile > NT_LANES) return up(tile, LINE) * LINE;
  return longest_sample(plan) > LONG_SAMPLE ? NT_LANES : evened(n, tile);
}

nt_status nt_plan_complete(nt_error *err, nt_plan *plan)
{
  nt_status status = NT_OK;
  nt_plan_demand(plan, plan->request.get);
  NT_TRY(nt_plan_needs(err, plan));
  NT_TRY(nt_program_compile(err, plan, &plan->program));
  nt_plan_variances(plan);
  NT_TRY(nt_plan_own(err, plan));
  plan->tile = choose_tile(plan);
  plan->panel_bytes = PANEL_BYTES;
done:
  return status;
}

/* Whether a step takes distances from K, or from the sums of a pool. */
static bool takes_difference(const nt_plan *plan, const nt_step *step)
{
  const nt_layer_ops *ops = plan->node[step->node].ops;
  switch (step->kind) {
  case NT_STEP_POOLED:
    return true;
  case NT_STEP_CONVERT:
    return step->d;
  case NT_STEP_TILE:
    return step->row2 >= 0;
  case NT_STEP_MAP:
    return ops->difference[plan->request.dtype] != NULL &&
           step->map == ops->map[plan->request.dtype];
  default:
    return false;
  }
}

/* Whether a distance is the difference of rounded numbers, of samples with positions. */
static bool is_rounded(const nt_plan *plan)
{
  bool rounded = false, positions = false;
  for (int l = 0; l < plan->n_leaves; l++) {
    if (plan->node[l].given) return false;
    positions |= nt_node_rank(&plan->node[l]) > 0;
  }
  for (int r = 0; positions && plan->n_barriers == 0 && r < plan->program->n_regions; r++) {
    for (int s = 0; s < plan->program->region[r].n_steps; s++)
      rounded |= takes_difference(plan, &plan->program->region[r].step[s]);
  }
  return rounded;
}

/* The plan itself, without one for samples that are nearly alike. */
static nt_status create_one(nt_error *err, const nt_layer *net, const nt_tree *leaves,
                            const nt_input *inputs, const nt_request *request, nt_plan **out)
{
  nt_status status = NT_OK;
  void *axes = NULL;
  NT_TRY(nt_plan_trace(err, net, leaves, out));
  nt_plan *plan = *out;
  plan->request = *request;
  NT_TRY(nt_plan_layout(err, net, request, &plan->layout));
  NT_TRY(nt_alloc(err, plan->n_leaves, sizeof(nt_leaf_axes), "axes", &axes));
  NT_TRY(nt_plan_axes(err, plan, request, axes));
  NT_TRY(nt_plan_facts(err, plan, inputs, axes));
  if (plan->n_barriers == 0) {
    nt_plan_patches(plan);
    NT_TRY(nt_plan_complete(err, plan));
  }
done:
  free(axes);
  if (status != NT_OK) nt_plan_destroy(out);
  return status;
}

/* Whether all maps of the network are there in an arithmetic. */
static bool has_maps(const nt_plan *plan, nt_dtype dtype)
{
  bool all = true;
  for (int n = 0; n < plan->n_nodes; n++) {
    const nt_layer_ops *ops = plan->node[n].ops;
    if (ops != NULL && plan->node[n].action == NT_MAP) all &= ops->map[dtype] != NULL;
  }
  return all;
}

/* What is finer than an arithmetic (on some machines long double is not), and below which 1 - |cos|
 * = d of two samples it is needed: the NTK loses eps / sqrt(d), sometimes a few times that. */
typedef struct nt_finer {
  nt_dtype dtype;
  bool exists;
  double below;
} nt_finer;
static const nt_finer finer_than[] = {
    [NT_FLOAT64] = {(nt_dtype)NT_WIDE, LDBL_MANT_DIG > DBL_MANT_DIG, 1e-6},
    [NT_FLOAT32] = {NT_FLOAT64, true, 1e-2}};

nt_status nt_plan_create(nt_error *err, const nt_layer *net, const nt_tree *leaves,
                         const nt_input *inputs, const nt_request *request, nt_plan **out)
{
  nt_status status = NT_OK;
  NT_TRY(create_one(err, net, leaves, inputs, request, out));
  const nt_finer *finer = &finer_than[request->dtype];
  if (finer->exists && is_rounded(*out) && has_maps(*out, finer->dtype)) {
    nt_request again = *request;
    again.dtype = finer->dtype;
    again.tile = 1;
    again.digits = false;
    (*out)->near_below = finer->below;
    NT_TRY(create_one(err, net, leaves, inputs, &again, &(*out)->near));
  }
done:
  if (status != NT_OK) nt_plan_destroy(out);
  return status;
}

bool nt_node_goes_by_k(const nt_plan *plan, const nt_node *node)
{
  if (!nt_plan_is_wide(plan) || node->ops == NULL) return false;
  if (node->action == NT_MIX) return nt_node_rank(&plan->node[node->in[0]]) > 0;
  return node->action == NT_MAP && !node->ops->takes_d && node->ops->difference[NT_WIDE] == NULL;
}

static void free_taps(nt_node *node)
{
  for (int a = 0; a < node->n_taps; a++) {
    free(node->taps[a].in);
    free(node->taps[a].weight);
  }
  free(node->taps);
}

void nt_node_release(nt_node *node)
{
  free(node->in);
  free(node->weight);
  for (int a = 0; a < NT_MAX_RANK; a++)
    free(node->need[a]);
  free_taps(node);
}

void nt_plan_destroy(nt_plan **out)
{
  nt_plan *plan = *out;
  if (plan == NULL) return;
  for (int n = 0; n < plan->n_nodes; n++)
    nt_node_release(&plan->node[n]);
  free(plan->node);
  free(plan->output);
  free(plan->repeat);
  free(plan->origin);
  nt_program_destroy(&plan->program);
  nt_plan_destroy(&plan->near);
  nt_tree_destroy(&plan->leaves);
  nt_tree_destroy(&plan->outputs);
  free(plan);
  *out = NULL;
}

/** Three decisions before the steps of a program are made. The *form* of every value: D where it
 * flows into a map that takes D and everything between keeps it, K elsewhere. *Folding*: an
 * affine layer, or the factors of a window, that is the only reader of a map or an input
 * becomes part of its loop. *Starts*: T of a window that is the first layer is a multiple of K
 * before the sums, so that one window does. */
#include "plan/compile.h"

/* Whether an NT_WINDOW keeps D: both arguments by the same taps, all of weight 1. */
static bool window_adds(const nt_node *node)
{
  bool adds = !node->transposes;
  for (int a = 0; adds && a < nt_node_rank(node); a++)
    adds = node->taps[a].weight == NULL;
  return adds;
}

/* Pools add K where its signs differ and terms cancel, D where they do not; and in long double D
 * throughout, which is there for what is small in it. */
static bool is_rectified(const nt_compiler *c, int n)
{
  const nt_node *node = &c->plan->node[n];
  bool rectified = nt_plan_is_wide(c->plan);
  rectified |= node->action == NT_MAP && node->ops != NULL && node->ops->takes_d;
  for (int i = 0; node->action != NT_MAP && i < node->n_in; i++)
    rectified |= c->value[node->in[i]].rectified;
  return rectified;
}

/* Whether a D of the input becomes a D of the output. */
static bool keeps_d(const nt_compiler *c, int n)
{
  const nt_node *node = &c->plan->node[n];
  switch (node->action) {
  case NT_AFFINE:
  case NT_FLATTEN:
  case NT_WEIGHTED_SUM:
  case NT_PRODUCT:
  case NT_NORM:
    return true;
  case NT_WINDOW:
    return window_adds(node);
  case NT_MAP:
    return node->ops->takes_d || node->ops->difference[NT_FLOAT64] != NULL ||
           nt_node_goes_by_k(c->plan, node);
  case NT_MIX: /* by its K, which is made of D and the variances */
    return nt_node_goes_by_k(c->plan, node);
  case NT_POOL:
    return nt_node_rank(node) > 0 && !node->facts.diagonal_spatial && c->value[n].rectified;
  case NT_GLOBAL:
    return !node->facts.diagonal_spatial && c->value[n].rectified &&
           nt_node_rank(&c->plan->node[node->in[0]]) > 0;
  default:
    return false;
  }
}

/* Who reads D, and how many read at all, from the outputs back. */
static void ask(nt_compiler *c)
{
  const nt_plan *plan = c->plan;
  for (int i = 0; i < plan->n_outputs; i++) {
    if (nt_demanded(&plan->node[plan->output[i]])) c->value[plan->output[i]].readers++;
  }
  for (int n = plan->n_nodes - 1; n >= 0; n--) {
    const nt_node *node = &plan->node[n];
    if (!nt_demanded(node) || node->ops == NULL) continue;
    const bool takes = node->action == NT_MAP && node->ops->takes_d;
    for (int i = 0; i < node->n_in; i++) {
      nt_node_use *in = &c->value[node->in[i]];
      in->wants_d |= takes || (keeps_d(c, n) && c->value[n].wants_d);
      in->moved |= node->transposes;
      in->readers++;
    }
  }
}

static bool any_d(const nt_compiler *c, const nt_node *node)
{
  bool any = false;
  for (int i = 0; i < node->n_in; i++)
    any |= c->value[node->in[i]].d;
  return any;
}

static bool form(const nt_compiler *c, int n)
{
  const nt_node *node = &c->plan->node[n];
  const nt_node_use *value = &c->value[n];
  if (node->cut) return false; /* kept as K, to be read in another order of axes */
  if (node->ops == NULL) return value->wants_d && !node->given;
  if (node->action == NT_MAP) return value->wants_d && keeps_d(c, n);
  if (node->action == NT_MIX)
    return value->wants_d && !value->moved && nt_node_goes_by_k(c->plan, node);
  if (node->action == NT_WEIGHTED_SUM) return value->wants_d;
  if (node->action == NT_PRODUCT)
    return value->wants_d && node->n_in <= NT_MOST_FACTORS && any_d(c, node);
  const bool pool = node->action == NT_POOL || node->action == NT_GLOBAL;
  if (pool && (!value->wants_d || value->moved)) return false;
  return keeps_d(c, n) && c->value[node->in[0]].d;
}

/* Of a window, whether it starts, then of the map behind it, whether that makes its T. */
static void start(nt_compiler *c, int n)
{
  const nt_node *node = &c->plan->node[n], *before = &c->plan->node[node->in[0]];
  nt_node_use *in = &c->value[node->in[0]];
  if (node->action == NT_WINDOW && nt_node_rank(node) > 0)
    c->value[n].starts =
        c->value[n].folds && before->ops == NULL && node->want_t && node->affine.k != 0;
  if (node->action == NT_MAP && node->ops->starts)
    in->map_starts =
        in->starts && in->d && in->readers == 1 && !before->remask && !before->ops->separate;
}

void nt_compile_survey(nt_compiler *c)
{
  const nt_plan *plan = c->plan;
  for (int n = 0; n < plan->n_nodes; n++) {
    c->value[n] = (nt_node_use){.folded = -1, .first = -1, .rows = -1};
  }
  for (int n = 0; n < plan->n_nodes; n++)
    c->value[n].rectified = is_rectified(c, n);
  ask(c);
  for (int n = 0; n < plan->n_nodes; n++) {
    c->value[n].d = form(c, n);
  }
  for (int n = 0; n < plan->n_nodes; n++) {
    const nt_node *node = &plan->node[n];
    if (!nt_demanded(node) || node->ops == NULL) continue;
    if (node->action != NT_AFFINE && node->action != NT_WINDOW) continue;
    const nt_node *before = &plan->node[node->in[0]];
    nt_node_use *in = &c->value[node->in[0]];
    const bool source = before->ops == NULL
                            ? !before->given
                            : before->action == NT_MAP && !nt_node_goes_by_k(plan, before);
    const bool reads = node->action == NT_AFFINE || in->d == c->value[n].d;
    if (source && reads && in->readers == 1 && !before->remask && !before->cut) {
      in->folded = n;
      c->value[n].folds = true;
    }
  }
  for (int n = 0; n < plan->n_nodes; n++) {
    if (nt_demanded(&plan->node[n]) && plan->node[n].ops != NULL) start(c, n);
  }
}

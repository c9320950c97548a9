#include "plan/cut.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdlib.h>

/* While stages are numbered: barriers before a node, and the samples that it is computed on. */
typedef struct nt_group {
  int level;
  int64_t n1, n2;
} nt_group;

typedef struct nt_cutter {
  const nt_plan *whole;
  nt_cut *cut;
  nt_group *of;    /* [n_nodes] */
  nt_group *group; /* [n_stages] */
  int n_groups, most;
} nt_cutter;

static nt_group on_samples_of(const nt_node *node, int level)
{
  const nt_facts *f = &node->facts;
  return (nt_group){level, f->shape1.dim[f->batch_axis], f->shape2.dim[f->batch_axis]};
}

static bool same(nt_group a, nt_group b)
{
  return a.level == b.level && a.n1 == b.n1 && a.n2 == b.n2;
}

/* A node is computed on the samples of its inputs, behind all barriers before them. */
static void find_groups(nt_cutter *c)
{
  for (int n = 0; n < c->whole->n_nodes; n++) {
    const nt_node *node = &c->whole->node[n];
    int level = 0;
    for (int i = 0; i < node->n_in; i++) {
      const int in = node->in[i];
      const bool behind = c->whole->node[in].barrier && !nt_cut_joins(c->whole, n);
      if (c->of[in].level + behind > level) level = c->of[in].level + behind;
    }
    c->of[n] = on_samples_of(&c->whole->node[node->n_in > 0 ? node->in[0] : n], level);
  }
}

static void need(nt_cutter *c)
{
  bool *const kept = c->cut->kept; /* for the moment: needed */
  for (int o = 0; o < c->whole->n_outputs; o++)
    kept[c->whole->output[o]] = true;
  for (int n = c->whole->n_nodes - 1; n >= 0; n--) {
    const nt_node *node = &c->whole->node[n];
    for (int i = 0; kept[n] && i < node->n_in; i++)
      kept[node->in[i]] = true;
    c->cut->stage[n] = kept[n] || node->ops == NULL ? 0 : -1;
    kept[n] = false;
  }
}

static int number_of(nt_cutter *c, nt_group group)
{
  int g = 0;
  while (g < c->n_groups && !same(c->group[g], group))
    g++;
  if (g == c->n_groups) c->group[c->n_groups++] = group;
  return g;
}

/* Stages in the order of their levels. An output behind a barrier is shown by
 * a stage, never the first. */
static void number_stages(nt_cutter *c)
{
  nt_cut *const cut = c->cut;
  for (int level = 0; level <= c->whole->n_barriers; level++) {
    for (int n = 0; n < c->whole->n_nodes; n++) {
      const bool here = cut->stage[n] >= 0 && c->of[n].level == level;
      if (here && !nt_cut_joins(c->whole, n)) cut->stage[n] = number_of(c, c->of[n]);
      if (cut->shown[n] == 0 && c->of[n].level + 1 == level)
        cut->shown[n] = number_of(c, on_samples_of(&c->whole->node[n], level));
    }
  }
  cut->n_stages = c->n_groups;
  for (int n = 0; n < c->whole->n_nodes; n++) {
    const nt_node *node = &c->whole->node[n];
    if (cut->stage[n] < 0 || !nt_cut_joins(c->whole, n)) continue;
    cut->stage[n] = 0;
    for (int i = 0; i < node->n_in; i++)
      if (cut->stage[node->in[i]] > cut->stage[n]) cut->stage[n] = cut->stage[node->in[i]];
  }
}

/* Who reads the kernels of other stages. */
static void find_readers(nt_cutter *c)
{
  nt_cut *const cut = c->cut;
  for (int n = 0; n < c->whole->n_nodes; n++) {
    const nt_node *node = &c->whole->node[n];
    cut->kept[n] |= cut->stage[n] >= 0 && node->barrier;
    for (int i = 0; cut->stage[n] >= 0 && i < node->n_in; i++) {
      const int in = node->in[i];
      const bool apart = cut->stage[in] != cut->stage[n] || c->whole->node[in].barrier ||
                         nt_cut_joins(c->whole, n);
      if (!apart) continue;
      cut->kept[in] = true;
      if (cut->stage[n] > cut->last[in]) cut->last[in] = cut->stage[n];
    }
  }
  for (int o = 0; o < c->whole->n_outputs; o++) {
    cut->kept[c->whole->output[o]] = true;
    cut->last[c->whole->output[o]] = cut->n_stages;
  }
}

nt_status nt_cut_create(nt_error *err, const nt_plan *whole, nt_cut **out)
{
  nt_status status = NT_OK;
  nt_cutter c = {.whole = whole};
  const int n = whole->n_nodes;
  *out = NULL;
  NT_TRY(nt_calloc(err, 1, sizeof(nt_cut), "stages", out));
  c.cut = *out;
  c.cut->whole = whole;
  NT_TRY(nt_calloc(err, n, 3 * sizeof(int) + sizeof(bool), "stages", &c.cut->stage));
  c.cut->last = c.cut->stage + n;
  c.cut->shown = c.cut->last + n;
  c.cut->kept = (bool *)(c.cut->shown + n);
  NT_TRY(nt_calloc(err, 3 * (int64_t)n, sizeof(nt_group), "stages", &c.of));
  c.group = c.of + n;
  need(&c);
  for (int v = 0; v < n; v++)
    c.cut->shown[v] = -1;
  for (int o = 0; o < whole->n_outputs; o++)
    if (whole->node[whole->output[o]].barrier) c.cut->shown[whole->output[o]] = 0;
  find_groups(&c);
  number_stages(&c);
  find_readers(&c);
done:
  free(c.of);
  if (status != NT_OK) nt_cut_destroy(out);
  return status;
}

void nt_cut_destroy(nt_cut **cut)
{
  if (*cut == NULL) return;
  free((*cut)->stage);
  free(*cut);
  *cut = NULL;
}

/* Whether stage `s` computes node `n`, or takes it as samples. */
static bool computes(const nt_cut *cut, int s, int n)
{
  return cut->stage[n] == s && !nt_cut_joins(cut->whole, n);
}

/* Whether stage `s` takes node `n` as a kernel. */
static bool takes_kernel(const nt_cut *cut, int s, int n)
{
  const nt_plan *whole = cut->whole;
  bool takes = cut->shown[n] == s;
  if (computes(cut, s, n)) return false;
  for (int reader = n + 1; !takes && reader < whole->n_nodes; reader++) {
    for (int i = 0; i < whole->node[reader].n_in && computes(cut, s, reader); i++)
      takes |= whole->node[reader].in[i] == n;
  }
  return takes;
}

typedef struct nt_stager {
  nt_error *err;
  const nt_cut *cut;
  nt_plan *plan;
  int *place; /* [n_nodes of the whole] its node here */
} nt_stager;

/* The facts of an input are those of the whole network. */
static nt_status add_input(nt_stager *g, int n)
{
  nt_status status = NT_OK;
  const nt_node *source = &g->cut->whole->node[n];
  NT_TRY(nt_plan_add_node(g->err, g->plan, NULL, 0, &g->place[n]));
  nt_node *node = &g->plan->node[g->place[n]];
  node->leaf = g->plan->n_leaves++;
  node->facts = source->facts;
  node->mask_channels = source->mask_channels;
  node->given = source->ops != NULL || source->given || source->barrier;
  node->is_input = source->is_input;
  node->numbers = source->numbers;
done:
  return status;
}

static nt_status add_layer(nt_stager *g, int n)
{
  nt_status status = NT_OK;
  const nt_node *source = &g->cut->whole->node[n];
  NT_TRY(nt_plan_add_node(g->err, g->plan, source->layer, source->n_in, &g->place[n]));
  for (int i = 0; i < source->n_in; i++)
    g->plan->node[g->place[n]].in[i] = g->place[source->in[i]];
done:
  return status;
}

/* Leaves have no values: outputs are known by their numbers alone. */
static nt_status list_outputs(nt_stager *g, int s)
{
  nt_status status = NT_OK;
  const nt_cut *cut = g->cut;
  nt_plan *plan = g->plan;
  NT_TRY(nt_alloc(g->err, cut->whole->n_nodes, sizeof(int), "outputs", &plan->output));
  for (int n = 0; n < cut->whole->n_nodes; n++) {
    const bool leaves = computes(cut, s, n) && cut->kept[n];
    if (leaves || cut->shown[n] == s) plan->output[plan->n_outputs++] = g->place[n];
  }
  NT_TRY(nt_tree_sequence(g->err, plan->n_outputs, false, &plan->outputs));
  for (int o = 0; o < plan->n_outputs; o++)
    NT_TRY(nt_tree_leaf(g->err, NULL, &plan->outputs->child[o]));
done:
  return status;
}

static nt_status add_nodes(nt_stager *g, int s)
{
  nt_status status = NT_OK;
  const nt_plan *whole = g->cut->whole;
  for (int n = 0; n < whole->n_nodes; n++) {
    const bool sample = computes(g->cut, s, n) && whole->node[n].ops == NULL;
    if (sample || takes_kernel(g->cut, s, n)) NT_TRY(add_input(g, n));
  }
  for (int n = 0; n < whole->n_nodes; n++) {
    if (computes(g->cut, s, n) && whole->node[n].ops != NULL) NT_TRY(add_layer(g, n));
  }
  NT_TRY(nt_alloc(g->err, g->plan->n_nodes, sizeof(int), "stages", &g->plan->origin));
  for (int n = 0; n < whole->n_nodes; n++)
    if (g->place[n] >= 0) g->plan->origin[g->place[n]] = n;
done:
  return status;
}

nt_status nt_cut_stage(nt_error *err, const nt_cut *cut, int s, const nt_request *request,
                       nt_plan **out)
{
  nt_status status = NT_OK;
  nt_stager g = {.err = err, .cut = cut};
  *out = NULL;
  NT_TRY(nt_calloc(err, 1, sizeof(nt_plan), "a plan", out));
  g.plan = *out;
  g.plan->request = *request;
  g.plan->layout = cut->whole->layout;
  NT_TRY(nt_alloc(err, cut->whole->n_nodes, sizeof(int), "stages", &g.place));
  for (int n = 0; n < cut->whole->n_nodes; n++)
    g.place[n] = -1;
  NT_TRY(add_nodes(&g, s));
  NT_TRY(list_outputs(&g, s));
  NT_TRY(nt_plan_layer_facts(err, g.plan));
  NT_TRY(nt_plan_complete(err, g.plan));
done:
  free(g.place);
  if (status != NT_OK) nt_plan_destroy(out);
  return status;
}

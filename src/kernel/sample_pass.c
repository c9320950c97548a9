/** The sample pass: the variance V of every sample at every node, each sample's own NTK, masks; and
 * from them the rows of tables that the steps of the pair pass read. Always in double. */
#include "base/check.h"
#include "base/memory.h"
#include "kernel/lanes.h"
#include "kernel/panel.h"
#include "net/net_impl.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A node over (sample, position). */
typedef struct nt_own {
  double *v, *t;
  unsigned char *mask; /* [sample][position][mask channels] */
} nt_own;

typedef struct nt_pass {
  nt_error *err;
  const nt_plan *plan;
  nt_panel *panel;
  nt_own *own; /* [n_nodes] */
} nt_pass;

static int64_t entries(const nt_pass *p, int n)
{
  return p->panel->count * nt_facts_positions(&p->plan->node[n].facts);
}

static nt_status allocate(nt_pass *p, int n)
{
  nt_status status = NT_OK;
  void *memory;
  const nt_node *node = &p->plan->node[n];
  NT_TRY(nt_calloc(p->err, 2 * entries(p, n), sizeof(double), "variances", &memory));
  p->own[n].v = memory;
  p->own[n].t = p->own[n].v + entries(p, n);
  if (node->mask_channels == 0) return NT_OK;
  NT_TRY(nt_calloc(p->err, entries(p, n) * node->mask_channels, 1, "masks", &memory));
  p->own[n].mask = memory;
done:
  return status;
}

static void given(nt_pass *p, int n)
{
  const nt_given *kernel = &p->panel->given[p->plan->node[n].leaf];
  const int64_t first = p->panel->first * nt_facts_positions(&p->plan->node[n].facts);
  memcpy(p->own[n].v, kernel->q + first, (size_t)entries(p, n) * sizeof(double));
  memcpy(p->own[n].t, kernel->t + first, (size_t)entries(p, n) * sizeof(double));
}

static void input(nt_pass *p, int n)
{
  const nt_node *node = &p->plan->node[n];
  const nt_lane_ops *lanes = nt_lanes_of(p->plan->request.dtype);
  const int64_t channels = node->facts.shape1.dim[node->facts.channel_axis];
  const char *x = p->panel->data[node->leaf];
  for (int64_t i = 0; i < entries(p, n); i++) {
    p->own[n].v[i] = lanes->square(channels, x + (size_t)(i * channels) * lanes->size);
  }
  if (p->own[n].mask != NULL && p->panel->mask[node->leaf] != NULL) {
    memcpy(p->own[n].mask, p->panel->mask[node->leaf], (size_t)(entries(p, n) * channels));
  }
}

static void flatten(nt_pass *p, int n)
{
  const int from = p->plan->node[n].in[0];
  const int64_t positions = nt_facts_positions(&p->plan->node[from].facts);
  for (int64_t i = 0; i < p->panel->count; i++) {
    double v = 0, t = 0;
    for (int64_t k = 0; k < positions; k++) {
      v += p->own[from].v[i * positions + k];
      t += p->own[from].t[i * positions + k];
    }
    p->own[n].v[i] = v / (double)positions;
    p->own[n].t[i] = t / (double)positions;
  }
}

static void affine(nt_pass *p, int n)
{
  const nt_affine *a = &p->plan->node[n].affine;
  const nt_own *in = &p->own[p->plan->node[n].in[0]];
  for (int64_t i = 0; i < entries(p, n); i++) {
    p->own[n].t[i] = a->tk * in->v[i] + a->tt * in->t[i] + a->t0;
    p->own[n].v[i] = a->k * in->v[i] + a->k0;
  }
}

static void map(nt_pass *p, int n)
{
  const nt_node *node = &p->plan->node[n];
  const nt_own *in = &p->own[node->in[0]];
  double *dot = p->own[n].t;
  node->ops->self(node->cfg, entries(p, n), in->v, p->own[n].v, dot);
  for (int64_t i = 0; i < entries(p, n); i++)
    dot[i] *= in->t[i];
}

static void weighted_sum(nt_pass *p, int n)
{
  const nt_node *node = &p->plan->node[n];
  for (int b = 0; b < node->n_in; b++) {
    const nt_own *in = &p->own[node->in[b]];
    for (int64_t i = 0; i < entries(p, n); i++) {
      p->own[n].v[i] += node->weight[b] * in->v[i];
      p->own[n].t[i] += node->weight[b] * in->t[i];
    }
  }
}

static void product(nt_pass *p, int n)
{
  const nt_node *node = &p->plan->node[n];
  for (int64_t i = 0; i < entries(p, n); i++) {
    double v = 1, t = 0;
    for (int b = 0; b < node->n_in; b++) {
      const nt_own *in = &p->own[node->in[b]];
      t = t * in->v[i] + v * in->t[i];
      v *= in->v[i];
    }
    p->own[n].v[i] = v;
    p->own[n].t[i] = t;
  }
}

/* Masks of several inputs: where one has none it tells nothing; a concatenation keeps all apart. */
static void join_masks(nt_pass *p, int n)
{
  const nt_node *node = &p->plan->node[n];
  const int64_t to = node->mask_channels;
  int64_t place = 0;
  memset(p->own[n].mask, !node->ops->concatenates, (size_t)(entries(p, n) * to));
  for (int b = 0; b < node->n_in; b++) {
    const nt_node *source = &p->plan->node[node->in[b]];
    const unsigned char *mask = p->own[node->in[b]].mask;
    const int64_t from = source->mask_channels;
    const int64_t width =
        node->ops->concatenates ? source->facts.shape1.dim[source->facts.channel_axis] : to;
    for (int64_t i = 0; mask != NULL && i < entries(p, n); i++) {
      for (int64_t c = 0; c < width; c++) {
        unsigned char *m = &p->own[n].mask[i * to + place + c];
        const unsigned char one = mask[i * from + (from == 1 ? 0 : c)];
        *m = node->ops->concatenates ? one : *m & one;
      }
    }
    if (node->ops->concatenates) place += width;
  }
}

static void masks(nt_pass *p, int n)
{
  const nt_node *node = &p->plan->node[n];
  const int from = node->n_in > 0 ? node->in[0] : -1;
  if (p->own[n].mask == NULL || from < 0) return;
  if (node->n_in > 1) {
    join_masks(p, n);
  } else if (node->ops->mask == NULL) {
    memcpy(p->own[n].mask, p->own[from].mask, (size_t)(entries(p, n) * node->mask_channels));
  } else {
    const nt_node *source = &p->plan->node[from];
    const int64_t positions = nt_facts_positions(&source->facts);
    const int64_t in = positions * source->mask_channels;
    const int64_t out = entries(p, n) / p->panel->count * node->mask_channels;
    for (int64_t i = 0; i < p->panel->count; i++) {
      node->ops->mask(node->cfg, positions, source->mask_channels, p->own[from].mask + i * in,
                      p->own[n].mask + i * out);
    }
  }
  for (int64_t i = 0; node->remask && i < entries(p, n); i++) {
    if (p->own[n].mask[i]) p->own[n].v[i] = p->own[n].t[i] = 0;
  }
}

static nt_status check_finite(nt_pass *p, int n)
{
  nt_status status = NT_OK;
  const nt_node *node = &p->plan->node[n];
  char where[200] = "the input";
  if (node->layer != NULL) nt_layer_where(node->layer, where, sizeof where);
  for (int64_t i = 0; i < entries(p, n); i++) {
    NT_CHECK(
        isfinite(p->own[n].v[i]) && isfinite(p->own[n].t[i]), p->err, NT_ERR_NUMERIC,
        "the variance of sample %lld after %s is not finite (%g; its NTK %g): scale the inputs "
        "or W_std down",
        (long long)(p->panel->first + i * p->panel->count / entries(p, n)), where, p->own[n].v[i],
        p->own[n].t[i]);
  }
done:
  return status;
}

static nt_status node_pass(nt_pass *p, int n)
{
  nt_status status = NT_OK;
  const nt_node *node = &p->plan->node[n];
  NT_TRY(allocate(p, n));
  if (node->given) {
    given(p, n);
  } else if (node->ops == NULL) {
    input(p, n);
  } else {
    switch (node->ops->action) {
    case NT_MAP:
      map(p, n);
      break;
    case NT_WEIGHTED_SUM:
      weighted_sum(p, n);
      break;
    case NT_PRODUCT:
      product(p, n);
      break;
    case NT_FLATTEN:
      flatten(p, n);
      break;
    default:
      affine(p, n);
    }
  }
  masks(p, n);
  status = check_finite(p, n);
done:
  return status;
}

static void map_rows(const nt_node *reader, int64_t n, const double *v, double *const *table)
{
  if (reader->ops->tables != NULL)
    reader->ops->tables(reader->cfg, n, v, table);
  else
    memcpy(table[0], v, (size_t)n * sizeof(double));
}

static void bias_rows(const nt_affine *a, int64_t n, const double *v, double *const *table)
{
  for (int64_t i = 0; i < n; i++) {
    const double r = sqrt(a->k * v[i]), s = sqrt(a->k * v[i] + a->k0);
    table[0][i] = r;
    table[1][i] = s > 0 ? a->k0 / (s + r) : 0;
  }
}

/* One group of rows: made in double, stored in the arithmetic of the pair pass. */
static void make_rows(const nt_pass *p, const nt_row *row, double *scratch)
{
  const nt_lane_ops *lanes = nt_lanes_of(p->plan->request.dtype);
  const int64_t ld = p->panel->ld[row->region], n = entries(p, row->node);
  const nt_own *own = &p->own[row->node];
  const nt_node *reader = row->reader < 0 ? NULL : &p->plan->node[row->reader];
  double *table[NT_MAX_TABLES];
  for (int r = 0; r < row->n_rows; r++)
    table[r] = scratch + r * n;
  switch (row->kind) {
  case NT_ROW_MAP:
    map_rows(reader, n, own->v, table);
    break;
  case NT_ROW_BIAS:
    bias_rows(&reader->affine, n, own->v, table);
    break;
  case NT_ROW_ROOT:
    for (int64_t i = 0; i < n; i++)
      table[0][i] = sqrt(own->v[i]);
    break;
  case NT_ROW_MASK:
    for (int64_t i = 0; i < n; i++)
      table[0][i] = own->mask[i] ? 0 : 1;
  }
  for (int r = 0; r < row->n_rows; r++) {
    char *to = p->panel->table[row->region] + (size_t)((row->row + r) * ld) * lanes->size;
    lanes->from_double(n, table[r], to);
  }
}

static nt_status make_tables(nt_pass *p)
{
  nt_status status = NT_OK;
  void *scratch = NULL;
  int64_t most = 1;
  for (int i = 0; i < p->plan->program->n_rows; i++) {
    const int64_t n = entries(p, p->plan->program->row[i].node);
    if (n > most) most = n;
  }
  NT_TRY(nt_alloc(p->err, NT_MAX_TABLES * most, sizeof(double), "tables", &scratch));
  for (int i = 0; i < p->plan->program->n_rows; i++) {
    make_rows(p, &p->plan->program->row[i], scratch);
  }
done:
  free(scratch);
  return status;
}

nt_status nt_sample_pass(nt_error *err, const nt_plan *plan, nt_panel *panel)
{
  nt_status status = NT_OK;
  nt_pass p = {.err = err, .plan = plan, .panel = panel};
  void *memory = NULL;
  NT_TRY(nt_calloc(err, plan->n_nodes, sizeof(nt_own), "variances", &memory));
  p.own = memory;
  for (int n = 0; n < plan->n_nodes; n++) {
    if (plan->node[n].want_v || plan->node[n].mask_channels > 0) NT_TRY(node_pass(&p, n));
  }
  NT_TRY(make_tables(&p));
  for (int o = 0; o < plan->n_outputs; o++) {
    const int n = plan->output[o];
    if (p.own[n].v == NULL) continue;
    memcpy(panel->q[o], p.own[n].v, (size_t)entries(&p, n) * sizeof(double));
    memcpy(panel->t[o], p.own[n].t, (size_t)entries(&p, n) * sizeof(double));
    if (p.own[n].mask == NULL) continue;
    memcpy(panel->out_mask[o], p.own[n].mask,
           (size_t)(entries(&p, n) * plan->node[n].mask_channels));
  }
done:
  for (int n = 0; p.own != NULL && n < plan->n_nodes; n++) {
    free(p.own[n].v);
    free(p.own[n].mask);
  }
  free(p.own);
  return status;
}

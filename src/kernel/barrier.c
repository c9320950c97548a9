#include "kernel/barrier.h"

#include "base/check.h"
#include "base/memory.h"
#include "kernel/expand.h"
#include "kernel/given.h"
#include "kernel/masks.h"
#include "kernel/sample_map.h"
#include "net/net_impl.h"
#include "plan/cut.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct nt_barrier {
  nt_ctx *ctx;
  nt_grid *grid;
  const nt_node *node;
  int n; /* inputs */
  const nt_kernel *const *source;
  nt_taps *taps[2]; /* [inputs] of x1, of x2 */
  int64_t tile;
  nt_kernel *out;
} nt_barrier;

static nt_status find_taps(nt_barrier *b, const nt_plan *whole)
{
  nt_status status = NT_OK;
  nt_error *err = nt_ctx_error(b->ctx);
  const nt_node *node = b->node;
  void *memory = NULL, *taps = NULL;
  NT_TRY(nt_alloc(err, node->n_in, sizeof(nt_facts), "the facts of inputs", &memory));
  nt_facts *in = memory;
  for (int i = 0; i < node->n_in; i++)
    in[i] = whole->node[node->in[i]].facts;
  NT_TRY(nt_calloc(err, 2 * (int64_t)node->n_in, sizeof(nt_taps), "taps", &taps));
  b->taps[0] = taps;
  b->taps[1] = b->taps[0] + node->n_in;
  for (int k = 0; k < 2 * node->n_in; k++)
    NT_TRY(node->ops->sample_taps(node->cfg, node->n_in, in, k % node->n_in, k / node->n_in,
                                  &b->taps[0][k], err));
done:
  free(memory);
  return status;
}

static nt_status create(nt_grid *grid, nt_form form, nt_dmatrix **out)
{
  nt_status status = NT_OK;
  NT_TRY(nt_dmatrix_create(grid, form.M, form.N, form.mb, form.nb, out));
  memset((*out)->a, 0, (size_t)((*out)->ld * (*out)->cols) * sizeof(double));
done:
  return status;
}

/* Whether samples without positions get some, instead of being mixed. */
static bool expands(const nt_barrier *b)
{
  return !b->out->facts.summed && nt_facts_space(&b->source[0]->facts).rank == 0 &&
         nt_facts_space(&b->out->facts).rank > 0;
}

/* A matrix of pairs, of the samples of side `one` and of side `two`. */
static nt_status map_pairs(nt_barrier *b, int one, int two,
                           const nt_dmatrix *(*field)(const nt_kernel *kernel), nt_dmatrix **out)
{
  nt_status status = NT_OK;
  const nt_facts *facts = &b->out->facts;
  const int64_t n1 = nt_facts_samples(facts, one), n2 = nt_facts_samples(facts, two);
  NT_TRY(create(b->grid, nt_form_of_kernel(facts, b->tile, n1, n2), out));
  for (int i = 0; i < b->n; i++) {
    const nt_facts *in = &b->source[i]->facts;
    if (field(b->source[i]) == NULL) continue;
    if (expands(b))
      nt_expand_pairs(field(b->source[i]), facts, &b->taps[one][i], &b->taps[two][i], *out);
    else
      NT_TRY(nt_map_pairs(field(b->source[i]), nt_facts_rows(in), nt_facts_positions(in),
                          &b->taps[one][i], &b->taps[two][i], *out));
  }
done:
  return status;
}

/* cov1 or cov2 of each sample with itself. */
static nt_status map_own(nt_barrier *b, int which, nt_dmatrix **out)
{
  nt_status status = NT_OK;
  const nt_facts *facts = &b->out->facts;
  const int64_t n = nt_facts_samples(facts, which);
  NT_TRY(create(b->grid, nt_form_of_own(facts, b->tile, nt_grid_Q(b->grid), n), out));
  if (expands(b)) return nt_expand_own(b->source[0], which, facts, &b->taps[which][0], *out);
  for (int i = 0; i < b->n; i++)
    NT_TRY(nt_map_rows(nt_kernel_cov(b->source[i], which), 1, &b->taps[which][i], *out));
done:
  return status;
}

static const nt_dmatrix *nngp_of(const nt_kernel *k) { return k->nngp; }
static const nt_dmatrix *ntk_of(const nt_kernel *k) { return k->ntk; }
static const nt_dmatrix *cov1_of(const nt_kernel *k) { return k->cov1; }
static const nt_dmatrix *cov2_of(const nt_kernel *k) { return k->cov2; }

static nt_status map_matrices(nt_barrier *b)
{
  nt_status status = NT_OK;
  const nt_kernel *first = b->source[0];
  nt_kernel *out = b->out;
  const bool own = out->facts.diagonal_batch;
  if (first->nngp != NULL) NT_TRY(map_pairs(b, 0, 1, nngp_of, &out->nngp));
  if (out->has_ntk && !out->facts.ntk_zero) NT_TRY(map_pairs(b, 0, 1, ntk_of, &out->ntk));
  if (first->cov1 != NULL)
    NT_TRY(own ? map_own(b, 0, &out->cov1) : map_pairs(b, 0, 0, cov1_of, &out->cov1));
  if (first->cov2 != NULL)
    NT_TRY(own ? map_own(b, 1, &out->cov2) : map_pairs(b, 1, 1, cov2_of, &out->cov2));
done:
  return status;
}

/* Clear the mask of every entry that reads one which is not masked. `in` NULL: none is. */
static void unmask(const nt_taps *taps, int64_t entries, int64_t from, int64_t to,
                   const unsigned char *in, unsigned char *out)
{
  for (int64_t k = 0; k < taps->n_out * taps->n; k++) {
    const int64_t o = k / taps->n, i = taps->in[k];
    if (i < 0 || (taps->weight != NULL && taps->weight[k] == 0)) continue;
    for (int64_t e = 0; e < entries; e++) {
      for (int64_t c = 0; c < to; c++)
        out[(o * entries + e) * to + c] &=
            in != NULL && in[(i * entries + e) * from + (from == 1 ? 0 : c)];
    }
  }
}

static nt_status map_source_mask(nt_barrier *b, int which, int i, int64_t channels,
                                 unsigned char *out)
{
  nt_status status = NT_OK;
  const nt_kernel *k = b->source[i];
  const nt_facts *facts = &k->facts;
  const unsigned char *mask = which == 0 ? k->mask1 : k->mask2;
  const nt_shape *shape = which == 0 ? &k->mask_shape1 : &k->mask_shape2;
  const int64_t n = nt_facts_samples(facts, which), entries = nt_facts_positions(facts);
  const int64_t from = mask == NULL ? 1 : shape->dim[facts->channel_axis];
  void *memory = NULL;
  if (mask != NULL) {
    NT_TRY(nt_alloc(nt_ctx_error(b->ctx), n * entries * from, 1, "masks", &memory));
    const nt_mask_order order = nt_mask_order_of(facts, from, n);
    nt_mask_take(&order, 0, n, mask, memory);
  }
  unmask(&b->taps[which][i], entries, from, channels, memory, out);
done:
  free(memory);
  return status;
}

static nt_status map_mask(nt_barrier *b, int which, nt_shape *shape, unsigned char **mask)
{
  nt_status status = NT_OK;
  const nt_facts *facts = &b->out->facts;
  const int64_t channels = b->node->mask_channels, n = nt_facts_samples(facts, which);
  void *ordered = NULL;
  *shape = which == 0 ? facts->shape1 : facts->shape2;
  shape->dim[facts->channel_axis] = channels;
  const int64_t bytes = nt_shape_size(shape);
  NT_TRY(nt_alloc(nt_ctx_error(b->ctx), bytes, 1, "masks", &ordered));
  NT_TRY(nt_alloc(nt_ctx_error(b->ctx), bytes, 1, "masks", mask));
  memset(ordered, 1, (size_t)bytes);
  for (int i = 0; i < b->n; i++)
    NT_TRY(map_source_mask(b, which, i, channels, ordered));
  const nt_mask_order order = nt_mask_order_of(facts, channels, n);
  nt_mask_put(&order, 0, n, ordered, *mask);
done:
  free(ordered);
  return status;
}

static nt_status map_masks(nt_barrier *b)
{
  nt_status status = NT_OK;
  nt_kernel *out = b->out;
  if (out->facts.masked1) NT_TRY(map_mask(b, 0, &out->mask_shape1, &out->mask1));
  if (out->facts.masked2 && out->facts.has_x2)
    NT_TRY(map_mask(b, 1, &out->mask_shape2, &out->mask2));
done:
  return status;
}

nt_status nt_barrier_run(const nt_plan *whole, int n, const nt_kernel *const *source, int64_t tile,
                         nt_kernel **out)
{
  nt_status status = NT_OK;
  const nt_node *node = &whole->node[n];
  nt_grid *grid = nt_kernel_cov(source[0], 0)->grid;
  nt_barrier b = {.ctx = nt_grid_ctx(grid),
                  .grid = grid,
                  .node = node,
                  .n = nt_cut_joins(whole, n) ? node->n_in : 1,
                  .source = source,
                  .tile = tile};
  status = nt_calloc(nt_ctx_error(b.ctx), 1, sizeof(nt_kernel), "a kernel", out);
  b.out = *out;
  NT_TRY_ALL(b.ctx, status);
  b.out->facts = node->facts;
  b.out->has_ntk = source[0]->has_ntk;
  NT_TRY_ALL(b.ctx, find_taps(&b, whole));
  NT_TRY(map_matrices(&b));
  NT_TRY_ALL(b.ctx, map_masks(&b));
done:
  for (int k = 0; b.taps[0] != NULL && k < 2 * node->n_in; k++) {
    free(b.taps[0][k].in);
    free(b.taps[0][k].weight);
  }
  free(b.taps[0]);
  if (status != NT_OK) nt_kernel_destroy(out);
  return status;
}

const char *nt_barrier_text(const nt_plan *whole, const nt_cut *cut, int n, char *out, size_t size)
{
  char where[200];
  const nt_node *node = &whole->node[n];
  int64_t before[2] = {0}, after[2];
  if (!node->barrier || cut->stage[n] < 0) return NULL;
  for (int which = 0; which < 2; which++) {
    after[which] = nt_facts_samples(&node->facts, which);
    for (int i = 0; i < node->n_in; i++)
      before[which] += nt_facts_samples(&whole->node[node->in[i]].facts, which);
  }
  (void)snprintf(out, size, "samples: %lld x %lld become %lld x %lld in %s", (long long)before[0],
                 (long long)before[1], (long long)after[0], (long long)after[1],
                 nt_layer_where(node->layer, where, sizeof where));
  return out;
}

static nt_status retile(nt_form form, nt_dmatrix **m)
{
  nt_status status = NT_OK;
  nt_dmatrix *new = NULL;
  if (*m == NULL || ((*m)->mb == form.mb && (*m)->nb == form.nb)) return NT_OK;
  NT_TRY(nt_dmatrix_create((*m)->grid, form.M, form.N, form.mb, form.nb, &new));
  NT_TRY(nt_dmatrix_redistribute(*m, new));
  nt_dmatrix_destroy(m);
  *m = new;
  new = NULL;
done:
  nt_dmatrix_destroy(&new);
  return status;
}

nt_status nt_kernel_retile(nt_kernel *k, int64_t tile)
{
  nt_status status = NT_OK;
  const int64_t n1 = nt_facts_samples(&k->facts, 0), n2 = nt_facts_samples(&k->facts, 1);
  const int Q = nt_grid_Q(nt_kernel_cov(k, 0)->grid);
  NT_TRY(retile(nt_form_of_kernel(&k->facts, tile, n1, n2), &k->nngp));
  NT_TRY(retile(nt_form_of_kernel(&k->facts, tile, n1, n2), &k->ntk));
  NT_TRY(retile(nt_form_of_own(&k->facts, tile, Q, n1), &k->cov1));
  NT_TRY(retile(nt_form_of_own(&k->facts, tile, Q, n2), &k->cov2));
done:
  return status;
}

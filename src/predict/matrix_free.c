/** The kernel of a network as an operator that computes entries whenever it is applied.
 *
 * Panels of rows a ... b-1, of which the square is symmetric and what is
 * left of it was used before:
 *
 *     | S  R  R  R      S = K(x[a:b], None)         y[a:b] += S x[a:b] + R x[b:]
 *     | .  S  R  R      R = K(x[a:b], x[b:])        y[b:]  += R^T x[a:b]
 *     | .  .  S  R */
#include "base/check.h"
#include "base/memory.h"
#include "base/pieces.h"
#include "nt/solver.h"
#include "predict/predict_impl.h"

#include <stdlib.h>
#include <string.h>

/* Of a panel, on a rank. */
enum { PANEL_BYTES = 128 << 20 };

struct nt_network_operator {
  nt_grid *grid;
  const nt_layer *net;
  const nt_tree *x;
  int n_leaves;
  int64_t n, height; /* samples, and of a panel */
  unsigned field;
  nt_kernel_options options;
  double *diagonal;
};

static nt_ctx *ctx_of(const nt_network_operator *op) { return nt_grid_ctx(op->grid); }

static const nt_samples *leaf_of(const nt_network_operator *op, int l)
{
  return nt_tree_nth(op->x, l)->leaf;
}

/* Some of the samples: a tree, and the memory of its leaves. */
typedef struct nt_subset {
  nt_tree *tree;
  nt_samples *leaves;
  void *data; /* of a single sample */
} nt_subset;

static void part_free(nt_subset *part)
{
  nt_tree_destroy(&part->tree);
  free(part->leaves);
  free(part->data);
}

static nt_status part_begin(const nt_network_operator *op, nt_subset *part)
{
  nt_status status = NT_OK;
  void *leaves = NULL;
  nt_error *err = nt_ctx_error(ctx_of(op));
  NT_TRY(nt_calloc(err, op->n_leaves, sizeof(nt_samples), "a part of the samples", &part->leaves));
  NT_TRY(nt_calloc(err, op->n_leaves, sizeof(nt_samples *), "a part of the samples", &leaves));
  for (int l = 0; l < op->n_leaves; l++)
    ((nt_samples **)leaves)[l] = &part->leaves[l];
  NT_TRY(nt_tree_like(err, op->x, leaves, &part->tree));
done:
  free(leaves);
  return status;
}

static nt_status part_range(const nt_network_operator *op, int64_t first, int64_t count,
                            nt_subset *part)
{
  nt_status status = NT_OK;
  NT_TRY_ALL(ctx_of(op), part_begin(op, part));
  for (int l = 0; l < op->n_leaves; l++)
    nt_samples_part(leaf_of(op, l), first, count, &part->leaves[l]);
done:
  return status;
}

static int64_t entry_bytes(const nt_samples *s)
{
  return s->positions * s->channels * (s->dtype == NT_FLOAT32 ? 4 : 8);
}

/* Sample j alone, which then has its home on rank 0. */
static nt_status part_single(const nt_network_operator *op, int64_t j, nt_subset *part)
{
  nt_status status = NT_OK;
  nt_ctx *ctx = ctx_of(op);
  int64_t bytes = 0;
  const int owner = (int)(j / NT_SAMPLE_BLOCK % nt_ctx_size(ctx));
  const int64_t local = nt_global_to_local(j, NT_SAMPLE_BLOCK, nt_ctx_size(ctx));
  NT_TRY_ALL(ctx, part_begin(op, part));
  for (int l = 0; l < op->n_leaves; l++)
    bytes += entry_bytes(leaf_of(op, l));
  NT_TRY_ALL(ctx, nt_alloc(nt_ctx_error(ctx), bytes, 1, "a sample", &part->data));
  char *to = part->data;
  for (int l = 0; l < op->n_leaves; l++) {
    const nt_samples *s = leaf_of(op, l);
    const int64_t size = entry_bytes(s);
    if (nt_ctx_rank(ctx) == owner) memcpy(to, (const char *)s->data + local * size, (size_t)size);
    NT_TRY_MPI(ctx, nt_pieces_broadcast(to, size, NT_PIECE, owner, nt_ctx_comm(ctx)));
    nt_samples *one = &part->leaves[l];
    *one = *s;
    one->n = 1;
    one->local_n = nt_ctx_rank(ctx) == 0;
    one->shape.dim[one->batch_axis] = 1;
    one->data = to;
    one->digest = NULL;
    one->hash[0] = '\0';
    to += size;
  }
done:
  return status;
}

static nt_status check_kernel(nt_error *err, const nt_kernel *k, unsigned field)
{
  nt_status status = NT_OK;
  NT_CHECK(nt_facts_positions(&k->facts) == 1, err, NT_ERR_SHAPE,
           "the output of the network has %lld positions a sample; inference needs one",
           (long long)nt_facts_positions(&k->facts));
  NT_CHECK(!k->facts.mixes_samples, err, NT_ERR_UNSUPPORTED,
           "the network mixes samples: its kernel cannot be computed in parts");
  NT_CHECK(field == NT_GET_NNGP || !k->facts.ntk_zero, err, NT_ERR_ARG,
           "the network has no layer with parameters, so that its NTK is zero");
done:
  return status;
}

static nt_status kernel_of(const nt_network_operator *op, const nt_subset *x1, const nt_subset *x2,
                           nt_dmatrix **k)
{
  nt_status status = NT_OK;
  nt_tree *kernels = NULL;
  nt_error *err = nt_ctx_error(ctx_of(op));
  NT_TRY(nt_kernel_fn(op->grid, op->net, x1->tree, x2 == NULL ? NULL : x2->tree, op->field,
                      &op->options, &kernels));
  NT_CHECK(kernels->is_leaf, err, NT_ERR_SHAPE,
           "the network has several outputs; inference needs one");
  nt_kernel *kernel = kernels->leaf;
  NT_TRY(check_kernel(err, kernel, op->field));
  nt_dmatrix **from = op->field == NT_GET_NNGP ? &kernel->nngp : &kernel->ntk;
  *k = *from;
  *from = NULL;
done:
  nt_kernels_destroy(&kernels);
  return status;
}

/* to += K from, or K^T from, by way of `work`. */
static nt_status add_product(const nt_dmatrix *k, bool transposed, const double *from, int64_t c,
                             double *work, double *to)
{
  nt_status status = NT_OK;
  const int64_t size = (transposed ? k->N : k->M) * c;
  NT_TRY(nt_predict_product(k, transposed, from, c, work));
  for (int64_t i = 0; i < size; i++)
    to[i] += work[i];
done:
  return status;
}

static nt_status apply_panel(const nt_network_operator *op, int64_t first, const double *x,
                             int64_t c, double *work, double *y)
{
  nt_status status = NT_OK;
  nt_subset rows = {0}, rest = {0};
  nt_dmatrix *s = NULL, *r = NULL;
  const int64_t left = op->n - first, count = left < op->height ? left : op->height;
  const int64_t end = first + count;
  NT_TRY(part_range(op, first, count, &rows));
  NT_TRY(kernel_of(op, &rows, NULL, &s));
  NT_TRY(add_product(s, false, x + first * c, c, work, y + first * c));
  nt_dmatrix_destroy(&s);
  if (end == op->n) goto done;
  NT_TRY(part_range(op, end, op->n - end, &rest));
  NT_TRY(kernel_of(op, &rows, &rest, &r));
  NT_TRY(add_product(r, false, x + end * c, c, work, y + first * c));
  NT_TRY(add_product(r, true, x + first * c, c, work, y + end * c));
done:
  nt_dmatrix_destroy(&s);
  nt_dmatrix_destroy(&r);
  part_free(&rows);
  part_free(&rest);
  return status;
}

static nt_status apply(void *self, const double *x, int64_t c, double *y)
{
  nt_status status = NT_OK;
  const nt_network_operator *op = self;
  nt_ctx *ctx = ctx_of(op);
  void *work = NULL;
  NT_TRY_ALL(ctx, nt_alloc(nt_ctx_error(ctx), op->n * c, sizeof(double), "a product", &work));
  memset(y, 0, (size_t)(op->n * c) * sizeof *y);
  for (int64_t first = 0; first < op->n; first += op->height)
    NT_TRY(apply_panel(op, first, x, c, work, y));
done:
  free(work);
  return status;
}

static nt_status column(void *self, int64_t j, double *out)
{
  nt_status status = NT_OK;
  const nt_network_operator *op = self;
  nt_subset all = {0}, one = {0};
  nt_dmatrix *k = NULL;
  NT_TRY(part_range(op, 0, op->n, &all));
  NT_TRY(part_single(op, j, &one));
  NT_TRY(kernel_of(op, &all, &one, &k));
  NT_TRY(nt_predict_gather(k, out));
  out[j] = op->diagonal[j];
done:
  nt_dmatrix_destroy(&k);
  part_free(&all);
  part_free(&one);
  return status;
}

/* From the smallest squares on the diagonal. */
static nt_status fill_diagonal(nt_network_operator *op)
{
  nt_status status = NT_OK;
  const int64_t step = nt_samples_step(ctx_of(op));
  nt_subset rows = {0};
  nt_dmatrix *k = NULL;
  for (int64_t first = 0; first < op->n; first += step) {
    NT_TRY(part_range(op, first, op->n - first < step ? op->n - first : step, &rows));
    NT_TRY(kernel_of(op, &rows, NULL, &k));
    NT_TRY(nt_predict_diagonal(k, op->diagonal + first));
    nt_dmatrix_destroy(&k);
    part_free(&rows);
    rows = (nt_subset){0};
  }
done:
  nt_dmatrix_destroy(&k);
  part_free(&rows);
  return status;
}

/* Whole home blocks of samples on every rank, so that parts are not copied. */
static int64_t choose_height(const nt_network_operator *op, int64_t memory)
{
  const int64_t step = nt_samples_step(ctx_of(op)), size = nt_ctx_size(ctx_of(op));
  const int64_t bytes = memory > 0 && memory < PANEL_BYTES ? memory : PANEL_BYTES;
  const int64_t rows = bytes / (int64_t)sizeof(double) * size / op->n / step * step;
  return rows > step ? rows : step;
}

static nt_status check_samples(const nt_network_operator *op)
{
  nt_status status = NT_OK;
  nt_error *err = nt_ctx_error(ctx_of(op));
  NT_CHECK(op->field == NT_GET_NNGP || op->field == NT_GET_NTK, err, NT_ERR_ARG,
           "a kernel that is computed again each time is the NNGP or the NTK, one of them");
  for (int l = 0; l < op->n_leaves; l++)
    NT_CHECK(leaf_of(op, l)->mask == NULL, err, NT_ERR_UNSUPPORTED,
             "samples with masks: their kernel has to be stored");
done:
  return status;
}

nt_status nt_network_operator_create(nt_grid *grid, const nt_layer *net, const nt_tree *x,
                                     unsigned field, const nt_kernel_options *options,
                                     nt_network_operator **out)
{
  static const nt_kernel_options defaults = NT_KERNEL_DEFAULTS;
  nt_status status = NT_OK;
  nt_ctx *ctx = nt_grid_ctx(grid);
  NT_TRY_ALL(ctx, nt_calloc(nt_ctx_error(ctx), 1, sizeof(nt_network_operator), "a kernel", out));
  nt_network_operator *op = *out;
  *op = (nt_network_operator){.grid = grid,
                              .net = net,
                              .x = x,
                              .n_leaves = nt_tree_count(x),
                              .field = field,
                              .options = options == NULL ? defaults : *options};
  op->n = leaf_of(op, 0)->n;
  op->height = choose_height(op, op->options.memory);
  op->options.memory = 0;
  op->options.progress = NULL;
  NT_TRY(check_samples(op));
  NT_TRY_ALL(ctx, nt_alloc(nt_ctx_error(ctx), op->n, sizeof(double), "a diagonal", &op->diagonal));
  NT_TRY(fill_diagonal(op));
done:
  if (status != NT_OK) nt_network_operator_destroy(out);
  return status;
}

void nt_network_operator_destroy(nt_network_operator **op)
{
  if (*op == NULL) return;
  free((*op)->diagonal);
  free(*op);
  *op = NULL;
}

nt_operator nt_network_operator_of(nt_network_operator *op)
{
  return (nt_operator){ctx_of(op), op->n, op->diagonal, apply, column, op};
}

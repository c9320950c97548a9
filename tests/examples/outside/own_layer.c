/* A program of somebody else's that uses ntmpi, with a layer and a matrix of its own.
 *
 *     cc own_layer.c square.c $(pkg-config --cflags --libs ntmpi) -lm -o own_layer
 *     mpirun -n 3 ./own_layer
 *
 * A network from a text and from constructors gives the same bits. The NTK of our own
 * layer (square.c) goes into a block-cyclic matrix that we hold, as any ScaLAPACK code
 * does, and agrees with a formula. (K + lambda I) alpha = y is solved with that matrix K,
 * and the residual vanishes. */
#include "square.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { SAMPLES = 300, CHANNELS = 5, ROWS = 7, COLS = 4 }; /* ROWS x COLS: our blocks, any */
static const char TEXT[] = "serial(Dense(1, W_std=1.5, b_std=0.3), Relu(), Dense(1, W_std=0.7))";
static const double W = 1.5, B = 0.3, V = 0.7, LAMBDA = 0.25;
#define TRY(call)                                                                                  \
  do {                                                                                             \
    status = (call);                                                                               \
    if (status != NT_OK) goto done;                                                                \
  } while (0)

/* Sample i, a function of i, so that any rank can make it. */
static nt_status fill_sample(void *arg, int64_t i, double *x)
{
  (void)arg;
  for (int c = 0; c < CHANNELS; c++)
    x[c] = sin((double)(1 + i) * (1.1 + 0.37 * c));
  return NT_OK;
}

/* What we expect of serial(Dense(W, B), Square(), Dense(V)): the NTK of samples i and j. */
static double expected_ntk(int64_t i, int64_t j)
{
  double x[CHANNELS], y[CHANNELS], xx = 0, xy = 0, yy = 0;
  (void)fill_sample(NULL, i, x);
  (void)fill_sample(NULL, j, y);
  for (int c = 0; c < CHANNELS; c++)
    xx += x[c] * x[c], xy += x[c] * y[c], yy += y[c] * y[c];
  const double w = W * W / CHANNELS, b = B * B; /* covariances are means over channels */
  const double q11 = w * xx + b, k = w * xy + b, q22 = w * yy + b;
  return V * V * (q11 * q22 + 2 * k * k) + V * V * (k * 4 * k);
}

/* serial(Dense(1, W_std=W, b_std=B), activation, Dense(1, W_std=V)); takes over `activation`. */
static nt_status make_network(nt_error *err, nt_layer *activation, nt_layer **net)
{
  nt_status status = NT_OK;
  nt_layer *part[3] = {NULL, activation, NULL};
  nt_dense first = NT_DENSE_DEFAULTS, last = NT_DENSE_DEFAULTS;
  first.out_dim = 1, first.W_std = W, first.b_std = B;
  last.out_dim = 1, last.W_std = V;
  TRY(nt_stax_dense(err, &first, &part[0]));
  TRY(nt_stax_dense(err, &last, &part[2]));
  TRY(nt_stax_serial(err, 3, part, net));
done:
  for (int i = 0; i < 3; i++)
    nt_layer_release(&part[i]); /* the network keeps what it needs */
  return status;
}

/* The NTK of `net` between all samples, copied into a matrix of any blocks. */
static nt_status compute(const nt_layer *net, nt_dtype dtype, nt_dmatrix *ntk)
{
  nt_status status = NT_OK;
  nt_ctx *ctx = nt_grid_ctx(ntk->grid);
  nt_samples *samples = NULL;
  nt_tree *inputs = NULL, *kernels = NULL;
  const nt_shape shape = {2, {SAMPLES, CHANNELS}};
  nt_kernel_options options = NT_KERNEL_DEFAULTS;
  options.dtype = dtype;
  TRY(nt_samples_create(ctx, &shape, 0, 1, dtype, fill_sample, NULL, &samples));
  TRY(nt_tree_leaf(nt_ctx_error(ctx), samples, &inputs)); /* a network of one input */
  TRY(nt_kernel_fn(ntk->grid, net, inputs, NULL, NT_GET_NTK, &options, &kernels));
  const nt_kernel *kernel = nt_tree_nth(kernels, 0)->leaf; /* and one output */
  TRY(nt_dmatrix_redistribute(kernel->ntk, ntk));
done:
  nt_kernels_destroy(&kernels);
  nt_tree_destroy(&inputs);
  nt_samples_destroy(&samples);
  return status;
}

/* Print the largest `value` of all ranks; an error on all of them if it is over the limit. */
static nt_status report(nt_ctx *ctx, const char *what, double value, double limit)
{
  MPI_Allreduce(MPI_IN_PLACE, &value, 1, MPI_DOUBLE, MPI_MAX, nt_ctx_comm(ctx));
  if (nt_ctx_rank(ctx) == 0) printf("%-40s %8.1e (limit %.0e)\n", what, value, limit);
  if (value <= limit) return NT_OK;
  return nt_fail(nt_ctx_error(ctx), NT_ERR_NUMERIC, "own_layer", 0, "report", "wrong: %s", what);
}

/* A text and constructors make the same network. */
static nt_status check_text(nt_dmatrix *ntk)
{
  nt_status status = NT_OK;
  nt_ctx *ctx = nt_grid_ctx(ntk->grid);
  nt_layer *relu = NULL, *net = NULL, *same = NULL;
  nt_dmatrix *other = NULL;
  double different = 0;
  TRY(nt_dmatrix_create(ntk->grid, SAMPLES, SAMPLES, ROWS, COLS, &other));
  TRY(nt_network_parse(nt_ctx_error(ctx), TEXT, NULL, &net));
  TRY(nt_stax_relu(nt_ctx_error(ctx), NULL, &relu));
  TRY(make_network(nt_ctx_error(ctx), relu, &same));
  TRY(compute(net, NT_FLOAT64, ntk));
  TRY(compute(same, NT_FLOAT64, other));
  for (int64_t i = 0; i < ntk->rows * ntk->cols; i++) /* both without gaps: ld = rows */
    different += ntk->a[i] != other->a[i];
  TRY(report(ctx, "text, constructors: different entries", different, 0));
done:
  nt_dmatrix_destroy(&other);
  nt_layer_release(&net);
  nt_layer_release(&same);
  return status;
}

/* Our layer makes the kernel of the formula; each rank compares what it holds. */
static nt_status check_layer(const char *what, nt_dtype dtype, double limit, nt_dmatrix *ntk)
{
  nt_status status = NT_OK;
  nt_error *err = nt_ctx_error(nt_grid_ctx(ntk->grid));
  nt_layer *activation = NULL, *net = NULL;
  double worst = 0;
  TRY(nt_stax_layer(err, &square, NULL, &activation));
  TRY(make_network(err, activation, &net));
  TRY(compute(net, dtype, ntk));
  for (int64_t lj = 0; lj < ntk->cols; lj++)
    for (int64_t li = 0; li < ntk->rows; li++) {
      const double want = expected_ntk(nt_dmatrix_row(ntk, li), nt_dmatrix_column(ntk, lj));
      worst = fmax(worst, fabs(ntk->a[li + lj * ntk->ld] / want - 1));
    }
  TRY(report(nt_grid_ctx(ntk->grid), what, worst, limit));
done:
  nt_layer_release(&net);
  return status;
}

/* alpha = (K + LAMBDA I)^-1 y with our matrix K; then y - (K + LAMBDA I) alpha must vanish. */
static nt_status check_solution(const nt_dmatrix *k)
{
  nt_status status = NT_OK;
  nt_ctx *ctx = nt_grid_ctx(k->grid);
  nt_posterior *posterior = NULL;
  double y[SAMPLES], alpha[SAMPLES], rest[SAMPLES], worst = 0;
  for (int64_t i = 0; i < SAMPLES; i++) /* targets; alpha will be the same on all ranks, too */
    y[i] = cos(0.1 * (double)i);
  TRY(nt_posterior_create(k, NT_FULL, "ours", &posterior)); /* works in a copy */
  TRY(nt_posterior_factor(posterior, LAMBDA, true));
  TRY(nt_posterior_solve(posterior, y, 1, alpha));
  for (int64_t i = 0; i < SAMPLES; i++) /* each rank adds its share of K alpha */
    rest[i] = nt_ctx_rank(ctx) == 0 ? y[i] - LAMBDA * alpha[i] : 0;
  for (int64_t lj = 0; lj < k->cols; lj++)
    for (int64_t li = 0; li < k->rows; li++)
      rest[nt_dmatrix_row(k, li)] -= k->a[li + lj * k->ld] * alpha[nt_dmatrix_column(k, lj)];
  MPI_Allreduce(MPI_IN_PLACE, rest, SAMPLES, MPI_DOUBLE, MPI_SUM, nt_ctx_comm(ctx));
  for (int64_t i = 0; i < SAMPLES; i++)
    worst = fmax(worst, fabs(rest[i]));
  TRY(report(ctx, "solution: largest residual", worst, 1e-9));
done:
  nt_posterior_destroy(&posterior);
  return status;
}

static nt_status run(nt_ctx *ctx)
{
  nt_status status = NT_OK;
  nt_grid *grid = NULL;
  nt_dmatrix *matrix = NULL;
  double *array = NULL;
  TRY(nt_grid_create(ctx, 0, 0, &grid)); /* as square as the ranks allow */
  const int64_t rows = nt_numroc(SAMPLES, ROWS, nt_grid_p(grid), nt_grid_P(grid));
  const int64_t cols = nt_numroc(SAMPLES, COLS, nt_grid_q(grid), nt_grid_Q(grid));
  const int64_t ld = rows > 1 ? rows : 1; /* a rank may own nothing */
  array = calloc((size_t)(ld * cols) + 1, sizeof(double));
  TRY(nt_dmatrix_attach(grid, SAMPLES, SAMPLES, ROWS, COLS, array, ld, &matrix));
  TRY(check_text(matrix));
  TRY(check_layer("own layer, float32: relative error", NT_FLOAT32, 2e-5, matrix));
  TRY(check_layer("own layer, float64: relative error", NT_FLOAT64, 1e-12, matrix));
  TRY(check_solution(matrix));
done:
  nt_dmatrix_destroy(&matrix);
  nt_grid_destroy(&grid);
  free(array); /* attached, so still ours */
  return status;
}

int main(int argc, char **argv)
{
  nt_ctx *ctx = NULL;
  MPI_Init(&argc, &argv);
  nt_status status = nt_ctx_create(MPI_COMM_WORLD, &ctx);
  if (status == NT_OK) status = run(ctx);
  if (status != NT_OK && ctx != NULL && nt_ctx_rank(ctx) == 0)
    fprintf(stderr, "own_layer: %s\n", nt_ctx_error(ctx)->message);
  const nt_status left = nt_ctx_destroy(&ctx); /* an error if something was not freed */
  MPI_Finalize();
  return nt_status_exit_code(status != NT_OK ? status : left);
}

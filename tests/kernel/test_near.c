/* Pairs of samples that are nearly alike: what the finer arithmetic makes of a sample is kept for its
 * next near pairs. A layer that counts the variances it is asked for tells. */
#include "nt_test.h"

#include "layer/registry.h"
#include "nt/nt.h"

enum { SAMPLES = 9, SIDE = 6, LAYERS = 6 };

static int64_t variances;

static void count(const void *cfg, int64_t n, const double *q, double *q_out, double *dot)
{
  variances += n;
  nt_layer_relu.self(cfg, n, q, q_out, dot);
}

/* Images around one, *distance from it. */
static nt_status fill(void *distance, int64_t i, double *x)
{
  for (int e = 0; e < SIDE * SIDE; e++)
    x[e] = nt_test_uniform(31, 0, e) + *(double *)distance * nt_test_uniform(32, i, e);
  return NT_OK;
}

/* A Relu behind a pool takes distances that are differences of rounded numbers. */
static nt_layer *network(nt_error *err, const nt_layer_ops *relu)
{
  static const char *const text[LAYERS] = {"Conv(1, (3, 3), padding='SAME')",
                                           NULL,
                                           "AvgPool((2, 2), (2, 2))",
                                           "Dense(1)",
                                           NULL,
                                           "Flatten()"};
  nt_layer *part[LAYERS], *net = NULL;
  for (int i = 0; i < LAYERS; i++) {
    if (text[i] == NULL)
      NT_TEST_OK(nt_stax_layer(err, relu, relu->defaults, &part[i]));
    else
      NT_TEST_OK(nt_network_parse(err, text[i], NULL, &part[i]));
  }
  NT_TEST_OK(nt_stax_serial(err, LAYERS, part, &net));
  for (int i = 0; i < LAYERS; i++)
    nt_layer_release(&part[i]);
  return net;
}

/* Variances that the kernel of such images takes, in tiles of `tile` samples. */
static int64_t variances_of(double distance, int64_t tile)
{
  nt_ctx *ctx = nt_test_self();
  nt_error *err = nt_ctx_error(ctx);
  const nt_shape shape = {4, {SAMPLES, SIDE, SIDE, 1}};
  nt_layer_ops counting = nt_layer_relu;
  nt_kernel_options options = NT_KERNEL_DEFAULTS;
  nt_grid *grid = NULL;
  nt_samples *samples = NULL;
  nt_tree *input = NULL, *kernels = NULL;
  counting.self = count;
  options.tile = tile;
  variances = 0;
  nt_layer *net = network(err, &counting);
  NT_TEST_OK(nt_grid_create(ctx, 1, 1, &grid));
  NT_TEST_OK(nt_samples_create(ctx, &shape, 0, 3, NT_FLOAT64, fill, &distance, &samples));
  NT_TEST_OK(nt_tree_leaf(err, samples, &input));
  NT_TEST_OK_ERR(nt_kernel_fn(grid, net, input, NULL, NT_GET_NNGP | NT_GET_NTK, &options, &kernels),
                 err);
  nt_kernels_destroy(&kernels);
  nt_tree_destroy(&input);
  nt_samples_destroy(&samples);
  nt_grid_destroy(&grid);
  nt_layer_release(&net);
  return variances;
}

/* As many again for each sample once, though it is in eight near pairs, of several tiles. */
static void test_kept(void)
{
  nt_ctx *ctx = nt_test_self();
  const int threads = nt_ctx_threads(ctx);
  nt_ctx_set_threads(ctx, 1);
  for (int64_t tile = 1; tile <= SAMPLES; tile += 4) {
    const int64_t far = variances_of(1, tile), near = variances_of(1e-5, tile);
    NT_TEST_MSG(far > 0 && near == 2 * far, "tiles of %d: %d variances, %d of near samples",
                (int)tile, (int)far, (int)near);
  }
  nt_ctx_set_threads(ctx, threads);
}

static const CU_TestInfo tests[] = {{"samples of near pairs are kept", test_kept},
                                    CU_TEST_INFO_NULL};

NT_TEST_MAIN("kernel.near", tests)

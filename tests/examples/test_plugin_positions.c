/* Own layers on positions, written from the words of nt/plugin.h alone: a convolution whose
 * weights are smaller towards the border of its filter, and a pooling with binomial weights.
 * With equal weights they are the library's Conv and AvgPool; with others a naive kernel of one
 * axis says what is right. */
#include "nt_test.h"

#include <math.h>
#include <nt/nt.h>
#include <stdlib.h>

enum { TAPS = 3 };

/* Tapered: a convolution of 3 taps along every axis, zeros around
 *
 *     out(o) = sum_t s_t w_t x(o + t - 1) + b_std b,   w, b ~ N(0, 1),  s_t^2 = variance[t]
 *     K'(o, o') = sum_t s_t s_t K(o + t - 1, o' + t - 1) + b_std^2,  T' = K' + the sum of T */

typedef struct tapered {
  double variance[TAPS], b_std;
} tapered;

/* Taps of either layer along an axis: position o * stride + t - 1 with weight w(t). */
static nt_status three_taps(nt_error *err, int64_t n_in, int64_t n_out, int64_t stride,
                            const double *weight, nt_taps *taps)
{
  const nt_status status = nt_taps_create(err, n_in, n_out, TAPS, true, taps);
  for (int64_t o = 0; status == NT_OK && o < n_out; o++) {
    for (int t = 0; t < TAPS; t++) {
      const int64_t at = o * stride + t - 1;
      taps->in[o * TAPS + t] = at < 0 || at >= n_in ? -1 : (int32_t)at;
      taps->weight[o * TAPS + t] = weight[t];
    }
  }
  taps->centre = 1;
  return status;
}

static nt_status tapered_shape(const void *cfg, int n_in, const nt_facts *in, nt_facts *out,
                               nt_error *err)
{
  (void)cfg, (void)n_in, (void)in, (void)err;
  out->ntk_zero = false; /* it has weights */
  return NT_OK;
}

static nt_status tapered_taps(const void *cfg, const nt_facts *in, const nt_facts *out, int axis,
                              nt_taps *taps, nt_error *err)
{
  const tapered *c = cfg;
  const int64_t n = nt_facts_space(in).dim[axis];
  double s[TAPS];
  (void)out;
  for (int t = 0; t < TAPS; t++)
    s[t] = sqrt(c->variance[t]);
  return three_taps(err, n, n, 1, s, taps);
}

static nt_affine tapered_affine(const void *cfg, const nt_facts *in)
{
  const tapered *c = cfg;
  const double b2 = c->b_std * c->b_std;
  (void)in;
  return (nt_affine){.k = 1, .k0 = b2, .tk = 1, .tt = 1, .t0 = b2};
}

/* Axes are declared: else a Flatten behind would have the inputs read as vectors. */
static nt_requirement each_position(const void *cfg)
{
  (void)cfg;
  return (nt_requirement){.has_diagonal = true,
                          .input = NT_YES,
                          .output = NT_NO,
                          .diagonal_batch = NT_MAYBE,
                          .has_axes = true,
                          .channel_axis = -1};
}

static const tapered TAPERED = {{0.25, 0.5, 0.25}, 0.3}, EVEN = {{1.0 / 3, 1.0 / 3, 1.0 / 3}, 0.3};

static const nt_layer_ops own_conv = {.name = "Tapered",
                                      .cfg_size = sizeof(tapered),
                                      .defaults = &TAPERED,
                                      .action = NT_WINDOW,
                                      .remasks = true,
                                      .gaussian = NT_YES,
                                      .require = each_position,
                                      .shape = tapered_shape,
                                      .affine = tapered_affine,
                                      .taps = tapered_taps};

/* Blur: every second position, a mean of three around it with weights 1/4, 1/2, 1/4 */

typedef struct blur {
  double weight[TAPS];
} blur;

static nt_status blur_shape(const void *cfg, int n_in, const nt_facts *in, nt_facts *out,
                            nt_error *err)
{
  (void)cfg, (void)n_in, (void)err;
  for (int a = 0; a < in->shape1.rank; a++) {
    if (a == in->batch_axis || a == in->channel_axis) continue;
    out->shape1.dim[a] = out->shape2.dim[a] = (in->shape1.dim[a] + 1) / 2;
  }
  return NT_OK;
}

static nt_status blur_taps(const void *cfg, const nt_facts *in, const nt_facts *out, int axis,
                           nt_taps *taps, nt_error *err)
{
  const blur *c = cfg;
  return three_taps(err, nt_facts_space(in).dim[axis], nt_facts_space(out).dim[axis], 2, c->weight,
                    taps);
}

/* Positions mix: their covariances must all be there, unless they vanish
 * (a diagonal input, at most). */
static nt_requirement all_positions(const void *cfg)
{
  (void)cfg;
  return (nt_requirement){.has_diagonal = true,
                          .input = NT_MAYBE,
                          .output = NT_NO,
                          .diagonal_batch = NT_MAYBE,
                          .has_axes = true,
                          .channel_axis = -1};
}

static const blur BINOMIAL = {{0.25, 0.5, 0.25}}, MEAN = {{1.0 / 3, 1.0 / 3, 1.0 / 3}};

static const nt_layer_ops own_pool = {.name = "Blur",
                                      .cfg_size = sizeof(blur),
                                      .defaults = &BINOMIAL,
                                      .action = NT_POOL,
                                      .remasks = true,
                                      .gaussian = NT_MAYBE,
                                      .require = all_positions,
                                      .shape = blur_shape,
                                      .taps = blur_taps};

static nt_error *err(void) { return nt_ctx_error(nt_test_world()); }

enum { CHANNELS = 3 };

static nt_status fill(void *arg, int64_t i, double *x)
{
  for (int64_t e = 0; e < *(int64_t *)arg; e++)
    x[e] = nt_test_uniform(23, i, e) - 0.5;
  return NT_OK;
}

static nt_layer *text_layer(const char *text)
{
  nt_layer *layer = NULL;
  NT_TEST_OK(nt_network_parse(err(), text, NULL, &layer));
  return layer;
}

static nt_layer *own_layer(const nt_layer_ops *ops, const void *cfg)
{
  nt_layer *layer = NULL;
  NT_TEST_OK(nt_stax_layer(err(), ops, cfg, &layer));
  return layer;
}

/* serial(conv, Relu, conv, pool, Relu, readout); takes conv and pool over. */
static nt_layer *network(nt_layer *conv, nt_layer *pool, const char *readout)
{
  nt_layer *part[6] = {conv, text_layer("Relu()"), nt_layer_retain(conv),
                       pool, text_layer("Relu()"), text_layer(readout)},
           *net = NULL;
  NT_TEST_OK(nt_stax_serial(err(), 6, part, &net));
  for (int i = 0; i < 6; i++)
    nt_layer_release(&part[i]);
  return net;
}

/* Takes the network over. */
static void kernel_of(nt_grid *grid, nt_layer *net, nt_shape shape, nt_tree **kernels)
{
  nt_samples *samples = NULL;
  nt_tree *input = NULL;
  int64_t entries = nt_shape_size(&shape) / shape.dim[0];
  nt_kernel_options options = NT_KERNEL_DEFAULTS;
  options.tile = 2;
  NT_TEST_OK(nt_samples_create(nt_test_world(), &shape, 0, shape.rank - 1, NT_FLOAT64, fill,
                               &entries, &samples));
  NT_TEST_OK(nt_tree_leaf(err(), samples, &input));
  const nt_status status =
      nt_kernel_fn(grid, net, input, NULL, NT_GET_NNGP | NT_GET_NTK, &options, kernels);
  NT_TEST_MSG(status == NT_OK, "%s", err()->message);
  nt_tree_destroy(&input);
  nt_samples_destroy(&samples);
  nt_layer_release(&net);
}

static double difference(const nt_dmatrix *a, const nt_dmatrix *b)
{
  double worst = a->rows == b->rows && a->cols == b->cols ? 0 : INFINITY;
  for (int64_t j = 0; j < a->cols; j++)
    for (int64_t i = 0; i < a->rows; i++)
      worst = fmax(worst, fabs(a->a[i + j * a->ld] - b->a[i + j * b->ld]));
  return worst;
}

/* With equal weights, on two axes: the library's layers, which pad less (VALID) or otherwise at the
 * far border of an even size, so sizes are odd. */
static void test_library(void)
{
  static const char *const readouts[] = {"GlobalAvgPool()", "Flatten()", "Identity()"};
  const nt_shape shape = {4, {5, 5, 7, CHANNELS}};
  nt_grid *grid = NULL;
  NT_TEST_OK(nt_grid_create(nt_test_world(), 0, 0, &grid));
  for (size_t r = 0; r < sizeof readouts / sizeof readouts[0]; r++) {
    nt_tree *ours = NULL, *theirs = NULL;
    kernel_of(grid, network(own_layer(&own_conv, &EVEN), own_layer(&own_pool, &MEAN), readouts[r]),
              shape, &ours);
    kernel_of(grid,
              network(text_layer("Conv(1, (3, 3), padding='SAME', b_std=0.3)"),
                      text_layer("AvgPool((3, 3), (2, 2), 'SAME')"), readouts[r]),
              shape, &theirs);
    const nt_kernel *a = nt_tree_nth(ours, 0)->leaf, *b = nt_tree_nth(theirs, 0)->leaf;
    const double nngp = difference(a->nngp, b->nngp), ntk = difference(a->ntk, b->ntk);
    NT_TEST_MSG(nngp < 1e-13 && ntk < 1e-13, "%s: %g %g", readouts[r], nngp, ntk);
    nt_kernels_destroy(&ours);
    nt_kernels_destroy(&theirs);
  }
  nt_grid_destroy(&grid);
}

enum { N = 7, HALF = (N + 1) / 2 };

typedef struct covariance {
  int n;
  double k[N][N], t[N][N];
} covariance;

static covariance inputs(int64_t i, int64_t j)
{
  int64_t entries = N * CHANNELS;
  double x[N * CHANNELS], y[N * CHANNELS];
  covariance c = {.n = N};
  (void)fill(&entries, i, x);
  (void)fill(&entries, j, y);
  for (int p = 0; p < N; p++)
    for (int q = 0; q < N; q++)
      for (int e = 0; e < CHANNELS; e++)
        c.k[p][q] += x[p * CHANNELS + e] * y[q * CHANNELS + e] / CHANNELS;
  return c;
}

static covariance convolved(const covariance *in)
{
  covariance out = {.n = N};
  for (int p = 0; p < N; p++) {
    for (int q = 0; q < N; q++) {
      double k = TAPERED.b_std * TAPERED.b_std, t = 0;
      for (int u = -1; u <= 1; u++) {
        if (p + u < 0 || p + u >= N || q + u < 0 || q + u >= N) continue;
        k += TAPERED.variance[u + 1] * in->k[p + u][q + u];
        t += TAPERED.variance[u + 1] * in->t[p + u][q + u];
      }
      out.k[p][q] = k;
      out.t[p][q] = k + t;
    }
  }
  return out;
}

static double weight_of(int o, int p)
{
  const int t = p - 2 * o + 1;
  return t >= 0 && t < TAPS ? BINOMIAL.weight[t] : 0;
}

static covariance blurred(const covariance *in)
{
  covariance out = {.n = HALF};
  for (int o = 0; o < HALF; o++)
    for (int u = 0; u < HALF; u++)
      for (int p = 0; p < N; p++)
        for (int q = 0; q < N; q++) {
          out.k[o][u] += weight_of(o, p) * weight_of(u, q) * in->k[p][q];
          out.t[o][u] += weight_of(o, p) * weight_of(u, q) * in->t[p][q];
        }
  return out;
}

static covariance rectified(const covariance *in, const covariance *own1, const covariance *own2)
{
  const double pi = acos(-1);
  covariance out = {.n = in->n};
  for (int p = 0; p < in->n; p++) {
    for (int q = 0; q < in->n; q++) {
      const double r = sqrt(fmax(own1->k[p][p] * own2->k[q][q] - in->k[p][q] * in->k[p][q], 0));
      const double angle = pi - atan2(r, in->k[p][q]);
      out.k[p][q] = (r + angle * in->k[p][q]) / (2 * pi);
      out.t[p][q] = angle / (2 * pi) * in->t[p][q];
    }
  }
  return out;
}

/* [0]: sample i with j, [1]: i with i, [2]: j with j, step by step. */
static void step(covariance (*layer)(const covariance *), covariance *c)
{
  for (int s = 0; s < 3; s++)
    c[s] = layer(&c[s]);
}

static void rectify(covariance *c)
{
  const covariance own[3] = {c[0], c[1], c[2]};
  c[0] = rectified(&own[0], &own[1], &own[2]);
  c[1] = rectified(&own[1], &own[1], &own[1]);
  c[2] = rectified(&own[2], &own[2], &own[2]);
}

static void expected(int64_t i, int64_t j, double *k, double *t)
{
  covariance c[3] = {inputs(i, j), inputs(i, i), inputs(j, j)};
  step(convolved, c);
  rectify(c);
  step(convolved, c);
  step(blurred, c);
  rectify(c);
  *k = *t = 0;
  for (int p = 0; p < HALF; p++)
    for (int q = 0; q < HALF; q++) {
      *k += c[0].k[p][q] / (HALF * HALF);
      *t += c[0].t[p][q] / (HALF * HALF);
    }
}

static void test_naive(void)
{
  nt_grid *grid = NULL;
  nt_tree *kernels = NULL;
  double worst = 0;
  NT_TEST_OK(nt_grid_create(nt_test_world(), 0, 0, &grid));
  kernel_of(grid,
            network(own_layer(&own_conv, NULL), own_layer(&own_pool, NULL), "GlobalAvgPool()"),
            (nt_shape){3, {5, N, CHANNELS}}, &kernels);
  const nt_kernel *kernel = nt_tree_nth(kernels, 0)->leaf;
  for (int64_t lj = 0; lj < kernel->nngp->cols; lj++) {
    for (int64_t li = 0; li < kernel->nngp->rows; li++) {
      double k, t;
      expected(nt_dmatrix_row(kernel->nngp, li), nt_dmatrix_column(kernel->nngp, lj), &k, &t);
      worst = fmax(worst, fabs(kernel->nngp->a[li + lj * kernel->nngp->ld] - k));
      worst = fmax(worst, fabs(kernel->ntk->a[li + lj * kernel->ntk->ld] - t));
    }
  }
  NT_TEST_MSG(worst < 1e-8, "%g",
              worst); /* the naive NTK of equal positions loses half the digits */
  nt_kernels_destroy(&kernels);
  nt_grid_destroy(&grid);
}

static const CU_TestInfo tests[] = {{"equal weights: Conv and AvgPool", test_library},
                                    {"other weights: a naive kernel", test_naive},
                                    CU_TEST_INFO_NULL};
NT_TEST_MAIN("example.plugin_positions", tests)

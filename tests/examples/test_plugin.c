/* Own layers written from the words of nt/plugin.h alone: one that takes D, with tables and biases,
 * against the library's Relu; one that stands directly behind the inputs. */
#include "nt_test.h"

#include <math.h>
#include <nt/nt.h>
#include <stdlib.h>

/* max(x, 0) from D: F = s1 s2 (sin a + (pi - a) cos a) / (2 pi), Fdot = (pi - a) / (2 pi), and
 * D' = s1 s2 / 2 - F without the difference, which would lose the digits of neighbours. */

/* Table 0 is q and table 1 its root: the second row must be found, too. */
static void root_tables(const void *cfg, int64_t n, const double *q, double *const *table)
{
  (void)cfg;
  for (int64_t i = 0; i < n; i++) {
    table[0][i] = q[i];
    table[1][i] = sqrt(q[i]);
  }
}

static void relu_self(const void *cfg, int64_t n, const double *q, double *q_out, double *dot)
{
  (void)cfg;
  for (int64_t i = 0; i < n; i++) {
    q_out[i] = q[i] / 2;
    dot[i] = 0.5;
  }
}

#define RELU_MAP(name, real)                                                                       \
  static void name(const void *cfg, const nt_lanes *l, const nt_post *p)                           \
  {                                                                                                \
    const real *k = l->k, *t = l->t, *table1 = l->table1, *table2 = l->table2;                     \
    const real *bias1 = l->bias1, *bias2 = l->bias2;                                               \
    real *k_out = l->k_out, *t_out = l->t_out;                                                     \
    const double pi = acos(-1);                                                                    \
    (void)cfg;                                                                                     \
    for (int64_t i = 0; i < l->n; i++) {                                                           \
      const int64_t j = l->one2 ? 0 : i;                                                           \
      const double s1 = (double)table1[l->ld1 + i], s2 = (double)table2[l->ld2 + j], s = s1 * s2;  \
      const double more = l->mean ? (s1 - s2) * (s1 - s2) / 2 : 0;                                 \
      const double z = s > 0 ? fmin(fmax(((double)k[i] - more) / s, 0), 2) : 1, c = 1 - z;         \
      const double sine = sqrt(z * (2 - z)), angle = atan2(sine, c);                               \
      const double F = s / (2 * pi) * (sine + (pi - angle) * c);                                   \
      const double Fdot = (pi - angle) / (2 * pi);                                                 \
      const double D = s / (2 * pi) * ((pi - angle) * z + (angle - sine));                         \
      double out = p->kf * F + p->kd * (D + more / 2) + p->k0;                                     \
      if (bias1 != NULL) {                                                                         \
        const double r = (double)(bias1[i] - bias2[j]);                                            \
        const double e = (double)(bias1[l->ld1 + i] - bias2[l->ld2 + j]);                          \
        out = p->kd * D - e * (r + e / 2);                                                         \
      }                                                                                            \
      if (t_out != NULL)                                                                           \
        t_out[i] = (real)(p->tf * F + (t != NULL ? p->tt * (double)t[i] * Fdot : 0) + p->t0);      \
      k_out[i] = (real)out;                                                                        \
    }                                                                                              \
  }
RELU_MAP(relu_f64, double)
RELU_MAP(relu_f32, float)

static nt_requirement elementwise(const void *cfg)
{
  (void)cfg;
  return (nt_requirement){
      .has_diagonal = true, .input = NT_YES, .output = NT_NO, .diagonal_batch = NT_MAYBE};
}

static const nt_layer_ops own_relu = {.name = "OwnRelu",
                                      .action = NT_MAP,
                                      .needs_gaussian = true,
                                      .remasks = true,
                                      .gaussian = NT_NO,
                                      .require = elementwise,
                                      .n_tables = 2,
                                      .tables = root_tables,
                                      .self = relu_self,
                                      .map = {relu_f64, relu_f32},
                                      .takes_d = true};

/* 1 + x^2 without weights before it: F = 1 + q11 + q22 + q11 q22, as if x were one number */

static void free_self(const void *cfg, int64_t n, const double *q, double *q_out, double *dot)
{
  (void)cfg;
  for (int64_t i = 0; i < n; i++) {
    q_out[i] = (1 + q[i]) * (1 + q[i]);
    dot[i] = 0;
  }
}

/* T is zero behind the inputs, so that t must not be there. */
static void free_map(const void *cfg, const nt_lanes *l, const nt_post *p)
{
  const double *q11 = l->table1, *q22 = l->table2;
  double *k_out = l->k_out, *t_out = l->t_out;
  (void)cfg;
  for (int64_t i = 0; i < l->n; i++) {
    const double F = (1 + q11[i]) * (1 + q22[l->one2 ? 0 : i]);
    if (t_out != NULL) t_out[i] = l->t == NULL ? p->tf * F + p->t0 : (double)NAN;
    k_out[i] = p->kf * F + p->k0;
  }
}

static const nt_layer_ops own_free = {.name = "Free",
                                      .action = NT_MAP,
                                      .gaussian = NT_NO,
                                      .require = elementwise,
                                      .self = free_self,
                                      .map = {free_map, free_map}}; /* float64 alone is tried */

static nt_error *err(void) { return nt_ctx_error(nt_test_world()); }

/* Samples of 3 channels, by index; sample 1 is a copy of sample 0, and 2 nearly one. */
static nt_status fill(void *arg, int64_t i, double *x)
{
  for (int64_t e = 0; e < *(int64_t *)arg; e++)
    x[e] = nt_test_uniform(11, i < 3 ? 0 : i, e) + (i == 2 ? 1e-6 : 0);
  return NT_OK;
}

static void kernel_of(nt_grid *grid, const nt_layer *net, nt_shape shape, nt_dtype dtype,
                      nt_tree **kernels)
{
  nt_samples *samples = NULL;
  nt_tree *input = NULL;
  int64_t entries = nt_shape_size(&shape) / shape.dim[0];
  nt_kernel_options options = NT_KERNEL_DEFAULTS;
  options.dtype = dtype;
  options.tile = 7;
  NT_TEST_OK(nt_samples_create(nt_test_world(), &shape, 0, shape.rank - 1, dtype, fill, &entries,
                               &samples));
  NT_TEST_OK(nt_tree_leaf(err(), samples, &input));
  NT_TEST_OK(nt_kernel_fn(grid, net, input, NULL, NT_GET_NNGP | NT_GET_NTK, &options, kernels));
  nt_tree_destroy(&input);
  nt_samples_destroy(&samples);
}

static double difference(const nt_dmatrix *a, const nt_dmatrix *b)
{
  double worst = 0;
  for (int64_t j = 0; j < a->cols; j++)
    for (int64_t i = 0; i < a->rows; i++)
      worst = fmax(worst, fabs(a->a[i + j * a->ld] - b->a[i + j * b->ld]));
  return worst;
}

/* serial(Dense, activation, Dense, activation, Dense) with biases; takes over `activation`. */
static nt_layer *network(nt_layer *activation)
{
  nt_dense dense = {.out_dim = 1, .W_std = 1.3, .b_std = 0.4, .channel_axis = -1, .s = {2, {1, 1}}};
  nt_layer *part[5] = {NULL, activation, NULL, nt_layer_retain(activation), NULL}, *net = NULL;
  for (int i = 0; i < 5; i += 2)
    NT_TEST_OK(nt_stax_dense(err(), &dense, &part[i]));
  NT_TEST_OK(nt_stax_serial(err(), 5, part, &net));
  for (int i = 0; i < 5; i++)
    nt_layer_release(&part[i]);
  return net;
}

static void compare_relu(nt_grid *grid, nt_shape shape, nt_dtype dtype, double limit)
{
  nt_layer *activation[2] = {NULL, NULL}, *net[2];
  nt_tree *kernels[2] = {NULL, NULL};
  NT_TEST_OK(nt_stax_relu(err(), NULL, &activation[0]));
  NT_TEST_OK(nt_stax_layer(err(), &own_relu, NULL, &activation[1]));
  for (int i = 0; i < 2; i++) {
    net[i] = network(activation[i]);
    kernel_of(grid, net[i], shape, dtype, &kernels[i]);
  }
  const nt_kernel *a = nt_tree_nth(kernels[0], 0)->leaf, *b = nt_tree_nth(kernels[1], 0)->leaf;
  NT_TEST(nt_shape_equal(&a->facts.shape1, &b->facts.shape1));
  const double nngp = difference(a->nngp, b->nngp), ntk = difference(a->ntk, b->ntk);
  NT_TEST_MSG(nngp <= limit && ntk <= limit, "rank %d: %g %g", shape.rank, nngp, ntk);
  for (int i = 0; i < 2; i++) {
    nt_kernels_destroy(&kernels[i]);
    nt_layer_release(&net[i]);
  }
}

/* Vectors: the second argument of a column is one; positions: each lane has its own. */
static void test_relu(void)
{
  nt_grid *grid = NULL;
  NT_TEST_OK(nt_grid_create(nt_test_world(), 0, 0, &grid));
  compare_relu(grid, (nt_shape){2, {37, 3}}, NT_FLOAT64, 2e-14);
  compare_relu(grid, (nt_shape){2, {37, 3}}, NT_FLOAT32, 2e-6);
  compare_relu(grid, (nt_shape){4, {9, 3, 2, 3}}, NT_FLOAT64, 2e-14);
  compare_relu(grid, (nt_shape){4, {9, 3, 2, 3}}, NT_FLOAT32, 2e-6);
  nt_grid_destroy(&grid);
}

static void test_behind_inputs(void)
{
  nt_grid *grid = NULL;
  nt_layer *part[2] = {NULL, NULL}, *net = NULL;
  nt_tree *kernels = NULL;
  const nt_dense dense = {
      .out_dim = 1, .W_std = 1, .b_std = NT_NONE, .channel_axis = -1, .s = {2, {1, 1}}};
  NT_TEST_OK(nt_grid_create(nt_test_world(), 0, 0, &grid));
  NT_TEST_OK(nt_stax_layer(err(), &own_free, NULL, &part[0]));
  NT_TEST_OK(nt_stax_dense(err(), &dense, &part[1]));
  NT_TEST_OK(nt_stax_serial(err(), 2, part, &net));
  kernel_of(grid, net, (nt_shape){2, {37, 3}}, NT_FLOAT64, &kernels);
  const nt_kernel *kernel = nt_tree_nth(kernels, 0)->leaf;
  double worst = 0;
  for (int64_t lj = 0; lj < kernel->ntk->cols; lj++) {
    for (int64_t li = 0; li < kernel->ntk->rows; li++) {
      double x[3], q[2];
      int64_t entries = 3,
              at[2] = {nt_dmatrix_row(kernel->ntk, li), nt_dmatrix_column(kernel->ntk, lj)};
      for (int a = 0; a < 2; a++) {
        (void)fill(&entries, at[a], x);
        q[a] = (x[0] * x[0] + x[1] * x[1] + x[2] * x[2]) / 3;
      }
      const double want = (1 + q[0]) * (1 + q[1]), got = kernel->ntk->a[li + lj * kernel->ntk->ld];
      if (!(fabs(got - want) <= worst)) worst = fabs(got - want);
      if (kernel->nngp->a[li + lj * kernel->nngp->ld] != got) worst = INFINITY;
    }
  }
  NT_TEST_MSG(worst <= 1e-14, "%g", worst);
  nt_kernels_destroy(&kernels);
  nt_layer_release(&part[0]);
  nt_layer_release(&part[1]);
  nt_layer_release(&net);
  nt_grid_destroy(&grid);
}

static const CU_TestInfo tests[] = {{"a layer that takes D", test_relu},
                                    {"a layer behind the inputs", test_behind_inputs},
                                    CU_TEST_INFO_NULL};
NT_TEST_MAIN("example.plugin", tests)

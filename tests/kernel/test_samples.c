/* Random networks that mix samples (DotGeneral, ImageResize, Index, LayerNorm and FanInConcat on
 * the batch axis) against a kernel of their definitions in 113 bits. It holds all pairs of
 * (set, sample, position) at once, in which every such layer is a matrix or a factor. NT_SEED and
 * NT_SEEDS try other seeds. */
#include "../oracle/naive.h"
#include "data.h"
#include "draw.h"
#include "net/net_impl.h"
#include "nt_test.h"
#include "run.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SETS = 2, CHANNELS = 2, MOST_SAMPLES = 10 };

/* Row (set, sample, position) of `rows`, in this order; K and T are [rows][rows]. */
typedef struct all_pairs {
  int n, positions, rows; /* n samples in each set */
  nt_quad *k, *t;
} all_pairs;

/* The network that is drawn, as a text, and its kernel as far as the text goes. */
typedef struct writer {
  nt_draw by;
  bool two; /* x2 is another set, not x1 */
  all_pairs v;
} writer;

static all_pairs new_pairs(int n, int positions)
{
  all_pairs v = {.n = n, .positions = positions, .rows = SETS * n * positions};
  v.k = calloc((size_t)(v.rows * v.rows), sizeof *v.k);
  v.t = calloc((size_t)(v.rows * v.rows), sizeof *v.t);
  if (v.k == NULL || v.t == NULL) abort();
  return v;
}

static void replace(all_pairs *v, all_pairs by)
{
  free(v->k);
  free(v->t);
  *v = by;
}

static all_pairs copy_of(const all_pairs *v)
{
  all_pairs copy = new_pairs(v->n, v->positions);
  memcpy(copy.k, v->k, (size_t)(v->rows * v->rows) * sizeof *v->k);
  memcpy(copy.t, v->t, (size_t)(v->rows * v->rows) * sizeof *v->t);
  return copy;
}

static int set_of(const all_pairs *v, int row) { return row / (v->n * v->positions); }
static int sample_of(const all_pairs *v, int row) { return row / v->positions % v->n; }

/* to = m from m^T, m [rows][columns] */
static void both_sides(const nt_quad *m, int rows, int columns, const nt_quad *from, nt_quad *to)
{
  nt_quad *half = calloc((size_t)(rows * columns), sizeof *half);
  if (half == NULL) abort();
  for (int i = 0; i < rows; i++) {
    for (int j = 0; j < columns; j++) {
      if (m[i * columns + j] == 0) continue;
      for (int c = 0; c < columns; c++)
        half[i * columns + c] += m[i * columns + j] * from[j * columns + c];
    }
  }
  for (int i = 0; i < rows; i++) {
    for (int j = 0; j < rows; j++) {
      nt_quad sum = 0;
      for (int c = 0; c < columns; c++)
        sum += m[j * columns + c] * half[i * columns + c];
      to[i * rows + j] = sum;
    }
  }
  free(half);
}

/* The same matrix over the samples of both sets, small [n][v->n], or over positions,
 * [positions][v->positions]. */
static void mix(all_pairs *v, const double *small, int n, bool samples)
{
  all_pairs out = new_pairs(samples ? n : v->n, samples ? v->positions : n);
  nt_quad *m = calloc((size_t)(out.rows * v->rows), sizeof *m);
  if (m == NULL) abort();
  for (int i = 0; i < out.rows; i++) {
    for (int j = 0; j < v->rows; j++) {
      const int p = i % out.positions, q = j % v->positions;
      const int a = sample_of(&out, i), b = sample_of(v, j);
      const bool meets = set_of(&out, i) == set_of(v, j) && (samples ? p == q : a == b);
      if (meets) m[i * v->rows + j] = samples ? small[a * v->n + b] : small[p * v->positions + q];
    }
  }
  both_sides(m, out.rows, v->rows, v->k, out.k);
  both_sides(m, out.rows, v->rows, v->t, out.t);
  free(m);
  replace(v, out);
}

static void weights(all_pairs *v, double W_std, double b_std)
{
  for (int i = 0; i < v->rows * v->rows; i++) {
    const nt_quad w2 = (nt_quad)W_std * W_std, b2 = (nt_quad)b_std * b_std;
    v->k[i] = w2 * v->k[i] + b2;
    v->t[i] = w2 * v->t[i] + v->k[i];
  }
}

/* K(p, p') <- mean over the window of K(p + d, p' + d), of three positions. */
static void window(all_pairs *v, bool circular)
{
  all_pairs out = new_pairs(v->n, v->positions);
  const int P = v->positions;
  for (int i = 0; i < v->rows * v->rows; i++) {
    const int row = i / v->rows, column = i % v->rows;
    for (int d = -1; d <= 1; d++) {
      const int p = row % P + d, q = column % P + d;
      if (!circular && (p < 0 || p >= P || q < 0 || q >= P)) continue;
      const int from = (row - row % P + (p + P) % P) * v->rows + column - column % P + (q + P) % P;
      out.k[i] += v->k[from] / 3;
      out.t[i] += v->t[from] / 3;
    }
  }
  replace(v, out);
}

static void elementwise(all_pairs *v, const char *text)
{
  nt_layer *layer = NULL;
  all_pairs out = new_pairs(v->n, v->positions);
  if (nt_network_parse(NULL, text, "map", &layer) != NT_OK) abort();
  for (int i = 0; i < v->rows * v->rows; i++) {
    const int row = i / v->rows, column = i % v->rows;
    nt_naive_map m;
    if (!nt_naive_elementwise(layer->ops->name, layer->cfg, v->k[row * v->rows + row],
                              v->k[column * v->rows + column], v->k[i], &m))
      abort();
    out.k[i] = m.f;
    out.t[i] = m.dot * v->t[i];
  }
  nt_layer_release(&layer);
  replace(v, out);
}

/* Variances 1 on the mean over the samples of a set, and over its positions if `all`. */
static void norm(all_pairs *v, bool all)
{
  nt_quad *scale = calloc((size_t)v->rows, sizeof *scale);
  if (scale == NULL) abort();
  for (int i = 0; i < v->rows; i++) {
    int count = 0;
    for (int j = 0; j < v->rows; j++) {
      if (set_of(v, i) != set_of(v, j) || (!all && i % v->positions != j % v->positions)) continue;
      scale[i] += v->k[j * v->rows + j] + (nt_quad)1e-12;
      count++;
    }
    scale[i] = nt_quad_sqrt(scale[i] / count);
  }
  for (int i = 0; i < v->rows * v->rows; i++) {
    v->k[i] /= scale[i / v->rows] * scale[i % v->rows];
    v->t[i] /= scale[i / v->rows] * scale[i % v->rows];
  }
  free(scale);
}

/* Samples of `other` behind those of `v`, of which they know nothing. */
static void concatenate(all_pairs *v, const all_pairs *other)
{
  all_pairs out = new_pairs(v->n + other->n, v->positions);
  for (int i = 0; i < out.rows * out.rows; i++) {
    int at[2] = {i / out.rows, i % out.rows};
    const bool second = sample_of(&out, at[0]) >= v->n;
    if (second != (sample_of(&out, at[1]) >= v->n)) continue;
    const all_pairs *from = second ? other : v;
    for (int side = 0; side < 2; side++) {
      const int sample = sample_of(&out, at[side]) - (second ? v->n : 0);
      at[side] =
          (set_of(&out, at[side]) * from->n + sample) * v->positions + at[side] % v->positions;
    }
    out.k[i] = from->k[at[0] * from->rows + at[1]];
    out.t[i] = from->t[at[0] * from->rows + at[1]];
  }
  replace(v, out);
}

/* K <- mean over positions of K(p, p) */
static void flatten(all_pairs *v)
{
  all_pairs out = new_pairs(v->n, 1);
  for (int i = 0; i < out.rows * out.rows; i++) {
    for (int p = 0; p < v->positions; p++) {
      const int from =
          (i / out.rows * v->positions + p) * v->rows + i % out.rows * v->positions + p;
      out.k[i] += v->k[from] / v->positions;
      out.t[i] += v->t[from] / v->positions;
    }
  }
  replace(v, out);
}

static void add_map(writer *w)
{
  static const char *const maps[] = {
      "Relu()",        "Relu()",         "ABRelu(0.3, -1.2)", "Abs()",
      "Erf()",         "Gelu()",         "Rbf(0.7)",          "Sin(1.2, 0.8, 0.4)",
      "Exp(0.5, 0.3)", "Sigmoid_like()", "Monomial(2)"};
  const char *map = maps[nt_draw_below(&w->by, (int)(sizeof maps / sizeof maps[0]))];
  nt_draw_add(&w->by, "%s, ", map);
  elementwise(&w->v, map);
}

static void add_dense(writer *w)
{
  static const double W_std[] = {0.8, 1.1, 1.4}, b_std[] = {0, 0.2, 0.5};
  const double W = W_std[nt_draw_below(&w->by, 3)], b = b_std[nt_draw_below(&w->by, 3)];
  if (w->v.positions > 1 && nt_draw_below(&w->by, 2)) {
    const bool circular = nt_draw_below(&w->by, 2);
    nt_draw_add(&w->by, "Conv(1, (3,), padding='%s', W_std=%g, b_std=%g), ",
                circular ? "CIRCULAR" : "SAME", W, b);
    window(&w->v, circular);
  } else {
    nt_draw_add(&w->by, "Dense(1, %g, %g), ", W, b);
  }
  weights(&w->v, W, b);
}

/* Sums over samples: nothing but a map may follow. */
static void add_product(writer *w)
{
  const int n = 2 + nt_draw_below(&w->by, 4);
  double m[MOST_SAMPLES * MOST_SAMPLES];
  nt_draw_add(&w->by, "DotGeneral(lhs=np.array([");
  for (int i = 0; i < n * w->v.n; i++) {
    m[i] = (nt_draw_below(&w->by, 17) - 8) / 8.0;
    nt_draw_add(&w->by, "%s%g%s", i % w->v.n == 0 ? "[" : "", m[i],
                i % w->v.n == w->v.n - 1 ? "], " : ", ");
  }
  nt_draw_add(&w->by, "]), dimension_numbers=(((1,), (0,)), ((), ()))), ");
  mix(&w->v, m, n, true);
}

/* Nearest samples of half as many or twice as many, and the means of two. */
static void add_resize(writer *w)
{
  double m[MOST_SAMPLES * MOST_SAMPLES] = {0};
  const int from = w->v.n;
  const bool less = from > 3, linear = less && nt_draw_below(&w->by, 2);
  const int n = less ? from / 2 : from * 2;
  if (linear && from % 2 != 0) return;
  for (int i = 0; i < n; i++) {
    m[i * from + (int)((i + 0.5) * from / n)] = 1;
    if (linear) m[i * from + 2 * i] = m[i * from + 2 * i + 1] = 0.5;
  }
  nt_draw_add(&w->by, "ImageResize((%d, %s-1), '%s', antialias=False), ", n,
              w->v.positions > 1 ? "-1, " : "", linear ? "linear" : "nearest");
  mix(&w->v, m, n, true);
}

static void add_index(writer *w)
{
  double m[MOST_SAMPLES * MOST_SAMPLES] = {0};
  const int from = w->v.n, first = nt_draw_below(&w->by, 2),
            step = nt_draw_below(&w->by, 2) && from > 4 ? 2 : 1;
  const bool backwards = nt_draw_below(&w->by, 2);
  int n = 0;
  if (backwards) {
    for (int i = from - 1 - first; i >= 0; i -= step)
      m[n++ * from + i] = 1;
    nt_draw_add(&w->by, "Index(Slice[%d::%d]), ", -1 - first, -step);
  } else {
    for (int i = first; i < from; i += step)
      m[n++ * from + i] = 1;
    nt_draw_add(&w->by, "Index(Slice[%d::%d]), ", first, step);
  }
  mix(&w->v, m, n, true);
}

static void add_norm(writer *w)
{
  const bool all = w->v.positions > 1 && nt_draw_below(&w->by, 2);
  nt_draw_add(&w->by, "LayerNorm((0, %s-1)), ", all ? "1, " : "");
  norm(&w->v, all);
}

static void add_concatenated(writer *w)
{
  if (2 * w->v.n > MOST_SAMPLES) return;
  all_pairs first = copy_of(&w->v);
  nt_draw_add(&w->by, "FanOut(2), parallel(serial(");
  add_map(w);
  add_dense(w);
  nt_draw_add(&w->by, "), serial(");
  all_pairs second = w->v;
  w->v = first;
  if (nt_draw_below(&w->by, 2)) add_index(w);
  add_map(w);
  add_dense(w);
  nt_draw_add(&w->by, ")), FanInConcat(0), ");
  concatenate(&second, &w->v);
  replace(&w->v, second);
}

static void write_network(writer *w)
{
  static void (*const mixers[])(writer *) = {add_resize, add_index, add_norm, add_concatenated};
  const int blocks = 1 + nt_draw_below(&w->by, 3);
  nt_draw_add(&w->by, "serial(");
  for (int b = 0; b < blocks; b++) {
    add_dense(w);
    mixers[nt_draw_below(&w->by, (int)(sizeof mixers / sizeof mixers[0]))](w);
    add_map(w);
  }
  add_dense(w);
  if (w->v.positions > 1 && nt_draw_below(&w->by, 3) > 0) {
    const double mean[] = {0.25, 0.25, 0.25, 0.25};
    const bool pooled = nt_draw_below(&w->by, 2);
    nt_draw_add(&w->by, pooled ? "GlobalAvgPool(), Dense(1, 1.1), " : "Flatten(), Dense(1, 1.1), ");
    if (pooled)
      mix(&w->v, mean, 1, false);
    else
      flatten(&w->v);
    weights(&w->v, 1.1, 0);
  }
  if (w->v.n <= MOST_SAMPLES && nt_draw_below(&w->by, 2)) {
    add_product(w);
    if (nt_draw_below(&w->by, 2)) add_map(w);
  }
  nt_draw_add(&w->by, ")");
}

static const double *channels_of(const all_pairs *v, double *const x[SETS], int row)
{
  return x[set_of(v, row)] + (sample_of(v, row) * v->positions + row % v->positions) * CHANNELS;
}

/* K of the inputs; sample 1 of each set is its sample 0 again. */
static void inputs(writer *w, nt_shape *shape, double *x[SETS])
{
  const int size = w->v.positions * CHANNELS;
  *shape = w->v.positions > 1 ? (nt_shape){3, {w->v.n, w->v.positions, CHANNELS}}
                              : (nt_shape){2, {w->v.n, CHANNELS}};
  for (int s = 0; s < SETS; s++) {
    x[s] = malloc((size_t)(w->v.n * size) * sizeof **x);
    if (x[s] == NULL) abort();
    for (int i = 0; i < w->v.n * size; i++) {
      const int sample = i / size == 1 ? 0 : i / size;
      x[s][i] = nt_test_uniform(w->by.seed + 100 + (uint64_t)s, sample, i % size);
    }
  }
  for (int i = 0; i < w->v.rows * w->v.rows; i++) {
    const double *one = channels_of(&w->v, x, i / w->v.rows);
    const double *two = channels_of(&w->v, x, i % w->v.rows);
    for (int c = 0; c < CHANNELS; c++)
      w->v.k[i] += (nt_quad)one[c] * two[c] / CHANNELS;
  }
}

static void compare(const writer *w, const nt_dmatrix *m, const nt_quad *want, const char *what)
{
  const int half = w->v.rows / SETS, set = w->two ? 1 : 0;
  double *got = nt_gather(m), worst = 0;
  if (NT_TEST_MSG(m->M == half && m->N == half, "%s: size of %s", w->by.text, what)) {
    for (int i = 0; i < half * half; i++) {
      const int row = i % half, column = i / half + set * half;
      const nt_quad *k = w->v.k, *const t = want;
      const nt_quad own = want == k ? k[row * w->v.rows + row] * k[column * w->v.rows + column]
                                    : t[row * w->v.rows + row] * t[column * w->v.rows + column];
      const double error = (double)((got[i] - want[row * w->v.rows + column]) / nt_quad_sqrt(own));
      if (!(fabs(error) <= worst)) worst = isnan(error) ? INFINITY : fabs(error);
    }
    NT_TEST_MSG(worst <= 1e-12, "%s: %s off by %.3g%s", w->by.text, what, worst,
                w->two ? " (x1, x2)" : "");
  }
  free(got);
}

static void check_seed(uint64_t seed)
{
  writer w = {.by = {.seed = seed, .stream = 8}};
  nt_shape shape;
  double *x[SETS];
  nt_tree *files[SETS], *kernels = NULL;
  nt_grid *grid = NULL;
  w.two = nt_draw_below(&w.by, 2);
  const int n = 3 + nt_draw_below(&w.by, 3);
  w.v = new_pairs(n, nt_draw_below(&w.by, 2) ? 4 : 1);
  inputs(&w, &shape, x);
  for (int s = 0; s < SETS; s++)
    files[s] = nt_data_file(s == 0 ? "one.npy" : "two.npy", &shape, x[s]);
  write_network(&w);
  nt_run run = {.network = w.by.text,
                .x1 = files[0],
                .x2 = w.two ? files[1] : NULL,
                .get = NT_GET_NNGP | NT_GET_NTK,
                .options = NT_KERNEL_DEFAULTS};
  run.options.tile = nt_draw_below(&w.by, 4);
  run.options.diagonal_spatial = 0;
  const nt_status status = nt_run_kernel(nt_test_world(), &run, 0, 0, &grid, &kernels);
  NT_TEST_MSG(status == NT_OK, "%s: %s", w.by.text, nt_ctx_error(nt_test_world())->message);
  nt_ctx_clear_error(nt_test_world());
  if (status == NT_OK) {
    const nt_kernel *kernel = kernels->leaf;
    compare(&w, kernel->nngp, w.v.k, "NNGP");
    compare(&w, kernel->ntk, w.v.t, "NTK");
  }
  nt_kernels_destroy(&kernels);
  nt_grid_destroy(&grid);
  for (int s = 0; s < SETS; s++) {
    nt_data_destroy(&files[s]);
    free(x[s]);
  }
  free(w.v.k);
  free(w.v.t);
}

static void test_seeds(void)
{
  const char *first = getenv("NT_SEED"), *count = getenv("NT_SEEDS");
  const uint64_t begin = first != NULL ? strtoull(first, NULL, 10) : 1;
  const uint64_t n = count != NULL ? strtoull(count, NULL, 10) : 150;
  for (uint64_t seed = begin; seed < begin + n; seed++)
    check_seed(seed);
}

/* What a buffer held of one plane must not go through the maps of the next ones. */
static void test_powers(void)
{
  const char *const network =
      "serial(Conv(1, (3,), padding='CIRCULAR', W_std=1.4, b_std=0.2), Index(Slice[::-2]), Exp(), "
      "Conv(1, (3,), padding='CIRCULAR', W_std=1.4, b_std=0.5))";
  const nt_shape shape = {3, {9, 4, CHANNELS}};
  nt_tree *files = nt_data_uniform("powers.npy", &shape, 3, 0), *kernels = NULL;
  nt_grid *grid = NULL;
  nt_run run = {.network = network,
                .x1 = files,
                .get = NT_GET_NNGP | NT_GET_NTK,
                .options = NT_KERNEL_DEFAULTS};
  run.options.tile = 5;
  NT_TEST_OK(nt_run_kernel(nt_test_world(), &run, 0, 0, &grid, &kernels));
  nt_kernels_destroy(&kernels);
  nt_grid_destroy(&grid);
  nt_data_destroy(&files);
}

/* A branch with positions and one without read kernels that layers on samples have left. */
static void test_covariances(void)
{
  const char *const network =
      "serial(Dense(1), FanOut(2), parallel(serial(DotGeneral(rhs=np.array([2., 1.])), "
      "GlobalSumPool(channel_axis=1), Dense(1, b_std=.5)), Dense(1)), FanInSum(), Relu())";
  const nt_shape shape = {2, {5, CHANNELS}};
  nt_tree *files = nt_data_uniform("covariances.npy", &shape, 3, 0), *kernels = NULL;
  nt_grid *grid = NULL;
  nt_run run = {.network = network,
                .x1 = files,
                .x2 = files,
                .get = NT_GET_NNGP | NT_GET_COV1 | NT_GET_COV2,
                .options = NT_KERNEL_DEFAULTS};
  run.options.tile = 2;
  NT_TEST_OK(nt_run_kernel(nt_test_world(), &run, 0, 0, &grid, &kernels));
  const nt_kernel *kernel = kernels->leaf;
  double *k = nt_gather(kernel->nngp), *one = nt_gather(kernel->cov1),
         *two = nt_gather(kernel->cov2);
  for (int64_t i = 0; i < shape.dim[0]; i++) {
    const double own = k[i * shape.dim[0] + i];
    NT_TEST_MSG(fabs(one[i] - own) < 1e-14 * own, "cov1 of sample %lld", (long long)i);
    NT_TEST_MSG(one[i] == two[i], "cov2 of sample %lld", (long long)i);
  }
  free(k);
  free(one);
  free(two);
  nt_kernels_destroy(&kernels);
  nt_grid_destroy(&grid);
  nt_data_destroy(&files);
}

static const CU_TestInfo tests[] = {
    {"random networks that mix samples", test_seeds},
    {"planes do not inherit from planes", test_powers},
    {"covariances beside a branch with positions", test_covariances},
    CU_TEST_INFO_NULL};

NT_TEST_MAIN("kernel.samples", tests)

/* Random networks with positions against the naive kernel: windows, strides, paddings, pools,
 * branches, normalisation, layers of all kinds, every top. NT_SEED and NT_SEEDS try others than the
 * seeds of the test, of which one in 200 makes a network that is ill-conditioned: sums of squares
 * in a cosine, or a ReLU of nearly parallel positions behind a pool. */
#include "../oracle/against.h"
#include "draw.h"
#include "nt_test.h"

#include <stdlib.h>

enum { SAMPLES = 4, MOST_POSITIONS = 20 };

/* A network that is being written. */
typedef struct writer {
  nt_draw by;
  int rank;
  int64_t dim[3];
  bool masks;
} writer;

static void add_tuple(writer *w, const int64_t *v)
{
  nt_draw_add(&w->by, "(");
  for (int a = 0; a < w->rank; a++)
    nt_draw_add(&w->by, "%d,", (int)v[a]);
  nt_draw_add(&w->by, ")");
}

/* Positions of a window along an axis. */
enum { WIDEST = 5 };

/* Window, strides and padding of the current sizes, which become those of the output. */
static void add_window(writer *w, bool strides, bool edges)
{
  int64_t window[3], stride[3];
  const char *padding = NT_DRAW_WORD(&w->by, "SAME", "VALID", "CIRCULAR");
  for (int a = 0; a < w->rank; a++) {
    window[a] = 1 + nt_draw_below(&w->by, w->dim[a] < WIDEST ? (int)w->dim[a] : WIDEST);
    stride[a] = strides && nt_draw_below(&w->by, 3) == 0 ? 2 : 1;
    w->dim[a] = padding[0] == 'V' ? (w->dim[a] - window[a]) / stride[a] + 1
                                  : (w->dim[a] + stride[a] - 1) / stride[a];
  }
  add_tuple(w, window);
  nt_draw_add(&w->by, ", ");
  add_tuple(w, stride);
  nt_draw_add(&w->by, ", '%s'%s", padding,
              edges && nt_draw_below(&w->by, 2) ? ", normalize_edges=True" : "");
}

static void add_weights(writer *w)
{
  nt_draw_add(&w->by, ", W_std=%s, b_std=%s", NT_DRAW_WORD(&w->by, "1.1", "1.4", "0.8"),
              NT_DRAW_WORD(&w->by, "None", "0.2", "0.5"));
}

static void add_dense(writer *w)
{
  nt_draw_add(&w->by, "Dense(1");
  add_weights(w);
  nt_draw_add(&w->by, "), ");
}

static void add_conv(writer *w, bool strides)
{
  nt_draw_add(&w->by, "Conv(1, ");
  add_window(w, strides, false);
  add_weights(w);
  nt_draw_add(&w->by, "), ");
}

/* A transposed convolution, if the result is not too large. */
static void add_transposed(writer *w)
{
  int64_t window[3], stride[3], positions = 1;
  const bool valid = nt_draw_below(&w->by, 2);
  for (int a = 0; a < w->rank; a++) {
    window[a] = 1 + nt_draw_below(&w->by, 3);
    stride[a] = 1 + nt_draw_below(&w->by, 2);
    positions *=
        w->dim[a] * stride[a] + (valid && window[a] > stride[a] ? window[a] - stride[a] : 0);
  }
  if (positions > MOST_POSITIONS) return;
  nt_draw_add(&w->by, "ConvTranspose(1, ");
  for (int a = 0; a < w->rank; a++)
    w->dim[a] =
        w->dim[a] * stride[a] + (valid && window[a] > stride[a] ? window[a] - stride[a] : 0);
  add_tuple(w, window);
  nt_draw_add(&w->by, ", ");
  add_tuple(w, stride);
  nt_draw_add(&w->by, ", '%s'", valid ? "VALID" : "SAME");
  add_weights(w);
  nt_draw_add(&w->by, "), ");
}

static void add_resize(writer *w)
{
  nt_draw_add(&w->by, "ImageResize((-1, ");
  for (int a = 0; a < w->rank; a++) {
    w->dim[a] = 1 + nt_draw_below(&w->by, 3);
    nt_draw_add(&w->by, "%d, ", (int)w->dim[a]);
  }
  nt_draw_add(&w->by, "-1), '%s', %s), ", NT_DRAW_WORD(&w->by, "linear", "nearest"),
              NT_DRAW_WORD(&w->by, "True", "False"));
}

static void add_attention(writer *w)
{
  const bool linear = nt_draw_below(&w->by, 3);
  nt_draw_add(
      &w->by,
      "GlobalSelfAttention(1, 2, 2, 2, %s, W_key_std=0.9, W_value_std=1.1, W_query_std=1.2, "
      "b_std=%s, ",
      linear ? "True" : "False", NT_DRAW_WORD(&w->by, "None", "0.3"));
  nt_draw_add(&w->by,
              "attention_mechanism='%s', pos_emb_type='%s', W_pos_emb_std=0.7, val_pos_emb=%s), ",
              linear ? NT_DRAW_WORD(&w->by, "SOFTMAX", "IDENTITY", "ABS", "RELU") : "IDENTITY",
              NT_DRAW_WORD(&w->by, "NONE", "SUM", "CONCAT"), NT_DRAW_WORD(&w->by, "True", "False"));
}

/* A convolution that keeps the sizes. */
static void add_same(writer *w)
{
  int64_t window[3];
  for (int a = 0; a < w->rank; a++)
    window[a] = 1 + nt_draw_below(&w->by, WIDEST);
  nt_draw_add(&w->by, "Conv(1, ");
  add_tuple(w, window);
  nt_draw_add(&w->by, ", padding='%s'", NT_DRAW_WORD(&w->by, "SAME", "CIRCULAR"));
  add_weights(w);
  nt_draw_add(&w->by, "), ");
}

static void add_map(writer *w)
{
  nt_draw_add(&w->by, "%s, ",
              NT_DRAW_WORD(&w->by, "Relu()", "Relu()", "ABRelu(0.3, -1.2)", "LeakyRelu(0.1)",
                           "Abs()", "Erf()", "Sigmoid_like()", "Gelu()", "Sin(1.2, 0.8, 0.4)",
                           "Cos(0.9, 1.1, 0.2)", "Rbf(0.7)", "Exp(0.5, 0.3)", "Gaussian(1.1, -0.6)",
                           "Gabor()", "ExpNormalized(0.8, -1)", "Hermite(2)", "Monomial(2)",
                           "RectifiedMonomial(1)", "RectifiedMonomial(2)",
                           "Polynomial([0.3, -0.5, 0.2])"));
}

static void add_pool(writer *w)
{
  const bool average = nt_draw_below(&w->by, 2);
  nt_draw_add(&w->by, average ? "AvgPool(" : "SumPool(");
  add_window(w, true, average);
  nt_draw_add(&w->by, "), ");
}

static void add_norm(writer *w)
{
  if (nt_draw_below(&w->by, 2)) {
    nt_draw_add(&w->by, "LayerNorm(), ");
    return;
  }
  nt_draw_add(&w->by, "LayerNorm((");
  for (int a = 0; a < w->rank; a++) {
    if (nt_draw_below(&w->by, 2)) nt_draw_add(&w->by, "%d, ", a + 1);
  }
  nt_draw_add(&w->by, "-1,)), ");
}

/* From a Gaussian to a Gaussian. */
static void add_branches(writer *w)
{
  const int axis = nt_draw_below(&w->by, w->rank);
  nt_draw_add(&w->by, "FanOut(2), parallel(serial(");
  add_map(w);
  add_same(w);
  nt_draw_add(&w->by, "), serial(");
  if (nt_draw_below(&w->by, 2)) {
    add_same(w);
  } else {
    nt_draw_add(&w->by, "Identity(), ");
  }
  nt_draw_add(&w->by, ")), ");
  switch (nt_draw_below(&w->by, 4)) {
  case 0:
    nt_draw_add(&w->by, "FanInProd(), ");
    add_dense(w);
    break;
  case 1:
    nt_draw_add(&w->by, "FanInConcat(-1), ");
    add_dense(w);
    break;
  case 2:
    if (2 * w->dim[axis] < 6) {
      nt_draw_add(&w->by, "FanInConcat(%d), ", axis + 1);
      w->dim[axis] *= 2;
      break;
    } /* fall through */
  default:
    nt_draw_add(&w->by, "FanInSum(), ");
  }
}

static void add_block(writer *w)
{
  add_conv(w, true);
  switch (nt_draw_below(&w->by, 12)) {
  case 0:
    add_transposed(w);
    break;
  case 1:
    add_resize(w);
    break;
  case 2:
    add_attention(w);
    break;
  case 3:
    nt_draw_add(&w->by, "ConvLocal(1, ");
    add_window(w, true, false);
    add_weights(w);
    nt_draw_add(&w->by, "), ");
    break;
  default:
    break;
  }
  if (nt_draw_below(&w->by, 3) == 0) add_branches(w);
  if (nt_draw_below(&w->by, 3) == 0) add_norm(w);
  add_map(w);
  if (nt_draw_below(&w->by, 4) == 0) nt_draw_add(&w->by, "Dropout(0.7), ");
  if (nt_draw_below(&w->by, 3) == 0) add_pool(w);
}

static void add_top(writer *w)
{
  const int top = nt_draw_below(&w->by, 4);
  if (top == 0) return;
  nt_draw_add(&w->by, "%s, ",
              top == 1   ? "Flatten()"
              : top == 2 ? "GlobalAvgPool()"
                         : "GlobalSumPool()");
  if (nt_draw_below(&w->by, 2)) return;
  add_dense(w);
  add_map(w);
}

static void write_network(writer *w)
{
  const int blocks = 1 + nt_draw_below(&w->by, 3);
  nt_draw_add(&w->by, "serial(");
  for (int b = 0; b < blocks; b++)
    add_block(w);
  add_top(w);
  nt_draw_add(&w->by, ")");
}

/* Any, the same again or (odd seeds) nearly, one with a constant half, one with zeros. */
static double *make_samples(uint64_t seed, const nt_shape *shape, bool masks)
{
  const int64_t channels = shape->dim[shape->rank - 1], size = nt_shape_size(shape) / SAMPLES;
  double *x = malloc((size_t)(SAMPLES * size) * sizeof *x);
  for (int64_t i = 0; i < SAMPLES * size; i++) {
    const int64_t n = i / size, at = i % size;
    const double off = n == 1 && seed % 2 ? 1e-6 * nt_test_uniform(seed + 102, n, at) : 0;
    x[i] = (float)(nt_test_uniform(seed + 100, n == 1 ? 0 : n, at) + off);
    if (n == 2 && at < size / 2) x[i] = 0.5;
    if (n == 3 && !masks && at % 3 != 0) x[i] = 0;
    if (masks && nt_test_uniform(seed + 101, n == 1 ? 0 : n, at / channels) < -0.4) x[i] = 0;
  }
  return x;
}

static void check_seed(uint64_t seed)
{
  writer w = {.by = {.seed = seed, .stream = 7}};
  nt_shape shape = {.dim = {SAMPLES}};
  w.rank = 1 + nt_draw_below(&w.by, 3);
  int64_t room = MOST_POSITIONS;
  for (int a = 0; a < w.rank; a++) {
    w.dim[a] = shape.dim[a + 1] = 1 + nt_draw_below(&w.by, room < 5 ? (int)room : 5);
    room /= w.dim[a];
  }
  shape.rank = w.rank + 2;
  shape.dim[w.rank + 1] = 1 + nt_draw_below(&w.by, 3);
  write_network(&w);
  w.masks = nt_draw_below(&w.by, 3) == 0;
  double *x = make_samples(seed, &shape, w.masks);
  nt_against_check(&(nt_against){.network = w.by.text,
                                 .shape = &shape,
                                 .x = x,
                                 .tolerance = {1e-12, 1e-4},
                                 .tile = nt_draw_below(&w.by, 4),
                                 .masks = w.masks});
  free(x);
}

static void test_seeds(void)
{
  const char *first = getenv("NT_SEED"), *count = getenv("NT_SEEDS");
  const uint64_t begin = first != NULL ? strtoull(first, NULL, 10) : 8000;
  const uint64_t n = count != NULL ? strtoull(count, NULL, 10) : 150;
  for (uint64_t seed = begin; seed < begin + n; seed++)
    check_seed(seed);
}

static const CU_TestInfo tests[] = {{"random networks", test_seeds}, CU_TEST_INFO_NULL};

NT_TEST_MAIN("kernel.random", tests)

/* Random networks with positions against the naive kernel: windows, strides, paddings, pools, branches,
 * normalisation, layers of all kinds, every top. NT_SEED and NT_SEEDS try others than the seeds of the
 * test, of which one in 200 makes a network that is ill-conditioned: sums of squares in a cosine, or a ReLU of
 * nearly parallel positions behind a pool. */
#include "../oracle/against.h"
#include "nt_test.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SAMPLES = 4, MOST_TEXT = 2000, MOST_POSITIONS = 20 };

/* A network that is being written. */
typedef struct writer {
  uint64_t seed;
  int64_t drawn; /* numbers so far */
  int rank;
  int64_t dim[3];
  bool masks;
  char text[MOST_TEXT];
} writer;

/* 0 ... n - 1 */
static int draw(writer *w, int n)
{
  return (int)((nt_test_uniform(w->seed, w->drawn++, 7) + 1) / 2 * n);
}

static const char *pick(writer *w, int n, const char *const *words) { return words[draw(w, n)]; }

NT_PRINTF(2, 3) static void add(writer *w, const char *format, ...)
{
  va_list arguments;
  const size_t used = strlen(w->text);
  va_start(arguments, format);
  (void)vsnprintf(w->text + used, sizeof w->text - used, format, arguments);
  va_end(arguments);
}

#define PICK(w, ...)                                                                               \
  pick(w, (int)(sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *)),                           \
       (const char *const[]){__VA_ARGS__})

/* ---- Layers ---- */

static void add_tuple(writer *w, const int64_t *v)
{
  add(w, "(");
  for (int a = 0; a < w->rank; a++)
    add(w, "%d,", (int)v[a]);
  add(w, ")");
}

/* Window, strides and padding of the current sizes, which become those of the output. */
static void add_window(writer *w, bool strides, bool edges)
{
  int64_t window[3], stride[3];
  const char *padding = PICK(w, "SAME", "VALID", "CIRCULAR");
  for (int a = 0; a < w->rank; a++) {
    window[a] = 1 + draw(w, w->dim[a] < 3 ? (int)w->dim[a] : 3);
    stride[a] = strides && draw(w, 3) == 0 ? 2 : 1;
    w->dim[a] = padding[0] == 'V' ? (w->dim[a] - window[a]) / stride[a] + 1
                                  : (w->dim[a] + stride[a] - 1) / stride[a];
  }
  add_tuple(w, window);
  add(w, ", ");
  add_tuple(w, stride);
  add(w, ", '%s'%s", padding, edges && draw(w, 2) ? ", normalize_edges=True" : "");
}

static void add_weights(writer *w)
{
  add(w, ", W_std=%s, b_std=%s", PICK(w, "1.1", "1.4", "0.8"), PICK(w, "None", "0.2", "0.5"));
}

static void add_dense(writer *w)
{
  add(w, "Dense(1");
  add_weights(w);
  add(w, "), ");
}

static void add_conv(writer *w, bool strides)
{
  add(w, "Conv(1, ");
  add_window(w, strides, false);
  add_weights(w);
  add(w, "), ");
}

/* A transposed convolution, if the result is not too large. */
static void add_transposed(writer *w)
{
  int64_t window[3], stride[3], positions = 1;
  const bool valid = draw(w, 2);
  for (int a = 0; a < w->rank; a++) {
    window[a] = 1 + draw(w, 3);
    stride[a] = 1 + draw(w, 2);
    positions *=
        w->dim[a] * stride[a] + (valid && window[a] > stride[a] ? window[a] - stride[a] : 0);
  }
  if (positions > MOST_POSITIONS) return;
  add(w, "ConvTranspose(1, ");
  for (int a = 0; a < w->rank; a++)
    w->dim[a] =
        w->dim[a] * stride[a] + (valid && window[a] > stride[a] ? window[a] - stride[a] : 0);
  add_tuple(w, window);
  add(w, ", ");
  add_tuple(w, stride);
  add(w, ", '%s'", valid ? "VALID" : "SAME");
  add_weights(w);
  add(w, "), ");
}

static void add_resize(writer *w)
{
  add(w, "ImageResize((-1, ");
  for (int a = 0; a < w->rank; a++) {
    w->dim[a] = 1 + draw(w, 3);
    add(w, "%d, ", (int)w->dim[a]);
  }
  add(w, "-1), '%s', %s), ", PICK(w, "linear", "nearest"), PICK(w, "True", "False"));
}

static void add_attention(writer *w)
{
  const bool linear = draw(w, 3);
  add(w,
      "GlobalSelfAttention(1, 2, 2, 2, %s, W_key_std=0.9, W_value_std=1.1, W_query_std=1.2, "
      "b_std=%s, ",
      linear ? "True" : "False", PICK(w, "None", "0.3"));
  add(w, "attention_mechanism='%s', pos_emb_type='%s', W_pos_emb_std=0.7, val_pos_emb=%s), ",
      linear ? PICK(w, "SOFTMAX", "IDENTITY", "ABS", "RELU") : "IDENTITY",
      PICK(w, "NONE", "SUM", "CONCAT"), PICK(w, "True", "False"));
}

/* A convolution that keeps the sizes. */
static void add_same(writer *w)
{
  int64_t window[3];
  for (int a = 0; a < w->rank; a++)
    window[a] = 1 + draw(w, 3);
  add(w, "Conv(1, ");
  add_tuple(w, window);
  add(w, ", padding='%s'", PICK(w, "SAME", "CIRCULAR"));
  add_weights(w);
  add(w, "), ");
}

static void add_map(writer *w)
{
  add(w, "%s, ",
      PICK(w, "Relu()", "Relu()", "ABRelu(0.3, -1.2)", "LeakyRelu(0.1)", "Abs()", "Erf()",
           "Sigmoid_like()", "Gelu()", "Sin(1.2, 0.8, 0.4)", "Cos(0.9, 1.1, 0.2)", "Rbf(0.7)",
           "Exp(0.5, 0.3)", "Gaussian(1.1, -0.6)", "Gabor()", "ExpNormalized(0.8, -1)",
           "Hermite(2)", "Monomial(2)", "RectifiedMonomial(1)", "RectifiedMonomial(2)",
           "Polynomial([0.3, -0.5, 0.2])"));
}

static void add_pool(writer *w)
{
  const bool average = draw(w, 2);
  add(w, average ? "AvgPool(" : "SumPool(");
  add_window(w, true, average);
  add(w, "), ");
}

static void add_norm(writer *w)
{
  if (draw(w, 2)) {
    add(w, "LayerNorm(), ");
    return;
  }
  add(w, "LayerNorm((");
  for (int a = 0; a < w->rank; a++) {
    if (draw(w, 2)) add(w, "%d, ", a + 1);
  }
  add(w, "-1,)), ");
}

/* From a Gaussian to a Gaussian. */
static void add_branches(writer *w)
{
  add(w, "FanOut(2), parallel(serial(");
  add_map(w);
  add_same(w);
  add(w, "), serial(");
  if (draw(w, 2)) {
    add_same(w);
  } else {
    add(w, "Identity(), ");
  }
  add(w, ")), ");
  switch (draw(w, 4)) {
  case 0:
    add(w, "FanInProd(), ");
    add_dense(w);
    break;
  case 1:
    add(w, "FanInConcat(-1), ");
    add_dense(w);
    break;
  case 2:
    if (2 * w->dim[0] < 6) {
      add(w, "FanInConcat(1), ");
      w->dim[0] *= 2;
      break;
    } /* fall through */
  default:
    add(w, "FanInSum(), ");
  }
}

static void add_block(writer *w)
{
  add_conv(w, true);
  switch (draw(w, 12)) {
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
    add(w, "ConvLocal(1, ");
    add_window(w, true, false);
    add_weights(w);
    add(w, "), ");
    break;
  default:
    break;
  }
  if (draw(w, 3) == 0) add_branches(w);
  if (draw(w, 3) == 0) add_norm(w);
  add_map(w);
  if (draw(w, 4) == 0) add(w, "Dropout(0.7), ");
  if (draw(w, 3) == 0) add_pool(w);
}

static void add_top(writer *w)
{
  const int top = draw(w, 4);
  if (top == 0) return;
  add(w, "%s, ", top == 1 ? "Flatten()" : top == 2 ? "GlobalAvgPool()" : "GlobalSumPool()");
  if (draw(w, 2)) return;
  add_dense(w);
  add_map(w);
}

static void write_network(writer *w)
{
  const int blocks = 1 + draw(w, 3);
  add(w, "serial(");
  for (int b = 0; b < blocks; b++)
    add_block(w);
  add_top(w);
  add(w, ")");
}

/* ---- Samples: any, the same again, one with a constant half, one with zeros ---- */

static double *make_samples(uint64_t seed, const nt_shape *shape, bool masks)
{
  const int64_t channels = shape->dim[shape->rank - 1], size = nt_shape_size(shape) / SAMPLES;
  double *x = malloc((size_t)(SAMPLES * size) * sizeof *x);
  for (int64_t i = 0; i < SAMPLES * size; i++) {
    const int64_t n = i / size, at = i % size;
    x[i] = (float)nt_test_uniform(seed + 100, n == 1 ? 0 : n, at);
    if (n == 2 && at < size / 2) x[i] = 0.5;
    if (n == 3 && !masks && at % 3 != 0) x[i] = 0;
    if (masks && nt_test_uniform(seed + 101, n == 1 ? 0 : n, at / channels) < -0.4) x[i] = 0;
  }
  return x;
}

static void check_seed(uint64_t seed)
{
  writer w = {.seed = seed};
  nt_shape shape = {.dim = {SAMPLES}};
  w.rank = 1 + draw(&w, 3);
  int64_t room = MOST_POSITIONS;
  for (int a = 0; a < w.rank; a++) {
    w.dim[a] = shape.dim[a + 1] = 1 + draw(&w, room < 5 ? (int)room : 5);
    room /= w.dim[a];
  }
  shape.rank = w.rank + 2;
  shape.dim[w.rank + 1] = 1 + draw(&w, 3);
  write_network(&w);
  w.masks = draw(&w, 3) == 0;
  double *x = make_samples(seed, &shape, w.masks);
  nt_against_check(&(nt_against){.network = w.text,
                                 .shape = &shape,
                                 .x = x,
                                 .tolerance = {1e-12, 1e-4},
                                 .tile = draw(&w, 4),
                                 .masks = w.masks});
  free(x);
}

static void test_seeds(void)
{
  const char *first = getenv("NT_SEED"), *count = getenv("NT_SEEDS");
  const uint64_t begin = first != NULL ? strtoull(first, NULL, 10) : 450;
  const uint64_t n = count != NULL ? strtoull(count, NULL, 10) : 150;
  for (uint64_t seed = begin; seed < begin + n; seed++)
    check_seed(seed);
}

static const CU_TestInfo tests[] = {{"random networks", test_seeds}, CU_TEST_INFO_NULL};

NT_TEST_MAIN("kernel.random", tests)

/* ImageResize and Index: positions and weights by other means, shapes, requirements, errors. */
#include "facts.h"

#include <math.h>
#include <string.h>

static nt_error err;

static nt_image_resize resize_of(nt_ints shape, int method, bool antialias)
{
  nt_image_resize c = NT_IMAGE_RESIZE_DEFAULTS;
  c.shape = shape;
  c.method = method;
  c.antialias = antialias;
  return c;
}

static nt_taps resize_taps(int64_t m, int64_t n, int method, bool antialias)
{
  const nt_facts in = nt_facts_of((nt_shape){3, {5, m, 3}}, 0, -1);
  const nt_image_resize c = resize_of((nt_ints){3, {-1, n, -1}}, method, antialias);
  return nt_taps_of(&nt_layer_image_resize, &c, &in, 0);
}

/* Taps as a matrix w[n][m]; false where two taps read one position, or one without a weight. */
static bool dense_weights(const nt_taps *taps, double *w)
{
  bool good = true;
  memset(w, 0, (size_t)(taps->n_out * taps->n_in) * sizeof *w);
  for (int64_t o = 0; o < taps->n_out; o++)
    for (int64_t t = o * taps->n; t < (o + 1) * taps->n; t++) {
      const int32_t i = taps->in[t];
      const double weight = taps->weight ? taps->weight[t] : 1;
      good = good && (i < 0 ? taps->weight && weight == 0 : weight > 0);
      if (i < 0) continue;
      good = good && i < taps->n_in && w[o * taps->n_in + i] == 0;
      w[o * taps->n_in + i] = weight;
    }
  return good;
}

/* Linear interpolation: the triangle of height 1 around each position, of width `half`. */
static double triangle(int64_t m, int64_t n, bool antialias, int64_t o, int64_t i)
{
  const double half = antialias && m > n ? (double)m / (double)n : 1;
  double sum = 0, own = 0;
  for (int64_t k = 0; k < m; k++) {
    const double x = fabs(((double)o + .5) * (double)m / (double)n - .5 - (double)k) / half;
    if (x < 1) sum += 1 - x;
    if (x < 1 && k == i) own = 1 - x;
  }
  return own / sum;
}

static void test_linear(void)
{
  double w[12 * 12], worst = 0;
  bool good = true;
  for (int64_t m = 1; m <= 12; m++)
    for (int64_t n = 1; n <= 12; n++)
      for (int antialias = 0; antialias < 2; antialias++) {
        nt_taps taps = resize_taps(m, n, NT_RESIZE_LINEAR, antialias);
        good = good && taps.n_in == m && taps.n_out == n && taps.from == 0;
        good = good && dense_weights(&taps, w);
        for (int64_t o = 0; o < n; o++)
          for (int64_t i = 0; i < m; i++)
            worst = fmax(worst, fabs(w[o * m + i] - triangle(m, n, antialias, o, i)));
        nt_drop_taps(&taps);
      }
  NT_TEST_MSG(good && worst < 1e-14, "off by %g", worst);
  nt_taps taps = resize_taps(3, 3, NT_RESIZE_TRIANGLE, true);
  NT_TEST(taps.n == 1 && taps.weight == NULL && taps.in[1] == 1);
  nt_drop_taps(&taps);
}

/* floor(x) where x = (o + 1/2) m / n is not a whole number. */
static void test_nearest(void)
{
  bool good = true;
  for (int64_t m = 1; m <= 40; m++)
    for (int64_t n = 1; n <= 40; n++) {
      nt_taps taps = resize_taps(m, n, NT_RESIZE_NEAREST, true);
      good = good && taps.n == 1 && taps.weight == NULL;
      for (int64_t o = 0; o < n; o++) {
        const int64_t floored = (2 * o + 1) * m / (2 * n);
        const bool tie = (2 * o + 1) * m % (2 * n) == 0;
        good = good && (taps.in[o] == floored || (tie && taps.in[o] == floored - 1));
      }
      nt_drop_taps(&taps);
    }
  NT_TEST(good);
}

/* Values of the reference where x is a whole number: single precision falls below it, or not. */
static void test_nearest_ties(void)
{
  static const struct {
    int64_t m, n, o;
    int32_t in;
  } ties[] = {{2, 41, 20, 0}, {2, 3, 1, 1}, {10, 25, 2, 0}, {10, 25, 22, 8}, {14, 49, 3, 0},
              {6, 4, 1, 2},   {4, 2, 0, 1}, {6, 37, 18, 3}, {20, 25, 2, 1},  {18, 57, 47, 14}};
  for (size_t i = 0; i < sizeof ties / sizeof ties[0]; i++) {
    nt_taps taps = resize_taps(ties[i].m, ties[i].n, NT_RESIZE_NEAREST, true);
    NT_TEST_MSG(taps.in[ties[i].o] == ties[i].in, "%d to %d at %d: %d", (int)ties[i].m,
                (int)ties[i].n, (int)ties[i].o, (int)taps.in[ties[i].o]);
    nt_drop_taps(&taps);
  }
}

static void test_resize(void)
{
  const nt_layer_ops *const ops = &nt_layer_image_resize;
  nt_facts out, in = nt_facts_of((nt_shape){4, {3, 6, 5, 4}}, 2, 0);
  nt_image_resize c = resize_of((nt_ints){4, {-1, 3, -1, 8}}, NT_RESIZE_LINEAR, true);
  c.batch_axis = 2;
  c.channel_axis = -4;
  in.is_gaussian = true;
  NT_TEST_OK_ERR(ops->check(&c, &err), &err);
  NT_TEST_OK_ERR(nt_shape_of(ops, &c, &in, &out, &err), &err);
  NT_TEST(nt_shape_equal(&out.shape1, &(nt_shape){4, {3, 3, 5, 8}}) && out.is_gaussian);
  NT_TEST(nt_shape_equal(&out.shape2, &(nt_shape){4, {3, 3, 6, 8}}));
  nt_requirement r = ops->require(&c);
  NT_TEST(r.has_axes && r.batch_axis == 2 && r.channel_axis == -4);
  NT_TEST(r.has_diagonal && r.input == NT_NO && r.output == NT_NO && ops->remasks);
  NT_TEST(ops->mask_rule == NT_MASK_ALL && ops->mask_channels == NULL);
  c.shape = (nt_ints){4, {-1, -1, -1, -1}};
  r = ops->require(&c);
  NT_TEST(r.has_diagonal && r.input == NT_YES && r.output == NT_NO);
  c.shape.n = 3;
  NT_TEST_FAILS_ERR(nt_shape_of(ops, &c, &in, &out, &err), NT_ERR_SHAPE, &err);
  NT_TEST_CONTAINS(err.message, "shape has 3 entries, but the input of shape (3, 6, 5, 4) has 4");
}

#define ALL                                                                                        \
  {                                                                                                \
    .step = 1                                                                                      \
  }
#define AT(i)                                                                                      \
  {                                                                                                \
    .kind = NT_SLICE_AT, .start = i                                                                \
  }
#define DOTS                                                                                       \
  {                                                                                                \
    .kind = NT_SLICE_ELLIPSIS                                                                      \
  }
#define FROM(a, s)                                                                                 \
  {                                                                                                \
    .has_start = true, .start = a, .step = s                                                       \
  }
#define TO(b, s)                                                                                   \
  {                                                                                                \
    .has_stop = true, .stop = b, .step = s                                                         \
  }
#define RANGE(a, b, s)                                                                             \
  {                                                                                                \
    .has_start = true, .start = a, .has_stop = true, .stop = b, .step = s                          \
  }

/* Of six positions, as list(range(6))[slice] gives them. */
static const struct {
  nt_slice slice;
  int n;
  int32_t in[6];
} slices[] = {
    {ALL, 6, {0, 1, 2, 3, 4, 5}},
    {FROM(1, 1), 5, {1, 2, 3, 4, 5}},
    {FROM(-2, 1), 2, {4, 5}},
    {TO(-2, 1), 4, {0, 1, 2, 3}},
    {TO(99, 4), 2, {0, 4}},
    {RANGE(-99, 3, 2), 2, {0, 2}},
    {{.step = -1}, 6, {5, 4, 3, 2, 1, 0}},
    {{.step = -4}, 2, {5, 1}},
    {FROM(3, -2), 2, {3, 1}},
    {TO(2, -1), 3, {5, 4, 3}},
    {RANGE(99, -99, -3), 2, {5, 2}},
    {RANGE(-2, -4, -1), 2, {4, 3}},
    {{.step = INT64_MAX}, 1, {0}},
    {{.step = INT64_MIN}, 1, {5}},
    {RANGE(INT64_MIN, INT64_MAX, 5), 2, {0, 5}},
};

static void test_slices(void)
{
  const nt_facts in = nt_facts_of((nt_shape){3, {5, 6, 3}}, 0, -1);
  for (size_t i = 0; i < sizeof slices / sizeof slices[0]; i++) {
    nt_index c = NT_INDEX_DEFAULTS;
    nt_facts out;
    c.idx = (nt_slices){2, {ALL, slices[i].slice}};
    NT_TEST_OK_ERR(nt_shape_of(&nt_layer_index, &c, &in, &out, &err), &err);
    NT_TEST_MSG(out.shape1.dim[1] == slices[i].n && out.shape2.dim[1] == slices[i].n, "slice %d",
                (int)i);
    nt_taps taps = nt_taps_of(&nt_layer_index, &c, &in, 0);
    NT_TEST_MSG(taps.n == 1 && taps.n_in == 6 && taps.n_out == slices[i].n && taps.from == 0 &&
                    memcmp(taps.in, slices[i].in, (size_t)slices[i].n * sizeof *taps.in) == 0,
                "slice %d", (int)i);
    nt_drop_taps(&taps);
    NT_TEST(nt_layer_index.fixed(&c, &in, 0) == -1);
  }
}

/* Positions of size 6, 7, 8; axes are taken away around the batch and the channel axis. */
static void test_axes(void)
{
  static const struct {
    nt_slices idx;
    nt_shape shape;
    int batch, channel, fixed[3], from[3];
  } cases[] = {
      {{1, {DOTS}}, {5, {6, 3, 7, 5, 8}}, 3, 1, {-1, -1, -1}, {0, 1, 2}},
      {{0, {ALL}}, {5, {6, 3, 7, 5, 8}}, 3, 1, {-1, -1, -1}, {0, 1, 2}},
      {{1, {AT(2)}}, {4, {3, 7, 5, 8}}, 2, 0, {2, -1, -1}, {1, 2}},
      {{3, {AT(-1), ALL, AT(0)}}, {3, {3, 5, 8}}, 1, 0, {5, 0, -1}, {2}},
      {{2, {DOTS, AT(-8)}}, {4, {6, 3, 7, 5}}, 3, 1, {-1, -1, 0}, {0, 1}},
      {{3, {AT(1), DOTS, TO(2, 1)}}, {4, {3, 7, 5, 2}}, 2, 0, {1, -1, -1}, {1, 2}},
      {{5, {AT(1), DOTS, AT(2), ALL, AT(3)}}, {2, {3, 5}}, 1, 0, {1, 2, 3}, {0}},
      {{6, {FROM(4, 1), ALL, DOTS, AT(6), ALL, FROM(0, 1)}},
       {4, {2, 3, 5, 8}},
       2,
       1,
       {-1, 6, -1},
       {0, 2}},
  };
  const nt_facts in = nt_facts_of((nt_shape){5, {6, 3, 7, 5, 8}}, 3, 1);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const nt_index c = {.idx = cases[i].idx, .batch_axis = 3, .channel_axis = 1};
    nt_facts out;
    NT_TEST_OK_ERR(nt_shape_of(&nt_layer_index, &c, &in, &out, &err), &err);
    NT_TEST_MSG(nt_shape_equal(&out.shape1, &cases[i].shape) && out.shape2.rank == out.shape1.rank,
                "case %d", (int)i);
    NT_TEST_MSG(out.batch_axis == cases[i].batch && out.channel_axis == cases[i].channel, "case %d",
                (int)i);
    NT_TEST(out.shape2.dim[out.batch_axis] == 6 && out.shape1.dim[out.channel_axis] == 3);
    for (int axis = 0; axis < 3; axis++)
      NT_TEST_MSG(nt_layer_index.fixed(&c, &in, axis) == cases[i].fixed[axis], "case %d, axis %d",
                  (int)i, axis);
    for (int axis = 0; axis < out.shape1.rank - 2; axis++) {
      nt_taps taps = nt_taps_of(&nt_layer_index, &c, &in, axis);
      NT_TEST_MSG(taps.from == cases[i].from[axis] && taps.n_in == 6 + taps.from &&
                      taps.n_out == nt_facts_space(&out).dim[axis],
                  "case %d, axis %d", (int)i, axis);
      nt_drop_taps(&taps);
    }
  }
}

static void fails(nt_slices idx, nt_status status, const char *message)
{
  const nt_facts in = nt_facts_of((nt_shape){4, {5, 6, 7, 3}}, 0, -1);
  const nt_index c = {.idx = idx, .channel_axis = -1};
  nt_facts out;
  NT_TEST_FAILS_ERR(nt_shape_of(&nt_layer_index, &c, &in, &out, &err), status, &err);
  NT_TEST_CONTAINS(err.message, message);
}

/* Slice[3::-2] of five samples, and of the x2 of as many as nt_facts_of gives it. */
static void test_index_samples(void)
{
  const nt_facts in = nt_facts_of((nt_shape){4, {5, 6, 7, 3}}, 0, -1);
  const nt_index c = {.idx = {1, {FROM(3, -2)}}, .channel_axis = -1};
  const nt_index whole = {.idx = {1, {FROM(0, 1)}}, .channel_axis = -1};
  nt_taps taps = {.n_in = 0};
  NT_TEST(nt_layer_index.mixes_samples(&c, &in) && nt_layer_index.mixes_samples(&whole, &in));
  NT_TEST_OK_ERR(nt_layer_index.sample_taps(&c, 1, &in, 0, 0, &taps, &err), &err);
  NT_TEST(taps.n_in == 5 && taps.n_out == 2 && taps.in[0] == 3 && taps.in[1] == 1);
  nt_drop_taps(&taps);
}

static void test_index_errors(void)
{
  fails((nt_slices){1, {AT(0)}}, NT_ERR_UNSUPPORTED, "Slice[0] takes one sample");
  fails((nt_slices){1, {FROM(5, 1)}}, NT_ERR_SHAPE, "Slice[5:] takes no sample of x1, which has 5");
  fails((nt_slices){2, {DOTS, AT(0)}}, NT_ERR_UNSUPPORTED, "Slice[..., 0] picks channels (axis 3)");
  fails((nt_slices){2, {DOTS, TO(3, 1)}}, NT_ERR_UNSUPPORTED, "Slice[..., :3] picks channels");
  fails((nt_slices){2, {ALL, AT(6)}}, NT_ERR_SHAPE,
        "Slice[:, 6]: index 6 is out of range, axis 1 has 6 positions");
  fails((nt_slices){2, {ALL, AT(-7)}}, NT_ERR_SHAPE, "index -7 is out of range");
  fails((nt_slices){3, {ALL, ALL, FROM(7, 1)}}, NT_ERR_SHAPE, "takes nothing of axis 2");
  fails((nt_slices){3, {ALL, ALL, RANGE(2, 3, -1)}}, NT_ERR_SHAPE, "Slice[:, :, 2:3:-1] takes");
  fails((nt_slices){5, {ALL, ALL, ALL, ALL, ALL}}, NT_ERR_SHAPE,
        "has 5 indices, but the input has 4 axes");
  const nt_requirement r = nt_layer_index.require(&(nt_index){.channel_axis = 2});
  NT_TEST(r.has_axes && !r.has_diagonal && r.batch_axis == 0 && r.channel_axis == 2);
  const nt_affine a = nt_layer_index.affine(NULL, NULL);
  NT_TEST(a.k == 1 && a.tt == 1 && a.k0 == 0 && a.tk == 0 && a.t0 == 0);
}

static const CU_TestInfo tests[] = {{"linear weights are triangles", test_linear},
                                    {"nearest positions", test_nearest},
                                    {"nearest positions of ties", test_nearest_ties},
                                    {"ImageResize", test_resize},
                                    {"ranges are Python's", test_slices},
                                    {"integers take axes away", test_axes},
                                    {"Index of samples", test_index_samples},
                                    {"Index errors", test_index_errors},
                                    CU_TEST_INFO_NULL};

NT_TEST_MAIN("layer.parts", tests)

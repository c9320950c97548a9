/* Layers on the positions of images that are close to one another, against the naive kernel in 113
 * bits: constant backgrounds of the same and of different brightness, many zeros, duplicates,
 * correlations of 1 - 1e-12 ... 1 - 1e-6. */
#include "../oracle/against.h"
#include "nt_test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { IMAGES = 6 };

/* What images 4 and 5 are: image 2 but for factors of 1 +- 1e-6 and 1 +- 1e-3, so 1 - rho = 1e-12
 * and 1e-6 or so; image 0 but for these, so that their backgrounds are nearly parallel to that of
 * image 1; other images. */
typedef enum likeness { NEAR, PARALLEL, FAR } likeness;

/* Pixels of image `n`: an object on a constant background. Images 0 and 1 have backgrounds of the
 * same colour and different brightness; image 2 has another colour, and many zeros; image 3 is
 * image 2 again. */
static double pixel(int n, likeness like, int64_t i, int64_t channel, int64_t pixels)
{
  static const double gap[IMAGES] = {[4] = 1e-6, [5] = 1e-3};
  const int of = n < 3 || (n > 3 && like == FAR) ? n : n > 3 && like == PARALLEL ? 0 : 2;
  const bool object = i > pixels / 4 && i < pixels / 2, zero = of == 2 && i > pixels * 2 / 3;
  const double noise = nt_test_uniform(20 + (uint64_t)of, i, channel);
  const double colour = (channel == 0) == (of == 2) ? -0.25 : 0.5;
  const double value = object ? noise : zero ? 0 : colour * (of == 1 ? 3 : 1);
  return value * (1 + (like == FAR ? 0 : gap[n]) * nt_test_uniform(30, i, channel));
}

static void check_masked(const char *network, nt_shape shape, likeness like, bool masks,
                         double float64, double float32)
{
  const int64_t channels = shape.rank == 2 ? 1 : shape.dim[shape.rank - 1];
  const int64_t size = nt_shape_size(&shape) / IMAGES;
  double *x = malloc((size_t)(IMAGES * size) * sizeof *x);
  for (int64_t i = 0; i < IMAGES * size; i++) {
    const int64_t at = i % size;
    x[i] = (float)pixel((int)(i / size), like, at / channels, at % channels, size / channels);
  }
  nt_against_check(&(nt_against){.network = network,
                                 .shape = &shape,
                                 .x = x,
                                 .tolerance = {float64, float32},
                                 .tile = shape.rank == 3 ? 2 : 0,
                                 .masks = masks});
  free(x);
}

static void check_images(const char *network, nt_shape shape, likeness like, double float64,
                         double float32)
{
  check_masked(network, shape, like, false, float64, float32);
}

static void check(const char *network, nt_shape shape, double float64, double float32)
{
  check_images(network, shape, NEAR, float64, float32);
}

static const char *const smooth[] = {
    "Erf(1.5, 0.7, 0.3)", "Sigmoid_like()",      "Gelu()",  "Sin(1.2, 0.8, 0.4)",
    "Cos(0.9, 1.1, 0.2)", "Gaussian(1.1, -0.6)", "Gabor()", "ExpNormalized(1.5, -1)"};
/* Of samples that differ in size these make others that differ more, so they carry K. */
static const char *const growing[] = {"Exp(0.7, 0.4)", "Hermite(3)", "Monomial(3)",
                                      "Polynomial([0.3, -0.5, 0, 0.2])"};
static const char *const kinked[] = {"Relu()", "ABRelu(0.3, -1.2)",    "LeakyRelu(0.1)",
                                     "Abs()",  "RectifiedMonomial(1)", "Rbf(0.7)"};
/* A jump makes 1e-6 of 1e-12, and powers amplify what is there: once each. */
static const char *const steep[] = {"Sign()", "RectifiedMonomial(0)", "RectifiedMonomial(2)",
                                    "RectifiedMonomial(3)"};

static const nt_shape image = {4, {IMAGES, 4, 3, 2}}, line = {3, {IMAGES, 7, 2}},
                      deep = {4, {IMAGES, 5, 4, 2}}, wide = {4, {IMAGES, 2, 66, 2}},
                      wave = {3, {IMAGES, 30, 2}}, colourful = {4, {IMAGES, 4, 5, 37}},
                      odd = {4, {IMAGES, 9, 9, 1}}, grey = {4, {IMAGES, 5, 4, 1}},
                      vector = {2, {IMAGES, 24}};

#define COUNT(a) (int)(sizeof(a) / sizeof(a)[0])

/* `map` twice, or once and then `second`. */
static void check_maps(const char *format, const char *const *map, int n, const char *second,
                       nt_shape shape)
{
  char network[400];
  for (int m = 0; m < n; m++) {
    (void)snprintf(network, sizeof network, format, map[m], second != NULL ? second : map[m]);
    check(network, shape, 1e-12, 2e-6);
  }
}

static const char on_image[] = "serial(Conv(1, (3, 3), padding='SAME', W_std=1.4, b_std=0.2), %s, "
                               "Conv(1, (2, 3), padding='SAME', W_std=1.4, b_std=0.2), %s)";
static const char on_line[] = "serial(Conv(1, (3,), padding='CIRCULAR', W_std=1.3, b_std=0.1), %s, "
                              "Conv(1, (2,), (2,), padding='VALID', W_std=1.3), %s)";

static void test_smooth(void)
{
  check_maps(on_image, smooth, COUNT(smooth), NULL, image);
  check_maps(on_line, smooth, COUNT(smooth), NULL, line);
  check_maps(on_image, growing, COUNT(growing), NULL, image);
  check_maps(on_line, growing, COUNT(growing), NULL, line);
}

static void test_kinked(void)
{
  check_maps(on_image, kinked, COUNT(kinked), NULL, image);
  check_maps(on_line, kinked, COUNT(kinked), NULL, line);
}

/* The layers with kinks read distances that smooth ones have carried. */
static void test_kinks_behind_smooth(void)
{
  check_maps(on_image, smooth, COUNT(smooth), "Relu()", image);
  check_maps(on_line, smooth, COUNT(smooth), "Abs()", line);
  check_maps("serial(Dense(1, 1.4, 0.2), %s, Dense(1, 1.4), %s)", smooth, COUNT(smooth), "Relu()",
             vector);
}

/* Where K alone is carried, pairs that are nearly alike are
 * computed again in finer arithmetic. */
static void test_kinks_behind_growing(void)
{
  char network[400];
  for (int m = 0; m < COUNT(growing); m++) {
    (void)snprintf(network, sizeof network, on_image, growing[m], "Relu()");
    check(network, image, 1e-12, 5e-6);
    check_images(network, image, FAR, 1e-12, 5e-6);
  }
}

static void test_steep(void)
{
  check_maps(on_image, steep, COUNT(steep), "Erf()", image);
  check_maps(on_line, steep, COUNT(steep), "Erf()", line);
}

#define CONV(more) "Conv(1, (3, 3), padding='SAME', W_std=1.4" more ")"
#define BRANCHES(one, two, join) "FanOut(2), parallel(serial(Relu(), " one "), " two "), " join ", "

static const char *const layers[] = {
    "serial(" CONV("") ", Relu(), AvgPool((2, 2)), Flatten())",
    "serial(" CONV(
        ", b_std=0.1") ", LayerNorm(), Relu(), Conv(1, (2, 2), (2, 2), padding='CIRCULAR', "
                       "W_std=1.4), Relu(), GlobalSumPool())",
    "serial(" CONV(
        ", b_std=0.1") ", LayerNorm((1, 2, 3)), Relu(), Dropout(0.7), Conv(1, (2, 2), (2, "
                       "2), padding='SAME', W_std=1.4), Relu(), Flatten(), Dense(1))",
    "serial(" CONV(", b_std=0.1") ", " BRANCHES(CONV(", b_std=0.1"), "Identity()",
                                                "FanInSum()") "Relu(), GlobalAvgPool())",
    "serial(" CONV("") ", " BRANCHES("Conv(3, (1, 1))", "Dense(2)",
                                     "FanInConcat(-1)") "Dense(1, 1.4), Relu())",
    "serial(" CONV("") ", " BRANCHES(
        CONV(""), "Dense(1)",
        "FanInConcat(2)") "Conv(1, (2, 2), padding='SAME', W_std=1.4), Relu())",
    /* Windows of which more than one place is beyond the border at the same cell. */
    "serial(" CONV("") ", FanOut(2), parallel(Conv(1, (1, 4), padding='SAME'), Dense(1)), "
                       "FanInConcat(2), Relu())",
    /* Positions of the inputs that differ in size alone. */
    "serial(FanOut(2), parallel(Conv(1, (1, 4), padding='SAME'), Dense(1)), FanInConcat(2), "
    "Relu())",
    "serial(" CONV("") ", " BRANCHES(CONV(""), "Dense(1)", "FanInProd()") "Dense(1, 1.4), Relu())",
    "serial(" CONV("") ", Erf(), SumPool((2, 3), (1, 2), padding='CIRCULAR'), Dense(1, 0.4, 0.1), "
                       "Erf(), GlobalSumPool())",
    "serial(" CONV(
        "") ", Relu(), ConvLocal(1, (2, 2), (2, 1), padding='SAME', W_std=1.4, b_std=0.1), "
            "Relu(), Flatten(), Dense(1, 1.4), Relu())",
    "serial(" CONV(
        "") ", Erf(), ConvTranspose(1, (3, 2), (2, 1), padding='VALID', W_std=1.4), Relu(), "
            "ConvTranspose(1, (2, 2), padding='SAME', W_std=1.4, b_std=0.1), Abs())",
};

/* Here the distance 1 - rho of a near duplicate, about 2e-14, comes from the difference of rounded
 * numbers: behind a layer that gives K alone of K itself, behind a pool of the differences within a
 * window. The NTK of a ReLU, which goes with its square root, would be right to the rounding over
 * that root: such pairs are computed again in finer arithmetic. */
static const char *const rounded[] = {
    "serial(" CONV("") ", Relu(), AvgPool((2, 2)), " CONV("") ", Relu())",
    "serial(" CONV(
        ", b_std=0.1") ", Relu(), AvgPool((2, 2), padding='SAME'), Dense(1, 1.4), Relu(), "
                       "GlobalAvgPool())",
    "serial(" CONV("") ", Relu(), SumPool((2, 3), (1, 2), padding='SAME'), Dense(1, 0.4, 0.1), "
                       "Relu(), GlobalAvgPool(), Dense(1, 1.4), Relu())",
    "serial(" CONV("") ", Relu(), AvgPool((2, 3), (1, 2), padding='SAME', normalize_edges=True), "
                       "Dense(1, 0.4, 0.1), Relu(), Flatten(), Dense(1, 1.4), Relu())",
    "serial(" CONV(
        "") ", Relu(), AvgPool((2, 2), padding='CIRCULAR'), AvgPool((2, 1), padding='SAME'), "
            "Dense(1, 1.2, 0.1), LayerNorm(), Abs())",
    "serial(" CONV("") ", Relu(), ImageResize((-1, 3, 2, -1), 'linear'), Dense(1, 1.4), Relu())",
    "serial(" CONV("") ", " BRANCHES("AvgPool((2, 2), padding='CIRCULAR'), Dense(1)",
                                     "SumPool((3, 2), padding='SAME')", "FanInSum()") "Relu())",
};

static void test_layers(void)
{
  for (int l = 0; l < COUNT(layers); l++)
    check(layers[l], image, 1e-12, 2e-6);
}

/* The zeros of images 2 to 5 are masked. */
static void test_masks(void)
{
  char behind[400];
  for (int m = 0; m < COUNT(growing); m++) {
    (void)snprintf(behind, sizeof behind, on_image, growing[m], "Relu()");
    check_masked(behind, image, NEAR, true, 1e-12, 5e-6);
  }
  static const char *const networks[] = {
      "serial(" CONV("") ", Relu(), " CONV(
          ", b_std=0.1") ", Erf(), Flatten(), Dense(1, 1.4), Relu())",
      "serial(" CONV(
          "") ", Relu(), Conv(1, (2, 2), (2, 1), padding='CIRCULAR', W_std=1.4), LayerNorm((1, "
              "3)), Abs(), GlobalSumPool())",
      "serial(" CONV("") ", Erf(), ConvTranspose(1, (2, 2), padding='VALID', b_std=0.1), Relu())",
      "serial(" CONV("") ", Relu(), AvgPool((2, 2), padding='SAME'), Dense(1, b_std=0.1), Erf(), "
                         "GlobalAvgPool())",
      /* The mean over the positions that are not masked keeps distances too. */
      "serial(" CONV("") ", Relu(), " CONV("") ", Relu(), GlobalAvgPool(), Dense(1, 1.4), Relu())",
      "serial(" CONV(", b_std=0.1") ", Abs(), AvgPool((2, 2), padding='SAME'), GlobalAvgPool(), "
                                    "Dense(1), Abs(), "
                                    "Dense(1))"};
  for (int n = 0; n < COUNT(networks); n++)
    check_masked(networks[n], image, NEAR, true, 1e-12, 2e-6);
  check_masked(networks[4], image, FAR, true, 1e-12, 2e-6);
}

/* What mixes all positions of a pair gives K alone too. */
static const char *const mixing[] = {
    "serial(" CONV("") ", Relu(), GlobalSelfAttention(1, 2, 2, 2, b_std=0.3, pos_emb_type='SUM', "
                       "val_pos_emb=True), Relu(), GlobalAvgPool())",
    "serial(" CONV(
        "") ", Relu(), GlobalSelfAttention(1, 2, 2, 2, attention_mechanism='IDENTITY', "
            "pos_emb_type='CONCAT'), LayerNorm(), Abs(), Flatten(), Dense(1, 1.4), Relu())",
    "serial(" CONV(
        "") ", Relu(), GlobalSelfAttention(1, 2, 2, 2, linear_scaling=False, W_out_std=0.2, "
            "attention_mechanism='IDENTITY', pos_emb_type='SUM', val_pos_emb=True, b_std=0.1), "
            "Relu(), Flatten())",
    "serial(" CONV(
        "") ", Relu(), GlobalSelfAttention(1, 2, 2, 2, linear_scaling=False, W_out_std=0.2, "
            "attention_mechanism='IDENTITY'), Relu(), GlobalSumPool())",
    /* A map of K takes what the variance has beyond a double too. */
    "serial(" CONV("") ", Erf(), Dense(1, 1.1), GlobalSelfAttention(1, 2, 2, 2, b_std=0.3, "
                       "attention_mechanism='ABS', pos_emb_type='SUM', val_pos_emb=True), "
                       "Hermite(2), Dense(1), Relu())",
    /* The mean over positions alone is read. */
    "serial(" CONV("") ", Relu(), GlobalSelfAttention(1, 2, 2, 2), Flatten(), Dense(1), Relu())",
    "serial(" CONV(
        "") ", Relu(), DotGeneral(rhs=np.array([[0.3, -1.1], [0.7, 0.2], [0.4, 0.9]]), "
            "dimension_numbers=(((2,), (0,)), ((), ())), channel_axis=3), Dense(1, channel_axis=2),"
            " Relu(), GlobalAvgPool(channel_axis=2))",
};

static void test_mixing(void)
{
  for (int l = 0; l < COUNT(mixing); l++)
    check(mixing[l], image, 1e-12, 2e-6);
  check("serial(Conv(1, (3,), padding='SAME', W_std=1.4), Relu(), Dense(1, b_std=0.1), "
        "DotGeneral(rhs=np.array([0.3, -1.1, 0.7, 0.2, 0.4, 0.9, -0.5]), "
        "dimension_numbers=(((1,), (0,)), ((), ()))), Relu(), Dense(1), Relu())",
        line, 1e-12, 2e-6);
  check_masked(mixing[0], image, NEAR, true, 1e-12, 2e-6);
  check_masked(mixing[2], image, NEAR, true, 1e-12, 2e-6);
}

static void test_rounded(void)
{
  for (int l = 0; l < COUNT(rounded); l++) {
    check(rounded[l], image, 1e-12, 2e-6);
    check_images(rounded[l], image, FAR, 1e-12, 2e-6);
  }
  /* Attention brings all positions of an image near to one another. */
  check("serial(" CONV("") ", Relu(), GlobalSelfAttention(1, 2, 2, 2), Relu(), GlobalAvgPool())",
        image, 1e-12, 2e-6);
  check("serial(" CONV("") ", Relu(), GlobalSelfAttention(1, 2, 2, 2), Erf(), Flatten())", image,
        1e-12, 2e-6);
}

/* Attention brings positions near to one another, and sums over them would round differently. */
static void test_equal(void)
{
#define ATTENTION "GlobalSelfAttention(1, 2, 2, 2), Relu(), "
#define BEGINNING "serial(" CONV("") ", Relu(), " CONV("") ", "
  static const char *const networks[] = {
      BEGINNING ATTENTION "GlobalSumPool(), Dense(1), Relu())",
      BEGINNING ATTENTION "AvgPool((2, 1)), Dense(1), Relu(), Flatten(), Dense(1), Relu())",
      BEGINNING "Dropout(0.7), " ATTENTION "GlobalAvgPool(), Dense(1), Abs())"};
  for (int n = 0; n < COUNT(networks); n++)
    check_images(networks[n], image, FAR, 1e-12, 2e-6);
  check_masked(networks[1], image, FAR, true, 1e-12, 2e-6);
}

static void test_late_pool(void)
{
  static const char *const pool[] = {"AvgPool((2, 2)), " CONV("") ", Relu(), Flatten()",
                                     "GlobalAvgPool(), Dense(1, 1.4, 0.1), Relu()",
                                     "GlobalSumPool(), Dense(1, 0.1), Abs()"};
  char network[400];
  for (int p = 0; p < COUNT(pool); p++) {
    (void)snprintf(network, sizeof network, "serial(*([" CONV("") ", Relu()] * 8), %s)", pool[p]);
    check(network, image, 1e-12, 2e-6);
    check_images(network, image, FAR, 1e-12, 2e-6);
  }
}

static void test_vectors(void)
{
  check("serial(Dense(1, 1.4, 0.1), " BRANCHES(
            "Dense(1)", "Dense(1, 1.2)",
            "FanInProd()") "Dense(1, 1.4), Relu(), FanOut(3), parallel(Dense(1), Dense(1, 0.5, "
                           "0.2), Dense(1)), "
                           "FanInProd(), Dense(1), Relu())",
        vector, 1e-12, 2e-6);
}

/* Where two positions are nearly parallel but of different size, the mean of the variances less K
 * is not small, and its rounding counts likewise. */
static void test_brightness(void)
{
  check("serial(Dense(1, 1.3), Relu())", grey, 1e-12, 2e-6);
  check("serial(Dense(1, 1.3), ABRelu(0.3, -1.2), Flatten())", grey, 1e-12, 2e-6);
  check("serial(Dense(1, 1.3), RectifiedMonomial(1))", grey, 1e-12, 2e-6);
  check_images("serial(" CONV("") ", Relu())", image, PARALLEL, 5e-10, 3e-4);
  check_images("serial(" CONV("") ", Relu(), " CONV("") ", Relu(), Flatten())", image, PARALLEL,
               1e-11, 5e-5);
}

#define DEEP "serial(*([Conv(1, (3, 3), padding='SAME', W_std=2**0.5), Relu()] * 21), "

static void test_deep(void)
{
  check_images(DEEP "Flatten())", deep, PARALLEL, 1e-12, 2e-6);
  check_images(DEEP "GlobalAvgPool())", image, PARALLEL, 1e-12, 2e-6);
}

/* Rows of more lanes than a block of vectors. */
static void test_wide(void)
{
  check("serial(" CONV("") ", Relu(), " CONV(", b_std=0.2") ", Relu(), GlobalAvgPool())", wide,
        1e-12, 2e-6);
}

/* Windows that are summed along tracks, with their padding. */
static void test_tracks(void)
{
  check("serial(Conv(1, (9,), padding='SAME', b_std=0.1), Relu(), Conv(1, (20,), padding='SAME', "
        "W_std=1.4), Relu(), GlobalAvgPool())",
        wave, 1e-12, 2e-6);
  check("serial(Conv(1, (4,)), Relu(), Conv(1, (6,), padding='CIRCULAR', W_std=1.4), Relu(), "
        "Flatten())",
        wave, 1e-12, 2e-6);
  check("serial(Conv(1, (2, 3)), Relu(), Conv(1, (2, 13), padding='SAME', W_std=1.4), Relu(), "
        "GlobalAvgPool())",
        grey, 1e-12, 2e-6);
}

/* Channels for which all pairs of positions are multiplied at once. */
static void test_channels(void)
{
  static const char *const networks[] = {
      "serial(Dense(1, 1.4, 0.2), Relu(), Dense(1, 1.3), Abs(), GlobalAvgPool())",
      "serial(" CONV(", b_std=0.1") ", Relu(), AvgPool((2, 2)), " CONV("") ", Relu(), Flatten())",
      "serial(Dense(1, 1.4), Relu(), GlobalSelfAttention(1, 2, 2, 2), Erf(), GlobalAvgPool())",
      "serial(Dense(1, 1.4), Erf(), Dense(1, 1.2), Sign())",
      "serial(FanOut(2), parallel(Dense(1), " CONV("") "), FanInSum(), Gelu(), GlobalAvgPool())"};
  for (int i = 0; i < COUNT(networks); i++)
    check(networks[i], colourful, 1e-12, 2e-6);
  check_masked(networks[1], colourful, NEAR, true, 1e-12, 2e-6);
  check_images(networks[0], colourful, FAR, 1e-12, 2e-6);
}

/* Rows of one number more than a vector holds. */
static void test_odd(void)
{
  check("serial(Conv(1, (5, 5), padding='SAME'), " CONV("") ", GlobalAvgPool())", odd, 1e-12, 2e-6);
  check("serial(*([Conv(1, (3, 3), padding='CIRCULAR', b_std=0.1), Relu()] * 3), GlobalAvgPool())",
        grey, 1e-12, 2e-6);
}

static const CU_TestInfo tests[] = {{"smooth layers", test_smooth},
                                    {"layers with kinks", test_kinked},
                                    {"kinks behind smooth layers", test_kinks_behind_smooth},
                                    {"kinks behind growing layers", test_kinks_behind_growing},
                                    {"jumps and powers", test_steep},
                                    {"windows, pools, branches", test_layers},
                                    {"masks", test_masks},
                                    {"behind layers that round", test_rounded},
                                    {"behind layers that mix positions", test_mixing},
                                    {"equal samples", test_equal},
                                    {"different brightness", test_brightness},
                                    {"products without positions", test_vectors},
                                    {"a pool behind many layers", test_late_pool},
                                    {"21 layers", test_deep},
                                    {"wide windows", test_tracks},
                                    {"many channels", test_channels},
                                    {"wide images", test_wide},
                                    {"rows of nine", test_odd},
                                    CU_TEST_INFO_NULL};

NT_TEST_MAIN("kernel.positions", tests)

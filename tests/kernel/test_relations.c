/* Relations between networks that hold exactly: of two texts one kernel. Those of the reference's
 * own tests, and those that follow from what the layers are. */
#include "nt_test.h"
#include "relation.h"

#include <math.h>
#include <string.h>

static const nt_shape vector = {2, {5, 6}}, signal = {3, {5, 4, 3}}, image = {4, {4, 5, 3, 2}},
                      swapped = {4, {4, 2, 5, 3}}, flat = {2, {4, 30}}, wave = {3, {3, 40, 2}},
                      row = {4, {3, 1, 40, 2}}, column = {4, {3, 40, 1, 2}},
                      large = {4, {2, 40, 17, 2}}, tiled = {4, {3, 4, 9, 2}};

#define CONV "Conv(1, (3, 2), padding='SAME', W_std=1.4, b_std=.2)"
#define POOLED CONV ", Erf(), AvgPool((2, 2), padding='SAME')"
#define LOCAL "ConvLocal(1, (3, 2), padding='SAME', W_std=1.4, b_std=.2)"
#define DENSE "Dense(1, 1.5, .1)"
#define PATCHES(window, std, names)                                                                \
  "Conv(1, " window ", " window ", 'SAME', " std " * 2**.5, " std ", dimension_numbers=" names ")"
#define NHWC "('NHWC', 'HWIO', 'NHWC')"
#define NCHW "('NCHW', 'HWIO', 'NHWC')"

static const nt_relation relations[] = {
    /* Flatten: at the bottom it is data that came flat; in the middle, at the top */
    {.left = "serial(Flatten(), " DENSE ", Erf(), " DENSE ")",
     .right = "serial(" DENSE ", Erf(), " DENSE ")",
     .shape = &image,
     .other = &flat},
    {.left = "serial(" DENSE ", Erf(), Flatten(), " DENSE ")",
     .right = "serial(" DENSE ", Erf(), " DENSE ", Flatten())",
     .shape = &image},
    /* Convolutions */
    {.left = "serial(Conv(1, (), W_std=1.5, b_std=.1), Relu(), Dense(1))",
     .right = "serial(" DENSE ", Relu(), Dense(1))",
     .shape = &vector},
    {.left = "serial(Conv(1, (1, 1), W_std=1.5, b_std=.1), Relu(), GlobalAvgPool())",
     .right = "serial(" DENSE ", Relu(), GlobalAvgPool())",
     .shape = &image},
    {.left = "serial(" LOCAL ", Relu(), " LOCAL ", Erf(), Flatten())",
     .right = "serial(" CONV ", Relu(), " CONV ", Erf(), Flatten())",
     .shape = &image},
    {.left = "serial(" LOCAL ", Relu())",
     .right = "serial(" CONV ", Relu())",
     .shape = &image,
     .diagonal_spatial = 1},
    {.left = "serial(ConvTranspose(1, (3,), padding='SAME'), Relu(), GlobalAvgPool())",
     .right = "serial(Conv(1, (3,), padding='SAME'), Relu(), GlobalAvgPool())",
     .shape = &signal},
    {.left = "serial(ConvTranspose(1, (3,), padding='CIRCULAR'), Relu(), GlobalAvgPool())",
     .right = "serial(Conv(1, (3,), padding='CIRCULAR'), Relu(), GlobalAvgPool())",
     .shape = &signal},
    {.left = "serial(Conv(1, (5, 3), padding='VALID', b_std=.2), Relu(), Flatten())",
     .right = "serial(Flatten(), Dense(1, b_std=.2), Relu(), Dense(1))",
     .shape = &image,
     .nngp = true},
    {.left = "serial(Conv(1, (3, 2), (2, 1), 'SAME', dimension_numbers=('NCHW', 'HWIO', 'NHWC')), "
             "Relu(), "
             "Flatten())",
     .right = "serial(Conv(1, (3, 2), (2, 1), 'SAME', dimension_numbers=('NCHW', 'OIHW', 'NCHW')), "
              "Relu(), "
              "Flatten())",
     .shape = &swapped},
    /* Patches, and the same as a window: of an input that two branches read */
    {.left = "serial(" PATCHES("(2, 3)", "2**.5", NHWC) ", Relu(), " CONV ", GlobalAvgPool())",
     .right = "serial(FanOut(2), parallel(" PATCHES("(2, 3)", "1.", NHWC) ", " PATCHES(
         "(2, 3)", "1.", NHWC) "), FanInSum(), Relu(), " CONV ", GlobalAvgPool())",
     .shape = &tiled},
    {.left = "serial(" PATCHES("(1, 3)", "2**.5", NCHW) ", Erf(), " CONV ", Flatten())",
     .right = "serial(FanOut(2), parallel(" PATCHES("(1, 3)", "1.", NCHW) ", " PATCHES(
         "(1, 3)", "1.", NCHW) "), FanInSum(), Erf(), " CONV ", Flatten())",
     .shape = &swapped},
    {.left = "serial(" PATCHES("(2, 3)", "2**.5", NHWC) ", Relu(), " CONV ", GlobalAvgPool())",
     .right = "serial(FanOut(2), parallel(" PATCHES("(2, 3)", "1.", NHWC) ", " PATCHES(
         "(2, 3)", "1.", NHWC) "), FanInSum(), Relu(), " CONV ", GlobalAvgPool())",
     .shape = &tiled,
     .masked = true},
    /* Wide windows, and the same along an axis beside others: other sums */
    {.left =
         "serial(Conv(1, (9,), padding='SAME', b_std=.2), Relu(), Conv(1, (3,), padding='SAME'), "
         "Relu(), Conv(1, (30,), padding='SAME'), Erf(), GlobalAvgPool())",
     .right = "serial(Conv(1, (1, 9), padding='SAME', b_std=.2), Relu(), Conv(1, (1, 3), "
              "padding='SAME'), Relu(), Conv(1, (1, 30), padding='SAME'), Erf(), GlobalAvgPool())",
     .shape = &wave,
     .other = &row},
    {.left =
         "serial(Conv(1, (9,), padding='SAME', b_std=.2), Relu(), Conv(1, (3,), padding='SAME'), "
         "Relu(), Conv(1, (13,), padding='SAME'), Erf(), GlobalAvgPool())",
     .right = "serial(Conv(1, (9, 1), padding='SAME', b_std=.2), Relu(), Conv(1, (3, 1), "
              "padding='SAME'), Relu(), Conv(1, (13, 1), padding='SAME'), Erf(), GlobalAvgPool())",
     .shape = &wave,
     .other = &column,
     .masked = true},
    {.left =
         "serial(Conv(1, (5,)), Relu(), Conv(1, (7,), (2,), padding='SAME'), Relu(), Conv(1, (4,), "
         "padding='CIRCULAR', b_std=.2), Relu(), GlobalAvgPool())",
     .right = "serial(Conv(1, (5, 1)), Relu(), Conv(1, (7, 1), (2, 1), padding='SAME'), Relu(), "
              "Conv(1, (4, 1), padding='CIRCULAR', b_std=.2), Relu(), GlobalAvgPool())",
     .shape = &wave,
     .other = &column},
    {.left =
         "serial(Conv(1, (5,)), Relu(), Conv(1, (7,), (2,), padding='SAME'), Relu(), Conv(1, (2,), "
         "b_std=.2), Relu(), GlobalAvgPool())",
     .right = "serial(Conv(1, (1, 5)), Relu(), Conv(1, (1, 7), (1, 2), padding='SAME'), Relu(), "
              "Conv(1, (1, 2), b_std=.2), Relu(), GlobalAvgPool())",
     .shape = &wave,
     .other = &row,
     .masked = true},
    {.left = "serial(Conv(1, (17,), padding='SAME'), Relu(), Conv(1, (5,)), Relu(), Flatten())",
     .right =
         "serial(Conv(1, (17, 1), padding='SAME'), Relu(), Conv(1, (5, 1)), Relu(), Flatten())",
     .shape = &wave,
     .other = &column},
    {.left = "serial(Conv(1, (1, 1)), Relu(), Conv(1, (13, 1), padding='SAME', b_std=.2), Relu(), "
             "GlobalAvgPool())",
     .right = "serial(Conv(1, (1, 1), dimension_numbers=('NHWC', 'HWIO', 'NWHC')), Relu(), "
              "Conv(1, (1, 13), padding='SAME', b_std=.2), Relu(), GlobalAvgPool())",
     .shape = &large},
    {.left = "serial(Conv(1, (3, 2), b_std=.2, parameterization='standard'), Relu(), Flatten())",
     .right = "serial(Conv(1, (3, 2), b_std=.2), Relu(), Flatten())",
     .shape = &image,
     .nngp = true},
    /* Pooling */
    {.left = "serial(" CONV ", Relu(), GlobalAvgPool(), Dense(1))",
     .right = "serial(" CONV ", Relu(), AvgPool((5, 3)), Flatten(), Dense(1))",
     .shape = &image},
    {.left = "serial(" CONV ", Relu(), SumPool((2, 3), (2, 1), 'SAME'), GlobalAvgPool())",
     .right = "serial(" CONV ", Relu(), AvgPool((2, 3), (2, 1), 'SAME'), GlobalAvgPool())",
     .shape = &image,
     .factor = 36},
    {.left = "serial(" CONV ", Relu(), GlobalSumPool())",
     .right = "serial(" CONV ", Relu(), GlobalAvgPool())",
     .shape = &image,
     .factor = 225},
    {.left = "serial(" LOCAL ", GlobalAvgPool())",
     .right = "serial(" LOCAL ", AvgPool((5, 3)), Flatten())",
     .shape = &image},
    /* Branches */
    {.left = "serial(FanOut(1), parallel(serial(Dense(1), Relu(), " DENSE ")), FanInSum(), Erf())",
     .right = "serial(Dense(1), Relu(), " DENSE ", Erf())",
     .shape = &vector},
    {.left = "serial(Dense(1), FanOut(2), parallel(Relu(), Relu()), FanInConcat(-1), " DENSE ")",
     .right = "serial(Dense(1), Relu(), " DENSE ")",
     .shape = &vector},
    {.left = "serial(Dense(1), FanOut(2), parallel(Identity(), Identity()), FanInSum(), Relu())",
     .right = "serial(Dense(1), Relu())",
     .shape = &vector,
     .factor = 2},
    {.left = "serial(" CONV ", FanOut(1), FanInProd(), Flatten())",
     .right = "serial(" CONV ", Flatten())",
     .shape = &image},
    {.left = "serial(" DENSE ", FanOut(2), FanInProd())",
     .right = "serial(" DENSE ", Hermite(2))",
     .shape = &vector},
    {.left = "repeat(serial(Relu(), Conv(2, (3, 2), padding='SAME', b_std=.2)), 0)",
     .right = "Identity()",
     .shape = &image},
    {.left =
         "serial(" DENSE ", FanOut(2), parallel(repeat(serial(LayerNorm((0, 1)), " DENSE "), 0), "
         "Relu()), FanInProd(), " DENSE ")",
     .right = "serial(" DENSE ", FanOut(2), parallel(Identity(), Relu()), FanInProd(), " DENSE ")",
     .shape = &vector},
    {.left = "serial(" DENSE ", repeat(serial(Relu(), " DENSE "), 3))",
     .right = "serial(" DENSE ", Relu(), " DENSE ", Relu(), " DENSE ", Relu(), " DENSE ")",
     .shape = &vector},
    {.left = "serial(serial(" CONV ", Relu()), serial(" CONV "), Identity())",
     .right = "serial(" CONV ", Relu(), " CONV ")",
     .shape = &image},
    /* Dropout, LayerNorm, products, what moves positions */
    {.left = "serial(" CONV ", Relu(), Dropout(1.), Dense(1))",
     .right = "serial(" CONV ", Relu(), Dense(1))",
     .shape = &image},
    {.left = "serial(" CONV ", Relu(), Dropout(.5, 'test'), Dense(1))",
     .right = "serial(" CONV ", Relu(), Dense(1))",
     .shape = &image},
    {.left = "serial(FanOut(2), parallel(serial(Dense(6), Relu()), Identity()), FanInProd(), "
             "Dropout(.7), Dense(1))",
     .right = "serial(FanOut(2), parallel(serial(Dense(6), Relu(), Dropout(.7)), Identity()), "
              "FanInProd(), Dense(1))",
     .shape = &vector},
    {.left = "serial(Dense(1, 3.), LayerNorm(), Relu())",
     .right = "serial(Dense(1, .2), LayerNorm(), Relu())",
     .shape = &vector,
     .tolerance = 1e-9},
    {.left = "serial(" DENSE ", LayerNorm(), Hermite(1))",
     .right = "serial(" DENSE ", LayerNorm())",
     .shape = &vector},
    {.left = "serial(" CONV ", DotGeneral(rhs=3.), Relu())",
     .right = "serial(" CONV ", Relu())",
     .shape = &image,
     .factor = 9},
    {.left = "serial(" CONV ", DotGeneral(), Relu())",
     .right = "serial(" CONV ", Relu())",
     .shape = &image},
    {.left = "serial(Dense(1), DotGeneral(rhs=np.array([.25, .25, .25, .25]), "
             "dimension_numbers=(((1,), (0,)), ((), ()))), Relu())",
     .right = "serial(Dense(1), GlobalAvgPool(), Relu())",
     .shape = &signal},
    {.left = "serial(" CONV ", ImageResize((-1, 5, 3, -1), 'linear', precision='DEFAULT'), Relu())",
     .right = "serial(" CONV ", Relu())",
     .shape = &image},
    {.left = "serial(" CONV
             ", ImageResize((-1, 10, 6, -1), 'nearest'), AvgPool((2, 2), (2, 2)), Relu())",
     .right = "serial(" CONV ", Relu())",
     .shape = &image},
    {.left = "serial(" CONV ", Index(Slice[:, ::-1]), Index(Slice[..., ::-1, ::-1, :]), "
             "Index(Slice[:, :, ::-1]))",
     .right = CONV,
     .shape = &image},
    {.left = "serial(" CONV ", Index(Slice[:, 1:4, 0]), Relu())",
     .right = "serial(" CONV ", Index(Slice[..., 0, :]), Index(Slice[:, 1:-1]), Relu())",
     .shape = &image},
    {.left =
         "serial(" CONV ", Relu(), GlobalSelfAttention(1, 1, 1, 1, W_query_std=0., W_out_std=1.3), "
         "GlobalAvgPool())",
     .right = "serial(" CONV ", Relu(), Dense(1, 1.3), GlobalAvgPool())",
     .shape = &image,
     .nngp = true},
    {.left = "serial(" CONV ", Relu(), GlobalSelfAttention(1, 1, 1, 1, W_query_std=0.), Flatten())",
     .right = "serial(" CONV
              ", Relu(), GlobalSelfAttention(1, 1, 1, 1, W_query_std=0.), GlobalAvgPool())",
     .shape = &image},
    /* Masked pools read in another order of axes, and without some of them */
    {.left = "serial(" POOLED ", Index(Slice[:, :, 1]), Dense(1), Relu())",
     .right = "serial(" POOLED ", Dense(1), Index(Slice[:, :, 1]), Relu())",
     .shape = &image,
     .masked = true},
    {.left = "serial(" POOLED ", Index(Slice[:, 2, 0]), " DENSE ")",
     .right = "serial(" POOLED ", " DENSE ", Index(Slice[:, 2, 0]))",
     .shape = &image,
     .masked = true},
    {.left = "serial(" POOLED ", Conv(1, (2, 2), padding='VALID', b_std=.2, dimension_numbers="
             "('NHWC', 'HWIO', 'NWHC')), Relu(), Flatten())",
     .right = "serial(" POOLED ", Conv(1, (2, 2), padding='VALID', b_std=.2), Relu(), Flatten())",
     .shape = &image,
     .masked = true},
    /* Relu and its family */
    {.left = "serial(" DENSE ", ABRelu(0, 1))",
     .right = "serial(" DENSE ", Relu())",
     .shape = &vector},
    {.left = "serial(" DENSE ", ABRelu(0, -1))",
     .right = "serial(" DENSE ", Relu())",
     .shape = &vector},
    {.left = "serial(" DENSE ", ABRelu(-1, 0))",
     .right = "serial(" DENSE ", Relu())",
     .shape = &vector},
    {.left = "serial(" DENSE ", ABRelu(1, 0, do_stabilize=True))",
     .right = "serial(" DENSE ", Relu())",
     .shape = &vector},
    {.left = "serial(" DENSE ", ABRelu(-3, -3))",
     .right = "serial(" DENSE ", Identity())",
     .shape = &vector,
     .factor = 9},
    {.left = "serial(" DENSE ", ABRelu(-2, 2))",
     .right = "serial(" DENSE ", Abs())",
     .shape = &vector,
     .factor = 4},
    {.left = "serial(" DENSE ", LeakyRelu(1.))",
     .right = "serial(" DENSE ", Identity())",
     .shape = &vector},
    {.left = "serial(" DENSE ", LeakyRelu(.3))",
     .right = "serial(" DENSE ", ABRelu(.3, 1))",
     .shape = &vector},
    {.left = "serial(" DENSE ", Abs(do_stabilize=True))",
     .right = "serial(" DENSE ", Abs())",
     .shape = &vector},
    {.left = "serial(" DENSE ", RectifiedMonomial(1))",
     .right = "serial(" DENSE ", Relu())",
     .shape = &vector,
     .tolerance = 1e-12},
    /* Other closed forms */
    {.left = "serial(" DENSE ", Sigmoid_like())",
     .right = "serial(" DENSE ", Erf(.5, 1 / 2.4020563531719796, .5))",
     .shape = &vector},
    {.left = "serial(" DENSE ", Gelu(approximate=True))",
     .right = "serial(" DENSE ", Gelu())",
     .shape = &vector},
    {.left = "serial(" DENSE ", Cos(.6, .8, .3))",
     .right = "serial(" DENSE ", Sin(.6, .8, .3 + pi / 2))",
     .shape = &vector},
    {.left = "serial(" DENSE ", Rbf(.7))",
     .right = "serial(" DENSE ", Sin(2**.5, 1.4**.5, pi / 4))",
     .shape = &vector},
    {.left = "serial(" DENSE ", Monomial(1))",
     .right = "serial(" DENSE ", Identity())",
     .shape = &vector},
    {.left = "serial(" DENSE ", Polynomial([0, 0, 2.]))",
     .right = "serial(" DENSE ", Monomial(2))",
     .shape = &vector,
     .factor = 4},
    {.left = "serial(" DENSE ", Polynomial([0, -1.]))",
     .right = "serial(" DENSE ", Identity())",
     .shape = &vector},
    {.left = "serial(" DENSE ", Exp(1., .3), " DENSE ")",
     .right = "serial(" DENSE
              ", Elementwise(nngp_fn=lambda c, v, w: exp(.09 * (c + (v + w) / 2))), " DENSE ")",
     .shape = &vector,
     .tolerance = 1e-12},
    /* Elementwise, by its kernel and by its formula */
    {.left = "serial(Dense(1), Elementwise(nngp_fn=lambda c, v, w: c))",
     .right = "serial(Dense(1), Identity())",
     .shape = &image},
    {.left = "serial(" CONV ", Elementwise(nngp_fn=lambda c, v, w: 2 / pi * arcsin(2 * c / "
             "sqrt((1 + 2 * v) * (1 + 2 * w)))), GlobalAvgPool())",
     .right = "serial(" CONV ", Erf(), GlobalAvgPool())",
     .shape = &image,
     .tolerance = 1e-12},
    {.left = "serial(" DENSE ", Elementwise(nngp_fn=lambda c, v, w: exp(-(v + w) / 2) * sinh(c)))",
     .right = "serial(" DENSE ", Sin())",
     .shape = &vector,
     .tolerance = 1e-12},
    {.left = "serial(" DENSE ", Elementwise(nngp_fn=lambda c, v, w: exp(-.7 * (v + w - 2 * c))))",
     .right = "serial(" DENSE ", Rbf(.7))",
     .shape = &vector,
     .tolerance = 1e-12},
    {.left = "serial(" DENSE ", Elementwise(nngp_fn=lambda c, v, w: sqrt(v * w) * "
             "exp(1.5 * (c / sqrt(v * w) - 1))))",
     .right = "serial(" DENSE ", ExpNormalized(1.5, -1))",
     .shape = &vector,
     .tolerance = 1e-12},
    {.left = "serial(" DENSE ", Elementwise('erf(x)'))",
     .right = "serial(" DENSE ", Erf())",
     .shape = &vector,
     .tolerance = 1e-9},
    {.left = "serial(" DENSE ", Elementwise('sin(x)'))",
     .right = "serial(" DENSE ", Sin())",
     .shape = &vector,
     .tolerance = 1e-9},
    {.left = "serial(" DENSE ", Elementwise('x * (1 + erf(x / sqrt(2))) / 2'))",
     .right = "serial(" DENSE ", Gelu())",
     .shape = &vector,
     .tolerance = 1e-9},
    {.left = "serial(" DENSE ", Elementwise('maximum(x, 0)', kinks=[0]))",
     .right = "serial(" DENSE ", Relu())",
     .shape = &vector,
     .tolerance = 1e-9},
    {.left = "serial(" DENSE ", ElementwiseNumerical(lambda x: sin(x), 25))",
     .right = "serial(" DENSE ", Sin())",
     .shape = &vector,
     .tolerance = 1e-6},
    {.left = "serial(Dense(1), ElementwiseNumerical(lambda x: erf(x), 25))",
     .right = "serial(Dense(1), Erf())",
     .shape = &vector,
     .tolerance = 1e-3},
};

static void test_relations(void)
{
  for (size_t r = 0; r < sizeof relations / sizeof relations[0]; r++) {
    nt_relation_check(&relations[r], true);
    if (strstr(relations[r].left, "Numerical") == NULL) nt_relation_check(&relations[r], false);
  }
}

/* kernel(x, None) is kernel(x, x), entry by entry, where nothing is random. */
static void test_same(void)
{
  static const char *const networks[] = {"serial(" DENSE ", Relu(), " DENSE ", Gelu())",
                                         "serial(Flatten(), Dense(1), Erf())",
                                         "serial(Dense(1), Sign(), " DENSE ")"};
  for (size_t n = 0; n < sizeof networks / sizeof networks[0]; n++) {
    nt_relation_result none =
        nt_relation_kernel(networks[n], nt_relation_samples(&vector, 1, 1, false), NULL, 0, false);
    nt_relation_result both =
        nt_relation_kernel(networks[n], nt_relation_samples(&vector, 1, 1, false),
                           nt_relation_samples(&vector, 1, 1, false), 0, false);
    NT_TEST_MSG(nt_relation_distance(none.n, none.k, both.k, 1) < 1e-13 &&
                    nt_relation_distance(none.n, none.t, both.t, 1) < 1e-13,
                "%s", networks[n]);
    nt_relation_drop(&none);
    nt_relation_drop(&both);
  }
}

/* |x| = relu(x) + relu(-x): of Abs the kernel is twice the sum of those
 * of Relu at x2 and at -x2. */
static void test_abs(void)
{
  const char *const relu = "serial(Dense(1, 1.5), Relu())";
  nt_relation_result abs =
      nt_relation_kernel("serial(Dense(1, 1.5), Abs())", nt_relation_samples(&vector, 1, 1, false),
                         nt_relation_samples(&vector, 2, 1, false), 0, false);
  nt_relation_result one = nt_relation_kernel(relu, nt_relation_samples(&vector, 1, 1, false),
                                              nt_relation_samples(&vector, 2, 1, false), 0, false);
  nt_relation_result two = nt_relation_kernel(relu, nt_relation_samples(&vector, 1, 1, false),
                                              nt_relation_samples(&vector, 2, -1, false), 0, false);
  for (int64_t i = 0; i < abs.n; i++) {
    NT_TEST(fabs(abs.k[i] - 2 * (one.k[i] + two.k[i])) < 1e-14);
    NT_TEST(fabs(abs.t[i] - 2 * (one.t[i] + two.t[i])) < 1e-14);
  }
  nt_relation_drop(&abs);
  nt_relation_drop(&one);
  nt_relation_drop(&two);
}

/* One trainable layer, the last one: T = K. L linear layers of W_std = 1 without bias: T = L K. */
static void test_ntk(void)
{
  nt_relation_result last =
      nt_relation_kernel("serial(GlobalAvgPool(), " DENSE ")",
                         nt_relation_samples(&image, 1, 1, false), NULL, 0, false);
  nt_relation_result four = nt_relation_kernel(
      "repeat(Dense(6), 4)", nt_relation_samples(&vector, 1, 1, false), NULL, 0, false);
  NT_TEST(nt_relation_distance(last.n, last.t, last.k, 1) == 0);
  NT_TEST(nt_relation_distance(four.n, four.t, four.k, 4) < 1e-15);
  nt_relation_drop(&last);
  nt_relation_drop(&four);
}

static const CU_TestInfo tests[] = {{"networks with one kernel", test_relations},
                                    {"x2 = x1", test_same},
                                    {"Abs by Relu", test_abs},
                                    {"NTKs that are multiples of K", test_ntk},
                                    CU_TEST_INFO_NULL};

NT_TEST_MAIN("kernel.relations", tests)

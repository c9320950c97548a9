/* Networks of layers on positions that do not fit their inputs, and the
 * layouts of those that do. */
#include "nt_test.h"
#include "plan_run.h"

static const nt_shape flat = {2, {5, 3}}, series = {3, {5, 4, 3}}, image = {4, {5, 4, 6, 3}};

/* The plan of `network`, and its layout. */
static nt_status plan(const char *network, const nt_shape *shape, int diagonal_spatial, bool masked,
                      nt_error *err)
{
  nt_request request = {
      .get = NT_GET_NNGP, .diagonal_batch = NT_AUTO, .diagonal_spatial = diagonal_spatial};
  nt_input input = nt_input_of(*shape);
  nt_planned planned;
  input.masked1 = input.masked2 = masked;
  *err = (nt_error){0};
  const nt_status status = nt_make_plan(err, network, 1, &input, &request, &planned);
  nt_free_plan(&planned);
  return status;
}

static const struct {
  const char *network;
  const nt_shape *shape;
  const char *message;
} wrong[] = {
    {"Conv(8, (2, 2))", &series,
     "Conv at line 1, column 1 of net: batch axis 0 and channel axis 3 do"},
    {"serial(Dense(8), Conv(8, (2,)))", &image, "channels along axis 2"},
    {"serial(Dense(8, channel_axis=2), Conv(8, (2,), dimension_numbers=('NHC', 'HIO', 'NHC')))",
     &image, "so the input needs 3"},
    {"Conv(8, (5, 2))", &image, "a window of 5 positions does not fit into axis 1"},
    {"serial(Conv(8, (2, 2)), Dense(3, channel_axis=1))", &image,
     "Dense at line 1, column 25 of net expects the channels along axis 1"},
    {"serial(Conv(8, (2, 2), dimension_numbers=('NHWC', 'HWIO', 'NCHW')), Relu(), AvgPool((2, 2)))",
     &image, "AvgPool at line 1, column 77 of net expects the channels along axis -1"},
    {"serial(Conv(8, (2, 2)), AvgPool((2,)))", &image, "window_shape has 1 axis"},
    {"serial(Conv(8, (2, 2)), Relu(), LayerNorm())", &image, "LayerNorm at line 1, column 33"},
    {"LayerNorm()", &image, "needs a Gaussian input"},
    {"serial(Conv(8, (2, 2)), LayerNorm(1))", &image,
     "LayerNorm at line 1, column 25 of net: axis (1,) leaves out the channels"},
    {"serial(Dense(8), LayerNorm((1, 2)))", &flat, "axis 2 does not exist"},
    {"serial(Conv(8, (2, 2)), Dropout(.5), Relu())", &image, "needs a Gaussian input"},
    {"serial(Conv(8, (2, 2)), GlobalAvgPool(), LayerNorm(2))", &image, "axis 2 does not exist"},
    {"ImageResize((-1, 3, -1), 'linear')", &image, "shape has 3 entries, but the input"},
    {"serial(Dense(8), Index(Slice[:, 4]))", &image, "index 4 is out of range, axis 1 has 4"},
    {"serial(Dense(8), Index(Slice[:, 3:, -6:, :, :]))", &image, "has 5 indices"},
    {"serial(Conv(8, (2, 2)), FanOut(2), parallel(Identity(), Conv(8, (1, 2))), FanInConcat(1))",
     &image, ": inputs 0 and 1 have shapes (5, 3, 5, 8) and (5, 3, 4, 8)"},
    {"repeat(Conv(3, (2, 2)), 2)", &image, "must keep the shape"},
    {"serial(Dense(1), AvgPool((1000000000, 1), padding='CIRCULAR'))", &image,
     "AvgPool at line 1, column 18 of net: a window of 1000000000 positions is too wide for the 4 "
     "outputs of axis 1: 67108864 positions are the most that can be"},
    {"serial(Dense(1), Conv(1, (1, 100000000), padding='CIRCULAR'), GlobalAvgPool())", &image,
     "Conv at line 1, column 18 of net: a window of 100000000 positions is too wide"},
    {"serial(Dense(1), ImageResize((-1, -1, 100000, -1), 'linear'), GlobalAvgPool())", &image,
     "ImageResize at line 1, column 18 of net: windows of up to 3 positions at 100000 outputs "
     "along "
     "an axis add more than 1073741824 pairs of positions"},
};

static void test_wrong(void)
{
  nt_error err;
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    NT_TEST_FAILS_ERR(plan(wrong[i].network, wrong[i].shape, NT_AUTO, false, &err), NT_ERR_SHAPE,
                      &err);
    NT_TEST_CONTAINS(err.message, wrong[i].message);
  }
}

/* What a wide window reads of the padding alone is no work, and neither are pairs of outputs that
 * nobody reads. */
static void test_wide(void)
{
  nt_error err;
  const nt_shape long_series = {3, {2, 1000, 3}};
  NT_TEST_OK_ERR(
      plan("serial(Dense(1), AvgPool((100,)), Flatten())", &long_series, NT_AUTO, false, &err),
      &err);
  for (int pool = 0; pool < 2; pool++) {
    NT_TEST_OK_ERR(plan(pool ? "serial(Dense(1), AvgPool((1000000000, 1000000000), padding='SAME'))"
                             : "Conv(1, (1000000000, 1000000000), padding='SAME')",
                        &image, NT_AUTO, false, &err),
                   &err);
  }
}

static const struct {
  const char *network, *message;
} unsupported[] = {
    {"serial(Conv(8, (2, 2)), Index(Slice[:, :, :, 0]))", "Slice[:, :, :, 0] picks channels"},
    {"serial(Dense(8), Index(Slice[0]))", "Index at line 1, column 18 of net: Slice[0] takes one"},
    {"serial(Conv(8, (2, 2)), Relu(), FanOut(2), FanInConcat(1))", "input 0 is not Gaussian"},
};

static void test_unsupported(void)
{
  nt_error err;
  for (size_t i = 0; i < sizeof unsupported / sizeof unsupported[0]; i++) {
    NT_TEST_FAILS_ERR(plan(unsupported[i].network, &image, NT_AUTO, false, &err),
                      NT_ERR_UNSUPPORTED, &err);
    NT_TEST_CONTAINS(err.message, unsupported[i].message);
  }
}

/* The channels of a mask are joined by layers with weights, and by nothing else. */
static void test_masks(void)
{
  nt_error err;
  NT_TEST_FAILS_ERR(plan("AvgPool((2, 2))", &image, NT_AUTO, true, &err), NT_ERR_UNSUPPORTED, &err);
  NT_TEST_CONTAINS(err.message, "AvgPool at line 1, column 1 of net: masks that differ between");
  NT_TEST_OK_ERR(plan("serial(Conv(8, (2, 2)), AvgPool((2, 2)))", &image, NT_AUTO, true, &err),
                 &err);
}

static void test_many_positions(void)
{
  nt_error err;
  const nt_shape large = {4, {2, 216, 216, 1}};
  NT_TEST_FAILS_ERR(plan("serial(Dense(1), GlobalSelfAttention(4, 4, 4, 2), Flatten())", &large,
                         NT_AUTO, false, &err),
                    NT_ERR_UNSUPPORTED, &err);
  NT_TEST_CONTAINS(err.message,
                   "GlobalSelfAttention at line 1, column 18 of net: an input of 46656 "
                   "positions; a layer that mixes them can have 46340 at most");
}

static void test_diagonal(void)
{
  nt_error err;
  NT_TEST_FAILS_ERR(
      plan("serial(Conv(8, (2, 2)), Relu(), GlobalAvgPool())", &image, 1, false, &err), NT_ERR_ARG,
      &err);
  NT_TEST_CONTAINS(err.message,
                   "diagonal_spatial=True, but GlobalAvgPool at line 1, column 33 of net needs");
  NT_TEST_FAILS_ERR(plan("ImageResize((-1, 2, 2, -1), 'linear')", &image, 1, false, &err),
                    NT_ERR_ARG, &err);
}

/* Table 4.5 of the specification. */
#define C "Conv(8, (2, 2)), "
#define L "ConvLocal(8, (2, 2)), "
#define P "AvgPool((2, 2)), "
#define R "Relu(), "
static const struct {
  const char *network;
  bool diagonal;
} layouts[] = {
    {"serial(" C R ")", false},
    {"serial(" C R "Flatten())", true},
    {"serial(" C "LayerNorm()," R "Flatten())", true},
    {"serial(" C R "GlobalAvgPool())", false},
    {"serial(" C R C R P "Flatten())", false},
    {"serial(" C R P C R "Flatten())", false},
    {"serial(" P "Flatten())", false},
    {"serial(GlobalSumPool(), Dense(3))", false},
    {"serial(" L ")", true},
    {"serial(" C R L ")", true},
    {"serial(" L R ")", false},
    {"serial(" L "GlobalAvgPool())", true},
    {"serial(" C L "GlobalAvgPool())", true},
    {"serial(" L L "GlobalAvgPool())", true},
    {"serial(" L R "GlobalAvgPool())", false},
    {"serial(" L "Dense(3), GlobalAvgPool())", false},
    {"serial(" L R C "GlobalAvgPool())", false},
    {"serial(" L P "Flatten())", true},
    {"serial(" L P R "Flatten())", true},
    {"serial(" L P L "GlobalAvgPool())", true},
    {"serial(" L P ")", false},
    {"serial(" L P P "Flatten())", false},
    {"serial(" C "Index(Slice[:, 1])," R "Flatten())", true},
    {"serial(" C "ImageResize((-1, -1, -1, -1), 'linear')," R "Flatten())", true},
    {"serial(" C "ImageResize((-1, 2, -1, -1), 'linear')," R "Flatten())", false},
};

static void test_layouts(void)
{
  const nt_request request = {.diagonal_batch = NT_AUTO, .diagonal_spatial = NT_AUTO};
  for (size_t i = 0; i < sizeof layouts / sizeof layouts[0]; i++) {
    nt_error err = {0};
    nt_layer *net = NULL;
    nt_layout layout = {0};
    NT_TEST_OK_ERR(nt_network_parse(&err, layouts[i].network, "net", &net), &err);
    NT_TEST_OK_ERR(nt_plan_layout(&err, net, &request, &layout), &err);
    NT_TEST_MSG(layout.diagonal_spatial == layouts[i].diagonal, "%s", layouts[i].network);
    nt_layer_release(&net);
  }
}

static const CU_TestInfo tests[] = {{"networks that do not fit", test_wrong},
                                    {"wide windows", test_wide},
                                    {"too many positions to mix", test_many_positions},
                                    {"networks without a kernel", test_unsupported},
                                    {"masks that differ between channels", test_masks},
                                    {"a diagonal that does not suffice", test_diagonal},
                                    {"layouts of the specification", test_layouts},
                                    CU_TEST_INFO_NULL};

NT_TEST_MAIN("plan.positions", tests)

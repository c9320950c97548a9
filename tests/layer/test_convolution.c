/* Conv, ConvTranspose, ConvLocal: arguments, axes by letters, shapes,
 * coefficients, masks, errors. */
#include "facts.h"

#include <string.h>

static nt_error err;

static nt_conv conv_of(nt_ints filter_shape, nt_ints strides, int padding)
{
  nt_conv c = NT_CONV_DEFAULTS;
  c.out_chan = 16;
  c.filter_shape = filter_shape;
  c.strides = strides;
  c.padding = padding;
  return c;
}

static nt_conv letters(nt_conv c, const char *lhs, const char *rhs, const char *out)
{
  c.dimension_numbers.n = 3;
  strcpy(c.dimension_numbers.v[0], lhs);
  strcpy(c.dimension_numbers.v[1], rhs);
  strcpy(c.dimension_numbers.v[2], out);
  return c;
}

static bool shape_is(const nt_shape *shape, nt_shape want) { return nt_shape_equal(shape, &want); }

static void test_shapes(void)
{
  const nt_facts in = nt_facts_of((nt_shape){4, {5, 9, 8, 3}}, 0, -1);
  nt_facts out;
  nt_conv c = conv_of((nt_ints){2, {3, 2}}, (nt_ints){2, {2, 3}}, NT_PADDING_VALID);
  NT_TEST_OK_ERR(nt_shape_of(&nt_layer_conv, &c, &in, &out, &err), &err);
  NT_TEST(shape_is(&out.shape1, (nt_shape){4, {5, 4, 3, 16}}));
  NT_TEST(shape_is(&out.shape2, (nt_shape){4, {6, 4, 3, 16}}) && !out.ntk_zero);
  NT_TEST(out.batch_axis == 0 && out.channel_axis == 3);
  NT_TEST_OK_ERR(nt_shape_of(&nt_layer_conv_transpose, &c, &in, &out, &err), &err);
  NT_TEST(shape_is(&out.shape1, (nt_shape){4, {5, 19, 24, 16}}));
  c.padding = NT_PADDING_SAME;
  NT_TEST_OK_ERR(nt_shape_of(&nt_layer_conv_local, &c, &in, &out, &err), &err);
  NT_TEST(shape_is(&out.shape1, (nt_shape){4, {5, 5, 3, 16}}));
  NT_TEST_OK_ERR(nt_shape_of(&nt_layer_conv_transpose, &c, &in, &out, &err), &err);
  NT_TEST(shape_is(&out.shape2, (nt_shape){4, {6, 18, 24, 16}}));
  c.parameterization = NT_PARAMETERIZATION_STANDARD;
  c.s.v[1] = 3;
  NT_TEST_OK_ERR(nt_shape_of(&nt_layer_conv_local, &c, &in, &out, &err), &err);
  NT_TEST(out.shape1.dim[3] == 48);
  c.out_chan = INT64_MAX;
  NT_TEST_FAILS_ERR(nt_shape_of(&nt_layer_conv, &c, &in, &out, &err), NT_ERR_SHAPE, &err);
  NT_TEST_CONTAINS(err.message, "9223372036854775807 * 3 channels");
}

/* Sizes 7, 8, 9 of H, W, D in; filters 1, 2, 3 and strides 1, 2, 3 in the order D, H, W. */
static void test_letters(void)
{
  const nt_facts in = nt_facts_of((nt_shape){5, {7, 4, 8, 5, 9}}, 3, 1);
  const nt_ints sizes = {3, {1, 2, 3}};
  const nt_conv c = letters(conv_of(sizes, sizes, NT_PADDING_VALID), "HCWND", "DOHIW", "WDCHN");
  const int from[] = {1, 2, 0}, taps_n[] = {3, 1, 2}, n_in[] = {8, 9, 7}, n_out[] = {2, 9, 3};
  nt_facts out;
  NT_TEST_OK_ERR(nt_layer_conv.check(&c, &err), &err);
  const nt_requirement r = nt_layer_conv.require(&c);
  NT_TEST(r.has_axes && !r.flattens && r.batch_axis == 3 && r.channel_axis == 1);
  NT_TEST_OK_ERR(nt_shape_of(&nt_layer_conv, &c, &in, &out, &err), &err);
  NT_TEST(shape_is(&out.shape1, (nt_shape){5, {2, 9, 16, 3, 5}}));
  NT_TEST(shape_is(&out.shape2, (nt_shape){5, {2, 9, 16, 3, 6}}));
  NT_TEST(out.batch_axis == 4 && out.channel_axis == 2);
  for (int axis = 0; axis < 3; axis++) {
    nt_taps taps = nt_taps_of(&nt_layer_conv, &c, &in, axis);
    NT_TEST_MSG(taps.from == from[axis] && taps.n == taps_n[axis] && taps.n_in == n_in[axis] &&
                    taps.n_out == n_out[axis],
                "axis %d", axis);
    NT_TEST(taps.in[taps.n] == (axis == 0 ? 3 : axis == 1 ? 1 : 2));
    nt_drop_taps(&taps);
  }
}

static void test_channels_last(void)
{
  for (int rank = 0; rank <= NT_MAX_RANK - 2; rank++) {
    const nt_ints none = {.n = rank % 2 == 0 ? 0 : -1};
    nt_conv c = conv_of((nt_ints){.n = rank}, none, NT_PADDING_SAME);
    nt_shape shape = {.rank = rank + 2, .dim = {5}};
    shape.dim[rank + 1] = 3;
    for (int a = 0; a < rank; a++) {
      c.filter_shape.v[a] = a + 1;
      shape.dim[a + 1] = 20 - a;
    }
    const nt_facts in = nt_facts_of(shape, 0, -1);
    const nt_requirement r = nt_layer_conv.require(&c);
    nt_facts out;
    NT_TEST_OK_ERR(nt_layer_conv.check(&c, &err), &err);
    NT_TEST(r.batch_axis == 0 && r.channel_axis == rank + 1);
    NT_TEST_OK_ERR(nt_shape_of(&nt_layer_conv, &c, &in, &out, &err), &err);
    shape.dim[rank + 1] = 16;
    NT_TEST_MSG(nt_shape_equal(&out.shape1, &shape), "%d axes", rank);
    for (int a = 0; a < rank; a++) {
      nt_taps taps = nt_taps_of(&nt_layer_conv, &c, &in, a);
      NT_TEST(taps.from == a && taps.n == a + 1 && taps.n_in == 20 - a);
      nt_drop_taps(&taps);
    }
  }
}

static bool affine_is(nt_affine a, double k, double k0, double tk, double tt, double t0)
{
  return a.k == k && a.k0 == k0 && a.tk == tk && a.tt == tt && a.t0 == t0;
}

static void test_affine(void)
{
  const nt_facts in = nt_facts_of((nt_shape){4, {5, 9, 8, 3}}, 0, -1);
  nt_conv c = conv_of((nt_ints){2, {4, 2}}, (nt_ints){.n = -1}, NT_PADDING_VALID);
  c.W_std = 2;
  NT_TEST(affine_is(nt_layer_conv.affine(&c, &in), 0.5, 0, 0.5, 0.5, 0));
  c.b_std = 0.5;
  NT_TEST(affine_is(nt_layer_conv.affine(&c, &in), 0.5, 0.25, 0.5, 0.5, 0.25));
  c.parameterization = NT_PARAMETERIZATION_STANDARD;
  c.s.v[0] = 2; /* C_in F / s[0] A K = 3 * 8 / 2 / 8 of the sum */
  NT_TEST(affine_is(nt_layer_conv.affine(&c, &in), 0.5, 0.25, 1.5, 0.5, 1));
  c.b_std = 0;
  NT_TEST(affine_is(nt_layer_conv_transpose.affine(&c, &in), 0.5, 0, 1.5, 0.5, 1));
  /* Without axes of positions it is Dense. */
  const nt_facts flat = nt_facts_of((nt_shape){2, {5, 3}}, 0, 1);
  nt_dense dense = NT_DENSE_DEFAULTS;
  c.filter_shape.n = 0;
  dense.W_std = c.W_std;
  dense.b_std = c.b_std;
  dense.parameterization = c.parameterization;
  dense.s = c.s;
  const nt_affine d = nt_layer_dense.affine(&dense, &flat);
  NT_TEST(affine_is(nt_layer_conv_local.affine(&c, &flat), d.k, d.k0, d.tk, d.tt, d.t0));
}

static void test_requirements(void)
{
  nt_conv c = conv_of((nt_ints){1, {3}}, (nt_ints){.n = -1}, NT_PADDING_SAME);
  const struct {
    const nt_layer_ops *ops;
    nt_bool output;
    nt_mask_rule rule;
    bool separate;
  } layers[] = {{&nt_layer_conv, NT_NO, NT_MASK_CENTRE, false},
                {&nt_layer_conv_transpose, NT_NO, NT_MASK_ANY, false},
                {&nt_layer_conv_local, NT_MAYBE, NT_MASK_CENTRE, true}};
  for (int i = 0; i < 3; i++) {
    const nt_layer_ops *const ops = layers[i].ops;
    const nt_requirement r = ops->require(&c);
    NT_TEST(r.has_diagonal && r.input == NT_YES && r.output == layers[i].output);
    NT_TEST(r.diagonal_batch == NT_MAYBE && ops->gaussian == NT_YES && !ops->needs_gaussian);
    NT_TEST(ops->mask_rule == layers[i].rule && ops->separate == layers[i].separate);
    NT_TEST(ops->remasks && ops->mask_channels(20, 3) == 1);
  }
}

/* Masks of a CIRCULAR ConvTranspose are those of SAME, its kernels are not. */
static void test_mask_taps(void)
{
  const nt_facts in = nt_facts_of((nt_shape){3, {5, 4, 3}}, 0, -1);
  nt_conv c = conv_of((nt_ints){1, {5}}, (nt_ints){1, {2}}, NT_PADDING_SAME);
  nt_taps same = nt_taps_of(&nt_layer_conv_transpose, &c, &in, 0), masks = {0};
  c.padding = NT_PADDING_CIRCULAR;
  nt_taps circular = nt_taps_of(&nt_layer_conv_transpose, &c, &in, 0);
  NT_TEST_OK_ERR(nt_layer_conv_transpose.mask_taps(&c, &in, NULL, 0, &masks, &err), &err);
  const size_t size = (size_t)(same.n_out * same.n) * sizeof *same.in;
  NT_TEST(same.n_out == masks.n_out && memcmp(same.in, masks.in, size) == 0);
  NT_TEST(memcmp(same.in, circular.in, size) != 0);
  nt_drop_taps(&same);
  nt_drop_taps(&masks);
  nt_drop_taps(&circular);
}

static void fails_check(nt_conv c, const char *message)
{
  err = (nt_error){0};
  NT_TEST_FAILS_ERR(nt_layer_conv.check(&c, &err), NT_ERR_ARG, &err);
  NT_TEST_CONTAINS(err.message, message);
}

static void test_errors(void)
{
  const nt_ints none = {.n = -1}, two = {2, {3, 3}};
  const nt_conv c = conv_of(two, none, NT_PADDING_VALID);
  nt_facts out, in = nt_facts_of((nt_shape){3, {5, 9, 3}}, 0, -1);
  fails_check(conv_of(two, (nt_ints){1, {2}}, 0),
              "strides has 1 entry, but filter_shape has 2: one for each axis");
  fails_check(conv_of((nt_ints){.n = 9}, none, 0), "filter_shape has 9 axes; at most 8");
  fails_check(letters(c, "NHC", "HWIO", "NHWC"), "the inputs are 'NHC', but with a filter_shape "
                                                 "of 2 they must be 4 different letters");
  fails_check(letters(c, "NHWC", "HWIC", "NHWC"), "filters are 'HWIC'");
  fails_check(letters(c, "NHWC", "HWIO", "NHHC"), "outputs are 'NHHC'");
  fails_check(letters(c, "NHWC", "HWIO", "NHDC"), "consist of the same letters");
  fails_check(letters(c, "NHWC", "HDIO", "NHWC"), "('NHWC', 'HDIO', 'NHWC')");
  fails_check(letters(c, "N1WC", "1WIO", "N1WC"), "the inputs are 'N1WC'");
  NT_TEST_FAILS_ERR(nt_shape_of(&nt_layer_conv, &c, &in, &out, &err), NT_ERR_SHAPE, &err);
  NT_TEST_CONTAINS(err.message, "filter_shape has 2 axes, so the input needs 4");
  NT_TEST_CONTAINS(err.message, "its shape is (5, 9, 3)");
  in = nt_facts_of((nt_shape){4, {5, 9, 2, 3}}, 0, -1);
  NT_TEST_FAILS_ERR(nt_shape_of(&nt_layer_conv, &c, &in, &out, &err), NT_ERR_SHAPE, &err);
  NT_TEST_CONTAINS(err.message, "a window of 3 positions does not fit into axis 2");
  NT_TEST_OK_ERR(nt_shape_of(&nt_layer_conv_transpose, &c, &in, &out, &err), &err);
}

static const CU_TestInfo tests[] = {{"shapes", test_shapes},
                                    {"letters name the axes", test_letters},
                                    {"channels last by default, 0 to 8 axes", test_channels_last},
                                    {"coefficients", test_affine},
                                    {"requirements and masks", test_requirements},
                                    {"masks of CIRCULAR ConvTranspose", test_mask_taps},
                                    {"errors", test_errors},
                                    CU_TEST_INFO_NULL};

NT_TEST_MAIN("layer.convolution", tests)

/** What layers say of themselves: names, arguments and defaults, shapes,
 * coefficients, masks, errors. */
#include "nt_test.h"

#include "layer/registry.h"
#include "nt/stax.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static nt_error err;

/* A kernel of samples of shape (5, 7), channels last. */
static nt_facts facts_of(int64_t batch, int64_t channels)
{
  return (nt_facts){.shape1 = {2, {batch, channels}},
                    .shape2 = {2, {batch + 1, channels}},
                    .batch_axis = 0,
                    .channel_axis = 1,
                    .diagonal_batch = true,
                    .ntk_zero = true};
}

static void test_registry(void)
{
  NT_TEST(nt_layer_find("Relu") == &nt_layer_relu);
  NT_TEST(nt_layer_find("relu") == NULL);
  for (int i = 0; i < nt_layer_count(); i++) {
    const nt_layer_ops *ops = nt_layer_at(i);
    NT_TEST_MSG(nt_layer_find(ops->name) == ops && ops->formula && ops->source, "%s", ops->name);
    NT_TEST_MSG((ops->cfg_size > 0) == (ops->defaults != NULL), "%s", ops->name);
    for (int o = 0; o < ops->n_opts; o++) {
      const nt_opt *opt = &ops->opts[o];
      NT_TEST_MSG(opt->name && opt->help && opt->offset < ops->cfg_size, "%s %d", ops->name, o);
    }
    if (ops->action != NT_MAP) continue;
    NT_TEST_MSG(ops->map[NT_FLOAT64] && ops->map[NT_FLOAT32] && ops->self && ops->tables &&
                    ops->n_tables <= NT_MAX_TABLES,
                "%s", ops->name);
    NT_TEST_MSG(ops->needs_gaussian && ops->remasks && ops->gaussian == NT_NO, "%s", ops->name);
    const nt_requirement r = ops->require(ops->defaults);
    NT_TEST_MSG(r.has_diagonal && r.input == NT_YES && r.output == NT_NO && !r.has_axes, "%s",
                ops->name);
  }
}

/* Arguments in positional order with their defaults, of tuples their lengths; NAN: required,
 * INFINITY: None. */
static const struct {
  const char *layer, *names;
  double values[19];
} arguments[] = {
    {"Dense",
     "out_dim W_std b_std batch_axis channel_axis parameterization s",
     {NAN, 1, INFINITY, 0, -1, 0, 2}},
    {"ABRelu", "a b do_stabilize", {NAN, NAN, 0}},
    {"Relu", "do_stabilize", {0}},
    {"LeakyRelu", "alpha do_stabilize", {NAN, 0}},
    {"Abs", "do_stabilize", {0}},
    {"Erf", "a b c", {1, 1, 0}},
    {"Gelu", "approximate", {0}},
    {"Sin", "a b c", {1, 1, 0}},
    {"Cos", "a b c", {1, 1, 0}},
    {"Rbf", "gamma", {1}},
    {"Exp", "a b", {1, 1}},
    {"Gaussian", "a b", {1, -1}},
    {"ExpNormalized", "gamma shift do_clip", {1, -1, 0}},
    {"Hermite", "degree", {NAN}},
    {"Monomial", "degree", {NAN}},
    {"RectifiedMonomial", "degree", {NAN}},
    {"Polynomial", "coef", {NAN}},
    {"Elementwise", "fn nngp_fn d_nngp_fn kinks", {INFINITY, INFINITY, INFINITY, 0}},
    {"ElementwiseNumerical", "fn deg df", {NAN, NAN, INFINITY}},
    {"Flatten", "batch_axis batch_axis_out", {0, 0}},
    {"Conv",
     "out_chan filter_shape strides padding W_std b_std dimension_numbers parameterization s",
     {NAN, NAN, INFINITY, 0, 1, INFINITY, INFINITY, 0, 2}},
    {"ConvTranspose",
     "out_chan filter_shape strides padding W_std b_std dimension_numbers parameterization s",
     {NAN, NAN, INFINITY, 0, 1, INFINITY, INFINITY, 0, 2}},
    {"ConvLocal",
     "out_chan filter_shape strides padding W_std b_std dimension_numbers parameterization s",
     {NAN, NAN, INFINITY, 0, 1, INFINITY, INFINITY, 0, 2}},
    {"AvgPool",
     "window_shape strides padding normalize_edges batch_axis channel_axis",
     {NAN, INFINITY, 0, 0, 0, -1}},
    {"SumPool", "window_shape strides padding batch_axis channel_axis", {NAN, INFINITY, 0, 0, -1}},
    {"GlobalAvgPool", "batch_axis channel_axis", {0, -1}},
    {"GlobalSumPool", "batch_axis channel_axis", {0, -1}},
    {"LayerNorm", "axis eps batch_axis channel_axis", {1, 1e-12, 0, -1}},
    {"Dropout", "rate mode", {NAN, 0}},
    {"ImageResize",
     "shape method antialias precision batch_axis channel_axis",
     {NAN, NAN, 1, 0, 0, -1}},
    {"Index", "idx batch_axis channel_axis", {NAN, 0, -1}},
    {"GlobalSelfAttention",
     "n_chan_out n_chan_key n_chan_val n_heads linear_scaling W_key_std W_value_std W_query_std "
     "W_out_std b_std attention_mechanism pos_emb_type pos_emb_p_norm pos_emb_decay_fn "
     "n_chan_pos_emb "
     "W_pos_emb_std val_pos_emb batch_axis channel_axis",
     {NAN, NAN, NAN, NAN, 1, 1, 1, 1, 1, INFINITY, 0, 0, 2, INFINITY, INFINITY, 1, 0, 0, -1}},
    {"Aggregate",
     "aggregate_axis batch_axis channel_axis to_dense implementation",
     {INFINITY, 0, -1, INFINITY, 0}},
    {"DotGeneral",
     "lhs rhs dimension_numbers precision batch_axis channel_axis",
     {INFINITY, INFINITY, 0, INFINITY, 0, -1}},
    {"FanOut", "num", {NAN}},
    {"FanInConcat", "axis", {-1}},
};

static double default_of(const nt_layer_ops *ops, const nt_opt *opt)
{
  const void *const field = (const char *)ops->defaults + opt->offset;
  double real = NAN;
  if (opt->required) return NAN;
  switch (opt->type) {
  case NT_OPT_BOOL:
    return *(const bool *)field;
  case NT_OPT_INT:
    return (double)*(const int64_t *)field;
  case NT_OPT_INT_OR_NONE:
    return *(const int64_t *)field == NT_INT_NONE ? (double)INFINITY : 0;
  case NT_OPT_ARRAY_OR_NONE:
    return ((const nt_array *)field)->data == NULL ? (double)INFINITY : 0;
  case NT_OPT_DOT_AXES:
    return ((const nt_dot_axes *)field)->contract[0].n + ((const nt_dot_axes *)field)->batch[0].n;
  case NT_OPT_CHOICE_OR_NONE:
    return *(const int *)field < 0 ? (double)INFINITY : *(const int *)field;
  case NT_OPT_CHOICE:
    return *(const int *)field;
  case NT_OPT_INTS:
  case NT_OPT_INTS_OR_NONE:
  case NT_OPT_STRINGS_OR_NONE:
  case NT_OPT_SLICES:
  case NT_OPT_COEFS:
    return *(const int *)field < 0 ? (double)INFINITY : *(const int *)field; /* n comes first. */
  case NT_OPT_FUNCTION:
    return *(nt_function *const *)field == NULL ? (double)INFINITY : 0;
  case NT_OPT_REAL:
  case NT_OPT_REAL_OR_NONE:
    real = *(const double *)field;
    break;
  }
  return isnan(real) ? (double)INFINITY : real;
}

static void test_arguments(void)
{
  for (size_t i = 0; i < sizeof arguments / sizeof arguments[0]; i++) {
    const nt_layer_ops *ops = nt_layer_find(arguments[i].layer);
    const char *name = arguments[i].names;
    for (int o = 0; name != NULL; o++) {
      const size_t length = strcspn(name, " ");
      const double want = arguments[i].values[o], got = default_of(ops, &ops->opts[o]);
      NT_TEST_MSG(strncmp(name, ops->opts[o].name, length) == 0 &&
                      ops->opts[o].name[length] == '\0' && (isnan(want) ? isnan(got) : want == got),
                  "%s: %s", ops->name, ops->opts[o].name);
      name = name[length] ? name + length + 1 : NULL;
      NT_TEST_MSG((name == NULL) == (o + 1 == ops->n_opts), "%s: %d arguments", ops->name,
                  ops->n_opts);
    }
  }
  const nt_dense *dense = nt_layer_dense.defaults;
  const nt_conv *conv = nt_layer_conv.defaults;
  NT_TEST(nt_layer_dense.n_opts == 7 && dense->parameterization == NT_PARAMETERIZATION_NTK);
  NT_TEST(dense->s.n == 2 && dense->s.v[0] == 1 && dense->s.v[1] == 1);
  NT_TEST(conv->s.n == 2 && conv->s.v[0] == 1 && conv->s.v[1] == 1);
  NT_TEST(((const nt_layer_norm *)nt_layer_layer_norm.defaults)->axis.v[0] == -1);
}

static bool affine_is(nt_affine a, double k, double k0, double tk, double tt, double t0)
{
  return a.k == k && a.k0 == k0 && a.tk == tk && a.tt == tt && a.t0 == t0;
}

static void test_dense(void)
{
  nt_dense c = {.out_dim = 16, .W_std = 1.5, .b_std = NT_NONE, .channel_axis = -1};
  nt_facts in = facts_of(5, 7), out = in;
  c.s = (nt_ints){2, {2, 3}};
  NT_TEST(affine_is(nt_layer_dense.affine(&c, &in), 2.25, 0, 2.25, 2.25, 0));
  c.b_std = 0.5;
  NT_TEST(affine_is(nt_layer_dense.affine(&c, &in), 2.25, 0.25, 2.25, 2.25, 0.25));
  NT_TEST_OK_ERR(nt_layer_dense.shape(&c, 1, &in, &out, &err), &err);
  NT_TEST(out.shape1.dim[1] == 16 && out.shape2.dim[1] == 16 && !out.ntk_zero);
  c.parameterization = NT_PARAMETERIZATION_STANDARD;
  NT_TEST(affine_is(nt_layer_dense.affine(&c, &in), 2.25, 0.25, 3.5, 2.25, 1));
  c.b_std = 0;
  NT_TEST(nt_layer_dense.affine(&c, &in).t0 == 1);
  NT_TEST_OK_ERR(nt_layer_dense.shape(&c, 1, &in, &out, &err), &err);
  NT_TEST(out.shape1.dim[1] == 48);
  c.out_dim = INT64_MAX;
  NT_TEST_FAILS_ERR(nt_layer_dense.shape(&c, 1, &in, &out, &err), NT_ERR_SHAPE, &err);
  NT_TEST_CONTAINS(err.message, "9223372036854775807 * 3");
  err.status = NT_OK;
  const nt_requirement r = nt_layer_dense.require(&c);
  NT_TEST(r.has_axes && r.batch_axis == 0 && r.channel_axis == -1 && !r.flattens);
}

static void test_flatten(void)
{
  nt_flatten c = NT_FLATTEN_DEFAULTS;
  nt_facts in = facts_of(5, 7), out;
  in.shape1 = (nt_shape){4, {3, 5, 2, 7}};
  in.shape2 = (nt_shape){4, {3, 6, 2, 7}};
  in.batch_axis = 1;
  in.channel_axis = 3;
  for (int64_t axis = -2; axis <= 1; axis++) {
    const int batch = axis == 0 || axis == -2 ? 0 : 1;
    c.batch_axis_out = axis;
    out = in;
    NT_TEST_OK_ERR(nt_layer_flatten.check(&c, &err), &err);
    NT_TEST_OK_ERR(nt_layer_flatten.shape(&c, 1, &in, &out, &err), &err);
    NT_TEST(out.shape1.rank == 2 && out.batch_axis == batch && out.channel_axis == 1 - batch);
    NT_TEST(out.shape1.dim[batch] == 5 && out.shape2.dim[batch] == 6);
    NT_TEST(out.shape1.dim[1 - batch] == 42 && !out.diagonal_spatial);
  }
  c.batch_axis_out = 2;
  NT_TEST_FAILS_ERR(nt_layer_flatten.check(&c, &err), NT_ERR_ARG, &err);
  NT_TEST_CONTAINS(err.message, "batch_axis_out is 2");
  err.status = NT_OK;
  NT_TEST(nt_layer_flatten.require(&c).flattens);
}

static void test_masks(void)
{
  const unsigned char in[6] = {1, 1, 0, 1, 0, 0};
  unsigned char out[6];
  nt_layer_dense.mask(NULL, 3, 2, in, out);
  NT_TEST(out[0] == 1 && out[1] == 0 && out[2] == 0);
  NT_TEST(nt_layer_dense.mask_channels(3, 2) == 1);
  NT_TEST(nt_layer_dense.remasks && !nt_layer_flatten.remasks && !nt_layer_fan_in_sum.remasks);
}

static nt_status fan_in(const nt_layer_ops *ops, const void *cfg, int n, const nt_facts *in,
                        nt_facts *out)
{
  err.status = NT_OK;
  err.message[0] = '\0';
  *out = in[0];
  return ops->shape(cfg, n, in, out, &err);
}

static void test_fan_in(void)
{
  nt_facts in[2] = {facts_of(5, 7), facts_of(5, 7)}, out;
  NT_TEST_FAILS_ERR(fan_in(&nt_layer_fan_in_sum, NULL, 2, in, &out), NT_ERR_UNSUPPORTED, &err);
  NT_TEST_CONTAINS(err.message, "input 0 is not Gaussian");
  NT_TEST_OK_ERR(fan_in(&nt_layer_fan_in_sum, NULL, 1, in, &out), &err);
  NT_TEST_OK_ERR(fan_in(&nt_layer_fan_in_prod, NULL, 2, in, &out), &err);
  in[0].is_gaussian = in[1].is_gaussian = true;
  in[1].ntk_zero = false;
  NT_TEST_OK_ERR(fan_in(&nt_layer_fan_in_sum, NULL, 2, in, &out), &err);
  NT_TEST(out.is_gaussian && !out.ntk_zero);
  NT_TEST_OK_ERR(fan_in(&nt_layer_fan_in_prod, NULL, 2, in, &out), &err);
  NT_TEST(!out.is_gaussian);
  NT_TEST_OK_ERR(fan_in(&nt_layer_fan_in_prod, NULL, 1, in, &out), &err);
  NT_TEST(out.is_gaussian);
  in[1].shape1.dim[1] = 21;
  NT_TEST_FAILS_ERR(fan_in(&nt_layer_fan_in_sum, NULL, 2, in, &out), NT_ERR_SHAPE, &err);
  NT_TEST_CONTAINS(err.message, "(5, 7) and (5, 21)");
  in[1].diagonal_spatial = true;
  NT_TEST_FAILS_ERR(fan_in(&nt_layer_fan_in_prod, NULL, 2, in, &out), NT_ERR_UNSUPPORTED, &err);
  NT_TEST_CONTAINS(err.message, "diagonal_spatial 0 and 1");
  NT_TEST_FAILS_ERR(fan_in(&nt_layer_fan_in_prod, NULL, 0, in, &out), NT_ERR_SHAPE, &err);
  err.status = NT_OK;
}

static void test_concat(void)
{
  nt_facts in[2] = {facts_of(5, 7), facts_of(5, 21)}, out;
  nt_fan_in_concat c = NT_FAN_IN_CONCAT_DEFAULTS;
  double w[2];
  NT_TEST_OK_ERR(fan_in(&nt_layer_fan_in_concat, &c, 2, in, &out), &err);
  NT_TEST(out.shape1.dim[1] == 28 && out.shape2.dim[1] == 28);
  nt_layer_fan_in_concat.weights(&c, 2, in, w);
  NT_TEST(w[0] == 0.25 && w[1] == 0.75);
  c.axis = 2;
  NT_TEST_FAILS_ERR(fan_in(&nt_layer_fan_in_concat, &c, 2, in, &out), NT_ERR_SHAPE, &err);
  NT_TEST_CONTAINS(err.message, "axis is 2");
  c.axis = 0;
  NT_TEST_FAILS_ERR(fan_in(&nt_layer_fan_in_concat, &c, 2, in, &out), NT_ERR_SHAPE, &err);
  in[1] = in[0];
  NT_TEST_FAILS_ERR(fan_in(&nt_layer_fan_in_concat, &c, 2, in, &out), NT_ERR_UNSUPPORTED, &err);
  NT_TEST_CONTAINS(err.message, "not Gaussian");
  in[0].is_gaussian = in[1].is_gaussian = true;
  NT_TEST_OK_ERR(fan_in(&nt_layer_fan_in_concat, &c, 2, in, &out), &err);
  NT_TEST(out.shape1.dim[0] == 2 * in[0].shape1.dim[0] && out.is_gaussian);
  err.status = NT_OK;
}

/* Branch 1 stands behind branch 0. */
static void test_concat_samples(void)
{
  const nt_facts in[2] = {facts_of(5, 7), facts_of(5, 7)};
  const nt_fan_in_concat c = {.axis = 0};
  const int64_t n = in[0].shape1.dim[0];
  nt_taps taps = {.n_in = 0};
  NT_TEST(nt_layer_fan_in_concat.mixes_samples(&c, in));
  NT_TEST_OK_ERR(nt_layer_fan_in_concat.sample_taps(&c, 2, in, 1, 0, &taps, &err), &err);
  NT_TEST(taps.n_out == 2 * n && taps.n == 1 && taps.in[n - 1] == -1 &&
          taps.in[2 * n - 1] == n - 1);
  free(taps.in);
}

/* Along the third axis: the second axis of positions. */
static void test_concat_positions(void)
{
  const nt_layer_ops *const ops = &nt_layer_fan_in_concat;
  nt_facts in[2] = {facts_of(5, 7), facts_of(5, 7)}, out;
  nt_fan_in_concat c = {.axis = -2};
  for (int i = 0; i < 2; i++) {
    in[i].shape1 = (nt_shape){4, {7, 4, 6 + i, 5}};
    in[i].shape2 = (nt_shape){4, {7, 4, 6 + i, 8}};
    in[i].batch_axis = 3;
    in[i].channel_axis = 0;
    in[i].is_gaussian = true;
  }
  NT_TEST_OK_ERR(fan_in(ops, &c, 2, in, &out), &err);
  NT_TEST(nt_shape_equal(&out.shape1, &(nt_shape){4, {7, 4, 13, 5}}));
  NT_TEST(nt_shape_equal(&out.shape2, &(nt_shape){4, {7, 4, 13, 8}}) && out.is_gaussian);
  NT_TEST(ops->concat_axis(&c, in) == 1);
  c.axis = 1;
  NT_TEST(ops->concat_axis(&c, in) == 0);
  c.axis = -4;
  NT_TEST(ops->concat_axis(&c, in) == -1);
  in[1].is_gaussian = false;
  c.axis = 2;
  NT_TEST_FAILS_ERR(fan_in(ops, &c, 2, in, &out), NT_ERR_UNSUPPORTED, &err);
  NT_TEST_CONTAINS(err.message, "input 1 is not Gaussian");
  in[1].is_gaussian = true;
  in[1].shape1.dim[1] = 3;
  NT_TEST_FAILS_ERR(fan_in(ops, &c, 2, in, &out), NT_ERR_SHAPE, &err);
  NT_TEST_CONTAINS(err.message, "they must be equal in all axes but 2");
  err.status = NT_OK;
}

static const CU_TestInfo tests[] = {{"every layer is found and complete", test_registry},
                                    {"arguments and defaults are the reference's", test_arguments},
                                    {"Dense", test_dense},
                                    {"Flatten", test_flatten},
                                    {"masks", test_masks},
                                    {"FanInSum and FanInProd", test_fan_in},
                                    {"FanInConcat", test_concat},
                                    {"concatenated samples", test_concat_samples},
                                    {"FanInConcat of positions", test_concat_positions},
                                    CU_TEST_INFO_NULL};

NT_TEST_MAIN("layer.layers", tests)

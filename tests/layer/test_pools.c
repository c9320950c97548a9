/* Pooling, LayerNorm, Dropout: shapes, weights, coefficients, requirements, errors. */
#include "facts.h"

static nt_error err;

static void test_average(void)
{
  const nt_facts in = nt_facts_of((nt_shape){4, {3, 5, 7, 9}}, 1, 0);
  nt_avg_pool c = NT_AVG_POOL_DEFAULTS;
  nt_facts out;
  c.window_shape = (nt_ints){2, {2, 4}};
  c.strides = (nt_ints){2, {1, 3}};
  NT_TEST_OK_ERR(nt_layer_avg_pool.check(&c, &err), &err);
  NT_TEST_OK_ERR(nt_shape_of(&nt_layer_avg_pool, &c, &in, &out, &err), &err);
  NT_TEST(nt_shape_equal(&out.shape1, &(nt_shape){4, {3, 5, 6, 2}}));
  NT_TEST(nt_shape_equal(&out.shape2, &(nt_shape){4, {3, 6, 6, 2}}) && out.ntk_zero);
  nt_taps taps = nt_taps_of(&nt_layer_avg_pool, &c, &in, 1);
  NT_TEST(taps.n == 4 && taps.n_in == 9 && taps.n_out == 2 && taps.from == 1 && taps.centre == 1);
  NT_TEST(taps.in[4] == 3 && taps.weight[0] == 0.25 && taps.weight[7] == 0.25);
  nt_drop_taps(&taps);
}

/* Windows of 2 on 3 positions, SAME: the last one has 1 position inside. */
static void test_edges(void)
{
  const nt_facts in = nt_facts_of((nt_shape){3, {5, 3, 4}}, 0, -1);
  nt_avg_pool c = NT_AVG_POOL_DEFAULTS;
  c.window_shape = (nt_ints){1, {2}};
  for (int i = 0; i < 4; i++) {
    c.padding = i < 2 ? NT_PADDING_SAME : NT_PADDING_CIRCULAR;
    c.normalize_edges = i % 2 != 0;
    nt_taps taps = nt_taps_of(&nt_layer_avg_pool, &c, &in, 0);
    NT_TEST(taps.n_out == 3 && taps.in[4] == 2 && taps.in[5] == (i < 2 ? -1 : 0));
    NT_TEST(taps.weight[0] == 0.5 && taps.weight[3] == 0.5);
    NT_TEST_MSG(taps.weight[4] == (i == 1 ? 1 : 0.5), "case %d", i);
    nt_drop_taps(&taps);
  }
}

static void test_sum(void)
{
  const nt_facts in = nt_facts_of((nt_shape){4, {5, 7, 9, 3}}, 0, -1);
  nt_sum_pool c = NT_SUM_POOL_DEFAULTS;
  nt_facts out;
  c.window_shape = (nt_ints){2, {2, 2}};
  c.strides.n = 0;
  c.padding = NT_PADDING_CIRCULAR;
  NT_TEST_OK_ERR(nt_layer_sum_pool.check(&c, &err), &err);
  NT_TEST_OK_ERR(nt_shape_of(&nt_layer_sum_pool, &c, &in, &out, &err), &err);
  NT_TEST(nt_shape_equal(&out.shape1, &in.shape1));
  nt_taps taps = nt_taps_of(&nt_layer_sum_pool, &c, &in, 1);
  NT_TEST(taps.weight == NULL && taps.n_in == 9 && taps.in[16] == 8 && taps.in[17] == 0);
  nt_drop_taps(&taps);
}

static void test_global(void)
{
  const nt_global_pool c = NT_GLOBAL_POOL_DEFAULTS;
  nt_facts out, in = nt_facts_of((nt_shape){4, {5, 4, 2, 3}}, 0, -1);
  in.is_gaussian = in.diagonal_spatial = true;
  NT_TEST_OK_ERR(nt_shape_of(&nt_layer_global_avg_pool, &c, &in, &out, &err), &err);
  NT_TEST(nt_shape_equal(&out.shape1, &(nt_shape){2, {5, 3}}));
  NT_TEST(nt_shape_equal(&out.shape2, &(nt_shape){2, {6, 3}}));
  NT_TEST(out.batch_axis == 0 && out.channel_axis == 1);
  NT_TEST(out.is_gaussian && out.diagonal_spatial && out.ntk_zero);
  nt_affine a = nt_layer_global_avg_pool.affine(&c, &in);
  NT_TEST(a.k == 1.0 / 64 && a.tt == 1.0 / 64);
  a = nt_layer_global_sum_pool.affine(&c, &in);
  NT_TEST(a.k == 1 && a.tt == 1);
  in = nt_facts_of((nt_shape){4, {4, 3, 2, 5}}, 3, 1);
  NT_TEST_OK_ERR(nt_shape_of(&nt_layer_global_sum_pool, &c, &in, &out, &err), &err);
  NT_TEST(nt_shape_equal(&out.shape2, &(nt_shape){2, {3, 6}}));
  NT_TEST(out.batch_axis == 1 && out.channel_axis == 0);
  NT_TEST(nt_layer_global_avg_pool.mean_unmasked && !nt_layer_global_sum_pool.mean_unmasked);
  /* Three positions, two channels. */
  const unsigned char masks[] = {1, 1, 1, 0, 1, 1};
  unsigned char masked[2];
  nt_layer_global_avg_pool.mask(&c, 3, 2, masks, masked);
  NT_TEST(masked[0] == 1 && masked[1] == 0);
}

static void test_requirements(void)
{
  const nt_avg_pool avg = {.batch_axis = 1, .channel_axis = -2};
  const nt_sum_pool sum = {.batch_axis = 1, .channel_axis = -2};
  const nt_global_pool global = {.batch_axis = 1, .channel_axis = -2};
  const nt_layer_norm norm = {.batch_axis = 1, .channel_axis = -2};
  const struct {
    const nt_layer_ops *ops;
    const void *cfg;
    bool has_diagonal;
    nt_bool output;
  } layers[] = {{&nt_layer_avg_pool, &avg, true, NT_NO},
                {&nt_layer_sum_pool, &sum, true, NT_NO},
                {&nt_layer_global_avg_pool, &global, true, NT_YES},
                {&nt_layer_global_sum_pool, &global, true, NT_YES},
                {&nt_layer_layer_norm, &norm, false, NT_NO}};
  for (size_t i = 0; i < sizeof layers / sizeof layers[0]; i++) {
    const nt_layer_ops *const ops = layers[i].ops;
    const nt_requirement r = ops->require(layers[i].cfg);
    NT_TEST_MSG(r.has_axes && r.batch_axis == 1 && r.channel_axis == -2 && !r.flattens, "%s",
                ops->name);
    NT_TEST_MSG(r.has_diagonal == layers[i].has_diagonal && r.diagonal_batch == NT_MAYBE, "%s",
                ops->name);
    NT_TEST_MSG(!r.has_diagonal || (r.input == NT_MAYBE && r.output == layers[i].output), "%s",
                ops->name);
    NT_TEST_MSG(ops->gaussian == NT_MAYBE && ops->remasks == (ops->action == NT_POOL) &&
                    ops->mask_rule == NT_MASK_CENTRE,
                "%s", ops->name);
  }
  NT_TEST(nt_layer_dropout.require == NULL && !nt_layer_dropout.remasks);
}

static void test_layer_norm(void)
{
  const nt_facts in = nt_facts_of((nt_shape){5, {4, 5, 2, 3, 6}}, 1, 3);
  nt_layer_norm c = NT_LAYER_NORM_DEFAULTS;
  nt_facts out;
  c.axis = (nt_ints){3, {-2, 4, 1}};
  NT_TEST_OK_ERR(nt_shape_of(&nt_layer_layer_norm, &c, &in, &out, &err), &err);
  const nt_norm norm = nt_layer_layer_norm.norm(&c, &in);
  NT_TEST(norm.eps == 1e-12 && norm.batch && !norm.axis[0] && !norm.axis[1] && norm.axis[2]);
  c.axis = (nt_ints){1, {3}};
  NT_TEST(!nt_layer_layer_norm.norm(&c, &in).batch);
  NT_TEST(nt_layer_layer_norm.needs_gaussian);
  c.axis = (nt_ints){2, {0, -1}};
  NT_TEST_FAILS_ERR(nt_shape_of(&nt_layer_layer_norm, &c, &in, &out, &err), NT_ERR_SHAPE, &err);
  NT_TEST_CONTAINS(err.message, "axis (0, -1) leaves out the channels, axis 3");
  c.axis = (nt_ints){2, {3, 5}};
  NT_TEST_FAILS_ERR(nt_shape_of(&nt_layer_layer_norm, &c, &in, &out, &err), NT_ERR_SHAPE, &err);
  NT_TEST_CONTAINS(err.message, "axis 5 does not exist: the input has 5 axes");
}

static void test_dropout(void)
{
  nt_facts out, in = nt_facts_of((nt_shape){2, {5, 3}}, 0, 1);
  nt_dropout c = {.rate = 0.25, .mode = NT_DROPOUT_TRAIN};
  in.is_gaussian = true;
  NT_TEST_OK_ERR(nt_shape_of(&nt_layer_dropout, &c, &in, &out, &err), &err);
  NT_TEST(!out.is_gaussian && nt_layer_dropout.affine(&c, &in).k == 4);
  NT_TEST(nt_layer_dropout.affine(&c, &in).tt == 4);
  c.mode = NT_DROPOUT_TEST;
  NT_TEST_OK_ERR(nt_shape_of(&nt_layer_dropout, &c, &in, &out, &err), &err);
  NT_TEST(out.is_gaussian && nt_layer_dropout.affine(&c, &in).k == 1);
}

static void test_errors(void)
{
  const nt_facts in = nt_facts_of((nt_shape){4, {5, 4, 2, 3}}, 0, -1);
  nt_avg_pool c = NT_AVG_POOL_DEFAULTS;
  nt_facts out;
  c.window_shape = (nt_ints){1, {2}};
  NT_TEST_FAILS_ERR(nt_shape_of(&nt_layer_avg_pool, &c, &in, &out, &err), NT_ERR_SHAPE, &err);
  NT_TEST_CONTAINS(err.message, "window_shape has 1 axis, so the input needs 3");
  NT_TEST_CONTAINS(err.message, "(5, 4, 2, 3)");
  c.window_shape = (nt_ints){2, {2, 3}};
  NT_TEST_FAILS_ERR(nt_shape_of(&nt_layer_avg_pool, &c, &in, &out, &err), NT_ERR_SHAPE, &err);
  NT_TEST_CONTAINS(err.message, "3 positions does not fit into axis 2");
  c.strides = (nt_ints){3, {1, 1, 1}};
  err = (nt_error){0};
  NT_TEST_FAILS_ERR(nt_layer_avg_pool.check(&c, &err), NT_ERR_ARG, &err);
  NT_TEST_CONTAINS(err.message, "strides has 3 entries, but window_shape has 2");
}

static const CU_TestInfo tests[] = {{"AvgPool", test_average},
                                    {"AvgPool at the edges", test_edges},
                                    {"SumPool", test_sum},
                                    {"GlobalAvgPool and GlobalSumPool", test_global},
                                    {"requirements", test_requirements},
                                    {"LayerNorm", test_layer_norm},
                                    {"Dropout", test_dropout},
                                    {"errors", test_errors},
                                    CU_TEST_INFO_NULL};

NT_TEST_MAIN("layer.pools", tests)

/* Constructors, owners, checks, and layers of the user's own. */
#include "base/check.h"
#include "net/net_impl.h"
#include "nt_test.h"

#include <stdlib.h>
#include <string.h>

static bool has_text(const nt_layer *layer, const char *want)
{
  nt_error err = {0};
  char *text = NULL;
  const bool equal = nt_layer_text(&err, layer, &text) == NT_OK && strcmp(text, want) == 0;
  free(text);
  return equal;
}

static nt_layer *dense(int64_t out_dim)
{
  nt_error err = {0};
  nt_layer *layer = NULL;
  nt_dense cfg = NT_DENSE_DEFAULTS;
  cfg.out_dim = out_dim;
  NT_TEST_OK_ERR(nt_stax_dense(&err, &cfg, &layer), &err);
  return layer;
}

#define MAKE(function, type, initialiser, required, text)                                          \
  do {                                                                                             \
    type cfg = initialiser;                                                                        \
    nt_error err = {0};                                                                            \
    nt_layer *layer = NULL;                                                                        \
    required;                                                                                      \
    NT_TEST_OK_ERR(function(&err, &cfg, &layer), &err);                                            \
    NT_TEST_MSG(layer &&has_text(layer, text), "%s", text);                                        \
    nt_layer_release(&layer);                                                                      \
  } while (0)

#define MAKE_PLAIN(function, text)                                                                 \
  do {                                                                                             \
    nt_error err = {0};                                                                            \
    nt_layer *layer = NULL;                                                                        \
    NT_TEST_OK_ERR(function(&err, &layer), &err);                                                  \
    NT_TEST_MSG(layer &&has_text(layer, text), "%s", text);                                        \
    nt_layer_release(&layer);                                                                      \
  } while (0)

#define SET_INDEX                                                                                  \
  cfg.idx =                                                                                        \
      ((nt_slices){2, {{.kind = NT_SLICE_ELLIPSIS}, {.has_start = true, .start = 1, .step = 1}}})
#define SET_HEADS cfg.n_chan_out = 1, cfg.n_chan_key = 2, cfg.n_chan_val = 3, cfg.n_heads = 4
#define SET_FACTOR cfg.rhs = ((nt_array){.rank = 1, .dim = {2}, .data = (double[]){1, 0.5}})
#define SET_FILTER cfg.out_chan = 5, cfg.filter_shape = ((nt_ints){2, {3, 2}})

/* The defaults of the structs are those of the option tables: nothing is printed. */
static void test_defaults(void)
{
  MAKE(nt_stax_dense, nt_dense, NT_DENSE_DEFAULTS, cfg.out_dim = 5, "Dense(5)");
  MAKE(nt_stax_conv, nt_conv, NT_CONV_DEFAULTS, SET_FILTER, "Conv(5, (3, 2))");
  MAKE(nt_stax_conv_transpose, nt_conv, NT_CONV_DEFAULTS, SET_FILTER, "ConvTranspose(5, (3, 2))");
  MAKE(nt_stax_conv_local, nt_conv, NT_CONV_DEFAULTS, SET_FILTER, "ConvLocal(5, (3, 2))");
  MAKE(nt_stax_avg_pool, nt_avg_pool, NT_AVG_POOL_DEFAULTS, cfg.window_shape = ((nt_ints){1, {2}}),
       "AvgPool((2,))");
  MAKE(nt_stax_sum_pool, nt_sum_pool, NT_SUM_POOL_DEFAULTS,
       cfg.window_shape = ((nt_ints){2, {2, 1}}), "SumPool((2, 1))");
  MAKE(nt_stax_global_avg_pool, nt_global_pool, NT_GLOBAL_POOL_DEFAULTS, (void)0,
       "GlobalAvgPool()");
  MAKE(nt_stax_global_sum_pool, nt_global_pool, NT_GLOBAL_POOL_DEFAULTS, (void)0,
       "GlobalSumPool()");
  MAKE(nt_stax_layer_norm, nt_layer_norm, NT_LAYER_NORM_DEFAULTS, (void)0, "LayerNorm()");
  MAKE(nt_stax_dropout, nt_dropout, NT_DROPOUT_DEFAULTS, cfg.rate = .5, "Dropout(0.5)");
  MAKE(nt_stax_image_resize, nt_image_resize, NT_IMAGE_RESIZE_DEFAULTS,
       cfg.shape = ((nt_ints){3, {-1, 8, -1}}), "ImageResize((-1, 8, -1), 'linear')");
  MAKE(nt_stax_index, nt_index, NT_INDEX_DEFAULTS, SET_INDEX, "Index(Slice[..., 1:])");
  MAKE(nt_stax_abrelu, nt_abrelu, NT_ABRELU_DEFAULTS, (void)0, "ABRelu(0.0, 1.0)");
  MAKE(nt_stax_relu, nt_relu, NT_RELU_DEFAULTS, (void)0, "Relu()");
  MAKE(nt_stax_leaky_relu, nt_leaky_relu, NT_LEAKY_RELU_DEFAULTS, cfg.alpha = .1, "LeakyRelu(0.1)");
  MAKE(nt_stax_abs, nt_abs, NT_ABS_DEFAULTS, (void)0, "Abs()");
  MAKE(nt_stax_erf, nt_erf, NT_ERF_DEFAULTS, (void)0, "Erf()");
  MAKE(nt_stax_gelu, nt_gelu, NT_GELU_DEFAULTS, (void)0, "Gelu()");
  MAKE(nt_stax_sin, nt_sin, NT_SIN_DEFAULTS, (void)0, "Sin()");
  MAKE(nt_stax_cos, nt_cos, NT_COS_DEFAULTS, (void)0, "Cos()");
  MAKE(nt_stax_rbf, nt_rbf, NT_RBF_DEFAULTS, (void)0, "Rbf()");
  MAKE(nt_stax_exp, nt_exp, NT_EXP_DEFAULTS, (void)0, "Exp()");
  MAKE(nt_stax_gaussian, nt_gaussian, NT_GAUSSIAN_DEFAULTS, (void)0, "Gaussian()");
  MAKE(nt_stax_flatten, nt_flatten, NT_FLATTEN_DEFAULTS, (void)0, "Flatten()");
  MAKE(nt_stax_fan_in_concat, nt_fan_in_concat, NT_FAN_IN_CONCAT_DEFAULTS, (void)0,
       "FanInConcat()");
  MAKE(nt_stax_fan_out, nt_fan_out, NT_FAN_OUT_DEFAULTS, cfg.num = 2, "FanOut(2)");
  MAKE(nt_stax_exp_normalized, nt_exp_normalized, NT_EXP_NORMALIZED_DEFAULTS, (void)0,
       "ExpNormalized()");
  MAKE(nt_stax_hermite, nt_hermite, NT_HERMITE_DEFAULTS, cfg.degree = 2, "Hermite(2)");
  MAKE(nt_stax_monomial, nt_monomial, NT_MONOMIAL_DEFAULTS, cfg.degree = 3, "Monomial(3)");
  MAKE(nt_stax_rectified_monomial, nt_rectified_monomial, NT_RECTIFIED_MONOMIAL_DEFAULTS,
       cfg.degree = 1, "RectifiedMonomial(1)");
  MAKE(nt_stax_polynomial, nt_polynomial, NT_POLYNOMIAL_DEFAULTS,
       (cfg.coef.n = 2, cfg.coef.v[1] = 1), "Polynomial([0.0, 1.0])");
  MAKE(nt_stax_global_self_attention, nt_attention, NT_ATTENTION_DEFAULTS, SET_HEADS,
       "GlobalSelfAttention(1, 2, 3, 4)");
  MAKE(nt_stax_aggregate, nt_aggregate, NT_AGGREGATE_DEFAULTS, (void)0, "Aggregate()");
  MAKE(nt_stax_dot_general, nt_dot_general, NT_DOT_GENERAL_DEFAULTS, (void)0, "DotGeneral()");
  MAKE(nt_stax_dot_general, nt_dot_general, NT_DOT_GENERAL_DEFAULTS, SET_FACTOR,
       "DotGeneral(rhs=np.array([1.0, 0.5]))");
  MAKE_PLAIN(nt_stax_gabor, "Gabor()");
  MAKE_PLAIN(nt_stax_sigmoid_like, "Sigmoid_like()");
  MAKE_PLAIN(nt_stax_sign, "Sign()");
  MAKE_PLAIN(nt_stax_identity, "Identity()");
  MAKE_PLAIN(nt_stax_fan_in_sum, "FanInSum()");
  MAKE_PLAIN(nt_stax_fan_in_prod, "FanInProd()");
}

/* The layer keeps the function; the caller gives back their own. */
static void test_numerical(void)
{
  nt_error err = {0};
  nt_layer *layer = NULL;
  nt_elementwise_numerical cfg = NT_ELEMENTWISE_NUMERICAL_DEFAULTS;
  NT_TEST_FAILS(nt_stax_elementwise_numerical(&err, &cfg, &layer), NT_ERR_ARG);
  cfg.deg = 5;
  nt_function *fn = NULL;
  NT_TEST_OK_ERR(nt_function_parse(&err, "tanh(x)", &fn), &err);
  cfg.fn = fn;
  NT_TEST_OK_ERR(nt_stax_elementwise_numerical(&err, &cfg, &layer), &err);
  nt_function_release(&fn);
  NT_TEST(has_text(layer, "ElementwiseNumerical(lambda x: tanh(x), 5)"));
  nt_layer_release(&layer);
}

/* Texts that print back as they are. */
static const char *const texts[] = {
    "Conv(5, (3,), strides=(2,), padding='CIRCULAR', W_std=1.5, b_std=0.1)",
    "Conv(5, ())",
    "Conv(5, (3, 2), dimension_numbers=('NCHW', 'OIHW', 'CHWN'))",
    "ConvLocal(5, (3,), padding='SAME', parameterization='standard', s=(2, 3))",
    "ConvTranspose(5, (3,), strides=(2,))",
    "AvgPool((2, 3), strides=(1, 2), padding='SAME', normalize_edges=True, batch_axis=1)",
    "SumPool((2,), padding='CIRCULAR', channel_axis=1)",
    "GlobalAvgPool(batch_axis=1, channel_axis=0)",
    "LayerNorm(axis=(1, -1), eps=0.1)",
    "Dropout(0.5, mode='test')",
    "ImageResize((-1, 8, 3, -1), 'nearest', antialias=False, channel_axis=3)",
    "Index(Slice[1:])",
    "Index(Slice[:, -1, ..., ::-2])",
    "Index(Slice[3:-9223372036854775807:-9223372036854775807, :2], batch_axis=2, channel_axis=3)",
    "Index(())",
};

static void test_printing(void)
{
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    nt_error err = {0};
    nt_layer *layer = NULL;
    NT_TEST_OK_ERR(nt_network_parse(&err, texts[i], NULL, &layer), &err);
    NT_TEST_MSG(layer && has_text(layer, texts[i]), "%s", texts[i]);
    nt_layer_release(&layer);
  }
}

static void test_combinators(void)
{
  nt_error err = {0};
  nt_layer *a = dense(2), *b = dense(3), *serial = NULL, *parallel = NULL, *repeat = NULL;
  NT_TEST_OK_ERR(nt_stax_serial(&err, 2, (nt_layer *[]){a, b}, &serial), &err);
  NT_TEST_OK_ERR(nt_stax_repeat(&err, serial, 3, &repeat), &err);
  NT_TEST_OK_ERR(nt_stax_parallel(&err, 2, (nt_layer *[]){repeat, a}, &parallel), &err);
  NT_TEST(a->refs == 3 && b->refs == 2 && serial->refs == 2);
  NT_TEST(parallel->layers == 12 && parallel->levels == 3 && repeat->repeat == 3);
  nt_layer_release(&a);
  nt_layer_release(&b);
  nt_layer_release(&serial);
  nt_layer_release(&repeat);
  NT_TEST(a == NULL);
  NT_TEST(has_text(parallel, "parallel(repeat(serial(Dense(2), Dense(3)), 3), Dense(2))"));
  nt_layer *const same = nt_layer_retain(parallel);
  nt_layer_release(&parallel);
  NT_TEST(has_text(same, "parallel(repeat(serial(Dense(2), Dense(3)), 3), Dense(2))"));
  parallel = same;
  nt_layer_release(&parallel);
  nt_layer_release(&parallel);
}

static void test_refusals(void)
{
  nt_error err = {0};
  nt_layer *out = NULL, *a = dense(2);
  nt_dense cfg = NT_DENSE_DEFAULTS;
  NT_TEST_FAILS_ERR(nt_stax_dense(&err, &cfg, &out), NT_ERR_ARG, &err);
  NT_TEST_CONTAINS(err.message, "Dense: out_dim = 0: must be an integer of at least 1");
  err = (nt_error){0};
  cfg.out_dim = 1;
  cfg.parameterization = 7;
  NT_TEST_FAILS_ERR(nt_stax_dense(&err, &cfg, &out), NT_ERR_ARG, &err);
  NT_TEST_CONTAINS(err.message, "parameterization = choice 7");
  err = (nt_error){0};
  NT_TEST_FAILS_ERR(nt_stax_serial(&err, 0, NULL, &out), NT_ERR_ARG, &err);
  err = (nt_error){0};
  NT_TEST_FAILS_ERR(nt_stax_serial(&err, 2, (nt_layer *[]){a, NULL}, &out), NT_ERR_ARG, &err);
  NT_TEST_CONTAINS(err.message, "layer 1 of serial is NULL");
  err = (nt_error){0};
  NT_TEST_FAILS_ERR(nt_stax_repeat(&err, a, -1, &out), NT_ERR_ARG, &err);
  err = (nt_error){0};
  NT_TEST_FAILS_ERR(nt_stax_layer(&err, NULL, NULL, &out), NT_ERR_ARG, &err);
  err = (nt_error){0};
  NT_TEST_FAILS_ERR(nt_network_parse(&err, NULL, NULL, &out), NT_ERR_ARG, &err);
  NT_TEST(out == NULL && a->refs == 1);
  nt_layer_release(&a);
}

/* A layer of our own, as a user writes it. */
typedef struct own_cfg {
  double rate;
} own_cfg;

static nt_status own_check(const void *cfg, nt_error *err)
{
  nt_status status = NT_OK;
  const own_cfg *const c = cfg;
  NT_CHECK(c->rate != 13, err, NT_ERR_ARG, "no rate of 13");
done:
  return status;
}

static const own_cfg own_defaults = {.rate = 1};
static const nt_opt own_opts[] = {
    {.name = "rate", .type = NT_OPT_REAL, .offset = offsetof(own_cfg, rate), .min = 0, .max = 100}};
static const nt_layer_ops own = {
    .name = "Own", NT_ARGUMENTS(own_cfg, own_defaults, own_opts), .check = own_check};

static void test_own_layer(void)
{
  nt_error err = {0};
  nt_layer *layer = NULL;
  own_cfg cfg = {.rate = 2};
  NT_TEST_OK_ERR(nt_stax_layer(&err, &own, &cfg, &layer), &err);
  cfg.rate = 13;
  NT_TEST(has_text(layer, "Own(rate=2.0)"));
  nt_layer_release(&layer);
  NT_TEST_OK_ERR(nt_stax_layer(&err, &own, NULL, &layer), &err);
  NT_TEST(has_text(layer, "Own()"));
  nt_layer_release(&layer);
  NT_TEST_FAILS_ERR(nt_stax_layer(&err, &own, &cfg, &layer), NT_ERR_ARG, &err);
  NT_TEST_CONTAINS(err.message, "Own: no rate of 13");
  err = (nt_error){0};
  cfg.rate = -1;
  NT_TEST_FAILS_ERR(nt_stax_layer(&err, &own, &cfg, &layer), NT_ERR_ARG, &err);
  NT_TEST_CONTAINS(err.message, "rate = -1.0: must be a number of at least 0 and at most 100");
}

static void test_places(void)
{
  nt_error err = {0};
  nt_layer *layer = NULL, *made = dense(3);
  char where[100];
  NT_TEST_OK_ERR(nt_network_parse(&err, "serial(\n  Relu())", "net.txt", &layer), &err);
  NT_TEST(strcmp(nt_layer_where(layer->child[0], where, sizeof where),
                 "Relu at line 2, column 3 of net.txt") == 0);
  NT_TEST(strcmp(nt_layer_where(layer, where, sizeof where),
                 "serial at line 1, column 1 of net.txt") == 0);
  NT_TEST(strcmp(nt_layer_where(made, where, sizeof where), "Dense") == 0);
  nt_layer_release(&layer);
  nt_layer_release(&made);
}

static const CU_TestInfo tests[] = {{"structs and tables have the same defaults", test_defaults},
                                    {"a quadrature owns its function", test_numerical},
                                    {"texts of layers print back", test_printing},
                                    {"combinators share their layers", test_combinators},
                                    {"wrong arguments are refused", test_refusals},
                                    {"a layer of one's own", test_own_layer},
                                    {"layers know where they stand", test_places},
                                    CU_TEST_INFO_NULL};
NT_TEST_MAIN("net.layers", tests)

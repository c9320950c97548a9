/* What texts mean: arithmetic, sequences, names, values. */
#include "net/eval.h"
#include "nt_test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A text at work, with what it needs. */
typedef struct run {
  nt_error err;
  nt_script script;
  nt_evaluation evaluation;
  nt_value value;
} run;

static nt_value start(run *r, const char *text)
{
  *r = (run){.script = {.text = text, .length = strlen(text)}};
  r->evaluation = (nt_evaluation){.err = &r->err, .script = &r->script};
  NT_TEST_OK_ERR(nt_script_name_create(&r->err, "t", &r->script.name), &r->err);
  NT_TEST_OK_ERR(nt_evaluation_run(&r->evaluation, &r->value), &r->err);
  return r->value;
}

static void stop(run *r)
{
  nt_evaluation_free(&r->evaluation);
  nt_script_name_release(r->script.name);
}

static void test_numbers(void)
{
  static const struct {
    const char *text;
    nt_value_kind kind;
    double value;
  } cases[] = {
      {"2**10", NT_VALUE_INT, 1024},
      {"2**-1", NT_VALUE_REAL, 0.5},
      {"-2**2", NT_VALUE_INT, -4},
      {"2**3**2", NT_VALUE_INT, 512},
      {"2**.5", NT_VALUE_REAL, 1.4142135623730951},
      {"7 // 2", NT_VALUE_INT, 3},
      {"-7 // 2", NT_VALUE_INT, -4},
      {"-7 % 3", NT_VALUE_INT, 2},
      {"7 % -3", NT_VALUE_INT, -2},
      {"7.5 % -2", NT_VALUE_REAL, -0.5},
      {"-7.5 // 2", NT_VALUE_REAL, -4},
      {"7 / 2", NT_VALUE_REAL, 3.5},
      {"6 / 2", NT_VALUE_REAL, 3},
      {"1 + 2 * 3 - 4", NT_VALUE_INT, 3},
      {"(1 + 2) * 3", NT_VALUE_INT, 9},
      {"10 - 3 - 2", NT_VALUE_INT, 5},
      {"--3", NT_VALUE_INT, 3},
      {"+3", NT_VALUE_INT, 3},
      {"1_000", NT_VALUE_INT, 1000},
      {"1e3", NT_VALUE_REAL, 1000},
      {".5", NT_VALUE_REAL, 0.5},
      {"5.", NT_VALUE_REAL, 5},
      {"1.5E-2", NT_VALUE_REAL, 0.015},
      {"000", NT_VALUE_INT, 0},
      {"-9223372036854775807 - 1", NT_VALUE_INT, -9223372036854775808.0},
      {"(-9223372036854775807 - 1) % -1", NT_VALUE_INT, 0},
      {"np.sqrt(2)", NT_VALUE_REAL, 1.4142135623730951},
      {"math.pi", NT_VALUE_REAL, 3.141592653589793},
      {"jax.numpy.exp(1) / e", NT_VALUE_REAL, 1},
      {"max(2, 3) + np.minimum(2, 3)", NT_VALUE_INT, 5},
      {"max(2, 3.) + min(2, 3)", NT_VALUE_REAL, 5},
      {"abs(-3) * jnp.abs(2)", NT_VALUE_INT, 6},
      {"np.where(0, 1, 2)", NT_VALUE_REAL, 2},
      {"a = 16; k = 2\nb = a*k\nb", NT_VALUE_INT, 32},
      {"a = 1\na = a + 1\na", NT_VALUE_INT, 2},
      {"a = 1 + \\\n 2\n(a\n# comment\n)", NT_VALUE_INT, 3},
      {"\xef\xbb\xbf 4\r\n", NT_VALUE_INT, 4},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    run r;
    const nt_value v = start(&r, cases[i].text);
    NT_TEST_MSG(v.kind == cases[i].kind, "%s", cases[i].text);
    NT_TEST_MSG(nt_test_close(nt_value_real(v), cases[i].value, 1e-15), "%s", cases[i].text);
    stop(&r);
  }
}

static void test_sequences(void)
{
  static const struct {
    const char *text;
    nt_value_kind kind;
    int64_t n;
  } cases[] = {
      {"()", NT_VALUE_TUPLE, 0},
      {"(1,)", NT_VALUE_TUPLE, 1},
      {"1, 2", NT_VALUE_TUPLE, 2},
      {"1,", NT_VALUE_TUPLE, 1},
      {"[]", NT_VALUE_LIST, 0},
      {"[1, 2, 3,]", NT_VALUE_LIST, 3},
      {"[1, 2] * 3", NT_VALUE_LIST, 6},
      {"3 * (1, 2)", NT_VALUE_TUPLE, 6},
      {"[1] * -1", NT_VALUE_LIST, 0},
      {"[1] + [2, 3]", NT_VALUE_LIST, 3},
      {"a = [1, 2]; [0, *a, *(3, 4), *[]]", NT_VALUE_LIST, 5},
      {"(*[1, 2], 3)", NT_VALUE_TUPLE, 3},
      {"[None, True, 'a', \"b\", 1.5, ...]", NT_VALUE_LIST, 6},
      {"Slice[:, 1:, ..., ::-2]", NT_VALUE_TUPLE, 4},
      {"stax.Slice[1:,]", NT_VALUE_TUPLE, 1},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    run r;
    const nt_value v = start(&r, cases[i].text);
    NT_TEST_MSG(v.kind == cases[i].kind, "%s", cases[i].text);
    NT_TEST_MSG(nt_value_is_sequence(v) && v.as.sequence->n == cases[i].n, "%s", cases[i].text);
    stop(&r);
  }
}

static void test_slices(void)
{
  run r;
  nt_value v = start(&r, "Slice[2:-1:-3, :, 5]");
  const nt_value *const item = v.as.sequence->value;
  NT_TEST(item[0].kind == NT_VALUE_SLICE && item[1].kind == NT_VALUE_SLICE);
  NT_TEST(item[2].kind == NT_VALUE_INT && item[2].as.integer == 5);
  const nt_slice *const a = item[0].as.slice, *const b = item[1].as.slice;
  NT_TEST(a->has_start && a->start == 2 && a->has_stop && a->stop == -1 && a->step == -3);
  NT_TEST(!b->has_start && !b->has_stop && b->step == 1);
  stop(&r);
  v = start(&r, "nt.stax.Slice[1:]");
  NT_TEST(v.kind == NT_VALUE_SLICE && v.as.slice->start == 1);
  stop(&r);
}

static void test_strings(void)
{
  static const struct {
    const char *text, *value;
  } cases[] = {{"'a\"b'", "a\"b"},
               {"\"a'b\"", "a'b"},
               {"'a\\'b\\n\\\\'", "a'b\n\\"},
               {"''", ""},
               {"stax.Padding.SAME", "SAME"},
               {"nt.stax.PositionalEmbedding.SUM", "SUM"},
               {"'#; ('", "#; ("}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    run r;
    const nt_value v = start(&r, cases[i].text);
    NT_TEST_MSG(v.kind == NT_VALUE_STRING, "%s", cases[i].text);
    NT_TEST_MSG(strcmp(v.as.text->text, cases[i].value) == 0, "%s", cases[i].text);
    NT_TEST_MSG(v.as.text->length == strlen(cases[i].value), "%s", cases[i].text);
    stop(&r);
  }
}

static void test_arrays(void)
{
  run r;
  nt_value v = start(&r, "np.array([[1, .5], [-.3, 2], (0, True)])");
  NT_TEST(v.kind == NT_VALUE_ARRAY && v.as.array->rank == 2);
  NT_TEST(v.as.array->dim[0] == 3 && v.as.array->dim[1] == 2);
  const double want[] = {1, .5, -.3, 2, 0, 1};
  NT_TEST(memcmp(v.as.array->data, want, sizeof want) == 0);
  stop(&r);
  v = start(&r, "np.array(-.7)");
  NT_TEST(v.kind == NT_VALUE_ARRAY && v.as.array->rank == 0 && v.as.array->data[0] == -.7);
  stop(&r);
}

static void test_load(void)
{
  static const char header[] = "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }";
  unsigned char file[144] = "\x93NUMPY\x01";
  const double data[2] = {1.5, -2};
  run r;
  file[8] = 118;
  memset(file + 10, ' ', 118);
  memcpy(file + 10, header, strlen(header));
  file[127] = '\n';
  memcpy(file + 128, data, sizeof data);
  nt_test_write(nt_test_path("a.npy"), file, sizeof file);
  nt_error err = {0};
  nt_layer *layer = NULL;
  const char *const net = nt_test_path("net.txt");
  nt_test_write_text(net, "a = load('a.npy')\nb = np.load(\"./a.npy\")\nRelu()");
  NT_TEST_OK_ERR(nt_network_read(&err, net, &layer), &err);
  nt_layer_release(&layer);
  r = (run){.script = {.text = "load('a.npy')", .length = 13}};
  r.evaluation = (nt_evaluation){.err = &r.err, .script = &r.script};
  NT_TEST_OK_ERR(nt_script_name_create(&r.err, net, &r.script.name), &r.err);
  NT_TEST_OK_ERR(nt_evaluation_run(&r.evaluation, &r.value), &r.err);
  NT_TEST(r.value.kind == NT_VALUE_ARRAY && r.value.as.array->dim[0] == 2);
  NT_TEST(memcmp(r.value.as.array->data, data, sizeof data) == 0);
  stop(&r);
}

static void test_functions(void)
{
  run r;
  const nt_value v = start(&r, "a = 3\nlambda c, v1: a * c + sqrt(4) * v1 ** 2");
  NT_TEST(v.kind == NT_VALUE_FUNCTION && v.as.function->arguments == 2);
  const double c = 2, v1 = 5, *const arg[] = {&c, &v1};
  double y;
  nt_function_eval_f64(v.as.function, 1, arg, &y);
  NT_TEST(y == 56);
  stop(&r);
}

static void test_networks(void)
{
  static const struct {
    const char *text, *canonical;
  } cases[] = {
      {"Dense(16, 1.5, .1)", "Dense(16, W_std=1.5, b_std=0.1)"},
      {"stax.serial(nt.stax.Relu(), neural_tangents.stax.Relu())", "serial(Relu(), Relu())"},
      {"Dense(out_dim=4, b_std=0)", "Dense(4, b_std=0.0)"},
      {"Dense(4, W_std=1, b_std=None, channel_axis=-1, s=[1, 1])", "Dense(4)"},
      {"Dense(4, parameterization='STANDARD', s=(1, 3))",
       "Dense(4, parameterization='standard', s=(1, 3))"},
      {"ABRelu(.2, b=.9, do_stabilize=True)", "ABRelu(0.2, 0.9, do_stabilize=True)"},
      {"l = [Dense(2), Relu()]\nserial(*l * 2, *[Sign()], Dense(1))",
       "serial(Dense(2), Relu(), Dense(2), Relu(), Sign(), Dense(1))"},
      {"repeat(n=3, layer=serial(Relu(), Dense(2)))", "repeat(serial(Relu(), Dense(2)), 3)"},
      {"repeat(Relu(), 0)", "repeat(Relu(), 0)"},
      {"serial(FanOut(2), parallel(Identity(), Dense(2)), FanInSum())",
       "serial(FanOut(2), parallel(Identity(), Dense(2)), FanInSum())"},
      {"serial(\n  Flatten(),  # images\n\n  Dense(1),\n)  # done\n\n",
       "serial(Flatten(), Dense(1))"},
      {"ExpNormalized(2., True)", "ExpNormalized(gamma=2.0, shift=1.0)"},
      {"Dense(4, b_std=False)", "Dense(4, b_std=0.0)"},
      {"Gaussian(b=-1/3)", "Gaussian(b=-0.3333333333333333)"},
      {"f = cos; ElementwiseNumerical(f, 25)", "ElementwiseNumerical(lambda x: cos(x), 25)"},
      {"Elementwise(np.tanh)", "Elementwise(fn=lambda x: tanh(x))"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    nt_error err = {0};
    nt_layer *layer = NULL;
    char *text = NULL;
    NT_TEST_OK_ERR(nt_network_parse(&err, cases[i].text, NULL, &layer), &err);
    NT_TEST_OK_ERR(nt_layer_text(&err, layer, &text), &err);
    NT_TEST_MSG(text && strcmp(text, cases[i].canonical) == 0, "%s", text);
    free(text);
    nt_layer_release(&layer);
  }
}

static const CU_TestInfo tests[] = {{"numbers as in Python", test_numbers},
                                    {"lists and tuples as in Python", test_sequences},
                                    {"slices", test_slices},
                                    {"strings", test_strings},
                                    {"arrays", test_arrays},
                                    {"load is relative to the text", test_load},
                                    {"lambdas see the names before", test_functions},
                                    {"networks and their text", test_networks},
                                    CU_TEST_INFO_NULL};
NT_TEST_MAIN("net.language", tests)

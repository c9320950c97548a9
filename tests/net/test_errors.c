/* Every kind of error: its status, its line and column, the caret, and what it says. */
#include "nt/stax.h"
#include "nt_test.h"

#include <stdio.h>
#include <string.h>

typedef struct wrong_text {
  const char *text;
  int line, column;
  const char *at;      /* What the caret points at. */
  const char *message; /* Part of it. */
} wrong_text;

static const wrong_text wrong[] = {
    /* Words */
    {"serial(Dense(16), Reluu())", 1, 19, "Reluu", "did you mean 'Relu'?"},
    {"relu()", 1, 1, "relu", "did you mean 'Relu'?"},
    {"serial(Foo())", 1, 8, "Foo", "unknown layer or function 'Foo'"},
    {"bloc = Relu()\nserial(block)", 2, 8, "block", "did you mean 'bloc'?"},
    {"serial(Relu, Relu())", 1, 8, "Relu,", "a layer needs brackets: Relu()"},
    {"Dense(sqrt)", 1, 7, "sqrt", "a function"},
    {"Elementwise(maximum)", 1, 13, "maximum", "'maximum' is a function of 2 arguments"},
    {"Gelu(approximate=Flase)", 1, 18, "Flase", "did you mean 'False'?"},
    {"b = Relu()\nserial(b())", 2, 8, "b()", "is written without brackets"},
    {"np.Relu()", 1, 1, "np.Relu", "Relu belongs to stax"},
    {"torch.Relu()", 1, 1, "torch", "the known prefixes are stax"},
    {"Dense(foo.bar)", 1, 7, "foo.bar", "the known prefixes are stax"},
    {"Relu = 3; Dense(1)", 1, 1, "Relu", "Relu is a layer; take another name"},
    {"serial = 3; Dense(1)", 1, 1, "serial", "serial is a layer; take another name"},
    {"Dense(repeat)", 1, 7, "repeat", "a layer needs brackets: repeat()"},
    {"Slice(1)", 1, 1, "Slice", "Slice has square brackets"},
    /* Arguments */
    {"serial(Dense())", 1, 8, "Dense", "Dense needs out_dim, an integer of at least 1: Dense("},
    {"Dense(3,\n  out_dim=4)", 2, 3, "out_dim", "given twice"},
    {"Dense(16, w_std=3)", 1, 11, "w_std", "did you mean 'W_std'?"},
    {"Dense(16, foo=3)", 1, 11, "foo", "Dense has no argument 'foo' (Dense(out_dim, W_std=1.0"},
    {"Dense(1, 2, 3, 0, -1, 'ntk', (1, 1), 8)", 1, 38, "8)", "takes at most 7 arguments"},
    {"Sign(1)", 1, 6, "1)", "Sign takes no arguments"},
    {"Dense(16.)", 1, 7, "16.", "write 16, without a point"},
    {"Dense('3')", 1, 7, "'3'", "found the string '3'"},
    {"Dense(True)", 1, 7, "True", "found True"},
    {"Dense(0)", 1, 7, "0)", "Dense: out_dim = 0: must be an integer of at least 1"},
    {"Dense(2**60)", 1, 7, "2",
     "out_dim = 1152921504606846976: must be an integer of at least 1 (at most "
     "9007199254740992)"},
    {"Rbf(-.5)", 1, 5, "-", "gamma = -0.5: must be a number of at least 0"},
    {"LayerNorm(eps=-1)", 1, 15, "-", "eps = -1.0: must be a number of at least 0"},
    {"Dense(abs(-2**62 * 2))", 1, 7, "abs", "larger than 9223372036854775807"},
    {"Dense(3 - 2 - 1)", 1, 7, "3 - 2", "out_dim = 0"},
    {"Dense(3, None)", 1, 10, "None", "W_std of Dense must be a finite number; found None"},
    {"Dense(3, b_std=1e400)", 1, 16, "1e400", "must be a finite number"},
    {"Dense(3, b_std=nan)", 1, 16, "nan", "must be a finite number"},
    {"Dense(8, parameterization='mup')", 1, 27, "'mup'", "must be 'ntk' or 'standard'"},
    {"Dense(8, parameterization='standrd')", 1, 27, "'stan", "did you mean 'standard'?"},
    {"Dense(8, s=(1, 2, 3))", 1, 12, "(1", "a tuple of 2 integers"},
    {"Dense(8, s=(1, .5))", 1, 12, "(1", "found a tuple of 2 values"},
    {"Relu(do_stabilize=1)", 1, 19, "1)", "must be True or False; found the integer 1"},
    {"Flatten(batch_axis_out=3)", 1, 1, "Flatten", "batch_axis_out"},
    {"Dense(W_std=1, 3)", 1, 16, "3)", "without a keyword after one with a keyword"},
    {"Dense(3=4)", 1, 8, "=4", "there is no keyword before it"},
    {"Dense(**a)", 1, 7, "**", "write the keywords out"},
    /* Combinators */
    {"serial()", 1, 1, "serial", "serial needs at least one layer"},
    {"parallel()", 1, 1, "parallel", "parallel needs at least one layer"},
    {"serial([Relu()])", 1, 8, "[", "a '*' before it spreads it"},
    {"serial(*Relu())", 1, 8, "*", "'*' spreads a list or a tuple"},
    {"serial(Relu(), a=Relu())", 1, 16, "a=", "serial takes layers, and no keywords"},
    /* Arguments of layers on positions */
    {"Conv(8, (2, 2), padding='same')", 1, 25, "'same'", "must be 'VALID' or 'SAME' or 'CIRCULAR'"},
    {"Conv(8)", 1, 1, "Conv", "Conv needs filter_shape, an integer or a tuple of integers"},
    {"Conv(8, (2, 0))", 1, 9, "(2, 0)", "filter_shape = (2, 0): must be"},
    {"Conv(8, (2.,))", 1, 9, "(2.", "found a tuple of 1 value"},
    {"Conv(8, (2, 2), 2)", 1, 1, "Conv", "strides has 1 entry, but filter_shape has 2"},
    {"Conv(8, (2, 2), s=(1, 2, 3))", 1, 19, "(1", "a tuple of 2 integers"},
    {"Conv(8, 2, dimension_numbers='NHC')", 1, 30, "'NHC'", "must be a tuple of 3 strings of at"},
    {"Conv(8, 2, dimension_numbers=('NHC', 'HIO'))", 1, 30, "(", "must be a tuple of 3 strings"},
    {"Conv(8, 2, dimension_numbers=('NHC', 'HIO', 3))", 1, 30, "(", "a tuple of 3 strings"},
    {"Conv(8, 2, dimension_numbers=('NABDEFGHJKC',) * 3)", 1, 30, "(", "at most 10 letters"},
    {"Conv(8, 2, dimension_numbers=('NHC', 'HIO', 'NHW'))", 1, 1, "Conv", "axes of the outputs"},
    {"Conv(8, 2, parameterization='mup')", 1, 29, "'mup'", "must be 'ntk' or 'standard'"},
    {"AvgPool()", 1, 1, "AvgPool", "AvgPool needs window_shape"},
    {"AvgPool((2,), normalize_edges=1)", 1, 31, "1", "must be True or False"},
    {"Dropout()", 1, 1, "Dropout", "Dropout needs rate, a number above 0 and at most 1"},
    {"Dropout(1.5)", 1, 9, "1.5", "rate = 1.5: must be a number above 0 and at most 1"},
    {"Dropout(0)", 1, 9, "0", "rate = 0.0: must be a number above 0 and at most 1"},
    {"Dropout(.5, mode='eval')", 1, 18, "'eval'", "must be 'train' or 'test'"},
    {"ImageResize((-1, 3, -1))", 1, 1, "ImageResize", "needs method, 'nearest' or 'linear' or"},
    {"ImageResize((-1, 3, -1), 'box')", 1, 26, "'box'", "must be 'nearest' or 'linear'"},
    {"ImageResize((-1, 3, 3, 2), 'linear')", 1, 1, "ImageResize", "the channels, axis -1, have no"},
    {"ImageResize((-1, 0, -1), 'linear')", 1, 1, "ImageResize", "entry 1 is 0, but must be at"},
    {"ImageResize((-1, 3, -1), 'linear', True, 'LOW')", 1, 42, "'LOW'",
     "'HIGHEST' or 'DEFAULT' or 'HIGH'"},
    {"Index()", 1, 1, "Index", "Index needs idx, an index: Slice[...] of integers, ranges"},
    {"Index('a')", 1, 7, "'a'", "must be an index: Slice[...] of integers, ranges start:stop:step"},
    {"Index((..., 1, ...))", 1, 7, "(...", "idx = Slice[..., 1, ...]: must be an index"},
    {"Index((0,) * 11)", 1, 7, "(0", "must be an index"},
    {"LayerNorm('C')", 1, 11, "'C'", "an integer or a tuple of integers"},
    {"serial(3)", 1, 8, "3", "must be a layer; found the integer 3"},
    {"repeat(Relu())", 1, 1, "repeat", "repeat(layer, n)"},
    {"repeat(Relu(), 2.)", 1, 16, "2.", "found the float 2.0"},
    {"repeat(Relu(), -2)", 1, 16, "-2", "n must be at least 0"},
    {"repeat(Relu(), layer=Relu())", 1, 16, "layer", "given twice"},
    {"repeat(3, 3)", 1, 8, "3, 3", "must be a layer"},
    {"repeat(serial(Relu(), Relu()), 10**7)", 1, 32, "10", "more than 1000000 layers"},
    /* Statements */
    {"", 1, 1, "", "the text is empty"},
    {"# nothing\n\n", 1, 1, "# n", "the text is empty"},
    {"x = Relu()", 1, 1, "x", "ends with an assignment"},
    {"Relu()\nRelu()", 1, 1, "Relu", "the value of this line is not used"},
    {"[Relu()]", 1, 1, "[", "must be a network; found a list of 1 value; combine"},
    {"a = 1\na + 1", 2, 1, "a", "must be a network; found the integer 2"},
    {"a, b = 1, 2\nRelu()", 1, 6, "=", "only one plain name"},
    {"import stax\nRelu()", 1, 1, "import", "'import' is not part"},
    {"serial(*[Relu() for i in x])", 1, 17, "for", "'for' is not part"},
    {"Dense(3 if a else 2)", 1, 9, "if", "'if' is not part"},
    {"Relu() if a", 1, 8, "if", "'if' is not part"},
    /* Brackets, strings, numbers, characters */
    {"serial(Relu(), (Dense(3)", 1, 16, "(Dense", "never closed by ')'"},
    {"serial(\n  Relu(),\n  Dense(3]\n)", 3, 10, "]", "found ']' where ',' or ')'"},
    {"serial(Relu() Dense(3))", 1, 15, "Dense", "found 'Dense' where"},
    {"Relu())", 1, 7, ")", "')' closes no bracket"},
    {"Relu()()", 1, 7, "(", "only names can be called"},
    {"[Relu()][0]", 1, 9, "[", "only Slice has an index"},
    {"a[0]", 1, 2, "[", "only Slice has an index"},
    {"Dense(3,, 4)", 1, 9, ",", "found ',' where a value"},
    {"Dense(3 +)", 1, 10, ")", "found ')' where a value"},
    {"Dense(3 +", 1, 10, "", "the text ends where a value"},
    {"a = \nRelu()", 1, 5, "", "the statement ends where a value"},
    {"Relu() Relu()", 1, 8, "Relu", "an operator or the end of the line"},
    {"Dense(3, parameterization='ntk)", 1, 27, "'ntk", "no closing ' on its line"},
    {"Dense('''3''')", 1, 7, "'''", "three quotes"},
    {"Dense('\\q')", 1, 7, "'\\q", "'\\q' in a string"},
    {"Dense(3x)", 1, 7, "3x", "ends in 'x'"},
    {"Dense(1.2.3)", 1, 7, "1.2", "ends in '.'"},
    {"Dense(012)", 1, 7, "012", "does not begin with 0"},
    {"Dense(99999999999999999999)", 1, 7, "999", "larger than 9223372036854775807"},
    {"Dense(10**40)", 1, 9, "**", "larger than 9223372036854775807"},
    {"Dense(1, 10.**400)", 1, 13, "**", "larger than a float"},
    {"Dense(1, (-1)**.5)", 1, 14, "**", "not real"},
    {"Dense(1/0)", 1, 8, "/", "division by zero"},
    {"Dense(1//0)", 1, 8, "//", "division by zero"},
    {"Dense('a' + 1)", 1, 11, "+", "'+' does not go with the string 'a' and the integer 1"},
    {"Dense(-'a')", 1, 7, "-", "'-' needs a number"},
    {"Dense(1 < 2)", 1, 9, "<", "comparisons have a place in functions only"},
    {"Dense(sqrt('a'))", 1, 12, "'a'", "sqrt takes numbers; found the string 'a'"},
    {"Dense(sqrt(1, 2))", 1, 7, "sqrt", "sqrt takes 1 argument; found 2"},
    {"Dense(@3)", 1, 7, "@", "unexpected character '@'"},
    {"Dense(\xe2\x80\x9cntk\xe2\x80\x9d)", 1, 7, "\xe2\x80\x9c", "is not one of ' and \""},
    {"Dense(\x01)", 1, 7, "?", "byte 0x01 is not text"},
    {"Dense(\xff)", 1, 7, "?", "byte 0xff is not text"},
    {"# \xc3\xa4\xc3\xb6\nDense('\xc3\xa4', x=1)", 2, 7, "'\xc3\xa4'",
     "found the string '\xc3\xa4'"},
    {"Dense('\xc3\xa4' + 3)", 1, 11, "+", "does not go with"},
    /* Arrays and slices */
    {"a = np.array([[1, 2], [3]]); Relu()", 1, 14, "[[", "axis 1 has 2 entries before"},
    {"a = np.array([1, 'a']); Relu()", 1, 14, "[1", "entry 1 is the string 'a'"},
    {"a = np.array([]); Relu()", 1, 14, "[]", "length 0"},
    {"a = np.array(1, 2); Relu()", 1, 5, "np", "array takes one argument; found 2"},
    {"a = load(3); Relu()", 1, 10, "3", "in quotes"},
    {"a = load(''); Relu()", 1, 10, "''", "found an empty string"},
    {"a = Slice[]; Relu()", 1, 5, "Slice", "1 to 10 indices; found 0"},
    {"a = Slice[::0]; Relu()", 1, 13, "0", "step of a slice is not 0"},
    {"a = Slice[..., ...]; Relu()", 1, 16, "...", "one '...' at most"},
    {"a = Slice[1.:]; Relu()", 1, 11, "1.", "are integers; found the float 1.0"},
    {"a = Slice[None]; Relu()", 1, 11, "None", "an index is an integer"},
    {"a = Slice[, 1]; Relu()", 1, 11, ",", "where an index should stand"},
    /* Functions */
    {"f = lambda x: y; Relu()", 1, 15, "y", "unknown name 'y' in a function of x"},
    {"f = lambda x: foo(x); Relu()", 1, 15, "foo", "not a function that a lambda can use"},
    {"f = lambda x: jax.nn.sig(x); Relu()", 1, 15, "jax", "did you mean 'sign'?"},
    {"Relu_ = 3; f = lambda x: relu_(x); Relu()", 1, 26, "relu_(", "did you mean 'Relu_'?"},
    {"f = lambda x: x; g = lambda x: f(x); Relu()", 1, 32, "f(", "cannot call 'f', a name of this"},
    {"f = lambda c, v, w: u; Relu()", 1, 21, "u", "unknown name 'u' in a function of c, v, w"},
    {"f = lambda x: sin(x, x, x); Relu()", 1, 22, "x", "sin takes 1 argument"},
    {"a = [1]; f = lambda x: a * x; Relu()", 1, 24, "a", "must be a number; found a list"},
};

static const wrong_text unsupported[] = {
    {"serial(Dense(1), MaxPool((2, 2)))", 1, 18, "MaxPool", "use AvgPool"},
    {"BatchNorm()", 1, 1, "BatchNorm", "use LayerNorm"},
    {"Softmax()", 1, 1, "Softmax", "leave it out"},
    {"LSTM(3)", 1, 1, "LSTM", "no closed-form"},
    {"max_pool((2, 2))", 1, 1, "max_pool", "use AvgPool"},
    {"BatchNorm2d()", 1, 1, "BatchNorm2d", "use LayerNorm"},
    {"conv2d(3, (2, 2))", 1, 1, "conv2d", "is written Conv here"},
    {"elu()", 1, 1, "elu", "Elementwise('where(x > 0"},
    {"Tanh()", 1, 1, "Tanh", "use Erf"},
    {"ELU()", 1, 1, "ELU", "use Elementwise('where(x > 0, x, exp(x) - 1)', kinks=[0])"},
    {"ImageResize((-1, 3, -1), 'cubic')", 1, 1, "ImageResize", "method 'cubic' has no kernel;"},
    {"ImageResize((-1, 3, -1), 'lanczos5')", 1, 1, "ImageResize", "'nearest' and 'linear' have"},
    {"Linear(3)", 1, 1, "Linear", "written Dense here"},
};

/* The message is "t:line:column: words", the line, the caret under `at`. */
static void check(const wrong_text *w, nt_status status)
{
  nt_error err = {0};
  nt_layer *layer = NULL;
  char place[40];
  NT_TEST_FAILS_ERR(nt_network_parse(&err, w->text, "t", &layer), status, &err);
  NT_TEST_MSG(layer == NULL, "%s", w->text);
  sprintf(place, "t:%d:%d: ", w->line, w->column);
  NT_TEST_MSG(strncmp(err.message, place, strlen(place)) == 0, "%s: %s", w->text, err.message);
  NT_TEST_CONTAINS(err.message, w->message);
  const char *const caret = strrchr(err.message, '\n');
  const char *line = caret ? caret - 1 : NULL;
  NT_TEST_MSG(caret != NULL, "%s", w->text);
  if (!caret) return;
  while (line > err.message && line[-1] != '\n')
    line--;
  for (size_t skip = strlen(caret) - 2; skip > 0; line++) /* Characters, not bytes. */
    if (((unsigned char)line[1] & 0xc0) != 0x80) skip--;
  NT_TEST_MSG(strncmp(line, w->at, strlen(w->at)) == 0, "%s: %s", w->text, err.message);
}

static void test_wrong(void)
{
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    check(&wrong[i], NT_ERR_NETWORK);
}

static void test_unsupported(void)
{
  for (size_t i = 0; i < sizeof unsupported / sizeof *unsupported; i++)
    check(&unsupported[i], NT_ERR_UNSUPPORTED);
}

/* A byte order mark takes no room on a terminal. */
static void test_mark(void)
{
  nt_error err = {0};
  nt_layer *layer = NULL;
  NT_TEST_FAILS_ERR(nt_network_parse(&err, "\xef\xbb\xbf Rleu()", "t", &layer), NT_ERR_NETWORK,
                    &err);
  NT_TEST_CONTAINS(err.message, "t:1:2: unknown");
  NT_TEST_CONTAINS(err.message, "\n   Rleu()\n   ^");
}

/* Long lines are shown around the caret. */
static void test_long_line(void)
{
  char text[5000];
  size_t n = (size_t)sprintf(text, "serial(");
  nt_error err = {0};
  nt_layer *layer = NULL;
  for (int i = 0; i < 200; i++)
    n += (size_t)sprintf(text + n, "Relu(), ");
  n += (size_t)sprintf(text + n, "Rleu(), ");
  for (int i = 0; i < 200; i++)
    n += (size_t)sprintf(text + n, "Relu(), ");
  sprintf(text + n, ")");
  NT_TEST_FAILS_ERR(nt_network_parse(&err, text, NULL, &layer), NT_ERR_NETWORK, &err);
  NT_TEST_CONTAINS(err.message, "network:1:1608: unknown layer or function 'Rleu'");
  const char *const line = strchr(err.message, '\n') + 3, *const caret = strrchr(err.message, '\n');
  NT_TEST(strncmp(line, "...", 3) == 0 && caret - line < 110);
  NT_TEST(strncmp(line + strlen(caret) - 4, "Rleu", 4) == 0);
}

static void test_files(void)
{
  nt_error err = {0};
  nt_layer *layer = NULL;
  const char *path = nt_test_path("net.txt");
  nt_test_write_text(path, "# a network\nserial(Dense(3),\r\n  Reluu())\n");
  NT_TEST_FAILS_ERR(nt_network_read(&err, path, &layer), NT_ERR_NETWORK, &err);
  NT_TEST_CONTAINS(err.message, "net.txt:3:3: unknown");
  nt_test_write(path, "Relu(\0)", 7);
  err = (nt_error){0};
  NT_TEST_FAILS_ERR(nt_network_read(&err, path, &layer), NT_ERR_NETWORK, &err);
  NT_TEST_CONTAINS(err.message, "net.txt:1:6: byte 0x00 is not text");
  err = (nt_error){0};
  NT_TEST_FAILS_ERR(nt_network_read(&err, nt_test_path("none.txt"), &layer), NT_ERR_DATA, &err);
  NT_TEST_CONTAINS(err.message, "none.txt");
  err = (nt_error){0};
  NT_TEST_FAILS_ERR(nt_network_read(&err, nt_test_path(""), &layer), NT_ERR_DATA, &err);
  nt_test_write_text(path, "a = load('missing.npy')\nRelu()");
  err = (nt_error){0};
  NT_TEST_FAILS_ERR(nt_network_read(&err, path, &layer), NT_ERR_DATA, &err);
  NT_TEST_CONTAINS(err.message, nt_test_path("missing.npy"));
  NT_TEST_CONTAINS(err.message, "net.txt:1:10: ");
}

static const CU_TestInfo tests[] = {
    {"wrong texts: line, column, caret, words", test_wrong},
    {"layers without closed form name the alternative", test_unsupported},
    {"long lines are clipped around the caret", test_long_line},
    {"a byte order mark leaves the caret in place", test_mark},
    {"errors of files name the file", test_files},
    CU_TEST_INFO_NULL};
NT_TEST_MAIN("net.errors", tests)

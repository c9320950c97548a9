/* Texts that want to harm: an error, in linear time, and never a crash. */
#include "nt/stax.h"
#include "nt_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Seconds that any of these may take, under sanitizers too. */
static const double patience = 20;

static nt_status parse(const char *text, nt_error *err)
{
  nt_layer *layer = NULL;
  const clock_t begin = clock();
  *err = (nt_error){0};
  const nt_status status = nt_network_parse(err, text, "t", &layer);
  NT_TEST((double)(clock() - begin) / CLOCKS_PER_SEC < patience);
  NT_TEST((status == NT_OK) == (layer != NULL));
  nt_layer_release(&layer);
  return status;
}

/* head, n times unit, tail. */
static char *build(const char *head, const char *unit, size_t n, const char *tail)
{
  const size_t h = strlen(head), u = strlen(unit);
  char *const text = malloc(h + n * u + strlen(tail) + 1);
  memcpy(text, head, h);
  for (size_t i = 0; i < n; i++)
    memcpy(text + h + i * u, unit, u);
  strcpy(text + h + n * u, tail);
  return text;
}

static void test_patterns(void)
{
  static const struct {
    const char *head, *unit;
    size_t n;
    const char *tail, *message; /* NULL: a network. */
  } cases[] = {
      {"", "(", 10000, "", "nest deeper than 500 levels"},
      {"", "[", 10000, "", "nest deeper than 500 levels"},
      {"", "serial(", 10000, "", "nest deeper than 500 levels"},
      {"", "-", 100000, "1", "nest deeper than 500 levels"},
      {"Dense(1", "+1", 100000, ")", "nest deeper than 500 levels"},
      {"Dense(1", "**1", 100000, ")", "nest deeper than 500 levels"},
      {"Dense(1", "<1", 100000, ")", "comparisons in a row"},
      {"", "lambda x: ", 100000, "x", "nest deeper than 500 levels"},
      {"f = lambda x: ", "sin(", 10000, "x", "nest deeper than 500 levels"},
      {"", "Slice[", 10000, "", "nest deeper than 500 levels"},
      {"", ")", 10000, "", "closes no bracket"},
      {"", "a", 1000000, "", "unknown name of 1000000 characters"},
      {"", "a", 1000000, "()", "a name of 1000000 letters"},
      {"", "a.", 500000, "b", "unknown name"},
      {"", "1", 1000000, "", "at most 400"},
      {"'", "a", 1000000, "", "no closing '"},
      {"Relu(", "\n", 1000000, "", "never closed"},
      {"", "\\", 100000, "", "unexpected character"},
      {"", "\x80", 1000000, "", "byte 0x80"},
      {"#", "\x80", 1000000, "\nfoo", "unknown name 'foo'"},
      {"'", "\x80", 1000000, "'", "found the string"},
      {"x = [1]\n", "x = x + x\n", 100, "x", "more than 4000000"},
      {"x = [1]\n", "x = [x] * 1000\n", 1000000 / 15, "Relu()", "more than 4000000"},
      {"x = [1]\n", "x = x * 10\n", 100, "x", "more than 4000000"},
      {"[Relu()] * 10**9", "", 0, "", "more than 4000000"},
      {"[()] * 10**18 * 10**18", "", 0, "", "more than 4000000"},
      {"x = Relu()\n", "x = serial(x, x)\n", 100, "x", "more than 1000000 layers"},
      {"x = Relu()\n", "x = repeat(x, 1000)\n", 10, "x", "more than 1000000 layers"},
      {"x = Relu()\n", "x = serial(x)\n", 1000, "x", "deeper than 500 levels"},
      {"x = 2\n", "x = x * x\n", 100, "x", "larger than 9223372036854775807"},
      {"x = 2.5\n", "x = x * x\n", 100, "x", "larger than a float"},
      {"Relu(", "a=1,", 100000, ")", "has no argument 'a'"},
      {"serial(", "*[],", 100000, ")", "needs at least one layer"},
      {"np.array(", "[", 400, "", "never closed"},
      {"", "x;", 1000000, "", "not used"},
      {"", ";", 1000000, "Relu()", NULL},
      {"serial(", "Relu(),", 400000, ")", NULL},
      {"serial(*[Relu()] * 999999)", "", 0, "", NULL},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    nt_error err;
    char *const text = build(cases[i].head, cases[i].unit, cases[i].n, cases[i].tail);
    const nt_status status = parse(text, &err);
    free(text);
    NT_TEST_MSG(status == (cases[i].message ? NT_ERR_NETWORK : NT_OK), "%zu: %s", i, err.message);
    if (cases[i].message) NT_TEST_CONTAINS(err.message, cases[i].message);
  }
}

static void test_size(void)
{
  nt_error err;
  char *const text = build("serial(", "Relu(), ", 10000000 / 8, ")");
  NT_TEST(parse(text, &err) == NT_ERR_NETWORK);
  NT_TEST_CONTAINS(err.message, "a network text has at most 4194304");
  free(text);
}

static void test_many_names(void)
{
  enum { NAMES = 100000 };
  char *const text = malloc(NAMES * 24 + 100);
  size_t n = (size_t)sprintf(text, "n0 = 1\n");
  nt_error err;
  for (int i = 1; i < NAMES; i++)
    n += (size_t)sprintf(text + n, "n%d = n%d + 1\n", i, i - 1);
  sprintf(text + n, "Dense(n%d)", NAMES - 1);
  NT_TEST(parse(text, &err) == NT_OK);
  free(text);
}

/* Random bytes, and random pieces of the language. */
static void test_rubbish(void)
{
  static const char *const pieces[] = {
      "serial(", "Dense(", "Relu()", ")",      "[",         "]",         ",",       "*",     "**",
      "=",       "1",      "2.5",    "'ntk'",  "lambda",    "x",         ":",       "\n",    ";",
      "a",       "a =",    "-",      "Slice[", "...",       "None",      "True",    "//",    "(",
      "sin(",    "<",      "W_std=", "np.",    "#",         "\"",        "repeat(", "s=",    "\\",
      "%",       "\t",     "\xc3",   "\0",     "np.array(", "parallel(", "Erf(",    "where("};
  enum { PIECES = sizeof pieces / sizeof *pieces, ROUNDS = 20000 };
  char text[600];
  uint64_t state = 42;
  int parsed = 0;
  for (int round = 0; round < ROUNDS; round++) {
    size_t n = 0;
    for (int i = 0; i < 1 + round % 40; i++) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      const uint64_t r = state >> 33;
      if (round % 4 == 0)
        text[n++] = (char)(r % 255 + 1);
      else
        n += (size_t)sprintf(text + n, "%s", pieces[r % PIECES]);
    }
    text[n] = '\0';
    nt_error err = {0};
    nt_layer *layer = NULL;
    const nt_status status = nt_network_parse(&err, text, "t", &layer);
    parsed += status == NT_OK;
    if (status != NT_OK && err.message[0] == '\0') NT_TEST_MSG(false, "no message: %s", text);
    nt_layer_release(&layer);
  }
  NT_TEST_MSG(parsed < ROUNDS, "%d", parsed);
}

static const CU_TestInfo tests[] = {{"deep, long, growing and broken texts", test_patterns},
                                    {"texts of 10 MB are refused", test_size},
                                    {"many names take linear time", test_many_names},
                                    {"rubbish never crashes", test_rubbish},
                                    CU_TEST_INFO_NULL};
NT_TEST_MAIN("net.hostile", tests)

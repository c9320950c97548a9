/* Option tables: ranges, comparison, text. */
#include "base/option.h"
#include "nt_test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct cfg {
  int64_t count;
  double rate, bias;
  bool flag;
  int mode;
  nt_ints window, pair;
  nt_strings axes;
  nt_slices index;
} cfg;

enum { COUNT, RATE, BIAS, FLAG, MODE, WINDOW, PAIR, AXES, INDEX, N };

static const nt_opt opts[N] = {
    [COUNT] = {.name = "count", .offset = offsetof(cfg, count), .min = 1, .max = INFINITY},
    [RATE] = {.name = "rate",
              .type = NT_OPT_REAL,
              .offset = offsetof(cfg, rate),
              .min = 0,
              .max = 1,
              .open = true},
    [BIAS] = {.name = "bias", .type = NT_OPT_REAL_OR_NONE, .offset = offsetof(cfg, bias)},
    [FLAG] = {.name = "flag", .type = NT_OPT_BOOL, .offset = offsetof(cfg, flag)},
    [MODE] = {.name = "mode",
              .type = NT_OPT_CHOICE,
              .offset = offsetof(cfg, mode),
              .choices = "SAME|VALID",
              .fold_case = true},
    [WINDOW] = {.name = "window",
                .type = NT_OPT_INTS_OR_NONE,
                .offset = offsetof(cfg, window),
                .min = 1,
                .max = 100},
    [PAIR] = {.name = "pair", .type = NT_OPT_INTS, .offset = offsetof(cfg, pair), .length = 2},
    [AXES] = {.name = "axes",
              .type = NT_OPT_STRINGS_OR_NONE,
              .offset = offsetof(cfg, axes),
              .length = 3},
    [INDEX] = {.name = "index", .type = NT_OPT_SLICES, .offset = offsetof(cfg, index)}};

static cfg valid(void)
{
  return (cfg){.count = 3,
               .rate = .5,
               .bias = NT_NONE,
               .window = {-1, {0}},
               .pair = {2, {4, -5}},
               .axes = {3, {"NHWC", "HWIO", "NC"}},
               .index = {4,
                         {{.kind = NT_SLICE_RANGE, .step = 1},
                          {.kind = NT_SLICE_RANGE, .has_start = true, .start = -2, .step = -3},
                          {.kind = NT_SLICE_ELLIPSIS},
                          {.kind = NT_SLICE_AT, .start = 5}}}};
}

static bool passes(int i, cfg c)
{
  nt_error err = {0};
  return nt_opt_check(&err, &opts[i], &c) == NT_OK;
}

static void test_check(void)
{
  cfg c = valid();
  for (int i = 0; i < N; i++)
    NT_TEST_MSG(passes(i, c), "%s", opts[i].name);
  c = (cfg){.rate = 0,
            .bias = INFINITY,
            .mode = 2,
            .window = {2, {1, 101}},
            .pair = {-1, {0}},
            .axes = {.n = 2},
            .index = {.n = 1}};
  for (int i = 0; i < N; i++)
    NT_TEST_MSG(passes(i, c) == (i == FLAG), "%s", opts[i].name);
  c.rate = 1.5;
  NT_TEST(!passes(RATE, c));
  c.rate = nan("");
  NT_TEST(!passes(RATE, c));
  c.axes = (nt_strings){.n = -1};
  NT_TEST(passes(AXES, c));
  c.axes.n = -2;
  NT_TEST(!passes(AXES, c));
  c.axes = (nt_strings){3, {"NHWC", "HWIO", "NHWC"}};
  memset(c.axes.v[1], 'H', sizeof c.axes.v[1]);
  NT_TEST(!passes(AXES, c));
  c.index = (nt_slices){2, {{.kind = NT_SLICE_ELLIPSIS}, {.kind = NT_SLICE_ELLIPSIS}}};
  NT_TEST(!passes(INDEX, c));
  c.index.n = NT_MAX_RANK + 1;
  NT_TEST(!passes(INDEX, c));
  nt_error err = {0};
  NT_TEST_FAILS_ERR(nt_opt_check(&err, &opts[COUNT], &c), NT_ERR_ARG, &err);
  NT_TEST_CONTAINS(err.message, "count = 0: must be an integer of at least 1");
}

/* An upper end that is left out is none. */
static void test_no_upper_end(void)
{
  const nt_opt opt = {.name = "count", .offset = offsetof(cfg, count), .min = 1};
  nt_error err = {0};
  cfg c = {.count = 1000};
  NT_TEST_OK_ERR(nt_opt_check(&err, &opt, &c), &err);
  c.count = 0;
  NT_TEST_FAILS_ERR(nt_opt_check(&err, &opt, &c), NT_ERR_ARG, &err);
  NT_TEST_CONTAINS(err.message, "count = 0: must be an integer of at least 1");
  NT_TEST(strstr(err.message, "at most") == NULL);
}

static void test_equal(void)
{
  const cfg a = valid(),
            b = {.count = 4, .rate = 1, .bias = 0, .flag = 1, .mode = 1, .window = {1, {1}}};
  for (int i = 0; i < N; i++) {
    NT_TEST_MSG(nt_opt_equal(&opts[i], &a, &a), "%s", opts[i].name);
    NT_TEST_MSG(!nt_opt_equal(&opts[i], &a, &b), "%s", opts[i].name);
  }
  cfg c = valid();
  c.axes.v[2][1] = 'D';
  NT_TEST(!nt_opt_equal(&opts[AXES], &a, &c));
  for (int i = 0; i < 7; i++) { /* One difference each; only the last three do not count. */
    c = valid();
    if (i == 0) c.index.v[0].has_stop = true;
    if (i == 1) c.index.v[1].start = 2;
    if (i == 2) c.index.v[1].step = 3;
    if (i == 3) c.index.v[3].start = 4;
    if (i == 4) c.index.v[0].stop = 7;
    if (i == 5) c.index.v[2].start = 7;
    if (i == 6) c.index.v[3].step = 7;
    NT_TEST_MSG(nt_opt_equal(&opts[INDEX], &a, &c) == (i > 3), "difference %d", i);
  }
}

static void test_text(void)
{
  static const char *const values[N] = {"3",
                                        "0.5",
                                        "None",
                                        "False",
                                        "'SAME'",
                                        "None",
                                        "(4, -5)",
                                        "('NHWC', 'HWIO', 'NC')",
                                        "Slice[:, -2::-3, ..., 5]"};
  static const char *const types[N] = {
      "an integer of at least 1",
      "a number above 0 and at most 1",
      "a finite number, or None",
      "True or False",
      "'SAME' or 'VALID'",
      ("an integer or a tuple of integers of at least 1 and at most "
       "100, or None"),
      "a tuple of 2 integers",
      "a tuple of 3 strings of at most 10 letters, or None",
      "an index: Slice[...] of integers"};
  cfg c = valid();
  char text[200];
  for (int i = 0; i < N; i++) {
    NT_TEST_CONTAINS(nt_opt_value_text(&opts[i], &c, text, sizeof text), values[i]);
    NT_TEST_CONTAINS(nt_opt_type_text(&opts[i], text, sizeof text), types[i]);
  }
  NT_TEST(strlen(nt_opt_value_text(&opts[INDEX], &c, text, 10)) == 9);
  c.axes.n = -1;
  NT_TEST_CONTAINS(nt_opt_value_text(&opts[AXES], &c, text, sizeof text), "None");
  c.index = (nt_slices){1, {{.has_stop = true, .stop = 3, .step = 1}}};
  NT_TEST_CONTAINS(nt_opt_value_text(&opts[INDEX], &c, text, sizeof text), "Slice[:3]");
  c.index.n = 0;
  NT_TEST_CONTAINS(nt_opt_value_text(&opts[INDEX], &c, text, sizeof text), "()");
}

static void test_choice(void)
{
  char text[16];
  NT_TEST(nt_opt_choice(&opts[MODE], "valid", 5) == 1 && nt_opt_choice(&opts[MODE], "SAM", 3) < 0);
  NT_TEST(strcmp(nt_opt_choice_text(&opts[MODE], 1, text, sizeof text), "VALID") == 0);
  NT_TEST(!nt_opt_choice_text(&opts[MODE], 2, text, sizeof text));
  NT_TEST(!nt_opt_choice_text(&opts[MODE], -1, text, sizeof text));
}

static void test_real_text(void)
{
  static const double numbers[] = {0.1, 1.0 / 3, 1e300, 5e-324, -2.0, 123456789012345678.0, 0.0};
  char text[40];
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    const double back = strtod(nt_real_text(numbers[i], text, sizeof text), NULL);
    NT_TEST_MSG(memcmp(&back, &numbers[i], sizeof back) == 0, "%s", text);
    NT_TEST_MSG(strpbrk(text, ".e") != NULL, "%s", text);
  }
  NT_TEST(strcmp(nt_real_text(0.1, text, sizeof text), "0.1") == 0);
  NT_TEST(strcmp(nt_real_text(2, text, sizeof text), "2.0") == 0);
}

static const CU_TestInfo tests[] = {{"values are checked", test_check},
                                    {"no upper end", test_no_upper_end},
                                    {"values are compared", test_equal},
                                    {"values and types have texts", test_text},
                                    {"choices are words", test_choice},
                                    {"numbers read back to the same bits", test_real_text},
                                    CU_TEST_INFO_NULL};
NT_TEST_MAIN("base.option", tests)

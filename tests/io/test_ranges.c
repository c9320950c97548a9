/* Ranges as in Python, lists of rows, batch axes, trees of inputs. */
#include "io_files.h"

enum { N = 300, D = 5 };

/* The range must give the samples start, start + step, … */
static void check(const char *file, const char *range, int64_t start, int64_t step, int64_t count)
{
  nt_ctx *const ctx = nt_test_world();
  const nt_dataset_options options = {.flatten = true};
  const nt_samples_options how = {.dtype = NT_FLOAT64};
  char text[500];
  snprintf(text, sizeof text, "%s%s", file, range);
  nt_samples *s = io_read(ctx, text, &options, &how);
  NT_TEST_MSG(s != NULL && s->n == count, "%s", text);
  if (s == NULL) return;
  int wrong = 0;
  for (int64_t i = 0; i < s->n; i++) {
    const double *const row = nt_samples_row(s, i);
    for (int64_t j = 0; j < D && row != NULL; j++)
      wrong += row[j] != io_value(start + i * step, j);
  }
  NT_TEST_MSG(wrong == 0, "%s", text);
  nt_samples_destroy(&s);
}

static void test_slices(void)
{
  const char *const files[] = {
      io_npy("r.npy", "<f4", false, 1, N, D), io_npy("f.npy", "<f4", true, 1, N, D),
      io_csv("r.csv", "", ",", true, false, N, D), io_idx("r.idx.gz", 0x08, "|u1", true, N, D)};
  for (int f = 0; f < 4; f++) {
    check(files[f], "", 0, 1, N);
    check(files[f], "[0:130]", 0, 1, 130);
    check(files[f], "[290:]", 290, 1, 10);
    check(files[f], "[-7:]", N - 7, 1, 7);
    check(files[f], "[:-298]", 0, 1, 2);
    check(files[f], "[250:10000]", 250, 1, 50);
    check(files[f], "[::3]", 0, 3, 100);
    check(files[f], "[1:200:150]", 1, 150, 2);
    check(files[f], "[::-1]", N - 1, -1, N);
    check(files[f], "[5:2:-1]", 5, -1, 3);
    check(files[f], "[::-9223372036854775808]", N - 1, -1, 1);
  }
}

/* Range texts by themselves, as options take them. */
static void test_rows(void)
{
  nt_ctx *const ctx = nt_test_world();
  int64_t count = 0, *rows = NULL;
  NT_TEST_OK(nt_rows_parse(ctx, "-5::2", 20, &count, &rows));
  NT_TEST(count == 3 && rows[0] == 15 && rows[1] == 17 && rows[2] == 19);
  free(rows);
  const nt_status status = nt_rows_parse(ctx, "1:2:0", 20, &count, &rows);
  NT_TEST_CONTAINS(nt_ctx_error(ctx)->message, "1:2:0");
  NT_TEST_FAILS(status, NT_ERR_ARG);
  NT_TEST_FAILS(nt_rows_parse(ctx, "first", 20, &count, &rows), NT_ERR_ARG);
}

static void test_row_lists(void)
{
  double rows[N];
  char range[400];
  for (int i = 0; i < N; i++)
    rows[i] = (double)(i * 7 % N);
  snprintf(range, sizeof range, "[@%s]", io_npy_doubles("x.npy", "(3,)", rows, 3));
  nt_ctx *const ctx = nt_test_world();
  nt_dataset *ds = NULL;
  char text[900];
  snprintf(text, sizeof text, "%s%s", io_npy("r.npy", "<f4", false, 1, N, D), range);
  NT_TEST_FAILS(nt_dataset_open(ctx, text, NULL, &ds), NT_ERR_DATA);
  /* A mask is no list of the rows 0 and 1. */
  const char *const mask = io_npy("mask.npy", "|b1", false, 1, N, 1);
  snprintf(text, sizeof text, "%s[@%s]", nt_test_path("r.npy"), mask);
  NT_TEST_FAILS(nt_dataset_open(ctx, text, NULL, &ds), NT_ERR_DATA);
  /* Integers with every row once, in an order that jumps; as text, so that
   * it is a list of integers. */
  char list[4000], *at = list;
  for (int i = 0; i < N; i++)
    at += sprintf(at, "%d\n", i % 2 ? i * 7 % N : i * 7 % N - N);
  nt_test_write_text(nt_test_path("rows.csv"), list);
  const char *const files[] = {io_npy("r.npy", "<f4", false, 1, N, D),
                               io_csv("r.csv", "", ",", true, false, N, D)};
  const nt_dataset_options options = {.flatten = true};
  const nt_samples_options how = {.dtype = NT_FLOAT64};
  for (int f = 0; f < 2; f++) {
    snprintf(text, sizeof text, "%s[@%s]", files[f], nt_test_path("rows.csv"));
    nt_samples *s = io_read(ctx, text, &options, &how);
    NT_TEST(s != NULL && s->n == N);
    int wrong = 0;
    for (int64_t i = 0; i < N; i++) {
      const double *const row = nt_samples_row(s, i);
      for (int64_t j = 0; j < D && row != NULL; j++)
        wrong += row[j] != io_value(i * 7 % N, j);
    }
    NT_TEST(wrong == 0);
    nt_samples_destroy(&s);
  }
}

static void bad(const char *range, nt_status code, const char *message)
{
  nt_ctx *const ctx = nt_test_world();
  nt_dataset *ds = NULL;
  char text[500], found[1900];
  snprintf(text, sizeof text, "%s%s", io_npy("r.npy", "<f4", false, 1, N, D), range);
  const nt_status status = nt_dataset_open(ctx, text, NULL, &ds);
  strcpy(found, nt_ctx_error(ctx)->message);
  NT_TEST_MSG(status == code && ds == NULL, "%s: %d", text, status);
  NT_TEST_CONTAINS(found, message);
  nt_ctx_clear_error(ctx);
}

static void test_bad_ranges(void)
{
  char text[300];
  bad("[5]", NT_ERR_ARG, "a range is written");
  bad("[a:b]", NT_ERR_ARG, "a range is written");
  bad("[1:2:3:4]", NT_ERR_ARG, "a range is written");
  bad("[::0]", NT_ERR_ARG, "step");
  bad("[7:7]", NT_ERR_DATA, "no samples");
  bad("[@/nowhere/rows.npy]", NT_ERR_DATA, "/nowhere/rows.npy");
  nt_test_write_text(nt_test_path("rows.csv"), "1\n300\n");
  snprintf(text, sizeof text, "[@%s]", nt_test_path("rows.csv"));
  bad(text, NT_ERR_DATA, "entry 1 is 300");
  snprintf(
      text, sizeof text, "[@%s]",
      io_file("large.npy",
              "\x93NUMPY\x01\x00\x36\x00{'descr':'<u8','fortran_order':False,'shape':(1,)}   \n"
              "\xff\xff\xff\xff\xff\xff\xff\xff",
              72, false));
  bad(text, NT_ERR_DATA, "entry 0 is 18446744073709551616");
}

/* Channel axis 1 of (batch, 2, 3): canonical order is [3][2]; batch axis last as well. */
static void test_axes(void)
{
  nt_ctx *const ctx = nt_test_world();
  double values[6 * 4], turned[6 * 4];
  for (int i = 0; i < 24; i++) {
    values[i] = i;
    turned[i % 6 * 4 + i / 6] = i;
  }
  const char *const first = io_npy_doubles("b0.npy", "(4, 2, 3)", values, 24);
  const char *const last = io_npy_doubles("b2.npy", "(2, 3, 4)", turned, 24);
  const nt_dataset_options options[2] = {{.channel_axis = 1},
                                         {.batch_axis = -1, .channel_axis = 0}};
  const nt_samples_options how = {.dtype = NT_FLOAT32};
  for (int k = 0; k < 2; k++) {
    nt_samples *s = io_read(ctx, k ? last : first, &options[k], &how);
    NT_TEST(s != NULL && s->n == 4 && s->positions == 3 && s->channels == 2);
    int wrong = 0;
    for (int i = 0; i < 4; i++) {
      const float *const row = nt_samples_row(s, i);
      for (int e = 0; e < 6 && row != NULL; e++) {
        const int want = i * 6 + e % 2 * 3 + e / 2;
        wrong += row[e] != (float)want;
      }
    }
    NT_TEST(wrong == 0);
    nt_samples_destroy(&s);
  }
  nt_dataset *ds;
  NT_TEST_FAILS(nt_dataset_open(ctx, first, &(nt_dataset_options){.batch_axis = 3}, &ds),
                NT_ERR_SHAPE);
  NT_TEST_FAILS(nt_dataset_open(ctx, first, &(nt_dataset_options){.channel_axis = 0}, &ds),
                NT_ERR_SHAPE);
  NT_TEST_FAILS(nt_dataset_open(ctx, io_csv("r.csv", "", ",", true, false, 3, 2),
                                &(nt_dataset_options){.batch_axis = 1, .flatten = true}, &ds),
                NT_ERR_UNSUPPORTED);
}

static void test_trees(void)
{
  nt_error err = {.status = NT_OK};
  nt_tree *t = NULL;
  NT_TEST_OK_ERR(nt_data_tree_parse(&err, " [a.npy[0:3], [random(5,3), c.npy]] ", &t), &err);
  NT_TEST(nt_tree_count(t) == 3 && t->n == 2 && t->child[1]->n == 2);
  NT_TEST(strcmp(nt_tree_nth(t, 0)->leaf, "a.npy[0:3]") == 0);
  NT_TEST(strcmp(nt_tree_nth(t, 1)->leaf, "random(5,3)") == 0);
  nt_data_tree_destroy(&t);
  NT_TEST_OK_ERR(nt_data_tree_parse(&err, "a,b.npy[1:]", &t), &err);
  NT_TEST(t->is_leaf && strcmp(t->leaf, "a,b.npy[1:]") == 0);
  nt_data_tree_destroy(&t);
  static const char *const wrong[] = {"[a.npy, ", "[]", "[a.npy] b", "[a.npy,,b.npy]", ""};
  for (int i = 0; i < 5; i++) {
    NT_TEST_FAILS_ERR(nt_data_tree_parse(&err, wrong[i], &t), NT_ERR_ARG, &err);
    NT_TEST(t == NULL);
    err = (nt_error){.status = NT_OK};
  }
}

static const CU_TestInfo tests[] = {{"slices are those of Python", test_slices},
                                    {"range texts by themselves", test_rows},
                                    {"lists of rows choose and order samples", test_row_lists},
                                    {"bad ranges fail on all ranks", test_bad_ranges},
                                    {"batch and channel axes may be anywhere", test_axes},
                                    {"trees of inputs nest", test_trees},
                                    CU_TEST_INFO_NULL};
NT_TEST_MAIN("io.ranges", tests)

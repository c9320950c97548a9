/* Preprocessing against direct formulas, and its bits on any number of ranks. */
#include "base/npy.h"
#include "io_files.h"
#include "nt/stored.h"

static nt_preprocess *steps(const char *text)
{
  nt_preprocess *p = NULL;
  nt_error err = {.status = NT_OK};
  NT_TEST_OK_ERR(nt_preprocess_parse(&err, text, &p), &err);
  return p;
}

static nt_samples *images(nt_ctx *ctx, const char *range, nt_dtype dtype)
{
  char text[400];
  const nt_dataset_options options = NT_DATASET_DEFAULTS;
  const nt_samples_options how = {.dtype = dtype};
  snprintf(text, sizeof text, "%s%s", nt_test_data("digits-images.npy"), range);
  return io_read(ctx, text, &options, &how);
}

/* scale=0.0625,center,norm=8 of the digits, with the means of the first 1297. */
static void test_digits(void)
{
  nt_ctx *const ctx = nt_test_world();
  nt_error err = {.status = NT_OK};
  nt_array all;
  NT_TEST_OK_ERR(nt_npy_load(&err, nt_test_data("digits-images.npy"), &all), &err);
  nt_preprocess *p = steps("scale=0.0625,center,norm=8");
  nt_samples *train = images(ctx, "[:1297]", NT_FLOAT64);
  nt_samples *test = images(ctx, "[-500:]", NT_FLOAT64);
  NT_TEST_OK(nt_preprocess_fit_apply(ctx, p, train));
  NT_TEST_OK(nt_preprocess_apply(ctx, p, test));
  double mean[64] = {0}, worst = 0;
  for (int i = 0; i < 1297; i++)
    for (int e = 0; e < 64; e++)
      mean[e] += all.data[i * 64 + e] / 16;
  for (int i = 0; i < 1797; i++) {
    const double *const row = i < 1297 ? nt_samples_row(train, i) : nt_samples_row(test, i - 1297);
    double x[64], squares = 0;
    for (int e = 0; e < 64; e++) {
      x[e] = all.data[i * 64 + e] / 16 - mean[e] / 1297;
      squares += x[e] * x[e];
    }
    for (int e = 0; e < 64 && row != NULL; e++)
      worst = fmax(worst, fabs(row[e] - x[e] * 8 / sqrt(squares)));
  }
  NT_TEST_MSG(worst < 2e-15, "%g", worst);
  free(all.data);
  nt_samples_destroy(&train);
  nt_samples_destroy(&test);
  nt_preprocess_destroy(&p);
}

/* Bits of samples and statistics, with those of a context of one rank. */
static void compare_with_self(const char *list, const char *data, const nt_samples_options *how)
{
  nt_dataset_options options = NT_DATASET_DEFAULTS;
  nt_ctx *const ctx[2] = {nt_test_world(), nt_test_self()};
  nt_samples *s[2];
  nt_preprocess *p[2];
  char hash[2][65];
  nt_error err = {.status = NT_OK};
  for (int k = 0; k < 2; k++) {
    p[k] = steps(list);
    s[k] = io_read(ctx[k], data, &options, how);
    NT_TEST_OK(nt_preprocess_fit_apply(ctx[k], p[k], s[k]));
    NT_TEST(nt_preprocess_hash(&err, p[k], hash[k]) == NT_OK);
  }
  const size_t bytes = (size_t)(s[0]->positions * s[0]->channels) *
                       (how->dtype == NT_FLOAT32 ? sizeof(float) : sizeof(double));
  int wrong = 0;
  for (int64_t i = 0; i < s[0]->n; i++) {
    const void *const row = nt_samples_row(s[0], i);
    if (row != NULL) wrong += memcmp(row, nt_samples_row(s[1], i), bytes) != 0;
  }
  NT_TEST_MSG(wrong == 0, "%s of %s: %d samples differ", list, data, wrong);
  NT_TEST_MSG(strcmp(hash[0], hash[1]) == 0, "%s of %s: statistics differ", list, data);
  for (int k = 0; k < 2; k++) {
    nt_samples_destroy(&s[k]);
    nt_preprocess_destroy(&p[k]);
  }
}

static void test_same_bits(void)
{
  static const char *const lists[] = {"center,standardize", "standardize=channel,norm=3",
                                      "scale=0.1,standardize=feature", "center,zca=0.01",
                                      "norm=2,center,norm=1,zca=1e-3,standardize=feature"};
  const nt_samples_options f64 = {.dtype = NT_FLOAT64}, f32 = {.dtype = NT_FLOAT32};
  const nt_samples_options masked = {.has_mask = true, .mask_constant = 0};
  for (int k = 0; k < 5; k++) {
    compare_with_self(lists[k], "random(1111,3)", &f64);
    compare_with_self(lists[k], "random(700,6,5,2)", &f64);
    compare_with_self(lists[k], "random(131,300)", &f32);
    compare_with_self(lists[k], nt_test_data("digits-images.npy"), &masked);
  }
}

/* Mean 0 and deviation 1 in each scope. */
static void test_standardize(void)
{
  static const char *const lists[] = {"standardize", "standardize=channel", "standardize=feature"};
  nt_ctx *const ctx = nt_test_self();
  const nt_dataset_options options = NT_DATASET_DEFAULTS;
  const nt_samples_options how = {.dtype = NT_FLOAT64};
  for (int k = 0; k < 3; k++) {
    nt_samples *s = io_read(ctx, "random(500,4,3)", &options, &how);
    double *const x = s->data;
    for (int e = 0; e < 6000; e++)
      x[e] = 5 + (e % 12 + 1) * x[e];
    nt_preprocess *p = steps(lists[k]);
    NT_TEST_OK(nt_preprocess_fit_apply(ctx, p, s));
    const int groups = k == 0 ? 1 : k == 1 ? 3 : 12;
    double worst = 0;
    for (int g = 0; g < groups; g++) {
      double sum = 0, squares = 0;
      for (int e = g; e < 6000; e += groups) {
        sum += x[e];
        squares += x[e] * x[e];
      }
      worst = fmax(worst, fabs(sum) * groups / 6000);
      worst = fmax(worst, fabs(squares * groups / 6000 - 1));
    }
    NT_TEST_MSG(worst < 1e-14, "%s: %g", lists[k], worst);
    nt_samples_destroy(&s);
    nt_preprocess_destroy(&p);
  }
}

/* Where every entry is a channel, as before a Flatten, those of the last axis are standardized. */
static void test_flat(void)
{
  nt_ctx *const ctx = nt_test_self();
  const nt_samples_options how = {.dtype = NT_FLOAT64};
  nt_samples *s[2];
  for (int flat = 0; flat < 2; flat++) {
    const nt_dataset_options options = {.channel_axis = -1, .flatten = flat};
    s[flat] = io_read(ctx, "random(50,4,3)", &options, &how);
    nt_preprocess *p = steps("standardize=channel");
    NT_TEST_OK(nt_preprocess_fit_apply(ctx, p, s[flat]));
    nt_preprocess_destroy(&p);
  }
  NT_TEST(s[0]->channels == 3 && s[1]->channels == 12);
  NT_TEST(memcmp(s[0]->data, s[1]->data, 600 * sizeof(double)) == 0);
  nt_samples_destroy(&s[0]);
  nt_samples_destroy(&s[1]);
}

/* The covariance of whitened samples is L / (L + EPS): nearly the unit matrix for a small EPS. */
static void test_zca(void)
{
  nt_ctx *const ctx = nt_test_self();
  const nt_dataset_options options = NT_DATASET_DEFAULTS;
  const nt_samples_options how = {.dtype = NT_FLOAT64};
  enum { N = 400, D = 300 };
  nt_samples *s = io_read(ctx, "random(400,300)", &options, &how);
  double *const x = s->data, worst = 0;
  for (int i = 0; i < N; i++)
    for (int e = D - 1; e > 0; e--)
      x[i * D + e] = e + x[i * D + e] + 0.5 * x[i * D + e - 1];
  nt_preprocess *p = steps("zca=1e-12");
  NT_TEST_OK(nt_preprocess_fit_apply(ctx, p, s));
  for (int a = 0; a < D; a += 7) {
    for (int b = 0; b < D; b += 11) {
      double sum = 0;
      for (int i = 0; i < N; i++)
        sum += x[i * D + a] * x[i * D + b];
      worst = fmax(worst, fabs(sum / N - (a == b)));
    }
  }
  NT_TEST_MSG(worst < 1e-9, "%g", worst);
  nt_samples_destroy(&s);
  nt_preprocess_destroy(&p);
}

/* Masked entries are left out: the mean of 1, 3 (5 is masked) is 2. */
static void test_masked_statistics(void)
{
  nt_ctx *const ctx = nt_test_world();
  const double values[6] = {1, 7, 3, 7, 5, 9};
  const nt_dataset_options options = NT_DATASET_DEFAULTS;
  const nt_samples_options how = {.has_mask = true, .mask_constant = 5};
  nt_samples *s = io_read(ctx, io_npy_doubles("k.npy", "(3, 2)", values, 6), &options, &how);
  nt_preprocess *p = steps("center");
  NT_TEST_OK(nt_preprocess_fit_apply(ctx, p, s));
  const double *const x = nt_samples_row(s, 0);
  NT_TEST(x == NULL || (x[0] == -1 && x[2] == 1 && x[4] == 0));
  nt_samples_destroy(&s);
  nt_preprocess_destroy(&p);
}

/* Constant features, zero samples, one sample: finite. */
static void test_degenerate(void)
{
  nt_ctx *const ctx = nt_test_world();
  const double values[9] = {0.1, 2, 0, 0.1, 3, 0, 0.1, 4, 0}, one[2] = {3, 4};
  const nt_dataset_options options = NT_DATASET_DEFAULTS;
  const nt_samples_options how = {.dtype = NT_FLOAT64};
  nt_samples *s = io_read(ctx, io_npy_doubles("c.npy", "(3, 3)", values, 9), &options, &how);
  nt_preprocess *p = steps("standardize=feature");
  NT_TEST_OK(nt_preprocess_fit_apply(ctx, p, s));
  const double *const x = nt_samples_row(s, 1);
  NT_TEST(x == NULL || (fabs(x[0]) < 1e-16 && x[1] == 0 && x[2] == 0));
  nt_samples_destroy(&s);
  nt_preprocess_destroy(&p);
  s = io_read(ctx, io_npy_doubles("o.npy", "(1, 2)", one, 2), &options, &how);
  p = steps("center,norm=5");
  NT_TEST_OK(nt_preprocess_fit_apply(ctx, p, s));
  const double *const y = nt_samples_row(s, 0);
  NT_TEST(y == NULL || (y[0] == 0 && y[1] == 0));
  nt_samples_destroy(&s);
  nt_preprocess_destroy(&p);
}

static void test_parse(void)
{
  static const char *const wrong[] = {"scale",  "scale=x", "scale=0",       "center=1", "norm=-1",
                                      "zca=-1", "centre",  "standardize=x", "center,",  "zca=nan"};
  nt_error err = {.status = NT_OK};
  nt_preprocess *p = NULL;
  for (int i = 0; i < 10; i++) {
    NT_TEST_FAILS_ERR(nt_preprocess_parse(&err, wrong[i], &p), NT_ERR_ARG, &err);
    NT_TEST_CONTAINS(err.message, "--preprocess");
    err = (nt_error){.status = NT_OK};
  }
  p = steps("scale=0.0625,center,standardize,norm=8,zca=1e-3");
  NT_TEST(strcmp(nt_preprocess_text(p),
                 "scale=0.0625,center,standardize=global,norm=8,zca=0.001") == 0);
  NT_TEST(nt_preprocess_has_statistics(p));
  nt_preprocess_destroy(&p);
  p = steps("scale=2,norm=1");
  NT_TEST(!nt_preprocess_has_statistics(p));
  nt_preprocess_destroy(&p);
}

static void test_errors(void)
{
  nt_ctx *const ctx = nt_test_world();
  const nt_dataset_options options = NT_DATASET_DEFAULTS;
  const nt_samples_options how = {.dtype = NT_FLOAT64};
  nt_samples *s = io_read(ctx, "random(10,3)", &options, &how);
  nt_samples *wide = io_read(ctx, "random(10,4)", &options, &how);
  nt_samples *huge = io_read(ctx, "random(3,8193)", &options, &how);
  nt_preprocess *p = steps("center");
  NT_TEST_FAILS(nt_preprocess_apply(ctx, p, s), NT_ERR_ARG);
  NT_TEST_OK(nt_preprocess_fit(ctx, p, s));
  NT_TEST_FAILS(nt_preprocess_apply(ctx, p, wide), NT_ERR_SHAPE);
  nt_preprocess_destroy(&p);
  p = steps("zca=0.1");
  NT_TEST_FAILS(nt_preprocess_fit(ctx, p, huge), NT_ERR_UNSUPPORTED);
  nt_preprocess_destroy(&p);
  p = steps("center,zca=0");
  NT_TEST_FAILS(nt_preprocess_fit(ctx, p, huge), NT_ERR_UNSUPPORTED);
  nt_samples_destroy(&huge);
  nt_preprocess_destroy(&p);
  huge = io_read(ctx, "random(3,8)", &options, &how);
  p = steps("zca=0");
  NT_TEST_FAILS(nt_preprocess_fit(ctx, p, huge), NT_ERR_NUMERIC);
  nt_preprocess_destroy(&p);
  p = steps("scale=1e308,scale=1e308");
  NT_TEST_FAILS(nt_preprocess_apply(ctx, p, s), NT_ERR_NUMERIC);
  nt_preprocess_destroy(&p);
  nt_samples_destroy(&s);
  nt_samples_destroy(&wide);
  nt_samples_destroy(&huge);
}

/* What is stored beside a kernel: text, hash, and the statistics of the digits. */
static void test_store(void)
{
  nt_ctx *const ctx = nt_test_world();
  nt_error err = {.status = NT_OK};
  nt_output *out = NULL;
  nt_preprocess *p = steps("scale=0.5,center");
  nt_samples *s = images(ctx, "[:7]", NT_FLOAT64);
  char hash[65], *lines = NULL, *found;
  const char *const path = nt_test_path("stored.h5");
  NT_TEST_OK(nt_preprocess_fit(ctx, p, s));
  NT_TEST_OK_ERR(nt_preprocess_hash(&err, p, hash), &err);
  NT_TEST_OK(nt_output_open(ctx, path, true, &out));
  NT_TEST_OK(nt_preprocess_store(ctx, p, out));
  NT_TEST_OK(nt_output_commit(&out));
  NT_TEST_OK(nt_stored_texts(ctx, path, "preprocess", &lines));
  NT_TEST_CONTAINS(lines, "=scale=0.5,center\n");
  found = lines != NULL ? strstr(lines, "_hash=") : NULL;
  NT_TEST(found != NULL && strncmp(found + 6, hash, 64) == 0);
  free(lines);
  nt_dataset_options options = NT_DATASET_DEFAULTS;
  const nt_samples_options how = {.dtype = NT_FLOAT64};
  nt_samples *all = io_read(nt_test_self(), nt_test_data("digits-images.npy"), &options, &how);
  double mean[64] = {0};
  const hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
  const hid_t set = H5Dopen2(file, "preprocess_statistics/2-center/mean", H5P_DEFAULT);
  NT_TEST(H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, mean) >= 0);
  H5Dclose(set);
  H5Fclose(file);
  for (int e = 0; e < 64; e++) {
    double sum = 0;
    for (int i = 0; i < 7; i++)
      sum += ((double *)nt_samples_row(all, i))[e] / 2;
    NT_TEST_CLOSE(mean[e], sum / 7, 1e-15);
  }
  nt_samples_destroy(&all);
  nt_samples_destroy(&s);
  nt_preprocess_destroy(&p);
}

static nt_status fill_nothing(void *arg, int64_t i, double *x)
{
  (void)arg, (void)i, (void)x;
  return NT_OK;
}

/* Samples without numbers: there is nothing to learn from them, and nothing to do to them. */
static void test_no_numbers(void)
{
  nt_ctx *const ctx = nt_test_world();
  const nt_shape shape = {.rank = 2, .dim = {5, 0}};
  nt_samples *s = NULL;
  NT_TEST_OK(nt_samples_create(ctx, &shape, 0, -1, NT_FLOAT64, fill_nothing, NULL, &s));
  nt_preprocess *p = steps("scale=2,norm=1");
  NT_TEST_OK(nt_preprocess_apply(ctx, p, s));
  nt_preprocess_destroy(&p);
  p = steps("center");
  NT_TEST_FAILS(nt_preprocess_fit(ctx, p, s), NT_ERR_SHAPE);
  nt_preprocess_destroy(&p);
  nt_samples_destroy(&s);
}

static const CU_TestInfo tests[] = {
    {"digits are as by hand", test_digits},
    {"bits do not depend on ranks", test_same_bits},
    {"standardize has mean 0 and deviation 1", test_standardize},
    {"the channels of flat samples are those of the last axis", test_flat},
    {"zca whitens", test_zca},
    {"masked entries are left out", test_masked_statistics},
    {"constant features and zero samples stay finite", test_degenerate},
    {"wrong steps say what is right", test_parse},
    {"errors reach all ranks", test_errors},
    {"samples without numbers", test_no_numbers},
    {"text, hash and statistics are stored", test_store},
    CU_TEST_INFO_NULL};
NT_TEST_MAIN("io.preprocess", tests)

/** Targets from labels, and metrics. */
#include "nt/predict.h"
#include "nt_test.h"

#include <math.h>
#include <stdio.h>

static nt_labels vector(double *v, int64_t n, bool is_integer)
{
  return (nt_labels){.y = v, .n = n, .k = 1, .is_vector = true, .is_integer = is_integer};
}

/* The labels must be refused, with `part` in the message. */
static void refused(nt_labels labels, nt_target_mode mode, int64_t classes, nt_status code,
                    const char *part)
{
  nt_error err = {0};
  nt_targets *t = NULL;
  NT_TEST_FAILS_ERR(nt_targets_create(&err, &labels, mode, classes, &t), code, &err);
  NT_TEST_CONTAINS(err.message, part);
  NT_TEST(t == NULL);
}

/* The labels must give mode, outputs, text, and the targets y. */
static void accepted(nt_labels labels, nt_target_mode mode, int64_t classes, nt_target_mode found,
                     int64_t c, const double *y, const char *part)
{
  nt_error err = {0};
  nt_targets *t = NULL;
  NT_TEST_OK_ERR(nt_targets_create(&err, &labels, mode, classes, &t), &err);
  if (t == NULL) return;
  NT_TEST(t->mode == found);
  NT_TEST(t->n == labels.n && t->c == c);
  NT_TEST(t->c == c && nt_test_max_error(labels.n * c, t->y, y) < 1e-15);
  NT_TEST((t->label == NULL) == (found == NT_TARGETS_RAW));
  NT_TEST_CONTAINS(t->text, part);
  nt_targets_destroy(&t);
  NT_TEST(t == NULL);
}

static void test_modes(void)
{
  nt_error err = {0};
  nt_target_mode mode;
  NT_TEST_OK_ERR(nt_target_mode_parse(&err, "one-hot", &mode), &err);
  NT_TEST(mode == NT_TARGETS_ONE_HOT);
  NT_TEST_OK_ERR(nt_target_mode_parse(&err, "auto", &mode), &err);
  NT_TEST(mode == NT_TARGETS_AUTO);
  NT_TEST_FAILS_ERR(nt_target_mode_parse(&err, "onehot", &mode), NT_ERR_ARG, &err);
  NT_TEST_CONTAINS(err.message, "'onehot'");
}

static void test_auto_classes(void)
{
  double v[] = {1, 0, 2, 1}, third = 1.0 / 3;
  const double y[] = {-third, 1 - third, -third,    1 - third, -third,    -third,
                      -third, -third,    1 - third, -third,    1 - third, -third};
  accepted(vector(v, 4, true), NT_TARGETS_AUTO, 0, NT_TARGETS_CENTERED, 3, y,
           "3 classes, centered");
  double hot[] = {0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0};
  accepted(vector(v, 4, true), NT_TARGETS_ONE_HOT, 4, NT_TARGETS_ONE_HOT, 4, hot,
           "no sample of class 3");
  accepted(vector(v, 4, false), NT_TARGETS_AUTO, 0, NT_TARGETS_RAW, 1, v, "raw, 1 output");
}

static void test_raw(void)
{
  double v[] = {1.5, -2, 7, 0.25};
  nt_labels two = {.y = v, .n = 2, .k = 2};
  accepted(two, NT_TARGETS_AUTO, 0, NT_TARGETS_RAW, 2, v, "raw, 2 outputs");
  accepted(vector(v, 4, true), NT_TARGETS_RAW, 0, NT_TARGETS_RAW, 1, v, "raw");
  refused(two, NT_TARGETS_RAW, 3, NT_ERR_ARG, "--classes 3");
  double bad[] = {1, 2, 3, 1.0 / 0.0};
  refused((nt_labels){.y = bad, .n = 2, .k = 2}, NT_TARGETS_AUTO, 0, NT_ERR_DATA,
          "sample 1, column 1 is inf");
}

static void test_refused(void)
{
  double negative[] = {0, 1, -1}, gap[] = {0, 1, 3}, zeros[] = {0, 0}, half[] = {0, 1.5};
  double large[] = {0, 120000}, huge[] = {1e300, 0};
  refused(vector(negative, 3, true), NT_TARGETS_AUTO, 0, NT_ERR_DATA, "--targets raw");
  refused(vector(gap, 3, true), NT_TARGETS_AUTO, 0, NT_ERR_DATA, "none is 2");
  refused(vector(large, 2, true), NT_TARGETS_AUTO, 0, NT_ERR_DATA, "--targets raw");
  refused(vector(huge, 2, true), NT_TARGETS_AUTO, 0, NT_ERR_DATA, "labels[0]");
  refused(vector(gap, 3, true), NT_TARGETS_AUTO, 3, NT_ERR_DATA, "labels[2] is 3");
  refused(vector(zeros, 2, true), NT_TARGETS_AUTO, 0, NT_ERR_DATA, "all 2 labels are 0");
  refused(vector(zeros, 1, true), NT_TARGETS_CENTERED, 0, NT_ERR_DATA, "--classes");
  refused(vector(zeros, 2, true), NT_TARGETS_AUTO, 1, NT_ERR_ARG, "2 or more");
  refused(vector(half, 2, false), NT_TARGETS_ONE_HOT, 0, NT_ERR_DATA, "labels[1] is 1.5");
  refused(vector(zeros, 0, true), NT_TARGETS_RAW, 0, NT_ERR_DATA, "at least one sample");
  nt_labels wide = {.y = negative, .n = 1, .k = 3, .is_integer = true};
  refused(wide, NT_TARGETS_AUTO, 0, NT_ERR_DATA, "--targets raw");
  refused(wide, NT_TARGETS_CENTERED, 0, NT_ERR_DATA, "--targets raw");
}

static void test_one_sample(void)
{
  double zero[] = {0}, three[] = {3};
  double y[] = {0.5, -0.5}, hot[] = {0, 0, 0, 1};
  accepted(vector(zero, 1, true), NT_TARGETS_AUTO, 2, NT_TARGETS_CENTERED, 2, y, "2 classes");
  accepted(vector(three, 1, false), NT_TARGETS_ONE_HOT, 0, NT_TARGETS_ONE_HOT, 4, hot,
           "no sample of class 0");
}

static void test_like(void)
{
  nt_error err = {0};
  double train[] = {0, 1, 2}, test[] = {1, 1}, other[] = {0, 3}, pair[] = {1, 2};
  nt_labels l = vector(train, 3, true);
  nt_targets *t = NULL, *u = NULL, *raw = NULL;
  NT_TEST_OK_ERR(nt_targets_create(&err, &l, NT_TARGETS_AUTO, 0, &t), &err);
  l = vector(test, 2, true);
  NT_TEST_OK_ERR(nt_targets_create_like(&err, &l, t, &u), &err);
  NT_TEST(u && u->c == 3 && u->mode == NT_TARGETS_CENTERED && u->label[0] == 1);
  nt_targets_destroy(&u);
  l = vector(other, 2, true);
  NT_TEST_FAILS_ERR(nt_targets_create_like(&err, &l, t, &u), NT_ERR_DATA, &err);
  NT_TEST_CONTAINS(err.message, "labels[1] is 3");
  (void)snprintf(l.name, sizeof l.name, "test.npy");
  err = (nt_error){0};
  NT_TEST_FAILS_ERR(nt_targets_create_like(&err, &l, t, &u), NT_ERR_DATA, &err);
  NT_TEST_CONTAINS(err.message, "test.npy[1] is 3");
  l = (nt_labels){.y = pair, .n = 1, .k = 2};
  NT_TEST_OK_ERR(nt_targets_create(&err, &l, NT_TARGETS_RAW, 0, &raw), &err);
  l = vector(other, 2, true);
  NT_TEST_FAILS_ERR(nt_targets_create_like(&err, &l, raw, &u), NT_ERR_DATA, &err);
  nt_targets_destroy(&t);
  nt_targets_destroy(&raw);
}

static void test_metrics(void)
{
  nt_error err = {0};
  double v[] = {0, 1, 1}, f[] = {2, 1, 0.5, 0.5, 0, 1};
  nt_labels l = vector(v, 3, true);
  nt_targets *t = NULL;
  NT_TEST_OK_ERR(nt_targets_create(&err, &l, NT_TARGETS_ONE_HOT, 0, &t), &err);
  nt_metrics m = nt_metrics_compute(t, f);
  NT_TEST(m.has_classes && m.n == 3);
  NT_TEST(m.errors == 1); /* the tie of the second sample goes to class 0 */
  NT_TEST_CLOSE(m.accuracy, 2.0 / 3, 1e-15);
  NT_TEST_CLOSE(m.mse, 2.5 / 6, 1e-15);
  NT_TEST_CLOSE(m.loss, 1.25 / 6, 1e-15);
  nt_targets_destroy(&t);
  NT_TEST_OK_ERR(nt_targets_create(&err, &l, NT_TARGETS_RAW, 0, &t), &err);
  m = nt_metrics_compute(t, f);
  NT_TEST(!m.has_classes && m.errors == 0);
  NT_TEST_CLOSE(m.mse, (4 + 0 + 0.25) / 3, 1e-15);
  nt_targets_destroy(&t);
  int64_t label[3];
  nt_argmax_rows(f, 3, 2, label);
  NT_TEST(label[0] == 0 && label[1] == 0 && label[2] == 1);
}

/* By hand: two samples, two outputs; 0.5 log(2 pi s) an output, and e^2 / 2s. */
static void test_nll(void)
{
  double y[] = {1, 2, 3, 4}, each[2];
  const double f[] = {1, 2, 4, 2}, variance[] = {0.5, 1}, log_two_pi = 1.8378770664093454836;
  const nt_targets targets = {.n = 2, .c = 2, .y = y};
  const double total = nt_nll_compute(&targets, f, variance, 0.5, each);
  NT_TEST_CLOSE(each[0], log_two_pi, 1e-15);
  NT_TEST_CLOSE(each[1], log_two_pi + log(1.5) + 2.5 / 1.5, 1e-15);
  NT_TEST_CLOSE(total, each[0] + each[1], 1e-15);
  NT_TEST_CLOSE(nt_nll_compute(&targets, f, variance, 0.5, NULL), total, 0);
  const double none[] = {0, 0};
  NT_TEST(isfinite(nt_nll_compute(&targets, f, none, 0, each)));
}

static const CU_TestInfo tests[] = {{"words name modes", test_modes},
                                    {"auto centers class numbers", test_auto_classes},
                                    {"raw targets are the labels", test_raw},
                                    {"wrong labels are refused", test_refused},
                                    {"one sample has targets", test_one_sample},
                                    {"test labels are coded as training labels", test_like},
                                    {"metrics equal hand counts", test_metrics},
                                    {"negative log likelihood by hand", test_nll},
                                    CU_TEST_INFO_NULL};

NT_TEST_MAIN("predict.targets", tests)

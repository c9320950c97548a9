/** Variances, covariances and folds by conjugate gradients, against those from a factor. */
#include "nt_test.h"
#include "predict/predict_impl.h"
#include "predict/quadratic.h"
#include "problem.h"

#include <stdlib.h>

enum { FOLDS = 4 };
static const double REG = 1e-2;
static const nt_iteration how = {.tolerance = 1e-12, .most = 500};

/* Both kernels, as factors and as operators to solve with. */
typedef struct setting {
  problem p;
  nt_posterior *nngp, *ntk;
  nt_operator op_nngp, op_ntk;
  nt_pcg *pcg_nngp, *pcg_ntk;
  double prior[M];
} setting;

static void begin(nt_grid *grid, setting *s)
{
  problem_create(grid, &s->p);
  NT_TEST_OK(nt_posterior_create(s->p.nngp[0], NT_FULL, "nngp", &s->nngp));
  NT_TEST_OK(nt_posterior_create(s->p.ntk[0], NT_FULL, "ntk", &s->ntk));
  NT_TEST_OK(nt_posterior_factor(s->nngp, REG, false));
  NT_TEST_OK(nt_posterior_factor(s->ntk, REG, false));
  s->op_nngp = nt_posterior_operator(s->nngp);
  s->op_ntk = nt_posterior_operator(s->ntk);
  NT_TEST_OK(nt_pcg_create(&s->op_nngp, 5, &s->pcg_nngp));
  NT_TEST_OK(nt_pcg_create(&s->op_ntk, 0, &s->pcg_ntk));
  NT_TEST(nt_pcg_operator(s->pcg_nngp)->diagonal == s->op_nngp.diagonal);
  NT_TEST(nt_pcg_operator(s->pcg_ntk)->n == s->op_ntk.n);
  NT_TEST_OK(nt_predict_diagonal(s->p.nngp[2], s->prior));
}

static void end(setting *s)
{
  nt_pcg_destroy(&s->pcg_nngp);
  nt_pcg_destroy(&s->pcg_ntk);
  nt_posterior_destroy(&s->nngp);
  nt_posterior_destroy(&s->ntk);
  problem_free(&s->p);
}

/* How far two distributed matrices are apart, relative to the larger entry. */
static double distance(const nt_dmatrix *a, const nt_dmatrix *b)
{
  static double x[M * M], y[M * M];
  NT_TEST_OK(nt_predict_gather(a, x));
  NT_TEST_OK(nt_predict_gather(b, y));
  return nt_test_max_error(M * M, x, y);
}

static void process(nt_grid *grid)
{
  static setting s;
  double got[M], want[M];
  nt_dmatrix *c = NULL, *d = NULL;
  nt_solution solution;
  begin(grid, &s);
  const double lambda = nt_posterior_info(s.nngp)->lambda;
  const nt_pcg_test test = {.k_test_train = s.p.nngp[1]};
  NT_TEST_OK(nt_posterior_variance(s.nngp, s.p.nngp[1], s.prior, want));
  NT_TEST_OK(nt_pcg_variance(s.pcg_nngp, lambda, &test, s.prior, &how, got, &solution));
  NT_TEST_MSG(nt_test_max_error(M, got, want) < 1e-12, "%g", nt_test_max_error(M, got, want));
  NT_TEST(solution.iterations > 0 && solution.residual <= how.tolerance);
  NT_TEST_OK(nt_posterior_covariance(s.nngp, s.p.nngp[1], s.p.nngp[2], &d));
  NT_TEST_OK(nt_pcg_covariance(s.pcg_nngp, lambda, &test, s.p.nngp[2], &how, &c, NULL));
  NT_TEST_MSG(distance(c, d) < 1e-12, "%g", distance(c, d));
  nt_dmatrix_destroy(&c);
  nt_dmatrix_destroy(&d);
  end(&s);
}

static void test_process(void) { nt_test_on_all_grids(process); }

static void ensemble(nt_grid *grid)
{
  static setting s;
  double got[M], want[M];
  nt_dmatrix *c = NULL, *d = NULL;
  begin(grid, &s);
  const double lambda = nt_posterior_info(s.ntk)->lambda;
  const nt_pcg_test test = {s.p.ntk[1], &s.op_nngp, s.p.nngp[1]};
  NT_TEST_OK(
      nt_posterior_ensemble_variance(s.ntk, s.p.nngp[0], s.p.ntk[1], s.p.nngp[1], s.prior, want));
  NT_TEST_OK(nt_pcg_variance(s.pcg_ntk, lambda, &test, s.prior, &how, got, NULL));
  NT_TEST_MSG(nt_test_max_error(M, got, want) < 1e-9, "%g", nt_test_max_error(M, got, want));
  NT_TEST_OK(nt_posterior_ensemble_covariance(s.ntk, s.p.nngp[0], s.p.ntk[1], s.p.nngp[1],
                                              s.p.nngp[2], &d));
  NT_TEST_OK(nt_pcg_covariance(s.pcg_ntk, lambda, &test, s.p.nngp[2], &how, &c, NULL));
  NT_TEST_MSG(distance(c, d) < 1e-9, "%g", distance(c, d));
  nt_dmatrix_destroy(&c);
  nt_dmatrix_destroy(&d);
  end(&s);
}

static void test_ensemble(void) { nt_test_on_all_grids(ensemble); }

/* A loose tolerance takes its square off the variance, which is then too large, never too small. */
static void loose(nt_grid *grid)
{
  static setting s;
  double got[M], want[M];
  const nt_iteration coarse = {.tolerance = 1e-3, .most = 500};
  begin(grid, &s);
  const nt_pcg_test test = {.k_test_train = s.p.nngp[1]};
  NT_TEST_OK(nt_posterior_variance(s.nngp, s.p.nngp[1], s.prior, want));
  NT_TEST_OK(nt_pcg_variance(s.pcg_nngp, nt_posterior_info(s.nngp)->lambda, &test, s.prior, &coarse,
                             got, NULL));
  for (int i = 0; i < M; i++)
    NT_TEST_MSG(got[i] - want[i] > -1e-13 && got[i] - want[i] < 1e-3 * s.prior[i], "%d: %g", i,
                got[i] - want[i]);
  end(&s);
}

static void test_loose(void) { nt_test_on_all_grids(loose); }

/* The form of all test samples from those of parts of them. */
static void parts(nt_grid *grid)
{
  enum { FIRST = 4 };
  static setting s;
  static double rows[M * N];
  nt_quadratic whole = {0}, form = {0};
  nt_dmatrix *part = NULL, *c = NULL, *d = NULL;
  begin(grid, &s);
  NT_TEST_OK(nt_predict_gather(s.p.nngp[1], rows));
  for (int first = 0; first < M; first += FIRST) {
    const int count = M - first < FIRST ? M - first : FIRST;
    NT_TEST_OK(nt_dmatrix_create(grid, count, N, 2, 3, &part));
    for (int64_t lj = 0; lj < part->cols; lj++) {
      for (int64_t li = 0; li < part->rows; li++)
        part->a[li + lj * part->ld] =
            rows[(first + nt_dmatrix_row(part, li)) * N + nt_dmatrix_column(part, lj)];
    }
    NT_TEST_OK(nt_posterior_form(s.nngp, part, &form));
    NT_TEST_OK(nt_quadratic_put(&form, first, M, &whole));
    nt_quadratic_free(&form);
    nt_dmatrix_destroy(&part);
  }
  NT_TEST_OK(nt_quadratic_covariance(&whole, s.p.nngp[2], &c));
  NT_TEST_OK(nt_posterior_covariance(s.nngp, s.p.nngp[1], s.p.nngp[2], &d));
  NT_TEST_MSG(distance(c, d) < 1e-13, "%g", distance(c, d));
  nt_dmatrix_destroy(&c);
  nt_dmatrix_destroy(&d);
  nt_quadratic_free(&whole);
  end(&s);
}

static void test_parts(void) { nt_test_on_all_grids(parts); }

static void folds(nt_grid *grid)
{
  static setting s;
  double got[N * C], want[N * C];
  int64_t fold[N], number[FOLDS] = {0, 1, 2, 3};
  nt_solution solution;
  begin(grid, &s);
  for (int i = 0; i < N; i++)
    fold[i] = (i * i + i / 7) % FOLDS;
  const nt_folds parts_of = {N, FOLDS, fold, number};
  for (int absolute = 0; absolute < 2; absolute++) {
    const nt_pcg_validation v = {&parts_of, 5, REG, absolute};
    NT_TEST_OK(
        nt_pcg_cross_validate(&s.op_nngp, &v, s.p.y, C, &how, got, absolute ? NULL : &solution));
    NT_TEST_OK(nt_posterior_cross_validate(s.nngp, REG, absolute, &parts_of, s.p.y, C, want));
    NT_TEST_MSG(nt_test_max_error(N * C, got, want) < 1e-9, "%g",
                nt_test_max_error(N * C, got, want));
  }
  NT_TEST(solution.iterations >= FOLDS && solution.residual <= how.tolerance);
  end(&s);
}

static void test_folds(void) { nt_test_on_all_grids(folds); }

static void refused(nt_grid *grid)
{
  static setting s;
  double variance[M], mean[N * C];
  int64_t fold[N] = {0}, number[2] = {0, 1};
  const nt_iteration few = {.tolerance = 1e-12, .most = 1};
  nt_dmatrix *c = NULL;
  begin(grid, &s);
  const nt_pcg_test turned = {.k_test_train = s.p.nngp[2]}, test = {.k_test_train = s.p.nngp[1]};
  NT_TEST_FAILS(nt_pcg_variance(s.pcg_nngp, 1e-3, &turned, s.prior, &how, variance, NULL),
                NT_ERR_SHAPE);
  NT_TEST_FAILS(nt_pcg_covariance(s.pcg_nngp, 1e-3, &test, s.p.nngp[1], &how, &c, NULL),
                NT_ERR_SHAPE);
  NT_TEST_FAILS(nt_pcg_variance(s.pcg_nngp, 1e-6, &test, s.prior, &few, variance, NULL),
                NT_ERR_NUMERIC);
  fold[3] = 1;
  const nt_folds two = {N, 2, fold, number}, others = {N - 1, 2, fold, number};
  const nt_pcg_validation negative = {&two, 0, -1, true}, wrong = {&others, 0, 1, true},
                          missed = {&two, 0, 1e-6, true};
  NT_TEST_FAILS(nt_pcg_cross_validate(&s.op_nngp, &negative, s.p.y, C, &how, mean, NULL),
                NT_ERR_ARG);
  NT_TEST_FAILS(nt_pcg_cross_validate(&s.op_nngp, &wrong, s.p.y, C, &how, mean, NULL), NT_ERR_ARG);
  NT_TEST_FAILS(nt_pcg_cross_validate(&s.op_nngp, &missed, s.p.y, C, &few, mean, NULL),
                NT_ERR_NUMERIC);
  end(&s);
}

static void test_refused(void) { nt_test_on_all_grids(refused); }

static const CU_TestInfo tests[] = {
    {"variance and covariance of a process equal those of a factor", test_process},
    {"those of an ensemble do", test_ensemble},
    {"a loose tolerance leaves the variance too large", test_loose},
    {"parts of the test samples make the whole covariance", test_parts},
    {"folds equal those of a factor", test_folds},
    {"wrong sizes and missed tolerances are errors", test_refused},
    CU_TEST_INFO_NULL};

NT_TEST_MAIN("predict.pcg_spread", tests)

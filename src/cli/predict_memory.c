/* What training times, covariances and variances take beside the kernels. */
#include "cli/descent.h"

static int count(unsigned bits) { return __builtin_popcount(bits); }

/* Eigenvectors of each kernel, or its factor; three matrices more while it is decomposed, or
 * for variances; five for those of trained networks: two sides of a form, V^T K V, and K V and its
 * like while that is made. And what is returned for the training set. */
static int64_t square_matrices(const nt_predict_run *r, int64_t results)
{
  const nt_cli_options *o = &r->s.options;
  const bool spread = nt_spread_wanted(o) != NT_SPREAD_NONE;
  if (o->method != NT_METHOD_DESCENT || nt_descent_integrates(o)) return 0;
  const bool trained = spread && (r->predictors & NT_BY_NTK) != 0;
  const int64_t work = o->time.n == 0 ? 3 * spread : trained ? 5 : 3;
  return count(r->predictors) + work + (o->covariance ? 2 * results : 0);
}

int nt_predict_forms(const nt_predict_run *r)
{
  const nt_cli_options *o = &r->s.options;
  const unsigned by = r->predictors;
  const int pcg = o->solver == NT_SOLVER_PCG;
  if (!o->covariance || nt_descent_integrates(o)) return 0;
  const int of_time = o->method == NT_METHOD_DESCENT && o->time.n > 0 ? 2 : 0;
  return (1 + pcg) * count(by & (NT_BY_NNGP | NT_BY_NTKGP)) + 2 * count(by & NT_BY_NTK) + of_time;
}

int64_t nt_predict_memory(const nt_predict_run *r)
{
  const nt_cli_options *o = &r->s.options;
  const int64_t n = r->problem.n, m = r->problem.m, ranks = nt_ctx_size(r->s.ctx);
  const int64_t T = o->time.n > 0 ? o->time.n : 1;
  const int64_t R = nt_learning_select(o) ? 1 : nt_learning_regs(o)->n;
  const int64_t L = R * T, c = r->problem.c;
  const bool spread = nt_spread_wanted(o) != NT_SPREAD_NONE;
  if (o->method != NT_METHOD_DESCENT && !spread) return 0;
  int64_t shared = square_matrices(r, L) * n * n + (spread ? 4 * r->block * n : 0);
  shared += nt_predict_forms(r) * m * n;
  if (o->covariance) shared += (count(r->test_test) + (count(r->predictors) * L + 1)) * m * m;
  int64_t own = o->method == NT_METHOD_DESCENT ? 2 * L * (n + m) * c : 0;
  /* A vector of four fields (outputs, momenta, responses to training), and what
   * the integrator makes of it. */
  if (nt_descent_integrates(o)) own += (4 * (6 + 7 + 1) + 4 * T) * n * c;
  if (o->variance) own += count(r->predictors) * L * (n + m);
  return (shared / ranks + own) * (int64_t)sizeof(double);
}

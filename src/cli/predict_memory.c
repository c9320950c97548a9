/* What learning takes beside the kernels: what is held to the end, and what training and the test
 * samples take on top of it, one after the other. */
#include "cli/descent.h"

#include "cli/solving.h"
#include "layer/math.h"
#include "nt/eigen.h"
#include "predict/eigen_impl.h"

static int count(unsigned bits) { return __builtin_popcount(bits); }

int nt_predict_forms(const nt_predict_run *r)
{
  const nt_cli_options *o = &r->s.options;
  const unsigned by = r->predictors;
  const int pcg = o->solver == NT_SOLVER_PCG;
  if (!o->covariance || nt_descent_integrates(o)) return 0;
  const int of_time = o->method == NT_METHOD_DESCENT && o->time.n > 0 ? 2 : 0;
  return (1 + pcg) * count(by & (NT_BY_NNGP | NT_BY_NTKGP)) + 2 * count(by & NT_BY_NTK) + of_time;
}

/* Numbers of a rank, for L regularisations and times. */
typedef struct nt_sizes {
  int64_t L, train, block, test; /* n x n, the test samples that are held by n, all of them by m */
  bool spread;
} nt_sizes;

static nt_sizes sizes_of(const nt_predict_run *r)
{
  const nt_cli_options *o = &r->s.options;
  const int64_t n = r->problem.n, m = r->problem.m, ranks = nt_ctx_size(r->s.ctx);
  const int64_t R = nt_learning_select(o) ? 1 : nt_learning_regs(o)->n;
  return (nt_sizes){.L = R * NT_MAX(o->time.n, 1),
                    .train = n * n / ranks,
                    .block = r->block * n / ranks,
                    .test = m * m / ranks,
                    .spread = nt_spread_wanted(o) != NT_SPREAD_NONE};
}

/* Variances and covariances of test samples: in --method gp of one regularisation at a time. */
static void add_spread(const nt_predict_run *r, const nt_sizes *size, nt_predict_needs *needs)
{
  const nt_cli_options *o = &r->s.options;
  const int64_t n = r->problem.n, m = r->problem.m, predictors = count(r->predictors);
  if (!size->spread) return;
  needs->testing += 4 * size->block + nt_predict_forms(r) * m * n / nt_ctx_size(r->s.ctx);
  if (o->covariance)
    needs->held += (count(r->test_test) + predictors * size->L + 1) * size->test;
  else
    needs->held += predictors * size->L * (n + m);
}

/* Training for given times, by the eigenvectors of each kernel. Trained networks have the kernel
 * between eigenvectors to the end, and three matrices more while it is made; others one. */
static void add_times(const nt_predict_run *r, const nt_sizes *size, nt_predict_needs *needs)
{
  const nt_cli_options *o = &r->s.options;
  const bool trained = size->spread && (r->predictors & NT_BY_NTK) != 0;
  const nt_eigensolver solver = o->eigensolver > 0 ? (nt_eigensolver)(o->eigensolver - 1) : 0;
  const int64_t decomposition = nt_eigen_work(r->s.grid, r->problem.n, solver);
  const int64_t covariances = o->covariance ? o->time.n : 0;
  needs->held += (count(r->predictors) + trained) * size->train;
  needs->training =
      NT_MAX(decomposition, ((trained ? 3 : size->spread) + covariances) * size->train);
}

static void add_descent(const nt_predict_run *r, const nt_sizes *size, nt_predict_needs *needs)
{
  const nt_cli_options *o = &r->s.options;
  const int64_t c = r->problem.c, T = NT_MAX(o->time.n, 1);
  const int64_t predictors = count(r->predictors);
  needs->held += 2 * size->L * (r->problem.n + r->problem.m) * c;
  if (nt_descent_integrates(o)) {
    /* A vector of four fields (outputs, momenta, responses to training), and what the integrator
     * makes of it. */
    needs->held += (4 * (6 + 7 + 1) + 4 * T) * r->problem.n * c;
    return;
  }
  if (o->covariance) needs->held += predictors * size->L * size->train;
  if (o->time.n > 0) {
    add_times(r, size, needs);
  } else {
    needs->held += predictors * size->train;       /* factors */
    needs->training = o->covariance * size->train; /* that of the training set is zero */
  }
  add_spread(r, size, needs);
}

/* What the BLAS has packed of a panel of a kernel stays with it. */
static int64_t packed(const nt_predict_run *r)
{
  const int64_t n = r->problem.n, nb = nt_solver_block(r->s.grid, n);
  const size_t real = nt_solving_iterates(&r->s.options) ? sizeof(float) : sizeof(double);
  return nb * nt_numroc(n, nb, 0, nt_grid_Q(r->s.grid)) * (int64_t)real;
}

nt_predict_needs nt_predict_needs_of(const nt_predict_run *r)
{
  const nt_cli_options *o = &r->s.options;
  const nt_problem *p = &r->problem;
  const nt_sizes size = sizes_of(r);
  nt_predict_needs needs = {0};
  if (o->method == NT_METHOD_DESCENT)
    add_descent(r, &size, &needs);
  else
    add_spread(r, &size, &needs);
  const bool factors = o->method == NT_METHOD_GP || o->time.n == 0;
  const int64_t real = (int64_t)sizeof(double), solving = factors ? nt_solving_bytes(&r->s, p) : 0;
  needs.held = needs.held * real + nt_learning_bytes(o, p, (int)NT_MAX(count(r->fields), 1));
  needs.training *= real;
  needs.testing *= real;
  if (o->solver != NT_SOLVER_PCG && !nt_descent_integrates(o)) needs.held += packed(r);
  /* Gaussian processes are solved before test samples come, and with variances once more when they
   * are there, as for infinite time; what conjugate gradients take stays. */
  const bool gp = o->method == NT_METHOD_GP, again = !gp || size.spread;
  if (gp) needs.training += NT_MAX(solving, nt_validation_bytes(&r->s, p));
  if (again && o->solver == NT_SOLVER_PCG) needs.held += solving;
  if (again) needs.testing = NT_MAX(needs.testing, solving);
  return needs;
}

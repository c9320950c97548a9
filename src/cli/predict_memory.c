/* What learning takes beside the kernels: what is held to the end, and what training and the test
 * samples take on top of it, one after the other. */
#include "cli/descent.h"

#include "cli/solving.h"
#include "layer/math.h"
#include "nt/eigen.h"
#include "predict/eigen_impl.h"
#include "predict/predictor_impl.h"

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

static void add_closed_form(const nt_predict_run *r, const nt_sizes *size, nt_predict_needs *needs)
{
  const nt_cli_options *o = &r->s.options;
  const int64_t predictors = count(r->predictors);
  if (o->covariance) needs->held += predictors * size->L * size->train;
  if (o->time.n > 0) {
    add_times(r, size, needs);
  } else {
    needs->held += predictors * size->train;       /* factors */
    needs->training = o->covariance * size->train; /* that of the training set is zero */
  }
  add_spread(r, size, needs);
}

/* Outputs over time of all samples, and where they begin. One call has those of the samples in work
 * and, at finite times, two products with columns for a batch of them. */
static void add_outputs(const nt_predict_run *r, const nt_sizes *size, nt_predict_needs *needs)
{
  const nt_cli_options *o = &r->s.options;
  const int64_t n = r->problem.n, m = r->problem.m, c = r->problem.c, T = NT_MAX(o->time.n, 1);
  const int64_t rows = NT_MAX(n, r->block), predictors = count(r->predictors);
  const int64_t columns = o->time.n > 0 ? NT_MAX(c, NT_MIN(T * c, NT_CURVE_COLUMNS)) : 0;
  const int64_t residuals = o->ensemble ? 0 : 3 * n * c;
  const int64_t call = residuals + (T + 1) * rows * c + (3 * n + 2 * rows) * columns;
  needs->held += (predictors * size->L * (n + m) + (1 + predictors) * n) * c +
                 ((o->initial != NULL) * n + (o->initial_test != NULL) * m) * c;
  needs->training += call;
  needs->testing += call;
}

/* The equation carries outputs, with momentum their momenta, and with test samples what answers to
 * both: 1, 2 or 4 fields. So do the results at all times, and each vector of the integrator. */
static void add_equation(const nt_predict_run *r, nt_predict_needs *needs)
{
  enum { VECTORS = 6 + 7 + 1 };
  const nt_cli_options *o = &r->s.options;
  const int64_t n = r->problem.n, m = r->problem.m, c = r->problem.c, T = o->time.n;
  const int64_t each = 1 + o->momentum.given, fields = each * (m > 0 ? 2 : 1);
  const int64_t states = 1 + (o->state != NULL); /* at the end, and at the beginning */
  const int64_t given =
      states * each * (n + m) + (o->initial != NULL) * n + (o->initial_test != NULL) * m;
  needs->held += (T * (n + m) + T * fields * n + given) * c;
  needs->training = (VECTORS * fields + 4) * n * c;
  needs->testing = (4 * r->block + n) * c;
}

/* What the BLAS has packed of a panel of a kernel stays with it. */
static int64_t packed(const nt_predict_run *r)
{
  const int64_t n = r->problem.n, nb = nt_solver_block(r->s.grid, n);
  const size_t real = nt_solving_iterates(&r->s.options) ? sizeof(float) : sizeof(double);
  return nb * nt_numroc(n, nb, 0, nt_grid_Q(r->s.grid)) * (int64_t)real;
}

nt_predict_needs nt_predict_needs_of(const nt_predict_run *r, bool seen)
{
  const nt_cli_options *o = &r->s.options;
  const nt_problem *p = &r->problem;
  const nt_sizes size = sizes_of(r);
  const int64_t real = (int64_t)sizeof(double);
  const bool gp = o->method == NT_METHOD_GP, integrates = nt_descent_integrates(o);
  nt_predict_needs needs = {0}, outputs = {0};
  if (gp) {
    add_spread(r, &size, &needs);
  } else if (integrates) {
    add_equation(r, &outputs);
  } else {
    add_closed_form(r, &size, &needs);
    add_outputs(r, &size, &outputs);
  }
  const int64_t solving = gp || o->time.n == 0 ? nt_solving_bytes(&r->s, p, seen) : 0;
  const int64_t learning = gp ? nt_learning_bytes(o, p, (int)NT_MAX(count(r->fields), 1)) : 0;
  needs.held = needs.held * real + learning + nt_problem_bytes(p);
  needs.training *= real;
  needs.testing *= real;
  if (o->solver != NT_SOLVER_PCG && !integrates) needs.held += packed(r);
  /* Gaussian processes are solved before test samples come, and with variances once more when they
   * are there, as for infinite time; what conjugate gradients take stays. */
  const bool again = !gp || size.spread;
  if (gp) needs.training += NT_MAX(solving, nt_validation_bytes(&r->s, p));
  if (gp) needs.testing += (p->n + r->block) * p->c * real; /* a product */
  if (again && o->solver == NT_SOLVER_PCG) needs.held += solving;
  if (again) needs.testing = NT_MAX(needs.testing, solving);
  needs.held += outputs.held * real;
  needs.training += outputs.training * real;
  needs.testing += outputs.testing * real;
  return needs;
}

#include "cli/solving.h"

#include "base/check.h"
#include "base/memory.h"
#include "cli/json.h"
#include "layer/math.h"
#include "nt/solver.h"
#include "predict/cholesky.h"
#include "predict/predict_impl.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { DEFAULT_RANK = 100, MOST_PCG = 1000, MOST_REFINE = 50, PANEL_BYTES = 128 << 20 };
static const double default_tolerance = 1e-10;

struct nt_solving {
  nt_operator op;
  nt_pcg *pcg;                  /* NULL: nothing is solved with this kernel */
  nt_network_operator *network; /* NULL: the kernel is stored */
  nt_tree *x;                   /* of its samples */
};

/* Whether results come from the inverse of the kernel, not from solutions alone. */
static bool needs_inverse(const nt_cli_options *o)
{
  return o->loo || o->select == NT_SELECT_LOO || o->select == NT_SELECT_EVIDENCE || o->reg.is_auto;
}

/* Or whether a factor has them at a fraction of the cost of solutions. */
static bool needs_factor(const nt_cli_options *o)
{
  return needs_inverse(o) || o->variance || o->covariance || o->folds != NULL;
}

/* A float64 factor that is needed anyway solves as well: nothing is left to refine. */
bool nt_solving_iterates(const nt_cli_options *o)
{
  return o->solver == NT_SOLVER_PCG || (o->solver == NT_SOLVER_REFINE && !needs_factor(o));
}

static int64_t rank_of(const nt_cli_options *o)
{
  return o->rank.given ? o->rank.value : DEFAULT_RANK;
}

static nt_status check_pcg(nt_error *err, const nt_cli_options *o)
{
  nt_status status = NT_OK;
  NT_CHECK(o->solver == NT_SOLVER_PCG || (!o->rank.given && !o->matrix_free), err, NT_ERR_ARG,
           "%s goes with --solver pcg", o->rank.given ? "--rank" : "--matrix-free");
  if (!o->matrix_free) return NT_OK;
  NT_CHECK(o->network_file != NULL || o->network_text != NULL, err, NT_ERR_ARG,
           "--matrix-free computes the kernel of a network: --network FILE, or --expr TEXT");
  NT_CHECK(
      o->train != NULL && o->kernel[NT_TRAIN_TRAIN] == NULL &&
          o->matrix[NT_TRAIN_TRAIN][NT_NNGP] == NULL && o->matrix[NT_TRAIN_TRAIN][NT_NTK] == NULL &&
          o->save_kernel == NULL,
      err, NT_ERR_ARG,
      "--matrix-free computes the kernel of the training samples (--train X) and does not store "
      "it: it goes with no stored train-train kernel, and no --save-kernel");
  NT_CHECK(!o->mask_constant.given, err, NT_ERR_ARG, "--matrix-free does not take masked samples");
done:
  return status;
}

static nt_status check_inverse(nt_error *err, const nt_cli_options *o)
{
  nt_status status = NT_OK;
  const char *what = o->loo                       ? "loo"
                     : o->reg.is_auto             ? "reg auto (leave-one-out)"
                     : o->select == NT_SELECT_LOO ? "select loo"
                                                  : "select evidence";
  NT_CHECK(
      !needs_inverse(o), err, NT_ERR_ARG,
      "--%s comes from a float64 factor of the kernel, and --solver pcg has none: use --solver "
      "cholesky (the default), or %s",
      what, o->loo ? "--folds K" : "--reg LIST --folds K --select folds");
done:
  return status;
}

nt_status nt_solving_check(nt_error *err, const nt_cli_options *o)
{
  nt_status status = NT_OK;
  NT_CHECK(o->solver == 0 || o->method != NT_METHOD_DESCENT, err, NT_ERR_ARG,
           "--solver is about --method gp");
  NT_TRY(check_pcg(err, o));
  if (o->method == NT_METHOD_DESCENT) return NT_OK;
  NT_CHECK(o->solver > NT_SOLVER_CHOLESKY || (!o->tolerance.given && o->iterations == 0), err,
           NT_ERR_ARG,
           "%s goes with --solver refine and --solver pcg (and --tolerance with the integrator of "
           "--method gradient-descent)",
           o->tolerance.given ? "--tolerance" : "--iterations");
  NT_CHECK(!o->tolerance.given || (o->tolerance.value > 0 && o->tolerance.value < 1), err,
           NT_ERR_ARG, "--tolerance %g: must be above 0 and below 1", o->tolerance.value);
  if (o->solver == NT_SOLVER_PCG) NT_TRY(check_inverse(err, o));
done:
  return status;
}

/* Of a panel of a kernel that is not stored: at least a home block of samples on every rank. */
static int64_t panel_bytes(const nt_session *s, int64_t n)
{
  const int64_t size = nt_ctx_size(s->ctx), row = n * (int64_t)sizeof(double);
  const int64_t least = nt_samples_step(s->ctx) * row / size, all = n * row / size;
  const int64_t wanted = least > PANEL_BYTES ? least : PANEL_BYTES;
  return wanted < all ? wanted : all;
}

/* Right-hand sides and sums of a solution with the factor (predict/triangular.c). */
static int64_t substitution_bytes(const nt_grid *grid, int64_t n, int64_t nb, int64_t c,
                                  size_t real)
{
  const int64_t rows = nt_numroc(n, nb, 0, nt_grid_P(grid));
  const int64_t cols = nt_numroc(n, nb, 0, nt_grid_Q(grid));
  return (n + 2 * NT_MAX(rows, cols) + 2 * NT_MIN(nb, n)) * c * (int64_t)real;
}

/* Vectors of an iteration, and its product with the kernel (predict/symmetric_product.c). */
static int64_t iteration_bytes(const nt_session *s, int64_t n, int64_t nb, int64_t c)
{
  const int64_t rows = nt_numroc(n, nb, 0, nt_grid_P(s->grid));
  const int64_t cols = nt_numroc(n, nb, 0, nt_grid_Q(s->grid));
  return (4 * n + (1 + nt_ctx_threads(s->ctx)) * rows + 2 * cols) * c * (int64_t)sizeof(double);
}

int64_t nt_solving_seen(const nt_session *s, const nt_grid *grid, int64_t n, int64_t nb,
                        size_t real)
{
  const bool shares = s->placement.node_ranks % nt_grid_Q(grid) == 0;
  return shares ? nt_cholesky_shared_bytes(grid, n, nb, real) : 0;
}

int64_t nt_solving_bytes(const nt_session *s, const nt_problem *p, bool seen)
{
  const nt_cli_options *o = &s->options;
  const int64_t n = p->n, c = p->c, nb = nt_solver_block(s->grid, n);
  const int64_t rank = rank_of(o), iteration = iteration_bytes(s, n, nb, c);
  const int size = nt_ctx_size(s->ctx);
  if (o->solver != NT_SOLVER_PCG) {
    const size_t real = nt_solving_iterates(o) ? sizeof(float) : sizeof(double);
    const int64_t solution =
        NT_MAX(nt_solving_iterates(o) ? iteration : 0, substitution_bytes(s->grid, n, nb, c, real));
    const int64_t shared = seen ? nt_solving_seen(s, s->grid, n, nb, real) : 0;
    return NT_MAX(nt_cholesky_bytes(s->grid, n, nb, real) + shared, solution);
  }
  /* Variances: that many right-hand sides. Folds: their own preconditioner, and
   * what remains of vectors. */
  const int64_t tests = o->variance || o->covariance ? 7 * n * NT_PCG_COLUMNS : 0;
  const int64_t folds = p->folds != NULL ? n * rank / size + 2 * rank * rank + 5 * n * c : 0;
  const int64_t bytes = iteration + (n * rank / size + 2 * rank * rank + n * c + tests + folds) * 8;
  return o->matrix_free ? bytes + panel_bytes(s, n) : bytes;
}

const char *nt_solving_text(const nt_cli_options *o)
{
  if (o->matrix_free) return "never stored: computed again in each iteration";
  if (o->solver == NT_SOLVER_PCG) return "the kernel alone";
  if (nt_solving_iterates(o))
    return "a float32 factor in its lower triangle and the kernel in its upper one";
  return "the factor in its lower triangle and the kernel in its upper one";
}

static nt_status open_network(nt_session *s, const nt_cli_net *net, const nt_inputs *train,
                              unsigned field, nt_solving *v)
{
  nt_status status = NT_OK;
  const nt_kernel_options options = nt_cli_kernel_options(s);
  NT_TRY_ALL(s->ctx, nt_tree_like(nt_ctx_error(s->ctx), train->tree, train->sample, &v->x));
  NT_TRY(nt_network_operator_create(s->grid, net->layer, v->x, field, &options, &v->network));
  v->op = nt_network_operator_of(v->network);
done:
  return status;
}

nt_status nt_solving_begin(nt_session *s, const nt_cli_net *net, const nt_inputs *train,
                           unsigned field, bool solves, nt_fit *fit)
{
  nt_status status = NT_OK;
  double seconds = -MPI_Wtime();
  if (solves && s->options.solver == NT_SOLVER_REFINE && !nt_solving_iterates(&s->options))
    nt_warn(s,
            "%s: what was asked for needs a float64 factor, which solves as well: --solver refine "
            "has nothing to refine",
            fit->name);
  if (s->options.solver != NT_SOLVER_PCG) return NT_OK;
  NT_TRY_ALL(s->ctx,
             nt_calloc(nt_ctx_error(s->ctx), 1, sizeof(nt_solving), "a solver", &fit->solving));
  nt_solving *v = fit->solving;
  if (s->options.matrix_free)
    NT_TRY(open_network(s, net, train, field, v));
  else
    v->op = nt_posterior_operator(fit->posterior);
  if (!solves) return NT_OK;
  NT_TRY(nt_pcg_create(&v->op, rank_of(&s->options), &v->pcg));
  seconds += MPI_Wtime();
  nt_say(s, "%s: preconditioner of rank %lld in %.2f s", fit->name, (long long)nt_pcg_rank(v->pcg),
         seconds);
done:
  return status;
}

double nt_fit_mean_diagonal(const nt_fit *fit)
{
  const nt_operator op =
      fit->solving != NULL ? fit->solving->op : nt_posterior_operator(fit->posterior);
  double trace = 0;
  for (int64_t i = 0; i < op.n; i++)
    trace += op.diagonal[i];
  return trace / (double)op.n;
}

void nt_solving_free(nt_fit *fit)
{
  nt_solving *v = fit->solving;
  if (v == NULL) return;
  nt_pcg_destroy(&v->pcg);
  nt_network_operator_destroy(&v->network);
  nt_tree_destroy(&v->x);
  free(v);
  fit->solving = NULL;
}

typedef struct nt_solving_report {
  const nt_session *s;
  const char *name;
  double last;
} nt_solving_report;

/* The first residual, and whenever it has fallen to a tenth; all of them with --verbose. */
static void report(void *arg, int64_t iteration, double residual)
{
  nt_solving_report *report = arg;
  if (!report->s->options.verbose && residual > report->last / 10) return;
  report->last = residual;
  nt_say(report->s, "%s: iteration %lld, residual %.3g", report->name, (long long)iteration,
         residual);
}

static nt_iteration iteration_of(const nt_cli_options *o, nt_solving_report *to)
{
  const int64_t most = o->solver == NT_SOLVER_PCG ? MOST_PCG : MOST_REFINE;
  return (nt_iteration){.tolerance = o->tolerance.given ? o->tolerance.value : default_tolerance,
                        .most = o->iterations > 0 ? o->iterations : most,
                        .report = report,
                        .arg = to};
}

static void store(const nt_session *s, const char *name, double lowest, const nt_solution *solution)
{
  if (s->json == NULL) return;
  cJSON *item = nt_json_item(s->json, "solutions");
  (void)cJSON_AddStringToObject(item, "kernel", name);
  (void)cJSON_AddStringToObject(item, "solver",
                                s->options.solver == NT_SOLVER_PCG ? "pcg" : "refine");
  (void)cJSON_AddNumberToObject(item, "reg_abs", solution->lambda);
  if (isfinite(lowest)) (void)cJSON_AddNumberToObject(item, "lowest_eigenvalue", lowest);
  (void)cJSON_AddNumberToObject(item, "iterations", (double)solution->iterations);
  (void)cJSON_AddNumberToObject(item, "residual", solution->residual);
  (void)cJSON_AddNumberToObject(item, "seconds", solution->seconds);
  if (solution->fell_back) (void)cJSON_AddStringToObject(item, "fell_back", solution->why);
}

nt_status nt_solving_run(nt_session *s, const nt_problem *p, nt_fit *fit, int r)
{
  nt_status status = NT_OK;
  const bool absolute = s->options.reg_abs.n > 0;
  const int64_t c = p->c;
  double *alpha = fit->alpha + r * p->n * c;
  nt_solution solution = {0};
  nt_solving_report to = {s, fit->name, INFINITY};
  const nt_iteration how = iteration_of(&s->options, &to);
  if (s->options.solver == NT_SOLVER_REFINE) {
    NT_TRY(nt_posterior_refine(fit->posterior, fit->reg[r], absolute, p->y, c, &how, alpha,
                               &solution));
  } else {
    double lambda;
    NT_TRY(nt_predict_lambda(nt_ctx_error(s->ctx), fit->reg[r], absolute, nt_fit_mean_diagonal(fit),
                             &lambda));
    NT_TRY(nt_pcg_solve(fit->solving->pcg, lambda, p->y, c, &how, alpha, &solution));
  }
  if (solution.fell_back) nt_warn(s, "%s: %s; factorised in float64", fit->name, solution.why);
  const double lowest = nt_solution_lowest_eigenvalue(p->y, alpha, p->n, c, solution.lambda);
  nt_say(s,
         "%s: %.6g added to the diagonal; residual %.3g after %lld iterations, %.2f s; lowest "
         "eigenvalue at most %.3g",
         fit->name, solution.lambda, solution.residual, (long long)solution.iterations,
         solution.seconds, lowest);
  store(s, fit->name, lowest, &solution);
  fit->reg_abs[r] = solution.lambda;
done:
  return status;
}

/* Many solutions are made for what follows: their residuals as they fall only with --verbose. */
static nt_iteration silently(const nt_session *s, nt_solving_report *to)
{
  nt_iteration how = iteration_of(&s->options, to);
  if (!s->options.verbose) how.report = NULL;
  return how;
}

nt_status nt_solving_folds(nt_session *s, const nt_problem *p, const nt_fit *fit, double reg,
                           double *mean, double *lambda)
{
  nt_status status = NT_OK;
  nt_solution solution;
  nt_solving_report to = {s, fit->name, INFINITY};
  const nt_iteration how = silently(s, &to);
  const nt_operator *op = &fit->solving->op;
  const bool absolute = s->options.reg_abs.n > 0;
  const nt_pcg_validation v = {p->folds, rank_of(&s->options), reg, absolute};
  NT_TRY(nt_pcg_cross_validate(op, &v, p->y, p->c, &how, mean, &solution));
  nt_say(s, "%s: %lld folds by %lld iterations, residual at most %.3g, %.2f s", fit->name,
         (long long)p->folds->count, (long long)solution.iterations, solution.residual,
         solution.seconds);
  *lambda = absolute ? reg : reg * nt_fit_mean_diagonal(fit);
done:
  return status;
}

nt_status nt_solving_form(nt_session *s, const nt_fit *fit, int r, const nt_solving_test *test,
                          nt_quadratic *form)
{
  nt_status status = NT_OK;
  nt_solution solution;
  nt_solving_report to = {s, fit->name, INFINITY};
  const nt_iteration how = silently(s, &to);
  const nt_pcg_test by = {test->k_test_train, test->nngp != NULL ? &test->nngp->solving->op : NULL,
                          test->nngp_test_train};
  NT_TRY(nt_pcg_form(fit->solving->pcg, fit->reg_abs[r], &by, &how, form, &solution));
  nt_say(s, "%s: variances of %lld test rows by %lld iterations, residual at most %.3g, %.2f s",
         fit->name, (long long)test->k_test_train->M, (long long)solution.iterations,
         solution.residual, solution.seconds);
done:
  return status;
}

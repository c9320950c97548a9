/* Vectors are on every rank and all ranks compute the same numbers, in one order: sums have no
 * parts that depend on ranks but those of the operator and the preconditioner, and what is
 * decided, rank 0 decides.
 *
 * beta is -alpha (z, A p) / (r, z) of before, that is (z, r - r before) / (r, z) of before: equal
 * to the usual quotient when M is the same linear map each time, and safe when it is not (Golub, Ye
 * 1999, doi:10.1137/S1064827597323415). */
#include "predict/conjugate.h"

#include "base/check.h"
#include "base/memory.h"
#include "predict/predict_impl.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct nt_cg {
  const nt_operator *op;
  const nt_preconditioner *m;
  const nt_iteration *how;
  double down, lambda; /* times K; times lambda I */
  int64_t n, c, iteration;
  const double *y;
  double *x, *r, *p, *z, *q;            /* [n][c] */
  double *norm, *rz, *step, *dot, *sum; /* [c]; norm of y */
  double *unit;                         /* [c] times y */
  /* [c + 2] residual of each column, then the largest, then whether it is indefinite */
  double *worst;
  bool indefinite;
} nt_cg;

/* What is solved: (K + lambda I) down  X unit / down  =  Y unit, with a unit for each column, since
 * kernels of 200 layers have entries whose squares leave the range of numbers, and preconditioners in
 * float32 a smaller one. Powers of two change no digit. */
static void choose_units(nt_cg *s, double lambda)
{
  double largest = lambda;
  for (int64_t i = 0; i < s->n; i++)
    largest = fmax(largest, s->op->diagonal[i]);
  s->down = nt_predict_unit(largest);
  s->lambda = lambda * s->down;
  for (int64_t k = 0; k < s->c; k++)
    s->unit[k] = nt_predict_unit_of_column(s->y, s->n, s->c, k);
}

static void take_units_off(nt_cg *s)
{
  for (int64_t i = 0; i < s->n * s->c; i++)
    s->x[i] *= s->down / s->unit[i % s->c];
}

/* r = Y unit - q, or Y unit */
static void subtract_from_targets(nt_cg *s, const double *q)
{
  for (int64_t i = 0; i < s->n; i++) {
    for (int64_t k = 0; k < s->c; k++) {
      const int64_t at = i * s->c + k;
      s->r[at] = s->y[at] * s->unit[k] - (q != NULL ? q[at] : 0);
    }
  }
}

/* out[k] = sum_i a_ik b_ik, in blocks of rows, so that errors stay small. */
static void dots(const nt_cg *s, const double *a, const double *b, double *out)
{
  enum { BLOCK = 256 };
  const int64_t c = s->c;
  memset(out, 0, (size_t)c * sizeof *out);
  for (int64_t first = 0; first < s->n; first += BLOCK) {
    const int64_t last = first + BLOCK < s->n ? first + BLOCK : s->n;
    memset(s->sum, 0, (size_t)c * sizeof *out);
    for (int64_t i = first; i < last; i++) {
      for (int64_t k = 0; k < c; k++)
        s->sum[k] += a[i * c + k] * b[i * c + k];
    }
    for (int64_t k = 0; k < c; k++)
      out[k] += s->sum[k];
  }
}

/* to_ik = a_ik + f_k b_ik */
static void combine(const nt_cg *s, const double *a, const double *f, const double *b, double *to)
{
  for (int64_t i = 0; i < s->n; i++) {
    for (int64_t k = 0; k < s->c; k++)
      to[i * s->c + k] = a[i * s->c + k] + f[k] * b[i * s->c + k];
  }
}

/* q = (K down + lambda I) v for c columns */
static nt_status multiply(const nt_cg *s, const double *v, int64_t c, double *q)
{
  nt_status status = NT_OK;
  NT_TRY(s->op->apply(s->op->self, v, c, q));
  for (int64_t i = 0; i < s->n * c; i++)
    q[i] = q[i] * s->down + s->lambda * v[i];
done:
  return status;
}

/* z = M^-1 r / down */
static nt_status precondition(const nt_cg *s)
{
  nt_status status = NT_OK;
  NT_TRY(s->m->apply(s->m->self, s->r, s->c, s->z));
  for (int64_t i = 0; i < s->n * s->c; i++)
    s->z[i] /= s->down;
done:
  return status;
}

/* Residuals of all columns, the largest, and `indefinite`: the same on all
 * ranks, whatever they computed. */
static nt_status measure(nt_cg *s, double *largest)
{
  nt_status status = NT_OK;
  dots(s, s->r, s->r, s->worst);
  double *const agreed = s->worst + s->c;
  agreed[0] = 0;
  agreed[1] = s->indefinite;
  for (int64_t k = 0; k < s->c; k++) {
    s->worst[k] = s->norm[k] > 0 ? sqrt(s->worst[k]) / s->norm[k] : 0;
    if (!(s->worst[k] <= agreed[0])) agreed[0] = s->worst[k];
  }
  NT_TRY_MPI(s->op->ctx,
             MPI_Bcast(s->worst, (int)s->c + 2, MPI_DOUBLE, 0, nt_ctx_comm(s->op->ctx)));
  *largest = agreed[0];
  s->indefinite = agreed[1] != 0;
  NT_CHECK(isfinite(*largest), nt_ctx_error(s->op->ctx), NT_ERR_NUMERIC,
           "conjugate gradients: the residual after %lld iterations is not finite: entries of the "
           "kernel overflow, or the targets are not finite",
           (long long)s->iteration);
done:
  return status;
}

static nt_status true_residual(nt_cg *s, double *largest)
{
  nt_status status = NT_OK;
  NT_TRY(multiply(s, s->x, s->c, s->q));
  subtract_from_targets(s, s->q);
  NT_TRY(measure(s, largest));
done:
  return status;
}

/* One step along p for the columns that are not done. */
static nt_status advance(nt_cg *s, double *largest)
{
  nt_status status = NT_OK;
  NT_TRY(multiply(s, s->p, s->c, s->q));
  dots(s, s->p, s->q, s->dot);
  for (int64_t k = 0; k < s->c; k++) {
    const bool active = s->worst[k] > s->how->tolerance / 2;
    s->indefinite |= active && !(s->dot[k] > 0);
    s->step[k] = active && s->dot[k] > 0 ? s->rz[k] / s->dot[k] : 0;
  }
  combine(s, s->x, s->step, s->p, s->x);
  for (int64_t k = 0; k < s->c; k++)
    s->step[k] = -s->step[k];
  combine(s, s->r, s->step, s->q, s->r);
  s->iteration++;
  NT_TRY(measure(s, largest));
done:
  return status;
}

/* The next direction: z = M^-1 r, p = z + beta p. */
static nt_status turn(nt_cg *s, bool first)
{
  nt_status status = NT_OK;
  NT_TRY(precondition(s));
  if (!first) dots(s, s->z, s->q, s->dot);
  for (int64_t k = 0; k < s->c; k++)
    s->step[k] = first || s->rz[k] == 0 ? 0 : s->step[k] * s->dot[k] / s->rz[k];
  if (first) memset(s->p, 0, (size_t)(s->n * s->c) * sizeof(double));
  combine(s, s->z, s->step, s->p, s->p);
  dots(s, s->r, s->z, s->rz);
done:
  return status;
}

/* What a recurrence may say below this, no residual is. */
static const double below_rounding = DBL_EPSILON / 16;

static void report(const nt_cg *s, double largest)
{
  if (s->how->report != NULL) s->how->report(s->how->arg, s->iteration, largest);
}

/* Until the recurrence meets the tolerance, or cannot go on. */
static nt_status run(nt_cg *s, double largest)
{
  nt_status status = NT_OK;
  NT_TRY(turn(s, true));
  while (s->iteration < s->how->most && !s->indefinite) {
    NT_TRY(advance(s, &largest));
    report(s, largest);
    if (largest <= fmax(s->how->tolerance, below_rounding) || s->indefinite) break;
    NT_TRY(turn(s, false));
  }
done:
  return status;
}

/* X += M^-1 R as long as that gains three digits: conjugate gradients gain no more then, and need
 * one product more, since theirs are with directions and not with X. */
static nt_status refine(nt_cg *s, double *largest)
{
  nt_status status = NT_OK;
  double before;
  do {
    before = *largest;
    NT_TRY(precondition(s));
    for (int64_t i = 0; i < s->n * s->c; i++)
      s->x[i] += s->z[i];
    s->iteration++;
    NT_TRY(true_residual(s, largest));
    report(s, *largest);
  } while (*largest > s->how->tolerance && *largest <= before / 1000 &&
           s->iteration < s->how->most);
done:
  return status;
}

/* An estimate of |K + lambda I| down from below, by the power method; kernels are mostly positive, so
 * that it begins near the right vector. Overwrites p and q. */
static nt_status estimate_norm(nt_cg *s, double *norm)
{
  enum { STEPS = 3 };
  nt_status status = NT_OK;
  *norm = sqrt((double)s->n);
  for (int64_t i = 0; i < s->n; i++)
    s->q[i] = 1;
  for (int step = 0; step < STEPS; step++) {
    double sum = 0;
    for (int64_t i = 0; i < s->n; i++)
      s->p[i] = *norm > 0 ? s->q[i] / *norm : 0;
    NT_TRY(multiply(s, s->p, 1, s->q));
    for (int64_t i = 0; i < s->n; i++)
      sum += s->q[i] * s->q[i];
    *norm = sqrt(sum);
  }
done:
  return status;
}

/* Whether the residuals are what rounding X to float64 already makes of them. */
static nt_status is_rounding(nt_cg *s, bool *rounding)
{
  nt_status status = NT_OK;
  double norm;
  NT_TRY(estimate_norm(s, &norm));
  const double unit = sqrt((double)s->n) * DBL_EPSILON * norm;
  dots(s, s->x, s->x, s->dot);
  int all = 1;
  for (int64_t k = 0; k < s->c; k++)
    all &= s->worst[k] * s->norm[k] <= fmax(unit * sqrt(s->dot[k]), s->how->tolerance * s->norm[k]);
  NT_TRY_MPI(s->op->ctx, MPI_Bcast(&all, 1, MPI_INT, 0, nt_ctx_comm(s->op->ctx)));
  *rounding = all;
done:
  return status;
}

static nt_status solve(nt_cg *s, nt_cg_end *end, double *residual)
{
  nt_status status = NT_OK;
  double before = INFINITY;
  bool rounding = false;
  NT_TRY(measure(s, residual));
  if (s->m->is_inverse && *residual > s->how->tolerance && s->how->most > 0)
    NT_TRY(refine(s, residual));
  *end = NT_CG_STAGNATED;
  while (*residual > s->how->tolerance && *residual <= before / 2) {
    before = *residual;
    if (s->iteration >= s->how->most) break;
    NT_TRY(run(s, *residual));
    NT_TRY(true_residual(s, residual));
    if (s->indefinite) break;
  }
  if (*residual <= s->how->tolerance)
    *end = NT_CG_CONVERGED;
  else
    NT_TRY(is_rounding(s, &rounding));
  if (*end == NT_CG_CONVERGED) goto done;
  if (rounding)
    *end = NT_CG_ROUNDING;
  else if (s->indefinite)
    *end = NT_CG_INDEFINITE;
  else if (s->iteration >= s->how->most)
    *end = NT_CG_MOST;
done:
  return status;
}

nt_status nt_conjugate_gradients(const nt_operator *op, const nt_preconditioner *m, double lambda,
                                 const double *y, int64_t c, const nt_iteration *how, double *x,
                                 nt_cg_end *end, nt_solution *solution)
{
  nt_status status = NT_OK;
  double *at = NULL;
  const int64_t size = op->n * c;
  double seconds = -MPI_Wtime();
  NT_CHECK(c > 0, nt_ctx_error(op->ctx), NT_ERR_ARG,
           "%lld right-hand sides: at least one is needed", (long long)c);
  NT_TRY_ALL(op->ctx, nt_alloc(nt_ctx_error(op->ctx), 4 * size + 7 * c + 2, sizeof(double),
                               "vectors of conjugate gradients", &at));
  double *const small = at + 4 * size;
  nt_cg s = {.op = op,
             .m = m,
             .how = how,
             .n = op->n,
             .c = c,
             .y = y,
             .x = x,
             .r = at,
             .p = at + size,
             .z = at + 2 * size,
             .q = at + 3 * size,
             .norm = small,
             .rz = small + c,
             .step = small + 2 * c,
             .dot = small + 3 * c,
             .sum = small + 4 * c,
             .unit = small + 5 * c,
             .worst = small + 6 * c};
  choose_units(&s, lambda);
  subtract_from_targets(&s, NULL); /* x = 0 */
  dots(&s, s.r, s.r, s.norm);
  for (int64_t k = 0; k < c; k++)
    s.norm[k] = sqrt(s.norm[k]);
  memset(x, 0, (size_t)size * sizeof(double));
  NT_TRY(solve(&s, end, &solution->residual));
  take_units_off(&s);
  seconds += MPI_Wtime();
  NT_TRY_MPI(op->ctx,
             MPI_Allreduce(MPI_IN_PLACE, &seconds, 1, MPI_DOUBLE, MPI_MAX, nt_ctx_comm(op->ctx)));
  solution->iterations = s.iteration;
  solution->seconds = seconds;
  solution->lambda = lambda;
done:
  free(at);
  return status;
}

void nt_solution_add(const nt_solution *one, nt_solution *sum)
{
  sum->iterations += one->iterations;
  sum->seconds += one->seconds;
  sum->residual = fmax(sum->residual, one->residual);
  sum->lambda = one->lambda;
}

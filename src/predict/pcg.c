/** Conjugate gradients with a pivoted Cholesky preconditioner, for operators of any kind. */
#include "base/check.h"
#include "base/memory.h"
#include "predict/conjugate.h"
#include "predict/pivoted.h"
#include "predict/predict_impl.h"

#include <stdlib.h>

struct nt_pcg {
  nt_operator op;
  nt_pivoted *l;
};

static nt_status check(const nt_operator *op, int64_t rank)
{
  nt_status status = NT_OK;
  nt_error *err = nt_ctx_error(op->ctx);
  NT_CHECK(rank >= 0, err, NT_ERR_ARG, "the rank of a preconditioner must be 0 or more, got %lld",
           (long long)rank);
  for (int64_t i = 0; i < op->n; i++)
    NT_CHECK(op->diagonal[i] >= 0, err, NT_ERR_NUMERIC,
             "the kernel of the training set is not positive definite: diagonal entry %lld is %g",
             (long long)i, op->diagonal[i]);
done:
  return status;
}

nt_status nt_pcg_create(const nt_operator *op, int64_t rank, nt_pcg **out)
{
  nt_status status = NT_OK;
  *out = NULL;
  NT_TRY(check(op, rank));
  NT_TRY_ALL(op->ctx, nt_calloc(nt_ctx_error(op->ctx), 1, sizeof(nt_pcg), "a solver", out));
  (*out)->op = *op;
  NT_TRY(nt_pivoted_create(op, rank, &(*out)->l));
done:
  if (status != NT_OK) nt_pcg_destroy(out);
  return status;
}

void nt_pcg_destroy(nt_pcg **pcg)
{
  if (*pcg == NULL) return;
  nt_pivoted_destroy(&(*pcg)->l);
  free(*pcg);
  *pcg = NULL;
}

int64_t nt_pcg_rank(const nt_pcg *pcg) { return nt_pivoted_rank(pcg->l); }

const nt_operator *nt_pcg_operator(const nt_pcg *pcg) { return &pcg->op; }

static nt_status complain(const nt_pcg *pcg, const nt_iteration *how, nt_cg_end end,
                          const nt_solution *s)
{
  static const char *const reasons[] = {
      [NT_CG_MOST] = "that many are allowed; try a larger --rank or --reg",
      [NT_CG_STAGNATED] = "it falls no further; try a larger --rank or --reg",
      [NT_CG_ROUNDING] = "rounding lets it fall no further; try a larger --tolerance or --reg",
      [NT_CG_INDEFINITE] = "the kernel plus lambda is not positive definite; try a larger --reg"};
  nt_status status = NT_OK;
  double trace = 0;
  for (int64_t i = 0; i < pcg->op.n; i++)
    trace += pcg->op.diagonal[i];
  NT_CHECK(end == NT_CG_CONVERGED, nt_ctx_error(pcg->op.ctx), NT_ERR_NUMERIC,
           "conjugate gradients: residual %.3g after %lld iterations, above the tolerance %g (rank "
           "%lld, %.6g added to the diagonal): %s",
           s->residual, (long long)s->iterations, how->tolerance, (long long)nt_pcg_rank(pcg),
           s->lambda, trace == 0 ? nt_predict_zero_advice : reasons[end]);
done:
  return status;
}

nt_status nt_pcg_solve(nt_pcg *pcg, double lambda, const double *y, int64_t c,
                       const nt_iteration *how, double *x, nt_solution *solution)
{
  nt_status status = NT_OK;
  nt_cg_end end;
  nt_solution s = {0};
  const nt_preconditioner m = {nt_pivoted_apply, pcg->l, false};
  NT_TRY(nt_predict_lambda(nt_ctx_error(pcg->op.ctx), lambda, true, 0, &lambda));
  NT_TRY(nt_pivoted_shift(pcg->l, lambda));
  NT_TRY(nt_conjugate_gradients(&pcg->op, &m, lambda, y, c, how, x, &end, &s));
  if (solution != NULL) *solution = s;
  NT_TRY(complain(pcg, how, end, &s));
done:
  return status;
}

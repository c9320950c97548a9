/** The predictor: training kernels, targets, and what was factorised so far. */
#include "base/check.h"
#include "base/memory.h"
#include "predict/predict_impl.h"
#include "predict/predictor_impl.h"

#include <math.h>
#include <stdlib.h>

static nt_status check_options(nt_error *err, const nt_predict_options *o)
{
  nt_status status = NT_OK;
  NT_CHECK(o->learning_rate > 0 && isfinite(o->learning_rate), err, NT_ERR_ARG,
           "the learning rate must be a number above 0, got %g", o->learning_rate);
  double lambda;
  NT_TRY(nt_predict_lambda(err, o->diag_reg, true, 0, &lambda));
done:
  return status;
}

static nt_status check_kernel(nt_error *err, const nt_predictor *p, const nt_dmatrix *k,
                              const char *name)
{
  nt_status status = NT_OK;
  char shape[120];
  if (k == NULL) return NT_OK;
  NT_CHECK(
      k->M == p->trace.rows && k->N == p->trace.rows, err, NT_ERR_SHAPE,
      "the train-train kernel %s is %lld x %lld, but targets of shape %s with these trace axes "
      "need %lld x %lld",
      name, (long long)k->M, (long long)k->N, nt_shape_text(&p->trace.shape, shape, sizeof shape),
      (long long)p->trace.rows, (long long)p->trace.rows);
done:
  return status;
}

/* All that does not depend on where kernels come from. */
static nt_status create(nt_ctx *ctx, const double *y, const nt_shape *shape,
                        const nt_predict_options *options, nt_predictor **out)
{
  nt_status status = NT_OK;
  nt_error *err = nt_ctx_error(ctx);
  const nt_predict_options defaults = NT_PREDICT_DEFAULTS;
  NT_TRY_ALL(ctx, nt_calloc(err, 1, sizeof(nt_predictor), "a predictor", out));
  nt_predictor *p = *out;
  p->ctx = ctx;
  p->options = options != NULL ? *options : defaults;
  NT_TRY(check_options(err, &p->options));
  NT_TRY(nt_trace_create(err, shape, &p->options.trace_axes, &p->trace));
  const int64_t size = p->trace.rows * p->trace.cols;
  NT_CHECK(size > 0, err, NT_ERR_SHAPE, "there are no targets");
  NT_TRY_ALL(ctx, nt_alloc(err, size, sizeof(double), "targets", &p->y));
  nt_trace_to_matrix(&p->trace, y, p->y);
  NT_CHECK(nt_predict_all_finite(p->y, size), err, NT_ERR_DATA, "a target is not a finite number");
done:
  return status;
}

nt_status nt_predictor_create(const nt_kernel_pair *train, const double *y, const nt_shape *shape,
                              const nt_predict_options *options, nt_predictor **out)
{
  nt_status status = NT_OK;
  const nt_dmatrix *any = train->ntk != NULL ? train->ntk : train->nngp;
  *out = NULL;
  if (any == NULL) return NT_ERR_ARG; /* without a matrix there is no context to report to */
  nt_ctx *ctx = nt_grid_ctx(any->grid);
  NT_TRY(create(ctx, y, shape, options, out));
  (*out)->train = *train;
  NT_TRY(check_kernel(nt_ctx_error(ctx), *out, train->nngp, "nngp"));
  NT_TRY(check_kernel(nt_ctx_error(ctx), *out, train->ntk, "ntk"));
done:
  if (status != NT_OK) nt_predictor_destroy(out);
  return status;
}

nt_status nt_predictor_create_fn(nt_ctx *ctx, const nt_analytic_kernel_fn *fn,
                                 const nt_tree *x_train, const nt_kernel_options *kernel_options,
                                 const double *y, const nt_shape *shape,
                                 const nt_predict_options *options, nt_predictor **out)
{
  nt_status status = NT_OK;
  const nt_kernel_options defaults = NT_KERNEL_DEFAULTS;
  *out = NULL;
  NT_TRY(create(ctx, y, shape, options, out));
  (*out)->fn = fn;
  (*out)->x_train = x_train;
  (*out)->kernel_options = kernel_options != NULL ? *kernel_options : defaults;
done:
  if (status != NT_OK) nt_predictor_destroy(out);
  return status;
}

static void slot_free(nt_slot *slot)
{
  nt_posterior_destroy(&slot->posterior);
  nt_eigen_destroy(&slot->eigen);
  nt_dmatrix_destroy(&slot->inner);
  free(slot->alpha);
  free(slot->y_hat);
}

void nt_predictor_destroy(nt_predictor **predictor)
{
  nt_predictor *p = *predictor;
  if (p == NULL) return;
  for (int s = 0; s < NT_SLOTS; s++) {
    slot_free(&p->slot[s]);
    nt_kernels_destroy(&p->owned[s]);
  }
  free(p->y);
  free(p);
  *predictor = NULL;
}

nt_status nt_predictor_set_reg(nt_predictor *p, double diag_reg, bool absolute)
{
  nt_status status = NT_OK;
  nt_predict_options o = p->options;
  o.diag_reg = diag_reg;
  o.diag_reg_absolute_scale = absolute;
  NT_TRY(check_options(nt_ctx_error(p->ctx), &o));
  p->options = o;
  for (int s = 0; s < NT_SLOTS; s++)
    p->slot[s].factored = p->slot[s].has_alpha = false;
done:
  return status;
}

const nt_dmatrix *nt_pair_kernel(const nt_kernel_pair *pair, nt_prediction_kind kind)
{
  return kind == NT_PREDICT_NNGP ? pair->nngp : pair->ntk;
}

nt_status nt_predictor_need(nt_predictor *p, unsigned get)
{
  nt_status status = NT_OK;
  nt_error *err = nt_ctx_error(p->ctx);
  unsigned missing = 0;
  if ((get & NT_GET_NNGP) && p->train.nngp == NULL) missing |= NT_GET_NNGP;
  if ((get & NT_GET_NTK) && p->train.ntk == NULL) missing |= NT_GET_NTK;
  if (missing == 0) return NT_OK;
  NT_CHECK(p->fn != NULL, err, NT_ERR_ARG,
           "the prediction needs the %s kernel of the training set, which was not given%s",
           missing & NT_GET_NNGP ? "NNGP" : "NTK",
           missing & NT_GET_NNGP && p->train.ntk != NULL
               ? " (the covariance of networks trained by gradient descent needs NNGP and NTK)"
               : "");
  nt_tree **const place = p->owned[0] == NULL ? &p->owned[0] : &p->owned[1];
  nt_kernel_pair pair;
  NT_TRY(nt_predictor_call(p, p->x_train, NULL, missing, place, &pair));
  if (missing & NT_GET_NNGP) p->train.nngp = pair.nngp;
  if (missing & NT_GET_NTK) p->train.ntk = pair.ntk;
  NT_TRY(check_kernel(err, p, pair.nngp, "nngp"));
  NT_TRY(check_kernel(err, p, pair.ntk, "ntk"));
done:
  return status;
}

/* A bare matrix serves as both kernels and is factorised once. */
static nt_slot *slot_of(nt_predictor *p, nt_prediction_kind kind)
{
  return &p->slot[kind == NT_PREDICT_NNGP || p->train.nngp == p->train.ntk ? 0 : 1];
}

nt_status nt_predictor_factor(nt_predictor *p, nt_prediction_kind kind, nt_slot **out)
{
  nt_status status = NT_OK;
  NT_TRY(nt_predictor_need(p, nt_kind_get(kind)));
  nt_slot *slot = *out = slot_of(p, kind);
  if (slot->posterior == NULL)
    NT_TRY(nt_posterior_create(nt_pair_kernel(&p->train, kind), NT_FULL,
                               kind == NT_PREDICT_NNGP ? "nngp" : "ntk", &slot->posterior));
  if (slot->factored) return NT_OK;
  NT_TRY(nt_posterior_factor(slot->posterior, p->options.diag_reg,
                             p->options.diag_reg_absolute_scale));
  slot->factored = true;
done:
  return status;
}

static nt_status mean_diagonal(nt_predictor *p, const nt_dmatrix *k, double *mean)
{
  nt_status status = NT_OK;
  void *memory = NULL;
  NT_TRY_ALL(p->ctx,
             nt_alloc(nt_ctx_error(p->ctx), k->M, sizeof(double), "a kernel's diagonal", &memory));
  NT_TRY(nt_predict_diagonal(k, memory));
  *mean = 0;
  for (int64_t i = 0; i < k->M; i++)
    *mean += ((double *)memory)[i] / (double)k->M;
done:
  free(memory);
  return status;
}

/* What is added to the diagonal, which may overflow. */
static nt_status lambda_of(const nt_predictor *p, const nt_slot *slot, double *lambda)
{
  return nt_predict_lambda(nt_ctx_error(p->ctx), p->options.diag_reg,
                           p->options.diag_reg_absolute_scale, slot->mean_diagonal, lambda);
}

nt_status nt_predictor_decompose(nt_predictor *p, nt_prediction_kind kind, nt_slot **out)
{
  nt_status status = NT_OK;
  NT_TRY(nt_predictor_need(p, nt_kind_get(kind)));
  nt_slot *slot = *out = slot_of(p, kind);
  const nt_dmatrix *k = nt_pair_kernel(&p->train, kind);
  double lambda;
  if (slot->y_hat == NULL) NT_TRY(mean_diagonal(p, k, &slot->mean_diagonal));
  NT_TRY(lambda_of(p, slot, &lambda));
  if (slot->y_hat != NULL) return NT_OK;
  if (slot->eigen == NULL)
    NT_TRY(nt_eigen_create(k, NT_FULL, p->options.eigensolver,
                           kind == NT_PREDICT_NNGP ? "nngp" : "ntk", &slot->eigen));
  NT_TRY_ALL(p->ctx, nt_alloc(nt_ctx_error(p->ctx), p->trace.rows * p->trace.cols, sizeof(double),
                              "targets", &slot->y_hat));
  NT_TRY(nt_predict_product(slot->eigen->vectors, true, p->y, p->trace.cols, slot->y_hat));
done:
  return status;
}

double nt_slot_lambda(const nt_predictor *p, const nt_slot *slot)
{
  const double reg = p->options.diag_reg;
  return p->options.diag_reg_absolute_scale ? reg : reg * slot->mean_diagonal;
}

nt_status nt_predictor_lambda(nt_predictor *p, nt_prediction_kind kind, double *lambda)
{
  nt_status status = NT_OK;
  NT_TRY(nt_predictor_need(p, nt_kind_get(kind)));
  nt_slot slot = {.posterior = NULL};
  if (!p->options.diag_reg_absolute_scale)
    NT_TRY(mean_diagonal(p, nt_pair_kernel(&p->train, kind), &slot.mean_diagonal));
  NT_TRY(lambda_of(p, &slot, lambda));
done:
  return status;
}

nt_spectrum_info nt_predictor_spectrum(const nt_predictor *p, nt_prediction_kind kind)
{
  const bool shared = kind == NT_PREDICT_NNGP || p->train.nngp == p->train.ntk;
  const nt_slot *slot = &p->slot[shared ? 0 : 1];
  nt_spectrum_info info = {.eigen = slot->eigen};
  if (slot->eigen == NULL) return info;
  info.lambda = nt_slot_lambda(p, slot);
  info.lowest = slot->eigen->values[0] + info.lambda;
  const double rounding = nt_spectrum_rounding(slot->eigen);
  for (int64_t i = 0; i < slot->eigen->n; i++) {
    const double l = slot->eigen->values[i] + info.lambda;
    info.negative += l < -rounding;
    info.vanishing += l >= -rounding && l <= rounding;
  }
  return info;
}

/* Inference of ntmpi predict: all kernels learn, then the test samples pass in blocks. */
#include "cli/predict.h"

#include "base/check.h"
#include "cli/solving.h"

#include <stdio.h>
#include <stdlib.h>

static const unsigned bits[NT_FIELDS] = {[NT_NNGP] = NT_GET_NNGP, [NT_NTK] = NT_GET_NTK};

/* Whether the kernel of the NNGP stays while the NTK learns: for the variances of the ensemble. */
static bool keeps_nngp(const nt_predict_run *r)
{
  const bool variances = r->s.options.loo || nt_spread_wanted(&r->s.options) != NT_SPREAD_NONE;
  return variances && (r->predictors & NT_BY_NTK) && r->fields == (NT_GET_NNGP | NT_GET_NTK);
}

static bool is_predictor(const nt_predict_run *r, nt_field f)
{
  return (r->predictors & (f == NT_NNGP ? NT_BY_NNGP : NT_BY_NTK | NT_BY_NTKGP)) != 0;
}

static nt_status train(nt_predict_run *r, const nt_kept *kept)
{
  nt_status status = NT_OK;
  nt_session *s = &r->s;
  for (nt_field f = 0; f < NT_FIELDS; f++) {
    nt_fit *fit = &r->fit[f];
    nt_posterior *initial = f == NT_NTK ? r->fit[NT_NNGP].posterior : NULL;
    if (!(r->fields & bits[f]) || !is_predictor(r, f)) continue;
    NT_TRY(nt_fit_begin(s, &r->problem, nt_field_name(f), &r->k_train[f], fit));
    NT_TRY(nt_fit_choose(s, &r->problem, fit));
    NT_TRY(nt_solving_begin(s, &r->net, &r->train, bits[f], fit));
    for (int i = 0; i < fit->R; i++) {
      NT_TRY(nt_fit_train(s, &r->problem, initial, fit, i));
      NT_TRY(nt_predict_spread(r, f, i, kept));
    }
    nt_solving_free(fit);
    if (f != NT_NNGP || !keeps_nngp(r)) nt_posterior_destroy(&fit->posterior);
  }
  nt_posterior_destroy(&r->fit[NT_NNGP].posterior);
  NT_TRY(nt_session_phase(s, "learn"));
done:
  return status;
}

/* Predict test samples from their kernels. */
static nt_status predict(nt_predict_run *r, int64_t first, nt_dmatrix *const k_test[NT_FIELDS])
{
  nt_status status = NT_OK;
  for (int f = 0; f < NT_FIELDS; f++) {
    for (int i = 0; i < r->fit[f].R; i++)
      NT_TRY(nt_fit_test(&r->problem, &r->fit[f], i, first, k_test[f]));
  }
done:
  return status;
}

static nt_status test_block(nt_predict_run *r, int64_t first, int64_t count)
{
  nt_status status = NT_OK;
  nt_dmatrix *k_test[NT_FIELDS] = {NULL};
  NT_TRY(nt_predict_test_train(r, first, count, k_test));
  NT_TRY(predict(r, first, k_test));
done:
  for (int f = 0; f < NT_FIELDS; f++)
    nt_dmatrix_destroy(&k_test[f]);
  return status;
}

static nt_status test(nt_predict_run *r, const nt_kept *kept)
{
  nt_status status = NT_OK;
  const int64_t m = r->problem.m;
  if (m == 0) return NT_OK;
  if (nt_predict_keeps_test(r)) {
    NT_TRY(predict(r, 0, kept->test_train));
  } else {
    for (int64_t first = 0; first < m; first += r->block)
      NT_TRY(test_block(r, first, m - first < r->block ? m - first : r->block));
  }
  for (int f = 0; f < NT_FIELDS; f++)
    nt_fit_score(&r->problem, &r->fit[f]);
  NT_TRY(nt_session_phase(&r->s, "predict"));
done:
  return status;
}

/* The predictors, in the order in which they are reported. The means of ntk and ntkgp are the same. */
static const struct predictor {
  unsigned bit;
  const char *name;
  int field;
} predictors[] = {
    {NT_BY_NNGP, "nngp", NT_NNGP}, {NT_BY_NTK, "ntk", NT_NTK}, {NT_BY_NTKGP, "ntkgp", NT_NTK}};

static nt_status write_spread(nt_predict_run *r, int i, const nt_answer *answer)
{
  const bool is_list = nt_learning_regs(&r->s.options)->is_list && answer->fit->curve.n == 0;
  const nt_shape lead = {is_list ? 1 : 0, {answer->fit->R}};
  char name[20];
  snprintf(name, sizeof name, "%s/", answer->name);
  return nt_spread_write(r->out, &r->spread[i], &lead, name);
}

/* Predictions with their likelihoods, where variances are known. */
static nt_status make_answer(nt_predict_run *r, int i, nt_answer *answer)
{
  nt_status status = NT_OK;
  nt_ctx *ctx = r->s.ctx;
  nt_error *err = nt_ctx_error(ctx);
  const nt_fit *fit = &r->fit[predictors[i].field];
  double *variance = NULL;
  NT_TRY_ALL(ctx, nt_answer_begin(err, predictors[i].name, fit, answer));
  answer->loo_variance = predictors[i].bit == NT_BY_NTK ? fit->loo_ensemble : fit->loo_variance;
  NT_TRY(nt_spread_variances(ctx, &r->spread[i], fit->R, &variance));
  NT_TRY_ALL(ctx, nt_answer_add_nll(err, &r->problem, NT_ON_TEST, variance, answer));
  NT_TRY_ALL(ctx, nt_answer_add_nll(err, &r->problem, NT_ON_LOO, answer->loo_variance, answer));
done:
  free(variance);
  return status;
}

static nt_status report_one(nt_predict_run *r, int i)
{
  nt_status status = NT_OK;
  nt_answer answer = {.name = NULL};
  NT_TRY(make_answer(r, i, &answer));
  for (int k = 0; k < answer.fit->R; k++)
    nt_answer_print(&r->s, &r->problem, &answer, k);
  if (r->out == NULL) goto done;
  NT_TRY(nt_answer_write(&r->s, &r->problem, &answer, r->out));
  NT_TRY(write_spread(r, i, &answer));
done:
  nt_answer_free(&answer);
  return status;
}

static nt_status report(nt_predict_run *r)
{
  nt_status status = NT_OK;
  for (int i = 0; i < (int)(sizeof predictors / sizeof *predictors); i++) {
    if (r->predictors & predictors[i].bit) NT_TRY(report_one(r, i));
  }
done:
  return status;
}

nt_status nt_predict_learn(nt_predict_run *r)
{
  nt_status status = NT_OK;
  nt_kept kept = {{NULL}, {NULL}, {NULL}};
  if (nt_predict_keeps_test(r)) NT_TRY(nt_predict_keep(r, &kept));
  NT_TRY(train(r, &kept));
  NT_TRY(test(r, &kept));
  NT_TRY(report(r));
done:
  nt_kept_free(&kept);
  return status;
}

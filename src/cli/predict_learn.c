/* Inference of ntmpi predict: all kernels learn, then the test samples pass in blocks; with
 * variances they pass for each regularisation, while its factors are there. */
#include "cli/predict.h"

#include "base/check.h"
#include "cli/solving.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static bool is_predictor(const nt_predict_run *r, nt_field f)
{
  return (r->predictors & (f == NT_NNGP ? NT_BY_NNGP : NT_BY_NTK | NT_BY_NTKGP)) != 0;
}

/* Entries that were rounded to float32 move eigenvalues, by up to n eps / 2 of the diagonal: what
 * is then inverted, or is not positive definite, may be the rounding. */
static void warn_of_rounding(const nt_predict_run *r, nt_field f)
{
  const nt_session *s = &r->s;
  const nt_fit *fit = &r->fit[f];
  const bool computed = (r->compute[NT_TRAIN_TRAIN] & nt_field_get(f)) != 0;
  const bool single = computed ? s->options.dtype == NT_FLOAT32
                               : nt_stored_is_single(r->stored.m[NT_TRAIN_TRAIN][f]);
  const double limit = (double)r->problem.n * FLT_EPSILON / 2;
  double least = fit->reg[0];
  for (int i = 1; i < fit->R; i++)
    least = fit->reg[i] < least ? fit->reg[i] : least;
  if (s->options.reg_abs.n > 0) least /= nt_fit_mean_diagonal(fit);
  if (!single || !(least < limit)) return;
  nt_warn(
      s,
      "%s: the kernel has the rounding of float32, which moves its eigenvalues by up to %.2g of "
      "its mean diagonal; with less than that on the diagonal (%.2g) predictions may be made of "
      "it: --reg %.1g, or kernels in float64",
      fit->name, limit, least, pow(10, ceil(log10(limit))));
}

static nt_status begin(nt_predict_run *r)
{
  nt_status status = NT_OK;
  nt_session *s = &r->s;
  for (nt_field f = 0; f < NT_FIELDS; f++) {
    nt_fit *fit = &r->fit[f];
    const bool predicts = is_predictor(r, f);
    if (!(r->fields & nt_field_get(f))) continue;
    NT_TRY(nt_fit_begin(s, &r->problem, nt_field_name(f), &r->k_train[f], fit));
    NT_TRY(nt_solving_begin(s, &r->net, &r->train, nt_field_get(f), predicts, fit));
    if (!predicts) continue;
    NT_TRY(nt_fit_choose(s, &r->problem, fit));
    warn_of_rounding(r, f);
  }
done:
  return status;
}

/* The posterior of the NNGP, for the variances of the ensemble that the NTK trains. */
static nt_posterior *initial_of(const nt_predict_run *r, nt_field f)
{
  return f == NT_NTK && (r->predictors & NT_BY_NTK) ? r->fit[NT_NNGP].posterior : NULL;
}

/* All kernels learn with regularisation number i. */
static nt_status learn(nt_predict_run *r, int i)
{
  nt_status status = NT_OK;
  for (nt_field f = 0; f < NT_FIELDS; f++) {
    if (is_predictor(r, f))
      NT_TRY(nt_fit_train(&r->s, &r->problem, initial_of(r, f), &r->fit[f], i));
  }
done:
  return status;
}

static void release(nt_predict_run *r)
{
  for (nt_field f = 0; f < NT_FIELDS; f++) {
    nt_solving_free(&r->fit[f]);
    nt_posterior_destroy(&r->fit[f].posterior);
  }
}

/* The test samples pass in blocks, for regularisations first ... end-1; with variances a single
 * one, which the kernels are factorised with. */
static nt_status pass(nt_predict_run *r, int first, int end, nt_held_kernels *kept)
{
  nt_status status = NT_OK;
  const bool spread = nt_spread_wanted(&r->s.options) != NT_SPREAD_NONE;
  for (int64_t at = 0; at < r->problem.m; at += r->block) {
    NT_TRY(nt_predict_load(r, at, kept));
    for (int i = first; i < end; i++) {
      for (int f = 0; f < NT_FIELDS; f++) {
        if (is_predictor(r, (nt_field)f))
          NT_TRY(nt_fit_test(&r->problem, &r->fit[f], i, at, kept->test_train[f]));
      }
      if (spread) NT_TRY(nt_predict_spread(r, i, kept));
    }
  }
  if (spread) NT_TRY(nt_predict_spread_end(r, first, kept));
done:
  return status;
}

static nt_status train_and_test(nt_predict_run *r, nt_held_kernels *kept)
{
  nt_status status = NT_OK;
  nt_session *s = &r->s;
  const int R = nt_learning_select(&s->options) ? 1 : nt_learning_regs(&s->options)->n;
  const bool spread = nt_spread_wanted(&s->options) != NT_SPREAD_NONE && r->problem.m > 0;
  NT_TRY(begin(r));
  if (spread) NT_TRY(nt_predict_spread_begin(r));
  for (int i = 0; i < R; i++) {
    NT_TRY(learn(r, i));
    if (spread) NT_TRY(pass(r, i, i + 1, kept));
  }
  release(r);
  NT_TRY(nt_session_phase(s, "learn"));
  if (!spread) NT_TRY(pass(r, 0, R, kept));
  for (int f = 0; f < NT_FIELDS; f++) {
    if (is_predictor(r, (nt_field)f)) NT_TRY(nt_fit_score(s, &r->problem, &r->fit[f]));
  }
  if (r->problem.m > 0) NT_TRY(nt_session_phase(s, "predict"));
done:
  return status;
}

/* The predictors, in the order in which they are reported. The means of
 * ntk and ntkgp are the same. */
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
  const nt_shape rows = nt_trace_rows(&r->problem.test_trace);
  char name[20];
  snprintf(name, sizeof name, "%s/", answer->name);
  return nt_spread_write(r->out, &r->spread[i], &lead, &rows, r->s.options.store, name);
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
  nt_held_kernels kept = {0};
  NT_TRY(nt_predict_keep(r, &kept));
  NT_TRY(train_and_test(r, &kept));
  NT_TRY(report(r));
done:
  nt_held_kernels_free(&kept);
  return status;
}

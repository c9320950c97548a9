/** What predictors are asked for, and what they return. */
#include "base/check.h"
#include "base/memory.h"
#include "predict/predictor_impl.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const kinds[] = {
    [NT_PREDICT_NNGP] = "nngp", [NT_PREDICT_NTK] = "ntk", [NT_PREDICT_NTKGP] = "ntkgp"};

enum { KINDS = sizeof kinds / sizeof *kinds };

const char *nt_prediction_kind_name(nt_prediction_kind kind) { return kinds[kind]; }

/* The kind that is written at text[0 ... length-1], or KINDS. */
static int find(const char *text, size_t length)
{
  int k = 0;
  while (k < KINDS && !(strlen(kinds[k]) == length && strncasecmp(kinds[k], text, length) == 0))
    k++;
  return k;
}

nt_status nt_prediction_get_parse(nt_error *err, const char *text, nt_prediction_get *get)
{
  nt_status status = NT_OK;
  *get = (nt_prediction_get){2, {NT_PREDICT_NNGP, NT_PREDICT_NTK}};
  if (text == NULL) return NT_OK;
  get->n = 0;
  for (const char *at = text;; at++) {
    const size_t length = strcspn(at, ",");
    const int k = find(at, length);
    NT_CHECK(k < KINDS, err, NT_ERR_ARG, "'%.80s': predictions are nngp, ntk and ntkgp", text);
    for (int i = 0; i < get->n; i++)
      NT_CHECK((int)get->kind[i] != k, err, NT_ERR_ARG, "'%.80s': %s stands there twice", text,
               kinds[k]);
    get->kind[get->n++] = (nt_prediction_kind)k;
    at += length;
    if (*at == '\0') break;
  }
done:
  return status;
}

nt_status nt_predictor_get_check(nt_error *err, const nt_prediction_get *get)
{
  nt_status status = NT_OK;
  NT_CHECK(get->n >= 1 && get->n <= KINDS, err, NT_ERR_ARG,
           "%d predictions asked for: at least one, each once", get->n);
  for (int i = 0; i < get->n; i++) {
    NT_CHECK((unsigned)get->kind[i] < KINDS, err, NT_ERR_ARG, "no prediction has number %d",
             (int)get->kind[i]);
    for (int j = 0; j < i; j++)
      NT_CHECK(get->kind[i] != get->kind[j], err, NT_ERR_ARG, "%s is asked for twice",
               kinds[get->kind[i]]);
  }
done:
  return status;
}

nt_status nt_times_check(nt_error *err, const nt_times *times)
{
  nt_status status = NT_OK;
  for (int i = 0; i < times->n; i++)
    NT_CHECK(times->t[i] >= 0, err, NT_ERR_ARG,
             "training time %g (number %d of the list): must be 0 or more, or infinite",
             times->t[i], i + 1);
done:
  return status;
}

nt_status nt_prediction_create(nt_error *err, const nt_trace *trace, int n_times, nt_spread spread,
                               nt_prediction *out)
{
  nt_status status = NT_OK;
  *out = (nt_prediction){.n_times = n_times, .shape = trace->shape, .rows = trace->rows};
  NT_TRY(nt_alloc(err, n_times * trace->rows * trace->cols, sizeof(double), "predictions",
                  &out->mean));
  if (spread == NT_SPREAD_VARIANCE) {
    NT_TRY(nt_calloc(err, n_times * trace->rows, sizeof(double), "variances", &out->variance));
  }
  if (spread == NT_SPREAD_COVARIANCE) {
    NT_TRY(nt_calloc(err, n_times, sizeof(nt_dmatrix *), "covariances", &out->covariance));
  }
done:
  return status;
}

void nt_prediction_free(nt_prediction *prediction)
{
  free(prediction->mean);
  free(prediction->variance);
  for (int t = 0; prediction->covariance != NULL && t < prediction->n_times; t++)
    nt_dmatrix_destroy(&prediction->covariance[t]);
  free(prediction->covariance);
  *prediction = (nt_prediction){0};
}

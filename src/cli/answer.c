/* Predictions and their scores: lines for people, the summary for machines. */
#include "cli/learning.h"

#include "base/check.h"
#include "base/memory.h"
#include "cli/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What stands in a line, and before the names of metrics in the summary. */
static const struct {
  const char *word, *prefix;
} sets[NT_SETS] = {[NT_ON_TEST] = {"", ""},
                   [NT_ON_TRAIN] = {" train", "train_"},
                   [NT_ON_LOO] = {" loo", "loo_"},
                   [NT_ON_FOLDS] = {" folds", "fold_"}};

const char *nt_reg_text(const nt_session *s, double reg, char *text, size_t size)
{
  snprintf(text, size, "%s=%g", s->options.reg_abs.n > 0 ? "reg_abs" : "reg", reg);
  return text;
}

void nt_metrics_print(const nt_metrics *metrics)
{
  if (metrics->has_classes)
    printf(" errors=%lld/%lld accuracy=%.2f%%", (long long)metrics->errors, (long long)metrics->n,
           100 * metrics->accuracy);
  printf(" mse=%.6g", metrics->mse);
  if (metrics->has_nll)
    printf(" nll=%.6g nll_per_sample=%.6g", metrics->nll, metrics->nll / (double)metrics->n);
}

void nt_metrics_store(cJSON *item, const char *prefix, const nt_metrics *metrics)
{
  const struct {
    const char *name;
    double value;
    bool there;
  } members[] = {{"mse", metrics->mse, true},
                 {"loss", metrics->loss, true},
                 {"errors", (double)metrics->errors, metrics->has_classes},
                 {"accuracy", metrics->accuracy, metrics->has_classes},
                 {"nll", metrics->nll, metrics->has_nll},
                 {"nll_per_sample", metrics->nll / (double)metrics->n, metrics->has_nll}};
  char name[40];
  for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
    if (!members[i].there) continue;
    snprintf(name, sizeof name, "%s%s", prefix, members[i].name);
    (void)cJSON_AddNumberToObject(item, name, members[i].value);
  }
}

static void store(const nt_session *s, const nt_answer *a, int r)
{
  const nt_fit *fit = a->fit;
  if (s->json == NULL) return;
  cJSON *item = nt_json_item(s->json, "results");
  (void)cJSON_AddStringToObject(item, "kernel", a->name);
  if (s->options.reg_abs.n == 0) (void)cJSON_AddNumberToObject(item, "reg", fit->reg[r]);
  (void)cJSON_AddNumberToObject(item, "reg_abs", fit->reg_abs[r]);
  if (fit->log_evidence != NULL)
    (void)cJSON_AddNumberToObject(item, "log_evidence", fit->log_evidence[r]);
  for (nt_set set = 0; set < NT_SETS; set++) {
    if (a->metrics[set] != NULL) nt_metrics_store(item, sets[set].prefix, &a->metrics[set][r]);
  }
}

static void print_line(const nt_session *s, const nt_problem *p, const nt_answer *a, nt_set set,
                       int r)
{
  char text[60];
  printf("%s %s%s", a->name, nt_reg_text(s, a->fit->reg[r], text, sizeof text), sets[set].word);
  if (a->metrics[set] != NULL)
    nt_metrics_print(&a->metrics[set][r]);
  else
    printf(" predicted=%lld", (long long)p->test_trace.shape.dim[0]);
  putchar('\n');
}

nt_status nt_answer_begin(nt_error *err, const char *name, const nt_fit *fit, nt_answer *a)
{
  nt_status status = NT_OK;
  void *memory;
  *a = (nt_answer){.name = name, .fit = fit};
  for (nt_set set = 0; set < NT_SETS; set++) {
    if (fit->metrics[set] == NULL || fit->metrics[set]->n == 0) continue;
    NT_TRY(nt_alloc(err, fit->R, sizeof(nt_metrics), "metrics", &memory));
    a->metrics[set] = memcpy(memory, fit->metrics[set], (size_t)fit->R * sizeof(nt_metrics));
  }
done:
  return status;
}

nt_status nt_answer_add_nll(nt_error *err, const nt_problem *p, nt_set set, const double *variance,
                            nt_answer *a)
{
  nt_status status = NT_OK;
  const int64_t n = nt_set_size(p, set);
  if (variance == NULL || a->metrics[set] == NULL) return NT_OK;
  NT_TRY(
      nt_alloc(err, a->fit->R * n, sizeof(double), "negative log likelihoods", &a->nll_each[set]));
  for (int r = 0; r < a->fit->R; r++)
    NT_TRY(nt_set_nll(err, p, set, a->fit->mean[set] + r * n * p->c, variance + r * n,
                      a->fit->reg_abs[r], a->nll_each[set] + r * n, &a->metrics[set][r]));
done:
  return status;
}

void nt_answer_free(nt_answer *a)
{
  for (nt_set set = 0; set < NT_SETS; set++) {
    free(a->metrics[set]);
    free(a->nll_each[set]);
  }
  *a = (nt_answer){.name = NULL};
}

void nt_answer_print(const nt_session *s, const nt_problem *p, const nt_answer *a, int r)
{
  if (nt_ctx_rank(s->ctx) != 0) return;
  store(s, a, r);
  for (nt_set set = 0; set < NT_SETS; set++) {
    if (nt_shows_tables(s) && a->fit->mean[set] != NULL && set != NT_ON_TRAIN)
      print_line(s, p, a, set, r);
  }
  fflush(stdout);
}

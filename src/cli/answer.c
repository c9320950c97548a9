/* Predictions and their scores: for people, for machines, and into the file. */
#include "cli/learning.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>

static void store_metrics(cJSON *item, const char *prefix, const nt_metrics *metrics)
{
  char name[40];
  snprintf(name, sizeof name, "%smse", prefix);
  (void)cJSON_AddNumberToObject(item, name, metrics->mse);
  snprintf(name, sizeof name, "%sloss", prefix);
  (void)cJSON_AddNumberToObject(item, name, metrics->loss);
  if (!metrics->has_classes) return;
  snprintf(name, sizeof name, "%serrors", prefix);
  (void)cJSON_AddNumberToObject(item, name, (double)metrics->errors);
  snprintf(name, sizeof name, "%saccuracy", prefix);
  (void)cJSON_AddNumberToObject(item, name, metrics->accuracy);
}

static void store(const nt_session *s, const nt_problem *p, const nt_answer *a, int r)
{
  if (s->json == NULL) return;
  cJSON *list = cJSON_GetObjectItem(s->json, "results");
  if (list == NULL) list = cJSON_AddArrayToObject(s->json, "results");
  cJSON *item = cJSON_CreateObject();
  (void)cJSON_AddStringToObject(item, "kernel", a->name);
  if (s->options.reg_abs.n == 0) (void)cJSON_AddNumberToObject(item, "reg", a->fit->reg[r]);
  (void)cJSON_AddNumberToObject(item, "reg_abs", a->fit->reg_abs[r]);
  if (p->test != NULL) store_metrics(item, "", &a->fit->metrics[r]);
  store_metrics(item, "train_", &a->fit->train_metrics[r]);
  (void)cJSON_AddItemToArray(list, item);
}

void nt_answer_print(const nt_session *s, const nt_problem *p, const nt_answer *a, int r)
{
  const nt_metrics *test = &a->fit->metrics[r];
  if (nt_ctx_rank(s->ctx) != 0) return;
  store(s, p, a, r);
  printf("%s %s=%g", a->name, s->options.reg_abs.n > 0 ? "reg_abs" : "reg", a->fit->reg[r]);
  if (p->test == NULL)
    printf(" predicted=%lld", (long long)p->m);
  else if (test->has_classes)
    printf(" errors=%lld/%lld accuracy=%.2f%%", (long long)test->errors, (long long)test->n,
           100 * test->accuracy);
  if (p->test != NULL) printf(" mse=%.6g", test->mse);
  putchar('\n');
  fflush(stdout);
}

/* A place in the file: group, and the axis of regularisations in front. */
typedef struct nt_answer_writer {
  nt_output *out;
  const nt_answer *answer;
  bool is_list;
  char name[80];
} nt_answer_writer;

static const char *name_of(nt_answer_writer *w, const char *prefix, const char *what)
{
  snprintf(w->name, sizeof w->name, "%s/%s%s", w->answer->name, prefix, what);
  return w->name;
}

/* (R, a, b), without the sizes that are absent (b below 0, or R when a single number was given). */
static nt_shape shape_of(const nt_answer_writer *w, int64_t a, int64_t b)
{
  nt_shape shape = {0};
  if (w->is_list) shape.dim[shape.rank++] = w->answer->fit->R;
  if (a >= 0) shape.dim[shape.rank++] = a;
  if (b >= 0) shape.dim[shape.rank++] = b;
  return shape;
}

/* Metrics as arrays over the regularisations. `values` has 3 R numbers, `errors` R. */
static nt_status write_metrics(nt_answer_writer *w, const char *prefix, const nt_metrics *metrics,
                               double *values, int64_t *errors)
{
  nt_status status = NT_OK;
  const int R = w->answer->fit->R;
  const nt_shape shape = shape_of(w, -1, -1);
  double *const mse = values, *const loss = values + R, *const accuracy = values + 2 * (int64_t)R;
  for (int r = 0; r < R; r++) {
    mse[r] = metrics[r].mse;
    loss[r] = metrics[r].loss;
    accuracy[r] = metrics[r].accuracy;
    errors[r] = metrics[r].errors;
  }
  NT_TRY(nt_output_write_array(w->out, name_of(w, prefix, "mse"), &shape, mse));
  NT_TRY(nt_output_write_array(w->out, name_of(w, prefix, "loss"), &shape, loss));
  if (!metrics[0].has_classes) return NT_OK;
  NT_TRY(nt_output_write_array(w->out, name_of(w, prefix, "accuracy"), &shape, accuracy));
  NT_TRY(nt_output_write_ints(w->out, name_of(w, prefix, "errors"), &shape, errors));
done:
  return status;
}

static nt_status write_classes(nt_answer_writer *w, nt_error *err, nt_ctx *ctx, const nt_problem *p)
{
  nt_status status = NT_OK;
  void *memory = NULL;
  const int64_t rows = w->answer->fit->R * p->m;
  const nt_shape shape = shape_of(w, p->m, -1);
  NT_TRY_ALL(ctx, nt_alloc(err, rows, sizeof(int64_t), "classes", &memory));
  nt_argmax_rows(w->answer->fit->mean, rows, p->train->c, memory);
  NT_TRY(nt_output_write_ints(w->out, name_of(w, "", "class"), &shape, memory));
done:
  free(memory);
  return status;
}

nt_status nt_answer_write(nt_session *s, const nt_problem *p, const nt_answer *a, nt_output *out)
{
  nt_status status = NT_OK;
  nt_error *err = nt_ctx_error(s->ctx);
  nt_answer_writer w = {out, a, nt_learning_regs(&s->options)->is_list, ""};
  const int64_t c = p->train->c;
  const nt_shape test = shape_of(&w, p->m, c), train = shape_of(&w, p->n, c);
  const nt_shape each = shape_of(&w, -1, -1);
  void *values = NULL;
  NT_TRY_ALL(s->ctx, nt_alloc(err, 4 * (int64_t)a->fit->R, sizeof(double), "metrics", &values));
  int64_t *errors = (int64_t *)values + 3 * (int64_t)a->fit->R;
  NT_TRY(nt_output_write_array(out, name_of(&w, "", "mean"), &test, a->fit->mean));
  NT_TRY(nt_output_write_array(out, name_of(&w, "", "train_mean"), &train, a->fit->train_mean));
  NT_TRY(nt_output_write_array(out, name_of(&w, "", "reg_abs"), &each, a->fit->reg_abs));
  if (p->train->label != NULL) NT_TRY(write_classes(&w, err, s->ctx, p));
  if (p->test != NULL) NT_TRY(write_metrics(&w, "", a->fit->metrics, values, errors));
  NT_TRY(write_metrics(&w, "train_", a->fit->train_metrics, values, errors));
done:
  free(values);
  return status;
}

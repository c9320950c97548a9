/* Rows of one stored kernel: the training and test samples among those that it is of. */
#include "cli/stored.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdlib.h>

/* The rows of chosen samples, `unit` of each. */
static nt_status expand_rows(nt_session *s, int64_t unit, nt_chosen_rows *rows)
{
  nt_status status = NT_OK;
  rows->n = rows->samples * unit;
  NT_TRY_ALL(s->ctx, nt_alloc(nt_ctx_error(s->ctx), rows->n, sizeof(int64_t), "rows of a kernel",
                              &rows->row));
  for (int64_t i = 0; i < rows->n; i++)
    rows->row[i] = rows->sample[i / unit] * unit + i % unit;
done:
  return status;
}

/* Test samples that are training samples too are scored all the same, but tell little. */
static nt_status warn_of_overlap(nt_session *s, const nt_stored_kernels *k)
{
  nt_status status = NT_OK;
  int64_t shared = 0, first = 0;
  unsigned char *trains = NULL;
  NT_TRY_ALL(s->ctx, nt_calloc(nt_ctx_error(s->ctx), k->all, 1, "marks of rows", &trains));
  for (int64_t i = 0; i < k->train.samples; i++)
    trains[k->train.sample[i]] = 1;
  for (int64_t i = k->test.samples; i-- > 0;) {
    if (!trains[k->test.sample[i]]) continue;
    shared++;
    first = k->test.sample[i];
  }
  if (shared > 0)
    nt_warn(s,
            "--train-rows %s and --test-rows %s: %lld of %lld test samples are training samples "
            "too, the first is row %lld: scores of the test set count them",
            s->options.train_rows, s->options.test_rows, (long long)shared,
            (long long)k->test.samples, (long long)first);
done:
  free(trains);
  return status;
}

nt_status nt_stored_rows_open(nt_session *s, nt_stored_kernels *k)
{
  nt_status status = NT_OK;
  const nt_cli_options *o = &s->options;
  int64_t M, N, unit = 1;
  if (o->train_rows == NULL) return NT_OK;
  for (nt_field f = 0; f < NT_FIELDS; f++) {
    if (k->m[NT_TRAIN_TRAIN][f] == NULL) continue;
    nt_stored_size(k->m[NT_TRAIN_TRAIN][f], &M, &N);
    NT_CHECK(M == N, nt_ctx_error(s->ctx), NT_ERR_DATA,
             "%s: is %lld x %lld; --train-rows chooses among the samples of a square kernel",
             nt_stored_name(k->m[NT_TRAIN_TRAIN][f]), (long long)M, (long long)N);
    unit = nt_stored_unit(k->m[NT_TRAIN_TRAIN][f]);
    k->all = M / unit;
  }
  nt_chosen_rows *const train = &k->train, *const test = &k->test;
  NT_TRY(nt_rows_parse(s->ctx, o->train_rows, k->all, &train->samples, &train->sample));
  if (o->test_rows != NULL)
    NT_TRY(nt_rows_parse(s->ctx, o->test_rows, k->all, &test->samples, &test->sample));
  NT_CHECK(train->samples > 0 && (o->test_rows == NULL || test->samples > 0), nt_ctx_error(s->ctx),
           NT_ERR_DATA, "--%s-rows %s: chooses none of the %lld samples of the kernel",
           train->samples > 0 ? "test" : "train", train->samples > 0 ? o->test_rows : o->train_rows,
           (long long)k->all);
  NT_TRY(expand_rows(s, unit, train));
  if (o->test_rows == NULL) goto done;
  NT_TRY(expand_rows(s, unit, test));
  NT_TRY(warn_of_overlap(s, k));
done:
  return status;
}

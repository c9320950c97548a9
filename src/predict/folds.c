/** Folds of the training set: given, or drawn. */
#include "nt/selection.h"

#include "base/check.h"
#include "base/memory.h"
#include "base/mix.h"

#include <math.h>
#include <stdlib.h>

void nt_folds_destroy(nt_folds **folds)
{
  if (*folds == NULL) return;
  free((*folds)->fold);
  free((*folds)->number);
  free(*folds);
  *folds = NULL;
}

static nt_status allocate(nt_error *err, int64_t n, int64_t count, nt_folds **out)
{
  nt_status status = NT_OK;
  NT_TRY(nt_calloc(err, 1, sizeof(nt_folds), "folds", out));
  **out = (nt_folds){.n = n, .count = count};
  NT_TRY(nt_calloc(err, n, sizeof(int64_t), "folds", &(*out)->fold));
  NT_TRY(nt_calloc(err, count, sizeof(int64_t), "numbers of folds", &(*out)->number));
done:
  return status;
}

static int ascending(const void *a, const void *b)
{
  const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return (x > y) - (x < y);
}

/* What messages call the numbers. */
static const char *name_of(const nt_labels *numbers)
{
  return numbers->name[0] != '\0' ? numbers->name : "folds";
}

static nt_status check_numbers(nt_error *err, const nt_labels *numbers, int64_t n)
{
  nt_status status = NT_OK;
  NT_CHECK(numbers->n == n && numbers->k == 1, err, NT_ERR_DATA,
           "%s: fold numbers of shape (%lld, %lld) for %lld training samples: one a sample is "
           "needed",
           name_of(numbers), (long long)numbers->n, (long long)numbers->k, (long long)n);
  for (int64_t i = 0; i < n; i++) {
    NT_CHECK(numbers->y[i] == floor(numbers->y[i]) && fabs(numbers->y[i]) < 1e15, err, NT_ERR_DATA,
             "%s: the fold number of sample %lld is %.17g: it must be a whole number",
             name_of(numbers), (long long)i, numbers->y[i]);
  }
done:
  return status;
}

/* The different ones among sorted numbers, in place. */
static int64_t unique(int64_t *sorted, int64_t n)
{
  int64_t count = 0;
  for (int64_t i = 0; i < n; i++) {
    if (count == 0 || sorted[i] != sorted[count - 1]) sorted[count++] = sorted[i];
  }
  return count;
}

nt_status nt_folds_create(nt_error *err, const nt_labels *numbers, int64_t n, nt_folds **out)
{
  nt_status status = NT_OK;
  nt_folds *folds = NULL;
  *out = NULL;
  NT_TRY(check_numbers(err, numbers, n));
  NT_TRY(allocate(err, n, n, &folds));
  for (int64_t i = 0; i < n; i++)
    folds->number[i] = (int64_t)numbers->y[i];
  qsort(folds->number, (size_t)n, sizeof(int64_t), ascending);
  folds->count = unique(folds->number, n);
  NT_CHECK(folds->count > 1, err, NT_ERR_DATA,
           "%s: all %lld samples are in fold %lld: at least two folds are needed, so that each is "
           "predicted by others",
           name_of(numbers), (long long)n, (long long)folds->number[0]);
  for (int64_t i = 0; i < n; i++) {
    const int64_t number = (int64_t)numbers->y[i];
    const int64_t *at =
        bsearch(&number, folds->number, (size_t)folds->count, sizeof(int64_t), ascending);
    folds->fold[i] = at - folds->number;
  }
  *out = folds;
  folds = NULL;
done:
  nt_folds_destroy(&folds);
  return status;
}

/* A sample in a random order inside its class. */
typedef struct ticket {
  int64_t class, sample;
  uint64_t key;
} ticket;

static int by_class_and_key(const void *a, const void *b)
{
  const ticket *const x = a, *const y = b;
  if (x->class != y->class) return x->class < y->class ? -1 : 1;
  if (x->key != y->key) return x->key < y->key ? -1 : 1;
  return (x->sample > y->sample) - (x->sample < y->sample);
}

/* Sorted by class, the samples are dealt to the folds in turn: sizes differ by at most
 * one, also those of a class. */
nt_status nt_folds_draw(nt_error *err, const nt_targets *targets, int64_t count, uint64_t seed,
                        nt_folds **out)
{
  nt_status status = NT_OK;
  nt_folds *folds = NULL;
  ticket *tickets = NULL;
  const int64_t n = targets->n;
  *out = NULL;
  NT_CHECK(count > 1 && count <= n, err, NT_ERR_ARG,
           "%lld folds of %lld training samples: there must be at least 2, and at most as many as "
           "samples",
           (long long)count, (long long)n);
  NT_TRY(allocate(err, n, count, &folds));
  NT_TRY(nt_alloc(err, n, sizeof(ticket), "an order of samples", &tickets));
  for (int64_t i = 0; i < n; i++)
    tickets[i] = (ticket){.class = targets->label == NULL ? 0 : targets->label[i],
                          .sample = i,
                          .key = nt_mix(nt_mix(seed) ^ (uint64_t)i)};
  qsort(tickets, (size_t)n, sizeof(ticket), by_class_and_key);
  for (int64_t i = 0; i < n; i++)
    folds->fold[tickets[i].sample] = i % count;
  for (int64_t f = 0; f < count; f++)
    folds->number[f] = f;
  *out = folds;
  folds = NULL;
done:
  free(tickets);
  nt_folds_destroy(&folds);
  return status;
}

#include "cases.h"

#include "nt_test.h"
#include "predict/predict_impl.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ARRAYS = 400, MOST_CASES = 300 };

static bool read_array(FILE *f, case_array *a)
{
  if (fscanf(f, "%7s %d", a->name, &a->shape.rank) != 2 || a->shape.rank > NT_MAX_RANK)
    return false;
  for (int i = 0; i < a->shape.rank; i++) {
    long size;
    if (fscanf(f, "%ld", &size) != 1) return false;
    a->shape.dim[i] = size;
  }
  const int64_t n = nt_shape_size(&a->shape);
  a->v = malloc((size_t)n * sizeof(double));
  for (int64_t i = 0; i < n; i++) {
    if (a->v == NULL || fscanf(f, "%lf", &a->v[i]) != 1) return false;
  }
  return true;
}

/* A line "array ...", "case ...", or "key value" of the last case. */
static bool read_line(FILE *f, const char *word, case_file *file)
{
  if (strcmp(word, "array") == 0)
    return file->n_arrays < MOST_ARRAYS && read_array(f, &file->array[file->n_arrays++]);
  if (strcmp(word, "case") == 0) {
    if (file->n_cases == MOST_CASES) return false;
    case_entry *e = &file->entry[file->n_cases++];
    return fscanf(f, "%39s %79s", e->function, e->name) == 2;
  }
  case_entry *e = file->n_cases > 0 ? &file->entry[file->n_cases - 1] : NULL;
  if (e == NULL || e->n == CASE_KEYS || strlen(word) >= sizeof e->word->key) return false;
  strcpy(e->word[e->n].key, word);
  return fscanf(f, "%159s", e->word[e->n++].value) == 1;
}

bool case_read(const char *name, case_file *file)
{
  char path[200], word[40];
  bool good = true;
  (void)snprintf(path, sizeof path, "../predict/data/%s", name);
  FILE *f = fopen(nt_test_data(path), "r");
  *file = (case_file){.array = calloc(MOST_ARRAYS, sizeof(case_array)),
                      .entry = calloc(MOST_CASES, sizeof(case_entry))};
  if (f == NULL || file->array == NULL || file->entry == NULL) return false;
  while (good && fscanf(f, "%39s", word) == 1)
    good = read_line(f, word, file);
  (void)fclose(f);
  return good;
}

void case_free(case_file *file)
{
  for (int i = 0; i < file->n_arrays; i++)
    free(file->array[i].v);
  free(file->array);
  free(file->entry);
  *file = (case_file){0};
}

const char *case_value(const case_entry *entry, const char *key)
{
  for (int i = 0; i < entry->n; i++) {
    if (strcmp(entry->word[i].key, key) == 0) return entry->word[i].value;
  }
  return NULL;
}

double case_number(const case_entry *entry, const char *key, double missing)
{
  const char *value = case_value(entry, key);
  return value != NULL ? strtod(value, NULL) : missing;
}

case_array *case_find(const case_file *file, const case_entry *entry, const char *key)
{
  const char *value = case_value(entry, key);
  for (int i = 0; value != NULL && i < file->n_arrays; i++) {
    if (strcmp(file->array[i].name, value) == 0) return &file->array[i];
  }
  return NULL;
}

nt_ints case_axes(const case_entry *entry)
{
  nt_ints axes = {1, {-1}};
  const char *at = case_value(entry, "trace_axes");
  if (at == NULL) return axes;
  axes.n = 0;
  while (*at != '\0' && strcmp(at, "none") != 0) {
    char *end;
    axes.v[axes.n++] = strtol(at, &end, 10);
    at = *end == ',' ? end + 1 : end;
  }
  return axes;
}

nt_times case_times(const case_file *file, const case_entry *entry, double *one)
{
  const case_array *a = case_find(file, entry, "t");
  if (a != NULL) return (nt_times){(int)nt_shape_size(&a->shape), a->v};
  if (case_value(entry, "t") == NULL) return (nt_times){0, NULL};
  *one = case_number(entry, "t", 0);
  return (nt_times){1, one};
}

void case_matrix(const case_file *file, const case_entry *entry, const char *key, nt_grid *grid,
                 int64_t nb, nt_dmatrix **m)
{
  const case_array *a = case_find(file, entry, key);
  *m = NULL;
  if (a == NULL) return;
  const int64_t N = a->shape.dim[1];
  NT_TEST_OK(nt_dmatrix_create(grid, a->shape.dim[0], N, nb, nb, m));
  for (int64_t lj = 0; lj < (*m)->cols; lj++) {
    for (int64_t li = 0; li < (*m)->rows; li++)
      (*m)->a[li + lj * (*m)->ld] = a->v[nt_dmatrix_row(*m, li) * N + nt_dmatrix_column(*m, lj)];
  }
}

bool case_equals(const nt_dmatrix *m, const double *want, double tol)
{
  double largest = 0, worst = 0;
  for (int64_t i = 0; i < m->M * m->N; i++)
    largest = fmax(largest, fabs(want[i]));
  if (largest == 0) largest = 1;
  for (int64_t lj = 0; lj < m->cols; lj++) {
    for (int64_t li = 0; li < m->rows; li++) {
      const double v = m->a[li + lj * m->ld];
      const double d = fabs(v - want[nt_dmatrix_row(m, li) * m->N + nt_dmatrix_column(m, lj)]);
      if (!(d <= worst)) worst = d;
    }
  }
  const bool symmetric = nt_dmatrix_check_symmetric(m, 0) == NT_OK;
  return NT_TEST_MSG(worst <= tol * largest, "off by %g of %g", worst, largest) &&
         NT_TEST(symmetric);
}

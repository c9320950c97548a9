/** Cases of inference from data/predict.txt (data/README.md): arrays by name, cases by key. */
#ifndef NT_TEST_CASES_H
#define NT_TEST_CASES_H

#include "nt/predictor.h"

enum { CASE_KEYS = 32, CASE_WORD = 160, CASE_SETS = 40 };

/** An array, row-major. */
typedef struct case_array {
  char name[8];
  nt_shape shape;
  double *v; /**< Owned. */
} case_array;

/** One case: key and value as they stand in the file. */
typedef struct case_entry {
  char function[40], name[80];
  int n;
  struct {
    char key[24], value[CASE_WORD];
  } word[CASE_KEYS];
} case_entry;

typedef struct case_file {
  int n_arrays, n_cases;
  case_array *array; /**< Owned. */
  case_entry *entry; /**< Owned. */
} case_file;

/** Read a file of tests/predict/data; false when it is not as expected. Local. */
bool case_read(const char *name, case_file *file);
void case_free(case_file *file);

/** Value of a key, or NULL. Local. */
const char *case_value(const case_entry *entry, const char *key);
/** Number under a key, or `missing`. Local. */
double case_number(const case_entry *entry, const char *key, double missing);
/** The array that a key names, or NULL (also where a number stands). Local. */
case_array *case_find(const case_file *file, const case_entry *entry, const char *key);
/** Trace axes of a case, default -1. Local. */
nt_ints case_axes(const case_entry *entry);
/** Times of a case: those of an array, a number in `one`, or none. Local. */
nt_times case_times(const case_file *file, const case_entry *entry, double *one);

/** The matrix that a key names, on a grid in blocks of nb; *m stays NULL without it. Collective. */
void case_matrix(const case_file *file, const case_entry *entry, const char *key, nt_grid *grid,
                 int64_t nb, nt_dmatrix **m);
/** Whether a distributed matrix equals `want` [M][N] to `tol` of its largest entry, and is
 * symmetric to the last bit. Collective. */
bool case_equals(const nt_dmatrix *m, const double *want, double tol);

#endif

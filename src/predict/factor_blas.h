/** What factorisations need of a BLAS, in one precision. */
#ifndef NT_PREDICT_FACTOR_BLAS_H
#define NT_PREDICT_FACTOR_BLAS_H

#include <stddef.h>

/** Fortran interfaces; arrays are void, so that one algorithm serves both precisions. */
typedef struct nt_factor_blas {
  size_t size; /**< Of an element. */
  const void *one, *minus_one;
  void (*potrf)(const char *, const int *, void *, const int *, int *);
  void (*trsm)(const char *, const char *, const char *, const char *, const int *, const int *,
               const void *, const void *, const int *, void *, const int *);
  void (*syrk)(const char *, const char *, const int *, const int *, const void *, const void *,
               const int *, const void *, void *, const int *);
  void (*gemm)(const char *, const char *, const int *, const int *, const int *, const void *,
               const void *, const int *, const void *, const int *, const void *, void *,
               const int *);
} nt_factor_blas;

extern const nt_factor_blas nt_factor_double, nt_factor_single;

#endif

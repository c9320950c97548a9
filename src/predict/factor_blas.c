#include "predict/factor_blas.h"

#define PROTOTYPES(x)                                                                              \
  void x##potrf_(const char *uplo, const int *n, void *a, const int *lda, int *info);              \
  void x##trsm_(const char *side, const char *uplo, const char *trans, const char *diag,           \
                const int *m, const int *n, const void *alpha, const void *a, const int *lda,      \
                void *b, const int *ldb);                                                          \
  void x##syrk_(const char *uplo, const char *trans, const int *n, const int *k,                   \
                const void *alpha, const void *a, const int *lda, const void *beta, void *c,       \
                const int *ldc);                                                                   \
  void x##gemm_(const char *transa, const char *transb, const int *m, const int *n, const int *k,  \
                const void *alpha, const void *a, const int *lda, const void *b, const int *ldb,   \
                const void *beta, void *c, const int *ldc)
PROTOTYPES(d);
PROTOTYPES(s);

static const double one_double = 1, minus_one_double = -1;
static const float one_single = 1, minus_one_single = -1;
const nt_factor_blas nt_factor_double = {
    sizeof(double), &one_double, &minus_one_double, dpotrf_, dtrsm_, dsyrk_, dgemm_};
const nt_factor_blas nt_factor_single = {
    sizeof(float), &one_single, &minus_one_single, spotrf_, strsm_, ssyrk_, sgemm_};

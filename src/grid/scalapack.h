/** Prototypes of BLACS, PBLAS and ScaLAPACK, and the borders of their 32-bit integers. */
#ifndef NT_GRID_SCALAPACK_H
#define NT_GRID_SCALAPACK_H

#include "nt/status.h"

#include <mpi.h>
#include <stdint.h>

/** Checked conversion at the Fortran border; NT_ERR_DIST when `v` does not fit. Parallel: Local. */
nt_status nt_to_blasint(int64_t v, int *out) NT_WARN_UNUSED;

int Csys2blacs_handle(MPI_Comm comm);
void Cblacs_get(int context, int what, int *value);
void Cblacs_gridinit(int *context, const char *order, int P, int Q);
void Cblacs_gridinfo(int context, int *P, int *Q, int *p, int *q);
void Cblacs_gridexit(int context);
void Cfree_blacs_system_handle(int handle);

void pdgemr2d_(const int *m, const int *n, const double *a, const int *ia, const int *ja,
               const int *desca, double *b, const int *ib, const int *jb, const int *descb,
               const int *context);
void pdpotrf_(const char *uplo, const int *n, double *a, const int *ia, const int *ja,
              const int *desca, int *info);
void pdgemm_(const char *transa, const char *transb, const int *m, const int *n, const int *k,
             const double *alpha, const double *a, const int *ia, const int *ja, const int *desca,
             const double *b, const int *ib, const int *jb, const int *descb, const double *beta,
             double *c, const int *ic, const int *jc, const int *descc);
void pdtran_(const int *m, const int *n, const double *alpha, const double *a, const int *ia,
             const int *ja, const int *desca, const double *beta, double *c, const int *ic,
             const int *jc, const int *descc);
void pdtrsm_(const char *side, const char *uplo, const char *transa, const char *diag, const int *m,
             const int *n, const double *alpha, const double *a, const int *ia, const int *ja,
             const int *desca, double *b, const int *ib, const int *jb, const int *descb);
void pdsymm_(const char *side, const char *uplo, const int *m, const int *n, const double *alpha,
             const double *a, const int *ia, const int *ja, const int *desca, const double *b,
             const int *ib, const int *jb, const int *descb, const double *beta, double *c,
             const int *ic, const int *jc, const int *descc);
void pdsyrk_(const char *uplo, const char *trans, const int *n, const int *k, const double *alpha,
             const double *a, const int *ia, const int *ja, const int *desca, const double *beta,
             double *c, const int *ic, const int *jc, const int *descc);
void pdsyr2k_(const char *uplo, const char *trans, const int *n, const int *k, const double *alpha,
              const double *a, const int *ia, const int *ja, const int *desca, const double *b,
              const int *ib, const int *jb, const int *descb, const double *beta, double *c,
              const int *ic, const int *jc, const int *descc);
void pdsyevd_(const char *jobz, const char *uplo, const int *n, double *a, const int *ia,
              const int *ja, const int *desca, double *w, double *z, const int *iz, const int *jz,
              const int *descz, double *work, const int *lwork, int *iwork, const int *liwork,
              int *info);

#endif

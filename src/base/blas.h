/** Threads of the BLAS, where it can be told. */
#ifndef NT_BASE_BLAS_H
#define NT_BASE_BLAS_H

/** Set the number of threads of BLAS calls; returns the number before, or 0 when this BLAS cannot
 * be told (then the caller's environment decides). Passing 0 changes nothing. Parallel: Local. */
int nt_blas_set_threads(int threads);

#endif

/** Products of a large matrix with a few columns, each element of the matrix
 * passing from memory once.
 *
 * a [cols][ld]: element (i, j) at a[i + j ld], rows x cols of them. A thin matrix of c
 * columns lies column after column: element (i, k) at x[i + k ldx]. OpenBLAS packs the large
 * matrix, at twice the time. */
#ifndef NT_PREDICT_THIN_H
#define NT_PREDICT_THIN_H

#include <stdint.h>

typedef struct nt_thin_size {
  int64_t rows, cols, c;
  int threads;
} nt_thin_size;

/** y [rows] += a x [cols]. Parallel: Local. */
void nt_thin_double(nt_thin_size size, const double *a, int64_t ld, const double *x, int64_t ldx,
                    double *y, int64_t ldy);
void nt_thin_single(nt_thin_size size, const float *a, int64_t ld, const float *x, int64_t ldx,
                    float *y, int64_t ldy);
/** y [cols] += a^T x [rows]. Parallel: Local. */
void nt_thin_transposed_double(nt_thin_size size, const double *a, int64_t ld, const double *x,
                               int64_t ldx, double *y, int64_t ldy);
void nt_thin_transposed_single(nt_thin_size size, const float *a, int64_t ld, const float *x,
                               int64_t ldx, float *y, int64_t ldy);
/** Both at once, on one thread: y_rows += a x_cols and y_cols += a^T x_rows. Parallel: Local. */
void nt_thin_both(nt_thin_size size, const double *a, int64_t ld, const double *x_rows,
                  const double *x_cols, double *y_rows, double *y_cols, int64_t ld_rows,
                  int64_t ld_cols);

#endif

/* The loops of thin.h for one precision: REAL, and NAME(x) for the names. Four columns of a at a time, in
 * pieces of rows that stay in the first cache while the columns of x pass. */

/* y [n] += a0 x[0] + ... + a3 x[3] */
NT_CLONES static void NAME(add_four)(int64_t n, const REAL *a, int64_t ld, const REAL *x, REAL *y)
{
  const REAL *a0 = a, *a1 = a + ld, *a2 = a1 + ld, *a3 = a2 + ld;
  const REAL x0 = x[0], x1 = x[1], x2 = x[2], x3 = x[3];
  NT_VECTOR_LOOP
  for (int64_t i = 0; i < n; i++)
    y[i] += a0[i] * x0 + a1[i] * x1 + (a2[i] * x2 + a3[i] * x3);
}

/* y[j] += (a_j, x) for four columns */
NT_CLONES static void NAME(dot_four)(int64_t n, const REAL *a, int64_t ld, const REAL *x, REAL *y)
{
  const REAL *a0 = a, *a1 = a + ld, *a2 = a1 + ld, *a3 = a2 + ld;
  REAL s0 = 0, s1 = 0, s2 = 0, s3 = 0;
#pragma omp simd reduction(+ : s0, s1, s2, s3)
  for (int64_t i = 0; i < n; i++) {
    s0 += a0[i] * x[i];
    s1 += a1[i] * x[i];
    s2 += a2[i] * x[i];
    s3 += a3[i] * x[i];
  }
  y[0] += s0;
  y[1] += s1;
  y[2] += s2;
  y[3] += s3;
}

NT_CLONES static void NAME(add_one)(int64_t n, const REAL *a, REAL x, REAL *y)
{
  NT_VECTOR_LOOP
  for (int64_t i = 0; i < n; i++)
    y[i] += a[i] * x;
}

NT_CLONES static REAL NAME(dot_one)(int64_t n, const REAL *a, const REAL *x)
{
  REAL s = 0;
#pragma omp simd reduction(+ : s)
  for (int64_t i = 0; i < n; i++)
    s += a[i] * x[i];
  return s;
}

void NAME(nt_thin)(nt_thin_size size, const REAL *a, int64_t ld, const REAL *x, int64_t ldx,
                   REAL *y, int64_t ldy)
{
#pragma omp parallel for num_threads(size.threads) if (size.threads > 1)
  for (int64_t i = 0; i < size.rows; i += PIECE) {
    const int64_t n = size.rows - i < PIECE ? size.rows - i : PIECE;
    int64_t j = 0;
    for (; j + 4 <= size.cols; j += 4) {
      for (int64_t k = 0; k < size.c; k++)
        NAME(add_four)(n, a + i + j * ld, ld, x + j + k * ldx, y + i + k * ldy);
    }
    for (; j < size.cols; j++) {
      for (int64_t k = 0; k < size.c; k++)
        NAME(add_one)(n, a + i + j * ld, x[j + k * ldx], y + i + k * ldy);
    }
  }
}

void NAME(nt_thin_transposed)(nt_thin_size size, const REAL *a, int64_t ld, const REAL *x,
                              int64_t ldx, REAL *y, int64_t ldy)
{
#pragma omp parallel for num_threads(size.threads) if (size.threads > 1)
  for (int64_t j = 0; j < size.cols; j += 4) {
    for (int64_t i = 0; i < size.rows; i += PIECE) {
      const int64_t n = size.rows - i < PIECE ? size.rows - i : PIECE;
      for (int64_t k = 0; k < size.c; k++) {
        const REAL *from = x + i + k * ldx;
        if (j + 4 <= size.cols) NAME(dot_four)(n, a + i + j * ld, ld, from, y + j + k * ldy);
        for (int64_t l = j; l < size.cols && j + 4 > size.cols; l++)
          y[l + k * ldy] += NAME(dot_one)(n, a + i + l * ld, from);
      }
    }
  }
}

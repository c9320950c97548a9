/* The loops of move_simd.h with one size of vectors: VECTOR(x) for the names, MM(x) for the
 * instructions, TARGET for the functions. A line is one vector, or two that follow each other, so
 * that it leaves as a whole. */

TARGET static bool VECTOR(column)(int64_t n, const double *from, double *to)
{
  enum { LANES = sizeof(VECTOR(vec)) / sizeof(double) };
  unsigned bad = 0;
  int64_t i = 0;
  for (; i < n && ((uintptr_t)(to + i) & 63) != 0; i++) {
    bad |= (unsigned)!(fabs(from[i]) <= __DBL_MAX__);
    to[i] = from[i];
  }
  for (; i + LINE <= n; i += LINE) {
    _mm_prefetch(from + i + AHEAD, _MM_HINT_T0);
    for (int h = 0; h < LINE; h += LANES) {
      const VECTOR(vec) v = MM(loadu_pd)(from + i + h);
      bad |= VECTOR(bad)(v);
      MM(stream_pd)(to + i + h, v);
    }
  }
  for (; i < n; i++) {
    bad |= (unsigned)!(fabs(from[i]) <= __DBL_MAX__);
    to[i] = from[i];
  }
  return bad == 0;
}

TARGET static inline void VECTOR(put)(double *to, bool whole, VECTOR(vec) v)
{
  if (whole)
    MM(stream_pd)(to, v);
  else
    MM(storeu_pd)(to, v);
}

TARGET static void VECTOR(transposed)(int64_t m, int64_t n, const double *from, int64_t ld_from,
                                      double *to, int64_t ld_to)
{
  enum { LANES = sizeof(VECTOR(vec)) / sizeof(double), PARTS = LINE / LANES };
  const int64_t most = m / LANES * LANES, lines = n / LINE * LINE;
  for (int64_t i = 0; i < most; i += LANES) {
    for (int64_t j = 0; j < lines; j += LINE) {
      VECTOR(vec) r[LINE];
      for (int k = 0; k < LINE; k++)
        r[k] = MM(loadu_pd)(from + i + (j + k) * ld_from);
      for (int h = 0; h < PARTS; h++)
        VECTOR(transpose)(r + h * LANES);
      for (int k = 0; k < LANES; k++) {
        double *const line = to + j + (i + k) * ld_to;
        const bool whole = ((uintptr_t)line & 63) == 0;
        for (int h = 0; h < PARTS; h++)
          VECTOR(put)(line + h * LANES, whole, r[h * LANES + k]);
      }
    }
  }
  for (int64_t i = 0; i < m; i++) {
    for (int64_t j = i < most ? lines : 0; j < n; j++)
      to[j + i * ld_to] = from[i + j * ld_from];
  }
}

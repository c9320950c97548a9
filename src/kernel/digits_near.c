/** Samples from their digits, where differences of inputs are wanted: see digits_impl.h. */
#include "kernel/digits_impl.h"

#ifdef NT_HAVE_TILES

#include <immintrin.h>

/* A strip of rows: its digits, and where lines of four numbers lie. */
typedef struct strip {
  const char *digits;
  nt_strip_layout layout;
} strip;

NT_INLINE strip strip_of(const void *rows, int64_t sample, int64_t d, const int single)
{
  const nt_digits *const ops = nt_digits_of(single ? NT_FLOAT32 : NT_FLOAT64);
  const int64_t at = sample / NT_DIGITS_STRIP * nt_digits_strip(ops, d);
  return (strip){(const char *)rows + at, nt_strip_layout_of(d)};
}

/* Digit i of numbers c ... c + 3 of all samples. */
NT_INLINE const char *line_of(const strip *s, int64_t c, int i, const int digits)
{
  const int64_t group = c / NT_TILE_NUMBERS, line = c % NT_TILE_NUMBERS / 4 * 64;
  const char *const tiles = s->digits + NT_DIGITS_HEADS + group * digits * NT_TILE;
  if (group < s->layout.groups) return tiles + i * NT_TILE + line;
  return tiles + (digits - 1 - i) * (NT_TILE / s->layout.packed) + line;
}

/* Digits i < n of numbers c ... c + 3 of eight samples, as integers: y[q] of number c + q. */
NT_INLINE void join(const strip *s, int64_t c, int64_t half, int from, int n, __m256i y[4],
                    const int digits)
{
  for (int q = 0; q < 4; q++)
    y[q] = _mm256_setzero_si256();
  for (int i = from; i < from + n; i++) {
    const char *const line = line_of(s, c, i, digits) + 32 * half;
    const __m256i bytes = _mm256_load_si256((const __m256i *)(const void *)line);
#pragma GCC unroll 4
    for (int q = 0; q < 4; q++) {
      const __m256i digit = _mm256_srai_epi32(_mm256_slli_epi32(bytes, 24 - 8 * q), 24);
      y[q] = _mm256_add_epi32(_mm256_slli_epi32(y[q], 8), digit);
    }
  }
}

/* The same as numbers, without the scale of their samples. */
NT_INLINE void numbers_of(const strip *s, int64_t c, int64_t half, __m512d x[4], const int digits)
{
  __m256i high[4], low[4];
  join(s, c, half, 0, 4, high, digits);
  join(s, c, half, 4, digits - 4, low, digits);
#pragma GCC unroll 4
  for (int q = 0; q < 4; q++)
    x[q] = _mm512_fmadd_pd(_mm512_cvtepi32_pd(low[q]), _mm512_set1_pd(0x1p-24),
                           _mm512_cvtepi32_pd(high[q]));
}

/* The scales of eight samples, of the first four digits as an integer. */
NT_INLINE __m512d scales_of(const strip *s, int64_t half)
{
  return _mm512_mul_pd(_mm512_load_pd(s->digits + half * 8 * (int64_t)sizeof(double)),
                       _mm512_set1_pd(0x1p-24));
}

NT_INLINE void numbers(int64_t d, const void *rows, int64_t sample, double *x, const int digits,
                       const int single)
{
  const strip s = strip_of(rows, sample, d, single);
  const int64_t half = sample % NT_DIGITS_STRIP / 8, padded = nt_digits_padded(d);
  const __m512d scale = scales_of(&s, half);
  int64_t c = 0;
  for (; c < d; c += 4) {
    _Alignas(64) double eight[8];
    __m512d v[4];
    numbers_of(&s, c, half, v, digits);
    for (int q = 0; q < 4; q++) {
      _mm512_store_pd(eight, _mm512_mul_pd(v[q], scale));
      x[c + q] = eight[sample % 8];
    }
  }
  for (; c < padded; c++)
    x[c] = 0;
}

/* Four sums, so that none waits for the one before. */
NT_INLINE void distances(int64_t d, const void *rows, int64_t first, const double *a,
                         const double *b, const double *y, double *out, const int digits,
                         const int single)
{
  const strip s = strip_of(rows, first, d, single);
  const int64_t half = first % NT_DIGITS_STRIP / 8;
  const __m512d factor = _mm512_mul_pd(_mm512_loadu_pd(a), scales_of(&s, half));
  const __m512d other = _mm512_loadu_pd(b);
  __m512d sum[4];
  for (int q = 0; q < 4; q++)
    sum[q] = _mm512_setzero_pd();
  for (int64_t c = 0; c < d; c += 4) {
    __m512d x[4];
    numbers_of(&s, c, half, x, digits);
#pragma GCC unroll 4
    for (int q = 0; q < 4; q++) {
      const __m512d e = _mm512_sub_pd(_mm512_mul_pd(factor, x[q]),
                                      _mm512_mul_pd(other, _mm512_set1_pd(y[c + q])));
      sum[q] = _mm512_fmadd_pd(e, e, sum[q]);
    }
  }
  _mm512_storeu_pd(out,
                   _mm512_add_pd(_mm512_add_pd(sum[0], sum[1]), _mm512_add_pd(sum[2], sum[3])));
}

#define LOOPS(type, digits, single)                                                                \
  NT_TILES void nt_digits_numbers_##type(int64_t d, const void *rows, int64_t sample, double *x)   \
  {                                                                                                \
    numbers(d, rows, sample, x, digits, single);                                                   \
  }                                                                                                \
  NT_TILES void nt_digits_distances_##type(int64_t d, const void *rows, int64_t first,             \
                                           const double *a, const double *b, const double *y,      \
                                           double *out)                                            \
  {                                                                                                \
    distances(d, rows, first, a, b, y, out, digits, single);                                       \
  }
LOOPS(f64, 7, 0)
LOOPS(f32, 4, 1)

#endif

/** Samples into digits: see digits_impl.h. */
#include "kernel/digits_impl.h"

#ifdef NT_HAVE_TILES

#include <immintrin.h>
#include <math.h>
#include <string.h>

/* x = y unscale with an integer y; y = x scale scale2, two factors since one may be beyond all
 * numbers. */
typedef struct scaling {
  double scale, scale2, unscale;
} scaling;

/* Eight numbers from number c on, 0 from d on. */
NT_INLINE __m512d eight(const void *x, int64_t c, int64_t d, const int single)
{
  const int64_t left = d - c;
  const __mmask8 some = (__mmask8)(left >= 8 ? 0xff : left > 0 ? (1 << left) - 1 : 0);
  if (single) return _mm512_cvtps_pd(_mm256_maskz_loadu_ps(some, (const float *)x + c));
  return _mm512_maskz_loadu_pd(some, (const double *)x + c);
}

/* By the bits of the largest magnitude, of which those that are not finite are the largest of all.
 * Within 2^-6 of the next power the top digit might not hold it. */
NT_INLINE scaling scaling_of(const void *x, int64_t d, const int digits, const int single)
{
  __m512i most = _mm512_setzero_si512();
  for (int64_t c = 0; c < d; c += 8)
    most = _mm512_max_epu64(most, _mm512_castpd_si512(_mm512_abs_pd(eight(x, c, d, single))));
  const uint64_t bits = (uint64_t)_mm512_reduce_max_epu64(most), infinite = 0x7ffULL << 52;
  const int field = (int)((bits + (1ULL << 46)) >> 52);
  const int power = (field > 0 ? field : 1) - 1023, shift = 8 * digits - 2 - power;
  return (scaling){.scale = ldexp(1, shift / 2),
                   .scale2 = ldexp(1, shift - shift / 2),
                   .unscale = bits < infinite ? ldexp(1, power - 6) : NAN};
}

/* Lanes l of r[i] for which bit s is set in l, but not in i, change places with lanes l - s of
 * r[i + s]: all s in turn transpose the matrix of N x N numbers of BITS bits. */
#define TRANSPOSE(N, BITS, MASK, ...)                                                              \
  NT_INLINE void transpose##N(__m512i r[N])                                                        \
  {                                                                                                \
    const __m512i lane = __VA_ARGS__;                                                              \
    _Pragma("GCC unroll 4") for (int s = 1; s < N; s *= 2)                                         \
    {                                                                                              \
      const MASK odd = _mm512_test_epi##BITS##_mask(lane, _mm512_set1_epi##BITS(s));               \
      const __m512i low =                                                                          \
          _mm512_mask_add_epi##BITS(lane, odd, lane, _mm512_set1_epi##BITS(N - s));                \
      const __m512i high =                                                                         \
          _mm512_mask_add_epi##BITS(lane, (MASK)~odd, lane, _mm512_set1_epi##BITS(s));             \
      const __m512i swapped =                                                                      \
          _mm512_mask_add_epi##BITS(high, odd, lane, _mm512_set1_epi##BITS(N));                    \
      _Pragma("GCC unroll 16") for (int i = 0; i < N; i++)                                         \
      {                                                                                            \
        if (i & s) continue;                                                                       \
        const __m512i a = r[i], b = r[i + s];                                                      \
        r[i] = _mm512_permutex2var_epi##BITS(a, low, b);                                           \
        r[i + s] = _mm512_permutex2var_epi##BITS(a, swapped, b);                                   \
      }                                                                                            \
    }                                                                                              \
  }
TRANSPOSE(16, 32, __mmask16,
          _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15))
TRANSPOSE(8, 64, __mmask8, _mm512_setr_epi64(0, 1, 2, 3, 4, 5, 6, 7))

/* Numbers c ... c + 63 of one sample, a line of digits i at to + 64 i. The bytes of y + 128 (1 +
 * 256 + 256^2 + ...) are its digits plus 128, and a byte less 128 is the byte with its top bit
 * turned. */
NT_INLINE void split_numbers(const void *x, int64_t c, int64_t d, scaling s, char *to,
                             const int digits, const int single)
{
  const __m512d scale = _mm512_set1_pd(s.scale), scale2 = _mm512_set1_pd(s.scale2);
  const __m512i half = _mm512_set1_epi64(0x0080808080808080LL >> (56 - 8 * digits));
  const __m512i eighth = _mm512_set1_epi64(0x3830282018100800LL); /* bytes of one place, together */
  __m512i place = _mm512_setzero_si512(), plane[8];
  for (int j = 0; j < 8; j++)
    place = _mm512_mask_add_epi8(place, 0xffULL << (8 * j), eighth, _mm512_set1_epi8((char)j));
#pragma GCC unroll 8
  for (int q = 0; q < 8; q++) {
    const __m512d v = eight(x, c + 8 * q, d, single);
    const __m512i y = _mm512_cvtpd_epi64(_mm512_mul_pd(_mm512_mul_pd(v, scale), scale2));
    plane[q] = _mm512_permutexvar_epi8(place, _mm512_xor_si512(_mm512_add_epi64(y, half), half));
  }
  transpose8(plane);
#pragma GCC unroll 8
  for (int i = 0; i < digits; i++)
    _mm512_store_si512(to + i * NT_TILE_NUMBERS, plane[digits - 1 - i]);
}

/* The digits of one sample, each group of 64 in a line, of what is packed a part of one. */
NT_INLINE void split_sample(const void *x, int64_t d, double square, char *to, const int digits,
                            const int single)
{
  const nt_strip_layout layout = nt_strip_layout_of(d);
  const scaling s = scaling_of(x, d, digits, single);
  const nt_digits_head head = {s.unscale, square};
  int64_t c = 0;
  memset(to, 0, NT_DIGITS_HEAD);
  memcpy(to, &head, sizeof head);
  to += NT_DIGITS_HEAD;
  for (; c < layout.groups * NT_TILE_NUMBERS; c += NT_TILE_NUMBERS, to += digits * NT_TILE_NUMBERS)
    split_numbers(x, c, d, s, to, digits, single);
  if (layout.packed == 0) return;
  const size_t numbers = (size_t)(NT_TILE_NUMBERS / layout.packed);
  _Alignas(64) char line[7 * NT_TILE_NUMBERS];
  split_numbers(x, c, d, s, line, digits, single);
  for (int i = 0; i < digits; i++)
    memcpy(to + (size_t)i * numbers, line + i * NT_TILE_NUMBERS, numbers);
}

NT_INLINE void split(int64_t count, int64_t d, const void *samples, const double *squares, char *to,
                     const int digits, const int single)
{
  const int64_t bytes = d * (single ? (int64_t)sizeof(float) : (int64_t)sizeof(double));
  const int64_t sample = nt_digits_sample(nt_digits_of(single ? NT_FLOAT32 : NT_FLOAT64), d);
  for (int64_t i = 0; i < count; i++)
    split_sample((const char *)samples + i * bytes, d, squares[i], to + i * sample, digits, single);
}

/* The lines of a tile: of rows, or of the digits of samples that lie there. */
NT_INLINE void lines_of(const char *tile, const char *line[16])
{
  for (int l = 0; l < 16; l++)
    line[l] = tile + l * NT_TILE_NUMBERS;
}

/* A tile of rows from a line of each of 16 samples, or of columns from the lines of one of rows:
 * all at byte `at` from where `from` points. */
NT_INLINE void turn_lines(const char *const from[16], int64_t at, char *to)
{
  __m512i r[16];
#pragma GCC unroll 16
  for (int l = 0; l < 16; l++)
    r[l] = _mm512_load_si512(from[l] + at);
  transpose16(r);
#pragma GCC unroll 16
  for (int l = 0; l < 16; l++)
    _mm512_store_si512(to + 64 * l, r[l]);
}

/* What is packed of 16 samples, their digits from last to first. */
NT_INLINE void pack_rows(const char *const from[16], int64_t at, char *to, const int digits,
                         int packed)
{
  const size_t bytes = (size_t)(NT_TILE / packed), numbers = (size_t)(NT_TILE_NUMBERS / packed);
  _Alignas(64) char column[NT_TILE] = {0}, row[NT_TILE];
  const char *line[16];
  lines_of(column, line);
  for (int i = digits - 1; i >= 0; i--, to += bytes) {
    for (int l = 0; l < NT_DIGITS_STRIP; l++)
      memcpy(column + l * NT_TILE_NUMBERS, from[l] + at + (size_t)i * numbers, numbers);
    turn_lines(line, 0, row);
    memcpy(to, row, bytes);
  }
  memset(to, 0, (size_t)(packed - 1) * bytes);
}

NT_INLINE void arrange(int64_t d, const void *const *sample, char *to, const int digits)
{
  const nt_strip_layout layout = nt_strip_layout_of(d);
  double *const heads = (double *)(void *)to;
  const char *from[16];
  for (int l = 0; l < NT_DIGITS_STRIP; l++) {
    const nt_digits_head *const head = sample[l];
    heads[l] = head->unscale;
    heads[NT_DIGITS_STRIP + l] = head->square;
    from[l] = (const char *)sample[l] + NT_DIGITS_HEAD;
  }
  to += NT_DIGITS_HEADS;
  int64_t at = 0;
  for (int64_t t = layout.groups * digits; t > 0; t--, at += NT_TILE_NUMBERS, to += NT_TILE)
    turn_lines(from, at, to);
  if (layout.packed > 0) pack_rows(from, at, to, digits, layout.packed);
}

NT_INLINE void pack_columns(const char *row, char *to, const int digits, int packed)
{
  const int64_t bytes = NT_TILE / packed, numbers = NT_TILE_NUMBERS / packed;
  _Alignas(64) char one[NT_TILE] = {0}, column[NT_TILE];
  const char *line[16];
  lines_of(one, line);
  memset(to, 0, (size_t)nt_packed_bytes(digits, packed));
  for (int i = 0; i < digits; i++) {
    memcpy(one, row + (digits - 1 - i) * bytes, (size_t)bytes);
    turn_lines(line, 0, column);
    for (int l = 0; l < NT_DIGITS_STRIP; l++)
      memcpy(to + (i / packed) * NT_TILE + NT_TILE_NUMBERS * l + (i % packed) * numbers,
             column + NT_TILE_NUMBERS * l, (size_t)numbers);
  }
}

NT_INLINE void turn_strip(const char *from, nt_strip_layout layout, char *to, const int digits)
{
  const char *line[16];
  memcpy(to, from, NT_DIGITS_HEADS);
  from += NT_DIGITS_HEADS;
  to += NT_DIGITS_HEADS;
  lines_of(from, line);
  int64_t at = 0;
  for (int64_t t = layout.groups * digits; t > 0; t--, at += NT_TILE, to += NT_TILE)
    turn_lines(line, at, to);
  if (layout.packed > 0) pack_columns(from + at, to, digits, layout.packed);
}

NT_INLINE void turn(int64_t count, int64_t d, const char *rows, char *columns, const int digits,
                    const int single)
{
  const int64_t strip = nt_digits_strip(nt_digits_of(single ? NT_FLOAT32 : NT_FLOAT64), d);
  for (int64_t first = 0; first < count; first += NT_DIGITS_STRIP, rows += strip, columns += strip)
    turn_strip(rows, nt_strip_layout_of(d), columns, digits);
}

#define LOOPS(type, digits, single)                                                                \
  NT_TILES void nt_digits_split_##type(int64_t count, int64_t d, const void *samples,              \
                                       const double *squares, void *to)                            \
  {                                                                                                \
    split(count, d, samples, squares, to, digits, single);                                         \
  }                                                                                                \
  NT_TILES void nt_digits_arrange_##type(int64_t d, const void *const *sample, void *strip)        \
  {                                                                                                \
    arrange(d, sample, strip, digits);                                                             \
  }                                                                                                \
  NT_TILES void nt_digits_turn_##type(int64_t count, int64_t d, const void *rows, void *columns)   \
  {                                                                                                \
    turn(count, d, rows, columns, digits, single);                                                 \
  }
LOOPS(f64, 7, 0)
LOOPS(f32, 4, 1)

#endif

/** The loops of digits.h with the matrix unit of x86-64. A tile is 16 x 64 bytes: of columns, 64
 * numbers (their digit i) of each of 16 samples; of rows the same, transposed in groups of four
 * numbers. A strip holds the tiles of all digits for 64 numbers, then those of the next 64, so that
 * each comes from the second cache once and serves all its products from the first. */
#include "kernel/digits.h"

#if defined(__x86_64__) && defined(__linux__) && defined(__has_include)
#if __has_include(<amxint8intrin.h>) || __has_include(<amxintrin.h>)
#define NT_HAVE_TILES
#endif
#endif

enum { TILE = 1024, NUMBERS = 64, SCALES = NT_DIGITS_STRIP * (int)sizeof(double) };

nt_status nt_digits_agree(nt_ctx *ctx, bool *all)
{
  int64_t lack = !nt_digits_can_run();
  const nt_status status = nt_ctx_largest(ctx, &lack);
  *all = lack == 0;
  return status;
}

static int64_t up(int64_t a, int64_t b) { return (a + b - 1) / b; }

int64_t nt_digits_strip(const nt_digits *digits, int64_t d)
{
  return SCALES + up(d, NUMBERS) * digits->digits * TILE;
}

#ifdef NT_HAVE_TILES

#include <cpuid.h>
#include <immintrin.h>
#include <math.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NT_TILES                                                                                   \
  __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,amx-tile,amx-int8")))
#define NT_INLINE NT_TILES static inline __attribute__((always_inline))

/* ---- Samples into digits ---- */

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

/* A tile of columns into one of rows, and back. */
NT_INLINE void turn_tile(const char *from, char *to)
{
  __m512i r[16];
#pragma GCC unroll 16
  for (int i = 0; i < 16; i++)
    r[i] = _mm512_load_si512(from + 64 * i);
  transpose16(r);
#pragma GCC unroll 16
  for (int i = 0; i < 16; i++)
    _mm512_store_si512(to + 64 * i, r[i]);
}

/* Numbers c ... c + 63 of one sample, digit i at to + i TILE. The bytes of y + 128 (1 + 256 + 256^2
 * + ...) are its digits plus 128, and a byte less 128 is the byte with its top bit turned. */
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
    _mm512_store_si512(to + i * TILE, plane[digits - 1 - i]);
}

NT_INLINE void split(int64_t count, int64_t d, const void *samples, void *rows, const int digits,
                     const int single)
{
  const int64_t bytes = d * (single ? (int64_t)sizeof(float) : (int64_t)sizeof(double));
  _Alignas(64) char column[7 * TILE];
  char *to = rows;
  for (int64_t first = 0; first < count; first += NT_DIGITS_STRIP) {
    const int64_t n = count - first < NT_DIGITS_STRIP ? count - first : NT_DIGITS_STRIP;
    const char *const x = (const char *)samples + first * bytes;
    scaling s[NT_DIGITS_STRIP] = {{0, 0, 0}};
    double *const unscale = (double *)(void *)to;
    for (int64_t l = 0; l < n; l++)
      s[l] = scaling_of(x + l * bytes, d, digits, single);
    for (int l = 0; l < NT_DIGITS_STRIP; l++)
      unscale[l] = s[l].unscale;
    to += SCALES;
    memset(column, 0, sizeof column);
    for (int64_t c = 0; c < d; c += NUMBERS) {
      for (int64_t l = 0; l < n; l++)
        split_numbers(x + l * bytes, c, d, s[l], column + 64 * l, digits, single);
      for (int i = 0; i < digits; i++, to += TILE)
        turn_tile(column + i * TILE, to);
    }
  }
}

NT_INLINE void turn(int64_t count, int64_t d, const void *rows, void *columns, const int digits)
{
  const char *from = rows;
  char *to = columns;
  for (int64_t first = 0; first < count; first += NT_DIGITS_STRIP) {
    memcpy(to, from, SCALES);
    from += SCALES;
    to += SCALES;
    for (int64_t t = up(d, NUMBERS) * digits; t > 0; t--, from += TILE, to += TILE)
      turn_tile(from, to);
  }
}

/* ---- Products ---- */

/* Sums of the products with i + j = k, for 16 columns, each with 16 rows. */
typedef struct sums {
  _Alignas(64) int32_t k[7][TILE / sizeof(int32_t)];
} sums;

/* 64 numbers of a strip of columns a and one of rows b. The sum of k is in tile k - 1 all along;
 * six are all that there is place for, and of k = 0 and 1, which take three products of the 28, it
 * is in tile 0 by turns. The digits of rows come up and down, so that the last one serves twice.
 * Meanwhile a part of the rows that come next is asked for. */
#define COLUMN(i)                                                                                  \
  _tile_loadd(6, a + (i)*TILE, 64);                                                                \
  for (int line = 0; line < 4; line++)                                                             \
  _mm_prefetch(soon + (i)*TILE / 4 + 64 * line, _MM_HINT_T1)
#define ADD(tile, j)                                                                               \
  _tile_loadd(7, b + (j)*TILE, 64);                                                                \
  _tile_dpbssd(tile, 6, 7)
#define ADD_SAME(tile) _tile_dpbssd(tile, 6, 7)

NT_INLINE void add_products(const char *a, const char *b, const char *soon, sums *s,
                            const int digits)
{
  COLUMN(0);
  _tile_loadd(0, s->k[0], 64);
  ADD(0, 0);
  _tile_stored(0, s->k[0], 64);
  _tile_loadd(0, s->k[1], 64);
  ADD(0, 1);
  ADD(1, 2);
  ADD(2, 3);
  if (digits > 4) {
    ADD(3, 4);
    ADD(4, 5);
    ADD(5, 6);
  }
  COLUMN(1);
  if (digits > 4) {
    ADD(5, 5);
    ADD(4, 4);
    ADD(3, 3);
  }
  ADD(2, 2);
  ADD(1, 1);
  ADD(0, 0);
  _tile_stored(0, s->k[1], 64);
  COLUMN(2);
  ADD_SAME(1);
  ADD(2, 1);
  if (digits > 4) {
    ADD(3, 2);
    ADD(4, 3);
    ADD(5, 4);
  }
  COLUMN(3);
  if (digits > 4) {
    ADD(5, 3);
    ADD(4, 2);
    ADD(3, 1);
  }
  ADD(2, 0);
  if (digits > 4) {
    COLUMN(4);
    ADD_SAME(3);
    ADD(4, 1);
    ADD(5, 2);
    COLUMN(5);
    ADD(5, 1);
    ADD(4, 0);
    COLUMN(6);
    ADD_SAME(5);
  }
}

NT_INLINE void begin_sums(sums *s)
{
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  _tile_zero(4);
  _tile_zero(5);
  _tile_stored(0, s->k[0], 64);
  _tile_stored(0, s->k[1], 64);
}

NT_INLINE void end_sums(sums *s, const int digits)
{
  _tile_stored(1, s->k[2], 64);
  _tile_stored(2, s->k[3], 64);
  if (digits == 4) return;
  _tile_stored(3, s->k[4], 64);
  _tile_stored(4, s->k[5], 64);
  _tile_stored(5, s->k[6], 64);
}

/* What the sums come to. */
typedef struct results {
  const double *rows, *columns; /* powers of two of 16 samples */
  double share;                 /* 1 / d */
  void *g;
  int64_t ld;
  bool first; /* nothing is in g yet */
} results;

NT_INLINE void put(const results *to, int64_t at, __m512d v, const int single)
{
  if (single) {
    float *const g = (float *)to->g + at;
    const __m256 part = _mm512_cvtpd_ps(v);
    _mm256_store_ps(g, to->first ? part : _mm256_add_ps(_mm256_load_ps(g), part));
  } else {
    double *const g = (double *)to->g + at;
    _mm512_store_pd(g, to->first ? v : _mm512_add_pd(_mm512_load_pd(g), v));
  }
}

NT_INLINE void combine(const sums *s, const results *to, const int digits, const int single)
{
  const __m512d base = _mm512_set1_pd(1. / 256), share = _mm512_set1_pd(to->share);
  for (int j = 0; j < 16; j++) {
    for (int half = 0; half < 2; half++) {
      __m512d v = _mm512_setzero_pd();
#pragma GCC unroll 7
      for (int k = digits - 1; k >= 0; k--) {
        const void *const part = &s->k[k][16 * j + 8 * half];
        v = _mm512_fmadd_pd(v, base, _mm512_cvtepi32_pd(_mm256_load_si256(part)));
      }
      v = _mm512_mul_pd(_mm512_mul_pd(v, share), _mm512_set1_pd(to->columns[j]));
      put(to, 8 * half + j * to->ld, _mm512_mul_pd(v, _mm512_load_pd(to->rows + 8 * half)), single);
    }
  }
}

NT_INLINE void gram(nt_gram_size size, const void *rows, const void *columns, void *g, int64_t ld,
                    const nt_digits *of, const int digits, const int single)
{
  /* Tiles of palette 1, all of 16 rows and 64 bytes. */
  static const struct {
    uint8_t palette, row, none[14];
    uint16_t bytes[16];
    uint8_t rows[16];
  } tiles = {.palette = 1,
             .bytes = {64, 64, 64, 64, 64, 64, 64, 64},
             .rows = {16, 16, 16, 16, 16, 16, 16, 16}};
  const int64_t strip = nt_digits_strip(of, size.d),
                piece = NT_DIGITS_PIECE / NUMBERS * digits * TILE;
  const int64_t number = single ? (int64_t)sizeof(float) : (int64_t)sizeof(double);
  sums s;
  _tile_loadconfig(&tiles);
  for (int64_t at = SCALES; at < strip; at += piece) {
    const int64_t end = strip - at < piece ? strip : at + piece;
    for (int64_t i = 0; i < size.m; i += NT_DIGITS_STRIP) {
      const char *const row = (const char *)rows + i / NT_DIGITS_STRIP * strip;
      for (int64_t j = 0; j < size.n && j < i + NT_DIGITS_STRIP + size.below;
           j += NT_DIGITS_STRIP) {
        const char *const column = (const char *)columns + j / NT_DIGITS_STRIP * strip;
        /* A quarter of the next strip, perhaps beyond the last: no harm. */
        const char *soon = row + strip + at + j / NT_DIGITS_STRIP % 4 * (digits * TILE / 4);
        begin_sums(&s);
        for (int64_t t = at; t < end; t += digits * TILE, soon += digits * TILE)
          add_products(column + t, row + t, soon, &s, digits);
        end_sums(&s, digits);
        const results to = {.rows = (const double *)(const void *)row,
                            .columns = (const double *)(const void *)column,
                            .share = 1 / (double)size.d,
                            .g = (char *)g + (i + j * ld) * number,
                            .ld = ld,
                            .first = at == SCALES};
        combine(&s, &to, digits, single);
      }
    }
  }
  _tile_release();
}

/* ---- Both types ---- */

static const nt_digits digits_f64, digits_f32;

NT_TILES static void split_f64(int64_t count, int64_t d, const void *samples, void *rows)
{
  split(count, d, samples, rows, 7, 0);
}

NT_TILES static void split_f32(int64_t count, int64_t d, const void *samples, void *rows)
{
  split(count, d, samples, rows, 4, 1);
}

NT_TILES static void turn_f64(int64_t count, int64_t d, const void *rows, void *columns)
{
  turn(count, d, rows, columns, 7);
}

NT_TILES static void turn_f32(int64_t count, int64_t d, const void *rows, void *columns)
{
  turn(count, d, rows, columns, 4);
}

NT_TILES static void gram_f64(nt_gram_size size, const void *rows, const void *columns, void *g,
                              int64_t ld)
{
  gram(size, rows, columns, g, ld, &digits_f64, 7, 0);
}

NT_TILES static void gram_f32(nt_gram_size size, const void *rows, const void *columns, void *g,
                              int64_t ld)
{
  gram(size, rows, columns, g, ld, &digits_f32, 4, 1);
}

static const nt_digits digits_f64 = {7, split_f64, turn_f64, gram_f64};
static const nt_digits digits_f32 = {4, split_f32, turn_f32, gram_f32};

/* Leaf 7 of CPUID tells of the unit; Linux saves its registers for processes that have asked for
 * it. */
bool nt_digits_can_run(void)
{
  enum { REQUEST_PERMISSION = 0x1023, TILE_DATA = 18 };
  const unsigned unit = 1U << 24 | 1U << 25; /* tiles, their products of bytes */
  unsigned a, b, c, d;
  return __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512vbmi") && __get_cpuid_count(7, 0, &a, &b, &c, &d) &&
         (d & unit) == unit && syscall(SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA) == 0;
}

const nt_digits *nt_digits_of(nt_dtype dtype)
{
  return dtype == NT_FLOAT64 ? &digits_f64 : &digits_f32;
}

#else

bool nt_digits_can_run(void) { return false; }

const nt_digits *nt_digits_of(nt_dtype dtype)
{
  (void)dtype;
  return NULL;
}

#endif

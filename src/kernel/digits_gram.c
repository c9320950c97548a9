/** Products of digits: see digits_impl.h. */
#include "kernel/digits_impl.h"

#ifdef NT_HAVE_TILES

#include <immintrin.h>

/* Sums of the products with i + j = k, for 16 columns, each with 16 rows. */
typedef struct sums {
  _Alignas(64) int32_t k[7][NT_TILE / sizeof(int32_t)];
} sums;

/* 64 numbers of a strip of columns a and one of rows b. The sum of k is in tile k - 1 all along;
 * six are all that there is place for, and of k = 0 and 1, which take three products of the 28, it
 * is in tile 0 by turns. The digits of rows come up and down, so that the last one serves twice.
 * Meanwhile a part of the rows that come next is asked for. */
#define COLUMN(i)                                                                                  \
  _tile_loadd(6, a + (i)*NT_TILE, 64);                                                             \
  for (int line = 0; line < 4; line++)                                                             \
  _mm_prefetch(soon + (i)*NT_TILE / 4 + 64 * line, _MM_HINT_T1)
#define ADD(tile, j)                                                                               \
  _tile_loadd(7, b + (j)*NT_TILE, 64);                                                             \
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

/* The sum of k, of what is packed: none at first. */
#define BEGIN(tile, k)                                                                             \
  _tile_zero(tile);                                                                                \
  for (int i = 0; i <= (k) && packed > 0; i += packed) {                                           \
    _tile_loadd(6, a + i * (NT_TILE / packed), 64);                                                \
    _tile_loadd(7, b + (digits - 1 - (k) + i) * (NT_TILE / packed), 64);                           \
    _tile_dpbssd(tile, 6, 7);                                                                      \
  }

NT_INLINE void begin_sums(const char *a, const char *b, sums *s, const int digits, const int packed)
{
  BEGIN(0, 0)
  _tile_stored(0, s->k[0], 64);
  BEGIN(0, 1)
  _tile_stored(0, s->k[1], 64);
  BEGIN(1, 2)
  BEGIN(2, 3)
  if (digits == 4) return;
  BEGIN(3, 4)
  BEGIN(4, 5)
  BEGIN(5, 6)
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

/* Groups of numbers, by the places of their tiles in a strip, and what is packed behind them. */
typedef struct piece {
  int64_t from, end;
  int packed;
} piece;

/* A strip of rows by one of columns. `soon` is the quarter of the next strip that is asked for, the
 * part of the first group; perhaps beyond the last strip: no harm. */
NT_INLINE void products(const char *row, const char *column, const char *soon, piece p, sums *s,
                        const int digits)
{
  const char *const a = column + p.end, *const b = row + p.end;
  if (p.packed == 4)
    begin_sums(a, b, s, digits, 4);
  else if (p.packed == 2)
    begin_sums(a, b, s, digits, 2);
  else
    begin_sums(a, b, s, digits, 0);
  for (int64_t t = p.from; t < p.end; t += digits * NT_TILE, soon += digits * NT_TILE)
    add_products(column + t, row + t, soon, s, digits);
  for (int64_t line = 0; line < nt_packed_bytes(digits, p.packed) / 4; line += 64)
    _mm_prefetch(soon + line, _MM_HINT_T1);
  end_sums(s, digits);
}

NT_INLINE void gram_of_piece(nt_gram_size size, const char *rows, const char *columns, void *g,
                             int64_t ld, piece p, const int digits, const int single)
{
  const int64_t strip = nt_digits_strip(nt_digits_of(single ? NT_FLOAT32 : NT_FLOAT64), size.d);
  const int64_t number = single ? (int64_t)sizeof(float) : (int64_t)sizeof(double);
  sums s;
  for (int64_t i = 0; i < size.m; i += NT_DIGITS_STRIP) {
    const char *const row = rows + i / NT_DIGITS_STRIP * strip;
    for (int64_t j = 0; j < size.n && j < i + NT_DIGITS_STRIP + size.below; j += NT_DIGITS_STRIP) {
      const char *const column = columns + j / NT_DIGITS_STRIP * strip;
      const char *const soon =
          row + strip + p.from + j / NT_DIGITS_STRIP % 4 * (digits * NT_TILE / 4);
      products(row, column, soon, p, &s, digits);
      const results to = {.rows = (const double *)(const void *)row,
                          .columns = (const double *)(const void *)column,
                          .share = 1 / (double)size.d,
                          .g = (char *)g + (i + j * ld) * number,
                          .ld = ld,
                          .first = p.from == NT_DIGITS_HEADS};
      combine(&s, &to, digits, single);
    }
  }
}

NT_INLINE void gram(nt_gram_size size, const void *rows, const void *columns, void *g, int64_t ld,
                    const int digits, const int single)
{
  /* Tiles of palette 1, all of 16 rows and 64 bytes. */
  static const struct {
    uint8_t palette, row, none[14];
    uint16_t bytes[16];
    uint8_t rows[16];
  } tiles = {.palette = 1,
             .bytes = {64, 64, 64, 64, 64, 64, 64, 64},
             .rows = {16, 16, 16, 16, 16, 16, 16, 16}};
  const nt_strip_layout layout = nt_strip_layout_of(size.d);
  const int64_t group = digits * NT_TILE, most = NT_DIGITS_PIECE / NT_TILE_NUMBERS;
  _tile_loadconfig(&tiles);
  int64_t done = 0;
  do {
    const int64_t n = layout.groups - done < most ? layout.groups - done : most;
    const piece p = {.from = NT_DIGITS_HEADS + done * group,
                     .end = NT_DIGITS_HEADS + (done + n) * group,
                     .packed = done + n == layout.groups ? layout.packed : 0};
    gram_of_piece(size, rows, columns, g, ld, p, digits, single);
    done += n;
  } while (done < layout.groups);
  _tile_release();
}

NT_TILES void nt_digits_gram_f64(nt_gram_size size, const void *rows, const void *columns, void *g,
                                 int64_t ld)
{
  gram(size, rows, columns, g, ld, 7, 0);
}

NT_TILES void nt_digits_gram_f32(nt_gram_size size, const void *rows, const void *columns, void *g,
                                 int64_t ld)
{
  gram(size, rows, columns, g, ld, 4, 1);
}

#endif

/** What the loops of digits.h share: how digits lie in memory.
 *
 * A sample on its own has its head, then of each 64 numbers their first digits, their second, ...:
 * a line of 64 bytes for each digit.
 *
 * A tile of the matrix unit is 16 x 64 bytes: of columns, 64 numbers (their digit i) of each of 16
 * samples; of rows the same, transposed in groups of four numbers. A strip holds the tiles of all
 * digits for 64 numbers, then those of the next 64, so that each comes from the second cache once
 * and serves all its products from the first.
 *
 * Where at most 32 numbers are left at the end, `packed` = 2 or 4 digits of each stand side by side
 * in a tile, so that one product of tiles adds up as many products of digits. As a column a sample
 * has digits 0, 1, ... one after the other; as a row S - 1, ..., 1, 0 and packed - 1 times nothing:
 * the tile from digit k on down meets digits 0 to packed - 1 of the column in their order,
 *
 *     a_0 b_k + a_1 b_(k-1) + a_2 b_(k-2) + ...
 *
 * For 784 numbers, 12 times 64 and 16, this saves 18 of 28 x 13 products. */
#ifndef NT_KERNEL_DIGITS_IMPL_H
#define NT_KERNEL_DIGITS_IMPL_H

#include "kernel/digits.h"

#if defined(__x86_64__) && defined(__linux__) && defined(__has_include)
#if __has_include(<amxint8intrin.h>) || __has_include(<amxintrin.h>)
#define NT_HAVE_TILES
#endif
#endif

enum { NT_TILE = 1024, NT_TILE_NUMBERS = 64 };
/* Bytes before the digits of a sample, and before those of a strip: all its powers of two, then all
 * its mean squares. */
enum { NT_DIGITS_HEAD = 64, NT_DIGITS_HEADS = 2 * NT_DIGITS_STRIP * (int)sizeof(double) };

/* Of samples of d numbers: groups of 64 with tiles of their own; how many digits share a tile in
 * what is left, 0 if nothing is. */
typedef struct nt_strip_layout {
  int64_t groups;
  int packed;
} nt_strip_layout;

static inline nt_strip_layout nt_strip_layout_of(int64_t d)
{
  const int left = (int)(d % NT_TILE_NUMBERS);
  const int packed = left == 0 || left > 32 ? 0 : left > 16 ? 2 : 4;
  return (nt_strip_layout){d / NT_TILE_NUMBERS + (packed == 0 && left > 0), packed};
}

/* Bytes of what is packed. */
static inline int64_t nt_packed_bytes(int digits, int packed)
{
  return packed == 0 ? 0 : (digits + packed - 1) * (NT_TILE / packed);
}

#ifdef NT_HAVE_TILES

#define NT_TILES                                                                                   \
  __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,amx-tile,amx-int8")))
#define NT_INLINE NT_TILES static inline __attribute__((always_inline))

/* The loops of both types: digits_split.c, digits_gram.c, digits_near.c. */
#define NT_DIGITS_LOOPS(type)                                                                      \
  void nt_digits_split_##type(int64_t count, int64_t d, const void *samples,                       \
                              const double *squares, void *to);                                    \
  void nt_digits_arrange_##type(int64_t d, const void *const *sample, void *strip);                \
  void nt_digits_turn_##type(int64_t count, int64_t d, const void *rows, void *columns);           \
  void nt_digits_gram_##type(nt_gram_size size, const void *rows, const void *columns, void *g,    \
                             int64_t ld);                                                          \
  void nt_digits_numbers_##type(int64_t d, const void *rows, int64_t sample, double *x);           \
  void nt_digits_distances_##type(int64_t d, const void *rows, int64_t first, const double *a,     \
                                  const double *b, const double *y, double *out);
NT_DIGITS_LOOPS(f64)
NT_DIGITS_LOOPS(f32)

#endif
#endif

/** Covariances of samples without positions by products of small integers, which
 * processors with matrix units (Intel AMX) compute many times faster than those of
 * floating-point numbers, and exactly.
 *
 * A sample x of d numbers is scaled by a power of two just above its largest magnitude and written
 * with S digits of base 256, each of -128 ... 127:
 *
 *     x[c] = 2^(E - 6) (a_0[c] + a_1[c] / 256 + ... + a_(S-1)[c] / 256^(S-1)),
 *     2^E <= max |x| < 2^(E+1) (one more where max |x| is near this bound)
 *
 * the last one rounded: S = 7 holds all 53 bits of what is at least a quarter of the largest, S = 4
 * all 24 of a float above a 64th. With a and b the digits of two samples
 *
 *     x . y = 2^(E_x + E_y - 12) sum over k < S of 256^-k sum over i + j = k of a_i . b_j
 *
 * S (S + 1) / 2 products of integers in place of one of real numbers. The inner sums are exact in
 * 32 bits: at most S (NT_DIGITS_PIECE + 32) products of at most 2^14; longer samples are taken in
 * pieces, the covariances of which are added in order. The sums of k are added in double, the
 * smallest first. So the bits depend on the two samples alone.
 *
 * What is left out (k >= S) and rounded away is below d max |x| max |y| 2^-51 for S = 7 and 2^-28
 * for S = 4. The digits of numbers with many places are as good as random, and it is about sqrt(d)
 * max |x| max |y| 2^-55 and 2^-31: nothing beside the rounding of the result where no number is far
 * above the others, and no more than what a floating-point sum loses where one is
 * (tests/kernel/test_digits.c) if d is not above NT_DIGITS_MOST.
 *
 * Residues modulo 15 numbers up to 256 would take 15 products in place of 28, but 15 bytes a number
 * in place of 7: where those come from the third cache, nothing is gained.
 *
 * A sample with a number that is not finite has covariances that are none. Scaling loses nothing of
 * samples whose largest magnitude is above 2^-960.
 *
 * Sources: Ozaki, Ogita, Oishi, Rump, Numer. Algorithms 59 (2012) 95; Ootomo, Ozaki, Yokota, Int.
 * J. High Perform. Comput. Appl. 38 (2024), doi 10.1177/10943420241239588; residues: Ozaki, Uchino,
 * Imamura, arXiv:2504.08009. */
#ifndef NT_KERNEL_DIGITS_H
#define NT_KERNEL_DIGITS_H

#include "kernel/gram.h"
#include "nt/kernel.h"

#include <stdbool.h>

/** Samples of a strip; numbers of a piece, and up to 32 more in the last one, whose sums of digits
 * are exact. Samples of fewer than NT_DIGITS_LEAST numbers are done sooner as they are; of more
 * than NT_DIGITS_MOST see above. */
enum { NT_DIGITS_STRIP = 16, NT_DIGITS_PIECE = 1024, NT_DIGITS_LEAST = 128, NT_DIGITS_MOST = 8192 };

/** What stands before the digits of a sample. */
typedef struct nt_digits_head {
  double unscale; /**< 2^(E - 6); NAN if a number of the sample is not finite. */
  double square;  /**< Mean square of its numbers: its variance. */
} nt_digits_head;

/** Digits of samples: one after the other, each with its head, as they are sent; or in strips, in
 * the order in which products read them as rows or as columns. All in whole cache lines. */
typedef struct nt_digits {
  int digits; /**< S */
  /** Samples [count][d] with their mean squares into digits, one sample after the other. */
  void (*split)(int64_t count, int64_t d, const void *samples, const double *squares, void *to);
  /** A strip of rows of its samples, which are anywhere else. */
  void (*arrange)(int64_t d, const void *const sample[NT_DIGITS_STRIP], void *strip);
  /** Strips of columns from those of rows. */
  void (*turn)(int64_t count, int64_t d, const void *rows, void *columns);
  /** g[i + j ld] = x1_i . x2_j / d, as nt_gram_f64 and nt_gram_f32: of strips of
   * rows and strips of columns. */
  void (*gram)(nt_gram_size size, const void *rows, const void *columns, void *g, int64_t ld);
  /** The numbers of one sample, to a relative 2^-53 of the largest or better: x[d], and zeros up to
   * nt_digits_padded(d). */
  void (*numbers)(int64_t d, const void *rows, int64_t sample, double *x);
  /** |a_l x_l - b_l y|^2 of eight samples from `first` on, a multiple of eight; y is padded. */
  void (*distances)(int64_t d, const void *rows, int64_t first, const double *a, const double *b,
                    const double *y, double *out);
} nt_digits;

/** Whether processor, system and compiler have what digits take; asks the system for the
 * matrix unit, for all threads.
 * Parallel: Local. */
bool nt_digits_can_run(void);
/** Whether they are there on all ranks, so that bits do not depend on who computes a tile.
 * Parallel: Collective on ctx. */
nt_status nt_digits_agree(nt_ctx *ctx, bool *all) NT_WARN_UNUSED;
/** The loops for numbers of `dtype`; NULL if the compiler lacks the instructions.
 * Parallel: Local. */
const nt_digits *nt_digits_of(nt_dtype dtype);

/** Bytes of the digits of a sample of d numbers, with its head. Parallel: Local. */
int64_t nt_digits_sample(const nt_digits *digits, int64_t d);
/** Bytes of a strip of them. Parallel: Local. */
int64_t nt_digits_strip(const nt_digits *digits, int64_t d);
/** Mean squares of the samples of a strip. Parallel: Local. */
const double *nt_digits_squares(const void *strip);
/** Numbers of a sample in whole tiles. Parallel: Local. */
int64_t nt_digits_padded(int64_t d);

#endif

/** Loops over lanes, in double, float and long double: everything the engine itself does to K, D
 * and T.
 *
 * Lanes are a contiguous run of pairs; their number is a multiple of NT_LANES, buffers are aligned.
 * Rows of tables belong to the first argument (one value a lane) and to the second (one value a
 * lane, or, with `one2`, one for all). */
#ifndef NT_KERNEL_LANES_H
#define NT_KERNEL_LANES_H

#include "kernel/digits.h"
#include "kernel/gram.h"
#include "nt/plugin.h"

/** Rows of tables of both arguments, as the steps of one region see them. */
typedef struct nt_tables {
  const char *table1, *table2; /* [n_rows][ld] */
  int64_t ld1, ld2;
  bool one2;
} nt_tables;

/** A value in lanes; t is NULL where the NTK is zero or not wanted. */
typedef struct nt_lane_value {
  void *k, *t;
} nt_lane_value;

/** A factor of a product of D, and its rows of tables. */
typedef struct nt_factor {
  nt_lane_value in;
  const void *row1, *row2;
} nt_factor;

/** The inputs of a run of pairs: x1, one sample a lane, and sample j of x2. */
typedef struct nt_near_data {
  int64_t d;           /**< Numbers of a sample. */
  const void *x1, *x2; /**< Samples in strips: kernel/gram.h, or x1 as digits. */
  int64_t j;
  const nt_digits *digits; /**< NULL: numbers. */
  int64_t first;           /**< With digits: sample of x1 in lane 0, */
  double *y;               /**< and room for the numbers of sample j, */
  bool known;              /**< which are there. */
} nt_near_data;

typedef struct nt_lane_ops {
  size_t size; /**< Of a number. */

  /** Samples into strips, and their covariances: kernel/gram.h. */
  void (*interleave)(int64_t count, int64_t d, void *samples, void *buffer);
  void (*gram)(nt_gram_size size, const void *x1, const void *x2, void *g, int64_t ld);
  /** Input lanes from g = K (of a D with one2 only): D = sqrt(q11 q22) - g (row root = sqrt q), or
   * K; then post, and a bias on D. Returns whether some lane is so near D = 0 that
   * nt_lane_ops.near must mend it. */
  bool (*input)(int64_t n, const void *g, bool d, int root, int bias, const nt_tables *tables,
                const nt_post *post, nt_lane_value out);
  /** Recompute D of such lanes from differences of the inputs, of lanes first ... end - 1. */
  void (*near)(int64_t first, int64_t end, nt_near_data *x, const void *g, int root, int bias,
               const nt_tables *tables, const nt_post *post, void *k);
  /** D = (q11 + q22) / 2 - g of position j of x2 with n of x1 (samples in strips of positions, the
   * halves of their mean squares in h1, h2) in place of the covariances g; by differences of their
   * numbers where it is small. */
  void (*mean_d)(int64_t n, int64_t d, const void *x1, const void *x2, int64_t j, const void *h1,
                 const void *h2, void *g);
  /** Mean squares of n vectors of d numbers each: their variances. */
  void (*squares)(int64_t n, int64_t d, const void *x, double *out);
  /** 1 - |cos| of the angle between two vectors of d numbers; 1 if one of them is zero. */
  double (*apart)(int64_t d, const void *x1, const void *x2);
  /** out = post(K or D, T) and a bias on D; root >= 0: K = sqrt(q11 q22) - D
   * for the NTK's share of K. */
  void (*affine)(int64_t n, nt_lane_value in, bool d, int root, int bias, const nt_tables *tables,
                 const nt_post *post, nt_lane_value out);
  /** out = weight * in (first), or out + weight * in. Of a D (root >= 0, the row of the input) what
   * adds up: D + (s1 - s2)^2 / 2 = (q11 + q22) / 2 - K. */
  void (*add)(int64_t n, nt_lane_value in, double weight, bool first, int root,
              const nt_tables *tables, nt_lane_value out);
  /** Back to D after that: k - (s1 - s2)^2 / 2 with the row of the sum, not below 0. own >= 0: of
   * the sum of D over all positions, less that of either sample with itself (NT_ROW_POOL). */
  void (*settle)(int64_t n, int root, int own, const nt_tables *tables, void *k);
  /** out = in (first), or the product rule of out and in; out.t is complete. */
  void (*multiply)(int64_t n, nt_lane_value in, bool first, nt_lane_value out);
  /** Product of n_in factors, of D in and out: the form of positions if `mean`. */
  void (*multiply_d)(int64_t n, int n_in, const nt_factor *factor, bool mean, bool one2,
                     nt_lane_value out);
  /** out = sqrt(q11 q22) - in: K of D, and D of K (0 within the rounding of K). */
  void (*convert)(int64_t n, nt_lane_value in, bool to_d, int root, const nt_tables *tables,
                  nt_lane_value out);
  /** Zero K (or D) and T where either argument is masked. */
  void (*remask)(int64_t n, nt_lane_value in, int mask, const nt_tables *tables);
  /** K (or D) a1 a2 and T a1 a2, a the row `row`. */
  void (*scale)(int64_t n, nt_lane_value in, int row, const nt_tables *tables, nt_lane_value out);
  /** Numbers to doubles, and back. */
  void (*to_double)(int64_t n, const void *in, double *out);
  void (*from_double)(int64_t n, const double *in, void *out);
  /** One number with all its digits, and back. */
  long double (*to_wide)(const void *in);
  void (*from_wide)(long double value, void *out);
  /** out += in. */
  void (*add_double)(int64_t n, const double *in, void *out);
} nt_lane_ops;

/** The loops in the arithmetic of `dtype`. Parallel: Local. */
const nt_lane_ops *nt_lanes_of(nt_dtype dtype);

/** Number of lanes for `n` values. Parallel: Local. */
static inline int64_t nt_padded(int64_t n) { return (n + NT_LANES - 1) & ~(int64_t)(NT_LANES - 1); }

#endif

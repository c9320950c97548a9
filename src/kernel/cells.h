/** Loops over the lanes of a plane, in double, float and long double. See plan/frame.h for planes
 * and cells.
 *
 * On positions, the difference form is the one that windows average: D = (q11 + q22) / 2
 * - K, here called D throughout. Two rows of `half` tables hold q / 2 of either
 * argument, so K = h1 + h2 - D. */
#ifndef NT_KERNEL_CELLS_H
#define NT_KERNEL_CELLS_H

#include "kernel/lanes.h"
#include "kernel/three.h"
#include "plan/frame.h"

/** Tables of both arguments for one step: row r of an argument at table + r * ld. */
typedef struct nt_sides {
  const void *a, *b;
  int64_t lda, ldb;
} nt_sides;

/** A weighted sum of lanes at fixed distances: mask[s * ld + i] times in[i + shift[s]]. */
typedef struct nt_shifts {
  int n, whole; /**< whole: the one whose mask is 1 throughout, or -1. */
  const int32_t *shift;
  const void *mask;
  int64_t ld;
} nt_shifts;

/** A weighted sum of gathered lanes: weight[t * ld + i] times in[index[t * ld + i]]. */
typedef struct nt_gathers {
  int n;
  const int32_t *index;
  const void *weight;
  int64_t ld;
} nt_gathers;

/** Values to the lanes of a plane: lane (c_0, c_1, ...) at offset sum_a at[a][c_a]. */
typedef struct nt_places {
  int rank;
  int32_t n[NT_MAX_RANK];
  const int64_t *at[NT_MAX_RANK];
} nt_places;

/** Whether there is a place: an axis may have no cells. Parallel: Local. */
static inline bool nt_places_any(const nt_places *p)
{
  bool any = true;
  for (int a = 0; a < p->rank; a++)
    any &= p->n[a] > 0;
  return any;
}

/** A pool of twos along both axes of a plane: rings row_ring, column_ring of
 * `rows` and `columns` cells. */
typedef struct nt_twos {
  int64_t rows, columns, row_ring, column_ring;
  double weight; /**< Of a cell. */
} nt_twos;

typedef struct nt_cell_ops {
  /** Input covariances from `channels` rows: out = post of K = a . b / channels, or of D. */
  void (*input)(int64_t n, int64_t channels, const nt_sides *x, bool d, const nt_post *post,
                nt_lane_value out);
  /** out = k (K or D), T = tf K + tt T + t0, with h the half rows if `d`. */
  void (*affine)(int64_t n, nt_lane_value in, bool d, const nt_sides *h, const nt_post *post,
                 nt_lane_value out);
  /** K of D, or D of K: D below the rounding of K is 0. */
  void (*convert)(int64_t n, nt_lane_value in, bool to_d, const nt_sides *h, nt_lane_value out);
  /** D of a pool, in place, from its sum of D and the rows of
   * NT_ROW_POOL: below its rounding, 0. */
  void (*pooled)(int64_t n, const nt_sides *rows, void *k);
  /** Where an argument is masked (its row of m is 0), K = T = 0. */
  void (*remask)(int64_t n, nt_lane_value in, bool d, const nt_sides *m, const nt_sides *h);
  /** K = T = 0 of n lanes from `first`. */
  void (*uncorrelate)(int64_t first, int64_t n, bool d, const nt_sides *h, nt_lane_value in);
  /** K a1 a2, T a1 a2. Of a D: rows a, s (root of q) and s' (root of a^2 q). */
  void (*scale)(int64_t n, nt_lane_value in, bool d, const nt_sides *rows, nt_lane_value out);
  /** Weights of the taps of a move, and the cells that they read (but for shifts), in the order of
   * its output cells, a row of ld for each tap. */
  void (*spread)(const nt_move *move, int64_t ld, void *weight, int32_t *index);
  /** One axis of a window, of K and, if it is there, of T; plus the constants. */
  void (*shifted)(int64_t n, const nt_shifts *s, nt_lane_value in, double k0, double t0,
                  nt_lane_value out);
  /** As nt_three_f64, where nt_three_can_run; NULL: not in this arithmetic. */
  void (*three)(const nt_three *three, const void *in, void *out);
  /** What nt_three leaves out of rows that are rings: both ends are neighbours. */
  void (*close_rings)(int64_t rows, int64_t columns, const void *in, void *out);
  void (*gathered)(int64_t n, const nt_gathers *g, const void *in, double c, void *out);
  /** `n` lanes of a run: sum of weight[t] in[from[t] + i] over `taps` runs, + c. */
  void (*run)(int64_t n, int taps, const int64_t *from, const double *weight, const void *in,
              double c, void *out);
  /** The same added to out. */
  void (*run_more)(int64_t n, int taps, const int64_t *from, const double *weight, const void *in,
                   void *out);
  /** Rows of cells, ld apart, along a track (plan/frame.h), 0 where there is none. Lanes beyond
   * the last row are written. */
  void (*lay_out)(int64_t rows, const nt_track *track, const void *in, int64_t ld, void *places);
  /** Sums of `width` places, each of `inner` lanes, n lanes in all: sums[i] = x[i] + x[i + inner] +
   * ... where these are lanes of x, which is overwritten. Both hold whole vectors. */
  void (*slide)(int64_t n, int width, int64_t inner, void *x, void *sums);
  /** Rows of output cells, ld apart, from the sums of a track, + c. */
  void (*collect)(int64_t rows, const nt_track *track, const void *sums, double c, void *out,
                  int64_t ld);
  /** For o < outer: out[o * stride_out + i] += table[at[o] * stride + i] for i < n. */
  void (*fill)(int64_t outer, int64_t n, const void *table, const int32_t *at, int64_t stride,
               void *out, int64_t stride_out);
  /** For o < outer: out[o * stride_out + cell[i]] += table[o * stride + i] for i < n. */
  void (*fill_cells)(int64_t outer, int n, const void *table, int64_t stride, const int32_t *cell,
                     void *out, int64_t stride_out);
  /** For o < outer: out[o * n + i] = in[o * stride + index[i]] for i < n. */
  void (*pick)(int64_t outer, int64_t stride, int64_t n, const void *in, const int32_t *index,
               void *out);
  /** out[i] = in[i * stride]. */
  void (*strided)(int64_t n, const void *in, int64_t stride, void *out);
  /** out[i] = in[index[i]] of doubles. */
  void (*pick_double)(int64_t n, const double *in, const int32_t *index, void *out);
  /** Sum of n lanes; of products of n lanes. */
  long double (*sum)(int64_t n, const void *in);
  double (*dot)(int64_t n, const void *a, const void *b);
  /** in[lane] to, or added to, tensor[place]; and back. */
  void (*put)(const nt_places *p, const void *in, void *tensor);
  void (*add)(const nt_places *p, const void *in, void *tensor);
  void (*get)(const nt_places *p, const void *tensor, void *out);
  /** The sums of a pool of twos added to a tensor in the order of rings. */
  void (*add_twos)(const nt_twos *p, const void *in, void *tensor);
  /** The same with a matrix of doubles; put_double returns whether all are finite. */
  bool (*put_double)(const nt_places *p, const void *in, double *tensor);
  void (*get_double)(const nt_places *p, const double *tensor, void *out);
} nt_cell_ops;

/** The loops in the arithmetic of `dtype`. Parallel: Local. */
const nt_cell_ops *nt_cells_of(nt_dtype dtype);

#endif

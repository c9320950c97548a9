/** Kernels that are polynomials in the covariance, of any degree:
 *
 *     F = sum_l R_l(q11) R_l(q22) q12^l,   Fdot = sum_l l R_l(q11) R_l(q22) q12^(l - 1)
 *
 * For phi(x) = sum_k c_k x^k, expanded in Hermite polynomials,
 *
 *     R_l(q) = sum_i c_(2i + l) (2i + l)! / (2^i i! sqrt(l!)) q^i
 *
 * in which no division by a variance is left: nothing is special about zero variance. The R_l of an
 * argument are its tables, of those l that occur: l = first + stride r for all r < rows, so that
 *
 *     F = q12^first G(y),   y = q12^stride,   G(y) = sum_r R_l(q11) R_l(q22) y^r
 *     Fdot = first q12^(first - 1) G(y) + stride q12^(first + stride - 1) G'(y)
 *
 * Source: the Hermite expansion of Mehler; neural_tangents, stax.Polynomial. */
#ifndef NT_LAYER_SERIES_H
#define NT_LAYER_SERIES_H

#include "nt/plugin.h"

enum { NT_SERIES = NT_MAX_COEFS };

/** R_l(q) = sum_{i < length[l]} coef[l][i] q^i; length 0: R_l = 0. */
typedef struct nt_series {
  int first, stride, rows;
  int length[NT_SERIES];
  double coef[NT_SERIES][NT_SERIES / 2 + 1];
} nt_series;

/** The series of c_0 + c_1 x + ... Parallel: Local. */
void nt_series_polynomial(int n, const double *c, nt_series *series);
/** The series of He_degree(x) / sqrt(degree!) at unit variances: q12^degree. Parallel: Local. */
void nt_series_hermite(int degree, nt_series *series);

/** `rows` tables. Parallel: Local. Cost: about rows^2 / 2 operations a variance. */
void nt_series_tables(const nt_series *series, int64_t n, const double *q, double *const *table);
/** The map, in all arithmetics: as nt_map_fn. Parallel: Local. Cost: 5 operations a row. */
void nt_series_f64(const nt_series *series, const nt_lanes *lanes, const nt_post *post);
void nt_series_f32(const nt_series *series, const nt_lanes *lanes, const nt_post *post);
void nt_series_wide(const nt_series *series, const nt_lanes *lanes, const nt_post *post);

/** For a layer whose cfg is `type` with a member `series`: its tables and
 * their number, maps, and self. */
#define NT_SERIES_MAPS(type, ops)                                                                  \
  static int count_tables(const void *cfg) { return ((const type *)cfg)->series.rows; }            \
  static void tables(const void *cfg, int64_t n, const double *q, double *const *table)            \
  {                                                                                                \
    nt_series_tables(&((const type *)cfg)->series, n, q, table);                                   \
  }                                                                                                \
  static void map_f64(const void *cfg, const nt_lanes *lanes, const nt_post *post)                 \
  {                                                                                                \
    nt_series_f64(&((const type *)cfg)->series, lanes, post);                                      \
  }                                                                                                \
  static void map_f32(const void *cfg, const nt_lanes *lanes, const nt_post *post)                 \
  {                                                                                                \
    nt_series_f32(&((const type *)cfg)->series, lanes, post);                                      \
  }                                                                                                \
  static void map_wide(const void *cfg, const nt_lanes *lanes, const nt_post *post)                \
  {                                                                                                \
    nt_series_wide(&((const type *)cfg)->series, lanes, post);                                     \
  }                                                                                                \
  NT_MAP_SELF(ops)

/** What such layers say of themselves in their table. */
#define NT_SERIES_MAP                                                                              \
  NT_ELEMENTWISE, .n_tables = NT_SERIES, .count_tables = count_tables, .tables = tables,           \
                  .map = {map_f64, map_f32, map_wide}

#endif

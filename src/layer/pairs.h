/** Maps of layers that compute a group of pairs at a time. */
#ifndef NT_LAYER_PAIRS_H
#define NT_LAYER_PAIRS_H

#include "nt/plugin.h"

/** Most pairs of a group. */
enum { NT_PAIRS = 16 * NT_LANES };

/** F and Fdot (NULL: not wanted) of n pairs, n a multiple of NT_LANES, at most NT_PAIRS. */
typedef void (*nt_pairs_f64_fn)(const void *arg, int n, const double *q11, const double *q22,
                                const double *q12, double *f, double *dot);
typedef void (*nt_pairs_f32_fn)(const void *arg, int n, const float *q11, const float *q22,
                                const float *q12, float *f, float *dot);

/** The map, from lanes whose one table is q itself. Parallel: Local. */
void nt_pairs_f64(nt_pairs_f64_fn pairs, const void *arg, const nt_lanes *lanes,
                  const nt_post *post);
void nt_pairs_f32(nt_pairs_f32_fn pairs, const void *arg, const nt_lanes *lanes,
                  const nt_post *post);
/** nt_layer_ops.tables of such a layer. Parallel: Local. */
void nt_pairs_tables(const void *cfg, int64_t n, const double *q, double *const *table);

/** Define map_f64, map_f32 and self of a layer, from its functions pairs_f64 and pairs_f32. */
#define NT_PAIRS_MAPS(ops)                                                                         \
  static void map_f64(const void *cfg, const nt_lanes *lanes, const nt_post *post)                 \
  {                                                                                                \
    nt_pairs_f64(pairs_f64, cfg, lanes, post);                                                     \
  }                                                                                                \
  static void map_f32(const void *cfg, const nt_lanes *lanes, const nt_post *post)                 \
  {                                                                                                \
    nt_pairs_f32(pairs_f32, cfg, lanes, post);                                                     \
  }                                                                                                \
  NT_MAP_SELF(ops)

#endif

/** Maps of layers that compute a group of pairs in double, whatever the arithmetic of the lanes. */
#ifndef NT_LAYER_PAIRS_H
#define NT_LAYER_PAIRS_H

#include "nt/plugin.h"

/** Most pairs of a group. */
enum { NT_PAIRS = 16 * NT_LANES };

/** F and Fdot (NULL: not wanted) of n pairs, n a multiple of NT_LANES, at most NT_PAIRS. */
typedef void (*nt_pairs_fn)(const void *arg, int n, const double *q11, const double *q22,
                            const double *q12, double *f, double *dot);

/** The map, from lanes whose one table is q itself. Parallel: Local. */
void nt_pairs_f64(nt_pairs_fn pairs, const void *arg, const nt_lanes *lanes, const nt_post *post);
void nt_pairs_f32(nt_pairs_fn pairs, const void *arg, const nt_lanes *lanes, const nt_post *post);
/** nt_layer_ops.tables of such a layer. Parallel: Local. */
void nt_pairs_tables(const void *cfg, int64_t n, const double *q, double *const *table);

/** Define map_f64, map_f32 and self of a layer, from its function of a group. */
#define NT_PAIRS_MAPS(pairs)                                                                       \
  static void map_f64(const void *cfg, const nt_lanes *lanes, const nt_post *post)                 \
  {                                                                                                \
    nt_pairs_f64(pairs, cfg, lanes, post);                                                         \
  }                                                                                                \
  static void map_f32(const void *cfg, const nt_lanes *lanes, const nt_post *post)                 \
  {                                                                                                \
    nt_pairs_f32(pairs, cfg, lanes, post);                                                         \
  }                                                                                                \
  NT_MAP_SELF(nt_pairs_tables, 1)

#endif

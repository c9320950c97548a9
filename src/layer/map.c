#include "layer/map.h"

nt_requirement nt_map_require(const void *cfg)
{
  (void)cfg;
  return (nt_requirement){
      .has_diagonal = true, .input = NT_YES, .output = NT_NO, .diagonal_batch = NT_MAYBE};
}

/* Lanes at a time; fewer of a layer with many tables. */
enum { CHUNK = 4 * NT_LANES, ROOM = NT_MAX_TABLES * NT_LANES };

void nt_map_self(const nt_layer_ops *ops, const void *cfg, int64_t n, const double *q,
                 double *q_out, double *dot)
{
  const nt_post post = {.kf = 1, .tt = 1};
  const int n_tables = nt_map_tables(ops, cfg);
  const int64_t chunk = n_tables * CHUNK <= ROOM ? CHUNK : NT_LANES;
  double rows[ROOM], k[CHUNK], t[CHUNK];
  double *row[NT_MAX_TABLES];
  for (int r = 0; r < n_tables; r++)
    row[r] = rows + r * chunk;
  for (int64_t begin = 0; begin < n; begin += chunk) {
    const int64_t m = NT_MIN(n - begin, chunk);
    for (int64_t i = 0; i < chunk; i++) {
      k[i] = i < m ? q[begin + i] : 0;
      t[i] = 1;
    }
    ops->tables(cfg, chunk, k, row);
    const nt_lanes lanes = {.n = chunk,
                            .k = k,
                            .t = t,
                            .k_out = k,
                            .t_out = t,
                            .table1 = rows,
                            .table2 = rows,
                            .ld1 = chunk,
                            .ld2 = chunk};
    ops->map[NT_FLOAT64](cfg, &lanes, &post);
    for (int64_t i = 0; i < m; i++) {
      q_out[begin + i] = k[i];
      dot[begin + i] = t[i];
    }
  }
}

int nt_map_tables(const nt_layer_ops *ops, const void *cfg)
{
  if (ops->tables == NULL) return 1;
  return ops->count_tables != NULL ? ops->count_tables(cfg) : ops->n_tables;
}

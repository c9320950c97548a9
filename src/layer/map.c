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

void nt_map_self_rest(const nt_layer_ops *ops, const void *cfg, bool positions, int64_t n,
                      const double *q, const double *q_rest, const double *q_out, double *rest)
{
  const nt_post post = {.kf = 1};
  const int n_tables = nt_map_tables(ops, cfg);
  double rows[ROOM], variance[NT_LANES], *row[NT_MAX_TABLES];
  long double wide[ROOM], k[NT_LANES];
  for (int r = 0; r < n_tables; r++)
    row[r] = rows + r * NT_LANES;
  for (int64_t begin = 0; begin < n; begin += NT_LANES) {
    const int64_t m = NT_MIN(n - begin, (int64_t)NT_LANES);
    for (int64_t i = 0; i < NT_LANES; i++) {
      variance[i] = i < m ? q[begin + i] : 0;
      const long double more = q_rest != NULL && i < m ? q_rest[begin + i] : 0;
      const long double root = sqrt(variance[i]) + more;
      k[i] = positions ? variance[i] + 2 * more : root * root;
    }
    ops->tables(cfg, NT_LANES, variance, row);
    for (int i = 0; i < n_tables * NT_LANES; i++)
      wide[i] = rows[i];
    const nt_lanes lanes = {.n = NT_LANES,
                            .k = k,
                            .k_out = k,
                            .table1 = wide,
                            .table2 = wide,
                            .ld1 = NT_LANES,
                            .ld2 = NT_LANES};
    ops->map[NT_WIDE](cfg, &lanes, &post);
    for (int64_t i = 0; i < m; i++) {
      const double v = q_out[begin + i];
      rest[begin + i] = (double)(positions ? (k[i] - v) / 2 : sqrt(k[i]) - sqrt(v));
    }
  }
}

int nt_map_tables(const nt_layer_ops *ops, const void *cfg)
{
  if (ops->tables == NULL) return 1;
  return ops->count_tables != NULL ? ops->count_tables(cfg) : ops->n_tables;
}

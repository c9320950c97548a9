#include "layer/map.h"

nt_requirement nt_map_require(const void *cfg)
{
  (void)cfg;
  return (nt_requirement){
      .has_diagonal = true, .input = NT_YES, .output = NT_NO, .diagonal_batch = NT_MAYBE};
}

enum { CHUNK = 4 * NT_LANES };

void nt_map_self(nt_map_fn map,
                 void (*tables)(const void *cfg, int64_t n, const double *q, double *const *table),
                 int n_tables, const void *cfg, int64_t n, const double *q, double *q_out,
                 double *dot)
{
  const nt_post post = {.kf = 1, .tt = 1};
  double rows[NT_MAX_TABLES][CHUNK], k[CHUNK], t[CHUNK];
  double *row[NT_MAX_TABLES];
  for (int r = 0; r < n_tables; r++)
    row[r] = rows[r];
  for (int64_t begin = 0; begin < n; begin += CHUNK) {
    const int64_t m = NT_MIN(n - begin, (int64_t)CHUNK);
    for (int64_t i = 0; i < CHUNK; i++) {
      k[i] = i < m ? q[begin + i] : 0;
      t[i] = 1;
    }
    tables(cfg, CHUNK, k, row);
    const nt_lanes lanes = {.n = CHUNK,
                            .k = k,
                            .t = t,
                            .k_out = k,
                            .t_out = t,
                            .table1 = rows,
                            .table2 = rows,
                            .ld1 = CHUNK,
                            .ld2 = CHUNK};
    map(cfg, &lanes, &post);
    for (int64_t i = 0; i < m; i++) {
      q_out[begin + i] = k[i];
      dot[begin + i] = t[i];
    }
  }
}

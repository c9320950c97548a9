#include "layer/map.h"

nt_requirement nt_map_require(const void *cfg)
{
  (void)cfg;
  return (nt_requirement){
      .has_diagonal = true, .input = NT_YES, .output = NT_NO, .diagonal_batch = NT_MAYBE};
}

/* Products of two of these are within float, and far from its ends. */
enum { USUAL = 32 };
static const double FAR = 0x1p32;

void nt_scaled_tables(const void *cfg, int64_t n, const double *q, double *const *table)
{
  (void)cfg;
  for (int64_t i = 0; i < n; i++) {
    table[0][i] = q[i];
    table[1][i] = q[i] < FAR ? 1 : scalbn(1, (USUAL - ilogb(q[i])) / 2);
  }
}

#define IS_FAR(name, real)                                                                         \
  NT_CLONES bool name(const nt_lanes *lanes)                                                       \
  {                                                                                                \
    const real *const table1 = lanes->table1, *const table2 = lanes->table2, from = (real)FAR;     \
    const int64_t n = lanes->n, n2 = lanes->one2 ? 1 : n;                                          \
    int far = 0;                                                                                   \
    NT_VECTOR_LOOP                                                                                 \
    for (int64_t i = 0; i < n; i++)                                                                \
      far |= table1[i] >= from;                                                                    \
    for (int64_t i = 0; i < n2; i++)                                                               \
      far |= table2[i] >= from;                                                                    \
    return far != 0;                                                                               \
  }
IS_FAR(nt_map_is_far_f64, double)
IS_FAR(nt_map_is_far_f32, float)

/* Lanes at a time; fewer of a layer with many tables. */
enum { CHUNK = 4 * NT_LANES, ROOM = NT_MAX_TABLES * NT_LANES };

void nt_map_self(nt_map_fn map,
                 void (*tables)(const void *cfg, int64_t n, const double *q, double *const *table),
                 int n_tables, const void *cfg, int64_t n, const double *q, double *q_out,
                 double *dot)
{
  const nt_post post = {.kf = 1, .tt = 1};
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
    tables(cfg, chunk, k, row);
    const nt_lanes lanes = {.n = chunk,
                            .k = k,
                            .t = t,
                            .k_out = k,
                            .t_out = t,
                            .table1 = rows,
                            .table2 = rows,
                            .ld1 = chunk,
                            .ld2 = chunk};
    map(cfg, &lanes, &post);
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

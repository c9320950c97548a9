#include "map_run.h"
#include "nt_test.h"

#include "layer/map.h"
#include "net/net_impl.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TABLE = NT_MAX_TABLES * RUN_MAX };

typedef struct buffers {
  _Alignas(64) double d_bias1[2 * RUN_MAX], d_bias2[2 * RUN_MAX];
  _Alignas(64) float bias1[2 * RUN_MAX], bias2[2 * RUN_MAX];
  _Alignas(64) double d_table1[TABLE], d_table2[TABLE];
  _Alignas(64) float table1[TABLE], table2[TABLE];
  _Alignas(64) float k[RUN_MAX], t[RUN_MAX];
} buffers;

static void make_tables(const nt_layer_ops *ops, const void *cfg, int n, const double *q,
                        double *table)
{
  double *row[NT_MAX_TABLES];
  const int tables = ops->tables != NULL ? nt_map_tables(ops, cfg) : 0;
  for (int r = 0; r < tables; r++)
    row[r] = table + r * n;
  if (tables > 0) ops->tables(cfg, n, q, row);
}

/* Rows r and e of map.h. */
static void make_bias(const map_run *run, const nt_layer_ops *ops, const void *cfg, int n,
                      const double *q, double *bias)
{
  double q_out[RUN_MAX], dot[RUN_MAX];
  ops->self(cfg, n, q, q_out, dot);
  for (int i = 0; i < n; i++) {
    const double r = sqrt(run->k_dense * q_out[i]), b2 = run->b * run->b;
    bias[i] = r;
    bias[n + i] = b2 / (sqrt(run->k_dense * q_out[i] + b2) + r);
  }
}

static void to_float(int n, const double *from, float *to)
{
  for (int i = 0; i < n; i++)
    to[i] = (float)from[i];
}

static void to_double(int n, const float *from, double *to)
{
  for (int i = 0; i < n; i++)
    to[i] = (double)from[i];
}

static void go_float(map_run *run, buffers *b, const nt_layer_ops *ops, const void *cfg,
                     nt_lanes *lanes)
{
  to_float(TABLE, b->d_table1, b->table1);
  to_float(TABLE, b->d_table2, b->table2);
  to_float(run->n, run->k, b->k);
  to_float(run->n, run->t, b->t);
  lanes->table1 = b->table1;
  lanes->table2 = b->table2;
  to_float(2 * RUN_MAX, b->d_bias1, b->bias1);
  to_float(2 * RUN_MAX, b->d_bias2, b->bias2);
  if (lanes->bias1) lanes->bias1 = b->bias1;
  if (lanes->bias2) lanes->bias2 = b->bias2;
  lanes->k = lanes->k_out = b->k;
  lanes->t = b->t;
  if (lanes->t_out) lanes->t_out = b->t;
  ops->map[NT_FLOAT32](cfg, lanes, &run->post);
  to_double(run->n, b->k, run->k_out);
  to_double(run->n, b->t, run->t_out);
}

static long double *to_wide(int n, const double *from)
{
  long double *to = aligned_alloc(64, (size_t)((n + 3) / 4 * 4) * sizeof *to);
  if (to == NULL) abort();
  for (int i = 0; i < n; i++)
    to[i] = from[i];
  return to;
}

static void go_wide(map_run *run, buffers *b, const nt_layer_ops *ops, const void *cfg,
                    nt_lanes *lanes)
{
  enum { TABLE1, TABLE2, BIAS1, BIAS2, K, T, ARRAYS };
  const int n = run->n, tables = n * nt_map_tables(ops, cfg);
  long double *const wide[ARRAYS] = {[TABLE1] = to_wide(tables, b->d_table1),
                                     [TABLE2] = to_wide(tables, b->d_table2),
                                     [BIAS1] = to_wide(2 * n, b->d_bias1),
                                     [BIAS2] = to_wide(2 * n, b->d_bias2),
                                     [K] = to_wide(n, run->k),
                                     [T] = to_wide(n, run->t)};
  lanes->table1 = wide[TABLE1];
  lanes->table2 = wide[TABLE2];
  if (lanes->bias1) lanes->bias1 = wide[BIAS1];
  if (lanes->bias2) lanes->bias2 = wide[BIAS2];
  lanes->k = lanes->k_out = wide[K];
  lanes->t = wide[T];
  if (lanes->t_out) lanes->t_out = wide[T];
  ops->map[NT_WIDE](cfg, lanes, &run->post);
  for (int i = 0; i < n; i++) {
    run->k_out[i] = (double)wide[K][i];
    run->t_out[i] = (double)wide[T][i];
  }
  for (int a = 0; a < ARRAYS; a++)
    free(wide[a]);
}

void map_run_go(map_run *run, const nt_layer_ops *ops, const void *cfg, nt_dtype dtype, bool with_t)
{
  buffers *b = aligned_alloc(64, sizeof *b);
  if (b == NULL) abort();
  memset(b, 0, sizeof *b);
  const int n2 = run->one2 ? 1 : run->n;
  make_tables(ops, cfg, run->n, run->q1, b->d_table1);
  make_tables(ops, cfg, n2, run->q2, b->d_table2);
  if (run->b > 0) {
    make_bias(run, ops, cfg, run->n, run->q1, b->d_bias1);
    make_bias(run, ops, cfg, n2, run->q2, b->d_bias2);
  }
  nt_lanes lanes = {.n = run->n,
                    .k = run->k,
                    .t = run->t,
                    .k_out = run->k_out,
                    .t_out = with_t ? run->t_out : NULL,
                    .table1 = b->d_table1,
                    .table2 = b->d_table2,
                    .ld1 = run->n,
                    .ld2 = n2,
                    .bias1 = run->b > 0 ? b->d_bias1 : NULL,
                    .bias2 = run->b > 0 ? b->d_bias2 : NULL,
                    .one2 = run->one2};
  if (dtype == NT_FLOAT64)
    ops->map[NT_FLOAT64](cfg, &lanes, &run->post);
  else if (dtype == NT_FLOAT32)
    go_float(run, b, ops, cfg, &lanes);
  else
    go_wide(run, b, ops, cfg, &lanes);
  free(b);
}

nt_layer *map_layer_of(const nt_layer_ops *ops, const void *cfg)
{
  nt_error err = {0};
  nt_layer *layer = NULL;
  NT_TEST_OK_ERR(nt_stax_layer(&err, ops, cfg, &layer), &err);
  return layer;
}

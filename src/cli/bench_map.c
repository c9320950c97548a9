#include "base/check.h"
#include "base/clones.h"
#include "base/memory.h"
#include "cli/bench.h"
#include "kernel/lanes.h"
#include "layer/map.h"
#include "layer/registry.h"
#include "net/net_impl.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Lanes of a tile column: all buffers in the first cache. */
enum { LANES = 512, ROUNDS = 2000 };

typedef struct nt_map_work {
  int rounds;
  nt_map_fn map;
  nt_lanes lanes;
  const void *cfg;
  const void *source_k, *source_t;
} nt_map_work;

static nt_status run_map(void *arg)
{
  nt_map_work *w = arg;
  const nt_post post = {.kd = 2, .tf = 2, .tt = 2};
  w->lanes.k = w->source_k;
  w->lanes.t = w->source_t;
  for (int r = 0; r < w->rounds; r++)
    w->map(w->cfg, &w->lanes, &post);
  return NT_OK;
}

/* As many square roots and operations an element as the map has, counted in its machine code
 * without the selects and comparisons: two roots and 32 sums, products or both in double, 24 in
 * float. */
#define ROOTS_AND_FMAS(name, real, rounds, root)                                                   \
  NT_CLONES static nt_status name(void *arg)                                                       \
  {                                                                                                \
    const nt_map_work *w = arg;                                                                    \
    const real *k = w->source_k;                                                                   \
    real *to = w->lanes.k_out;                                                                     \
    for (int r = 0; r < ROUNDS; r++) {                                                             \
      NT_VECTOR_LOOP                                                                               \
      for (int i = 0; i < LANES; i++) {                                                            \
        const real x = root(k[i]), y = root(2 - k[i]) * x;                                         \
        real one = k[i], two = x + 2, three = x + 1, four = x - 1;                                 \
        for (int o = 0; o < (rounds); o++) {                                                       \
          one = one * x + (real)0.5;                                                               \
          two = two * y + (real)0.25;                                                              \
          three = three * x + (real)0.125;                                                         \
          four = four * y + (real)0.75;                                                            \
        }                                                                                          \
        to[i] = (one * x + two) * y + (three * x + four);                                          \
      }                                                                                            \
      __asm__ volatile("" : : : "memory");                                                         \
    }                                                                                              \
    return NT_OK;                                                                                  \
  }
ROOTS_AND_FMAS(limit_f64, double, 6, sqrt)
ROOTS_AND_FMAS(limit_f32, float, 4, sqrtf)

/* A chain of multiplications, each waiting for the one before: three clocks a step on the x86-64
 * processors of the last ten years. (Additions would do, but some processors leave them out.) */
enum { CHAIN = 2000000, CLOCKS = 3 };

static nt_status run_chain(void *arg)
{
  uint64_t x = (uint64_t)(uintptr_t)arg | 1, y = 3;
  for (int i = 0; i < CHAIN; i++) {
    x *= y;
    __asm__ volatile("" : "+r"(x), "+r"(y));
  }
  return x == 0 ? NT_ERR_INTERNAL : NT_OK;
}

/* Lanes of the map of a layer, with variances around 1 and correlations of all signs. */
static nt_status prepare(nt_error *err, nt_dtype dtype, const nt_layer_ops *layer, const void *cfg,
                         nt_map_work *w, void **memory)
{
  nt_status status = NT_OK;
  const nt_lane_ops *ops = nt_lanes_of(dtype);
  const int n_tables = nt_map_tables(layer, cfg);
  double q[LANES], k[LANES], *rows[NT_MAX_TABLES];
  void *tables = NULL;
  NT_TRY(nt_calloc(err, (4 + 2 * n_tables) * LANES, ops->size, "lanes", memory));
  NT_TRY(nt_calloc(err, (int64_t)n_tables * LANES, sizeof(double), "tables", &tables));
  char *at = *memory;
  const size_t row = LANES * ops->size;
  for (int i = 0; i < LANES; i++) {
    q[i] = 1 + 0.3 * sin((double)i);
    k[i] = layer->takes_d ? 0.001 + 0.9 * (1 + cos(7.0 * i)) : 0.6 * cos(7.0 * i);
  }
  for (int t = 0; t < n_tables; t++)
    rows[t] = (double *)tables + t * LANES;
  if (layer->tables != NULL)
    layer->tables(cfg, LANES, q, rows);
  else
    memcpy(rows[0], q, sizeof q);
  ops->from_double(LANES, k, at);
  ops->from_double(LANES, q, at + row);
  for (int t = 0; t < n_tables; t++) {
    ops->from_double(LANES, rows[t], at + (size_t)(4 + t) * row);
    ops->from_double(LANES, rows[t], at + (size_t)(4 + n_tables + t) * row);
  }
  w->rounds = ROUNDS;
  w->map = layer->map[dtype];
  w->cfg = cfg;
  w->source_k = at;
  w->source_t = at + row;
  w->lanes = (nt_lanes){.n = LANES,
                        .k_out = at + 2 * row,
                        .t_out = at + 3 * row,
                        .table1 = at + 4 * row,
                        .table2 = at + (size_t)(4 + n_tables) * row,
                        .ld1 = LANES,
                        .ld2 = LANES,
                        .one2 = true};
done:
  free(tables);
  return status;
}

static nt_status measure(nt_bench *b, nt_dtype dtype, double *nanoseconds)
{
  nt_status status = NT_OK;
  void *memory = NULL;
  nt_map_work w;
  double seconds, limit, chain;
  const char *size = dtype == NT_FLOAT64 ? "float64, 512 lanes in L1" : "float32, 512 lanes in L1";
  const nt_layer_ops *relu = nt_layer_find("Relu");
  NT_TRY_ALL(b->ctx, prepare(nt_ctx_error(b->ctx), dtype, relu, relu->defaults, &w, &memory));
  NT_TRY(nt_bench_time(b, dtype == NT_FLOAT64 ? limit_f64 : limit_f32, &w, &limit));
  NT_TRY(nt_bench_time(b, run_map, &w, &seconds));
  NT_TRY(nt_bench_time(b, run_chain, &w, &chain));
  *nanoseconds = seconds * 1e9 / ROUNDS / LANES;
  nt_bench_row(b, "relu-map", size, "NNGP and NTK",
               seconds / ROUNDS / LANES / (chain / CHAIN / CLOCKS), "clk/elt", "", 0);
  nt_bench_row(b, "relu-map", size, "NNGP and NTK", *nanoseconds, "ns/elt", "roots and FMAs",
               limit * 1e9 / ROUNDS / LANES);
done:
  free(memory);
  return status;
}

nt_status nt_bench_relu_map(nt_bench *b)
{
  nt_status status = NT_OK;
  double f64, f32;
  NT_TRY(measure(b, NT_FLOAT64, &f64));
  NT_TRY(measure(b, NT_FLOAT32, &f32));
  nt_bench_row(b, "relu-map", "float32 against float64", "share", f32 / f64, "", "", 0);
done:
  return status;
}

/* Every elementwise layer, with arguments that leave nothing out; the ones that are computed by
 * quadrature last. */
static const struct {
  const char *text;
  int rounds;
} maps[] = {{"Relu()", ROUNDS},
            {"ABRelu(.2, .9)", ROUNDS},
            {"LeakyRelu(.1)", ROUNDS},
            {"Abs()", ROUNDS},
            {"Sign()", ROUNDS},
            {"Erf(.6, .8, .3)", ROUNDS},
            {"Sigmoid_like()", ROUNDS},
            {"Gelu()", ROUNDS},
            {"Sin(.6, .8, .3)", ROUNDS},
            {"Cos(.6, .8, .3)", ROUNDS},
            {"Rbf(.7)", ROUNDS},
            {"Exp(.6, .4)", ROUNDS},
            {"Gaussian(.6, -.8)", ROUNDS},
            {"ExpNormalized()", ROUNDS},
            {"Gabor()", ROUNDS},
            {"Hermite(3)", ROUNDS},
            {"Monomial(3)", ROUNDS},
            {"Monomial(5)", ROUNDS},
            {"RectifiedMonomial(2)", ROUNDS},
            {"Polynomial([1.3, 0, -1.2, -.5])", ROUNDS},
            {"Elementwise(nngp_fn=lambda c, v, w: exp(c - (v + w) / 2))", ROUNDS / 10},
            {"Elementwise(nngp_fn=lambda c, v, w: arcsin(c / sqrt(v * w)))", ROUNDS / 10},
            {"ElementwiseNumerical('tanh(x)', 25)", ROUNDS / 400},
            {"Elementwise('tanh(x)')", ROUNDS / 10},
            {"Elementwise('maximum(x, 0)', kinks=[0])", ROUNDS / 10},
            {"Elementwise('minimum(maximum(x, 0), 6)', kinks=[0, 6])", ROUNDS / 10}};

static nt_status time_map(nt_bench *b, const nt_layer_ops *layer, const void *cfg, int rounds,
                          nt_dtype dtype, double *nanoseconds)
{
  nt_status status = NT_OK;
  void *memory = NULL;
  nt_map_work w;
  double seconds;
  NT_TRY_ALL(b->ctx, prepare(nt_ctx_error(b->ctx), dtype, layer, cfg, &w, &memory));
  w.rounds = rounds;
  NT_TRY(nt_bench_time(b, run_map, &w, &seconds));
  *nanoseconds = seconds * 1e9 / rounds / LANES;
done:
  free(memory);
  return status;
}

nt_status nt_bench_map(nt_bench *b, const nt_layer_ops *layer, const void *cfg, nt_dtype dtype,
                       double *nanoseconds)
{
  return time_map(b, layer, cfg, ROUNDS, dtype, nanoseconds);
}

nt_status nt_bench_maps(nt_bench *b)
{
  nt_status status = NT_OK;
  nt_layer *layer = NULL;
  double relu[2], time;
  for (size_t m = 0; m < sizeof maps / sizeof *maps; m++) {
    const nt_status parsed = nt_network_parse(nt_ctx_error(b->ctx), maps[m].text, "bench", &layer);
    NT_TRY_ALL(b->ctx, parsed);
    for (int d = 0; d < 2; d++) {
      NT_TRY(time_map(b, layer->ops, layer->cfg, maps[m].rounds, (nt_dtype)d, &time));
      if (m == 0) relu[d] = time;
      nt_bench_row(b, "maps", maps[m].text, d == NT_FLOAT64 ? "float64" : "float32", time, "ns/elt",
                   "Relu", relu[d]);
    }
    nt_layer_release(&layer);
  }
done:
  nt_layer_release(&layer);
  return status;
}

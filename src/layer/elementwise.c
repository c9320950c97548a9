/* Elementwise: any function, from its kernel or by quadrature.
 *
 *     F = nngp_fn(q12, q11, q22),   Fdot = d_nngp_fn(q12, q11, q22) = d nngp_fn / d q12
 *
 * where a missing d_nngp_fn is taken of nngp_fn by dual numbers (of a C function by differences),
 * and limits stand where a formula has no value or few digits: limits.h.
 * Without nngp_fn, F = E[fn(u) fn(v)] and Fdot = E[fn'(u) fn'(v)] come from a quadrature that is
 * made finer until it is right to 1e-10: quadrature.h says how; where its Hermite series has few
 * terms, that is summed up, which is a thousand times as fast: expansion.h.
 * Source: neural_tangents, stax.Elementwise; the quadrature with kinks is ours. */
#include "base/check.h"
#include "base/clones.h"
#include "layer/expansion.h"
#include "layer/limits.h"
#include "layer/map.h"
#include "layer/pairs.h"
#include "layer/quadrature.h"
#include "nt/stax.h"

#include <stdio.h>

/* The arguments, and the expansion when there is no nngp_fn. */
typedef struct elementwise {
  nt_elementwise arg;
  nt_expansion series;
} elementwise;

static const nt_elementwise defaults = NT_ELEMENTWISE_DEFAULTS;

static const nt_opt opts[] = {
    {.name = "fn",
     .type = NT_OPT_FUNCTION,
     .offset = offsetof(nt_elementwise, fn),
     .length = 1,
     .help = "the activation; without nngp_fn its kernel is found by quadrature, to 1e-10"},
    {.name = "nngp_fn",
     .type = NT_OPT_FUNCTION,
     .offset = offsetof(nt_elementwise, nngp_fn),
     .length = 3,
     .help = "(q12, q11, q22) -> E[fn(u) fn(v)]"},
    {.name = "d_nngp_fn",
     .type = NT_OPT_FUNCTION,
     .offset = offsetof(nt_elementwise, d_nngp_fn),
     .length = 3,
     .help = "its derivative in q12; None: taken of nngp_fn by dual numbers"},
    {.name = "kinks",
     .type = NT_OPT_COEFS,
     .offset = offsetof(nt_elementwise, kinks),
     .help =
         "where fn or its derivatives jump: the quadrature is split there (beyond the reference)"},
};

static nt_status check(const void *cfg, nt_error *err)
{
  nt_status status = NT_OK;
  const nt_elementwise *c = cfg;
  NT_CHECK(c->fn || c->nngp_fn, err, NT_ERR_ARG,
           "Elementwise needs fn, or nngp_fn: Elementwise('x * tanh(x)')");
  NT_CHECK(c->nngp_fn || !c->d_nngp_fn, err, NT_ERR_ARG,
           "Elementwise: d_nngp_fn is given without nngp_fn");
  NT_CHECK(!c->nngp_fn || c->kinks.n == 0, err, NT_ERR_ARG,
           "Elementwise: kinks are for the quadrature of fn, and nngp_fn is given");
done:
  return status;
}

static nt_status prepare(void *cfg, nt_error *err)
{
  nt_status status = NT_OK;
  elementwise *c = cfg;
  if (c->arg.nngp_fn) return NT_OK;
  c->series.rule.f = c->arg.fn;
  NT_TRY(nt_quadrature_adapt(err, &c->arg.kinks, &c->series.rule));
  nt_expansion_find_terms(&c->series);
done:
  return status;
}

static void release(void *cfg)
{
  elementwise *c = cfg;
  nt_quadrature_free(&c->series.rule);
}

static void describe(const void *cfg, char *out, size_t size)
{
  const elementwise *c = cfg;
  const nt_quadrature *const q = &c->series.rule;
  const int terms = c->series.rows * c->series.stride;
  if (c->arg.nngp_fn)
    (void)snprintf(out, size, "kernel function given, its derivative %s",
                   c->arg.d_nngp_fn ? "too" : "taken of it");
  else if (q->rule == NT_RULE_SPLIT)
    (void)snprintf(
        out, size,
        "quadrature split at %d kink%s, %d nodes a piece, accuracy %.1g; its Hermite series "
        "where %d terms suffice",
        q->kinks, q->kinks == 1 ? "" : "s", q->n, q->reached, terms);
  else
    (void)snprintf(
        out, size,
        "trapezoidal quadrature with steps of %.2g in x, accuracy %.1g, for variances up to "
        "%.3g%s; its Hermite series where %d terms suffice",
        q->step, q->reached, nt_quadrature_widest(q) * nt_quadrature_widest(q),
        q->wide[0].n > 0 ? " (beyond with graded nodes)" : "", terms);
}

/* From nngp_fn. */
#define PAIRS(name, real, eval, slope)                                                             \
  static void name(const void *cfg, int n, const real *q11, const real *q22, const real *q12,      \
                   real *f, real *dot)                                                             \
  {                                                                                                \
    const elementwise *c = cfg;                                                                    \
    const real *const arg[] = {q12, q11, q22};                                                     \
    if (dot && !c->arg.d_nngp_fn) {                                                                \
      slope(c->arg.nngp_fn, n, arg, 0, f, dot);                                                    \
      return;                                                                                      \
    }                                                                                              \
    eval(c->arg.nngp_fn, n, arg, f);                                                               \
    if (dot) eval(c->arg.d_nngp_fn, n, arg, dot);                                                  \
  }
PAIRS(formula_f64, double, nt_function_eval_f64, nt_function_slope_f64)
PAIRS(formula_f32, float, nt_function_eval_f32, nt_function_slope_f32)

static void pairs_f64(const void *cfg, int n, const double *q11, const double *q22,
                      const double *q12, double *f, double *dot)
{
  formula_f64(cfg, n, q11, q22, q12, f, dot);
  nt_limits(formula_f64, cfg, n, q11, q22, q12, f, dot);
}

/* Pairs that float is too short for: products of variances leave its range, digits go where the
 * arguments are nearly parallel, or there is a limit alone. Returns whether there are any. */
NT_CLONES static bool mark(int n, const float *q11, const float *q22, const float *q12,
                           const float *f, const float *dot, float *marked)
{
  static const float near = 0.9F, low = 1e-15F, high = 1e15F;
  int any = 0;
  NT_VECTOR_LOOP
  for (int i = 0; i < n; i++) {
    const float x = q11[i], y = q22[i], k = q12[i], bad = f[i] - f[i] + (dot[i] - dot[i]);
    const bool far_x = (x != 0) & !((x > low) & (x < high));
    const bool far_y = (y != 0) & !((y > low) & (y < high));
    const bool look = (bad != 0) | far_x | far_y | (k * k > near * (x * y));
    marked[i] = look ? 1 : 0;
    any |= look;
  }
  return any != 0;
}

static void pairs_f32(const void *cfg, int n, const float *q11, const float *q22, const float *q12,
                      float *f, float *dot)
{
  double x[NT_PAIRS], y[NT_PAIRS], k[NT_PAIRS], value[NT_PAIRS], slope[NT_PAIRS];
  float marked[NT_PAIRS];
  int at[NT_PAIRS], m = 0;
  formula_f32(cfg, n, q11, q22, q12, f, dot);
  if (!mark(n, q11, q22, q12, f, dot ? dot : f, marked)) return;
  for (int i = 0; i < n; i++)
    if (marked[i] != 0) at[m++] = i;
  const int whole = (m + NT_LANES - 1) / NT_LANES * NT_LANES;
  for (int i = 0; i < whole; i++) {
    const int from = at[NT_MIN(i, m - 1)];
    x[i] = (double)q11[from];
    y[i] = (double)q22[from];
    k[i] = (double)q12[from];
  }
  pairs_f64(cfg, whole, x, y, k, value, dot ? slope : NULL);
  for (int i = 0; i < m; i++) {
    f[at[i]] = (float)value[i];
    if (dot) dot[at[i]] = (float)slope[i];
  }
}

static int count_tables(const void *cfg)
{
  const elementwise *c = cfg;
  return c->arg.nngp_fn ? 1 : nt_expansion_count(&c->series);
}

static void tables(const void *cfg, int64_t n, const double *q, double *const *table)
{
  const elementwise *c = cfg;
  if (c->arg.nngp_fn)
    nt_pairs_tables(cfg, n, q, table);
  else
    nt_expansion_tables(&c->series, n, q, table);
}

static void map_f64(const void *cfg, const nt_lanes *lanes, const nt_post *post)
{
  const elementwise *c = cfg;
  if (c->arg.nngp_fn)
    nt_pairs_f64(pairs_f64, cfg, lanes, post);
  else
    nt_expansion_f64(&c->series, lanes, post);
}

static void map_f32(const void *cfg, const nt_lanes *lanes, const nt_post *post)
{
  const elementwise *c = cfg;
  if (c->arg.nngp_fn)
    nt_pairs_f32(pairs_f32, cfg, lanes, post);
  else
    nt_expansion_f32(&c->series, lanes, post);
}

NT_MAP_SELF(nt_layer_elementwise)

const nt_layer_ops nt_layer_elementwise = {
    .name = "Elementwise",
    .formula = "fn(x), from its kernel nngp_fn, or by quadrature",
    .kernel = "K' = nngp_fn(q12, q11, q22);  T' = d_nngp_fn(q12, q11, q22) T; without nngp_fn "
              "E[fn(u) fn(v)] and E[fn'(u) fn'(v)] T",
    .source = "neural_tangents, stax.Elementwise",
    .limits =
        "kinks must be declared, at most 4; of a fn that oscillates without end variances have a "
        "largest one (`ntmpi plan` tells it); a fn that itself jumps gets an NTK without the "
        "jump, as Sign does; nngp_fn is taken to be smooth up to duplicates, without a term for "
        "them alone",
    NT_ARGUMENTS(nt_elementwise, defaults, opts),
    .full_size = sizeof(elementwise),
    NT_ELEMENTWISE,
    .check = check,
    .prepare = prepare,
    .release = release,
    .describe = describe,
    .n_tables = NT_EXPANSION_ROWS,
    .count_tables = count_tables,
    .tables = tables,
    .map = {map_f64, map_f32},
};

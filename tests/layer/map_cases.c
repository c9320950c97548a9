#include "map_cases.h"

#include "layer/registry.h"
#include "nt/stax.h"

#include <string.h>

static long double erf_phi(const void *cfg, long double x)
{
  const nt_erf *c = cfg;
  return c->a * erfl(c->b * x) + c->c;
}

static long double erf_dphi(const void *cfg, long double x)
{
  const nt_erf *c = cfg;
  return c->a * c->b * 2 / sqrtl(PI) * expl(-(long double)c->b * c->b * x * x);
}

static long double gelu_phi(const void *cfg, long double x)
{
  (void)cfg;
  return x * erfcl(-x / sqrtl(2)) / 2;
}

static long double gelu_dphi(const void *cfg, long double x)
{
  (void)cfg;
  return erfcl(-x / sqrtl(2)) / 2 + x * expl(-x * x / 2) / sqrtl(2 * PI);
}

/* sinl and cosl of small numbers; of others they mostly look for the quarter of the circle. */
static long double sine(long double x)
{
  const long double quarters = rintl(x / (PI / 2)), rest = x - quarters * (PI / 2);
  const int quarter = (int)quarters & 3;
  const long double value = quarter % 2 == 0 ? sinl(rest) : cosl(rest);
  return quarter < 2 ? value : -value;
}

static long double cosine(long double x) { return sine(x + PI / 2); }

static long double sin_phi(const void *cfg, long double x)
{
  const nt_sin *c = cfg;
  return c->a * sine(c->b * x + c->c);
}

static long double sin_dphi(const void *cfg, long double x)
{
  const nt_sin *c = cfg;
  return c->a * c->b * cosine(c->b * x + c->c);
}

static long double cos_phi(const void *cfg, long double x)
{
  const nt_cos *c = cfg;
  return c->a * cosine(c->b * x + c->c);
}

static long double cos_dphi(const void *cfg, long double x)
{
  const nt_cos *c = cfg;
  return -c->a * c->b * sine(c->b * x + c->c);
}

static long double rbf_phi(const void *cfg, long double x)
{
  const nt_rbf *c = cfg;
  return sqrtl(2) * sine(sqrtl(2 * c->gamma) * x + PI / 4);
}

static long double rbf_dphi(const void *cfg, long double x)
{
  const nt_rbf *c = cfg;
  return 2 * sqrtl(c->gamma) * cosine(sqrtl(2 * c->gamma) * x + PI / 4);
}

static long double exp_phi(const void *cfg, long double x)
{
  const nt_exp *c = cfg;
  return c->a * expl(c->b * x);
}

static long double exp_dphi(const void *cfg, long double x)
{
  const nt_exp *c = cfg;
  return c->b * exp_phi(cfg, x);
}

static long double gaussian_phi(const void *cfg, long double x)
{
  const nt_gaussian *c = cfg;
  return c->a * expl(c->b * x * x);
}

static long double gaussian_dphi(const void *cfg, long double x)
{
  const nt_gaussian *c = cfg;
  return 2 * c->b * x * gaussian_phi(cfg, x);
}

static const nt_erf erf1 = NT_ERF_DEFAULTS, erf2 = {.a = 0.6, .b = 0.8, .c = 0.3};
static const nt_erf sigmoid = {.a = 0.5, .b = 1 / 2.4020563531719796, .c = 0.5};
static const nt_gelu gelu = NT_GELU_DEFAULTS;
static const nt_sin sin1 = NT_SIN_DEFAULTS, sin2 = {.a = 0.6, .b = 0.8, .c = 0.3};
static const nt_cos cos1 = NT_COS_DEFAULTS, cos2 = {.a = 0.6, .b = 0.8, .c = 0.3};
static const nt_rbf rbf1 = NT_RBF_DEFAULTS, rbf2 = {.gamma = 0.3};
static const nt_exp exp1 = {.a = 0.6, .b = 0.4};
static const nt_gaussian gaussian1 = NT_GAUSSIAN_DEFAULTS, gaussian2 = {.a = 0.6, .b = 0.04};
static const nt_relu relu = NT_RELU_DEFAULTS;
static const nt_abs abs1 = NT_ABS_DEFAULTS;
static const nt_leaky_relu leaky = {.alpha = 0.1};
static const nt_abrelu abrelu1 = {.a = 0.2, .b = 0.9}, abrelu2 = {.a = -1.5, .b = 0.5};
static const nt_abrelu linear = {.a = 1.5, .b = 1.5};

const map_case smooth[SMOOTH] = {
    {.ops = &nt_layer_erf, .cfg = &erf1, .phi = erf_phi, .dphi = erf_dphi},
    {.ops = &nt_layer_erf, .cfg = &erf2, .phi = erf_phi, .dphi = erf_dphi},
    {.ops = &nt_layer_sigmoid_like, .cfg = &sigmoid, .phi = erf_phi, .dphi = erf_dphi},
    {.ops = &nt_layer_gelu, .cfg = &gelu, .phi = gelu_phi, .dphi = gelu_dphi},
    {.ops = &nt_layer_sin, .cfg = &sin1, .phi = sin_phi, .dphi = sin_dphi},
    {.ops = &nt_layer_sin, .cfg = &sin2, .phi = sin_phi, .dphi = sin_dphi},
    {.ops = &nt_layer_cos, .cfg = &cos1, .phi = cos_phi, .dphi = cos_dphi},
    {.ops = &nt_layer_cos, .cfg = &cos2, .phi = cos_phi, .dphi = cos_dphi},
    {.ops = &nt_layer_rbf, .cfg = &rbf1, .phi = rbf_phi, .dphi = rbf_dphi},
    {.ops = &nt_layer_rbf, .cfg = &rbf2, .phi = rbf_phi, .dphi = rbf_dphi},
    {.ops = &nt_layer_exp, .cfg = &exp1, .phi = exp_phi, .dphi = exp_dphi, .grows = true},
    {.ops = &nt_layer_gaussian, .cfg = &gaussian1, .phi = gaussian_phi, .dphi = gaussian_dphi},
    {.ops = &nt_layer_gaussian,
     .cfg = &gaussian2,
     .phi = gaussian_phi,
     .dphi = gaussian_dphi,
     .grows = true},
};

const map_case kinked[KINKED] = {
    {.ops = &nt_layer_relu, .cfg = &relu, .a = 0, .b = 1},
    {.ops = &nt_layer_abs, .cfg = &abs1, .a = -1, .b = 1},
    {.ops = &nt_layer_leaky_relu, .cfg = &leaky, .a = 0.1L, .b = 1},
    {.ops = &nt_layer_abrelu, .cfg = &abrelu1, .a = 0.2L, .b = 0.9L},
    {.ops = &nt_layer_abrelu, .cfg = &abrelu2, .a = -1.5L, .b = 0.5L},
    {.ops = &nt_layer_abrelu, .cfg = &linear, .a = 1.5L, .b = 1.5L},
};

const double rhos[RHOS] = {-1, -0.984375, -0.5, 0, 0.25, 0.8125, 0.99993896484375, 1};
const double scales[SCALES] = {0, 0.25, 1, 2.25};

void map_grid(map_run *run, bool takes_d, double q2)
{
  memset(run, 0, sizeof *run);
  run->n = RHOS * SCALES;
  run->one2 = true;
  run->q2[0] = q2;
  for (int i = 0; i < run->n; i++) {
    const double q1 = scales[i / RHOS], k = rhos[i % RHOS] * sqrt(q1) * sqrt(q2);
    run->q1[i] = q1;
    run->k[i] = takes_d ? sqrt(q1) * sqrt(q2) - k : k;
    run->t[i] = 1;
  }
}

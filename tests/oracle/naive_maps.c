/* The elementwise layers. In what follows Delta = (1 + q1)(1 + q2) - k^2 and the like are
 * determinants, and moments come from Stein's lemma E[u g(u, v)] = q1 E[g_u] + k E[g_v]. */
#include "naive.h"

#include <math.h>
#include <string.h>

typedef nt_naive_map (*map_fn)(const void *cfg, nt_quad q1, nt_quad q2, nt_quad k);

static nt_quad square(double x) { return (nt_quad)x * (nt_quad)x; }

/* The angle between u and v. */
static nt_quad angle(nt_quad q1, nt_quad q2, nt_quad k)
{
  return nt_quad_angle(nt_quad_sqrt(q1 * q2 - k * k), k);
}

/* Piecewise linear: Cho and Saul 2009. */

/* phi = a x + (b - a) max(x, 0), and E[max(u, 0) v] = k / 2. */
static nt_naive_map ab(nt_quad a, nt_quad b, nt_quad q1, nt_quad q2, nt_quad k)
{
  const nt_quad pi = NT_QUAD_PI, jump = (b - a) * (b - a), r = nt_quad_sqrt(q1 * q2 - k * k);
  const nt_quad half = (pi - nt_quad_angle(r, k)) / (2 * pi), relu = r / (2 * pi) + half * k;
  return (nt_naive_map){jump * relu + a * b * k, jump * half + a * b};
}

static nt_naive_map abrelu(const void *cfg, nt_quad q1, nt_quad q2, nt_quad k)
{
  const nt_abrelu *c = cfg;
  return ab((nt_quad)c->a, (nt_quad)c->b, q1, q2, k);
}

static nt_naive_map relu(const void *cfg, nt_quad q1, nt_quad q2, nt_quad k)
{
  (void)cfg;
  return ab(0, 1, q1, q2, k);
}

static nt_naive_map leaky_relu(const void *cfg, nt_quad q1, nt_quad q2, nt_quad k)
{
  return ab((nt_quad)((const nt_leaky_relu *)cfg)->alpha, 1, q1, q2, k);
}

static nt_naive_map absolute(const void *cfg, nt_quad q1, nt_quad q2, nt_quad k)
{
  (void)cfg;
  return ab(-1, 1, q1, q2, k);
}

static nt_naive_map sign(const void *cfg, nt_quad q1, nt_quad q2, nt_quad k)
{
  (void)cfg;
  return (nt_naive_map){1 - 2 * angle(q1, q2, k) / NT_QUAD_PI, 0};
}

/* The arc tangent of y / x, x > 0; exactly 0 for y = 0. */
static nt_quad arc_tangent(nt_quad y, nt_quad x)
{
  return y < 0 ? -nt_quad_angle(-y, x) : nt_quad_angle(y, x);
}

/* Williams 1997. */
static nt_naive_map erf_of(double a, double b, double c, nt_quad q1, nt_quad q2, nt_quad k)
{
  const nt_quad b2 = 2 * square(b), pi = NT_QUAD_PI;
  const nt_quad delta = (1 + b2 * q1) * (1 + b2 * q2) - b2 * b2 * k * k, root = nt_quad_sqrt(delta);
  const nt_quad arc = arc_tangent(b2 * k, root);
  return (nt_naive_map){square(a) * 2 / pi * arc + square(c), square(a) * 2 / pi * b2 / root};
}

static nt_naive_map erf_map(const void *cfg, nt_quad q1, nt_quad q2, nt_quad k)
{
  const nt_erf *c = cfg;
  return erf_of(c->a, c->b, c->c, q1, q2, k);
}

static nt_naive_map sigmoid_like(const void *cfg, nt_quad q1, nt_quad q2, nt_quad k)
{
  (void)cfg;
  return erf_of(0.5, 1 / 2.4020563531719796, 0.5, q1, q2, k);
}

/* x Phi(x). With A = E[Phi Phi], B = E[Phi' Phi'] every term is a moment of A or B. */
static nt_naive_map gelu(const void *cfg, nt_quad q1, nt_quad q2, nt_quad k)
{
  (void)cfg;
  const nt_quad pi = NT_QUAD_PI, one1 = 1 / (1 + q1), one2 = 1 / (1 + q2);
  const nt_quad delta = (1 + q1) * (1 + q2) - k * k, root = nt_quad_sqrt(delta);
  const nt_quad A = 0.25 + arc_tangent(k, root) / (2 * pi), B = 1 / (2 * pi * root);
  return (nt_naive_map){k * A + B * (q1 * q2 - k * k + k * k * (one1 + one2)),
                        A + B * k * (one1 + one2 + 1 / delta)};
}

static nt_naive_map sine(nt_quad a2, nt_quad b2, nt_quad cosine, nt_quad q1, nt_quad q2, nt_quad k)
{
  const nt_quad minus = nt_quad_exp(b2 * (k - (q1 + q2) / 2));
  const nt_quad plus = cosine * nt_quad_exp(-b2 * (k + (q1 + q2) / 2));
  return (nt_naive_map){a2 / 2 * (minus - plus), a2 * b2 / 2 * (minus + plus)};
}

static nt_naive_map sin_map(const void *cfg, nt_quad q1, nt_quad q2, nt_quad k)
{
  const nt_sin *c = cfg;
  return sine(square(c->a), square(c->b), (nt_quad)cosl(2 * (long double)c->c), q1, q2, k);
}

/* sin(x + c + pi/2) */
static nt_naive_map cos_map(const void *cfg, nt_quad q1, nt_quad q2, nt_quad k)
{
  const nt_cos *c = cfg;
  return sine(square(c->a), square(c->b), (nt_quad)-cosl(2 * (long double)c->c), q1, q2, k);
}

static nt_naive_map rbf(const void *cfg, nt_quad q1, nt_quad q2, nt_quad k)
{
  return sine(2, 2 * (nt_quad)((const nt_rbf *)cfg)->gamma, 0, q1, q2, k);
}

static nt_naive_map exp_map(const void *cfg, nt_quad q1, nt_quad q2, nt_quad k)
{
  const nt_exp *c = cfg;
  const nt_quad f = square(c->a) * nt_quad_exp(square(c->b) * ((q1 + q2) / 2 + k));
  return (nt_naive_map){f, square(c->b) * f};
}

static nt_naive_map gaussian(const void *cfg, nt_quad q1, nt_quad q2, nt_quad k)
{
  const nt_gaussian *c = cfg;
  const nt_quad b = -2 * (nt_quad)c->b, a2 = square(c->a);
  const nt_quad delta = (1 + b * q1) * (1 + b * q2) - b * b * k * k, root = nt_quad_sqrt(delta);
  return (nt_naive_map){a2 / root, a2 * b * b * k / (delta * root)};
}

static nt_naive_map exp_normalized(const void *cfg, nt_quad q1, nt_quad q2, nt_quad k)
{
  const nt_exp_normalized *c = cfg;
  const nt_quad p = nt_quad_sqrt(q1 * q2), gamma = (nt_quad)c->gamma;
  const nt_quad e = nt_quad_exp(gamma * ((p > 0 ? k / p : 0) + (nt_quad)c->shift));
  return (nt_naive_map){p * e, gamma * e};
}

/* exp(-x^2) sin x: with Gaussian weights exp(-x^2) the covariance becomes (S^-1 + 2)^-1 = W, of
 * entries w; E[sin sin] under it is exp(-(w1 + w2)/2) sinh(w12), and d/dk of it all is Fdot. */
static nt_naive_map gabor(const void *cfg, nt_quad q1, nt_quad q2, nt_quad k)
{
  (void)cfg;
  const nt_quad p = 4 * (q1 * q2 - k * k), den = 1 + 2 * (q1 + q2) + p, root = nt_quad_sqrt(den);
  const nt_quad w1 = (q1 + p / 2) / den, w2 = (q2 + p / 2) / den, w12 = k / den;
  const nt_quad plus = nt_quad_exp(w12), both = nt_quad_exp(-(w1 + w2) / 2);
  const nt_quad sinh = (plus - 1 / plus) / 2, cosh = (plus + 1 / plus) / 2;
  const nt_quad d_p = -8 * k; /* of p and of den */
  const nt_quad d_w = (d_p / 2 - w1 * d_p) / den + (d_p / 2 - w2 * d_p) / den;
  const nt_quad d_w12 = (1 - w12 * d_p) / den;
  const nt_quad f = both * sinh / root;
  return (nt_naive_map){f, both * cosh * d_w12 / root - f * (d_w / 2 + d_p / (2 * den))};
}

/* E[u^a v^b] */
static nt_quad moment(int a, int b, nt_quad q1, nt_quad q2, nt_quad k)
{
  if (a == 0 && b == 0) return 1;
  if (a == 0) return b > 1 ? (b - 1) * q2 * moment(0, b - 2, q1, q2, k) : 0;
  return (a > 1 ? (a - 1) * q1 * moment(a - 2, b, q1, q2, k) : 0) +
         (b > 0 ? b * k * moment(a - 1, b - 1, q1, q2, k) : 0);
}

static nt_naive_map polynomial_of(int n, const double *c, nt_quad q1, nt_quad q2, nt_quad k)
{
  nt_naive_map m = {0, 0};
  for (int i = 0; i < n; i++) {
    for (int j = 0; j < n; j++) {
      const nt_quad both = (nt_quad)c[i] * (nt_quad)c[j];
      if (both == 0) continue;
      m.f += both * moment(i, j, q1, q2, k);
      if (i > 0 && j > 0) m.dot += both * i * j * moment(i - 1, j - 1, q1, q2, k);
    }
  }
  return m;
}

static nt_naive_map polynomial(const void *cfg, nt_quad q1, nt_quad q2, nt_quad k)
{
  const nt_polynomial *c = cfg;
  return polynomial_of((int)c->coef.n, c->coef.v, q1, q2, k);
}

static nt_naive_map monomial(const void *cfg, nt_quad q1, nt_quad q2, nt_quad k)
{
  double c[6] = {0};
  const int n = (int)((const nt_monomial *)cfg)->degree;
  c[n] = 1;
  return polynomial_of(n + 1, c, q1, q2, k);
}

/* Normalised Hermite polynomials of unit variances: Mehler's formula. */
static nt_naive_map hermite(const void *cfg, nt_quad q1, nt_quad q2, nt_quad k)
{
  const int n = (int)((const nt_hermite *)cfg)->degree;
  (void)q1, (void)q2;
  return (nt_naive_map){nt_quad_power(k, n), n > 0 ? n * nt_quad_power(k, n - 1) : 0};
}

/* E[z^b; z > 0] of a standard Gaussian. */
static nt_quad half_moment(int b)
{
  if (b == 0) return (nt_quad)0.5;
  if (b == 1) return 1 / nt_quad_sqrt(2 * NT_QUAD_PI);
  return (b - 1) * half_moment(b - 2);
}

/* E[delta(u) v^b; v > 0]: at u = 0, v has the variance det / q1. */
static nt_quad at_zero(int b, nt_quad q1, nt_quad q2, nt_quad k)
{
  if (!(q1 > 0)) return 0;
  const nt_quad sigma = nt_quad_sqrt((q1 * q2 - k * k) / q1);
  return nt_quad_power(sigma, b) * half_moment(b) / nt_quad_sqrt(2 * NT_QUAD_PI * q1);
}

/* E[u^a v^b; u > 0 and v > 0] */
static nt_quad quadrant(int a, int b, nt_quad q1, nt_quad q2, nt_quad k)
{
  if (a == 0 && b == 0) return (NT_QUAD_PI - angle(q1, q2, k)) / (2 * NT_QUAD_PI);
  if (a == 0) return quadrant(b, a, q2, q1, k);
  const nt_quad by_u = a > 1 ? (a - 1) * quadrant(a - 2, b, q1, q2, k) : at_zero(b, q1, q2, k);
  const nt_quad by_v = b > 0 ? b * quadrant(a - 1, b - 1, q1, q2, k) : at_zero(a - 1, q2, q1, k);
  return q1 * by_u + k * by_v;
}

static nt_naive_map rectified_monomial(const void *cfg, nt_quad q1, nt_quad q2, nt_quad k)
{
  const int n = (int)((const nt_rectified_monomial *)cfg)->degree;
  return (nt_naive_map){quadrant(n, n, q1, q2, k),
                        n > 0 ? n * n * quadrant(n - 1, n - 1, q1, q2, k) : 0};
}

static const struct {
  const char *name;
  map_fn map;
} maps[] = {{"ABRelu", abrelu},
            {"Relu", relu},
            {"LeakyRelu", leaky_relu},
            {"Abs", absolute},
            {"Sign", sign},
            {"Erf", erf_map},
            {"Sigmoid_like", sigmoid_like},
            {"Gelu", gelu},
            {"Sin", sin_map},
            {"Cos", cos_map},
            {"Rbf", rbf},
            {"Exp", exp_map},
            {"Gaussian", gaussian},
            {"ExpNormalized", exp_normalized},
            {"Gabor", gabor},
            {"Polynomial", polynomial},
            {"Monomial", monomial},
            {"Hermite", hermite},
            {"RectifiedMonomial", rectified_monomial}};

bool nt_naive_elementwise(const char *name, const void *cfg, nt_quad q1, nt_quad q2, nt_quad k,
                          nt_naive_map *out)
{
  for (size_t m = 0; m < sizeof maps / sizeof maps[0]; m++) {
    if (strcmp(name, maps[m].name) != 0) continue;
    if (out != NULL) *out = maps[m].map(cfg, q1, q2, k);
    return true;
  }
  return false;
}

/* RectifiedMonomial: x^n for x >= 0, else 0; n = degree.
 *
 *     F = P^(n/2) / (2 pi) J_n(theta),   Fdot = n^2 P^((n-1)/2) / (2 pi) J_(n-1)(theta),
 *     J_n = sin(theta) R_n(c) + (pi - theta) Q_n(c),
 *     P = q11 q22,   c = cos(theta) = q12 / sqrt(P),
 *     Q_0 = 1, R_0 = 0, Q_(n+1) = (2n+1) c Q_n + (1 - c^2) Q_n',
 *     R_(n+1) = 2n c R_n + Q_n + (1 - c^2) R_n'
 *
 * With J_n(0) = pi (2n-1)!! and S_n(z) = (2n-1)!! - Q_n(1 - z), in which nothing cancels
 * near theta = 0, J_n(0) - J_n = pi S_n - (sin(theta) R_n - theta Q_n) is the difference
 * form. phi(0) is 1 for n = 0.
 * Source: Cho and Saul 2009, arXiv:1112.3712; the difference form is ours. */
#include "layer/rectified.h"
#include "nt/stax.h"

static const nt_rectified_monomial defaults = NT_RECTIFIED_MONOMIAL_DEFAULTS;

static const nt_opt opts[] = {
    {.name = "degree",
     .type = NT_OPT_INT,
     .offset = offsetof(nt_rectified_monomial, degree),
     .required = true,
     .min = 0,
     .max = NT_RECTIFIED,
     .help = "exponent; 0 is the step function"},
};

/* to = factor x p + (1 - x^2) p', for p of degree n at most. */
static void advance(int n, double factor, const double *p, double *to)
{
  for (int i = 0; i <= n + 1; i++)
    to[i] = 0;
  for (int i = 0; i <= n; i++) {
    to[i + 1] += (factor - i) * p[i];
    if (i > 0) to[i - 1] += i * p[i];
  }
}

/* Coefficients of p(1) - p(1 - z) in z, by Taylor's formula. */
static void around_one(int n, const double *p, double *s)
{
  double row[NT_RECTIFIED + 1];
  for (int i = 0; i <= n; i++)
    row[i] = p[i];
  for (int j = 0; j <= n; j++) {
    for (int i = n - 1; i >= j; i--)
      row[i] += row[i + 1]; /* synthetic division by x - 1 */
    s[j] = j == 0 ? 0 : (j % 2 ? row[j] : -row[j]);
  }
}

static nt_status prepare(void *cfg, nt_error *err)
{
  nt_rectified *c = cfg;
  const int degree = c->n = (int)c->degree;
  double q[NT_RECTIFIED + 2][NT_RECTIFIED + 2] = {{1}},
                                            r[NT_RECTIFIED + 2][NT_RECTIFIED + 2] = {{0}};
  (void)err;
  c->top = 1;
  for (int n = 0; n < degree; n++) {
    advance(n, 2 * n + 1, q[n], q[n + 1]);
    advance(n, 2 * n, r[n], r[n + 1]);
    for (int i = 0; i <= n; i++)
      r[n + 1][i] += q[n][i];
    c->top *= 2 * n + 1;
  }
  for (int i = 0; i <= degree; i++) {
    c->q[0][i] = q[degree][i];
    c->r[0][i] = r[degree][i];
    if (degree > 0) c->q[1][i] = q[degree - 1][i];
    if (degree > 0) c->r[1][i] = r[degree - 1][i];
  }
  around_one(degree, q[degree], c->s);
  return NT_OK;
}

static void self(const void *cfg, int64_t n, const double *q, double *q_out, double *dot)
{
  const nt_rectified *c = cfg;
  const double lower = c->n > 0 ? c->top / (2 * c->n - 1) * c->n * c->n / 2 : 0;
  for (int64_t i = 0; i < n; i++) {
    const double x = NT_MAX(q[i], 0.0), before = nt_rectified_power(x, c->n - 1);
    q_out[i] = c->n > 0 ? c->top / 2 * nt_rectified_power(x, c->n) : x > 0 ? 0.5 : 1;
    dot[i] = c->n == 0 ? 0 : c->n > 1 || x > 0 ? lower * before : 0.25;
  }
}

const nt_layer_ops nt_layer_rectified_monomial = {
    .name = "RectifiedMonomial",
    .formula = "x^degree for x >= 0, else 0",
    .kernel = "K' = (q11 q22)^(degree / 2) J_degree(theta) / (2 pi), cos theta = q12 / sqrt(q11 "
              "q22);  T' = T times its derivative in q12;  with J_n = (-1)^n sin^(2n+1)(theta) "
              "(d/dtheta / sin theta)^n ((pi - theta) / sin theta)",
    .source = "Cho and Saul 2009, arXiv:1112.3712",
    .limits = "degrees up to 32",
    NT_ARGUMENTS(nt_rectified_monomial, defaults, opts),
    .full_size = sizeof(nt_rectified),
    NT_ELEMENTWISE,
    .prepare = prepare,
    .n_tables = 4,
    .tables = nt_rectified_tables,
    .map = {nt_rectified_f64, nt_rectified_f32, nt_rectified_wide},
    .takes_d = true,
};

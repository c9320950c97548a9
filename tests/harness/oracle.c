#include "oracle.h"

#include <math.h>
#include <stdlib.h>

#define PI 3.14159265358979323846264338327950288L

enum { LEGENDRE = 40, STEPS = 1 << 14 };

static long double product(nt_oracle_pair p) { return sqrtl(p.q11) * sqrtl(p.q22); }

/* The integrand decays like a Gaussian, and so does the error with 1/step; wide functions of small
 * variance need no finer steps, narrow ones of a large variance do. */
long double nt_oracle_smooth(nt_oracle_fn phi, const void *cfg, nt_oracle_pair pair)
{
  static long double bell[STEPS];
  const long double s1 = sqrtl(pair.q11), s2 = sqrtl(pair.q22), k = product(pair) - pair.d;
  const long double along = s1 > 0 ? k / s1 : 0;
  const long double across = s1 > 0 ? sqrtl(fmaxl(pair.d * (s1 * s2 + k), 0)) / s1 : s2;
  const long double widest = fmaxl(1, fmaxl(s1, s2)), step = 0.25L / widest;
  const int n = (int)((9.5L + 2 * widest) / step);
  long double sum = 0;
  if (n >= STEPS) return NAN;
  for (int i = 0; i <= n; i++)
    bell[i] = expl(-(i * step) * (i * step) / 2);
  for (int i = -n; i <= n; i++) {
    const long double x = (long double)i * step;
    const int m = (int)sqrtl((long double)n * n - (long double)i * i); /* a disc does */
    long double inner = 0;
    for (int j = -m; j <= m; j++) {
      const long double y = (long double)j * step;
      inner += bell[abs(j)] * phi(cfg, along * x + across * y);
    }
    sum += bell[abs(i)] * phi(cfg, s1 * x) * inner;
  }
  return sum * step * step / (2 * PI);
}

long double nt_oracle_angle(nt_oracle_pair pair)
{
  const long double p = product(pair);
  if (!(p > 0)) return PI / 2;
  return 2 * asinl(sqrtl(fminl(fmaxl(pair.d / p / 2, 0), 1)));
}

/* A node of the Gauss-Legendre rule on [-1, 1], and its weight, by Newton's method. */
static long double legendre(int i, long double *weight)
{
  long double x = cosl(PI * ((long double)i + 0.75L) / (LEGENDRE + 0.5L)), slope = 1;
  for (int iteration = 0; iteration < 8; iteration++) {
    long double p0 = 1, p1 = x;
    for (int k = 2; k <= LEGENDRE; k++) {
      const long double p2 = ((2 * k - 1) * x * p1 - (k - 1) * p0) / k;
      p0 = p1;
      p1 = p2;
    }
    slope = LEGENDRE * (x * p1 - p0) / (x * x - 1);
    x -= p1 / slope;
  }
  *weight = 2 / ((1 - x * x) * slope * slope);
  return x;
}

/* In polar coordinates u = r cos w and v = r cos(w - angle): what a piece of the circle, on
 * which phi has slope ku at u and kv at v, adds to the two expectations. E[r^2] = 2. */
typedef struct circle {
  long double angle, f, difference;
  const long double *node, *weight;
} circle;

static void add_piece(circle *c, long double begin, long double end, long double ku, long double kv)
{
  for (int i = 0; i < LEGENDRE; i++) {
    const long double weight = c->weight[i] * (end - begin) / 2 * 2 / (2 * PI);
    const long double w = (begin + end) / 2 + (end - begin) / 2 * c->node[i];
    const long double u = cosl(w), v = cosl(w - c->angle);
    const long double u_less_v = -2 * sinl(w - c->angle / 2) * sinl(c->angle / 2);
    const long double gap = ku * u_less_v + (ku - kv) * v;
    c->f += weight * ku * kv * u * v;
    c->difference += weight * gap * gap / 2;
  }
}

void nt_oracle_abrelu(long double a, long double b, nt_oracle_pair pair, long double *f,
                      long double *difference, long double *dot)
{
  static long double node[LEGENDRE], weight[LEGENDRE];
  circle c = {.angle = nt_oracle_angle(pair), .node = node, .weight = weight};
  const long double t = c.angle, h = PI / 2;
  for (int i = 0; i < LEGENDRE && weight[i] == 0; i++)
    node[i] = legendre(i, &weight[i]);
  add_piece(&c, t - h, h, b, b);
  add_piece(&c, h, h + t, a, b);
  add_piece(&c, h + t, 3 * h, a, a);
  add_piece(&c, 3 * h, 3 * h + t, b, a);
  *f = c.f * product(pair);
  *difference = c.difference * product(pair);
  *dot = ((a * a + b * b) * (PI - t) + 2 * a * b * t) / (2 * PI);
}

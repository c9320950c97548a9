#include "layer/gauss.h"

#include "layer/math.h"

/* Orthonormal Hermite polynomials at x: h_n, h_(n-1), and the sum of squares of h_0 ... h_(n-1). */
typedef struct values {
  double last, before, squares;
} values;

static values hermite(int n, double x)
{
  values v = {.last = pow(NT_PI, -0.25)};
  for (int j = 0; j < n; j++) {
    const double next = x * sqrt(2.0 / (j + 1)) * v.last - sqrt((double)j / (j + 1)) * v.before;
    v.squares += v.last * v.last;
    v.before = v.last;
    v.last = next;
  }
  return v;
}

/* How many roots of h_n lie above x: the changes of sign in h_0 ... h_n (Sturm). */
static int roots_above(int n, double x)
{
  double last = 1, before = 0;
  int count = 0;
  for (int j = 0; j < n; j++) {
    const double next = x * sqrt(2.0 / (j + 1)) * last - sqrt((double)j / (j + 1)) * before;
    count += (next < 0) != (last < 0);
    before = last;
    last = next;
  }
  return count;
}

/* Root number i from above, by bisection and then Newton's method. */
static double root(int n, int i)
{
  double low = -sqrt(2.0 * n + 1), high = -low;
  for (int step = 0; step < 30; step++) {
    const double middle = (low + high) / 2;
    if (roots_above(n, middle) > i)
      low = middle;
    else
      high = middle;
  }
  double x = (low + high) / 2;
  for (int step = 0; step < 3; step++) {
    const values v = hermite(n, x);
    x -= v.last / (sqrt(2.0 * n) * v.before);
  }
  return x;
}

void nt_gauss_hermite(int n, double *x, double *weight)
{
  for (int i = 0; i < n; i++) {
    x[n - 1 - i] = 2 * i + 1 == n ? 0 : i < n / 2 ? root(n, i) : -x[i];
    weight[n - 1 - i] = 1 / hermite(n, x[n - 1 - i]).squares;
  }
}

void nt_gauss_legendre(int n, double *x, double *weight)
{
  for (int i = 0; i < n; i++) {
    double at = cos(NT_PI * (i + 0.75) / (n + 0.5)), slope = 1;
    for (int step = 0; step < 6; step++) {
      double before = 1, last = at;
      for (int k = 2; k <= n; k++) {
        const double next = ((2 * k - 1) * at * last - (k - 1) * before) / k;
        before = last;
        last = next;
      }
      slope = n * (at * last - before) / (at * at - 1);
      at -= last / slope;
    }
    x[n - 1 - i] = at;
    weight[n - 1 - i] = 2 / ((1 - at * at) * slope * slope);
  }
}

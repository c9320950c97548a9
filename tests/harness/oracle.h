/** Reference values of the elementwise layers in long double, by quadrature, written without a look
 * at src/. A pair of Gaussians (u, v) is given by its variances q11, q22 and by
 * d = sqrt(q11 q22) - q12, so that small angles are exact. */
#ifndef NT_ORACLE_H
#define NT_ORACLE_H

typedef struct nt_oracle_pair {
  long double q11, q22, d;
} nt_oracle_pair;

typedef long double (*nt_oracle_fn)(const void *cfg, long double x);

/** E[phi(u) phi(v)] of an entire function phi, by the trapezoidal rule in two dimensions. Local. */
long double nt_oracle_smooth(nt_oracle_fn phi, const void *cfg, nt_oracle_pair pair);

/** The angle between u and v; pi/2 where one has no variance. Local. */
long double nt_oracle_angle(nt_oracle_pair pair);

/** phi(x) = a min(x, 0) + b max(x, 0), by Gauss-Legendre quadrature in polar coordinates:
 * *f = E[phi(u) phi(v)], *difference = sqrt(E[phi(u)^2] E[phi(v)^2]) - *f, which is E[(phi(u) -
 * phi(v))^2] / 2 at unit variances, times sqrt(q11 q22), *dot = E[phi'(u) phi'(v)]. Local. */
void nt_oracle_abrelu(long double a, long double b, nt_oracle_pair pair, long double *f,
                      long double *difference, long double *dot);

#endif

/* Polynomial: coef[0] + coef[1] x + coef[2] x^2 + ...; series.h has the formulas.
 *
 * Source: neural_tangents, stax.Polynomial. */
#include "layer/map.h"
#include "layer/series.h"
#include "nt/stax.h"

/* The arguments, and what is made of them. */
typedef struct polynomial {
  nt_polynomial arg;
  nt_series series;
} polynomial;

static const nt_polynomial defaults = NT_POLYNOMIAL_DEFAULTS;

static const nt_opt opts[] = {
    {.name = "coef",
     .type = NT_OPT_COEFS,
     .offset = offsetof(nt_polynomial, coef),
     .required = true,
     .help = "coefficients of 1, x, x^2, ..."},
};

static nt_status prepare(void *cfg, nt_error *err)
{
  polynomial *c = cfg;
  (void)err;
  nt_series_polynomial(c->arg.coef.n, c->arg.coef.v, &c->series);
  return NT_OK;
}

NT_SERIES_MAPS(polynomial, nt_layer_polynomial)

const nt_layer_ops nt_layer_polynomial = {
    .name = "Polynomial",
    .formula = "sum_k coef[k] x^k",
    .kernel = "K' = sum_l r_l(q11) r_l(q22) rho^l;  T' = T times its derivative in q12;  with "
              "r_l(q) = E[p(sqrt(q) z) h_l(z)], p the polynomial, h_l the orthonormal Hermite "
              "polynomials, rho = "
              "q12 / sqrt(q11 q22)",
    .source = "neural_tangents, stax.Polynomial",
    .limits = "at most 64 coefficients",
    NT_ARGUMENTS(nt_polynomial, defaults, opts),
    .full_size = sizeof(polynomial),
    NT_SERIES_MAP,
    .prepare = prepare,
};

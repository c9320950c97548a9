/* Monomial: x^degree; series.h has the formulas.
 *
 * Source: neural_tangents, stax.Monomial. */
#include "layer/map.h"
#include "layer/series.h"
#include "nt/stax.h"

/* The arguments, and what is made of them. */
typedef struct monomial {
  nt_monomial arg;
  nt_series series;
} monomial;

static const nt_monomial defaults = NT_MONOMIAL_DEFAULTS;

static const nt_opt opts[] = {
    {.name = "degree",
     .type = NT_OPT_INT,
     .offset = offsetof(nt_monomial, degree),
     .required = true,
     .min = 0,
     .max = 5,
     .help = "exponent; higher ones: Polynomial"},
};

static nt_status prepare(void *cfg, nt_error *err)
{
  monomial *c = cfg;
  (void)err;
  double coef[NT_SERIES] = {0};
  coef[c->arg.degree] = 1;
  nt_series_polynomial((int)c->arg.degree + 1, coef, &c->series);
  return NT_OK;
}

NT_SERIES_MAPS(monomial, nt_layer_monomial)

const nt_layer_ops nt_layer_monomial = {
    .name = "Monomial",
    .formula = "x^degree",
    .kernel = "K' = E[u^degree v^degree], a polynomial in q12 and q11 q22;  T' = degree^2 "
              "E[u^(degree - 1) v^(degree - 1)] T",
    .source = "neural_tangents, stax.Monomial",
    .limits = "no degrees above 5: take Polynomial",
    NT_ARGUMENTS(nt_monomial, defaults, opts),
    .full_size = sizeof(monomial),
    NT_SERIES_MAP,
    .prepare = prepare,
};

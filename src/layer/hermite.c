/* Hermite: He_degree(x) / sqrt(degree!), the normalised Hermite polynomial.
 *
 *     F = q12^degree,   Fdot = degree q12^(degree - 1)
 *
 * for inputs of variance 1, which LayerNorm or Rbf before a Dense provide; this is not checked.
 * Source: Daniely, Frostig and Singer 2016, arXiv:1602.05897. */
#include "layer/map.h"
#include "layer/series.h"
#include "nt/stax.h"

/* The arguments, and what is made of them. */
typedef struct hermite {
  nt_hermite arg;
  nt_series series;
} hermite;

static const nt_hermite defaults = NT_HERMITE_DEFAULTS;

static const nt_opt opts[] = {
    {.name = "degree",
     .type = NT_OPT_INT,
     .offset = offsetof(nt_hermite, degree),
     .required = true,
     .min = 0,
     .max = NT_SERIES - 1,
     .help = "degree of the polynomial; its inputs are taken to have variance 1 (LayerNorm)"},
};

static nt_status prepare(void *cfg, nt_error *err)
{
  hermite *c = cfg;
  (void)err;
  nt_series_hermite((int)c->arg.degree, &c->series);
  return NT_OK;
}

NT_SERIES_MAPS(hermite, nt_layer_hermite)

const nt_layer_ops nt_layer_hermite = {
    .name = "Hermite",
    .formula = "He_degree(x) / sqrt(degree!), for inputs of variance 1",
    .kernel = "K' = q12^degree;  T' = degree q12^(degree - 1) T",
    .source = "Daniely et al. 2016, arXiv:1602.05897",
    .limits =
        "the variances of its input are taken to be 1 and not checked: put LayerNorm before it",
    NT_ARGUMENTS(nt_hermite, defaults, opts),
    .full_size = sizeof(hermite),
    NT_SERIES_MAP,
    .prepare = prepare,
};

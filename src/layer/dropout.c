/* Dropout: keeps each entry with probability `rate`, divided by it, and makes the others 0.
 *
 *     K' = K / rate,  T' = T / rate   of a sample with itself at the same position; else K, T
 *
 * In mode 'test' it is the identity. Directly on the data it is an error, which the plan finds:
 * what a layer sees does not tell where it comes from.
 *
 * Source: neural_tangents, stax.Dropout; Schoenholz et al. 2017, arXiv:1611.01232. */
#include "nt/stax.h"

static const nt_dropout defaults = NT_DROPOUT_DEFAULTS;

static const nt_opt opts[] = {
    {.name = "rate",
     .type = NT_OPT_REAL,
     .offset = offsetof(nt_dropout, rate),
     .required = true,
     .min = 0,
     .max = 1,
     .open = true,
     .help = "probability to keep an entry"},
    {.name = "mode",
     .type = NT_OPT_CHOICE,
     .offset = offsetof(nt_dropout, mode),
     .choices = "train|test",
     .help = "'test': all entries are kept"},
};

static nt_status shape(const void *cfg, int n_in, const nt_facts *in, nt_facts *out, nt_error *err)
{
  const nt_dropout *const c = cfg;
  (void)n_in, (void)err;
  out->is_gaussian = c->mode == NT_DROPOUT_TEST && in->is_gaussian;
  return NT_OK;
}

static nt_affine affine(const void *cfg, const nt_facts *in)
{
  const nt_dropout *const c = cfg;
  const double k = c->mode == NT_DROPOUT_TRAIN ? 1 / c->rate : 1;
  (void)in;
  return (nt_affine){.k = k, .tt = k};
}

const nt_layer_ops nt_layer_dropout = {
    .name = "Dropout",
    .formula = "x / rate with probability rate, else 0",
    .kernel = "K' = K / rate of an entry with itself, else K;  T' likewise ('test': K and T)",
    .source = "Schoenholz et al. 2017, arXiv:1611.01232",
    .limits =
        "not on the inputs themselves: a layer with weights must come before it; with 'test' a "
        "Gaussian input stays Gaussian",
    NT_ARGUMENTS(nt_dropout, defaults, opts),
    .action = NT_DROPOUT,
    .gaussian = NT_NO,
    .shape = shape,
    .affine = affine,
};

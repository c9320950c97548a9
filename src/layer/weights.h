/** What layers with weights W and a bias b share: their options, and what both make of kernels.
 *
 *     K' = W_std^2 A K + b_std^2                 A K = K of Dense, the mean over the F positions
 *                                                of the filter of convolutions
 *     T' = K' + W_std^2 A T                                        parameterization 'ntk'
 *     T' = C_in F / s[0] A K + W_std^2 A T + (1 with a bias)       parameterization 'standard' */
#ifndef NT_LAYER_WEIGHTS_H
#define NT_LAYER_WEIGHTS_H

#include "nt/plugin.h"
#include "nt/stax_linear.h"

/* Rows of option tables. */
#define NT_ROW_CHANNELS(cfg, field, text)                                                          \
  {                                                                                                \
    .name = #field, .type = NT_OPT_INT, .offset = offsetof(cfg, field), .required = true,          \
    .min = 1, .max = 0x1p53, .help = text                                                          \
  }
#define NT_ROW_STD(cfg, field, of)                                                                 \
  {                                                                                                \
    .name = #field, .type = NT_OPT_REAL, .offset = offsetof(cfg, field),                           \
    .help = "standard deviation of the weights" of                                                 \
  }
#define NT_ROW_B_STD(cfg)                                                                          \
  {                                                                                                \
    .name = "b_std", .type = NT_OPT_REAL_OR_NONE, .offset = offsetof(cfg, b_std),                  \
    .help = "standard deviation of the bias; None: no bias"                                        \
  }
#define NT_ROW_PARAMETERIZATION(cfg)                                                               \
  {                                                                                                \
    .name = "parameterization", .type = NT_OPT_CHOICE, .offset = offsetof(cfg, parameterization),  \
    .choices = "ntk|standard", .fold_case = true, .help = "scaling of the finite network"          \
  }
#define NT_ROW_S(cfg)                                                                              \
  {                                                                                                \
    .name = "s", .type = NT_OPT_INTS, .offset = offsetof(cfg, s), .min = 1, .max = 0x1p53,         \
    .length = 2, .help = "factors of the input and output widths ('standard' only)"                \
  }

typedef struct nt_weights {
  const char *name; /**< Of the argument `outputs`. */
  int64_t outputs;
  double W_std, b_std;
  bool standard;
  const int64_t *s; /**< [2] Borrowed from the arguments. */
} nt_weights;

/** Of an nt_dense or nt_conv whose number of outputs is the argument `field`. */
#define NT_WEIGHTS_OF(c, field)                                                                    \
  ((nt_weights){.name = #field,                                                                    \
                .outputs = (c)->field,                                                             \
                .W_std = (c)->W_std,                                                               \
                .b_std = (c)->b_std,                                                               \
                .standard = (c)->parameterization == NT_PARAMETERIZATION_STANDARD,                 \
                .s = (c)->s.v})

/** Set the channels of the output, and that it has an NTK. Parallel: Local.
 * \return NT_ERR_SHAPE where there are more channels than can be counted. */
nt_status nt_weights_shape(nt_error *err, const nt_weights *w, nt_facts *out) NT_WARN_UNUSED;
/** The coefficients, for the sum (and not the mean) over `positions` of the filter.
 * Parallel: Local. */
nt_affine nt_weights_affine(const nt_weights *w, double positions, const nt_facts *in);

#endif

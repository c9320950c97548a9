/** The product of an activation with a constant array, as loops over its axes. */
#ifndef NT_LAYER_DOT_GENERAL_H
#define NT_LAYER_DOT_GENERAL_H

#include "nt/plugin.h"
#include "nt/stax.h"

/** One index that runs: how far it moves in the positions of output and
 * input, and in the factor. */
typedef struct nt_dot_loop {
  int64_t n, out, in, factor;
} nt_dot_loop;

/** Axes of input, factor and output. */
typedef struct nt_dot {
  const nt_array *factor;
  int out_rank;
  int64_t out_dim[2 * NT_MAX_RANK]; /**< Of x1; the axis of the samples has those of x1. */
  int out_batch, out_channel;       /**< Axes of the output. */
  int n_loops;                      /**< Without samples and channels. */
  nt_dot_loop loop[2 * NT_MAX_RANK];
  int64_t batch; /**< Numbers of the factor from sample to sample; 0: shared by all. */
  bool summed;   /**< The samples are summed over: axis out_batch of size 1 is left of them. */
} nt_dot;

/** The factor of a layer, or NULL. Parallel: Local. */
const nt_array *nt_dot_factor(const nt_dot_general *cfg);
/** 1 if the input is the right operand, 0 if it is the left one. Parallel: Local. */
int nt_dot_input_side(const nt_dot_general *cfg);

/** Work out the axes of a layer with a factor.
 * \return NT_ERR_SHAPE, NT_ERR_UNSUPPORTED, NT_ERR_ARG, naming the axis. Parallel: Local. */
nt_status nt_dot_describe(nt_error *err, const nt_dot_general *cfg, const nt_facts *in,
                          nt_dot *dot) NT_WARN_UNUSED;

/** Every entry of the matrix [positions of the output][positions of the input] of sample `index`
 * that the factor gives. Parallel: Local. */
void nt_dot_visit(const nt_dot *dot, int64_t index,
                  void (*visit)(void *arg, int64_t out, int64_t in, double value), void *arg);

/** Whether free axes of the factor give positions to samples that have none. Parallel: Local. */
bool nt_dot_adds_space(const nt_facts *in, const nt_dot *dot);
/** Of nt_layer_ops, for an nt_dot_general. Parallel: Local. */
bool nt_dot_mixes_samples(const void *cfg, const nt_facts *in);
nt_status nt_dot_sample_taps(const void *cfg, int n_in, const nt_facts *in, int input, int which,
                             nt_taps *taps, nt_error *err);

#endif

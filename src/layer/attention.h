/** Attention over the positions of a sample: covariances with positional embeddings, the weights of
 * the positions, and the kernels of a pair. Formulas: global_self_attention.c. */
#ifndef NT_LAYER_ATTENTION_H
#define NT_LAYER_ATTENTION_H

#include "nt/stax.h"

/** Coefficients and sizes of a layer on an input of P positions. */
typedef struct nt_attention_plan {
  const nt_attention *cfg;
  int64_t P;
  double qk, ov, b2;
  double keep;      /**< K~ = keep K + position R */
  double position;  /**< 0: no embeddings. */
  bool pairs_embed; /**< Whether the kernels of a pair read R (and not the weights alone). */
} nt_attention_plan;

/** Parallel: Local. */
nt_attention_plan nt_attention_of(const nt_attention *cfg, const nt_facts *in);
/** Numbers of a sample: weights G [P][P] (linear scaling), and where pairs_embed 1 or 0 (masked) of
 * each position [P], and R with the masked rows zero [P][P]. Parallel: Local. */
int64_t nt_attention_side_size(const nt_attention_plan *plan);
/** Write them. Parallel: Local. \return NT_ERR_NUMERIC where pos_emb_decay_fn is not finite. */
nt_status nt_attention_side(nt_error *err, const nt_attention_plan *plan, const nt_facts *in,
                            const nt_mix_sample *sample, double *side) NT_WARN_UNUSED;
/** Numbers that nt_attention_mix needs for itself. Parallel: Local. */
int64_t nt_attention_work_size(const nt_attention_plan *plan);
/** K' and T' of a pair. Parallel: Local. */
void nt_attention_mix(const nt_attention_plan *plan, const nt_mix *mix);
/** Weights of a pair in the mean of the diagonal, with linear scaling: as
 * nt_layer_ops.weigh. Local. */
nt_post nt_attention_weigh(const nt_attention_plan *plan, const nt_mix *mix, double *weight);

#endif

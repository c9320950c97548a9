/** For people who write layers: what a layer says about itself.
 *
 * A layer is one `const nt_layer_ops`: its name and arguments, what it does to shapes, and what it
 * does to covariances. It never sees ranks, tiles or files. The engine calls it with *lanes*: a
 * contiguous run of pairs (of samples, or of positions of two samples), and with the *tables* of
 * the two arguments' variances that the layer itself computed from q11 and q22.
 *
 * K is the NNGP covariance of a pair, T its NTK, q11 and q22 the variances of its two arguments,
 * and D = sqrt(q11 q22) - K, which keeps the digits that K loses near its largest value. */
#ifndef NT_PLUGIN_H
#define NT_PLUGIN_H

#include "nt/option.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Lanes are padded to a multiple of this; buffers are aligned to 64 bytes. */
enum { NT_LANES = 16 };
/** Tables per argument at most. */
enum { NT_MAX_TABLES = 272 };

/** What a layer does to covariances. */
typedef enum nt_action {
  NT_KEEP,         /**< Nothing (Identity). */
  NT_AFFINE,       /**< K' = k K + k0;  T' = tk K + tt T + t0, at every position alike. */
  NT_MAP,          /**< Elementwise: K' = F(q11, q22, K);  T' = T Fdot(q11, q22, K). */
  NT_FAN_OUT,      /**< n copies. */
  NT_WEIGHTED_SUM, /**< K' = sum_b w_b K_b;  T' = sum_b w_b T_b. */
  NT_PRODUCT,      /**< K' = prod_b K_b;  T' = sum_b T_b prod_{a != b} K_a. */
  NT_FLATTEN,      /**< K' = mean over positions of K(p, p);  T' likewise. */
  NT_WINDOW, /**< Both positions move together (convolutions), see nt_taps; then as NT_AFFINE. */
  NT_POOL,   /**< Each position moves on its own (pooling, resizing), see nt_taps. */
  NT_GLOBAL, /**< K' = k sum of K(p, p') over all p, p';  T' = tt times that of T. */
  NT_NORM,   /**< K' = K / sqrt(v1 v2);  T' likewise; v the variance averaged over nt_norm. */
  NT_MIX,    /**< All pairs of positions of two samples at once (attention), see nt_mix. */
  NT_DROPOUT /**< K' = k K, T' = k T of a sample with itself at the same position; else K, T. */
} nt_action;

/** Which input positions an output position o reads along one spatial axis: in(o, t),
 * t = 0 ... n-1, each axis on its own. NT_WINDOW takes the same tap for both arguments,
 * NT_POOL all pairs of taps:
 *
 *     NT_WINDOW  (A K)(o, o') = sum_t w(o, t) w(o', t) K(in(o, t), in(o', t)),   0 where either
 *                reads no position
 *                K' = k A K + k0,  T' = tk A K + tt A T + t0    (1 / window size is in k, tk, tt)
 *     NT_POOL    K'(o, o') = sum_{t, t'} w(o, t) w(o', t') K(in(o, t), in(o', t')),  T' likewise
 *
 * In the diagonal layout o' = o, and NT_POOL takes the same tap for both. */
typedef struct nt_taps {
  int64_t n_in, n_out;
  int from;    /**< The spatial axis of the input that is read; preset to the axis of the output. */
  int n;       /**< Taps per output position. */
  int centre;  /**< The tap that decides on the mask (NT_MASK_CENTRE). */
  int step;    /**< > 0: tap t of output o + 1 reads what tap t + step of output o reads. */
  int32_t *in; /**< [n_out][n] Input position; -1: none, as in padding. */
  double *weight; /**< [n_out][n] NULL: all 1. */
} nt_taps;

/** Arrays of taps, zeroed, freed by the plan. \return NT_ERR_SHAPE for more inputs than int32_t
 * numbers; NT_ERR_NOMEM. Parallel: Local. */
nt_status nt_taps_create(nt_error *err, int64_t n_in, int64_t n_out, int n, bool weighted,
                         nt_taps *taps) NT_WARN_UNUSED;

/** When an output position of NT_WINDOW or NT_POOL is masked. Where mask_channels gives 1, channels
 * are joined first (all masked); else each channel has its own mask. */
typedef enum nt_mask_rule {
  NT_MASK_CENTRE, /**< Where the centre tap reads a masked position. */
  NT_MASK_ANY,    /**< Where any tap does. */
  NT_MASK_ALL     /**< Where all taps (that read a position and weigh something) do. */
} nt_mask_rule;

/** What is read of K' and T' of a pair: a layer may always give all of them. */
typedef enum nt_mix_part {
  NT_MIX_ALL,
  NT_MIX_DIAGONAL /**< (p, p) alone, as before a Flatten. */
} nt_mix_part;

/** All pairs of positions of two samples, for NT_MIX. Matrices are row-major, the first sample's
 * positions along the rows; in double whatever the arithmetic of the pair pass. */
typedef struct nt_mix {
  int64_t p_in, p_out;         /**< Positions. */
  const double *side1, *side2; /**< What `side` made of either sample. */
  const double *k;             /**< [p_in][p_in] K; in the diagonal layout 0 beside the diagonal. */
  const double *t;             /**< [p_in][p_in] T; NULL: zero. */
  double *k_out;               /**< [p_out][p_out] */
  double *t_out;               /**< [p_out][p_out]; NULL: not wanted. */
  double *work;                /**< [work_size] */
  /** Of samples that are nearly alike, in long double: what K has beyond a double, so K = k +
   * k_rest, and likewise K', zero before; and room for as much again. All NULL: no such pair. A
   * layer may leave them, and the NTK of its near duplicates loses digits behind it. */
  const double *k_rest;
  double *k_out_rest;
  double *work_rest; /**< [work_size] */
  nt_mix_part part;
} nt_mix;

/** A sample for `side` of NT_MIX. */
typedef struct nt_mix_sample {
  const double *k; /**< [p_in][p_in] Its covariance with itself; NULL unless mixes_by_own. */
  const unsigned char *mask; /**< [p_in] 1: masked; NULL: no masks. */
  const double *pattern;     /**< Its pattern (Aggregate), of shape pattern_shape. */
  /** [samples] and more axes, of which some may be 0: then `pattern` is NULL. NULL: no pattern. */
  const nt_shape *pattern_shape;
  int64_t index; /**< Its number in its set. */
} nt_mix_sample;

/** Entry `at` of a matrix and its rest: long double where there is one. Parallel: Local. */
static inline long double nt_mix_get(int64_t at, const double *k, const double *rest)
{
  return rest != NULL ? (long double)k[at] + rest[at] : k[at];
}
static inline void nt_mix_put(long double value, int64_t at, double *k, double *rest)
{
  k[at] = (double)value;
  if (rest != NULL) rest[at] = (double)(value - k[at]);
}

/** K' = L1 K L2^T and T' = L1 T L2^T by BLAS (of a K with a rest by loops in long double), of them
 * what is read; L1 and L2 [p_out][p_in], and as many numbers of work as nt_mix_work_size says.
 * Parallel: Local. */
void nt_mix_two_sided(const nt_mix *mix, const double *L1, const double *L2);
/** Numbers of work that nt_mix_two_sided needs. Parallel: Local. */
int64_t nt_mix_work_size(int64_t p_in, int64_t p_out);
/** Weights of the pairs of positions in the mean of the diagonal of L1 K L2^T: L1^T
 * L2 / p_out, [p_in][p_in].
 * Parallel: Local. */
void nt_mix_weigh(const nt_mix *mix, const double *L1, const double *L2, double *weight);

/** What NT_NORM averages the variance V + eps over. */
typedef struct nt_norm {
  double eps;
  bool batch;             /**< Over the samples. */
  bool axis[NT_MAX_RANK]; /**< Over spatial axis a. */
} nt_norm;

/** Coefficients of NT_AFFINE. A variance is a K. */
typedef struct nt_affine {
  double k, k0, tk, tt, t0;
} nt_affine;

/** What follows a map in the same loop, the next Dense: see nt_map_fn. */
typedef struct nt_post {
  double kf, kd, k0, tf, tt, t0;
} nt_post;

/** Lanes of pairs. All arrays are of the arithmetic of the map, double or float. */
typedef struct nt_lanes {
  int64_t n;          /**< A multiple of NT_LANES. */
  const void *k;      /**< [n] K, or D for a layer that takes_d. */
  const void *t;      /**< [n] T; NULL: not wanted, or share K + shift. */
  void *k_out;        /**< [n] k itself, or apart from it. */
  void *t_out;        /**< [n] t itself, or apart from it; NULL: no NTK is wanted. */
  const void *table1; /**< Table r of the first argument of lane i: table1[r * ld1 + i]. */
  const void *table2; /**< Of the second: table2[r * ld2 + i]; with one2 table2[r * ld2]. */
  int64_t ld1, ld2;
  const void *bias1, *bias2; /**< A bias on D', as two tables; NULL: none. Only if takes_d. */
  bool one2;                 /**< All lanes share one second argument. */
  bool mean; /**< If takes_d: D and D' are (q11 + q22) / 2 - K, the form that windows average. */
  double share, shift; /**< T = share K + shift without t; not 0 only for a layer that `starts`. */
} nt_lanes;

/** Beside those of nt_dtype, the arithmetic in which the pair pass computes samples again that are
 * nearly alike: long double. Tables of it hold doubles. */
enum { NT_WIDE = NT_FLOAT32 + 1, NT_DTYPES };

/** The map of an NT_MAP layer over lanes, with the next Dense in the same loop. For lanes i < n
 *
 *     K_out = kf F + k0                    T_out = tf F + tt T Fdot + t0
 *
 * where F = F(q11, q22, K) and Fdot are the layer's own and the coefficients those of `post`. That
 * is all for a layer that takes K. What it may rely on:
 *
 * - q11 and q22 come only as the tables that the layer made of them; q itself if it has no
 *   `tables`.
 * - Padding lanes hold finite numbers of no meaning (zeros, or copies of other lanes); infinities
 *   and NaN that the map makes of them are dropped. Every lane is to be computed by the same
 *   instructions, so no special remainder: then bits do not depend on a pair's place in a buffer.
 * - k, t, k_out and t_out are aligned to 64 bytes, tables to their numbers. k_out is k or does
 *   not overlap it, and likewise t_out and t: read a lane before writing it.
 * - k_out is always there. t is NULL with t_out there only where T = 0 before the layer, directly
 *   behind the inputs, which needs_gaussian excludes; or where T = share K + shift, if it `starts`.
 * - Threads call it at the same time, for different lanes.
 *
 * A layer that takes_d reads D = sqrt(q11 q22) - K and can give either form:
 *
 *     K_out = kf F + kd D' + k0,   D' = sqrt(q11' q22') - F,  q' = F(q, q, q)
 *
 * with `mean` both in the form (q11 + q22) / 2 - K, which is D + (sqrt(q11) - sqrt(q22))^2 / 2.
 * kd = 0 asks for K; kf = k0 = 0 asks for D, with a bias if bias1 and bias2 are there. Dense with
 * W_std^2 = kd and b_std^2 = b then makes variances kd q' + b, so that with r = sqrt(kd q') and
 * e = sqrt(kd q' + b) - r, which are the two tables of bias1 (r1, e1) and bias2 (r2, e2),
 *
 *     K_out = kd D' - (e1 - e2) ((r1 - r2) + (e1 - e2) / 2)
 *
 * addressed like the tables: e1 = bias1[ld1 + i], e2 = bias2[ld2 + i], with one2 bias2[ld2]. */
typedef void (*nt_map_fn)(const void *cfg, const nt_lanes *lanes, const nt_post *post);

/** A layer. Fields that are absent are NULL or 0. All functions are local, keep no state, and may
 * be called by several threads. NT_MAP needs self and the maps in double and float, NT_AFFINE,
 * NT_GLOBAL and NT_DROPOUT affine, NT_WINDOW affine and taps, NT_POOL taps, NT_NORM norm,
 * NT_WEIGHTED_SUM weights, NT_MIX side_size, work_size, side and mix; an elementwise layer usually
 * sets needs_gaussian, remasks and gaussian = NT_NO.
 * Examples: any file of src/layer, and tests/examples/outside/square.c. */
typedef struct nt_layer_ops {
  const char *name;     /**< As in neural_tangents.stax: "Relu". */
  const char *formula;  /**< One line for people. */
  const char *kernel;   /**< K' and T' by K = q12, T and the variances q11, q22; NULL: not said. */
  const char *source;   /**< Paper of the kernel. */
  const char *limits;   /**< What it cannot do, and what to take instead; NULL: nothing to say. */
  size_t cfg_size;      /**< sizeof(cfg); 0: no arguments. */
  size_t full_size;     /**< Bytes of a layer's own copy of cfg, with what `prepare` puts behind the
                         * arguments; 0: cfg_size. */
  const void *defaults; /**< A cfg with the default arguments. */
  const nt_opt *opts;   /**< [n_opts] In the order of positional arguments. */
  int n_opts;
  nt_action action;
  bool needs_gaussian; /**< Error when the input is not Gaussian. */
  bool concatenates;   /**< Channels of the inputs stand side by side (FanInConcat). */
  bool remasks;        /**< Covariances of masked entries become 0. */
  nt_bool gaussian;    /**< is_gaussian of the output: NT_YES, NT_NO, or NT_MAYBE for unchanged. */

  /** Checks of the arguments that the table cannot express. */
  nt_status (*check)(const void *cfg, nt_error *err);
  /** Compute once, of checked arguments, what stands behind them in the layer's own copy
   * (zero before). What it allocates, `release` frees, also after an error. */
  nt_status (*prepare)(void *cfg, nt_error *err);
  void (*release)(void *cfg);
  /** What people should know of a layer with these arguments, for `ntmpi plan`: one
   * line into `out` of `size` bytes, such as the degree of a quadrature and the
   * accuracy it reaches. NULL: nothing. */
  void (*describe)(const void *cfg, char *out, size_t size);
  /** Requirements; NULL: none. Of an elementwise layer: {.has_diagonal = true, .input = NT_YES,
   * .output = NT_NO, .diagonal_batch = NT_MAYBE}. One on positions also says where samples and
   * channels are (has_axes): where none does, a Flatten has the inputs read as vectors. */
  nt_requirement (*require)(const void *cfg);
  /** Shapes, axes and flags of the output. NULL: unchanged. *out begins as a copy of in[0]. */
  nt_status (*shape)(const void *cfg, int n_in, const nt_facts *in, nt_facts *out, nt_error *err);
  /** Mask rule: from in [positions_in][channels_in] to out [positions_out][channels_out], bytes
   * 0/1, one sample; the channel size of out is 1 or that of *out_facts. NULL: unchanged. */
  void (*mask)(const void *cfg, int64_t positions, int64_t channels, const unsigned char *in,
               unsigned char *out);
  /** The same where it takes more: of sample `index` of its set, [positions][channels]. */
  void (*mask_of)(const void *cfg, const nt_facts *in, const nt_facts *out, int64_t index,
                  int64_t channels, const unsigned char *from, unsigned char *to);
  /** Channel size of the mask after `mask`, given the one before. NULL: unchanged. */
  int64_t (*mask_channels)(int64_t positions, int64_t channels);
  /** What masks that differ between channels do here that they must not, and what to do instead, as
   * the end of a message; it gives NULL, or is NULL: they may come in. */
  const char *(*joined_mask)(const void *cfg);

  /** NT_AFFINE, NT_WINDOW: the coefficients. NT_GLOBAL: k and tt. NT_DROPOUT: k. */
  nt_affine (*affine)(const void *cfg, const nt_facts *in);
  /** NT_WEIGHTED_SUM: the weights. */
  void (*weights)(const void *cfg, int n_in, const nt_facts *in, double *w);

  /** NT_WINDOW, NT_POOL: taps of spatial axis `axis` of the output, made by nt_taps_create. */
  nt_status (*taps)(const void *cfg, const nt_facts *in, const nt_facts *out, int axis,
                    nt_taps *taps, nt_error *err);
  nt_mask_rule mask_rule;
  /** Whether a layer acts on the axis of the samples, so that a sample of its output is made of
   * several, or of other ones, of its inputs. What it does to positions comes first (nothing
   * without positions, and for several inputs), `sample_taps` follow. NULL: never. */
  bool (*mixes_samples)(const void *cfg, const nt_facts *in);
  /** Taps of such a layer for input number `input` on the samples of x1 (which 0) or x2 (1): as
   * those of NT_POOL, but with samples in the place of positions, and equal positions of all of
   * them. Where only the output has positions, its rows (sample, position) read samples. One tap
   * each with diagonal_batch. */
  nt_status (*sample_taps)(const void *cfg, int n_in, const nt_facts *in, int input, int which,
                           nt_taps *taps, nt_error *err);
  /** Taps that the mask rule looks at. NULL: `taps`. */
  nt_status (*mask_taps)(const void *cfg, const nt_facts *in, const nt_facts *out, int axis,
                         nt_taps *taps, nt_error *err);
  /** NT_WINDOW: the position that stays of spatial axis `axis_in` of the input, which the output
   * has not, or -1 for an axis that the output has. NULL: all axes stay. */
  int64_t (*fixed)(const void *cfg, const nt_facts *in, int axis_in);
  /** NT_WEIGHTED_SUM: the spatial axis along which the inputs stand side by side,
   * positions of different inputs being uncorrelated: then there are no weights. -1
   * (NULL: always) for a sum with weights. */
  int (*concat_axis)(const void *cfg, const nt_facts *in);
  bool separate;      /**< NT_WINDOW: different positions become uncorrelated (ConvLocal). */
  bool mean_unmasked; /**< NT_GLOBAL: where there are masks, the mean over the other positions. */
  /** NT_MIX: numbers that a sample needs, and that one call of mix needs. */
  int64_t (*side_size)(const void *cfg, const nt_facts *in, const nt_facts *out);
  int64_t (*work_size)(const void *cfg, const nt_facts *in, const nt_facts *out);
  /** NT_MIX: what a sample brings into all of its pairs (the weights of its positions). */
  nt_status (*side)(const void *cfg, const nt_facts *in, const nt_facts *out,
                    const nt_mix_sample *sample, double *side, nt_error *err);
  /** NT_MIX: K' and T' of a pair. With both samples the same it gives the variance. */
  void (*mix)(const void *cfg, const nt_facts *in, const nt_facts *out, const nt_mix *mix);
  /** NT_MIX: whether the mean over p of K'(p, p) is a weighted sum of K over all pairs of
   * positions, of T' one of K and T. NULL: it is not. */
  bool (*weighs)(const void *cfg);
  /** NT_MIX that weighs: the weights W of a pair (K, T, K', T' are not there), [p_in][p_in]; the
   * means are kf sum W K + k0, and tf sum W K + tt sum W T + t0. */
  nt_post (*weigh)(const void *cfg, const nt_facts *in, const nt_facts *out, const nt_mix *mix,
                   double *weight);
  /** NT_MIX that takes_pattern: whether a pattern, [samples] and more axes, fits the input. */
  nt_status (*check_pattern)(const void *cfg, const nt_facts *in, const nt_shape *pattern,
                             nt_error *err);
  bool mixes_by_own;  /**< NT_MIX: side reads the covariance of the sample with itself. */
  bool takes_pattern; /**< NT_MIX: side reads the pattern of the sample. */
  /** NT_NORM: what is averaged over. */
  nt_norm (*norm)(const void *cfg, const nt_facts *in);

  /** NT_MAP: number of tables per argument, 0 ... NT_MAX_TABLES. */
  int n_tables;
  /** NT_MAP: the number for a layer with these arguments, at most n_tables. NULL: n_tables. */
  int (*count_tables)(const void *cfg);
  /** NT_MAP: tables of n variances, table[r][i], finite for q >= 0. NULL: one table, q. Any n. */
  void (*tables)(const void *cfg, int64_t n, const double *q, double *const *table);
  /** NT_MAP: q_out = F(q, q, q) and dot = Fdot(q, q, q) of n variances, any n. With the bits of the
   * map (kf = 1, tt = 1) duplicates of a sample get the kernel of the sample with itself. */
  void (*self)(const void *cfg, int64_t n, const double *q, double *q_out, double *dot);
  /** NT_MAP: the map, in double [NT_FLOAT64], in float [NT_FLOAT32], and in long double [NT_WIDE]:
   * NULL there, samples that are nearly alike are not computed again in a network with it. */
  nt_map_fn map[NT_DTYPES];
  bool takes_d; /**< The map reads D, and can give D': for kernels with a root at D = 0 (Relu). */
  bool starts;  /**< If takes_d: the map in the form `mean` makes T of share and shift. */
  /** NT_MAP that does not take D: from D to D' (kf = k0 = 0, kd != 0), where a layer behind takes
   * D. It reads and gives what the map of a layer that takes_d does. NULL: the engine converts, and
   * D' has the digits that K has left; better so for layers that grow faster than their inputs,
   * since (q11 + q22) / 2 - K of variances orders of magnitude apart has few digits of K. */
  nt_map_fn difference[NT_DTYPES];
} nt_layer_ops;

/** In the table of a layer: that its arguments are cfg_type, its default arguments
 * `default_cfg` and its options those of the array `rows`. */
#define NT_ARGUMENTS(cfg_type, default_cfg, rows)                                                  \
  .cfg_size = sizeof(cfg_type), .defaults = &(default_cfg), .opts = (rows),                        \
  .n_opts = sizeof(rows) / sizeof(rows)[0]

#ifdef __cplusplus
}
#endif
#endif

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
enum { NT_MAX_TABLES = 4 };

/** What a layer does to covariances. */
typedef enum nt_action {
  NT_KEEP,         /**< Nothing (Identity). */
  NT_AFFINE,       /**< K' = k K + k0;  T' = tk K + tt T + t0, at every position alike. */
  NT_MAP,          /**< Elementwise: K' = F(q11, q22, K);  T' = T Fdot(q11, q22, K). */
  NT_FAN_OUT,      /**< n copies. */
  NT_WEIGHTED_SUM, /**< K' = sum_b w_b K_b;  T' = sum_b w_b T_b. */
  NT_PRODUCT,      /**< K' = prod_b K_b;  T' = sum_b T_b prod_{a != b} K_a. */
  NT_FLATTEN       /**< K' = mean over positions of K(p, p);  T' likewise. */
} nt_action;

/** Coefficients of NT_AFFINE. A variance is a K. */
typedef struct nt_affine {
  double k, k0, tk, tt, t0;
} nt_affine;

/** What follows a map in the same loop: K' = kf F + kd D' + k0;  T' = tf F + tt T Fdot + t0.
 * The engine folds the next Dense into it, and chooses K or D as the form of the result. */
typedef struct nt_post {
  double kf, kd, k0, tf, tt, t0;
} nt_post;

/** Lanes of pairs, in the arithmetic of the pair pass (double or float). */
typedef struct nt_lanes {
  int64_t n;                   /**< A multiple of NT_LANES. */
  const void *k, *t;           /**< [n] K or D (see nt_layer_ops.takes_d), and T; t may be NULL. */
  void *k_out, *t_out;         /**< [n] May be k and t themselves; t_out NULL: no NTK wanted. */
  const void *table1, *table2; /**< [n_tables][ld1], [n_tables][ld2]. */
  int64_t ld1, ld2;
  const void *bias1,
      *bias2; /**< [2][ld1], [2][ld2] What a bias adds to D' (map.h); NULL: nothing. */
  bool one2;  /**< All lanes share one second argument: table2 is [n_tables][1]
                                       with ld2 = 1. */
} nt_lanes;

typedef void (*nt_map_fn)(const void *cfg, const nt_lanes *lanes, const nt_post *post);

/** A layer. Fields that are absent are NULL or 0. All functions are local and keep no state. */
typedef struct nt_layer_ops {
  const char *name;     /**< As in neural_tangents.stax: "Relu". */
  const char *formula;  /**< One line for people. */
  const char *source;   /**< Paper of the kernel. */
  size_t cfg_size;      /**< sizeof(cfg); 0: no arguments. */
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
  /** Requirements; NULL: none. */
  nt_requirement (*require)(const void *cfg);
  /** Shapes, axes and flags of the output. NULL: unchanged. *out begins as a copy of in[0]. */
  nt_status (*shape)(const void *cfg, int n_in, const nt_facts *in, nt_facts *out, nt_error *err);
  /** Mask rule: from in [positions_in][channels_in] to out [positions_out][channels_out], bytes
   * 0/1, one sample; the channel size of out is 1 or that of *out_facts. NULL: unchanged. */
  void (*mask)(const void *cfg, int64_t positions, int64_t channels, const unsigned char *in,
               unsigned char *out);
  /** Channel size of the mask after `mask`, given the one before. NULL: unchanged. */
  int64_t (*mask_channels)(int64_t positions, int64_t channels);

  /** NT_AFFINE: the coefficients. */
  nt_affine (*affine)(const void *cfg, const nt_facts *in);
  /** NT_WEIGHTED_SUM: the weights. */
  void (*weights)(const void *cfg, int n_in, const nt_facts *in, double *w);

  /** NT_MAP: number of tables per argument (at most NT_MAX_TABLES). */
  int n_tables;
  /** NT_MAP: tables of n variances, table[r][i]. */
  void (*tables)(const void *cfg, int64_t n, const double *q, double *const *table);
  /** NT_MAP: q_out = F(q, q, q) and dot = Fdot(q, q, q) of n variances. */
  void (*self)(const void *cfg, int64_t n, const double *q, double *q_out, double *dot);
  /** NT_MAP: the map, in double [NT_FLOAT64] and in float [NT_FLOAT32]. */
  nt_map_fn map[2];
  bool takes_d; /**< lanes.k holds D, and the map can give D' (else it holds K and gives K'). */
} nt_layer_ops;

#ifdef __cplusplus
}
#endif
#endif

/** The sample pass from inside: sample_pass.c is the order of work, sample_nodes.c the variance of
 * each kind of node (sample_window.c and sample_positions.c where positions meet), sample_masks.c
 * its mask, sample_rows.c the tables, sample_sides.c what layers that mix positions need. */
#ifndef NT_KERNEL_SAMPLE_IMPL_H
#define NT_KERNEL_SAMPLE_IMPL_H

#include "kernel/panel.h"
#include "kernel/tile_impl.h"

/** A node over (sample, position). */
typedef struct nt_own {
  int64_t positions;
  double *v, *t;       /**< NULL: not wanted, or not known yet. In nt_pass.room. */
  double *scale;       /**< NT_NORM: 1 / sqrt(v). Pools of a D: the rows of NT_ROW_POOL. */
  double *rest;        /**< What a row has beyond a double: the first of NT_ROW_POOL; of a node
                        * that goes by K, NT_ROW_HALF or NT_ROW_ROOT. Else NULL. */
  unsigned char *mask; /**< [sample][position][mask channels] */
} nt_own;

typedef struct nt_pass {
  nt_error *err;
  const nt_plan *plan;
  nt_panel *panel;
  nt_workspace *ws;
  int64_t first, count; /**< Samples of the panel in hand. */
  double *room;         /**< For the values of all nodes, and what is left of it. */
  int64_t used;
  nt_own *own; /**< [n_nodes] */
  int *ran;    /**< [n_nodes] The region that runs the own planes which V takes. */
} nt_pass;

/** Of NT_GLOBAL node n, of one sample: positions over those that are not masked, where these alone
 * count; else 1. Parallel: Local. */
double nt_unmasked_ratio(const nt_pass *p, int n, int64_t sample);

/** Number of (sample, position) of node n. Parallel: Local. */
static inline int64_t nt_own_entries(const nt_pass *p, int n)
{
  return p->count * p->own[n].positions;
}

/** The mask of node n from those of its inputs. Parallel: Local. */
nt_status nt_own_mask(nt_pass *p, int n) NT_WARN_UNUSED;
/** Variance and NTK of node n from those of its inputs, into a place that holds anything.
 * Parallel: Local. */
nt_status nt_own_values(nt_pass *p, int n) NT_WARN_UNUSED;
/* nt_own_values of single kinds. Parallel: Local. */

nt_status nt_own_window(nt_pass *p, int n) NT_WARN_UNUSED;
nt_status nt_own_norm(nt_pass *p, int n) NT_WARN_UNUSED;
/** NT_GLOBAL in the diagonal layout, where positions are uncorrelated. */
void nt_own_global_diagonal(nt_pass *p, int n);
/** Behind a layer that mixes positions: from what the own planes of the one sample in hand left. */
nt_status nt_own_mixed(nt_pass *p, int n) NT_WARN_UNUSED;
/** NT_MIX without positions: one number, whose weight the sides hold already. */
nt_status nt_own_mix_one(nt_pass *p, int n) NT_WARN_UNUSED;

/** What the layer that mixes, node n, needs of each sample. Parallel: Local. */
nt_status nt_own_side(nt_pass *p, int n, const char *tensor) NT_WARN_UNUSED;
/** What layers that mix in this region need of each sample. Parallel: Local. */
nt_status nt_own_sides(nt_pass *p, int region) NT_WARN_UNUSED;
/** All rows of a region. Parallel: Local. */
nt_status nt_own_rows(nt_pass *p, int region) NT_WARN_UNUSED;

/** Sums over the taps of NT_WINDOW `node` along the axes behind `axis` (-1: all), of the values of
 * `count` samples. Of NT_POOL with the weights of one argument; else of both.
 * \param [in] in     [count][positions of the input], axes in the order of those of the output.
 * \param [out] work  [nt_window_room], not `in` nor `out`.
 * \param [out] out   [count][positions of the result], not `in`. Parallel: Local. */
void nt_window_sums(const nt_node *node, int axis, int64_t count, const double *in, double *work,
                    double *out);
/** Numbers of `work`. Parallel: Local. */
int64_t nt_window_room(const nt_node *node, int64_t count);
/** Positions of a sample in the largest stage of the sums. Parallel: Local. */
int64_t nt_window_positions(const nt_node *node);
/** Positions of a sample that the sums read: without those beside the one that stays of an axis.
 * Parallel: Local. */
int64_t nt_window_inputs(const nt_node *node);
/** The positions of the input of `node` in the order of the axes of its output. Parallel: Local. */
void nt_window_transpose(const nt_node *node, const nt_facts *in, const double *x, double *y);

#endif

/** A network with layers that act on the samples (barriers), cut into stages that do not.
 *
 *     stage 0                     barrier              stage 1
 *     samples -> ... -> node b -> new samples of b -> given kernel -> ... -> outputs
 *
 * A stage is a plan of its own: its inputs are the samples (stage 0) or kernels of earlier
 * stages, its outputs the kernels that later stages, barriers, or the network's outputs take: its
 * *kept* nodes. All samples in a stage are the same ones. A barrier of one input is computed in
 * its stage as far as it acts on positions; the samples follow, between two stages. One of
 * several inputs has no other part. */
#ifndef NT_PLAN_CUT_H
#define NT_PLAN_CUT_H

#include "plan/plan_impl.h"

typedef struct nt_cut {
  const nt_plan *whole; /**< Borrowed. */
  int n_stages;
  /** [n_nodes] Of the whole: the stage that computes it; -1: it is not needed. Of a barrier of
   * several inputs, the stage that it follows. */
  int *stage;
  int *last;  /**< [n_nodes] The last stage that reads its kernel; n_stages: an output. */
  bool *kept; /**< [n_nodes] Whether it leaves its stage as a kernel. */
  /** [n_nodes] Of a barrier that is an output of the network: the stage that takes its kernel and
   * gives it back, exactly symmetric; -1. */
  int *shown;
} nt_cut;

/** Cut. \param [out] cut  Owned; borrows `whole`. Parallel: Local. */
nt_status nt_cut_create(nt_error *err, const nt_plan *whole, nt_cut **cut) NT_WARN_UNUSED;
/** Free and set to NULL. Parallel: Local. */
void nt_cut_destroy(nt_cut **cut);

/** Whether node `n` of the whole is a barrier of several inputs. Parallel: Local. */
static inline bool nt_cut_joins(const nt_plan *whole, int n)
{
  return whole->node[n].barrier && whole->node[n].ops->action == NT_WEIGHTED_SUM;
}

/** The plan of stage number `s`. Its nodes know those of the whole (origin).
 * \param [in] request  What is asked of it, arithmetic and tile.
 * \param [out] plan  Owned. Parallel: Local. */
nt_status nt_cut_stage(nt_error *err, const nt_cut *cut, int s, const nt_request *request,
                       nt_plan **plan) NT_WARN_UNUSED;

#endif

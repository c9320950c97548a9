/** For the files that find the facts of nodes. */
#ifndef NT_PLAN_FACTS_H
#define NT_PLAN_FACTS_H

#include "plan/plan_impl.h"

/** Those of an input. \return NT_ERR_SHAPE. Parallel: Local. */
nt_status nt_facts_of_input(nt_error *err, const nt_plan *plan, nt_node *node,
                            const nt_input *input, const nt_leaf_axes *axes) NT_WARN_UNUSED;
/** Whether a node may read node `n`. \return NT_ERR_SHAPE. Parallel: Local. */
nt_status nt_facts_check(nt_error *err, const nt_plan *plan, const nt_node *node,
                         int n) NT_WARN_UNUSED;
/** Action, taps and norm of a node whose shape is known; `in` are the facts of its inputs.
 * \return NT_ERR_SHAPE, NT_ERR_UNSUPPORTED, NT_ERR_NOMEM. Parallel: Local. */
nt_status nt_facts_find_action(nt_error *err, nt_node *node, const nt_facts *in) NT_WARN_UNUSED;
/** Weights of a sum, or where its inputs stand along the axis of a concatenation.
 * Parallel: Local. */
nt_status nt_facts_find_weights(nt_error *err, nt_node *node, const nt_facts *in) NT_WARN_UNUSED;
/** Channels of its masks, and whether it masks again. \return NT_ERR_UNSUPPORTED.
 * Parallel: Local. */
nt_status nt_facts_find_mask(nt_error *err, nt_node *node, const nt_facts *in) NT_WARN_UNUSED;

#endif

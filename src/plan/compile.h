/** For the files that make a program: what they know of every node, and the pieces they share. */
#ifndef NT_PLAN_COMPILE_H
#define NT_PLAN_COMPILE_H

#include "plan/plan_impl.h"

typedef struct nt_value {
  bool wants_d, d; /* some reader takes D; form of the value */
  int readers;     /* demanded readers; an output counts */
  int folded;      /* the affine node folded into this one, or -1 */
  bool folds;      /* this affine node is folded into its input */
  int region, slot;
  int left; /* readers to come */
  int tile; /* number as a tile value, or -1 */
} nt_value;

typedef struct nt_compiler {
  nt_error *err;
  const nt_plan *plan;
  nt_program *program;
  nt_value *value;
  bool *slot_used; /* [program->n_slots] */
} nt_compiler;

/** Whether the pair pass needs this node. Parallel: Local. */
static inline bool nt_demanded(const nt_node *node) { return node->want_k || node->want_t; }

/** Forms, readers and foldings of all nodes. Parallel: Local. */
void nt_compile_survey(nt_compiler *c);
/** Steps of all regions with positions (`spatial`), or of the one without. Parallel: Local. */
nt_status nt_compile_steps(nt_compiler *c, bool spatial) NT_WARN_UNUSED;

/** The region of a node's positions and layout. Parallel: Local. */
nt_status nt_compile_region(nt_compiler *c, const nt_node *node, int *number) NT_WARN_UNUSED;
/** Table rows of a node's variances in a region, made once for all steps that read the same. Local. */
nt_status nt_compile_rows(nt_compiler *c, int region, int node, nt_row_kind kind, int reader,
                          int *row) NT_WARN_UNUSED;
/** A new step with n_in inputs, the last of its region. Parallel: Local. */
nt_status nt_compile_add(nt_compiler *c, int region, nt_step step, int n_in,
                         nt_step **out) NT_WARN_UNUSED;
/** A free slot. Parallel: Local. */
nt_status nt_compile_slot(nt_compiler *c, int *slot) NT_WARN_UNUSED;

#endif

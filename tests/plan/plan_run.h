/** For the tests of plans: from a network text to a plan. */
#ifndef NT_TEST_PLAN_RUN_H
#define NT_TEST_PLAN_RUN_H

#include "plan/plan_impl.h"

/** A plan of `network` for one or several leaves, nested as a list if n > 1. */
typedef struct nt_planned {
  nt_layer *net;
  nt_plan *plan;
} nt_planned;

/** Parallel: Local. */
nt_status nt_make_plan(nt_error *err, const char *network, int n, const nt_input *inputs,
                       const nt_request *request, nt_planned *planned);
/** Free both. Local. */
void nt_free_plan(nt_planned *planned);
/** x1 = x2 of this shape. Local. */
nt_input nt_input_of(nt_shape shape);

#endif

/* Whether x1 and x2 are the same samples: Dropout then acts on each of them with itself. */
#include "base/check.h"
#include "kernel/job.h"

#include <math.h>

bool nt_kernel_job_drops(const nt_kernel_job *job)
{
  const nt_plan *plan = job->plan;
  bool drops = false;
  for (int n = 0; n < plan->n_nodes; n++)
    drops |= plan->node[n].action == NT_DROPOUT;
  return drops;
}

static nt_status same_values(nt_ctx *ctx, const nt_samples *a, const nt_samples *b, bool *same)
{
  nt_status status = NT_OK;
  int equal = a->dtype == b->dtype;
  const int64_t entries = a->local_n * a->positions * a->channels;
  *same = false;
  if (!nt_shape_equal(&a->shape, &b->shape)) return NT_OK;
  for (int64_t i = 0; equal && i < entries; i++) {
    const double d = a->dtype == NT_FLOAT64
                         ? ((const double *)a->data)[i] - ((const double *)b->data)[i]
                         : (double)(((const float *)a->data)[i] - ((const float *)b->data)[i]);
    equal = fabs(d) < 1e-12;
  }
  NT_TRY_MPI(ctx, MPI_Allreduce(MPI_IN_PLACE, &equal, 1, MPI_INT, MPI_LAND, nt_ctx_comm(ctx)));
  *same = equal != 0;
done:
  return status;
}

/* Behind the inputs it is a fact about the first of them, as in the reference. */
static void pass_on(nt_plan *plan)
{
  for (int n = plan->n_leaves; n < plan->n_nodes; n++)
    plan->node[n].facts.x1_is_x2 = plan->node[plan->node[n].in[0]].facts.x1_is_x2;
  for (int n = 0; plan->near != NULL && n < plan->n_nodes; n++)
    plan->near->node[n].facts.x1_is_x2 = plan->node[n].facts.x1_is_x2;
}

nt_status nt_kernel_job_compare(nt_kernel_job *job, const nt_side *side1, const nt_side *side2)
{
  nt_status status = NT_OK;
  nt_ctx *ctx = nt_grid_ctx(job->grid);
  for (int l = 0; l < side1->n_leaves; l++)
    NT_TRY(same_values(ctx, side1->leaf[l], side2->leaf[l], &job->plan->node[l].facts.x1_is_x2));
  pass_on(job->plan);
  for (int s = 0; job->stage != NULL && s < job->stages.n; s++) {
    nt_plan *stage = job->stage[s]->plan;
    for (int n = 0; n < stage->n_nodes; n++)
      stage->node[n].facts.x1_is_x2 = job->plan->node[stage->origin[n]].facts.x1_is_x2;
  }
done:
  return status;
}

/** Patterns of Aggregate, which come with the samples. */
#include "kernel/job.h"

#include "base/check.h"
#include "net/net_impl.h"

/* The pattern of x1 (0) or x2 (1) against the samples and a layer that takes it. */
static nt_status check_layer(nt_error *err, const nt_plan *plan, const nt_node *node,
                             const nt_shape *pattern, int which)
{
  nt_status status = NT_OK;
  char where[200];
  nt_error inner = {.status = NT_OK};
  const int64_t n = nt_plan_samples(plan, which);
  NT_CHECK(pattern->dim[0] == n, err, NT_ERR_SHAPE,
           "%s: the pattern of x%d is one of %lld samples, but here x%d has %lld%s",
           nt_layer_where(node->layer, where, sizeof where), which + 1, (long long)pattern->dim[0],
           which + 1, (long long)n, which == 1 ? ": give its own (pattern2)" : "");
  if (node->ops->check_pattern == NULL) return NT_OK;
  status = node->ops->check_pattern(node->cfg, &plan->node[node->in[0]].facts, pattern, &inner);
  NT_CHECK(status == NT_OK, err, status, "%s: the pattern of x%d: %s",
           nt_layer_where(node->layer, where, sizeof where), which + 1, inner.message);
done:
  return status;
}

static nt_status check_node(nt_error *err, const nt_kernel_job *job, const nt_node *node,
                            const nt_patterns *p)
{
  nt_status status = NT_OK;
  char where[200];
  nt_layer_where(node->layer, where, sizeof where);
  NT_CHECK(p->none || p->one != NULL || p->two != NULL, err, NT_ERR_ARG,
           "%s takes a pattern, which was not given: give one (--pattern P), or none (--pattern "
           "none) for the identity",
           where);
  if (job->symmetric && p->one != NULL) return check_layer(err, job->plan, node, p->one, 0);
  NT_CHECK((p->one == NULL) == (p->two == NULL) || job->symmetric, err, NT_ERR_UNSUPPORTED,
           "%s: a pattern of x%d alone is not available: give both, or none", where,
           p->one == NULL ? 2 : 1);
  if (p->one == NULL) return NT_OK;
  NT_TRY(check_layer(err, job->plan, node, p->one, 0));
  NT_TRY(check_layer(err, job->plan, node, p->two, 1));
done:
  return status;
}

/* Of the layers of one stage, or of the whole network. */
static nt_status check_nodes(nt_error *err, const nt_kernel_job *job, const nt_patterns *p)
{
  nt_status status = NT_OK;
  for (int n = 0; n < job->plan->n_nodes; n++) {
    const nt_node *node = &job->plan->node[n];
    if (node->ops == NULL || !node->ops->takes_pattern) continue;
    NT_TRY(check_node(err, job, node, p));
  }
done:
  return status;
}

/* Also one that is repeated no times. */
static bool takes_pattern(const nt_layer *layer)
{
  bool takes = layer->ops != NULL && layer->ops->takes_pattern;
  for (int i = 0; i < layer->n && !takes; i++)
    takes = takes_pattern(layer->child[i]);
  return takes;
}

static void set_size(nt_kernel_job *job, int64_t size)
{
  if (job->plan != NULL) job->plan->pattern_size = size;
  if (job->cov_plan != NULL) job->cov_plan->pattern_size = size;
}

nt_status nt_kernel_job_patterns(nt_kernel_job *job, const nt_patterns *p)
{
  nt_status status = NT_OK;
  nt_error *err = nt_ctx_error(nt_grid_ctx(job->grid));
  if (job->stage == NULL) NT_TRY(check_nodes(err, job, p));
  for (int s = 0; s < job->stages.n; s++)
    NT_TRY(check_nodes(err, job->stage[s], p));
  NT_CHECK((p->one == NULL && p->two == NULL) || takes_pattern(job->net), err, NT_ERR_ARG,
           "a pattern was given, but the network has no layer that takes one (Aggregate)");
  if (p->one == NULL) return NT_OK;
  const int64_t one = nt_shape_size(p->one) / p->one->dim[0];
  const int64_t two = p->two == NULL ? 0 : nt_shape_size(p->two) / p->two->dim[0];
  set_size(job, one > two ? one : two);
  for (int s = 0; s < job->stages.n; s++)
    set_size(job->stage[s], one > two ? one : two);
  NT_TRY(nt_kernel_job_count_memory(job));
done:
  return status;
}

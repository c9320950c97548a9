/** What layers that mix positions need of each sample: weights of its positions, made of its own
 * covariances, its mask, its pattern. */
#include "kernel/sample_impl.h"

#include "base/check.h"
#include "base/memory.h"
#include "layer/mask.h"
#include "net/net_impl.h"

#include <stdlib.h>

/* `tensor`: what the own planes of the one sample have left, or NULL without positions. */
nt_status nt_own_side(nt_pass *p, int n, const char *tensor)
{
  nt_status status = NT_OK;
  const int mix = nt_mix_number(p->plan->program, n);
  const nt_node *node = &p->plan->node[n], *source = &p->plan->node[node->in[0]];
  const int64_t positions = nt_facts_positions(&source->facts), size = nt_side_size(p->plan, mix);
  void *masks = NULL, *matrix = NULL;
  NT_TRY(nt_alloc(p->err, positions, 1, "a mask", &masks));
  NT_TRY(nt_alloc(p->err, positions * positions, sizeof(double), "a covariance", &matrix));
  for (int64_t i = 0; i < p->count; i++) {
    nt_mix_sample sample = {.index = p->panel->first + p->first + i};
    if (node->ops->takes_pattern) sample.pattern_shape = p->panel->pattern_shape;
    if (node->ops->takes_pattern && p->panel->pattern != NULL)
      sample.pattern = p->panel->pattern + (p->first + i) * p->panel->pattern_size;
    if (p->own[node->in[0]].mask != NULL) {
      const int64_t channels = source->mask_channels;
      nt_mask_join(NULL, positions, channels, p->own[node->in[0]].mask + i * positions * channels,
                   masks);
      sample.mask = masks;
    }
    if (node->ops->mixes_by_own) {
      if (tensor != NULL)
        p->ws->lanes->to_double(positions * positions, tensor, matrix);
      else
        *(double *)matrix = p->own[node->in[0]].v[i];
      sample.k = matrix;
    }
    status = node->ops->side(node->cfg, &source->facts, &node->facts, &sample,
                             p->panel->side[mix] + (p->first + i) * size, p->err);
    NT_TRY(nt_layer_blame(node->layer, p->err, status));
  }
done:
  free(masks);
  free(matrix);
  return status;
}

nt_status nt_own_sides(nt_pass *p, int number)
{
  nt_status status = NT_OK;
  const nt_region *region = &p->plan->program->region[number];
  for (int s = 0; s < region->n_steps; s++) {
    const nt_step *step = &region->step[s];
    if (step->kind != NT_STEP_MIX) continue;
    const bool planes = region->space.rank > 0;
    NT_TRY(nt_own_side(p, step->node, planes ? p->ws->tensor[step->leaf].k : NULL));
  }
done:
  return status;
}

/** What is read of the results of layers that mix all positions: all pairs, the pairs of equal
 * positions, or the mean of these alone. The mean may be a weighted sum over all pairs of the
 * layer's input, which the planes add up as they come: then their order is needed. */
#include "plan/compile.h"

#include "base/check.h"
#include "base/memory.h"
#include "net/net_impl.h"

/* Whether a frame holds the pairs of equal positions, and no others. */
static bool is_diagonal(const nt_frames *frames, int frame)
{
  bool equal = true;
  for (int a = 0; equal && a < frames->frame[frame].rank; a++)
    equal = nt_line_is_diagonal(nt_frame_line(frames, frame, a));
  return equal;
}

/* Whether steps of a region read the slot of its step `load` for its mean alone. */
static bool reads_mean(const nt_region *region, const nt_step *load)
{
  bool mean = true;
  for (int s = 0; s < region->n_steps; s++) {
    const nt_step *step = &region->step[s];
    const bool flatten = step->kind == NT_STEP_FLATTEN && step->fixed < 0;
    for (int i = 0; i < step->n_in; i++)
      mean = mean && (step->in[i].slot != load->out || flatten);
  }
  return mean;
}

/* What all regions read of the tensor of a step that mixes. */
static void find_part(const nt_program *program, nt_step *mix)
{
  bool diagonal = true, mean = true;
  for (int r = 0; r < program->n_regions; r++) {
    const nt_region *region = &program->region[r];
    for (int s = 0; s < region->n_steps; s++) {
      const nt_step *step = &region->step[s];
      if (step->kind != NT_STEP_TENSOR || step->leaf != mix->out) continue;
      diagonal = diagonal && is_diagonal(&program->frames, step->frame);
      mean = mean && reads_mean(region, step);
    }
  }
  mix->part = diagonal ? NT_MIX_DIAGONAL : NT_MIX_ALL;
  mix->weighs = diagonal && mean;
}

/* Places of the lanes of a plane in the matrix [position][position], from its groups. */
static void place_plane(const nt_frames *frames, int frame, const int *group, int64_t positions,
                        int32_t *place)
{
  int64_t lanes = 1, stride = 1;
  place[0] = 0;
  for (int a = frames->frame[frame].rank - 1; a >= 0; a--) {
    const nt_line *line = nt_frame_line(frames, frame, a);
    const nt_cells *cells = &line->group[group[a]];
    for (int32_t c = cells->n - 1; c >= 0; c--) {
      const int64_t at = (cells->x1[c] * positions + cells->x2[c]) * stride;
      for (int64_t l = 0; l < lanes; l++)
        place[c * lanes + l] = place[l] + (int32_t)at;
    }
    lanes *= cells->n;
    stride *= line->size;
  }
}

enum { MOST_POSITIONS = 46340 }; /* whose pairs int32_t numbers */

/* ... of all planes of a region. */
static nt_status place_planes(nt_compiler *c, const nt_region *region, nt_tensor *tensor)
{
  nt_status status = NT_OK;
  const nt_frames *frames = &c->program->frames;
  const nt_frame *frame = &frames->frame[region->frame];
  int64_t planes = 1;
  for (int a = 0; a < frame->rank; a++)
    planes *= nt_frame_line(frames, region->frame, a)->groups;
  NT_CHECK(tensor->positions <= MOST_POSITIONS, c->err, NT_ERR_UNSUPPORTED,
           "an input of %lld positions; a layer that mixes them can have %d at most",
           (long long)tensor->positions, MOST_POSITIONS);
  NT_TRY(nt_calloc(c->err, planes * frame->lanes, sizeof(int32_t), "the order of planes",
                   &tensor->place));
  tensor->places = planes * frame->lanes;
  for (int64_t plane = 0; plane < planes; plane++) {
    int group[NT_MAX_RANK];
    int64_t rest = plane;
    for (int a = frame->rank - 1; a >= 0; a--) {
      const int groups = nt_frame_line(frames, region->frame, a)->groups;
      group[a] = (int)(rest % groups);
      rest /= groups;
    }
    place_plane(frames, region->frame, group, tensor->positions,
                tensor->place + plane * frame->lanes);
  }
done:
  return status;
}

nt_status nt_compile_mixes(nt_compiler *c)
{
  nt_status status = NT_OK;
  nt_program *program = c->program;
  for (int r = 0; r < program->n_regions; r++) {
    const nt_region *region = &program->region[r];
    for (int s = 0; s < region->n_steps; s++) {
      nt_step *step = &region->step[s];
      if (step->kind != NT_STEP_MIX || step->out < 0 || region->space.rank == 0) continue;
      const nt_node *node = &c->plan->node[step->node];
      find_part(program, step);
      /* The weights are doubles, which would leave no digits of a near pair. */
      step->weighs &= !nt_plan_is_wide(c->plan);
      step->weighs = step->weighs && node->ops->weighs != NULL && node->ops->weighs(node->cfg);
      if (!step->weighs) continue;
      NT_TRY(nt_layer_blame(node->layer, c->err,
                            place_planes(c, region, &program->tensor[step->leaf])));
    }
  }
done:
  return status;
}

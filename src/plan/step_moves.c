/* Along which axes a step moves. */
#include "plan/compile.h"

#include "base/check.h"
#include "net/net_impl.h"

static bool changes(const nt_taps *taps, int in, int out)
{
  bool same = in == out && taps->n == 1 && taps->weight == NULL;
  for (int64_t o = 0; same && o < taps->n_out; o++)
    same = taps->in[o] == o;
  return !same;
}

/* Whether a group of an axis is in one plane of a pair, and is all of it: the others have one cell. */
static bool is_alone(const nt_frames *frames, int frame, int axis)
{
  bool alone = nt_frame_line(frames, frame, axis)->groups > 1;
  for (int a = 0; a < frames->frame[frame].rank; a++)
    alone = alone && (a == axis || nt_frame_line(frames, frame, a)->most == 1);
  return alone;
}

nt_status nt_compile_moves(nt_compiler *c, const nt_node *node, bool pool, nt_step *step,
                           int *active)
{
  nt_status status = NT_OK;
  nt_frames *frames = &c->program->frames;
  const nt_frame in = frames->frame[step->frame_in], out = frames->frame[step->frame];
  *active = 0;
  for (int a = 0; a < in.rank; a++) {
    const bool needed = a == in.rank - 1 && *active == 0;
    if (!needed && !node->ops->separate && !changes(&node->taps[a], in.line[a], out.line[a]))
      continue;
    const nt_moves wanted = {.in = in.line[a],
                             .out = out.line[a],
                             .taps = &node->taps[a],
                             .pool = pool,
                             .separate = node->ops->separate,
                             .last = a == in.rank - 1,
                             .alone = is_alone(frames, step->frame_in, a)};
    status = nt_moves_make(c->err, frames, wanted, &step->moves[a]);
    NT_TRY(nt_layer_blame(node->layer, c->err, status));
    ++*active;
  }
done:
  return status;
}

bool nt_moves_have_fills(const nt_frames *frames, int moves)
{
  const nt_moves *m = &frames->moves[moves];
  for (int g = 0; g < frames->line[m->in].groups; g++) {
    if (m->group[g].n_fills > 0) return true;
  }
  return false;
}

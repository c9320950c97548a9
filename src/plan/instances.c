/** Instances: nodes in the frames in which a region reads them. */
#include "plan/compile.h"

#include "base/check.h"
#include "base/memory.h"
#include "net/net_impl.h"

#include <string.h>

static bool is_loaded(const nt_compiler *c, int n)
{
  const nt_node *node = &c->plan->node[n];
  return c->program->tile_of[n] >= 0 || nt_node_mixes(node) ||
         (node->cut && node->level < c->program->region[c->region].level);
}

/* What is looked for: loaded, a window may read its axes in another order. */
static nt_instance wanted_of(const nt_compiler *c, int n, int frame, int reader)
{
  const bool loaded = is_loaded(c, n);
  const nt_node *mover = loaded && reader >= 0 ? &c->plan->node[reader] : NULL;
  nt_instance wanted = {.node = n,
                        .frame = frame,
                        .loaded = loaded,
                        .slot = -1,
                        .mover = -1,
                        .readers = 1,
                        .next = c->value[n].first};
  if (mover != NULL && mover->action == NT_WINDOW && mover->transposes) {
    wanted.mover = reader;
    wanted.fixed = mover->fixed;
  }
  for (int a = 0; a < NT_MAX_RANK; a++)
    wanted.from[a] = wanted.mover >= 0 && a < nt_node_rank(mover) ? mover->taps[a].from : a;
  return wanted;
}

static nt_status add_instance(nt_compiler *c, nt_instance new)
{
  nt_status status = NT_OK;
  void *in;
  NT_TRY(nt_grow(c->err, c->n_instances, sizeof *c->instance, "the plan", &c->instance));
  NT_TRY(nt_calloc(c->err, c->plan->node[new.node].n_in, sizeof(int), "an instance", &in));
  new.in = in;
  c->value[new.node].first = c->n_instances;
  c->instance[c->n_instances++] = new;
done:
  return status;
}

nt_status nt_compile_find(nt_compiler *c, int n, int frame, int reader, int *number)
{
  nt_status status = NT_OK;
  const nt_instance wanted = wanted_of(c, n, frame, reader);
  for (*number = c->value[n].first; *number >= 0; *number = c->instance[*number].next) {
    nt_instance *old = &c->instance[*number];
    if (old->frame != frame || old->fixed != wanted.fixed ||
        memcmp(old->from, wanted.from, sizeof wanted.from) != 0)
      continue;
    old->readers++;
    return NT_OK;
  }
  *number = c->n_instances;
  NT_TRY(add_instance(c, wanted));
done:
  return status;
}

/* The frame of the input of a window whose result is in `frame`. */
static nt_status pull_frame(nt_compiler *c, const nt_node *node, int frame, int *pulled)
{
  nt_status status = NT_OK;
  nt_frames *frames = &c->program->frames;
  const nt_frame out = frames->frame[frame];
  int line[NT_MAX_RANK];
  for (int a = 0; a < out.rank; a++) {
    status =
        nt_line_pull(c->err, frames, &node->taps[a], node->ops->separate, out.line[a], &line[a]);
    NT_TRY(nt_layer_blame(node->layer, c->err, status));
  }
  NT_TRY(nt_frame_make(c->err, frames, out.rank, line, pulled));
done:
  return status;
}

/* The frame of one input of a concatenation. */
static nt_status pull_part(nt_compiler *c, const nt_node *node, int input, int frame, int *pulled)
{
  nt_status status = NT_OK;
  nt_frames *frames = &c->program->frames;
  nt_frame part = frames->frame[frame];
  int *line = &part.line[node->concat];
  NT_TRY(nt_line_pull(c->err, frames, &node->taps[input], false, *line, line));
  NT_TRY(nt_frame_make(c->err, frames, part.rank, part.line, pulled));
done:
  return status;
}

nt_status nt_compile_pull(nt_compiler *c, int number)
{
  nt_status status = NT_OK;
  const nt_node *node = &c->plan->node[c->instance[number].node];
  int frame = c->instance[number].frame;
  if (c->instance[number].loaded) return NT_OK;
  if (frame >= 0 && node->action == NT_WINDOW) NT_TRY(pull_frame(c, node, frame, &frame));
  for (int i = 0; i < node->n_in; i++) {
    int in, part = frame;
    if (frame >= 0 && node->concat >= 0) NT_TRY(pull_part(c, node, i, frame, &part));
    NT_TRY(nt_compile_find(c, node->in[i], part, c->instance[number].node, &in));
    c->instance[number].in[i] = in;
  }
done:
  return status;
}

/** Buffers of a thread for the regions with positions; the same code counts their bytes. */
#include "base/check.h"
#include "base/memory.h"
#include "kernel/plane_window.h"

#include <stdlib.h>

/* Tables of a sample in the order of the lanes that a view keeps. */
enum { KEPT_BYTES = 128 << 10 };

typedef struct nt_buffer_maker {
  nt_error *err;
  const nt_plan *plan;
  const nt_program *program;
  int64_t rows;     /* samples of a tile */
  nt_workspace *ws; /* NULL: only count */
  int64_t bytes;
  size_t size; /* of a number */
} nt_buffer_maker;

/* Memory for `count` things, or nothing but its size. */
static nt_status take(nt_buffer_maker *m, int64_t count, size_t size, void *place)
{
  nt_status status = NT_OK;
  void *memory = NULL;
  m->bytes += count * (int64_t)size;
  if (m->ws != NULL) {
    NT_TRY(nt_calloc(m->err, count, size, "the planes of a pair", &memory));
    *(void **)place = memory;
  }
done:
  return status;
}

static bool plain(const nt_line *line, int side) { return side == 0 ? line->plain1 : line->plain2; }

static int64_t most_fills(const nt_buffer_maker *m, int moves)
{
  const nt_moves *all = &m->program->frames.moves[moves];
  int64_t most = 1;
  for (int g = 0; g < m->program->frames.line[all->in].groups; g++) {
    if (all->group[g].n_fills > most) most = all->group[g].n_fills;
  }
  return most;
}

static int64_t most_places(const nt_buffer_maker *m, int moves)
{
  const nt_moves *all = &m->program->frames.moves[moves];
  int64_t most = 0;
  for (int g = 0; g < m->program->frames.line[all->in].groups; g++)
    most = NT_MAX(most, (int64_t)all->group[g].track.n);
  return most;
}

/* Joined planes: places for all orders of the inner axes, or for one if these are too many. */
static int kept_orders(const nt_buffer_maker *m, int region, int n_rows, int64_t ld)
{
  const nt_region *r = &m->program->region[region];
  int64_t orders = 1;
  for (int a = 1; a < r->space.rank; a++)
    orders *= nt_frame_line(&m->program->frames, r->frame, a)->groups;
  return orders * n_rows * ld * (int64_t)m->size <= KEPT_BYTES ? (int)orders : 1;
}

/* How a side of a view is brought into the order of the lanes, and what room that takes. */
static nt_view_side plan_side(const nt_buffer_maker *m, int region, const nt_view *view, int side)
{
  const nt_region *r = &m->program->region[region];
  const nt_row *row = &m->program->row[view->group];
  const nt_frame *frame = &m->program->frames.frame[view->frame];
  const nt_line *first = nt_frame_line(&m->program->frames, view->frame, 0);
  nt_view_side s = {.sample = -1, .inner = 1};
  int64_t outer = row->positions;
  for (int a = frame->rank - 1; a > view->depth; a--) {
    const nt_line *line = nt_frame_line(&m->program->frames, view->frame, a);
    const bool fills = view->fills >= 0 && a == frame->rank - 1;
    s.buffered |= fills || !plain(line, side);
    s.inner *= fills ? most_fills(m, view->fills) : line->most;
    outer /= line->size;
  }
  if (r->flat) {
    const int64_t batch = nt_plane_batch(m->plan, region, m->rows);
    return (nt_view_side){.buffered = side == 1 && batch > 1,
                          .ld_buffer = nt_padded(row->positions * batch)};
  }
  s.turns = view->lanes && !plain(first, side);
  s.doubled = s.turns && (side == 0 ? first->turns1 : first->turns2);
  s.copied = s.turns && !s.doubled;
  s.buffered |= s.doubled;
  s.ld_lanes = nt_padded(first->most * s.inner);
  s.ld_buffer = nt_padded(outer * s.inner * (s.doubled ? 2 : 1));
  if (r->joined && s.buffered) {
    s.turns = s.doubled = s.copied = false;
    s.ld_buffer = view->lanes ? s.ld_lanes : nt_padded(outer * s.inner);
    s.n_kept = kept_orders(m, region, row->n_rows, s.ld_buffer);
  }
  return s;
}

static nt_status make_side(nt_buffer_maker *m, int region, const nt_view *view, int side,
                           nt_view_side *state)
{
  nt_status status = NT_OK;
  const nt_region *r = &m->program->region[region];
  const int64_t rows = m->program->row[view->group].n_rows;
  nt_view_side s = plan_side(m, region, view, side);
  const int64_t orders = NT_MAX(s.n_kept, 1),
                n_index = s.n_kept > 0 ? orders * s.ld_buffer : s.inner;
  const bool has_index = s.buffered && !r->flat && &r->view[view->like] == view;
  if (s.n_kept > 0) NT_TRY(take(m, orders, sizeof(nt_kept), &s.kept));
  if (s.buffered) NT_TRY(take(m, orders * rows * s.ld_buffer + NT_LANES, m->size, &s.buffer));
  if (has_index) NT_TRY(take(m, n_index + NT_LANES, sizeof(int32_t), &s.index));
  if (s.copied) NT_TRY(take(m, rows * s.ld_lanes + NT_LANES, m->size, &s.lanes));
done:
  if (state != NULL) *state = s; /* after a failure too: what it has is freed with the others */
  return status;
}

static nt_status make_views(nt_buffer_maker *m, int region)
{
  nt_status status = NT_OK;
  const nt_region *r = &m->program->region[region];
  nt_view_state *views = NULL;
  NT_TRY(take(m, r->n_views, sizeof(nt_view_state), &views));
  if (m->ws != NULL) m->ws->view[region] = views;
  for (int v = 0; v < r->n_views; v++) {
    for (int side = 0; side < 2; side++) {
      NT_TRY(make_side(m, region, &r->view[v], side, views == NULL ? NULL : &views[v].side[side]));
    }
  }
done:
  return status;
}

static nt_status make_inner(nt_buffer_maker *m, int moves, int64_t outer)
{
  nt_status status = NT_OK;
  const nt_frames *frames = &m->program->frames;
  const nt_moves *all = &frames->moves[moves];
  nt_inner inner = {.group = -1, .ld = nt_padded(outer * frames->line[all->out].most)};
  int taps = 0;
  bool gathers = false;
  if (m->ws != NULL && m->ws->inner[moves].ld >= inner.ld) return NT_OK;
  for (int g = 0; g < frames->line[all->in].groups; g++) {
    const nt_move *move = &all->group[g];
    if (move->track.n > 0) continue;
    const int needs = move->n_shifts > 0 ? move->n_shifts : move->widest;
    if (needs > taps) taps = needs;
    gathers |= move->n_shifts == 0;
  }
  NT_TRY(take(m, taps * inner.ld, m->size, &inner.weight));
  if (gathers) NT_TRY(take(m, taps * inner.ld, sizeof(int32_t), &inner.index));
  if (m->ws == NULL) return NT_OK;
  free(m->ws->inner[moves].weight);
  free(m->ws->inner[moves].index);
  m->ws->inner[moves] = inner;
done:
  if (status != NT_OK) free(inner.weight);
  return status;
}

static nt_status make_inners(nt_buffer_maker *m, int region)
{
  nt_status status = NT_OK;
  const nt_region *r = &m->program->region[region];
  for (int s = 0; s < r->n_steps; s++) {
    const nt_step *step = &r->step[s];
    if (step->kind != NT_STEP_WINDOW && step->kind != NT_STEP_POOL) continue;
    const int last = m->program->frames.frame[step->frame].rank - 1;
    int64_t outer = nt_plane_batch(m->plan, region, m->rows);
    for (int a = 0; a < last; a++)
      outer *= nt_frame_line(&m->program->frames, step->frame_in, a)->most;
    if (step->moves[last] >= 0) NT_TRY(make_inner(m, step->moves[last], outer));
  }
done:
  return status;
}

static nt_status make_tensors(nt_buffer_maker *m)
{
  nt_status status = NT_OK;
  for (int t = 0; t < m->program->n_tensors; t++) {
    const nt_tensor *tensor = &m->program->tensor[t];
    const int64_t n = tensor->positions * tensor->positions;
    nt_tensor_buffer buffer = {0};
    NT_TRY(take(m, n, m->size, &buffer.k));
    if (m->ws != NULL) m->ws->tensor[t].k = buffer.k;
    if (tensor->t) NT_TRY(take(m, n, m->size, &buffer.t));
    if (m->ws != NULL) m->ws->tensor[t].t = buffer.t;
  }
done:
  return status;
}

static nt_status make_weights(nt_buffer_maker *m, const nt_region *region)
{
  nt_status status = NT_OK;
  for (int s = 0; s < region->n_steps; s++) {
    const nt_step *step = &region->step[s];
    if (step->kind != NT_STEP_MIX || !step->weighs) continue;
    void *lane = NULL;
    NT_TRY(take(m, m->program->tensor[step->leaf].places, m->size, &lane));
    if (m->ws != NULL) m->ws->weights[nt_mix_number(m->program, step->node)].lane = lane;
  }
done:
  return status;
}

static nt_status make_products(nt_buffer_maker *m, const nt_region *region)
{
  nt_status status = NT_OK;
  for (int s = 0; s < region->n_steps; s++) {
    const nt_step *step = &region->step[s];
    void *product = NULL;
    if (step->kind != NT_STEP_INPUT || step->strips < 0) continue;
    if (m->ws != NULL && m->ws->product[step->leaf] != NULL) continue;
    const int64_t ld = m->program->row[step->strips].positions;
    NT_TRY(take(m, ld * ld, m->size, &product));
    if (m->ws != NULL) m->ws->product[step->leaf] = product;
  }
done:
  return status;
}

/* What any step needs for a while. */
static nt_status make_scratch(nt_buffer_maker *m, nt_workspace *ws)
{
  nt_status status = NT_OK;
  const nt_program *program = m->program;
  const nt_mix_sizes mix = nt_mix_sizes_of(m->plan);
  int64_t numbers = program->lanes + 1, places = 0;
  ws->most_cells = 1;
  for (int l = 0; l < program->frames.n_lines; l++)
    ws->most_cells = NT_MAX(ws->most_cells, (int64_t)program->frames.line[l].most);
  for (int i = 0; i < program->frames.n_moves; i++) {
    numbers = NT_MAX(numbers, most_fills(m, i));
    places = NT_MAX(places, most_places(m, i));
  }
  if (places > 0) NT_TRY(take(m, nt_track_room(places), m->size, &ws->track));
  const int64_t rests = nt_plan_is_wide(m->plan) ? mix.in + mix.out + mix.work : 0;
  NT_TRY(take(m, 2 * (mix.in + mix.out) + mix.work + rests, sizeof(double), &ws->mix));
  NT_TRY(take(m, NT_MAX_RANK * ws->most_cells, sizeof(int64_t), &ws->place));
  NT_TRY(take(m, numbers, sizeof(int32_t), &ws->index));
  NT_TRY(take(m, program->frames.n_frames * NT_MAX_RANK, sizeof(int32_t), &ws->count));
  /* Rows of more than one vector, of which the smallest hold NT_LANES / 4 doubles. */
  NT_TRY(take(m, nt_planes_lanes(m->plan, m->rows) / (NT_LANES / 4) + 1, m->size, &ws->edge));
  NT_TRY(take(m, 2 * program->n_tile_values * ws->most_batch, sizeof *ws->sum, &ws->sum));
done:
  return status;
}

static nt_status make(nt_buffer_maker *m)
{
  nt_status status = NT_OK;
  const nt_program *program = m->program;
  nt_workspace scratch = {0}, *ws = m->ws != NULL ? m->ws : &scratch;
  ws->most_batch = 1;
  NT_TRY(take(m, program->n_regions, sizeof(int64_t), &ws->batch));
  NT_TRY(take(m, program->n_regions, sizeof(nt_view_state *), &ws->view));
  NT_TRY(take(m, program->frames.n_moves, sizeof(nt_inner), &ws->inner));
  NT_TRY(take(m, program->n_tensors, sizeof(nt_tensor_buffer), &ws->tensor));
  NT_TRY(take(m, program->n_mixes, sizeof(nt_weights), &ws->weights));
  NT_TRY(take(m, m->plan->n_leaves, sizeof(char *), &ws->product));
  for (int r = 0; r < program->n_regions; r++) {
    NT_TRY(make_products(m, &program->region[r]));
    NT_TRY(make_weights(m, &program->region[r]));
    if (program->region[r].space.rank == 0) continue;
    const int64_t batch = nt_plane_batch(m->plan, r, m->rows);
    if (m->ws != NULL) ws->batch[r] = batch;
    ws->most_batch = NT_MAX(ws->most_batch, batch);
    NT_TRY(make_views(m, r));
    NT_TRY(make_inners(m, r));
  }
  NT_TRY(make_tensors(m));
  NT_TRY(make_scratch(m, ws));
done:
  return status;
}

nt_status nt_planes_create(nt_error *err, const nt_plan *plan, int64_t rows, nt_workspace *ws)
{
  nt_buffer_maker m = {.err = err,
                       .plan = plan,
                       .program = plan->program,
                       .rows = rows,
                       .ws = ws,
                       .size = ws->lanes->size};
  return make(&m);
}

int64_t nt_planes_bytes(const nt_plan *plan, int64_t rows)
{
  nt_buffer_maker m = {.plan = plan,
                       .program = plan->program,
                       .rows = rows,
                       .size = nt_lanes_of(plan->request.dtype)->size};
  return make(&m) == NT_OK ? m.bytes : INT64_MAX;
}

void nt_planes_destroy(const nt_plan *plan, nt_workspace *ws)
{
  const nt_program *program = plan->program;
  for (int r = 0; ws->view != NULL && r < program->n_regions; r++) {
    for (int v = 0; ws->view[r] != NULL && v < program->region[r].n_views; v++) {
      for (int side = 0; side < 2; side++) {
        free(ws->view[r][v].side[side].buffer);
        free(ws->view[r][v].side[side].lanes);
        free(ws->view[r][v].side[side].kept);
        free(ws->view[r][v].side[side].index);
      }
    }
    free(ws->view[r]);
  }
  for (int m = 0; ws->inner != NULL && m < program->frames.n_moves; m++) {
    free(ws->inner[m].weight);
    free(ws->inner[m].index);
  }
  for (int t = 0; ws->tensor != NULL && t < program->n_tensors; t++) {
    free(ws->tensor[t].k);
    free(ws->tensor[t].t);
  }
  free(ws->view);
  free(ws->inner);
  free(ws->tensor);
  free(ws->batch);
  free(ws->place);
  free(ws->mix);
  for (int m = 0; ws->weights != NULL && m < program->n_mixes; m++)
    free(ws->weights[m].lane);
  free(ws->weights);
  free(ws->index);
  free(ws->count);
  free(ws->sum);
  free(ws->edge);
  free(ws->track);
  for (int l = 0; ws->product != NULL && l < plan->n_leaves; l++)
    free(ws->product[l]);
  free(ws->product);
}

#include "kernel/schedule.h"

#include "base/check.h"
#include "base/memory.h"
#include "kernel/pair_pass.h"

bool nt_tile_is_computed(int64_t I, int64_t J, int64_t T)
{
  const int64_t distance = ((I - J) % T + T) % T;
  return 2 * distance < T || (2 * distance == T && I > J);
}

static int64_t up(int64_t a, int64_t b) { return (a + b - 1) / b; }

nt_schedule nt_schedule_make(int P, int Q, const nt_plan *plan, int64_t n1, int64_t n2,
                             bool symmetric)
{
  nt_schedule s = {
      .P = P, .Q = Q, .symmetric = symmetric, .tile = plan->tile, .n = {n1, n2}, .steps = 1};
  const int64_t bytes = nt_panel_bytes(plan, plan->tile, true);
  /* Rows and columns of a symmetric kernel are the same samples: all of
   * them, or half as many each. */
  const bool all = symmetric && up(n1, plan->tile) <= plan->panel_bytes / (bytes + 1);
  const int64_t most = plan->panel_bytes / (all ? 1 : 2) / (bytes + 1);
  for (int which = 0; which < 2; which++) {
    const int places = which == 0 ? P : Q;
    s.tiles[which] = up(s.n[which], s.tile);
    const int64_t local = up(s.tiles[which], places);
    s.group[which] = local < most ? local : most > 1 ? most : 1;
    s.groups[which] = up(local, s.group[which]);
    s.panels[which] = s.group[which];
    s.steps *= s.groups[which];
  }
  return s;
}

nt_tile_group nt_schedule_group(const nt_schedule *s, int64_t step, int rank, int which)
{
  const int places = which == 0 ? s->P : s->Q;
  const int place = which == 0 ? rank / s->Q : rank % s->Q;
  const int64_t group = which == 0 ? step % s->groups[0] : step / s->groups[0];
  const int64_t first = place + group * s->group[which] * places;
  const int64_t left = first < s->tiles[which] ? up(s->tiles[which] - first, places) : 0;
  return (nt_tile_group){first, places, left < s->group[which] ? left : s->group[which]};
}

bool nt_schedule_computes(const nt_schedule *s, int64_t I, int64_t J)
{
  return !s->symmetric || nt_tile_is_computed(I, J, s->tiles[0]);
}

static bool is_in(const nt_tile_group *g, int64_t tile)
{
  const int64_t from = tile - g->first;
  return from >= 0 && from % g->stride == 0 && from / g->stride < g->n;
}

/* Whether the rank computes a tile of row (which 0) or column (1) `tile` in a step. */
static bool works_on(const nt_schedule *s, int64_t step, int rank, int which, int64_t tile)
{
  const nt_tile_group here = nt_schedule_group(s, step, rank, which);
  const nt_tile_group other = nt_schedule_group(s, step, rank, 1 - which);
  for (int64_t k = 0; is_in(&here, tile) && k < other.n; k++) {
    const int64_t t = other.first + k * other.stride;
    if (which == 0 ? nt_schedule_computes(s, tile, t) : nt_schedule_computes(s, t, tile))
      return true;
  }
  return false;
}

/* Whether it needs that panel then: as a row, or, if symmetric, as a row or a column. */
static bool needs(const nt_schedule *s, int64_t step, int rank, int which, int64_t tile)
{
  return works_on(s, step, rank, which, tile) ||
         (s->symmetric && works_on(s, step, rank, 1 - which, tile));
}

nt_status nt_schedule_only(nt_error *err, const nt_schedule *s, int64_t step, int64_t other,
                           int rank, int which, nt_ranges *only)
{
  nt_status status = NT_OK;
  *only = (nt_ranges){0};
  if (step < 0) return NT_OK;
  NT_TRY(
      nt_alloc(err, s->panels[0] + s->panels[1], sizeof(nt_sample_range), "ranges", &only->range));
  const nt_tile_group first = nt_schedule_group(s, step, rank, which);
  for (int side = 0; side < (s->symmetric ? 2 : 1); side++) {
    const nt_tile_group group = nt_schedule_group(s, step, rank, side == 0 ? which : 1 - which);
    for (int64_t k = 0; k < group.n; k++) {
      const int64_t tile = group.first + k * group.stride, at = tile * s->tile;
      if (side == 1 && is_in(&first, tile)) continue;
      if (!needs(s, step, rank, which, tile)) continue;
      if (other >= 0 && needs(s, other, rank, which, tile)) continue;
      const int64_t left = s->n[which] - at;
      only->range[only->n++] = (nt_sample_range){at, left < s->tile ? left : s->tile};
    }
  }
done:
  return status;
}

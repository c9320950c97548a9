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
  const int64_t bytes = nt_panel_bytes(plan, plan->tile);
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
    s.steps *= (int)s.groups[which];
  }
  return s;
}

/* Whether `rank` works on tile row (which 0) or column (1) `tile` in a step. */
static bool in_group(const nt_schedule *s, int step, int rank, int which, int64_t tile)
{
  const int places = which == 0 ? s->P : s->Q;
  const int place = which == 0 ? rank / s->Q : rank % s->Q;
  const int64_t group = which == 0 ? step % s->groups[0] : step / s->groups[0];
  return tile % places == place && tile / places / s->group[which] == group;
}

bool nt_schedule_computes(const nt_schedule *s, int step, int rank, int64_t I, int64_t J)
{
  return in_group(s, step, rank, 1, J) && in_group(s, step, rank, 0, I) &&
         (!s->symmetric || nt_tile_is_computed(I, J, s->tiles[0]));
}

bool nt_schedule_needs(const nt_schedule *s, int step, int rank, int which, int64_t tile)
{
  return in_group(s, step, rank, which, tile) ||
         (s->symmetric && in_group(s, step, rank, 1 - which, tile));
}

nt_status nt_schedule_fresh(nt_error *err, const nt_schedule *s, int step, int rank, int which,
                            nt_ranges *fresh)
{
  nt_status status = NT_OK;
  void *memory = NULL;
  *fresh = (nt_ranges){0};
  NT_TRY(nt_alloc(err, s->panels[0] + s->panels[1], sizeof(nt_sample_range), "ranges", &memory));
  fresh->range = memory;
  for (int64_t I = 0; I < s->tiles[which]; I++) {
    const bool had = step > 0 && nt_schedule_needs(s, step - 1, rank, which, I);
    if (had || !nt_schedule_needs(s, step, rank, which, I)) continue;
    const int64_t first = I * s->tile, left = s->n[which] - first;
    fresh->range[fresh->n++] = (nt_sample_range){first, left < s->tile ? left : s->tile};
  }
done:
  return status;
}

/** What the rank with most to do has to do. */
#include "kernel/calibrate.h"
#include "kernel/pair_pass.h"
#include "kernel/schedule.h"

static int64_t extent(const nt_schedule *s, int which, int64_t tile)
{
  const int64_t left = s->n[which] - tile * s->tile;
  return left < s->tile ? left : s->tile;
}

static nt_share share_of_rank(const nt_schedule *s, int p, int q)
{
  nt_share share = {0};
  for (int64_t J = q; J < s->tiles[1]; J += s->Q) {
    for (int64_t I = p; I < s->tiles[0]; I += s->P) {
      if (s->symmetric && !nt_tile_is_computed(I, J, s->tiles[0])) continue;
      const int64_t rows = extent(s, 0, I), cols = extent(s, 1, J);
      share.tiles++;
      share.pairs += s->symmetric && I == J ? rows * (rows + 1) / 2 : rows * cols;
    }
  }
  return share;
}

/* Of a large grid the first ranks are looked at: they hold the ragged rest of the tiles. */
nt_share nt_share_of(const nt_demand *d, nt_machine g)
{
  enum { LOOKED_AT = 4 };
  const int64_t n1 = nt_plan_samples(d->plan, 0),
                n2 = d->symmetric ? n1 : nt_plan_samples(d->plan, 1);
  const nt_schedule s = nt_schedule_make(g.P, g.Q, d->plan, n1, n2, d->symmetric);
  nt_share largest = {0};
  for (int p = 0; p < g.P && p < LOOKED_AT; p++) {
    for (int q = 0; q < g.Q && q < LOOKED_AT; q++) {
      const nt_share share = share_of_rank(&s, p, q);
      if (share.pairs > largest.pairs) largest = share;
    }
  }
  /* Ranks share the passes of samples (pair_panels.c), and rows and columns are the same ones. */
  const int ranks = g.P * g.Q;
  largest.samples = nt_numroc(n1, s.tile, 0, ranks);
  if (!d->symmetric || s.steps > 1)
    largest.samples += nt_numroc(n2, s.tile, 0, ranks) * s.groups[0];
  return largest;
}

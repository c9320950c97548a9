/** Blocks of pairs, where only plane 0 flows: of as many samples by as many, each with a set of
 * slots of its own. The steps are the outer loop, so that a table of a sample is fetched once for
 * all its pairs of the block. (Small images go together in a batch instead: nt_plane.batch.) */
#include "kernel/plane.h"

#include "base/check.h"

bool nt_plane_has_blocks(const nt_plane *p) { return p->ws->sets > 1; }

typedef struct nt_index_pair {
  int64_t i, j;
} nt_index_pair;

/* The pairs from (i, j) on that the tile wants: all, or those on and
 * below its diagonal, or on it. */
static int list_pairs(const nt_tile *tile, int64_t i, int64_t j, int64_t side, nt_index_pair *pair)
{
  int n = 0;
  for (int64_t c = j; c < NT_MIN(j + side, tile->cols->count); c++) {
    for (int64_t r = i; r < NT_MIN(i + side, tile->rows->count); r++) {
      if (tile->same && (tile->self_only ? r != c : r < c)) continue;
      pair[n++] = (nt_index_pair){r, c};
    }
  }
  return n;
}

static nt_status run_block(nt_error *err, nt_plane *p, int n, const nt_index_pair *pair)
{
  nt_status status = NT_OK;
  for (int s = 0; s < p->region->n_steps; s++) {
    for (int b = 0; b < n; b++) {
      p->i = pair[b].i;
      p->j = pair[b].j;
      p->self = p->tile->same && p->i == p->j;
      p->ws->set = b;
      NT_TRY(nt_plane_step(err, p, &p->region->step[s]));
    }
  }
done:
  p->ws->set = 0;
  return status;
}

nt_status nt_plane_run_blocks(nt_error *err, nt_plane *p)
{
  nt_status status = NT_OK;
  nt_index_pair pair[NT_MOST_SETS];
  int64_t side = 1;
  while (side * side < p->ws->sets)
    side++;
  for (int r = 0; r < p->program->n_regions; r++) {
    if (p->program->region[r].space.rank > 0) p->number = r;
  }
  p->region = &p->program->region[p->number];
  p->batch = 1;
  p->block = true;
  nt_plane_arrange(p);
  nt_plane_turn(p);
  for (int64_t j = 0; j < p->tile->cols->count; j += side) {
    for (int64_t i = 0; i < p->tile->rows->count; i += side)
      NT_TRY(run_block(err, p, list_pairs(p->tile, i, j, side, pair), pair));
  }
done:
  return status;
}

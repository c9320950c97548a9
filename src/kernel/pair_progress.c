/** How far a pair pass is: its pairs and samples, and the pace of either. */
#include "kernel/pair_pass_impl.h"

#include "base/check.h"

#include <stdlib.h>

static int64_t count_of(const nt_schedule *s, int which, int64_t tile)
{
  const int64_t left = s->n[which] - tile * s->tile;
  return left < s->tile ? left : s->tile;
}

int64_t nt_pairs_of_tile(const nt_schedule *s, int64_t I, int64_t J)
{
  const int64_t rows = count_of(s, 0, I), cols = count_of(s, 1, J);
  return s->symmetric && I == J ? rows * (rows + 1) / 2 : rows * cols;
}

/* Tiles of a step. */
static void count_pairs(nt_runner *r, int64_t step)
{
  const nt_schedule *s = &r->schedule;
  const int me = nt_ctx_rank(r->ctx);
  const nt_tile_group rows = nt_schedule_group(s, step, me, 0);
  const nt_tile_group cols = nt_schedule_group(s, step, me, 1);
  for (int64_t j = 0; j < cols.n; j++) {
    for (int64_t i = 0; i < rows.n; i++) {
      const int64_t I = rows.first + i * rows.stride, J = cols.first + j * cols.stride;
      if (nt_schedule_computes(s, I, J)) r->pairs.total += nt_pairs_of_tile(s, I, J);
    }
  }
}

nt_status nt_pair_progress_begin(nt_runner *r)
{
  nt_status status = NT_OK;
  const nt_schedule *s = &r->schedule;
  r->started = MPI_Wtime();
  for (int64_t step = 0; step < s->steps; step++) {
    count_pairs(r, step);
    for (int which = 0; which < (s->symmetric ? 1 : 2); which++) {
      nt_ranges fresh;
      NT_TRY(nt_schedule_only(nt_ctx_error(r->ctx), s, step, step - 1, nt_ctx_rank(r->ctx), which,
                              &fresh));
      for (int i = 0; i < fresh.n; i++)
        r->samples.total += fresh.range[i].count;
      free(fresh.range);
    }
  }
done:
  return status;
}

/* Seconds that the rest will take, at the pace so far. */
static double left(const nt_pace *pace, double seconds)
{
  if (pace->done == 0) return 0;
  return seconds / (double)pace->done * (double)(pace->total - pace->done);
}

void nt_pair_progress_report(const nt_runner *r, double began)
{
  const nt_progress *progress = r->pass->progress;
  if (progress == NULL) return;
  const double now = MPI_Wtime(), spent = now - r->started;
  nt_pace pairs = {.total = r->pairs.total};
#pragma omp atomic read
  pairs.done = r->pairs.done; /* other threads count theirs */
  const double rest =
      left(&pairs, r->pairs.seconds + now - began) + left(&r->samples, r->samples.seconds);
  progress->update(progress->arg, (int64_t)(1e6 * spent), (int64_t)(1e6 * (spent + rest)));
}

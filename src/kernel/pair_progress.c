/** How far a pair pass is: its pairs and samples, and the pace of either. */
#include "kernel/pair_pass_impl.h"

#include "base/check.h"
#include "kernel/calibrate.h"

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
static double left(const nt_pace *pace)
{
  if (pace->done == 0) return 0;
  return pace->seconds / (double)pace->done * (double)(pace->total - pace->done);
}

nt_status nt_pair_progress_near(nt_runner *r, int64_t looked, int64_t near)
{
  nt_status status = NT_OK;
  nt_rates rates = {.region = NULL};
  if (near > 0 && r->again.total == 0 && r->pass->progress != NULL) {
    NT_TRY(nt_calibrate(nt_ctx_error(r->ctx), r->pass->plan->near, &rates));
    r->again_each = rates.pair;
  }
  r->looked += looked;
  r->again.total += near;
done:
  nt_rates_free(&rates);
  return status;
}

/* Seconds that near pairs will take: those that are known of, and as many among the pairs of later
 * steps. The first ones take longer, since their samples come with them, and say little of the
 * others: what one takes on made-up numbers counts as much as the first EXPECTED. `spent`: seconds
 * of those that are done. */
static double left_again(const nt_runner *r, double spent)
{
  enum { EXPECTED = 16 };
  int64_t done;
#pragma omp atomic read
  done = r->again.done;
  if (r->again.total == 0) return 0;
  const double total = (double)r->again.total * (double)r->pairs.total / (double)r->looked;
  const double each = (EXPECTED * r->again_each + spent) / (EXPECTED + (double)done);
  return each / r->threads * (total - (double)done);
}

void nt_pair_progress_report(const nt_runner *r, double began)
{
  const nt_progress *progress = r->pass->progress;
  if (progress == NULL) return;
  const double now = MPI_Wtime(), spent = now - r->started;
  nt_pace pairs = {.total = r->pairs.total};
  double again;
#pragma omp atomic read
  pairs.done = r->pairs.done; /* other threads count theirs */
#pragma omp atomic read
  again = r->again.seconds;
  pairs.seconds = r->pairs.seconds + now - began - again / r->threads;
  const double rest = left(&pairs) + left(&r->samples) + left_again(r, again);
  progress->update(progress->arg, (int64_t)(1e6 * spent), (int64_t)(1e6 * (spent + rest)));
}

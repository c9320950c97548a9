/** The samples that the tiles of a step read: fetched, and their variances found.
 *
 * Several ranks read a panel. Where variances take the pairs of a sample's own positions, tables
 * are small beside the time to make them: one of these ranks does, and sends them to the others.
 * Else each makes its own. */
#include "kernel/pair_pass_impl.h"

#include "base/check.h"
#include "base/memory.h"

#include <omp.h>
#include <stdlib.h>

/* By threads, each panel while it is in the cache. `maker`: NULL: this rank of all. */
static nt_status build_panels(nt_runner *r, const nt_side *side, nt_panel **panel,
                              const nt_ranges *fresh, const int *maker)
{
  nt_status status = NT_OK;
  const nt_plan *plan = r->pass->plan;
  for (int t = 0; t < r->threads; t++)
    r->error[t].status = NT_OK;
#pragma omp parallel for schedule(dynamic) num_threads(r->threads)
  for (int i = 0; i < fresh->n; i++) {
    nt_error *err = &r->error[omp_get_thread_num()];
    if (err->status != NT_OK) continue;
    const int64_t at = fresh->range[i].first / plan->tile;
    nt_panel *const fetched = panel[at];
    err->status = nt_panel_take_home(err, r->ctx, plan, side, fetched);
    if (err->status == NT_OK && (maker == NULL || maker[at] == nt_ctx_rank(r->ctx)))
      err->status = nt_sample_pass(err, plan, fetched, r->ws[omp_get_thread_num()]);
    if (err->status == NT_OK) err->status = nt_panel_prepare(err, plan, fetched);
  }
  for (int t = 0; t < r->threads && status == NT_OK; t++) {
    status = r->error[t].status;
    if (status != NT_OK) *nt_ctx_error(r->ctx) = r->error[t];
  }
  return status;
}

static nt_status create_panels(nt_runner *r, const nt_side *side, nt_panel **panel,
                               const nt_ranges *fresh, nt_panel **list)
{
  nt_status status = NT_OK;
  const nt_plan *plan = r->pass->plan;
  for (int i = 0; i < fresh->n; i++) {
    const nt_sample_range *range = &fresh->range[i];
    nt_panel **place = &panel[range->first / plan->tile];
    NT_TRY(nt_panel_create(nt_ctx_error(r->ctx), plan, side, range->first, range->count, place));
    nt_panel_clear(plan, *place);
    list[i] = *place;
  }
done:
  return status;
}

/* Those that the step before needed, and this one does not. */
static nt_status drop_panels(nt_runner *r, nt_panel **panel, int64_t step, int which)
{
  nt_status status = NT_OK;
  nt_ranges stale;
  NT_TRY(nt_schedule_only(nt_ctx_error(r->ctx), &r->schedule, step - 1, step, nt_ctx_rank(r->ctx),
                          which, &stale));
  for (int i = 0; i < stale.n; i++)
    nt_panel_destroy(&panel[stale.range[i].first / r->pass->plan->tile]);
  free(stale.range);
done:
  return status;
}

/* Memory of a refresh, on all ranks. */
typedef struct nt_refresh {
  int *n;                  /* [ranks] as in nt_wanted */
  nt_sample_range **range; /* [ranks] */
  int *maker;              /* [panels of the side] */
  int *load;               /* [ranks] panels that they make */
  nt_panel **panel;        /* this rank's fresh ones */
} nt_refresh;

/* Which panels are fresh on each rank. */
static nt_status list_fresh(nt_runner *r, int64_t step, int which, nt_refresh *f)
{
  nt_status status = NT_OK;
  nt_error *err = nt_ctx_error(r->ctx);
  const int ranks = nt_ctx_size(r->ctx);
  void *memory;
  NT_TRY(nt_calloc(err, ranks, sizeof(int), "the schedule", &memory));
  f->n = memory;
  NT_TRY(nt_calloc(err, ranks, sizeof(nt_sample_range *), "the schedule", &memory));
  f->range = memory;
  NT_TRY(nt_calloc(err, ranks, sizeof(int), "the schedule", &memory));
  f->load = memory;
  NT_TRY(nt_alloc(err, r->schedule.tiles[which], sizeof(int), "the schedule", &memory));
  f->maker = memory;
  for (int k = 0; k < ranks; k++) {
    nt_ranges fresh;
    NT_TRY(nt_schedule_only(err, &r->schedule, step, step - 1, k, which, &fresh));
    f->n[k] = fresh.n;
    f->range[k] = fresh.range;
  }
  NT_TRY(nt_alloc(err, f->n[nt_ctx_rank(r->ctx)], sizeof(nt_panel *), "panels", &memory));
  f->panel = memory;
done:
  return status;
}

/* Each rank in turn takes panels that it wants from those that make more than it does, and those
 * that nobody has taken. */
static void choose_makers(const nt_runner *r, int which, nt_refresh *f)
{
  for (int64_t t = 0; t < r->schedule.tiles[which]; t++)
    f->maker[t] = -1;
  for (int k = 0; k < nt_ctx_size(r->ctx); k++) {
    for (int i = 0; i < f->n[k]; i++) {
      int *maker = &f->maker[f->range[k][i].first / r->schedule.tile];
      if (*maker >= 0 && f->load[k] + 1 >= f->load[*maker]) continue;
      if (*maker >= 0) f->load[*maker]--;
      f->load[k]++;
      *maker = k;
    }
  }
}

nt_status nt_pair_panels_refresh(nt_runner *r, nt_panel **panel, int64_t step, int which)
{
  nt_status status = NT_OK;
  const nt_side *side = &r->side[which];
  const int me = nt_ctx_rank(r->ctx), ranks = nt_ctx_size(r->ctx);
  const bool shares = ranks > 1 && nt_plan_last_own(r->pass->plan) >= 0;
  nt_refresh f = {0};
  const double began = MPI_Wtime();
  NT_TRY_ALL(r->ctx, list_fresh(r, step, which, &f));
  const nt_wanted wanted = {ranks, me, f.n, f.range};
  const nt_ranges mine = {f.n[me], f.range[me]};
  if (shares) choose_makers(r, which, &f);
  NT_TRY_ALL(r->ctx, drop_panels(r, panel, step, which));
  NT_TRY_ALL(r->ctx, create_panels(r, side, panel, &mine, f.panel));
  NT_TRY(nt_panels_fetch(r->ctx, side, &wanted, f.panel));
  NT_TRY_ALL(r->ctx, build_panels(r, side, panel, &mine, shares ? f.maker : NULL));
  if (shares) NT_TRY(nt_panels_share(r->ctx, &wanted, r->schedule.tile, f.maker, panel));
  for (int i = 0; i < mine.n; i++)
    r->samples.done += mine.range[i].count;
  r->samples.seconds += MPI_Wtime() - began;
done:
  for (int k = 0; f.range != NULL && k < ranks; k++)
    free(f.range[k]);
  free(f.range);
  free(f.n);
  free(f.maker);
  free(f.load);
  free(f.panel);
  return status;
}

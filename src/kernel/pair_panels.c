/** The samples that the tiles of a step read: fetched, and their variances found. */
#include "kernel/pair_pass_impl.h"

#include "base/check.h"
#include "base/memory.h"

#include <omp.h>
#include <stdlib.h>

/* By threads, each panel while it is in the cache. */
static nt_status build_panels(nt_runner *r, const nt_side *side, nt_panel **panel,
                              const nt_ranges *fresh)
{
  nt_status status = NT_OK;
  const nt_plan *plan = r->pass->plan;
  for (int t = 0; t < r->threads; t++)
    r->error[t].status = NT_OK;
#pragma omp parallel for schedule(dynamic) num_threads(r->threads)
  for (int i = 0; i < fresh->n; i++) {
    nt_error *err = &r->error[omp_get_thread_num()];
    if (err->status != NT_OK) continue;
    nt_panel *const fetched = panel[fresh->range[i].first / plan->tile];
    nt_panel_copy_home(r->ctx, side, fetched);
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
    NT_TRY(
        nt_panel_create(nt_ctx_error(r->ctx), plan, side, range->first, range->count, NULL, place));
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

nt_status nt_pair_panels_refresh(nt_runner *r, nt_panel **panel, int64_t step, int which)
{
  nt_status status = NT_OK;
  const nt_side *side = &r->side[which];
  const int me = nt_ctx_rank(r->ctx), ranks = nt_ctx_size(r->ctx);
  nt_error *err = nt_ctx_error(r->ctx);
  void *list = NULL;
  const double began = MPI_Wtime();
  int *n_want = calloc((size_t)ranks, sizeof *n_want);
  nt_sample_range **want = calloc((size_t)ranks, sizeof *want);
  nt_ranges mine = {0};
  NT_CHECK_ALL(r->ctx, n_want != NULL && want != NULL, NT_ERR_NOMEM, "no memory for the schedule");
  for (int k = 0; k < ranks && status == NT_OK; k++) {
    nt_ranges fresh;
    status = nt_schedule_only(err, &r->schedule, step, step - 1, k, which, &fresh);
    n_want[k] = fresh.n;
    want[k] = fresh.range;
    if (k == me) mine = fresh;
  }
  NT_TRY_ALL(r->ctx, status);
  NT_TRY_ALL(r->ctx, drop_panels(r, panel, step, which));
  NT_TRY_ALL(r->ctx, nt_alloc(err, mine.n, sizeof(nt_panel *), "panels", &list));
  NT_TRY_ALL(r->ctx, create_panels(r, side, panel, &mine, list));
  NT_TRY(nt_panels_fetch(r->ctx, side, ranks, n_want, want, list));
  NT_TRY_ALL(r->ctx, build_panels(r, side, panel, &mine));
  for (int i = 0; i < mine.n; i++)
    r->samples.done += mine.range[i].count;
  r->samples.seconds += MPI_Wtime() - began;
done:
  for (int k = 0; want != NULL && k < ranks; k++)
    free(want[k]);
  free(want);
  free(n_want);
  free(list);
  return status;
}

#include "kernel/pair_pass_impl.h"

#include "base/blas.h"
#include "base/check.h"
#include "base/memory.h"
#include "net/net_impl.h"

#include <float.h>
#include <omp.h>
#include <stdlib.h>

static const nt_side *side2(const nt_pair_pass *pass)
{
  return nt_pair_is_symmetric(pass) ? pass->side1 : pass->side2;
}

typedef struct nt_job {
  int64_t I, J;
  int64_t near; /* pairs that are computed again */
  nt_tile_output *output;
} nt_job;

/* The tile of every given kernel, which has the blocks of this plan. */
static void find_given(const nt_runner *r, const nt_job *job, nt_tile_input *in)
{
  const nt_plan *plan = r->pass->plan;
  for (int l = 0; l < plan->n_leaves; l++) {
    if (!plan->node[l].given) continue;
    const nt_facts *facts = &plan->node[l].facts;
    const int64_t per_col = nt_facts_positions(facts),
                  per_row = facts->diagonal_spatial ? 1 : per_col;
    const int64_t row = job->I * plan->tile * per_row, col = job->J * plan->tile * per_col;
    const nt_given *given = &r->pass->side1->given[l];
    const nt_target k = nt_pair_place(given->nngp, row, col),
                    t = nt_pair_place(given->ntk, row, col);
    in[l] = (nt_tile_input){.k = k.a, .ld_k = k.ld, .t = t.a, .ld_t = t.ld};
  }
}

static void aim(nt_runner *r, nt_outbox *box, nt_job *job)
{
  const nt_plan *plan = r->pass->plan;
  for (int o = 0; o < plan->n_outputs; o++) {
    int64_t per_row, per_col;
    nt_pair_extent(plan, o, &per_row, &per_col);
    const nt_dmatrix *k = r->pass->k[o], *t = r->pass->t[o];
    nt_tile_output *out = &job->output[o];
    out->k = nt_pair_place(k, job->I * plan->tile * per_row, job->J * plan->tile * per_col);
    out->t = nt_pair_place(t, job->I * plan->tile * per_row, job->J * plan->tile * per_col);
    out->mirror_k = nt_pair_mirror_target(r, box, job->I, job->J, k, 2 * o, per_row, per_col);
    out->mirror_t = nt_pair_mirror_target(r, box, job->I, job->J, t, 2 * o + 1, per_row, per_col);
  }
}

static nt_tile tile_of(const nt_runner *r, const nt_job *job)
{
  return (nt_tile){.plan = r->pass->plan,
                   .rows = r->panel1[job->I],
                   .cols = r->panel2[job->J],
                   .same = nt_pair_is_symmetric(r->pass) && job->I == job->J,
                   .output = job->output};
}

static nt_status run_again(nt_runner *r, const nt_job *job, const nt_tile *tile, int thread)
{
  const double began = MPI_Wtime();
  const nt_status status = nt_near_compute(&r->error[thread], tile, r->near[thread]);
  const double seconds = MPI_Wtime() - began;
#pragma omp atomic
  r->again.seconds += seconds;
#pragma omp atomic
  r->again.done += job->near;
  return status;
}

static nt_status run_job(nt_runner *r, const nt_job *job, int thread)
{
  nt_tile_input *given =
      r->given == NULL ? NULL : r->given + (int64_t)thread * r->pass->plan->n_leaves;
  if (given != NULL) find_given(r, job, given);
  nt_tile tile = tile_of(r, job);
  tile.given = given;
  nt_status status = nt_tile_compute(&r->error[thread], &tile, r->ws[thread]);
  if (status == NT_OK && job->near > 0) status = run_again(r, job, &tile, thread);
  return status;
}

/* Tiles of one batch, shared by the threads; thread 0 keeps MPI moving and reports. */
static nt_status run_batch(nt_runner *r, const nt_job *jobs, int n)
{
  nt_status status = NT_OK;
  for (int t = 0; t < r->threads; t++)
    r->error[t].status = NT_OK;
  bool failed = false;
  const double began = MPI_Wtime();
#pragma omp parallel for schedule(dynamic) num_threads(r->threads)
  for (int i = 0; i < n; i++) {
    bool skip;
    const int thread = omp_get_thread_num();
#pragma omp atomic read
    skip = failed;
    if (skip) continue;
    if (run_job(r, &jobs[i], thread) != NT_OK) {
#pragma omp atomic write
      failed = true;
    }
#pragma omp atomic
    r->pairs.done += nt_pairs_of_tile(&r->schedule, jobs[i].I, jobs[i].J);
    if (thread == 0) {
      if (nt_mirror_progress(&r->error[0], &r->mirror) != NT_OK) {
#pragma omp atomic write
        failed = true;
      }
      nt_pair_progress_report(r, began);
    }
  }
  r->tiles += n;
  r->pairs.seconds += MPI_Wtime() - began;
  for (int t = 0; t < r->threads && status == NT_OK; t++) {
    status = r->error[t].status;
    if (status != NT_OK) *nt_ctx_error(r->ctx) = r->error[t];
  }
  return status;
}

/* All tiles of this rank in one step, in batches whose mirror tiles fit in an outbox. One thread
 * takes one tile: the sooner it leaves, the less the others wait. */
static nt_status run_tiles(nt_runner *r, nt_job *jobs, int n, nt_tile_output *outputs)
{
  nt_status status = NT_OK;
  nt_error *err = nt_ctx_error(r->ctx);
  const int n_outputs = r->pass->plan->n_outputs, fields = nt_pair_fields(r->pass->plan);
  for (int first = 0, last = 0; first < n; first = last) {
    nt_outbox *box = NULL;
    while (last < n && (last == first || r->threads > 1)) {
      const bool leaves =
          nt_pair_mirror_owner(r, jobs[last].I, jobs[last].J) != nt_ctx_rank(r->ctx);
      if (leaves && box == NULL) NT_TRY(nt_mirror_free_box(err, &r->mirror, &box));
      if (leaves && box->n + fields > r->mirror.slots) break;
      jobs[last].output = outputs + (int64_t)last * n_outputs;
      aim(r, box, &jobs[last++]);
    }
    NT_TRY(run_batch(r, jobs + first, last - first));
    if (box != NULL) NT_TRY(nt_outbox_send(err, &r->mirror, box));
  }
done:
  return status;
}

static int list_tiles(const nt_runner *r, int64_t step, nt_job *jobs)
{
  const nt_schedule *s = &r->schedule;
  const int me = nt_ctx_rank(r->ctx);
  const nt_tile_group rows = nt_schedule_group(s, step, me, 0);
  const nt_tile_group cols = nt_schedule_group(s, step, me, 1);
  int n = 0;
  for (int64_t j = 0; j < cols.n; j++) {
    for (int64_t i = 0; i < rows.n; i++) {
      const int64_t I = rows.first + i * rows.stride, J = cols.first + j * cols.stride;
      if (!nt_schedule_computes(s, I, J)) continue;
      if (jobs != NULL) jobs[n] = (nt_job){.I = I, .J = J};
      n++;
    }
  }
  return n;
}

/* The near pairs of tiles: it is known before how many there are, and so the time that is left. */
static nt_status count_near(nt_runner *r, nt_job *jobs, int n)
{
  int64_t near = 0, looked = 0;
  if (r->pass->plan->near == NULL) return NT_OK;
#pragma omp parallel for schedule(dynamic) num_threads(r->threads) reduction(+ : near, looked)
  for (int i = 0; i < n; i++) {
    const nt_tile tile = tile_of(r, &jobs[i]);
    jobs[i].near = nt_near_count(&tile);
    near += jobs[i].near;
    looked += nt_pairs_of_tile(&r->schedule, jobs[i].I, jobs[i].J);
  }
  return nt_pair_progress_near(r, looked, near);
}

static nt_status run_step(nt_runner *r, int64_t step)
{
  nt_status status = NT_OK;
  nt_error *err = nt_ctx_error(r->ctx);
  void *jobs = NULL, *outputs = NULL;
  NT_TRY(nt_pair_panels_refresh(r, r->panel1, step, 0));
  if (!nt_pair_is_symmetric(r->pass)) NT_TRY(nt_pair_panels_refresh(r, r->panel2, step, 1));
  const int n = list_tiles(r, step, NULL);
  status = nt_alloc(err, n, sizeof(nt_job), "tiles", &jobs);
  if (status == NT_OK) {
    status = nt_calloc(err, (int64_t)n * r->pass->plan->n_outputs, sizeof(nt_tile_output), "tiles",
                       &outputs);
  }
  NT_TRY_ALL(r->ctx, status);
  (void)list_tiles(r, step, jobs);
  status = count_near(r, jobs, n);
  if (status == NT_OK) status = run_tiles(r, jobs, n, outputs);
  nt_mirror_meet(&r->mirror);
done:
  free(jobs);
  free(outputs);
  return status;
}

static nt_status split_samples(nt_runner *r)
{
  nt_status status = NT_OK;
  const nt_pair_pass *pass = r->pass;
  for (int k = 0; k < (nt_pair_is_symmetric(pass) ? 1 : 2); k++) {
    r->side[k] = k == 0 ? *pass->side1 : *pass->side2;
    NT_TRY(nt_side_split(nt_ctx_error(r->ctx), pass->plan, &r->side[k], r->threads, &r->split[k]));
    r->side[k].digits = r->split[k];
  }
done:
  return status;
}

static nt_status prepare(nt_runner *r)
{
  nt_status status = NT_OK;
  const nt_plan *plan = r->pass->plan;
  nt_error *err = nt_ctx_error(r->ctx);
  void *memory;
  NT_TRY(split_samples(r));
  NT_TRY(nt_calloc(err, r->schedule.tiles[0], sizeof(nt_panel *), "panels", &memory));
  r->panel1 = r->panel2 = memory;
  if (!nt_pair_is_symmetric(r->pass)) {
    r->panel2 = NULL;
    NT_TRY(nt_calloc(err, r->schedule.tiles[1], sizeof(nt_panel *), "panels", &memory));
    r->panel2 = memory;
  }
  NT_TRY(nt_calloc(err, r->threads, sizeof(nt_error), "errors", &memory));
  r->error = memory;
  if (r->pass->side1->given != NULL) {
    NT_TRY(nt_calloc(err, r->threads * plan->n_leaves, sizeof(nt_tile_input), "inputs", &memory));
    r->given = memory;
  }
  NT_TRY(nt_calloc(err, r->threads, sizeof(nt_workspace *), "workspaces", &memory));
  r->ws = memory;
  const int64_t n1 = r->pass->side1->n, n2 = side2(r->pass)->n;
  const int64_t rows = n1 < plan->tile ? n1 : plan->tile, cols = n2 < plan->tile ? n2 : plan->tile;
  NT_TRY(nt_calloc(err, r->threads, sizeof(nt_near *), "near pairs", &memory));
  r->near = memory;
  for (int t = 0; t < r->threads; t++) {
    NT_TRY(nt_workspace_create(err, plan, rows, cols, &r->ws[t]));
    NT_TRY(nt_near_create(err, plan, r->pass->side1, side2(r->pass), &r->near[t]));
  }
  if (nt_pair_is_symmetric(r->pass)) NT_TRY(nt_pair_mirror_expect(r));
  status = nt_pair_progress_begin(r);
done:
  return status;
}

/* float32 has no numbers below 1e-38: where all variances of an output are as small, its pairs have
 * lost theirs. (Within the network they may: a Cos makes 1 of nothing.) */
static nt_status check_range(const nt_runner *r)
{
  nt_status status = NT_OK;
  const nt_plan *plan = r->pass->plan;
  const double least = 128 * FLT_MIN;
  void *memory = NULL;
  char where[200] = "the input";
  if (plan->request.dtype != NT_FLOAT32) return NT_OK;
  NT_TRY_ALL(r->ctx,
             nt_calloc(nt_ctx_error(r->ctx), plan->n_nodes, sizeof(double), "variances", &memory));
  double *largest = memory;
  for (int t = 0; t < r->threads; t++)
    nt_workspace_largest(r->ws[t], largest);
  NT_TRY_MPI(r->ctx, MPI_Allreduce(MPI_IN_PLACE, largest, plan->n_nodes, MPI_DOUBLE, MPI_MAX,
                                   nt_ctx_comm(r->ctx)));
  for (int o = 0; o < plan->n_outputs; o++) {
    const int n = plan->output[o];
    if (plan->node[n].layer != NULL) nt_layer_where(plan->node[n].layer, where, sizeof where);
    NT_CHECK(largest[n] == 0 || largest[n] >= least, nt_ctx_error(r->ctx), NT_ERR_NUMERIC,
             "all variances after %s are %.2g at most, and float32 ends at %.2g: take float64, or "
             "scale the inputs or W_std up",
             where, largest[n], (double)FLT_MIN);
  }
done:
  free(memory);
  return status;
}

static void cleanup(nt_runner *r)
{
  nt_mirror_destroy(&r->mirror);
  for (int64_t I = 0; r->panel1 != NULL && I < r->schedule.tiles[0]; I++) {
    nt_panel_destroy(&r->panel1[I]);
  }
  for (int64_t J = 0; r->panel2 != NULL && r->panel2 != r->panel1 && J < r->schedule.tiles[1];
       J++) {
    nt_panel_destroy(&r->panel2[J]);
  }
  if (r->panel2 != r->panel1) free(r->panel2);
  free(r->panel1);
  for (int k = 0; k < 2; k++)
    nt_split_destroy(r->pass->plan, &r->split[k]);
  for (int t = 0; r->ws != NULL && t < r->threads; t++)
    nt_workspace_destroy(&r->ws[t]);
  free(r->ws);
  for (int t = 0; r->near != NULL && t < r->threads; t++)
    nt_near_destroy(&r->near[t]);
  free(r->near);
  free(r->error);
  free(r->given);
}

nt_status nt_pair_pass_run(nt_pair_pass *pass)
{
  nt_status status = NT_OK;
  nt_ctx *ctx = nt_grid_ctx(pass->grid);
  nt_runner r = {.pass = pass, .ctx = ctx, .threads = nt_ctx_threads(ctx)};
  r.mirror.comm = MPI_COMM_NULL;
  r.mirror.shared = NT_SHARED_NONE;
  r.schedule = nt_schedule_make(nt_grid_P(pass->grid), nt_grid_Q(pass->grid), pass->plan,
                                pass->side1->n, side2(pass)->n, nt_pair_is_symmetric(pass));
  const int blas_threads = nt_blas_set_threads(1);
  NT_TRY(nt_pair_mirror_open(&r));
  NT_TRY_ALL(ctx, prepare(&r));
  for (int64_t step = 0; step < r.schedule.steps; step++)
    NT_TRY_ALL(ctx, run_step(&r, step));
  NT_TRY_ALL(ctx, nt_mirror_finish(nt_ctx_error(ctx), &r.mirror));
  NT_TRY(check_range(&r));
  pass->tiles = r.tiles;
  pass->seconds = r.pairs.seconds;
done:
  (void)nt_blas_set_threads(blas_threads);
  if (status != NT_OK) nt_mirror_abandon(&r.mirror);
  cleanup(&r);
  return status;
}

nt_memory nt_pair_pass_bytes(const nt_plan *plan, nt_machine g, int64_t n1, int64_t n2)
{
  const bool same = n2 == 0;
  const nt_schedule s = nt_schedule_make(g.P, g.Q, plan, n1, same ? n1 : n2, same);
  const int64_t rows = s.n[0] < plan->tile ? s.n[0] : plan->tile;
  const int64_t cols = s.n[1] < plan->tile ? s.n[1] : plan->tile;
  const int64_t panels = s.panels[0] + s.panels[1];
  const int64_t thread =
      nt_workspace_bytes(plan, rows, cols) + nt_near_bytes(plan) + nt_panel_strip_bytes(plan, true);
  nt_memory memory = {.threads = g.threads * thread,
                      .mirror = same ? nt_pair_mirror_bytes(plan, &s, g.threads) : 0};
  if (same)
    memory.panels = (panels < s.tiles[0] ? panels : s.tiles[0]) * nt_panel_bytes(plan, rows, true);
  else
    memory.panels = s.panels[0] * nt_panel_bytes(plan, rows, true) +
                    s.panels[1] * nt_panel_bytes(plan, cols, true);
  memory.panels += g.threads * nt_near_kept_bytes(plan);
  for (int k = 0; k < (same ? 1 : 2); k++)
    memory.panels += nt_side_split_bytes(plan, s.n[k], g.P * g.Q);
  return memory;
}

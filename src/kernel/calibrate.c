#include "kernel/calibrate.h"

#include "base/blas.h"
#include "base/check.h"
#include "base/memory.h"
#include "kernel/plane.h"
#include "plan/outline.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

/* Seconds that are spent on a region at least, and after which no more planes are begun. */
static const double least = 1e-3, most = 4e-3;

/* Samples of each side. */
enum { ROWS = 256 };

typedef struct nt_bed {
  nt_error *err;
  const nt_plan *plan;
  nt_panel *rows, *cols;
  nt_workspace *ws;
  nt_tile_output *output; /* nowhere */
  nt_tile_input *given;   /* [leaves] all from one line of numbers */
  double *line;
} nt_bed;

/* Ordinary numbers: none of the loops takes longer for others. */
static void fill(const nt_lane_ops *ops, char *to, int64_t n, double value)
{
  for (int64_t i = 0; i < n; i++)
    ops->from_double(1, &value, to + (size_t)i * ops->size);
}

static nt_status make_panel(nt_bed *b, int64_t count, nt_panel **panel)
{
  nt_status status = NT_OK;
  const nt_plan *plan = b->plan;
  const nt_lane_ops *ops = nt_lanes_of(plan->request.dtype);
  void *memory = NULL, *digits = NULL;
  NT_TRY(
      nt_calloc(b->err, plan->n_leaves, sizeof(nt_samples) + sizeof(void *), "samples", &memory));
  nt_samples *samples = memory;
  const nt_samples **leaf = (const nt_samples **)(samples + plan->n_leaves);
  for (int l = 0; l < plan->n_leaves; l++) {
    const nt_facts *facts = &plan->node[l].facts;
    samples[l].positions = nt_facts_positions(facts);
    samples[l].channels = nt_facts_channels(facts);
    if (!plan->node[l].given) leaf[l] = &samples[l];
  }
  NT_TRY(nt_calloc(b->err, plan->n_leaves, sizeof(char *), "digits", &digits));
  const nt_side side = {.n = count, .n_leaves = plan->n_leaves, .leaf = leaf, .digits = digits};
  NT_TRY(nt_panel_create(b->err, plan, &side, 0, count, panel));
  nt_panel_clear(plan, *panel);
  for (int l = 0; l < plan->n_leaves; l++) {
    const int64_t room = nt_panel_room(plan, l, count);
    if (leaf[l] == NULL) continue;
    if (nt_panel_digits(plan, l) != NULL)
      memset((*panel)->data[l], 0, (size_t)(room * nt_panel_sample_bytes(plan, l, true)));
    else
      fill(ops, (*panel)->data[l], room * samples[l].positions * samples[l].channels, 0.5);
  }
  NT_TRY(nt_panel_prepare(b->err, plan, *panel));
  for (int g = 0; g < plan->program->n_rows; g++) {
    const nt_row *row = &plan->program->row[g];
    fill(ops, (*panel)->table[row->region] + (size_t)(*panel)->at[g] * ops->size,
         row->n_rows * nt_padded(count * row->positions), 1);
  }
done:
  free(memory);
  free(digits);
  return status;
}

static nt_tile tile_of(const nt_bed *b)
{
  return (nt_tile){
      .plan = b->plan, .rows = b->rows, .cols = b->cols, .output = b->output, .given = b->given};
}

/* Planes that share the groups of the inner axes, until `most` is spent: seconds a lane of results,
 * of the fastest plane, which nothing interrupted. */
static nt_status time_planes(nt_bed *b, nt_plane *p, double *seconds)
{
  nt_status status = NT_OK;
  const nt_frames *frames = &p->program->frames;
  const int groups = nt_frame_line(frames, p->region->frame, 0)->groups;
  double spent = 0;
  *seconds = INFINITY;
  nt_plane_arrange(p);
  while (spent < least) {
    for (p->group[0] = 0; p->group[0] < groups && (p->group[0] == 0 || spent < most);
         p->group[0]++) {
      nt_plane_turn(p);
      double plane = -omp_get_wtime();
      NT_TRY(nt_plane_run(b->err, p));
      plane += omp_get_wtime();
      spent += plane;
      *seconds = fmin(*seconds, plane / (double)nt_plane_lanes(p, p->region->frame));
    }
  }
done:
  return status;
}

static nt_status time_region(nt_bed *b, int region, double *seconds)
{
  nt_status status = NT_OK;
  const nt_tile tile = tile_of(b);
  nt_plane p = {.tile = &tile,
                .program = b->plan->program,
                .region = &b->plan->program->region[region],
                .ws = b->ws,
                .number = region,
                .batch = b->ws->batch[region]};
  for (int v = 0; v < p.region->n_views; v++)
    b->ws->view[region][v].side[0].sample = b->ws->view[region][v].side[1].sample = -1;
  nt_plane_begin_tensors(&p);
  nt_plane_begin_sums(&p);
  NT_TRY(time_planes(b, &p, seconds));
  *seconds *= nt_frame_cells(&p.program->frames, p.region->frame);
done:
  return status;
}

static nt_status time_rows(nt_bed *b, int region, double *seconds)
{
  nt_status status = NT_OK;
  const nt_tile tile = tile_of(b);
  double spent = 0, fastest = INFINITY;
  while (spent < least) {
    double round = -omp_get_wtime();
    NT_TRY(nt_rows_compute(b->err, &tile, b->ws, region));
    round += omp_get_wtime();
    spent += round;
    fastest = fmin(fastest, round);
  }
  *seconds = fastest / (double)b->rows->count / (double)b->cols->count;
done:
  return status;
}

/* Few samples of large ones. */
static int64_t samples_of(const nt_plan *plan, int which)
{
  int64_t numbers = 1;
  for (int l = 0; l < plan->n_leaves; l++) {
    const nt_facts *facts = &plan->node[l].facts;
    numbers += nt_facts_positions(facts) * nt_facts_channels(facts);
  }
  int64_t count = nt_plan_samples(plan, which);
  if (count > plan->tile) count = plan->tile;
  if (count > ROWS) count = ROWS;
  while (count > 1 && count * numbers > (int64_t)1 << 20)
    count /= 2;
  return count;
}

/* Given kernels are read where only the sum of row and column counts. */
static nt_status make_given(nt_bed *b)
{
  nt_status status = NT_OK;
  void *memory;
  int64_t most = 1;
  for (int l = 0; l < b->plan->n_leaves; l++) {
    const int64_t positions = nt_facts_positions(&b->plan->node[l].facts);
    if (positions > most) most = positions;
  }
  const int64_t n = (b->rows->count + b->cols->count) * most;
  NT_TRY(nt_alloc(b->err, n, sizeof(double), "numbers", &memory));
  b->line = memory;
  NT_TRY(nt_alloc(b->err, b->plan->n_leaves, sizeof(nt_tile_input), "inputs", &memory));
  b->given = memory;
  for (int64_t i = 0; i < n; i++)
    b->line[i] = 0.5;
  for (int l = 0; l < b->plan->n_leaves; l++)
    b->given[l] = (nt_tile_input){.k = b->line, .t = b->line, .ld_k = 1, .ld_t = 1};
done:
  return status;
}

static nt_status make_bed(nt_bed *b)
{
  nt_status status = NT_OK;
  void *memory;
  const int64_t rows = samples_of(b->plan, 0), cols = samples_of(b->plan, 1);
  NT_TRY(make_panel(b, rows, &b->rows));
  NT_TRY(make_panel(b, cols, &b->cols));
  NT_TRY(make_given(b));
  NT_TRY(nt_workspace_create(b->err, b->plan, rows, cols, &b->ws));
  NT_TRY(nt_calloc(b->err, b->plan->n_outputs, sizeof(nt_tile_output), "outputs", &memory));
  b->output = memory;
done:
  return status;
}

/* How much of the planes of a region the sample pass runs. */
static double own_share(const nt_region *region, const nt_frames *frames)
{
  double share = region->space.rank == 0 ? 0 : region->halves ? 0.5 : 1;
  for (int a = 0; a < region->space.rank; a++)
    share *= (double)region->n_own[a] / nt_frame_line(frames, region->frame, a)->groups;
  return share;
}

nt_status nt_calibrate(nt_error *err, const nt_plan *plan, nt_rates *rates)
{
  nt_status status = NT_OK;
  nt_bed b = {.err = err, .plan = plan};
  void *memory;
  *rates = (nt_rates){.pair = 0};
  const int threads = nt_blas_set_threads(1);
  NT_TRY(nt_calloc(err, plan->program->n_regions, sizeof(double), "rates", &memory));
  rates->region = memory;
  NT_TRY(make_bed(&b));
  for (int r = 0; r < plan->program->n_regions; r++) {
    const bool on_positions = plan->program->region[r].space.rank > 0;
    NT_TRY((on_positions ? time_region : time_rows)(&b, r, &rates->region[r]));
    rates->pair += rates->region[r];
    rates->sample +=
        own_share(&plan->program->region[r], &plan->program->frames) * rates->region[r];
  }
done:
  (void)nt_blas_set_threads(threads);
  nt_panel_destroy(&b.rows);
  nt_panel_destroy(&b.cols);
  nt_workspace_destroy(&b.ws);
  free(b.output);
  free(b.given);
  free(b.line);
  return status;
}

void nt_rates_free(nt_rates *rates)
{
  free(rates->region);
  rates->region = NULL;
}

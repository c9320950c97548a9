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

/* Seconds that are spent on a region at least, and after which no more planes are begun; and of the
 * pairs that are timed whole, of which one may take `longest`. */
static const double least = 1e-3, most = 4e-3, longest = 1e-2;

/* Samples of each side, numbers of their results that are written, and runs of which the fastest
 * counts: the first one meets cold caches. */
enum { ROWS = 256, RESULTS = 8 << 20, ROUNDS = 3 };

typedef struct nt_bed {
  nt_error *err;
  const nt_plan *plan;
  nt_panel *rows, *cols;
  nt_workspace *ws;
  nt_tile_output *output; /* all to one place, or nowhere */
  double *place;
  nt_tile_input *given; /* [leaves] all from one line of numbers */
  double *line;
} nt_bed;

static void fill(const nt_lane_ops *ops, char *to, int64_t n, double value)
{
  for (int64_t i = 0; i < n; i++)
    ops->from_double(1, &value, to + (size_t)i * ops->size);
}

/* Ordinary numbers, for which no loop takes longer than for others: variances are 1 (fill), and
 * samples of two sides, which have other strides, are far from alike. */
static void scatter(const nt_lane_ops *ops, char *to, int64_t n, int64_t stride)
{
  enum { VALUES = 97 };
  for (int64_t i = 0; i < n; i++) {
    const double value = (double)(i * stride % VALUES) * 2 / VALUES - 1;
    ops->from_double(1, &value, to + (size_t)i * ops->size);
  }
}

/* Samples first ... of one side. */
static nt_status make_panel(nt_bed *b, int64_t first, int64_t count, nt_panel **panel)
{
  nt_status status = NT_OK;
  const nt_plan *plan = b->plan;
  const nt_lane_ops *ops = nt_lanes_of(plan->request.dtype);
  const int64_t stride = first == 0 ? 31 : 40;
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
  nt_panel_destroy(panel);
  NT_TRY(nt_panel_create(b->err, plan, &side, first, count, panel));
  memset((*panel)->block, 0, (size_t)((*panel)->end - (*panel)->block));
  for (int l = 0; l < plan->n_leaves; l++) {
    const int64_t room = nt_panel_room(plan, l, count);
    if (leaf[l] == NULL) continue;
    if (nt_panel_digits(plan, l) != NULL)
      memset((*panel)->data[l], 0, (size_t)(room * nt_panel_sample_bytes(plan, l, true)));
    else
      scatter(ops, (*panel)->data[l], room * samples[l].positions * samples[l].channels, stride);
  }
  NT_TRY(nt_panel_prepare(b->err, plan, *panel));
  for (int g = 0; g < plan->program->n_rows; g++) {
    const nt_row *row = &plan->program->row[g];
    char *const table = (*panel)->table[row->region] + (size_t)(*panel)->at[g] * ops->size;
    const int64_t numbers = row->n_rows * nt_padded(count * row->positions);
    if (row->kind == NT_ROW_CHANNELS || row->kind == NT_ROW_STRIPS)
      scatter(ops, table, numbers, stride);
    else
      fill(ops, table, numbers, 1);
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

/* Few samples of large ones; of those without positions the products take a whole strip. */
static int64_t samples_of(const nt_plan *plan, int which)
{
  int64_t numbers = 1, fewest = 1;
  for (int l = 0; l < plan->n_leaves; l++) {
    const nt_facts *facts = &plan->node[l].facts;
    numbers += nt_facts_positions(facts) * nt_facts_channels(facts);
    if (nt_facts_space(facts).rank == 0) fewest = NT_LANES;
  }
  int64_t count = nt_plan_samples(plan, which);
  if (count > plan->tile) count = plan->tile;
  if (count > ROWS) count = ROWS;
  while (count > fewest && count * numbers > (int64_t)1 << 20)
    count /= 2;
  return count;
}

/* Given kernels are read where only the sum of row and column counts. */
static nt_status make_given(nt_bed *b)
{
  nt_status status = NT_OK;
  int64_t most = 1;
  for (int l = 0; l < b->plan->n_leaves; l++) {
    const int64_t positions = nt_facts_positions(&b->plan->node[l].facts);
    if (positions > most) most = positions;
  }
  const int64_t n = (b->rows->count + b->cols->count) * most;
  NT_TRY(nt_alloc(b->err, n, sizeof(double), "numbers", &b->line));
  NT_TRY(nt_alloc(b->err, b->plan->n_leaves, sizeof(nt_tile_input), "inputs", &b->given));
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
  const int64_t rows = samples_of(b->plan, 0), cols = samples_of(b->plan, 1);
  NT_TRY(make_panel(b, 0, rows, &b->rows));
  NT_TRY(make_panel(b, rows, cols, &b->cols));
  NT_TRY(make_given(b));
  NT_TRY(nt_workspace_create(b->err, b->plan, rows, cols, &b->ws));
  NT_TRY(nt_calloc(b->err, b->plan->n_outputs, sizeof(nt_tile_output), "outputs", &b->output));
done:
  return status;
}

/* Where all results of n x n samples go, if they are not too many. */
static nt_status make_place(nt_bed *b, int64_t n)
{
  nt_status status = NT_OK;
  int64_t most_numbers = 0;
  for (int o = 0; o < b->plan->n_outputs; o++) {
    const nt_facts *facts = &b->plan->node[b->plan->output[o]].facts;
    const int64_t positions = nt_facts_positions(facts);
    const int64_t numbers = n * n * positions * (facts->diagonal_spatial ? 1 : positions);
    const int64_t ld = n * (facts->diagonal_spatial ? 1 : positions);
    const nt_node *node = &b->plan->node[b->plan->output[o]];
    if (numbers > RESULTS) continue;
    if (node->want_k) b->output[o].k.ld = ld;
    if (node->want_t) b->output[o].t.ld = ld;
    most_numbers = NT_MAX(most_numbers, numbers);
  }
  NT_TRY(nt_calloc(b->err, most_numbers, sizeof(double), "results", &b->place));
  for (int o = 0; o < b->plan->n_outputs; o++) {
    if (b->output[o].k.ld > 0) b->output[o].k.a = b->place;
    if (b->output[o].t.ld > 0) b->output[o].t.a = b->place;
  }
done:
  return status;
}

/* Whole pairs, with what is between planes and regions: as many as `most` has time for. `seconds` of
 * a pair stay as they are where it has no regions or takes too long, and where the numbers made up
 * lead to one that is not finite. */
static nt_status time_pairs(nt_bed *b, double *seconds)
{
  nt_status status = NT_OK;
  const int64_t samples = NT_MIN(b->rows->count, b->cols->count);
  int64_t n = 1;
  double spent = 0, fastest = INFINITY;
  nt_error ignored = {0};
  if (*seconds == 0 || *seconds > longest) return NT_OK;
  while (n < samples && (double)((n + 1) * (n + 1)) * *seconds < most)
    n++;
  NT_TRY(make_panel(b, 0, n, &b->rows));
  NT_TRY(make_panel(b, n, n, &b->cols));
  NT_TRY(make_place(b, n));
  const nt_tile tile = tile_of(b);
  for (int rounds = 0; rounds < ROUNDS || spent < least; rounds++) {
    double round = -omp_get_wtime();
    if (nt_tile_compute(&ignored, &tile, b->ws) != NT_OK) return NT_OK;
    round += omp_get_wtime();
    spent += round;
    fastest = fmin(fastest, round);
  }
  *seconds = fastest / (double)n / (double)n;
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

int64_t nt_calibrate_bytes(const nt_plan *plan)
{
  const int64_t rows = samples_of(plan, 0), cols = samples_of(plan, 1);
  return nt_panel_bytes(plan, rows, false) + nt_panel_bytes(plan, cols, false) +
         nt_workspace_bytes(plan, rows, cols);
}

nt_status nt_calibrate(nt_error *err, const nt_plan *plan, nt_rates *rates)
{
  nt_status status = NT_OK;
  nt_bed b = {.err = err, .plan = plan};
  double steps = 0;
  *rates = (nt_rates){.pair = 0};
  const int threads = nt_blas_set_threads(1);
  NT_TRY(nt_calloc(err, plan->program->n_regions, sizeof(double), "rates", &rates->region));
  NT_TRY(make_bed(&b));
  for (int r = 0; r < plan->program->n_regions; r++) {
    const bool on_positions = plan->program->region[r].space.rank > 0;
    NT_TRY((on_positions ? time_region : time_rows)(&b, r, &rates->region[r]));
    steps += rates->region[r];
  }
  rates->pair = steps;
  NT_TRY(time_pairs(&b, &rates->pair));
  for (int r = 0; r < plan->program->n_regions; r++) {
    rates->region[r] *= rates->pair / steps;
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
  free(b.place);
  return status;
}

void nt_rates_free(nt_rates *rates)
{
  free(rates->region);
  rates->region = NULL;
}

#include "kernel/near.h"

#include "base/check.h"
#include "base/memory.h"
#include "kernel/digits.h"
#include "kernel/memory.h"
#include "layer/math.h"

#include <stdlib.h>
#include <string.h>

/* What is kept of samples: they are near to several others as a rule, of other tiles too. */
enum { KEPT_BYTES = 32 << 20 };

/* A panel of one sample. */
typedef struct nt_kept_sample {
  nt_panel *panel; /* NULL: not yet */
  const nt_side *side;
  int64_t sample; /* -1: none */
  int64_t used;   /* when last */
} nt_kept_sample;

struct nt_near {
  const nt_plan *plan;    /* the one with finer arithmetic; borrowed */
  const nt_side *side[2]; /* borrowed; one and the same if symmetric */
  nt_workspace *ws;       /* NULL: no near pair so far */
  int n_kept;
  nt_kept_sample *kept;   /* [n_kept] */
  int64_t uses;           /* of kept samples so far */
  double *numbers;        /* of a sample of the largest leaf */
  nt_tile_output *output; /* [n_outputs] */
};

/* Numbers of a sample of a leaf. */
static int64_t numbers_of(const nt_plan *plan, int leaf)
{
  const nt_facts *facts = &plan->node[leaf].facts;
  return nt_facts_positions(facts) * nt_facts_channels(facts);
}

static int64_t most_numbers(const nt_plan *plan)
{
  int64_t most = 0;
  for (int l = 0; l < plan->n_leaves; l++)
    most = NT_MAX(most, nt_digits_padded(numbers_of(plan, l)));
  return most;
}

/* Samples that are kept: two at least, those of a pair. */
static int most_kept(const nt_plan *plan)
{
  const int64_t samples = nt_plan_samples(plan, 0) + nt_plan_samples(plan, 1);
  return (int)NT_MAX(2, NT_MIN(KEPT_BYTES / nt_panel_bytes(plan, 1, false), samples));
}

int64_t nt_near_kept_bytes(const nt_plan *plan)
{
  return plan->near == NULL ? 0 : most_kept(plan->near) * nt_panel_bytes(plan->near, 1, false);
}

int64_t nt_near_bytes(const nt_plan *plan)
{
  if (plan->near == NULL) return 0;
  return nt_workspace_bytes(plan->near, 1, 1) + most_numbers(plan->near) * (int64_t)sizeof(double);
}

nt_status nt_near_create(nt_error *err, const nt_plan *plan, const nt_side *rows,
                         const nt_side *cols, nt_near **out)
{
  nt_status status = NT_OK;
  *out = NULL;
  if (plan->near == NULL) return NT_OK;
  NT_TRY(nt_calloc(err, 1, sizeof(nt_near), "near pairs", out));
  **out = (nt_near){.plan = plan->near, .side = {rows, cols}};
done:
  return status;
}

void nt_near_destroy(nt_near **out)
{
  nt_near *near = *out;
  if (near == NULL) return;
  nt_workspace_destroy(&near->ws);
  for (int k = 0; k < near->n_kept; k++)
    nt_panel_destroy(&near->kept[k].panel);
  free(near->kept);
  free(near->numbers);
  free(near->output);
  free(near);
  *out = NULL;
}

static nt_status allocate(nt_error *err, nt_near *near)
{
  nt_status status = NT_OK;
  const nt_plan *plan = near->plan;
  NT_TRY(nt_alloc(err, plan->n_outputs, sizeof(nt_tile_output), "near pairs", &near->output));
  NT_TRY(nt_alloc(err, most_numbers(plan), sizeof(double), "near pairs", &near->numbers));
  NT_TRY(nt_calloc(err, most_kept(plan), sizeof(nt_kept_sample), "near pairs", &near->kept));
  near->n_kept = most_kept(plan);
  NT_TRY(nt_workspace_create(err, plan, 1, 1, &near->ws));
done:
  return status;
}

/* Sample i of a panel of the tile as the only one of panel `to`, in the finer arithmetic. */
static nt_status fill(nt_error *err, const nt_near *near, const nt_plan *plan, const nt_panel *from,
                      int64_t i, nt_panel *to)
{
  nt_status status = NT_OK;
  to->first = from->first + i;
  nt_panel_clear(near->plan, to);
  for (int l = 0; l < plan->n_leaves; l++) {
    const int64_t n = numbers_of(plan, l);
    nt_panel_sample(plan, from, l, i, near->numbers);
    nt_lanes_of(near->plan->request.dtype)->from_double(n, near->numbers, to->data[l]);
    if (from->mask[l] != NULL) memcpy(to->mask[l], from->mask[l] + i * n, (size_t)n);
  }
  if (from->pattern != NULL)
    memcpy(to->pattern, from->pattern + i * from->pattern_size,
           (size_t)from->pattern_size * sizeof(double));
  NT_TRY(nt_sample_pass(err, near->plan, to, near->ws));
  NT_TRY(nt_panel_prepare(err, near->plan, to));
done:
  return status;
}

/* The kept sample of this number, or the one that has not been used for longest. */
static nt_kept_sample *find(nt_near *near, const nt_side *side, int64_t sample)
{
  nt_kept_sample *oldest = near->kept;
  for (int k = 0; k < near->n_kept; k++) {
    nt_kept_sample *kept = &near->kept[k];
    if (kept->used > 0 && kept->side == side && kept->sample == sample) return kept;
    if (kept->used < oldest->used) oldest = kept;
  }
  return oldest;
}

/* Sample i of a panel of the tile. */
static nt_status keep(nt_error *err, nt_near *near, const nt_plan *plan, const nt_side *side,
                      const nt_panel *from, int64_t i, const nt_panel **panel)
{
  nt_status status = NT_OK;
  const int64_t sample = from->first + i;
  nt_kept_sample *kept = find(near, side, sample);
  if (kept->used == 0 || kept->side != side || kept->sample != sample) {
    kept->used = 0;
    if (kept->panel == NULL)
      NT_TRY(nt_panel_create(err, near->plan, side, sample, 1, &kept->panel));
    NT_TRY(fill(err, near, plan, from, i, kept->panel));
    kept->side = side;
    kept->sample = sample;
  }
  kept->used = ++near->uses;
  *panel = kept->panel;
done:
  return status;
}

/* The block of entry (i, j). */
static nt_target block(nt_target tile, int64_t i, int64_t per_row, int64_t j, int64_t per_col)
{
  if (tile.a == NULL) return tile;
  return (nt_target){tile.a + i * per_row + j * per_col * tile.ld, tile.ld};
}

static nt_status compute_pair(nt_error *err, const nt_tile *tile, nt_near *near, int64_t i,
                              int64_t j)
{
  nt_status status = NT_OK;
  nt_tile pair = {.plan = near->plan};
  if (near->ws == NULL) NT_TRY(allocate(err, near));
  NT_TRY(keep(err, near, tile->plan, near->side[0], tile->rows, i, &pair.rows));
  NT_TRY(keep(err, near, tile->plan, near->side[1], tile->cols, j, &pair.cols));
  for (int o = 0; o < near->plan->n_outputs; o++) {
    const nt_facts *facts = &near->plan->node[near->plan->output[o]].facts;
    const int64_t cols = nt_facts_positions(facts), rows = facts->diagonal_spatial ? 1 : cols;
    const nt_tile_output *to = &tile->output[o];
    near->output[o] = (nt_tile_output){.k = block(to->k, i, rows, j, cols),
                                       .t = block(to->t, i, rows, j, cols),
                                       .mirror_k = block(to->mirror_k, j, rows, i, cols),
                                       .mirror_t = block(to->mirror_t, j, rows, i, cols)};
  }
  pair.output = near->output;
  NT_TRY(nt_tile_compute(err, &pair, near->ws));
done:
  return status;
}

static bool is_near(const nt_tile *tile, int64_t i, int64_t j)
{
  const nt_plan *plan = tile->plan;
  const nt_lane_ops *lanes = nt_lanes_of(plan->request.dtype);
  bool near = false;
  for (int l = 0; l < plan->n_leaves && !near; l++) {
    const int64_t n = numbers_of(plan, l), bytes = n * (int64_t)lanes->size;
    if (nt_facts_space(&plan->node[l].facts).rank == 0) continue;
    near = lanes->apart(n, tile->rows->data[l] + i * bytes, tile->cols->data[l] + j * bytes) <
           plan->near_below;
  }
  return near && !nt_panel_is_equal(plan, tile->rows, i, tile->cols, j);
}

int64_t nt_near_count(const nt_tile *tile)
{
  int64_t count = 0;
  for (int64_t j = 0; j < tile->cols->count; j++) {
    for (int64_t i = tile->same ? j + 1 : 0; i < tile->rows->count; i++)
      count += is_near(tile, i, j);
  }
  return count;
}

nt_status nt_near_compute(nt_error *err, const nt_tile *tile, nt_near *near)
{
  nt_status status = NT_OK;
  for (int64_t j = 0; j < tile->cols->count; j++) {
    for (int64_t i = tile->same ? j + 1 : 0; i < tile->rows->count; i++) {
      if (is_near(tile, i, j)) NT_TRY(compute_pair(err, tile, near, i, j));
    }
  }
done:
  return status;
}

#include "kernel/near.h"

#include "base/check.h"
#include "base/memory.h"
#include "kernel/digits.h"
#include "layer/math.h"

#include <stdlib.h>
#include <string.h>

struct nt_near {
  const nt_plan *plan;     /* the one with finer arithmetic; borrowed */
  const nt_side *side[2];  /* borrowed */
  nt_workspace *ws;        /* NULL: no near pair so far */
  nt_panel *panel[2];      /* of one sample each, */
  const nt_panel *from[2]; /* and which one of which panel; NULL: none yet */
  int64_t sample[2];
  double *numbers;        /* of a sample of the largest leaf */
  nt_tile_output *output; /* [n_outputs] */
};

/* Numbers of a sample of a leaf. */
static int64_t numbers_of(const nt_plan *plan, int leaf)
{
  const nt_facts *facts = &plan->node[leaf].facts;
  return nt_facts_positions(facts) * facts->shape1.dim[facts->channel_axis];
}

static int64_t most_numbers(const nt_plan *plan)
{
  int64_t most = 0;
  for (int l = 0; l < plan->n_leaves; l++)
    most = NT_MAX(most, nt_digits_padded(numbers_of(plan, l)));
  return most;
}

int64_t nt_near_bytes(const nt_plan *plan)
{
  if (plan->near == NULL) return 0;
  return nt_workspace_bytes(plan->near, 1, 1) + 2 * nt_panel_bytes(plan->near, 1, false) +
         most_numbers(plan->near) * (int64_t)sizeof(double);
}

nt_status nt_near_create(nt_error *err, const nt_plan *plan, const nt_side *rows,
                         const nt_side *cols, nt_near **out)
{
  nt_status status = NT_OK;
  void *memory = NULL;
  *out = NULL;
  if (plan->near == NULL) return NT_OK;
  NT_TRY(nt_calloc(err, 1, sizeof(nt_near), "near pairs", &memory));
  *out = memory;
  **out = (nt_near){.plan = plan->near, .side = {rows, cols}};
done:
  return status;
}

void nt_near_destroy(nt_near **out)
{
  nt_near *near = *out;
  if (near == NULL) return;
  nt_workspace_destroy(&near->ws);
  nt_panel_destroy(&near->panel[0]);
  nt_panel_destroy(&near->panel[1]);
  free(near->numbers);
  free(near->output);
  free(near);
  *out = NULL;
}

static nt_status allocate(nt_error *err, nt_near *near)
{
  nt_status status = NT_OK;
  const nt_plan *plan = near->plan;
  void *memory = NULL;
  NT_TRY(nt_alloc(err, plan->n_outputs, sizeof(nt_tile_output), "near pairs", &memory));
  near->output = memory;
  NT_TRY(nt_alloc(err, most_numbers(plan), sizeof(double), "near pairs", &memory));
  near->numbers = memory;
  for (int side = 0; side < 2; side++)
    NT_TRY(nt_panel_create(err, plan, near->side[side], 0, 1, NULL, &near->panel[side]));
  NT_TRY(nt_workspace_create(err, plan, 1, 1, &near->ws));
done:
  return status;
}

/* Sample i of a panel as the only one of this side, in the finer arithmetic. */
static nt_status put_sample(nt_error *err, nt_near *near, const nt_plan *plan, int side,
                            const nt_panel *from, int64_t i)
{
  nt_status status = NT_OK;
  nt_panel *to = near->panel[side];
  if (near->from[side] == from && near->sample[side] == i) return NT_OK;
  near->from[side] = NULL;
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
  near->from[side] = from;
  near->sample[side] = i;
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
  if (near->ws == NULL) NT_TRY(allocate(err, near));
  NT_TRY(put_sample(err, near, tile->plan, 0, tile->rows, i));
  NT_TRY(put_sample(err, near, tile->plan, 1, tile->cols, j));
  for (int o = 0; o < near->plan->n_outputs; o++) {
    const nt_facts *facts = &near->plan->node[near->plan->output[o]].facts;
    const int64_t cols = nt_facts_positions(facts), rows = facts->diagonal_spatial ? 1 : cols;
    const nt_tile_output *to = &tile->output[o];
    near->output[o] = (nt_tile_output){.k = block(to->k, i, rows, j, cols),
                                       .t = block(to->t, i, rows, j, cols),
                                       .mirror_k = block(to->mirror_k, j, rows, i, cols),
                                       .mirror_t = block(to->mirror_t, j, rows, i, cols)};
  }
  const nt_tile pair = {
      .plan = near->plan, .rows = near->panel[0], .cols = near->panel[1], .output = near->output};
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

nt_status nt_near_compute(nt_error *err, const nt_tile *tile, nt_near *near)
{
  nt_status status = NT_OK;
  near->from[0] = near->from[1] = NULL;
  for (int64_t j = 0; j < tile->cols->count; j++) {
    for (int64_t i = tile->same ? j + 1 : 0; i < tile->rows->count; i++) {
      if (is_near(tile, i, j)) NT_TRY(compute_pair(err, tile, near, i, j));
    }
  }
done:
  return status;
}

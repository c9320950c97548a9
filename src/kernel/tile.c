#include "kernel/tile.h"

#include "base/check.h"
#include "base/memory.h"
#include "kernel/tile_impl.h"
#include "layer/math.h"
#include "net/net_impl.h"

#include <stdlib.h>

typedef struct nt_sizes {
  int64_t lanes, stride, guard, ld, slots, sets;
} nt_sizes;

static nt_sizes sizes_of(const nt_plan *plan, int64_t rows)
{
  const nt_program *program = plan->program;
  const int64_t planes = nt_planes_lanes(plan, rows);
  nt_sizes s = {
      .lanes = nt_padded(rows), .ld = nt_padded(rows), .guard = nt_padded(program->guard)};
  s.sets = planes > 0 ? nt_planes_sets(plan, rows) : 1;
  s.slots = program->n_slots * s.sets + (planes > 0 ? 3 : 0);
  if (planes > s.lanes) s.lanes = planes;
  s.stride = s.lanes + 2 * s.guard;
  return s;
}

/* Operands that a BLAS packs for the products of a layer that mixes, as OpenBLAS was
 * seen to touch on a thread. */
enum { PACKED_BYTES = 12 << 20 };

/* Elements of the covariances of an input, and of a strip of a result. */
enum { GRAM_SIZE = NT_GRAM_ROWS * NT_GRAM_COLS, STRIP_SIZE = NT_STRIP * NT_GRAM_ROWS };

/* Of the longest sample that comes as digits. */
static int64_t digit_numbers(const nt_plan *plan)
{
  int64_t most = 0;
  for (int l = 0; l < plan->n_leaves; l++) {
    const nt_facts *facts = &plan->node[l].facts;
    if (nt_panel_digits(plan, l) == NULL) continue;
    most = NT_MAX(most, nt_digits_padded(nt_facts_channels(facts)));
  }
  return most;
}

int64_t nt_workspace_bytes(const nt_plan *plan, int64_t rows, int64_t cols)
{
  const nt_sizes s = sizes_of(plan, rows);
  const int64_t size = (int64_t)nt_lanes_of(plan->request.dtype)->size;
  const nt_program *program = plan->program;
  int64_t bytes = size * (GRAM_SIZE * plan->n_leaves + s.ld * cols * 2 * program->n_tile_values);
  bytes += size * 2 * s.slots * s.stride;
  bytes += (int64_t)sizeof(double) * 2 * plan->n_outputs * STRIP_SIZE;
  for (int l = 0; l < plan->n_leaves; l++)
    bytes += nt_panel_digits_bytes(plan, l, cols);
  bytes += digit_numbers(plan) * (int64_t)sizeof(double);
  if (program->n_mixes > 0) bytes += PACKED_BYTES;
  return bytes + nt_planes_bytes(plan, rows);
}

nt_status nt_workspace_create(nt_error *err, const nt_plan *plan, int64_t rows, int64_t cols,
                              nt_workspace **out)
{
  nt_status status = NT_OK;
  const nt_sizes s = sizes_of(plan, rows);
  const nt_program *program = plan->program;
  *out = NULL;
  NT_TRY(nt_calloc(err, 1, sizeof(nt_workspace), "a workspace", out));
  nt_workspace *ws = *out;
  ws->plan = plan;
  ws->lanes = nt_lanes_of(plan->request.dtype);
  ws->cells = nt_cells_of(plan->request.dtype);
  ws->stride = s.stride;
  ws->guard = s.guard;
  ws->sets = s.sets;
  ws->ld = s.ld;
  ws->value_size = s.ld * cols * (int64_t)ws->lanes->size;
  /* Zeroed: lanes beyond the last sample are computed with, though nobody reads them. */
  NT_TRY(
      nt_calloc(err, plan->n_leaves * GRAM_SIZE, ws->lanes->size, "input covariances", &ws->gram));
  NT_TRY(nt_calloc(err, plan->n_leaves, sizeof(char *) + sizeof(int64_t), "digits of columns",
                   &ws->columns));
  ws->turned = (int64_t *)(ws->columns + plan->n_leaves);
  for (int l = 0; l < plan->n_leaves; l++) {
    ws->turned[l] = -1;
    NT_TRY(nt_alloc(err, nt_panel_digits_bytes(plan, l, cols), 1, "digits of columns",
                    &ws->columns[l]));
  }
  NT_TRY(nt_alloc(err, digit_numbers(plan), sizeof(double), "numbers of a sample", &ws->numbers));
  NT_TRY(nt_calloc(err, 2 * s.slots * s.stride, ws->lanes->size, "slots", &ws->slot));
  NT_TRY(
      nt_calloc(err, program->n_tile_values * ws->value_size, 1, "values of a tile", &ws->value_k));
  NT_TRY(
      nt_calloc(err, program->n_tile_values * ws->value_size, 1, "values of a tile", &ws->value_t));
  NT_TRY(nt_calloc(err, 2 * plan->n_outputs * STRIP_SIZE, sizeof(double), "a strip", &ws->strip));
  NT_TRY(nt_calloc(err, plan->n_nodes, sizeof(double), "variances", &ws->largest));
  NT_TRY(nt_planes_create(err, plan, rows, ws));
done:
  if (status != NT_OK) nt_workspace_destroy(out);
  return status;
}

void nt_workspace_destroy(nt_workspace **out)
{
  nt_workspace *ws = *out;
  if (ws == NULL) return;
  nt_planes_destroy(ws->plan, ws);
  for (int l = 0; ws->columns != NULL && l < ws->plan->n_leaves; l++)
    free(ws->columns[l]);
  free(ws->columns);
  free(ws->numbers);
  free(ws->gram);
  free(ws->slot);
  free(ws->value_k);
  free(ws->value_t);
  free(ws->strip);
  free(ws->largest);
  free(ws);
  *out = NULL;
}

nt_status nt_not_finite(nt_error *err, const nt_tile *tile, int node, int64_t i, int64_t j)
{
  char where[200] = "the input";
  const nt_layer *layer = tile->plan->node[node].layer;
  if (layer != NULL) nt_layer_where(layer, where, sizeof where);
  return nt_fail(err, NT_ERR_NUMERIC, __FILE__, __LINE__, __func__,
                 "the kernel of samples %lld and %lld is not finite after %s: scale the inputs or "
                 "W_std down",
                 (long long)(tile->rows->first + i), (long long)(tile->cols->first + j), where);
}

void nt_workspace_largest(const nt_workspace *ws, double *largest)
{
  for (int n = 0; n < ws->plan->n_nodes; n++)
    largest[n] = NT_MAX(largest[n], ws->largest[n]);
}

nt_status nt_tile_compute(nt_error *err, const nt_tile *tile, nt_workspace *ws)
{
  nt_status status = NT_OK;
  const nt_program *program = tile->plan->program;
  NT_TRY(nt_planes_compute(err, tile, ws));
  for (int r = 0; r < program->n_regions; r++) {
    if (program->region[r].space.rank == 0) NT_TRY(nt_rows_compute(err, tile, ws, r));
  }
done:
  return status;
}

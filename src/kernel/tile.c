#include "kernel/tile.h"

#include "base/check.h"
#include "base/memory.h"
#include "kernel/tile_impl.h"
#include "net/net_impl.h"

#include <stdlib.h>

typedef struct nt_sizes {
  int64_t lanes, ld, rows_of_tables, cols;
  bool planes;
} nt_sizes;

static nt_sizes sizes_of(const nt_plan *plan, int64_t rows, int64_t cols)
{
  nt_sizes s = {.lanes = nt_padded(rows), .ld = nt_padded(rows), .cols = cols};
  for (int r = 0; r < plan->program->n_regions; r++) {
    const nt_region *region = &plan->program->region[r];
    if (region->space.rank == 0) continue;
    s.planes = true;
    if (nt_padded(region->positions) > s.lanes) s.lanes = nt_padded(region->positions);
    if (region->n_rows > s.rows_of_tables) s.rows_of_tables = region->n_rows;
  }
  return s;
}

/* Operands that a BLAS packs for a product, as OpenBLAS was seen to touch on a thread. */
enum { PACKED_BYTES = 12 << 20 };

int64_t nt_workspace_bytes(const nt_plan *plan, int64_t rows, int64_t cols)
{
  const nt_sizes s = sizes_of(plan, rows, cols);
  const int64_t size = (int64_t)nt_lanes_of(plan->request.dtype)->size;
  const nt_program *program = plan->program;
  int64_t bytes = size * s.ld * s.cols * (plan->n_leaves + 2 * program->n_tile_values);
  bytes += size * 2 * program->n_slots * s.lanes + 2 * size * s.rows_of_tables * s.lanes;
  bytes += (int64_t)sizeof(double) * 2 * plan->n_outputs * NT_STRIP * s.ld;
  bytes += s.lanes * (int64_t)(2 * sizeof(int32_t) + sizeof(double));
  return bytes + PACKED_BYTES;
}

nt_status nt_workspace_create(nt_error *err, const nt_plan *plan, int64_t rows, int64_t cols,
                              nt_workspace **out)
{
  nt_status status = NT_OK;
  void *memory = NULL;
  const nt_sizes s = sizes_of(plan, rows, cols);
  const nt_program *program = plan->program;
  *out = NULL;
  NT_TRY(nt_calloc(err, 1, sizeof(nt_workspace), "a workspace", &memory));
  nt_workspace *ws = *out = memory;
  ws->lanes = nt_lanes_of(plan->request.dtype);
  ws->max_lanes = s.lanes;
  ws->ld = s.ld;
  ws->value_size = s.ld * s.cols * (int64_t)ws->lanes->size;
  /* Zeroed: lanes beyond the last sample are computed with, though nobody reads them. */
  NT_TRY(nt_calloc(err, plan->n_leaves * ws->value_size, 1, "input covariances", &memory));
  ws->gram = memory;
  NT_TRY(nt_calloc(err, 2 * program->n_slots * s.lanes, ws->lanes->size, "slots", &memory));
  ws->slot = memory;
  NT_TRY(nt_calloc(err, program->n_tile_values * ws->value_size, 1, "values of a tile", &memory));
  ws->value_k = memory;
  NT_TRY(nt_calloc(err, program->n_tile_values * ws->value_size, 1, "values of a tile", &memory));
  ws->value_t = memory;
  NT_TRY(nt_calloc(err, 2 * plan->n_outputs * NT_STRIP * s.ld, sizeof(double), "a strip", &memory));
  ws->strip = memory;
  if (!s.planes) goto done;
  NT_TRY(nt_calloc(err, s.lanes, sizeof(int32_t), "a plane", &memory));
  ws->index1 = memory;
  NT_TRY(nt_calloc(err, s.lanes, sizeof(int32_t), "a plane", &memory));
  ws->index2 = memory;
  NT_TRY(nt_calloc(err, s.rows_of_tables * s.lanes, ws->lanes->size, "a plane", &memory));
  ws->table1 = memory;
  NT_TRY(nt_calloc(err, s.rows_of_tables * s.lanes, ws->lanes->size, "a plane", &memory));
  ws->table2 = memory;
  NT_TRY(nt_calloc(err, s.lanes, sizeof(double), "a plane", &memory));
  ws->lane = memory;
done:
  if (status != NT_OK) nt_workspace_destroy(out);
  return status;
}

void nt_workspace_destroy(nt_workspace **out)
{
  nt_workspace *ws = *out;
  if (ws == NULL) return;
  free(ws->gram);
  free(ws->slot);
  free(ws->value_k);
  free(ws->value_t);
  free(ws->strip);
  free(ws->index1);
  free(ws->index2);
  free(ws->table1);
  free(ws->table2);
  free(ws->lane);
  free(ws);
  *out = NULL;
}

static void run_map(const nt_step *step, const nt_workspace *ws, const nt_tables *tables, int64_t n)
{
  const nt_lane_value in = nt_slot(ws, step->in[0], step->has_t),
                      out = nt_slot(ws, step->out, step->t);
  const size_t size = ws->lanes->size;
  const bool biased = step->bias >= 0;
  const char *bias1 = tables->table1 + (size_t)(step->bias * tables->ld1) * size;
  const char *bias2 = tables->table2 + (size_t)(step->bias * tables->ld2) * size;
  const nt_lanes lanes = {.n = n,
                          .bias1 = biased ? bias1 : NULL,
                          .bias2 = biased ? bias2 : NULL,
                          .k = in.k,
                          .t = in.t,
                          .k_out = out.k,
                          .t_out = out.t,
                          .table1 = tables->table1 + (size_t)(step->row * tables->ld1) * size,
                          .table2 = tables->table2 + (size_t)(step->row * tables->ld2) * size,
                          .ld1 = tables->ld1,
                          .ld2 = tables->ld2,
                          .one2 = tables->one2};
  step->map(step->cfg, &lanes, &step->post);
}

void nt_step_run(const nt_step *step, const nt_workspace *ws, const nt_tables *tables, int64_t n)
{
  const nt_lane_ops *lanes = ws->lanes;
  const nt_lane_value out = nt_slot(ws, step->out, step->t);
  switch (step->kind) {
  case NT_STEP_MAP:
    run_map(step, ws, tables, n);
    break;
  case NT_STEP_AFFINE:
    lanes->affine(n, nt_slot(ws, step->in[0], step->has_t), step->d, step->row, step->bias, tables,
                  &step->post, out);
    break;
  case NT_STEP_CONVERT:
    lanes->convert(n, nt_slot(ws, step->in[0], step->has_t), step->d, step->row, tables, out);
    break;
  case NT_STEP_REMASK:
    lanes->remask(n, out, step->row, tables);
    break;
  case NT_STEP_SUM:
    for (int b = 0; b < step->n_in; b++) {
      lanes->add(n, nt_slot(ws, step->in[b], step->has_t_in[b]), step->weight[b], b == 0,
                 step->d ? step->row_in[b] : -1, tables, out);
    }
    if (step->d) lanes->settle(n, step->row, tables, out.k);
    break;
  case NT_STEP_PRODUCT:
    for (int b = 0; b < step->n_in; b++) {
      lanes->multiply(n, nt_slot(ws, step->in[b], step->has_t_in[b]), b == 0, out);
    }
    break;
  default:
    break;
  }
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

nt_status nt_tile_compute(nt_error *err, const nt_tile *tile, nt_workspace *ws)
{
  nt_status status = NT_OK;
  for (int r = 0; r < tile->plan->program->n_regions; r++) {
    const bool spatial = tile->plan->program->region[r].space.rank > 0;
    NT_TRY(spatial ? nt_planes_compute(err, tile, ws, r) : nt_rows_compute(err, tile, ws, r));
  }
done:
  return status;
}

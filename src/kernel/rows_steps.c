/** The steps of a column of a tile without positions, each over the lanes of a block. */
#include "kernel/rows_impl.h"

#include <string.h>

static char *column(const nt_workspace *ws, char *values, int number, int64_t j, int64_t from)
{
  return values + number * ws->value_size + (j * ws->ld + from) * (int64_t)ws->lanes->size;
}

static void load_tile(const nt_rows *r, const nt_step *step, int64_t j)
{
  const size_t bytes = (size_t)r->n * r->ws->lanes->size;
  const nt_lane_value out = nt_slot(r->ws, step->out, step->t);
  memcpy(out.k, column(r->ws, r->ws->value_k, step->leaf, j, r->from), bytes);
  if (step->t) memcpy(out.t, column(r->ws, r->ws->value_t, step->leaf, j, r->from), bytes);
  if (step->d) r->ws->lanes->settle(r->n, step->row, step->row2, &r->tables, out.k);
}

static void to_strip(const nt_rows *r, const nt_step *step, int64_t j)
{
  const nt_lane_value in = nt_slot(r->ws, step->in[0].slot, step->has_t);
  if (step->k) r->ws->lanes->to_double(r->n, in.k, nt_rows_strip(r, step->out, 0, j));
  if (step->t) r->ws->lanes->to_double(r->n, in.t, nt_rows_strip(r, step->out, 1, j));
}

static void run_map(const nt_step *step, const nt_workspace *ws, const nt_tables *tables, int64_t n)
{
  const nt_lane_value in = nt_slot(ws, step->in[0].slot, step->has_t),
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

static void run_product(const nt_step *step, const nt_workspace *ws, const nt_tables *tables,
                        int64_t n)
{
  const nt_lane_value out = nt_slot(ws, step->out, step->t);
  nt_factor factor[NT_MOST_FACTORS];
  for (int b = 0; b < step->n_in; b++) {
    const nt_lane_value in = nt_slot(ws, step->in[b].slot, step->in[b].has_t);
    if (!step->d) {
      ws->lanes->multiply(n, in, b == 0, out);
      continue;
    }
    const int64_t size = (int64_t)ws->lanes->size, row = step->in[b].row;
    factor[b] = (nt_factor){in, tables->table1 + row * tables->ld1 * size,
                            tables->table2 + row * tables->ld2 * size};
  }
  if (step->d) ws->lanes->multiply_d(n, step->n_in, factor, false, tables->one2, out);
}

/* A step that neither loads nor stores. */
static void run_lanes(const nt_step *step, const nt_workspace *ws, const nt_tables *tables,
                      int64_t n)
{
  const nt_lane_ops *lanes = ws->lanes;
  const nt_lane_value out = nt_slot(ws, step->out, step->t);
  switch (step->kind) {
  case NT_STEP_MAP:
    run_map(step, ws, tables, n);
    break;
  case NT_STEP_AFFINE:
    lanes->affine(n, nt_slot(ws, step->in[0].slot, step->has_t), step->d, step->row, step->bias,
                  tables, &step->post, out);
    break;
  case NT_STEP_CONVERT:
    lanes->convert(n, nt_slot(ws, step->in[0].slot, step->has_t), step->d, step->row, tables, out);
    break;
  case NT_STEP_REMASK:
    lanes->remask(n, out, step->row, tables);
    break;
  case NT_STEP_SCALE:
    lanes->scale(n, nt_slot(ws, step->in[0].slot, step->has_t), step->row, tables, out);
    break;
  case NT_STEP_SUM:
    for (int b = 0; b < step->n_in; b++) {
      lanes->add(n, nt_slot(ws, step->in[b].slot, step->in[b].has_t), step->in[b].weight, b == 0,
                 step->d ? step->in[b].row : -1, tables, out);
    }
    if (step->d) lanes->settle(n, step->row, -1, tables, out.k);
    break;
  case NT_STEP_PRODUCT:
    run_product(step, ws, tables, n);
    break;
  default:
    break;
  }
}

/* Dropout: a sample with itself, as far as it is among the lanes. */
static void drop(const nt_rows *r, const nt_step *step, int64_t j)
{
  const nt_tile *tile = r->tile;
  const size_t size = r->ws->lanes->size;
  const nt_lane_value in = nt_slot(r->ws, step->in[0].slot, step->has_t),
                      out = nt_slot(r->ws, step->out, step->t);
  const bool both = tile->same || tile->plan->node[step->node].facts.x1_is_x2;
  const int64_t i = tile->cols->first + j - tile->rows->first - r->from;
  memcpy(out.k, in.k, (size_t)r->n * size);
  if (out.t != NULL && in.t != NULL) memcpy(out.t, in.t, (size_t)r->n * size);
  if (!both || i < 0 || i >= r->n) return;
  nt_scale_lane(r->ws, i, step->post.kf, out);
}

/* A layer that mixes positions, where there is one: pair by pair. */
static void mix(const nt_rows *r, const nt_step *step, int64_t j)
{
  const nt_tile *tile = r->tile;
  const nt_lane_ops *lanes = r->ws->lanes;
  const nt_lane_value in = nt_slot(r->ws, step->in[0].slot, step->has_t),
                      out = nt_slot(r->ws, step->out, step->t);
  for (int64_t i = r->from; i < tile->rows->count; i++) {
    const size_t at = (size_t)(i - r->from) * lanes->size;
    double k, t, k_out, t_out;
    nt_mix m = {.k = &k, .k_out = &k_out, .t = in.t ? &t : NULL, .t_out = out.t ? &t_out : NULL};
    lanes->to_double(1, (char *)in.k + at, &k);
    if (in.t != NULL) lanes->to_double(1, (char *)in.t + at, &t);
    nt_mix_pair(tile->plan, r->ws, step->node, tile->rows, i, tile->cols, j, &m);
    lanes->from_double(1, &k_out, (char *)out.k + at);
    if (out.t != NULL) lanes->from_double(1, &t_out, (char *)out.t + at);
  }
}

void nt_rows_step(const nt_rows *r, const nt_step *step, int64_t j)
{
  switch (step->kind) {
  case NT_STEP_INPUT:
    nt_rows_load(r, step, j);
    break;
  case NT_STEP_TILE:
    load_tile(r, step, j);
    break;
  case NT_STEP_STORE:
    to_strip(r, step, j);
    break;
  case NT_STEP_DROPOUT:
    drop(r, step, j);
    break;
  case NT_STEP_MIX:
    mix(r, step, j);
    break;
  default:
    run_lanes(step, r->ws, &r->tables, r->n);
  }
}

/** A region without positions: the lanes are the samples of the rows, the second argument is one
 * sample. A tile is taken in blocks of NT_GRAM_ROWS x NT_GRAM_COLS pairs: their covariances,
 * then column by column all steps while the lanes and their tables are in the first cache;
 * NT_STRIP columns leave together. */
#include "base/check.h"
#include "kernel/move.h"
#include "kernel/rows_impl.h"
#include "layer/math.h"

#include <math.h>
#include <string.h>

/* Column j of the block. */
static void point_tables(nt_rows *r, int64_t j)
{
  const int64_t size = (int64_t)r->ws->lanes->size;
  const nt_panel *rows = r->tile->rows, *cols = r->tile->cols;
  r->tables = (nt_tables){.table1 = rows->table[r->number] + r->from * size,
                          .table2 = cols->table[r->number] + j * size,
                          .ld1 = rows->ld[r->number],
                          .ld2 = cols->ld[r->number],
                          .one2 = true};
}

/* Run column j again, and say after which step sample i has lost its number. */
static nt_status diagnose(nt_error *err, nt_rows *r, int64_t i, int64_t j)
{
  double k, t;
  const size_t at = (size_t)(i - r->from) * r->ws->lanes->size;
  point_tables(r, j);
  int node = 0;
  for (int s = 0; s < r->region->n_steps; s++) {
    const nt_step *step = &r->region->step[s];
    node = step->node;
    nt_rows_step(r, step, j);
    if (step->kind == NT_STEP_STORE) continue;
    const nt_lane_value out = nt_slot(r->ws, step->out, step->t);
    r->ws->lanes->to_double(1, (char *)out.k + at, &k);
    if (step->t) r->ws->lanes->to_double(1, (char *)out.t + at, &t);
    if (!isfinite(k) || (step->t && !isfinite(t))) break;
  }
  return nt_not_finite(err, r->tile, node, i, j);
}

/* Of one field of one output, column j of a strip, the first lane of which is v. In a tile of one
 * panel with itself its own part begins at the diagonal, where the sample's own variance stands. */
static nt_status leave_column(nt_error *err, nt_rows *r, double *v, const double *own, nt_target to,
                              int64_t j)
{
  const int64_t first = nt_rows_first(r, j), end = nt_rows_end(r);
  if (r->tile->same && own != NULL && j >= r->from && j < end) v[j - r->from] = own[j];
  if (to.a == NULL || first >= end) return NT_OK; /* known to a reader, but not asked for */
  if (nt_move_column(end - first, v + first - r->from, to.a + first + j * to.ld)) return NT_OK;
  int64_t i = first;
  while (isfinite(v[i - r->from]))
    i++;
  return diagnose(err, r, i, j);
}

/* The mirror image of `width` columns from j on, of which a square on the
 * diagonal is half mirror. */
static void leave_mirror(const nt_rows *r, const double *strip, nt_target to, int64_t j,
                         int64_t width)
{
  const int64_t end = nt_rows_end(r);
  int64_t first = r->from;
  if (to.a == NULL) return;
  if (r->tile->same) {
    for (int64_t i = NT_MAX(j, first); i < j + width && i < end; i++) {
      for (int64_t w = 0; w < i - j; w++)
        to.a[j + w + i * to.ld] = strip[w * NT_GRAM_ROWS + i - first];
    }
    first = NT_MAX(first, j + width);
  }
  if (first < end)
    nt_move_transposed(end - first, width, strip + first - r->from, NT_GRAM_ROWS,
                       to.a + j + first * to.ld, to.ld);
}

/* One field of one output, in column j. */
static nt_status leave(nt_error *err, nt_rows *r, int output, int field, int64_t j)
{
  const nt_tile *tile = r->tile;
  const nt_tile_output *to = &tile->output[output];
  const bool known = tile->plan->node[tile->plan->output[output]].want_v;
  const double *own = !known ? NULL : field == 0 ? tile->rows->q[output] : tile->rows->t[output];
  return leave_column(err, r, nt_rows_strip(r, output, field, j), own, field == 0 ? to->k : to->t,
                      j);
}

/* Of each sample with itself, all is known. */
static void leave_variances(const nt_rows *r)
{
  for (int s = 0; s < r->region->n_steps; s++) {
    const nt_step *step = &r->region->step[s];
    if (step->kind != NT_STEP_STORE) continue;
    memcpy(r->tile->output[step->out].k.a, r->tile->rows->q[step->out],
           (size_t)r->tile->rows->count * sizeof(double));
  }
}

/* All steps for column j; then it leaves, while the next one is computed. */
static nt_status run_column(nt_error *err, nt_rows *r, int64_t j)
{
  nt_status status = NT_OK;
  point_tables(r, j);
  for (int s = 0; s < r->region->n_steps; s++)
    nt_rows_step(r, &r->region->step[s], j);
  for (int s = 0; s < r->region->n_steps; s++) {
    const nt_step *step = &r->region->step[s];
    if (step->kind != NT_STEP_STORE) continue;
    if (step->k) NT_TRY(leave(err, r, step->out, 0, j));
    if (step->t) NT_TRY(leave(err, r, step->out, 1, j));
  }
done:
  return status;
}

/* `width` columns from j on, and their mirror images. */
static nt_status run_strip(nt_error *err, nt_rows *r, int64_t j, int64_t width)
{
  nt_status status = NT_OK;
  for (int64_t w = 0; w < width; w++)
    NT_TRY(run_column(err, r, j + w));
  for (int s = 0; s < r->region->n_steps; s++) {
    const nt_step *step = &r->region->step[s];
    if (step->kind != NT_STEP_STORE) continue;
    const nt_tile_output *to = &r->tile->output[step->out];
    if (step->k) leave_mirror(r, nt_rows_strip(r, step->out, 0, j), to->mirror_k, j, width);
    if (step->t) leave_mirror(r, nt_rows_strip(r, step->out, 1, j), to->mirror_t, j, width);
  }
done:
  return status;
}

/* The block from row r->from and column `first` on; of a tile of one panel with itself what is
 * on or below the diagonal. */
static nt_status run_block(nt_error *err, nt_rows *r, int64_t first)
{
  nt_status status = NT_OK;
  int64_t end = r->tile->cols->count;
  if (end > first + NT_GRAM_COLS) end = first + NT_GRAM_COLS;
  if (r->tile->same && end > nt_rows_end(r)) end = nt_rows_end(r);
  if (first >= end) return NT_OK;
  nt_rows_grams(r, first);
  for (int64_t j = first; j < end; j += NT_STRIP)
    NT_TRY(run_strip(err, r, j, end - j < NT_STRIP ? end - j : NT_STRIP));
done:
  return status;
}

nt_status nt_rows_compute(nt_error *err, const nt_tile *tile, nt_workspace *ws, int region)
{
  nt_status status = NT_OK;
  nt_rows r = {
      .tile = tile, .region = &tile->plan->program->region[region], .ws = ws, .number = region};
  const int64_t lanes = nt_padded(tile->rows->count);
  if (tile->self_only) {
    leave_variances(&r);
    return NT_OK;
  }
  nt_rows_turn(&r);
  for (int64_t j = 0; j < tile->cols->count; j += NT_GRAM_COLS) {
    for (r.from = 0; r.from < lanes; r.from += NT_GRAM_ROWS) {
      r.n = lanes - r.from < NT_GRAM_ROWS ? lanes - r.from : NT_GRAM_ROWS;
      NT_TRY(run_block(err, &r, j));
    }
  }
  nt_move_fence();
done:
  return status;
}

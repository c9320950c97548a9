/** A region without positions: the lanes are the samples of the rows, the second argument is one
 * sample. A tile is taken in blocks of NT_GRAM_ROWS x NT_GRAM_COLS pairs: their covariances,
 * then column by column all steps while the lanes and their tables are in the first cache;
 * NT_STRIP columns leave together. */
#include "base/check.h"
#include "kernel/digits.h"
#include "kernel/move.h"
#include "kernel/tile_impl.h"

#include <math.h>
#include <string.h>

typedef struct nt_rows {
  const nt_tile *tile;
  const nt_region *region;
  nt_workspace *ws;
  nt_tables tables; /* from row `from` on */
  int64_t from, n;  /* of the block: first row, lanes */
  int number;       /* of the region */
} nt_rows;

static char *column(const nt_workspace *ws, char *values, int number, int64_t j, int64_t from)
{
  return values + number * ws->value_size + (j * ws->ld + from) * (int64_t)ws->lanes->size;
}

static int64_t channels(const nt_plan *plan, int leaf)
{
  const nt_facts *facts = &plan->node[leaf].facts;
  return facts->shape1.dim[facts->channel_axis];
}

static int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

/* The rows of the block that count in column j: samples, in a tile of one panel with
 * itself from the diagonal on. */
static int64_t first_of(const nt_rows *r, int64_t j)
{
  return r->tile->same ? larger(j, r->from) : r->from;
}

static int64_t end_of(const nt_rows *r)
{
  const int64_t end = r->from + r->n;
  return end < r->tile->rows->count ? end : r->tile->rows->count;
}

/* Covariances of an input, from column j on. */
static char *gram_of(const nt_rows *r, int leaf, int64_t j)
{
  const int64_t at = (leaf * NT_GRAM_COLS + j % NT_GRAM_COLS) * NT_GRAM_ROWS;
  return r->ws->gram + at * (int64_t)r->ws->lanes->size;
}

/* Whether a step reads samples. */
static bool reads_samples(const nt_rows *r, const nt_step *step)
{
  return step->kind == NT_STEP_INPUT && !r->tile->plan->node[step->leaf].given;
}

/* Strips of digits from sample `first` on. */
static const char *strips(const char *digits, int64_t first, int64_t strip)
{
  return digits + first / NT_DIGITS_STRIP * strip;
}

/* Digits of the columns in their own order: once for all tiles of a thread on the same columns. */
static void turn_columns(const nt_rows *r)
{
  const nt_plan *plan = r->tile->plan;
  const nt_panel *cols = r->tile->cols;
  for (int s = 0; s < r->region->n_steps; s++) {
    const nt_step *step = &r->region->step[s];
    const int leaf = step->leaf;
    const nt_digits *digits = reads_samples(r, step) ? nt_panel_digits(plan, leaf) : NULL;
    if (digits == NULL || r->ws->turned[leaf] == cols->first) continue;
    digits->turn(cols->count, channels(plan, leaf), cols->digits[leaf], r->ws->columns[leaf]);
    r->ws->turned[leaf] = cols->first;
  }
}

/* Those of all leaves that this region reads, for the block with columns j ... */
static void grams(const nt_rows *r, int64_t j)
{
  const nt_tile *tile = r->tile;
  const int64_t size = (int64_t)r->ws->lanes->size, left = tile->cols->count - j;
  for (int s = 0; s < r->region->n_steps; s++) {
    const nt_step *step = &r->region->step[s];
    if (!reads_samples(r, step)) continue;
    const int leaf = step->leaf;
    const int64_t d = channels(tile->plan, leaf);
    const nt_gram_size block = {.m = r->n,
                                .n = left < NT_GRAM_COLS ? left : NT_GRAM_COLS,
                                .d = d,
                                .below = tile->same ? r->from - j : NT_GRAM_COLS};
    const nt_digits *digits = nt_panel_digits(tile->plan, leaf);
    const int64_t strip = digits != NULL ? nt_digits_strip(digits, d) : 0;
    if (digits != NULL)
      digits->gram(block, strips(tile->rows->digits[leaf], r->from, strip),
                   strips(r->ws->columns[leaf], j, strip), gram_of(r, leaf, j), NT_GRAM_ROWS);
    else
      r->ws->lanes->gram(block, tile->rows->data[leaf] + r->from * d * size,
                         tile->cols->data[leaf] + j * d * size, gram_of(r, leaf, j), NT_GRAM_ROWS);
  }
}

/* Lanes from a column of a given kernel; those beyond its last row are zero. */
static void load_column(const nt_rows *r, const double *from, void *to)
{
  const int64_t left = r->tile->rows->count - r->from, count = left < r->n ? left : r->n;
  memset(to, 0, (size_t)r->n * r->ws->lanes->size);
  r->ws->lanes->from_double(count, from + r->from, to);
}

static void load_given(const nt_rows *r, const nt_step *step, int64_t j)
{
  const nt_tile_input *in = &r->tile->given[step->leaf];
  const nt_lane_value out = nt_slot(r->ws, step->out, step->t);
  load_column(r, in->k + j * in->ld_k, out.k);
  if (step->t) load_column(r, in->t + j * in->ld_t, out.t);
}

static void load_input(const nt_rows *r, const nt_step *step, int64_t j)
{
  if (r->tile->plan->node[step->leaf].given) {
    load_given(r, step, j);
    return;
  }
  const nt_tile *tile = r->tile;
  const nt_lane_ops *lanes = r->ws->lanes;
  const nt_lane_value out = nt_slot(r->ws, step->out, step->t);
  const char *g = gram_of(r, step->leaf, j);
  const bool near =
      lanes->input(r->n, g, step->d, step->row, step->bias, &r->tables, &step->post, out);
  if (!near) return;
  const int64_t d = channels(tile->plan, step->leaf);
  int64_t first = first_of(r, j) - r->from;
  if (tile->same && j >= r->from && j < end_of(r)) /* a sample and itself */
    memset((char *)out.k + first++ * (int64_t)lanes->size, 0, lanes->size);
  const nt_near_data x = {.d = d,
                          .x1 = tile->rows->data[step->leaf] + r->from * d * (int64_t)lanes->size,
                          .x2 = tile->cols->data[step->leaf],
                          .j = j,
                          .strips = nt_panel_digits(tile->plan, step->leaf) == NULL};
  lanes->near(first, end_of(r) - r->from, &x, g, step->row, step->bias, &r->tables, &step->post,
              out.k);
}

static void load_tile(const nt_rows *r, const nt_step *step, int64_t j)
{
  const size_t bytes = (size_t)r->n * r->ws->lanes->size;
  const nt_lane_value out = nt_slot(r->ws, step->out, step->t);
  memcpy(out.k, column(r->ws, r->ws->value_k, step->leaf, j, r->from), bytes);
  if (step->t) memcpy(out.t, column(r->ws, r->ws->value_t, step->leaf, j, r->from), bytes);
  if (step->d) r->ws->lanes->settle(r->n, step->row, step->row2, &r->tables, out.k);
}

/* A result of the block's first lane, in column j. */
static double *strip_of(const nt_rows *r, int output, int field, int64_t j)
{
  return r->ws->strip + ((output * 2 + field) * NT_STRIP + j % NT_STRIP) * NT_GRAM_ROWS;
}

static void to_strip(const nt_rows *r, const nt_step *step, int64_t j)
{
  const nt_lane_value in = nt_slot(r->ws, step->in[0], step->has_t);
  if (step->k) r->ws->lanes->to_double(r->n, in.k, strip_of(r, step->out, 0, j));
  if (step->t) r->ws->lanes->to_double(r->n, in.t, strip_of(r, step->out, 1, j));
}

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

static void run_product(const nt_step *step, const nt_workspace *ws, const nt_tables *tables,
                        int64_t n)
{
  const nt_lane_value out = nt_slot(ws, step->out, step->t);
  nt_factor factor[NT_MOST_FACTORS];
  for (int b = 0; b < step->n_in; b++) {
    const nt_lane_value in = nt_slot(ws, step->in[b], step->has_t_in[b]);
    if (!step->d) {
      ws->lanes->multiply(n, in, b == 0, out);
      continue;
    }
    const int64_t size = (int64_t)ws->lanes->size, row = step->row_in[b];
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
    lanes->affine(n, nt_slot(ws, step->in[0], step->has_t), step->d, step->row, step->bias, tables,
                  &step->post, out);
    break;
  case NT_STEP_CONVERT:
    lanes->convert(n, nt_slot(ws, step->in[0], step->has_t), step->d, step->row, tables, out);
    break;
  case NT_STEP_REMASK:
    lanes->remask(n, out, step->row, tables);
    break;
  case NT_STEP_SCALE:
    lanes->scale(n, nt_slot(ws, step->in[0], step->has_t), step->row, tables, out);
    break;
  case NT_STEP_SUM:
    for (int b = 0; b < step->n_in; b++) {
      lanes->add(n, nt_slot(ws, step->in[b], step->has_t_in[b]), step->weight[b], b == 0,
                 step->d ? step->row_in[b] : -1, tables, out);
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
  const nt_lane_value in = nt_slot(r->ws, step->in[0], step->has_t),
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
  const nt_lane_value in = nt_slot(r->ws, step->in[0], step->has_t),
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

static void run_step(const nt_rows *r, const nt_step *step, int64_t j)
{
  switch (step->kind) {
  case NT_STEP_INPUT:
    load_input(r, step, j);
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
    run_step(r, step, j);
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
  const int64_t first = first_of(r, j), end = end_of(r);
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
  const int64_t end = end_of(r);
  int64_t first = r->from;
  if (to.a == NULL) return;
  if (r->tile->same) {
    for (int64_t i = larger(j, first); i < j + width && i < end; i++) {
      for (int64_t w = 0; w < i - j; w++)
        to.a[j + w + i * to.ld] = strip[w * NT_GRAM_ROWS + i - first];
    }
    first = larger(first, j + width);
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
  return leave_column(err, r, strip_of(r, output, field, j), own, field == 0 ? to->k : to->t, j);
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
    run_step(r, &r->region->step[s], j);
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
    if (step->k) leave_mirror(r, strip_of(r, step->out, 0, j), to->mirror_k, j, width);
    if (step->t) leave_mirror(r, strip_of(r, step->out, 1, j), to->mirror_t, j, width);
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
  if (r->tile->same && end > end_of(r)) end = end_of(r);
  if (first >= end) return NT_OK;
  grams(r, first);
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
  turn_columns(&r);
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

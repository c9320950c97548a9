/** Covariances of inputs without positions: those of a block of pairs by one product of matrices,
 * column by column into lanes, those of near samples from differences. */
#include "kernel/digits.h"
#include "kernel/rows_impl.h"

#include <string.h>

static int64_t channels(const nt_plan *plan, int leaf)
{
  return nt_facts_channels(&plan->node[leaf].facts);
}

/* Covariances of an input, from column j on. */
static char *gram_of(const nt_rows *r, int leaf, int64_t j)
{
  const int64_t at = (leaf * NT_GRAM_COLS + j % NT_GRAM_COLS) * NT_GRAM_ROWS;
  return r->ws->gram + at * (int64_t)r->ws->lanes->size;
}

/* How the samples of a leaf are multiplied. */
static const nt_digits *digits_of(const nt_rows *r, int leaf)
{
  return r->tile->rows->split ? nt_panel_digits(r->tile->plan, leaf) : NULL;
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

void nt_rows_turn(const nt_rows *r)
{
  const nt_plan *plan = r->tile->plan;
  const nt_panel *cols = r->tile->cols;
  for (int s = 0; s < r->region->n_steps; s++) {
    const nt_step *step = &r->region->step[s];
    const int leaf = step->leaf;
    const nt_digits *digits = reads_samples(r, step) ? digits_of(r, leaf) : NULL;
    if (digits == NULL || r->ws->turned[leaf] == cols->first) continue;
    digits->turn(cols->count, channels(plan, leaf), cols->data[leaf], r->ws->columns[leaf]);
    r->ws->turned[leaf] = cols->first;
  }
}

void nt_rows_grams(const nt_rows *r, int64_t j)
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
    const nt_digits *digits = digits_of(r, leaf);
    const int64_t strip = digits != NULL ? nt_digits_strip(digits, d) : 0;
    if (digits != NULL)
      digits->gram(block, strips(tile->rows->data[leaf], r->from, strip),
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

static nt_near_data near_data(const nt_rows *r, int leaf, int64_t j)
{
  const nt_tile *tile = r->tile;
  const nt_digits *digits = digits_of(r, leaf);
  const int64_t d = channels(tile->plan, leaf);
  const int64_t skip = digits == NULL ? r->from * d * (int64_t)r->ws->lanes->size : 0;
  return (nt_near_data){.d = d,
                        .x1 = tile->rows->data[leaf] + skip,
                        .x2 = tile->cols->data[leaf],
                        .j = j,
                        .digits = digits,
                        .first = r->from,
                        .y = r->ws->numbers};
}

void nt_rows_load(const nt_rows *r, const nt_step *step, int64_t j)
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
  int64_t first = nt_rows_first(r, j) - r->from;
  if (tile->same && j >= r->from && j < nt_rows_end(r)) /* a sample and itself */
    memset((char *)out.k + first++ * (int64_t)lanes->size, 0, lanes->size);
  nt_near_data x = near_data(r, step->leaf, j);
  lanes->near(first, nt_rows_end(r) - r->from, &x, g, step->row, step->bias, &r->tables,
              &step->post, out.k);
}

/** Rows of tables from the variances: made in double, stored in the arithmetic of the pair pass. */
#include "kernel/sample_impl.h"

#include "base/check.h"
#include "base/clones.h"
#include "base/memory.h"
#include "layer/math.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void map_rows(const nt_node *reader, int64_t n, const double *v, double *const *table)
{
  if (reader->ops->tables != NULL)
    reader->ops->tables(reader->cfg, n, v, table);
  else
    memcpy(table[0], v, (size_t)n * sizeof(double));
}

/* 1 / s may be beyond float32 where a variance is far below it: there the largest number does,
 * since all that it multiplies is 0, and infinity would make a NaN of that. */
NT_CLONES static void fit_float(int64_t n, const double *v, double *table)
{
  NT_VECTOR_LOOP
  for (int64_t i = 0; i < n; i++)
    table[i] = v[i] < 1 && table[i] > FLT_MAX ? FLT_MAX : table[i];
}

static void bias_rows(const nt_affine *a, int64_t n, const double *v, double *const *table)
{
  for (int64_t i = 0; i < n; i++) {
    const double r = sqrt(a->k * v[i]), s = sqrt(a->k * v[i] + a->k0);
    table[0][i] = r;
    table[1][i] = s > 0 ? a->k0 / (s + r) : 0;
  }
}

static void norm_rows(const double *scale, int64_t n, const double *v, double *const *table)
{
  for (int64_t i = 0; i < n; i++) {
    table[0][i] = scale[i];
    table[1][i] = sqrt(v[i]);
    table[2][i] = scale[i] * sqrt(v[i]);
  }
}

/* The variance that a padding cell has for one argument alone: see
 * nt_padding_cell in plan/frame.h. */
static nt_status fill_rows(const nt_pass *p, const nt_row *row, double *table)
{
  nt_status status = NT_OK;
  const nt_node *reader = &p->plan->node[row->reader];
  void *work = NULL;
  NT_TRY(nt_alloc(p->err, nt_window_room(reader, p->count), sizeof(double), "sums of a window",
                  &work));
  nt_window_sums(reader, row->axis, p->count, p->own[row->node].v, work, table);
  for (int64_t i = 0; i < p->count * row->positions; i++)
    table[i] *= reader->affine.k / 2;
done:
  free(work);
  return status;
}

/* 1 where a node is not masked; of its positions those that `mover` keeps,
 * in its order (NULL: all). */
static nt_status mask_rows(const nt_pass *p, const nt_row *row, const nt_node *mover, double *table)
{
  nt_status status = NT_OK;
  const nt_facts *facts = &p->plan->node[row->node].facts;
  const int64_t positions = nt_facts_positions(facts);
  const unsigned char *mask = p->own[row->node].mask;
  double *here = NULL;
  NT_TRY(nt_alloc(p->err, positions, sizeof(double), "a mask", &here));
  for (int64_t i = 0; i < p->count; i++) {
    double *to = table + i * row->positions;
    for (int64_t k = 0; k < positions; k++)
      here[k] = !mask[i * positions + k];
    if (mover != NULL)
      nt_window_transpose(mover, facts, here, to);
    else
      memcpy(to, here, (size_t)positions * sizeof *to);
  }
done:
  free(here);
  return status;
}

/* The channels of the inputs are numbers of the pair pass already: one row each. */
static void channel_rows(const nt_pass *p, const nt_row *row, char *to, int64_t ld)
{
  const size_t size = p->ws->lanes->size;
  const nt_node *node = &p->plan->node[row->node];
  const int64_t channels = row->n_rows, n = p->count * row->positions;
  const char *x =
      p->panel->data[node->leaf] + (size_t)(p->first * row->positions * channels) * size;
  for (int64_t c = 0; c < channels; c++)
    p->ws->cells->strided(n, x + (size_t)c * size, channels, to + (size_t)(c * ld) * size);
}

/* Each sample in strips of positions, for products of all pairs of them. */
static nt_status make_strips(const nt_pass *p, const nt_row *row, char *table)
{
  nt_status status = NT_OK;
  const nt_lane_ops *lanes = p->ws->lanes;
  const nt_node *node = &p->plan->node[row->node];
  const int64_t positions = nt_facts_positions(&node->facts);
  const size_t numbers = (size_t)row->n_rows * lanes->size;
  void *strip = NULL;
  NT_TRY(nt_alloc(p->err, NT_LANES, numbers, "a strip of positions", &strip));
  for (int64_t i = p->first; i < p->first + p->count; i++) {
    char *const to = table + (size_t)(i * row->positions) * numbers;
    memcpy(to, p->panel->data[node->leaf] + (size_t)(i * positions) * numbers,
           (size_t)positions * numbers);
    lanes->interleave(positions, row->n_rows, to, strip);
  }
done:
  free(strip);
  return status;
}

/* The rows of a group but those of inputs, in double. */
static nt_status find_rows(const nt_pass *p, const nt_row *row, double *const *table)
{
  nt_status status = NT_OK;
  const int64_t n = p->count * row->positions;
  const nt_own *own = &p->own[row->node];
  const nt_node *reader = row->reader < 0 ? NULL : &p->plan->node[row->reader];
  switch (row->kind) {
  case NT_ROW_MAP:
    map_rows(reader, n, own->v, table);
    for (int r = 0; r < row->n_rows && p->ws->lanes->size == sizeof(float); r++)
      fit_float(n, own->v, table[r]);
    break;
  case NT_ROW_BIAS:
    bias_rows(&reader->affine, n, own->v, table);
    break;
  case NT_ROW_NORM:
    norm_rows(p->own[row->reader].scale, n, own->v, table);
    break;
  case NT_ROW_POOL:
    memcpy(table[0], own->scale, (size_t)(3 * n) * sizeof(double));
    break;
  case NT_ROW_FILL:
    return fill_rows(p, row, table[0]);
  case NT_ROW_MASK:
    return mask_rows(p, row, reader, table[0]);
  case NT_ROW_UNMASKED:
    for (int64_t i = 0; i < n; i++)
      table[0][i] = nt_unmasked_ratio(p, row->node, i);
    break;
  case NT_ROW_ROOT:
    for (int64_t i = 0; i < n; i++)
      table[0][i] = sqrt(own->v[i]);
    break;
  default:
    for (int64_t i = 0; i < n; i++)
      table[0][i] = own->v[i] / 2;
  }
  return status;
}

/* What the first row of a group has beyond a double; NULL: nothing. */
static const double *rest_of(const nt_pass *p, const nt_row *row)
{
  const bool by_k = nt_node_goes_by_k(p->plan, &p->plan->node[row->node]);
  const bool form = row->kind == NT_ROW_HALF || row->kind == NT_ROW_ROOT;
  return row->kind == NT_ROW_POOL || (by_k && form) ? p->own[row->node].rest : NULL;
}

static nt_status make_rows(const nt_pass *p, int group, double *scratch)
{
  nt_status status = NT_OK;
  const nt_row *row = &p->plan->program->row[group];
  const size_t size = p->ws->lanes->size;
  const int64_t n = p->count * row->positions, first = p->first * row->positions;
  const int64_t ld = nt_padded(p->panel->count * row->positions);
  char *const table = p->panel->table[row->region] + (size_t)p->panel->at[group] * size;
  char *const to = table + (size_t)first * size;
  if (row->kind == NT_ROW_STRIPS) return make_strips(p, row, table);
  if (row->kind == NT_ROW_CHANNELS) {
    channel_rows(p, row, to, ld);
  } else {
    double *table[NT_MAX_TABLES];
    for (int r = 0; r < row->n_rows; r++)
      table[r] = scratch + r * n;
    NT_TRY(find_rows(p, row, table));
    for (int r = 0; r < row->n_rows; r++)
      p->ws->lanes->from_double(n, table[r], to + (size_t)(r * ld) * size);
    const double *rest = rest_of(p, row);
    if (rest != NULL) p->ws->lanes->add_double(n, rest, to);
  }
  /* Rows are read in whole vectors, also before the next sample is there. */
  const size_t behind = (size_t)NT_MIN(ld - first - n, (int64_t)NT_LANES) * size;
  for (int r = 0; r < row->n_rows; r++)
    memset(to + (size_t)(r * ld + n) * size, 0, behind);
done:
  return status;
}

nt_status nt_own_rows(nt_pass *p, int number)
{
  nt_status status = NT_OK;
  const nt_region *region = &p->plan->program->region[number];
  void *scratch = NULL;
  int64_t most = 1;
  for (int g = region->first_group; g < region->first_group + region->n_groups; g++) {
    const nt_row *row = &p->plan->program->row[g];
    if (row->kind != NT_ROW_CHANNELS && row->kind != NT_ROW_STRIPS &&
        row->n_rows * row->positions > most)
      most = row->n_rows * row->positions;
  }
  NT_TRY(nt_alloc(p->err, p->count * most, sizeof(double), "tables", &scratch));
  for (int g = region->first_group; g < region->first_group + region->n_groups; g++)
    NT_TRY(make_rows(p, g, scratch));
done:
  free(scratch);
  return status;
}

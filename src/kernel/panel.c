#include "kernel/panel.h"

#include "base/check.h"
#include "base/memory.h"
#include "kernel/digits.h"
#include "kernel/given.h"
#include "kernel/lanes.h"
#include "kernel/tile.h"

#include <stdlib.h>
#include <string.h>

static int64_t output_entries(const nt_plan *plan, int output)
{
  return nt_facts_positions(&plan->node[plan->output[output]].facts);
}

static size_t sample_bytes(const nt_plan *plan, const nt_samples *samples)
{
  size_t size = nt_lanes_of(plan->request.dtype)->size;
  return (size_t)(samples->positions * samples->channels) * size;
}

int64_t nt_panel_room(const nt_plan *plan, int leaf, int64_t count)
{
  return nt_facts_space(&plan->node[leaf].facts).rank == 0 ? nt_padded(count) : count;
}

const nt_digits *nt_panel_digits(const nt_plan *plan, int leaf)
{
  const nt_facts *facts = &plan->node[leaf].facts;
  const int64_t d = facts->shape1.dim[facts->channel_axis];
  const bool some = plan->request.digits && !plan->node[leaf].given &&
                    nt_facts_space(facts).rank == 0 && d >= NT_DIGITS_LEAST && d <= NT_DIGITS_MOST;
  return some ? nt_digits_of(plan->request.dtype) : NULL;
}

int64_t nt_panel_digits_bytes(const nt_plan *plan, int leaf, int64_t count)
{
  const nt_facts *facts = &plan->node[leaf].facts;
  const nt_digits *digits = nt_panel_digits(plan, leaf);
  if (digits == NULL) return 0;
  return nt_padded(count) / NT_DIGITS_STRIP *
         nt_digits_strip(digits, facts->shape1.dim[facts->channel_axis]);
}

/* Elements of a group of rows. */
static int64_t group_size(const nt_row *row, int64_t count)
{
  return row->n_rows * nt_padded(count * row->positions);
}

int64_t nt_side_size(const nt_plan *plan, int mix)
{
  const nt_node *node = &plan->node[plan->program->mix[mix]];
  return node->ops->side_size(node->cfg, &plan->node[node->in[0]].facts, &node->facts);
}

/* What a panel holds of given kernels. Masks are everywhere, own pairs come by nt_panels_fetch. */
static nt_status allocate_given(nt_error *err, const nt_plan *plan, nt_panel *panel)
{
  nt_status status = NT_OK;
  void *memory;
  if (panel->given == NULL) return NT_OK;
  NT_TRY(nt_calloc(err, plan->n_leaves, sizeof(nt_tile_input), "a panel", &memory));
  panel->own_tile = memory;
  for (int l = 0; l < plan->n_leaves; l++) {
    const nt_given *given = &panel->given[l];
    const int64_t bytes = nt_facts_positions(&plan->node[l].facts) * given->mask_channels;
    if (bytes > 0) {
      NT_TRY(nt_alloc(err, panel->count * bytes, 1, "masks of a panel", &memory));
      panel->mask[l] =
          memcpy(memory, given->mask + panel->first * bytes, (size_t)(panel->count * bytes));
    }
    if (given->own == NULL) continue;
    NT_TRY(nt_alloc(err, panel->count * given->own->channels, sizeof(double),
                    "covariances of a panel", &memory));
    panel->own[l] = memory;
    panel->own_tile[l] =
        (nt_tile_input){panel->own[l], panel->own[l] + given->own_t, given->own_ld, given->own_ld};
  }
done:
  return status;
}

static nt_status allocate(nt_error *err, const nt_plan *plan, const nt_side *side, nt_panel *panel)
{
  nt_status status = NT_OK;
  void *memory;
  const size_t size = nt_lanes_of(plan->request.dtype)->size;
  for (int l = 0; l < side->n_leaves; l++) {
    const nt_samples *samples = side->leaf[l];
    if (samples == NULL) continue;
    const int64_t room = nt_panel_room(plan, l, panel->count);
    const size_t bytes = sample_bytes(plan, samples);
    NT_TRY(nt_alloc(err, room, bytes, "samples of a panel", &memory));
    panel->data[l] = memory;
    /* Loops run over whole vectors, beyond the last row too; tables are zero there as well. */
    memset((char *)memory + (size_t)panel->count * bytes, 0, (size_t)(room - panel->count) * bytes);
    if (nt_panel_digits(plan, l) != NULL) {
      NT_TRY(nt_alloc(err, nt_panel_digits_bytes(plan, l, panel->count), 1, "digits of a panel",
                      &memory));
      panel->digits[l] = memory;
    }
    if (samples->mask == NULL) continue;
    NT_TRY(nt_alloc(err, panel->count, (size_t)(samples->positions * samples->channels),
                    "masks of a panel", &memory));
    panel->mask[l] = memory;
  }
  NT_TRY(allocate_given(err, plan, panel));
  if (side->pattern != NULL) {
    panel->pattern_size = side->pattern->channels;
    NT_TRY(nt_alloc(err, panel->count * panel->pattern_size, sizeof(double), "patterns of a panel",
                    &memory));
    panel->pattern = memory;
  }
  for (int r = 0; r < plan->program->n_regions; r++) {
    const nt_region *region = &plan->program->region[r];
    int64_t total = 0;
    panel->ld[r] = nt_padded(panel->count);
    for (int g = region->first_group; g < region->first_group + region->n_groups; g++) {
      panel->at[g] = total;
      total += group_size(&plan->program->row[g], panel->count);
    }
    NT_TRY(nt_calloc(err, total + NT_LANES, size, "tables of a panel", &memory));
    panel->table[r] = memory;
  }
  for (int o = 0; o < plan->n_outputs; o++) {
    const int64_t entries = panel->count * output_entries(plan, o);
    NT_TRY(nt_calloc(err, entries, sizeof(double), "variances of a panel", &memory));
    panel->q[o] = memory;
    NT_TRY(nt_calloc(err, entries, sizeof(double), "variances of a panel", &memory));
    panel->t[o] = memory;
    const int64_t channels = plan->node[plan->output[o]].mask_channels;
    if (channels == 0) continue;
    NT_TRY(nt_calloc(err, entries * channels, 1, "masks of a panel", &memory));
    panel->out_mask[o] = memory;
  }
  for (int m = 0; m < plan->program->n_mixes; m++) {
    const int64_t numbers = panel->count * nt_side_size(plan, m);
    NT_TRY(nt_calloc(err, numbers, sizeof(double), "weights of positions", &memory));
    panel->side[m] = memory;
  }
done:
  return status;
}

nt_status nt_panel_create(nt_error *err, const nt_plan *plan, const nt_side *side, int64_t first,
                          int64_t count, nt_panel **out)
{
  nt_status status = NT_OK;
  void *memory = NULL;
  const int leaves = side->n_leaves, regions = plan->program->n_regions, outputs = plan->n_outputs;
  *out = NULL;
  NT_TRY(nt_calloc(err, 1, sizeof(nt_panel), "a panel", &memory));
  nt_panel *panel = *out = memory;
  panel->first = first;
  panel->count = count;
  panel->given = side->given;
  panel->norm = side->norm;
  panel->norm_node = -1;
  const int mixes = plan->program->n_mixes;
  NT_TRY(nt_calloc(err, 4 * leaves + regions + 3 * outputs + mixes, sizeof(void *), "a panel",
                   &memory));
  panel->data = memory;
  panel->digits = panel->data + leaves;
  panel->mask = (unsigned char **)(panel->digits + leaves);
  panel->own = (double **)(panel->mask + leaves);
  panel->table = (char **)(panel->own + leaves);
  panel->q = (double **)(panel->table + regions);
  panel->t = panel->q + outputs;
  panel->out_mask = (unsigned char **)(panel->t + outputs);
  panel->side = (double **)(panel->out_mask + outputs);
  NT_TRY(nt_calloc(err, regions + plan->program->n_rows, sizeof(int64_t), "a panel", &memory));
  panel->ld = memory;
  panel->at = panel->ld + regions;
  NT_TRY(allocate(err, plan, side, panel));
done:
  if (status != NT_OK) nt_panel_destroy(out, plan);
  return status;
}

void nt_panel_destroy(nt_panel **out, const nt_plan *plan)
{
  nt_panel *panel = *out;
  if (panel == NULL) return;
  for (int l = 0; panel->data != NULL && l < plan->n_leaves; l++) {
    free(panel->data[l]);
    free(panel->digits[l]);
    free(panel->mask[l]);
    free(panel->own[l]);
  }
  for (int r = 0; panel->data != NULL && r < plan->program->n_regions; r++)
    free(panel->table[r]);
  for (int o = 0; panel->data != NULL && o < plan->n_outputs; o++) {
    free(panel->q[o]);
    free(panel->t[o]);
    free(panel->out_mask[o]);
  }
  for (int m = 0; panel->data != NULL && m < plan->program->n_mixes; m++)
    free(panel->side[m]);
  free(panel->data);
  free(panel->pattern);
  free(panel->own_tile);
  free(panel->ld);
  free(panel);
  *out = NULL;
}

nt_status nt_panel_interleave(nt_error *err, const nt_plan *plan, nt_panel *panel)
{
  nt_status status = NT_OK;
  const nt_lane_ops *lanes = nt_lanes_of(plan->request.dtype);
  for (int l = 0; l < plan->n_leaves; l++) {
    const nt_facts *facts = &plan->node[l].facts;
    const int64_t d = facts->shape1.dim[facts->channel_axis];
    void *strip = NULL;
    if (panel->data[l] == NULL || nt_facts_space(facts).rank > 0) continue;
    if (panel->digits[l] != NULL)
      nt_panel_digits(plan, l)->split(panel->count, d, panel->data[l], panel->digits[l]);
    NT_TRY(nt_alloc(err, NT_LANES * d, lanes->size, "a strip of samples", &strip));
    lanes->interleave(panel->count, d, panel->data[l], strip);
    free(strip);
  }
done:
  return status;
}

int64_t nt_panel_bytes(const nt_plan *plan, int64_t count)
{
  const int64_t size = (int64_t)nt_lanes_of(plan->request.dtype)->size, number = sizeof(double);
  int64_t bytes = count * plan->pattern_size * number;
  for (int l = 0; l < plan->n_leaves; l++) {
    const nt_facts *facts = &plan->node[l].facts;
    const int64_t positions = nt_facts_positions(facts);
    const int64_t channels = plan->node[l].given ? 0 : facts->shape1.dim[facts->channel_axis];
    bytes += nt_panel_room(plan, l, count) * positions * channels * size;
    bytes += nt_panel_digits_bytes(plan, l, count);
    bytes += count * positions * plan->node[l].mask_channels;
    bytes += count * nt_given_own_numbers(plan, l) * number;
  }
  for (int g = 0; g < plan->program->n_rows; g++)
    bytes += group_size(&plan->program->row[g], count) * size;
  for (int m = 0; m < plan->program->n_mixes; m++)
    bytes += count * nt_side_size(plan, m) * number;
  for (int o = 0; o < plan->n_outputs; o++)
    bytes +=
        count * output_entries(plan, o) * (2 * number + plan->node[plan->output[o]].mask_channels);
  return bytes;
}

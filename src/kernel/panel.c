#include "kernel/panel.h"

#include "base/check.h"
#include "base/memory.h"
#include "kernel/given.h"
#include "kernel/lanes.h"
#include "kernel/tile.h"

#include <stdlib.h>
#include <string.h>

static int64_t output_entries(const nt_plan *plan, int output)
{
  return nt_facts_positions(&plan->node[plan->output[output]].facts);
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

/* What a panel holds, in the order of the block; behind the tables all is zero at first. */
enum { DATA, MASK, OWN, PATTERN, TABLE, Q, T, OUT_MASK, SIDE, PARTS };

/* What is to be held: without a side, what it can be at most. */
typedef struct nt_held {
  const nt_plan *plan;
  const nt_side *side;
  int64_t count;
  bool split;
} nt_held;

/* How many there are of a part. */
static int members(const nt_plan *plan, int part)
{
  if (part < PATTERN) return plan->n_leaves;
  if (part == PATTERN) return 1;
  if (part == TABLE) return plan->program->n_regions;
  return part < SIDE ? plan->n_outputs : plan->program->n_mixes;
}

/* Made-up sides (calibrate.c) are given nothing. */
static int64_t mask_bytes(const nt_plan *plan, const nt_side *side, int leaf)
{
  const nt_node *node = &plan->node[leaf];
  const int64_t positions = nt_facts_positions(&node->facts);
  if (side == NULL) return positions * node->mask_channels;
  if (node->given) return side->given == NULL ? 0 : positions * side->given[leaf].mask_channels;
  return side->leaf[leaf]->mask == NULL ? 0 : positions * side->leaf[leaf]->channels;
}

static int64_t pattern_numbers(const nt_plan *plan, const nt_side *side)
{
  if (side == NULL) return plan->pattern_size;
  return side->pattern == NULL ? 0 : side->pattern->channels;
}

static int64_t own_bytes(const nt_plan *plan, const nt_side *side, int leaf)
{
  if (!plan->node[leaf].given) return 0;
  if (side != NULL && (side->given == NULL || side->given[leaf].own == NULL)) return 0;
  return nt_given_own_numbers(plan, leaf) * (int64_t)sizeof(double);
}

static int64_t table_bytes(const nt_plan *plan, int region, int64_t count)
{
  int64_t elements = NT_LANES;
  for (int g = 0; g < plan->program->region[region].n_groups; g++)
    elements +=
        group_size(&plan->program->row[plan->program->region[region].first_group + g], count);
  return elements * (int64_t)nt_lanes_of(plan->request.dtype)->size;
}

/* Bytes of member i of a part, in whole cache lines. */
static int64_t part_bytes(const nt_held *held, int part, int i)
{
  const nt_plan *plan = held->plan;
  const nt_side *side = held->side;
  const int64_t count = held->count;
  int64_t bytes = 0;
  switch (part) {
  case DATA:
    bytes = plan->node[i].given
                ? 0
                : nt_panel_room(plan, i, count) * nt_panel_sample_bytes(plan, i, held->split);
    break;
  case MASK:
    bytes = count * mask_bytes(plan, side, i);
    break;
  case OWN:
    bytes = count * own_bytes(plan, side, i);
    break;
  case PATTERN:
    bytes = count * pattern_numbers(plan, side) * (int64_t)sizeof(double);
    break;
  case TABLE:
    bytes = table_bytes(plan, i, count);
    break;
  case Q:
  case T:
    bytes = count * output_entries(plan, i) * (int64_t)sizeof(double);
    break;
  case OUT_MASK:
    bytes = count * output_entries(plan, i) * plan->node[plan->output[i]].mask_channels;
    break;
  case SIDE:
    bytes = count * nt_side_size(plan, i) * (int64_t)sizeof(double);
    break;
  default:
    break;
  }
  return (bytes + NT_ALIGNMENT - 1) / NT_ALIGNMENT * NT_ALIGNMENT;
}

static int64_t all_bytes(const nt_held *held)
{
  int64_t bytes = 0;
  for (int part = 0; part < PARTS; part++) {
    for (int i = 0; i < members(held->plan, part); i++)
      bytes += part_bytes(held, part, i);
  }
  return bytes;
}

int64_t nt_panel_bytes(const nt_plan *plan, int64_t count, bool split)
{
  return all_bytes(&(nt_held){.plan = plan, .count = count, .split = split});
}

/* Addresses of all members, NULL where there is nothing. */
static void lay_out(const nt_held *held, nt_panel *panel, char **member)
{
  char *at = panel->block;
  char **first[PARTS];
  for (int part = 0; part < PARTS; part++) {
    first[part] = member;
    if (part == Q) panel->zero = at;
    for (int i = 0; i < members(held->plan, part); i++) {
      const int64_t bytes = part_bytes(held, part, i);
      *member++ = bytes > 0 ? at : NULL;
      at += bytes;
    }
  }
  panel->end = at;
  panel->data = first[DATA];
  panel->mask = (unsigned char **)first[MASK];
  panel->own = (double **)first[OWN];
  panel->pattern = (double *)*first[PATTERN];
  panel->table = first[TABLE];
  panel->q = (double **)first[Q];
  panel->t = (double **)first[T];
  panel->out_mask = (unsigned char **)first[OUT_MASK];
  panel->side = (double **)first[SIDE];
}

/* Where groups of rows begin in the tables. */
static void place_groups(const nt_plan *plan, nt_panel *panel)
{
  for (int r = 0; r < plan->program->n_regions; r++) {
    const nt_region *region = &plan->program->region[r];
    int64_t total = 0;
    panel->ld[r] = nt_padded(panel->count);
    for (int g = region->first_group; g < region->first_group + region->n_groups; g++) {
      panel->at[g] = total;
      total += group_size(&plan->program->row[g], panel->count);
    }
  }
}

static void place_own(const nt_plan *plan, nt_panel *panel)
{
  for (int l = 0; l < plan->n_leaves; l++) {
    const nt_given *given = &panel->given[l];
    if (panel->own[l] == NULL) continue;
    panel->own_tile[l] =
        (nt_tile_input){panel->own[l], panel->own[l] + given->own_t, given->own_ld, given->own_ld};
  }
}

nt_status nt_panel_create(nt_error *err, const nt_plan *plan, const nt_side *side, int64_t first,
                          int64_t count, nt_panel **out)
{
  nt_status status = NT_OK;
  const nt_held held = {plan, side, count, side->digits != NULL};
  int n_members = 0;
  *out = NULL;
  for (int part = 0; part < PARTS; part++)
    n_members += members(plan, part);
  NT_TRY(nt_calloc(err, 1, sizeof(nt_panel), "a panel", out));
  nt_panel *panel = *out;
  panel->first = first;
  panel->count = count;
  panel->split = side->digits != NULL;
  panel->given = side->given;
  panel->norm = side->norm;
  panel->norm_node = -1;
  panel->pattern_size = pattern_numbers(plan, side);
  panel->pattern_shape = side->pattern == NULL ? NULL : &side->pattern->shape;
  NT_TRY(nt_calloc(err, n_members, sizeof(char *), "a panel", &panel->data));
  NT_TRY(nt_calloc(err, plan->program->n_regions + plan->program->n_rows, sizeof(int64_t),
                   "a panel", &panel->ld));
  panel->at = panel->ld + plan->program->n_regions;
  if (panel->given != NULL) {
    NT_TRY(nt_calloc(err, plan->n_leaves, sizeof(nt_tile_input), "a panel", &panel->own_tile));
  }
  NT_TRY(nt_alloc(err, all_bytes(&held), 1, "samples of a panel", &panel->block));
  lay_out(&held, panel, panel->data);
  place_groups(plan, panel);
  if (panel->given != NULL) place_own(plan, panel);
done:
  if (status != NT_OK) nt_panel_destroy(out);
  return status;
}

void nt_panel_destroy(nt_panel **out)
{
  nt_panel *panel = *out;
  if (panel == NULL) return;
  free(panel->data);
  free(panel->ld);
  free(panel->own_tile);
  free(panel->block);
  free(panel);
  *out = NULL;
}

void nt_panel_clear(const nt_plan *plan, nt_panel *panel)
{
  memset(panel->zero, 0, (size_t)(panel->end - panel->zero));
  for (int r = 0; r < plan->program->n_regions; r++) {
    /* The sample pass writes all but what whole vectors reach beyond the last row. */
    const size_t beyond = NT_LANES * nt_lanes_of(plan->request.dtype)->size;
    memset(panel->table[r] + table_bytes(plan, r, panel->count) - beyond, 0, beyond);
  }
  for (int l = 0; l < plan->n_leaves; l++) {
    if (panel->data[l] != NULL) {
      /* Loops run over whole vectors, beyond the last row too; tables are zero there as well. */
      const int64_t bytes = nt_panel_sample_bytes(plan, l, panel->split),
                    room = nt_panel_room(plan, l, panel->count);
      memset(panel->data[l] + panel->count * bytes, 0, (size_t)((room - panel->count) * bytes));
    } else if (panel->mask[l] != NULL) {
      const nt_given *given = &panel->given[l];
      const int64_t bytes = nt_facts_positions(&plan->node[l].facts) * given->mask_channels;
      memcpy(panel->mask[l], given->mask + panel->first * bytes, (size_t)(panel->count * bytes));
    }
  }
}

static bool equal(const void *a, int64_t i, const void *b, int64_t j, int64_t bytes)
{
  return memcmp((const char *)a + i * bytes, (const char *)b + j * bytes, (size_t)bytes) == 0;
}

bool nt_panel_is_equal(const nt_plan *plan, const nt_panel *a, int64_t i, const nt_panel *b,
                       int64_t j)
{
  for (int l = 0; l < plan->n_leaves; l++) {
    const nt_facts *facts = &plan->node[l].facts;
    const int64_t entries = nt_facts_positions(facts) * nt_facts_channels(facts);
    if (a->data[l] == NULL || nt_facts_space(facts).rank == 0 ||
        !equal(a->data[l], i, b->data[l], j, nt_panel_sample_bytes(plan, l, a->split)))
      return false;
    if ((a->mask[l] == NULL) != (b->mask[l] == NULL)) return false;
    if (a->mask[l] != NULL && !equal(a->mask[l], i, b->mask[l], j, entries)) return false;
  }
  for (int m = 0; m < plan->program->n_mixes; m++) {
    if (!equal(a->side[m], i, b->side[m], j, nt_side_size(plan, m) * (int64_t)sizeof(double)))
      return false;
  }
  return true;
}

/** Inputs of many channels: the covariances of all positions of a pair of samples by one product,
 * from which each plane reads its lanes. */
#include "kernel/plane.h"

#include <string.h>

/* What a group of rows has of a sample. */
static const char *table_of(const nt_plane *p, int group, const nt_panel *panel, int64_t sample,
                            int64_t numbers)
{
  return panel->table[p->number] +
         (size_t)(panel->at[group] + sample * numbers) * p->ws->lanes->size;
}

static void multiply(const nt_plane *p, const nt_step *step)
{
  const nt_lane_ops *lanes = p->ws->lanes;
  const nt_row *row = &p->program->row[step->strips];
  const nt_facts *facts = &p->tile->plan->node[step->node].facts;
  const int64_t n = nt_facts_positions(facts), d = row->n_rows, ld = row->positions;
  const nt_panel *one = p->tile->rows, *two = p->tile->cols;
  const char *x1 = table_of(p, step->strips, one, p->i, ld * d);
  const char *x2 = table_of(p, step->strips, two, p->j, ld * d);
  char *const product = p->ws->product[step->leaf];
  lanes->gram((nt_gram_size){.m = n, .n = n, .d = d, .below = n}, x1, x2, product, ld);
  if (!step->d) return;
  const int halves = p->region->view[step->row].group;
  const char *h1 = table_of(p, halves, one, p->i, n), *h2 = table_of(p, halves, two, p->j, n);
  for (int64_t j = 0; j < n; j++)
    lanes->mean_d(n, d, x1, x2, j, h1, h2, product + (size_t)(j * ld) * lanes->size);
}

void nt_plane_begin_inputs(const nt_plane *p)
{
  for (int s = 0; s < p->region->n_steps; s++) {
    const nt_step *step = &p->region->step[s];
    if (step->kind == NT_STEP_INPUT && step->strips >= 0) multiply(p, step);
  }
}

void nt_plane_load_product(const nt_plane *p, const nt_step *step, nt_lane_value out)
{
  const int64_t ld = p->program->row[step->strips].positions;
  const nt_places at = nt_plane_row_major(p, step, 1, ld);
  const nt_sides none = {NULL, NULL, 0, 0};
  const nt_sides h = step->d ? nt_view_sides(p, step->row) : none;
  p->ws->cells->get(&at, p->ws->product[step->leaf], out.k);
  p->ws->cells->affine(nt_padded(nt_plane_lanes(p, step->frame)), (nt_lane_value){out.k, NULL},
                       step->d, &h, &step->post, out);
}

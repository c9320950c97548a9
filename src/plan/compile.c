/** Demanded nodes -> regions of steps: the pieces, and the order of work. See survey.c for what is decided
 * before, steps.c for the steps of each kind of node. */
#include "plan/compile.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* Without positions there is one layout. */
static bool diagonal(const nt_facts *facts)
{
  return facts->diagonal_spatial || nt_facts_space(facts).rank == 0;
}

static bool same_space(const nt_region *region, const nt_facts *facts)
{
  nt_shape space = nt_facts_space(facts);
  return nt_shape_equal(&region->space, &space) && region->diagonal == diagonal(facts);
}

/* The region of a node's steps: the same positions as its input (a Flatten still reads them). */
nt_status nt_compile_region(nt_compiler *c, const nt_node *node, int *number)
{
  nt_status status = NT_OK;
  nt_program *program = c->program;
  const nt_facts *facts = &node->facts;
  for (int r = 0; r < program->n_regions; r++) {
    *number = r;
    if (same_space(&program->region[r], facts)) return NT_OK;
  }
  nt_region *grown =
      realloc(program->region, (size_t)(program->n_regions + 1) * sizeof *program->region);
  NT_CHECK(grown != NULL, c->err, NT_ERR_NOMEM, "no memory for the plan");
  program->region = grown;
  *number = program->n_regions++;
  grown[*number] = (nt_region){.space = nt_facts_space(facts),
                               .positions = nt_facts_positions(facts),
                               .diagonal = diagonal(facts)};
done:
  return status;
}

static int count_rows(const nt_compiler *c, nt_row_kind kind, int reader)
{
  const nt_layer_ops *ops = kind == NT_ROW_MAP ? c->plan->node[reader].ops : NULL;
  if (ops != NULL) return ops->tables != NULL ? ops->n_tables : 1;
  return kind == NT_ROW_BIAS ? 2 : 1;
}

/* Table rows of a node's variances in a region, made once for all steps that read the same. */
nt_status nt_compile_rows(nt_compiler *c, int region, int node, nt_row_kind kind, int reader,
                          int *row)
{
  nt_status status = NT_OK;
  nt_program *program = c->program;
  const nt_row new = {.kind = kind,
                      .node = node,
                      .region = region,
                      .reader = reader,
                      .row = program->region[region].n_rows,
                      .n_rows = count_rows(c, kind, reader)};
  for (int i = 0; i < program->n_rows; i++) {
    const nt_row *old = &program->row[i];
    *row = old->row;
    if (old->region == region && old->node == node && old->kind == kind && old->reader == reader)
      return NT_OK;
  }
  nt_row *grown = realloc(program->row, (size_t)(program->n_rows + 1) * sizeof *grown);
  NT_CHECK(grown != NULL, c->err, NT_ERR_NOMEM, "no memory for the plan");
  program->row = grown;
  grown[program->n_rows++] = new;
  program->region[region].n_rows += new.n_rows;
  *row = new.row;
done:
  return status;
}

nt_status nt_compile_add(nt_compiler *c, int region, nt_step step, int n_in, nt_step **out)
{
  nt_status status = NT_OK;
  nt_region *r = &c->program->region[region];
  void *in = NULL, *has_t = NULL, *weight = NULL, *row_in = NULL;
  nt_step *grown = realloc(r->step, (size_t)(r->n_steps + 1) * sizeof *grown);
  NT_CHECK(grown != NULL, c->err, NT_ERR_NOMEM, "no memory for the plan");
  r->step = grown;
  NT_TRY(nt_calloc(c->err, n_in, sizeof(int), "a step", &in));
  NT_TRY(nt_calloc(c->err, n_in, sizeof(bool), "a step", &has_t));
  NT_TRY(nt_calloc(c->err, n_in, sizeof(double), "a step", &weight));
  NT_TRY(nt_calloc(c->err, n_in, sizeof(int), "a step", &row_in));
  step.n_in = n_in;
  step.row_in = row_in;
  step.in = in;
  step.has_t_in = has_t;
  step.weight = weight;
  grown[r->n_steps] = step;
  *out = &grown[r->n_steps++];
  return NT_OK;
done:
  free(in);
  free(has_t);
  free(weight);
  return status;
}

nt_status nt_compile_slot(nt_compiler *c, int *slot)
{
  nt_status status = NT_OK;
  int n = c->program->n_slots;
  for (*slot = 0; *slot < n; ++*slot) {
    if (!c->slot_used[*slot]) break;
  }
  if (*slot == n) {
    bool *grown = realloc(c->slot_used, (size_t)n + 1);
    NT_CHECK(grown != NULL, c->err, NT_ERR_NOMEM, "no memory for the plan");
    c->slot_used = grown;
    c->program->n_slots++;
  }
  c->slot_used[*slot] = true;
done:
  return status;
}

nt_status nt_program_compile(nt_error *err, const nt_plan *plan, nt_program **out)
{
  nt_status status = NT_OK;
  nt_compiler c = {.err = err, .plan = plan};
  void *memory = NULL;
  *out = NULL;
  NT_TRY(nt_calloc(err, 1, sizeof(nt_program), "a program", &memory));
  c.program = *out = memory;
  c.program->dtype = plan->request.dtype;
  NT_TRY(nt_calloc(err, plan->n_nodes, sizeof(nt_value), "a program", &memory));
  c.value = memory;
  nt_compile_survey(&c);
  NT_TRY(nt_compile_steps(&c, true));
  NT_TRY(nt_compile_steps(&c, false));
  for (int r = 1; r < c.program->n_regions; r++) {
    nt_region *region = &c.program->region[r];
    region->first_row = region[-1].first_row + region[-1].n_rows;
  }
done:
  free(c.value);
  free(c.slot_used);
  if (status != NT_OK) nt_program_destroy(out);
  return status;
}

void nt_program_destroy(nt_program **program)
{
  if (*program == NULL) return;
  for (int r = 0; r < (*program)->n_regions; r++) {
    nt_region *region = &(*program)->region[r];
    for (int s = 0; s < region->n_steps; s++) {
      free(region->step[s].in);
      free(region->step[s].has_t_in);
      free(region->step[s].weight);
      free(region->step[s].row_in);
    }
    free(region->step);
  }
  free((*program)->region);
  free((*program)->row);
  free(*program);
  *program = NULL;
}

#include "plan/marks.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

nt_status nt_marks_create(nt_error *err, int64_t size, nt_marks *m)
{
  nt_status status = NT_OK;
  *m = (nt_marks){.size = size};
  NT_TRY(nt_calloc(err, size * size, 1, "pairs of positions", &m->pair));
  NT_TRY(nt_alloc(err, size + 1, sizeof *m->first, "pairs of positions", &m->first));
done:
  return status;
}

void nt_marks_free(nt_marks *m)
{
  free(m->pair);
  free(m->list);
  free(m->sorted);
  free(m->first);
}

nt_status nt_mark(nt_error *err, nt_marks *m, int32_t x1, int32_t x2)
{
  nt_status status = NT_OK;
  unsigned char *pair = &m->pair[nt_ring_of(x1, x2, m->size) * m->size + x1];
  if (*pair) return NT_OK;
  NT_TRY(nt_grow(err, m->n, sizeof *m->list, "the plan", &m->list));
  NT_TRY(nt_grow(err, m->n, sizeof *m->sorted, "the plan", &m->sorted));
  *pair = 1;
  m->list[m->n++] = (nt_pair){x1, x2};
done:
  return status;
}

/* By ring, or by x1; those that are equal in this stay in their order. */
static void sort(const nt_marks *m, bool by_ring, const nt_pair *in, nt_pair *out)
{
  memset(m->first, 0, (size_t)(m->size + 1) * sizeof *m->first);
  for (int64_t i = 0; i < m->n; i++)
    m->first[(by_ring ? nt_ring_of(in[i].x1, in[i].x2, m->size) : in[i].x1) + 1]++;
  for (int64_t k = 0; k < m->size; k++)
    m->first[k + 1] += m->first[k];
  for (int64_t i = 0; i < m->n; i++)
    out[m->first[by_ring ? nt_ring_of(in[i].x1, in[i].x2, m->size) : in[i].x1]++] = in[i];
}

nt_status nt_marks_cells(nt_error *err, nt_marks *m, nt_cells *cells)
{
  nt_status status = NT_OK;
  void *memory = NULL;
  NT_TRY(nt_calloc(err, 2 * m->n, sizeof(int32_t), "cells", &memory));
  *cells = (nt_cells){.n = (int32_t)m->n, .x1 = memory, .x2 = (int32_t *)memory + m->n};
  sort(m, false, m->list, m->sorted);
  sort(m, true, m->sorted, m->list);
  for (int64_t i = 0; i < m->n; i++) {
    const int32_t x1 = m->list[i].x1, x2 = m->list[i].x2;
    cells->x1[i] = x1;
    cells->x2[i] = x2;
    m->pair[nt_ring_of(x1, x2, m->size) * m->size + x1] = 0;
  }
  m->n = 0;
done:
  return status;
}

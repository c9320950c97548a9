#include "plan/pool_rows.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

nt_status nt_nowhere(nt_error *err, int64_t n, int32_t **out)
{
  nt_status status = NT_OK;
  NT_TRY(nt_alloc(err, n, sizeof **out, "moves", out));
  memset(*out, 0xff, (size_t)n * sizeof **out);
done:
  return status;
}

/* `head` tells here which entry a position has. */
static void find_rows(const nt_taps *taps, nt_pool_rows *rows)
{
  int64_t n = 0;
  for (int64_t o = 0; o < taps->n_out; o++) {
    for (int64_t i = o * taps->n; i < (o + 1) * taps->n; i++) {
      const int32_t x = taps->in[i];
      if (x < 0) continue;
      if (rows->head[x] < rows->first[o]) { /* that of an output before */
        rows->head[x] = (int32_t)n;
        rows->position[n++] = x;
      }
      rows->weight[rows->head[x]] += taps->weight == NULL ? 1 : taps->weight[i];
    }
    rows->first[o + 1] = n;
  }
  memset(rows->head, 0xff, (size_t)taps->n_in * sizeof *rows->head);
}

nt_status nt_pool_rows_create(nt_error *err, const nt_taps *taps, int32_t cells, nt_pool_rows *rows)
{
  nt_status status = NT_OK;
  const int64_t all = taps->n_out * taps->n;
  NT_TRY(nt_calloc(err, taps->n_out + 1, sizeof(int64_t), "moves", &rows->first));
  NT_TRY(nt_calloc(err, all, sizeof(int32_t), "moves", &rows->position));
  NT_TRY(nt_calloc(err, all, sizeof(double), "moves", &rows->weight));
  NT_TRY(nt_calloc(err, taps->n_in, sizeof(double), "moves", &rows->second));
  NT_TRY(nt_nowhere(err, cells, &rows->next));
  NT_TRY(nt_nowhere(err, taps->n_in, &rows->head));
  find_rows(taps, rows);
done:
  return status;
}

void nt_pool_rows_free(nt_pool_rows *rows)
{
  free(rows->first);
  free(rows->position);
  free(rows->weight);
  free(rows->second);
  free(rows->head);
  free(rows->next);
}

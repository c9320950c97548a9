#include "nt/plugin.h"

#include "base/check.h"
#include "base/memory.h"

nt_status nt_taps_create(nt_error *err, int64_t n_in, int64_t n_out, int n, bool weighted,
                         nt_taps *taps)
{
  nt_status status = NT_OK;
  void *memory = NULL;
  taps->n_in = n_in;
  taps->n_out = n_out;
  taps->n = n;
  NT_TRY(nt_calloc(err, n_out * n, sizeof(int32_t), "the taps of a layer", &memory));
  taps->in = memory;
  if (weighted) {
    NT_TRY(nt_calloc(err, n_out * n, sizeof(double), "the taps of a layer", &memory));
    taps->weight = memory;
  }
done:
  return status;
}

#include "nt/plugin.h"

#include "base/check.h"
#include "base/memory.h"

nt_status nt_taps_create(nt_error *err, int64_t n_in, int64_t n_out, int n, bool weighted,
                         nt_taps *taps)
{
  nt_status status = NT_OK;
  int64_t count;
  NT_CHECK(n_in <= INT32_MAX, err, NT_ERR_SHAPE,
           "%lld samples or positions; a layer that combines them can have %d at most",
           (long long)n_in, INT32_MAX);
  NT_CHECK(!__builtin_mul_overflow(n_out, (int64_t)n, &count), err, NT_ERR_NOMEM,
           "%lld windows of %d positions are more than memory can hold", (long long)n_out, n);
  taps->n_in = n_in;
  taps->n_out = n_out;
  taps->n = n;
  NT_TRY(nt_calloc(err, count, sizeof(int32_t), "the taps of a layer", &taps->in));
  if (weighted) {
    NT_TRY(nt_calloc(err, count, sizeof(double), "the taps of a layer", &taps->weight));
  }
done:
  return status;
}

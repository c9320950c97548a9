#include "base/check.h"
#include "cli/bench_kernel.h"

#include <math.h>
#include <stdio.h>

nt_status nt_bench_fc(nt_bench *b)
{
  nt_status status = NT_OK;
  const int64_t n = b->n ? b->n : 6000, d = b->d ? b->d : 784, depth = b->depth ? b->depth : 3;
  /* The same work on every rank at once: a dsyrk of n^2 / P / 2 entries. */
  const int64_t share = (int64_t)ceil((double)n / sqrt(nt_ctx_size(b->ctx)));
  double syrk, seconds;
  char network[200], shape[32], size[80];
  (void)snprintf(network, sizeof network,
                 "serial(*([Dense(512, 2**.5, .1), Relu()] * %lld), Dense(1, 2**.5, .1))",
                 (long long)depth);
  (void)snprintf(shape, sizeof shape, "%lld", (long long)d);
  NT_TRY(nt_bench_syrk_seconds(b, share, d, &syrk));
  for (int pass = 0; pass < 2; pass++) {
    const nt_dtype dtype = pass == 0 ? NT_FLOAT64 : NT_FLOAT32;
    nt_bench_kernel w;
    status = nt_bench_kernel_open(b, network, shape, n, 0, dtype, &w);
    if (status == NT_OK) status = nt_bench_kernel_time(b, &w, &seconds);
    nt_bench_kernel_close(&w);
    if (status != NT_OK) goto done;
    (void)snprintf(size, sizeof size, "n=%lld d=%lld depth=%lld %s", (long long)n, (long long)d,
                   (long long)depth, dtype == NT_FLOAT64 ? "float64" : "float32");
    nt_bench_row(b, "fc", size, "NNGP and NTK", seconds, "s", "dsyrk alone", syrk);
  }
done:
  return status;
}

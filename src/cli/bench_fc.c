#include "base/check.h"
#include "cli/bench_kernel.h"

#include <math.h>
#include <stdio.h>

typedef struct fc_case {
  int64_t n, d, depth;
  int64_t share; /* of n: all ranks do as much by dsyrks of that size, n^2 / P / 2 entries each */
  char network[200], shape[32];
} fc_case;

static fc_case case_of(const nt_bench *b)
{
  fc_case c = {.n = b->n ? b->n : 6000, .d = b->d ? b->d : 784, .depth = b->depth ? b->depth : 3};
  c.share = (int64_t)ceil((double)c.n / sqrt(nt_ctx_size(b->ctx)));
  (void)snprintf(c.network, sizeof c.network, NT_BENCH_RELU_NETWORK("%lld"), (long long)c.depth);
  (void)snprintf(c.shape, sizeof c.shape, "%lld", (long long)c.d);
  return c;
}

static nt_bench_problem problem_of(const fc_case *c, nt_dtype dtype)
{
  return (nt_bench_problem){.network = c->network, .shape = c->shape, .n1 = c->n, .dtype = dtype};
}

nt_status nt_bench_fc_need(nt_bench *b, nt_bench_need *need)
{
  nt_status status = NT_OK;
  nt_bench_need kernel;
  const fc_case c = case_of(b);
  const nt_bench_problem problem = problem_of(&c, NT_FLOAT64);
  NT_TRY(nt_bench_kernel_need(b, &problem, &kernel));
  const nt_bench_need syrk = {.own = nt_bench_product_bytes(c.share, c.d)};
  *need = nt_bench_larger(syrk, kernel);
done:
  return status;
}

nt_status nt_bench_fc(nt_bench *b)
{
  nt_status status = NT_OK;
  const fc_case c = case_of(b);
  double syrk, seconds;
  char size[80];
  NT_TRY(nt_bench_syrk_seconds(b, c.share, c.d, &syrk));
  for (int pass = 0; pass < 2; pass++) {
    const nt_bench_problem problem = problem_of(&c, pass == 0 ? NT_FLOAT64 : NT_FLOAT32);
    nt_bench_kernel w;
    status = nt_bench_kernel_open(b, &problem, &w);
    if (status == NT_OK) status = nt_bench_kernel_time(b, &w, &seconds);
    nt_bench_kernel_close(&w);
    if (status != NT_OK) goto done;
    (void)snprintf(size, sizeof size, "n=%lld d=%lld depth=%lld %s", (long long)c.n, (long long)c.d,
                   (long long)c.depth, problem.dtype == NT_FLOAT64 ? "float64" : "float32");
    nt_bench_row(b, "fc", size, "NNGP and NTK", seconds, "s", "dsyrk alone", syrk);
  }
done:
  return status;
}

#include "base/check.h"
#include "base/memory.h"
#include "cli/bench.h"
#include "kernel/job.h"
#include "kernel/pair_pass.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct nt_fc_work {
  nt_pair_pass pass;
} nt_fc_work;

static nt_status run_pass(void *arg) { return nt_pair_pass_run(&((nt_fc_work *)arg)->pass); }

static nt_status network(nt_error *err, int64_t depth, nt_layer **net)
{
  char text[200];
  (void)snprintf(text, sizeof text,
                 "serial(*([Dense(512, 2**.5, .1), Relu()] * %lld), Dense(1, 2**.5, .1))",
                 (long long)depth);
  return nt_network_parse(err, text, "bench", net);
}

static nt_status samples_of(nt_bench *b, int64_t n, int64_t d, nt_dtype dtype, nt_samples **samples)
{
  nt_status status = NT_OK;
  nt_dataset *ds = NULL;
  char text[80];
  const nt_samples_options options = {.dtype = dtype};
  (void)snprintf(text, sizeof text, "random(%lld,%lld)", (long long)n, (long long)d);
  NT_TRY(nt_dataset_open(b->ctx, text, NULL, &ds));
  NT_TRY(nt_samples_read(b->ctx, ds, &options, samples));
done:
  nt_dataset_close(&ds);
  return status;
}

/* Seconds of the pair pass with its results allocated and touched before. */
static nt_status time_kernel(nt_bench *b, const nt_layer *net, nt_samples *samples, nt_dtype dtype,
                             double *seconds)
{
  nt_status status = NT_OK;
  nt_tree *leaves = NULL;
  nt_kernel_job *job = NULL;
  nt_dmatrix *k = NULL, *t = NULL;
  const nt_samples *const list[] = {samples};
  const nt_side side = {.n = samples->n, .n_leaves = 1, .leaf = list};
  const nt_input input = {.shape1 = samples->shape, .shape2 = samples->shape, .x1_is_x2 = true};
  nt_kernel_options options = NT_KERNEL_DEFAULTS;
  options.dtype = dtype;
  NT_TRY_ALL(b->ctx, nt_tree_leaf(nt_ctx_error(b->ctx), NULL, &leaves));
  NT_TRY(
      nt_kernel_job_create(b->grid, net, leaves, &input, NT_GET_NNGP | NT_GET_NTK, &options, &job));
  const int64_t n = samples->n, tile = job->plan->tile;
  NT_TRY(nt_dmatrix_create(b->grid, n, n, tile, tile, &k));
  NT_TRY(nt_dmatrix_create(b->grid, n, n, tile, tile, &t));
  memset(k->a, 0, (size_t)(k->ld * k->cols) * sizeof(double));
  memset(t->a, 0, (size_t)(t->ld * t->cols) * sizeof(double));
  nt_fc_work w = {{.grid = b->grid, .plan = job->plan, .side1 = &side, .k = &k, .t = &t}};
  NT_TRY(nt_bench_time(b, run_pass, &w, seconds));
done:
  nt_dmatrix_destroy(&k);
  nt_dmatrix_destroy(&t);
  nt_kernel_job_destroy(&job);
  nt_tree_destroy(&leaves);
  return status;
}

nt_status nt_bench_fc(nt_bench *b)
{
  nt_status status = NT_OK;
  nt_layer *net = NULL;
  const int64_t n = b->n ? b->n : 6000, d = b->d ? b->d : 784, depth = b->depth ? b->depth : 3;
  /* The same work on every rank at once: a dsyrk of n^2 / P / 2 entries. */
  const int64_t share = (int64_t)ceil((double)n / sqrt(nt_ctx_size(b->ctx)));
  double syrk, seconds;
  char size[80];
  NT_TRY_ALL(b->ctx, network(nt_ctx_error(b->ctx), depth, &net));
  NT_TRY(nt_bench_syrk_seconds(b, share, d, &syrk));
  for (int pass = 0; pass < 2; pass++) {
    const nt_dtype dtype = pass == 0 ? NT_FLOAT64 : NT_FLOAT32;
    nt_samples *samples = NULL;
    status = samples_of(b, n, d, dtype, &samples);
    if (status == NT_OK) status = time_kernel(b, net, samples, dtype, &seconds);
    nt_samples_destroy(&samples);
    if (status != NT_OK) goto done;
    (void)snprintf(size, sizeof size, "n=%lld d=%lld depth=%lld %s", (long long)n, (long long)d,
                   (long long)depth, dtype == NT_FLOAT64 ? "float64" : "float32");
    nt_bench_row(b, "fc", size, "NNGP and NTK", seconds, "s", "dsyrk alone", syrk);
  }
done:
  nt_layer_release(&net);
  return status;
}

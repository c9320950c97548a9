#include "cli/bench_kernel.h"

#include "base/check.h"
#include "kernel/pair_pass.h"

#include <stdio.h>
#include <string.h>

static nt_status read_samples(nt_bench *b, const char *shape, int64_t first, int64_t n,
                              nt_dtype dtype, nt_samples **samples)
{
  nt_status status = NT_OK;
  nt_dataset *ds = NULL;
  char text[120];
  const nt_samples_options options = {.dtype = dtype};
  (void)snprintf(text, sizeof text, "random(%lld,%s)[%lld:]", (long long)(first + n), shape,
                 (long long)first);
  NT_TRY(nt_dataset_open(b->ctx, text, NULL, &ds));
  NT_TRY(nt_samples_read(b->ctx, ds, &options, samples));
done:
  nt_dataset_close(&ds);
  return status;
}

/* A result whose pages are there. */
static nt_status make_result(nt_bench *b, int64_t n1, int64_t n2, int64_t tile, nt_dmatrix **m)
{
  nt_status status = NT_OK;
  NT_TRY(nt_dmatrix_create(b->grid, n1, n2, tile, tile, m));
  memset((*m)->a, 0, (size_t)((*m)->ld * (*m)->cols) * sizeof(double));
done:
  return status;
}

nt_status nt_bench_kernel_open(nt_bench *b, const char *network, const char *shape, int64_t n1,
                               int64_t n2, nt_dtype dtype, nt_bench_kernel *w)
{
  nt_status status = NT_OK;
  nt_error *err = nt_ctx_error(b->ctx);
  nt_kernel_options options = NT_KERNEL_DEFAULTS;
  *w = (nt_bench_kernel){0};
  options.dtype = dtype;
  NT_TRY_ALL(b->ctx, nt_network_parse(err, network, "bench", &w->net));
  NT_TRY(read_samples(b, shape, 0, n1, dtype, &w->samples1));
  if (n2 > 0) NT_TRY(read_samples(b, shape, n1, n2, dtype, &w->samples2));
  NT_TRY_ALL(b->ctx, nt_tree_leaf(err, NULL, &w->leaves));
  const nt_input input = {.shape1 = w->samples1->shape,
                          .shape2 = n2 > 0 ? w->samples2->shape : w->samples1->shape,
                          .x1_is_x2 = n2 == 0};
  NT_TRY(nt_kernel_job_create(b->grid, w->net, w->leaves, &input, NT_GET_NNGP | NT_GET_NTK,
                              &options, &w->job));
  const int64_t cols = n2 > 0 ? n2 : n1, tile = w->job->plan->tile;
  NT_TRY(make_result(b, n1, cols, tile, &w->k));
  NT_TRY(make_result(b, n1, cols, tile, &w->t));
done:
  return status;
}

static nt_status run_pass(void *arg) { return nt_pair_pass_run(arg); }

nt_status nt_bench_kernel_time(nt_bench *b, nt_bench_kernel *w, double *seconds)
{
  const nt_samples *const list1[] = {w->samples1}, *const list2[] = {w->samples2};
  const nt_side side1 = {.n = w->samples1->n, .n_leaves = 1, .leaf = list1};
  const nt_side side2 = {.n = w->samples2 ? w->samples2->n : 0, .n_leaves = 1, .leaf = list2};
  nt_pair_pass pass = {.grid = b->grid,
                       .plan = w->job->plan,
                       .side1 = &side1,
                       .side2 = w->samples2 ? &side2 : NULL,
                       .k = &w->k,
                       .t = &w->t};
  return nt_bench_time(b, run_pass, &pass, seconds);
}

void nt_bench_kernel_close(nt_bench_kernel *w)
{
  nt_dmatrix_destroy(&w->k);
  nt_dmatrix_destroy(&w->t);
  nt_kernel_job_destroy(&w->job);
  nt_tree_destroy(&w->leaves);
  nt_samples_destroy(&w->samples1);
  nt_samples_destroy(&w->samples2);
  nt_layer_release(&w->net);
}

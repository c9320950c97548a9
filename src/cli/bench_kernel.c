#include "cli/bench_kernel.h"

#include "base/check.h"
#include "cli/heap.h"
#include "kernel/pair_pass.h"
#include "layer/math.h"

#include <stdio.h>
#include <string.h>

nt_status nt_bench_data(nt_bench *b, const char *shape, int64_t first, int64_t n, nt_dataset **data)
{
  char text[120];
  (void)snprintf(text, sizeof text, "random(%lld,%s)[%lld:]", (long long)(first + n), shape,
                 (long long)first);
  return nt_dataset_open(b->ctx, text, NULL, data);
}

static nt_status plan(nt_bench *b, const nt_bench_problem *p, nt_bench_kernel *w)
{
  nt_status status = NT_OK;
  nt_error *err = nt_ctx_error(b->ctx);
  nt_kernel_options options = NT_KERNEL_DEFAULTS;
  options.dtype = p->dtype;
  NT_TRY_ALL(b->ctx, nt_network_parse(err, p->network, "bench", &w->net));
  NT_TRY(nt_bench_data(b, p->shape, 0, p->n1, &w->data1));
  if (p->n2 > 0) NT_TRY(nt_bench_data(b, p->shape, p->n1, p->n2, &w->data2));
  NT_TRY_ALL(b->ctx, nt_tree_leaf(err, NULL, &w->leaves));
  nt_shape shape = nt_dataset_about(w->data1)->shape;
  shape.dim[0] = p->n1;
  nt_input input = {.shape1 = shape, .shape2 = shape, .has_x2 = p->n2 > 0, .x1_is_x2 = p->n2 == 0};
  if (p->n2 > 0) input.shape2.dim[0] = p->n2;
  NT_TRY(nt_kernel_job_create(b->grid, w->net, w->leaves, &input, NT_GET_NNGP | NT_GET_NTK,
                              &options, &w->job));
done:
  return status;
}

nt_status nt_bench_kernel_need(nt_bench *b, const nt_bench_problem *problem, nt_bench_need *need)
{
  nt_bench_kernel w = {0};
  const nt_status status = plan(b, problem, &w);
  if (status == NT_OK) {
    const bool multiplies = w.job->plan->program->n_mixes > 0;
    const nt_bench_need gemm = multiplies ? nt_bench_gemm_rate_need() : (nt_bench_need){0};
    *need = (nt_bench_need){.share = w.job->memory.results,
                            .own = NT_MAX(w.job->memory.work, gemm.own),
                            .samples = w.job->memory.samples};
  }
  nt_bench_kernel_close(&w);
  return status;
}

/* A result whose pages are there. */
static nt_status make_result(nt_bench *b, const nt_bench_problem *p, int64_t tile, nt_dmatrix **m)
{
  nt_status status = NT_OK;
  NT_TRY(nt_dmatrix_create(b->grid, p->n1, p->n2 > 0 ? p->n2 : p->n1, tile, tile, m));
  memset((*m)->a, 0, (size_t)((*m)->ld * (*m)->cols) * sizeof(double));
done:
  return status;
}

nt_status nt_bench_kernel_open(nt_bench *b, const nt_bench_problem *problem, nt_bench_kernel *w)
{
  nt_status status = NT_OK;
  const nt_samples_options options = {.dtype = problem->dtype};
  *w = (nt_bench_kernel){0};
  nt_heap_keep();
  NT_TRY(plan(b, problem, w));
  NT_TRY(nt_samples_read(b->ctx, w->data1, &options, &w->samples1));
  if (w->data2 != NULL) NT_TRY(nt_samples_read(b->ctx, w->data2, &options, &w->samples2));
  NT_TRY(make_result(b, problem, w->job->plan->tile, &w->k));
  NT_TRY(make_result(b, problem, w->job->plan->tile, &w->t));
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
  nt_dataset_close(&w->data1);
  nt_dataset_close(&w->data2);
  nt_layer_release(&w->net);
}

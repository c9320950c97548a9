#include "run.h"

#include "nt_test.h"

#include <stdlib.h>

typedef struct nt_loaded {
  nt_tree *tree;
  nt_samples **samples;
  int n;
} nt_loaded;

static nt_status load(nt_ctx *ctx, const nt_run *run, const nt_tree *files,
                      const nt_dataset_options *open, nt_loaded *loaded)
{
  nt_status status = NT_OK;
  loaded->n = nt_tree_count(files);
  loaded->samples = calloc((size_t)loaded->n, sizeof(nt_samples *));
  for (int l = 0; l < loaded->n && status == NT_OK; l++) {
    nt_dataset *ds = NULL;
    const nt_samples_options read = {.dtype = run->options.dtype,
                                     .has_mask = run->has_mask,
                                     .mask_constant = run->mask_constant};
    status = nt_dataset_open(ctx, nt_tree_nth(files, l)->leaf, &open[l], &ds);
    if (status == NT_OK) status = nt_samples_read(ctx, ds, &read, &loaded->samples[l]);
    nt_dataset_close(&ds);
  }
  return status;
}

static void unload(nt_loaded *loaded)
{
  for (int l = 0; l < loaded->n; l++)
    nt_samples_destroy(&loaded->samples[l]);
  free(loaded->samples);
  nt_tree_destroy(&loaded->tree);
}

nt_status nt_run_kernel(nt_ctx *ctx, const nt_run *run, int P, int Q, nt_grid **grid,
                        nt_tree **kernels)
{
  enum { MAX_LEAVES = 16 };
  nt_dataset_options open[MAX_LEAVES] = {0};
  nt_layer *net = NULL;
  nt_loaded one = {0}, two = {0};
  *kernels = NULL;
  *grid = NULL;
  nt_status status = nt_network_parse(nt_ctx_error(ctx), run->network, "net", &net);
  if (status == NT_OK)
    status = nt_kernel_axes(nt_ctx_error(ctx), net, run->x1, &run->options, open);
  if (status == NT_OK) status = load(ctx, run, run->x1, open, &one);
  if (status == NT_OK && run->x2 != NULL) status = load(ctx, run, run->x2, open, &two);
  if (status == NT_OK) status = nt_grid_create(ctx, P, Q, grid);
  if (status == NT_OK) status = nt_tree_like(NULL, run->x1, one.samples, &one.tree);
  if (status == NT_OK && run->x2 != NULL)
    status = nt_tree_like(NULL, run->x2, two.samples, &two.tree);
  if (status == NT_OK)
    status = nt_kernel_fn(*grid, net, one.tree, two.tree, run->get, &run->options, kernels);
  unload(&one);
  unload(&two);
  if (net != NULL) nt_layer_release(&net);
  return status;
}

double *nt_gather(const nt_dmatrix *m)
{
  const nt_grid *grid = m->grid;
  double *all = calloc((size_t)(m->M * m->N) + 1, sizeof *all);
  for (int64_t lj = 0; lj < m->cols; lj++) {
    const int64_t gj = nt_local_to_global(lj, m->nb, nt_grid_q(grid), nt_grid_Q(grid));
    for (int64_t li = 0; li < m->rows; li++) {
      const int64_t gi = nt_local_to_global(li, m->mb, nt_grid_p(grid), nt_grid_P(grid));
      all[gi + gj * m->M] = m->a[li + lj * m->ld];
    }
  }
  (void)MPI_Allreduce(MPI_IN_PLACE, all, (int)(m->M * m->N), MPI_DOUBLE, MPI_SUM,
                      nt_ctx_comm(nt_grid_ctx(grid)));
  return all;
}

double nt_element(const double *all, int64_t M, const nt_facts *facts, int batches,
                  const int64_t *index)
{
  const nt_shape space = nt_facts_space(facts);
  const int64_t P = nt_facts_positions(facts);
  const bool diagonal = facts->diagonal_spatial || space.rank == 0;
  int64_t one = 0, two = 0;
  for (int a = 0; a < space.rank; a++) {
    const int64_t *at = index + batches + (diagonal ? a : 2 * a);
    one = one * space.dim[a] + at[0];
    two = two * space.dim[a] + at[diagonal ? 0 : 1];
  }
  if (batches == 1) return all[index[0] + (diagonal ? one : one * P + two) * M];
  if (diagonal) return all[index[0] + (index[1] * P + two) * M];
  return all[index[0] * P + one + (index[1] * P + two) * M];
}

int64_t nt_differences_of(const nt_dmatrix *a, const nt_dmatrix *b)
{
  int64_t count = 0;
  if (a == NULL || b == NULL) return a != b;
  if (a->M != b->M || a->N != b->N) return INT64_MAX;
  double *x = nt_gather(a), *y = nt_gather(b);
  for (int64_t i = 0; i < a->M * a->N; i++)
    count += !(x[i] == y[i]);
  free(x);
  free(y);
  return count;
}

int64_t nt_differences(const nt_tree *world, const nt_tree *self)
{
  int64_t count = 0;
  for (int i = 0; i < nt_tree_count(world); i++) {
    const nt_kernel *a = nt_tree_nth(world, i)->leaf, *b = nt_tree_nth(self, i)->leaf;
    count += nt_differences_of(a->nngp, b->nngp) + nt_differences_of(a->ntk, b->ntk);
    count += nt_differences_of(a->cov1, b->cov1) + nt_differences_of(a->cov2, b->cov2);
  }
  return count;
}

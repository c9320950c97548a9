/* The kernels of ntmpi predict: computed or read, between training samples, and of blocks
 * of test samples with them. */
#include "cli/predict.h"

#include "base/check.h"
#include "cli/heap.h"

#include <stdio.h>

void nt_predict_take_over(nt_tree *kernels, nt_dmatrix *k[NT_FIELDS])
{
  nt_kernel *kernel = nt_tree_nth(kernels, 0)->leaf;
  nt_dmatrix **const from[NT_FIELDS] = {[NT_NNGP] = &kernel->nngp, [NT_NTK] = &kernel->ntk};
  for (int f = 0; f < NT_FIELDS; f++) {
    if (*from[f] == NULL) continue;
    k[f] = *from[f];
    *from[f] = NULL;
  }
}

/* Those that are wanted and not computed. */
static nt_status read_stored(nt_predict_run *r, nt_block block, int64_t first, int64_t count,
                             int64_t nb, nt_dmatrix *k[NT_FIELDS])
{
  nt_status status = NT_OK;
  for (nt_field f = 0; f < NT_FIELDS; f++) {
    if (!(r->fields & nt_field_get(f)) || (r->compute[block] & nt_field_get(f))) continue;
    NT_TRY(nt_stored_kernels_read(&r->s, &r->stored, block, f, first, count, nb, nb, &k[f]));
  }
done:
  return status;
}

/* --save-kernel: the train-train kernels as ntmpi kernel writes them. */
static nt_status save_train(nt_predict_run *r, const nt_tree *kernels)
{
  const nt_origin origin = {&r->net, &r->train, NULL, &r->steps};
  return r->save == NULL ? NT_OK : nt_results_write(&r->s, kernels, &origin, r->save);
}

nt_status nt_predict_save_test(nt_predict_run *r, nt_block block, nt_dmatrix *const k[NT_FIELDS],
                               double *const diagonal[NT_FIELDS])
{
  nt_status status = NT_OK;
  const char *const group = nt_block_group(block);
  const nt_shape shape = {1, {r->problem.m}};
  char name[40];
  if (r->save == NULL || r->compute[block] == 0) return NT_OK;
  for (nt_field f = 0; f < NT_FIELDS; f++) {
    if (!(r->compute[block] & nt_field_get(f))) continue;
    snprintf(name, sizeof name, "%s/%s", group, nt_field_name(f));
    if (diagonal != NULL && diagonal[f] != NULL)
      NT_TRY(nt_output_write_array(r->save, name, &shape, diagonal[f]));
    else
      NT_TRY(nt_output_write_matrix(r->save, name, k[f], NULL, r->s.options.store));
  }
  NT_TRY(nt_inputs_store(&r->test, group, "x1", r->save));
  if (block == NT_TEST_TRAIN) NT_TRY(nt_inputs_store(&r->train, group, "x2", r->save));
done:
  return status;
}

nt_status nt_predict_compute(nt_predict_run *r)
{
  nt_status status = NT_OK;
  nt_session *s = &r->s;
  nt_tree *kernels = NULL;
  const int64_t n = r->problem.n;
  if (r->train_job == NULL && !s->options.matrix_free) nt_heap_return();
  NT_TRY(read_stored(r, NT_TRAIN_TRAIN, 0, n, nt_solver_block(s->grid, n), r->k_train));
  if (r->train_job != NULL) {
    NT_TRY(nt_work_run(s, r->train_job, &r->train, NULL, "train-train", &kernels));
    nt_heap_return(); /* before the buffers of writing */
    NT_TRY(save_train(r, kernels));
    nt_predict_take_over(kernels, r->k_train);
  }
  NT_TRY(nt_session_phase(s, "kernels"));
done:
  nt_kernels_destroy(&kernels);
  return status;
}

static nt_status compute_block(nt_predict_run *r, int64_t first, int64_t count,
                               nt_dmatrix *k_test[NT_FIELDS])
{
  nt_status status = NT_OK;
  const int64_t unit = r->problem.unit;
  nt_inputs part = {0};
  nt_kernel_job *job = NULL;
  nt_tree *kernels = NULL;
  if (r->compute[NT_TEST_TRAIN] == 0) return NT_OK;
  NT_TRY(nt_predict_plan_block(r, first / unit, count / unit, &part, &job));
  const nt_side one = nt_inputs_side(&part), two = nt_inputs_side(&r->train);
  if (r->may_meet_itself) NT_TRY(nt_kernel_job_compare(job, &one, &two));
  NT_TRY(nt_work_run(&r->s, job, &part, &r->train, "test-train", &kernels));
  nt_predict_take_over(kernels, k_test);
  NT_TRY(nt_predict_save_test(r, NT_TEST_TRAIN, k_test, NULL));
done:
  nt_kernels_destroy(&kernels);
  nt_kernel_job_destroy(&job);
  nt_inputs_end_part(&part);
  return status;
}

nt_status nt_predict_load(nt_predict_run *r, int64_t first, nt_held_kernels *kept)
{
  nt_status status = NT_OK;
  const int64_t rest = r->problem.m - first, count = rest < r->block ? rest : r->block;
  if (kept->first == first && kept->count == count) return NT_OK;
  kept->count = 0;
  for (int f = 0; f < NT_FIELDS; f++)
    nt_dmatrix_destroy(&kept->test_train[f]);
  NT_TRY(read_stored(r, NT_TEST_TRAIN, first, count, NT_READ_BLOCK, kept->test_train));
  NT_TRY(compute_block(r, first, count, kept->test_train));
  kept->first = first;
  kept->count = count;
done:
  return status;
}

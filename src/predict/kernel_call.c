/** Calls of a predictor's kernel function. */
#include "base/check.h"
#include "predict/predictor_impl.h"

/* The matrices of the one kernel that a network with one output has. */
static nt_status unpack(nt_error *err, const nt_tree *kernels, unsigned get, nt_kernel_pair *pair)
{
  nt_status status = NT_OK;
  NT_CHECK(nt_tree_count(kernels) == 1, err, NT_ERR_SHAPE,
           "the network has %d outputs; a predictor needs one", nt_tree_count(kernels));
  const nt_kernel *k = nt_tree_nth(kernels, 0)->leaf;
  NT_CHECK(k != NULL, err, NT_ERR_SHAPE, "the kernel function returned no kernel");
  NT_CHECK(!k->facts.diagonal_spatial || nt_facts_positions(&k->facts) == 1, err, NT_ERR_SHAPE,
           "the kernel has the diagonal of its positions only: predictions need diagonal_spatial "
           "false");
  NT_CHECK(!(get & NT_GET_NTK) || k->ntk != NULL, err, NT_ERR_ARG,
           "the network has no layer with parameters, so that its NTK is zero: predict with nngp");
  NT_CHECK(!(get & NT_GET_NNGP) || k->nngp != NULL, err, NT_ERR_ARG,
           "the kernel function returned no NNGP kernel");
  *pair = (nt_kernel_pair){k->nngp, k->ntk};
done:
  return status;
}

nt_status nt_predictor_call(const nt_predictor *p, const nt_tree *x1, const nt_tree *x2,
                            unsigned get, nt_tree **kernels, nt_kernel_pair *pair)
{
  nt_status status = NT_OK;
  *pair = (nt_kernel_pair){NULL, NULL};
  NT_TRY(p->fn->call(p->fn->self, x1, x2, get, &p->kernel_options, kernels));
  NT_TRY(unpack(nt_ctx_error(p->ctx), *kernels, get, pair));
done:
  return status;
}

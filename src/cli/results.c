#include "cli/results.h"

#include "base/check.h"
#include "cli/blas_core.h"
#include "cli/json.h"
#include "io/output.h"
#include "kernel/digits.h"

#include <stdio.h>
#include <string.h>

nt_status nt_results_open(nt_session *s, const char *path, nt_output **out)
{
  nt_status status = NT_OK;
  const bool first = nt_ctx_rank(s->ctx) == 0;
  NT_TRY(nt_output_open(s->ctx, path, s->options.force, out));
  char other[NT_NAME];
  if (first && nt_draft_other(&(*out)->draft, other))
    nt_warn(s, "%s beside %s belongs to a run that was killed, unless it still runs: remove it",
            other, path);
  if (first && nt_ctx_size(s->ctx) > 1 && nt_draft_on_lustre(&(*out)->draft))
    nt_say(s,
           "%s lies on Lustre: ranks write faster where its folder has several stripes (before the "
           "run: lfs setstripe -c 8 FOLDER)",
           path);
done:
  return status;
}

/* Fields that will be there: cov2 and mask2 are None without x2, masks without a mask constant. */
static int count_fields(const nt_session *s, bool has_x2)
{
  unsigned get = s->options.get;
  if (!has_x2) get &= ~(unsigned)(NT_GET_COV2 | NT_GET_MASK2);
  if (!s->options.mask_constant.given) get &= ~(unsigned)(NT_GET_MASK1 | NT_GET_MASK2);
  return __builtin_popcount(get);
}

nt_status nt_results_check(const nt_session *s, int n_outputs, bool has_x2)
{
  nt_status status = NT_OK;
  nt_error *err = nt_ctx_error(s->ctx);
  const char *path = s->options.output;
  const size_t length = path == NULL ? 0 : strlen(path);
  const int n = count_fields(s, has_x2) * n_outputs;
  const bool bare = length > 4 && strcmp(path + length - 4, ".npy") == 0;
  NT_CHECK(n > 0, err, NT_ERR_ARG,
           "nothing to write: what --get names does not exist here (cov2 and mask2 need X2, masks "
           "need --mask-constant)");
  NT_CHECK(n == 1 || !bare, err, NT_ERR_ARG,
           "-o %s: holds a single result, but there are %d; write NAME/ or NAME.h5, or choose one "
           "with --get",
           path, n);
done:
  return status;
}

/* "nngp" for a single output, "nngp/1/0" in a tree. */
static const char *name_of(const char *field, const nt_tree *tree, int index, char *out,
                           size_t size)
{
  char path[128];
  if (tree->is_leaf)
    snprintf(out, size, "%s", field);
  else
    snprintf(out, size, "%s/%s", field, nt_tree_path(tree, index, path, sizeof path));
  return out;
}

/* Samples that were summed over have no axis in arrays. */
static nt_shape without_samples(const nt_facts *facts, const nt_shape *shape)
{
  nt_shape s = {.rank = 0};
  for (int a = 0; a < shape->rank; a++)
    if (!facts->summed || a != facts->batch_axis) s.dim[s.rank++] = shape->dim[a];
  return s;
}

/* A layout without the first axes of its rows and columns, the samples. */
static nt_result_layout drop_samples(const nt_result_layout *l)
{
  nt_result_layout out = {.rows = {.rank = l->rows.rank - 1}, .cols = {.rank = l->cols.rank - 1}};
  int n = 0;
  for (int a = 0; a < out.rows.rank; a++)
    out.rows.dim[a] = l->rows.dim[a + 1];
  for (int a = 0; a < out.cols.rank; a++)
    out.cols.dim[a] = l->cols.dim[a + 1];
  for (int a = 0; a < l->rows.rank + l->cols.rank; a++) {
    const int from = l->order[a];
    if (from != 0 && from != l->rows.rank) out.order[n++] = from - 1 - (from > l->rows.rank);
  }
  return out;
}

/* Layout of covariances between samples (n1 x n2), or of each sample with itself. */
static nt_result_layout layout_of(const nt_facts *facts, int64_t n1, int64_t n2, bool own)
{
  const nt_shape space = nt_facts_space(facts);
  if (own && facts->diagonal_batch)
    return facts->diagonal_spatial ? nt_layout_variance(n1, &space)
                                   : nt_layout_covariance(n1, &space);
  return facts->diagonal_spatial ? nt_layout_diagonal(n1, n2, &space)
                                 : nt_layout_full(n1, n2, &space);
}

static nt_status write_facts(nt_output *out, const char *where, const nt_facts *f)
{
  nt_status status = NT_OK;
  const nt_shape shape1 = without_samples(f, &f->shape1), shape2 = without_samples(f, &f->shape2);
  const int batch = f->summed ? -1 : f->batch_axis;
  const int channel = f->channel_axis - (f->summed && f->batch_axis < f->channel_axis);
  NT_TRY(nt_output_attr_ints(out, where, "shape1", shape1.rank, shape1.dim));
  NT_TRY(nt_output_attr_ints(out, where, "shape2", shape2.rank, shape2.dim));
  NT_TRY(nt_output_attr_bool(out, where, "is_gaussian", f->is_gaussian));
  NT_TRY(nt_output_attr_bool(out, where, "diagonal_batch", f->diagonal_batch));
  NT_TRY(nt_output_attr_bool(out, where, "diagonal_spatial", f->diagonal_spatial));
  NT_TRY(nt_output_attr_int(out, where, "batch_axis", batch));
  NT_TRY(nt_output_attr_int(out, where, "channel_axis", channel));
  NT_TRY(nt_output_attr_bool(out, where, "x1_is_x2", f->x1_is_x2));
done:
  return status;
}

/* One output of a network while it is written. */
typedef struct nt_leaf_writer {
  nt_session *s;
  nt_output *out;
  const nt_tree *tree;
  int index;
  const nt_kernel *kernel;
} nt_leaf_writer;

static nt_status finish(const nt_leaf_writer *w, const char *name)
{
  if (w->tree->is_leaf) return NT_OK;
  return write_facts(w->out, name, &w->kernel->facts);
}

/* A matrix of one entry, which rank 0 owns. */
static nt_status write_number(const nt_leaf_writer *w, const char *name, const nt_dmatrix *m)
{
  const nt_shape scalar = {0};
  const double zero = 0;
  return nt_output_write_array(w->out, name, &scalar, m->rows * m->cols > 0 ? m->a : &zero);
}

static nt_status write_matrix(const nt_leaf_writer *w, const char *field, const nt_dmatrix *m,
                              int64_t n1, int64_t n2, bool own)
{
  nt_status status = NT_OK;
  char name[160];
  if (m == NULL) return NT_OK;
  const nt_facts *const facts = &w->kernel->facts;
  NT_CHECK(!own || !facts->diagonal_batch || facts->diagonal_spatial ||
               nt_facts_space(facts).rank <= NT_MAX_RANK / 2,
           nt_ctx_error(w->s->ctx), NT_ERR_UNSUPPORTED,
           "%s of all pairs of positions can have %d spatial axes at most: leave it out of --get",
           field, NT_MAX_RANK / 2);
  nt_result_layout layout = layout_of(facts, n1, n2, own);
  name_of(field, w->tree, w->index, name, sizeof name);
  if (facts->summed) layout = drop_samples(&layout);
  if (facts->summed && layout.cols.rank == 0)
    NT_TRY(write_number(w, name, m));
  else
    NT_TRY(nt_output_write_matrix(w->out, name, m, &layout, w->s->options.store));
  NT_TRY(finish(w, name));
done:
  return status;
}

/* The NTK of a network without parameters is the number zero. */
static nt_status write_zero(const nt_leaf_writer *w)
{
  nt_status status = NT_OK;
  const nt_shape scalar = {0};
  const double zero = 0;
  char name[160];
  if (!w->kernel->has_ntk || !w->kernel->facts.ntk_zero) return NT_OK;
  name_of("ntk", w->tree, w->index, name, sizeof name);
  NT_TRY(nt_output_write_array(w->out, name, &scalar, &zero));
  NT_TRY(finish(w, name));
done:
  return status;
}

static nt_status write_mask(const nt_leaf_writer *w, const char *field, const nt_shape *shape,
                            const unsigned char *mask)
{
  nt_status status = NT_OK;
  char name[160];
  if (shape->rank == 0) return NT_OK;
  const nt_shape axes = without_samples(&w->kernel->facts, shape);
  name_of(field, w->tree, w->index, name, sizeof name);
  NT_TRY(nt_output_write_bools(w->out, name, &axes, mask));
  NT_TRY(finish(w, name));
done:
  return status;
}

static nt_status write_leaf(const nt_leaf_writer *w)
{
  nt_status status = NT_OK;
  const nt_kernel *k = w->kernel;
  const nt_facts *f = &k->facts;
  const int64_t n1 = f->shape1.dim[f->batch_axis], n2 = f->shape2.dim[f->batch_axis];
  NT_TRY(write_matrix(w, "nngp", k->nngp, n1, n2, false));
  NT_TRY(write_matrix(w, "ntk", k->ntk, n1, n2, false));
  NT_TRY(write_zero(w));
  NT_TRY(write_matrix(w, "cov1", k->cov1, n1, n1, true));
  NT_TRY(write_matrix(w, "cov2", k->cov2, n2, n2, true));
  NT_TRY(write_mask(w, "mask1", &k->mask_shape1, k->mask1));
  NT_TRY(write_mask(w, "mask2", &k->mask_shape2, k->mask2));
  if (w->tree->is_leaf) NT_TRY(write_facts(w->out, "", f));
done:
  return status;
}

nt_status nt_results_attributes(nt_session *s, const nt_cli_net *net, nt_output *out)
{
  nt_status status = NT_OK;
  char set[80];
  bool digits;
  if (net->layer != NULL) NT_TRY(nt_output_attr_text(out, "", "network", net->text));
  NT_TRY(nt_output_attr_text(out, "", "options", s->line));
  NT_TRY(nt_output_attr_text(out, "", "version", NT_VERSION));
  /* The bits of a kernel hold for these two. */
  NT_TRY(nt_digits_agree(s->ctx, &digits));
  (void)snprintf(set, sizeof set, "%s%s", nt_cli_instruction_set(), digits ? ", AMX" : "");
  NT_TRY(nt_output_attr_text(out, "", "instruction_set", set));
  NT_TRY(nt_output_attr_text(out, "", "blas_core", nt_cli_blas_core()));
done:
  return status;
}

nt_status nt_results_write(nt_session *s, const nt_tree *kernels, const nt_origin *origin,
                           nt_output *out)
{
  nt_status status = NT_OK;
  const int n = nt_tree_count(kernels);
  for (int i = 0; i < n; i++) {
    const nt_kernel *kernel = nt_tree_nth(kernels, i)->leaf;
    const nt_leaf_writer writer = {s, out, kernels, i, kernel};
    NT_TRY(write_leaf(&writer));
  }
  NT_TRY(nt_results_attributes(s, origin->net, out));
  NT_TRY(nt_inputs_store(origin->x1, "", "x1", out));
  if (origin->x2 != NULL) NT_TRY(nt_inputs_store(origin->x2, "", "x2", out));
  NT_TRY(nt_steps_store(s, origin->steps, origin->x1, out));
done:
  return status;
}

int64_t nt_results_buffers(int64_t results)
{
  const int64_t staging = (int64_t)16 << 20;
  return results < staging ? results : staging;
}

nt_status nt_summary_write(nt_session *s)
{
  nt_status status = NT_OK, local = NT_OK;
  if (s->options.json == NULL) return NT_OK;
  if (s->json != NULL) local = nt_json_write(nt_ctx_error(s->ctx), s->options.json, s->json);
  NT_TRY_ALL(s->ctx, local);
done:
  return status;
}

nt_status nt_summary_write_plan(nt_session *s, nt_status status)
{
  if (status != NT_OK && status != NT_ERR_NOMEM) return status;
  const nt_status written = nt_summary_write(s);
  return status == NT_OK ? written : status;
}

#include "cli/inputs.h"

#include "base/check.h"
#include "base/lines.h"
#include "base/memory.h"
#include "io/dataset.h"
#include "net/net_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

nt_status nt_inputs_parse(nt_error *err, const char *text, nt_inputs *x)
{
  nt_status status = NT_OK;
  x->text = text;
  NT_TRY(nt_data_tree_parse(err, text, &x->tree));
  const int n = nt_tree_count(x->tree);
  NT_CHECK(n > 0, err, NT_ERR_ARG, "%s: names no data", text);
  NT_TRY(nt_calloc(err, n, sizeof(void *), "data sets", &x->set));
  NT_TRY(nt_calloc(err, n, sizeof(void *), "samples", &x->sample));
  x->n_leaves = n;
done:
  return status;
}

/* How leaf `l` of a tree is to be read. */
static nt_dataset_options leaf_options(const nt_cli_options *o, const nt_dataset_options *axes,
                                       int l)
{
  nt_dataset_options options = axes[l];
  options.seed = o->seed;
  if (o->shapes.n > 0) options.sample_shape = o->shapes.shape[l];
  return options;
}

nt_status nt_inputs_open(nt_session *s, const nt_dataset_options *axes, nt_inputs *x)
{
  nt_status status = NT_OK;
  nt_error *err = nt_ctx_error(s->ctx);
  NT_CHECK(s->options.shapes.n == 0 || s->options.shapes.n == x->n_leaves, err, NT_ERR_ARG,
           "--shape was given %d time%s, but %s has %d data set%s: give it once for each, in order",
           s->options.shapes.n, s->options.shapes.n == 1 ? "" : "s", x->text, x->n_leaves,
           x->n_leaves == 1 ? "" : "s");
  for (int l = 0; l < x->n_leaves; l++) {
    const nt_dataset_options options = leaf_options(&s->options, axes, l);
    NT_TRY(nt_dataset_open(s->ctx, nt_tree_nth(x->tree, l)->leaf, &options, &x->set[l]));
    NT_TRY(nt_session_keep(s, nt_tree_nth(x->tree, l)->leaf));
    const nt_dataset_info *first = nt_dataset_about(x->set[0]), *info = nt_dataset_about(x->set[l]);
    NT_CHECK(info->shape.rank >= 2, err, NT_ERR_SHAPE,
             "%s has shape (%lld,), but a network needs samples of at least one axis (--shape)",
             info->name, (long long)info->n);
    NT_CHECK(info->n == first->n, err, NT_ERR_DATA,
             "%s has %lld samples, but %s has %lld: the inputs of a network need equally many",
             info->name, (long long)info->n, first->name, (long long)first->n);
    if (s->unpacked < info->unpacked) s->unpacked = info->unpacked;
    if (info->odd_header)
      nt_warn(s, "%s: the first line is taken for a header, but begins with a number", info->name);
  }
  x->n = nt_dataset_about(x->set[0])->n;
done:
  return status;
}

/* Layers that may change the number of samples before an Aggregate. */
static bool may_act_on_samples(const nt_layer *layer)
{
  bool may = layer->ops != NULL && layer->ops->sample_taps != NULL;
  for (int i = 0; i < layer->n && !may; i++)
    may = may_act_on_samples(layer->child[i]);
  return may;
}

nt_status nt_inputs_open_pattern(nt_session *s, const nt_layer *net, const char *text, nt_inputs *x)
{
  nt_status status = NT_OK;
  const nt_dataset_options options = {
      .flatten = true, .seed = s->options.seed, .may_be_empty = true};
  if (text == NULL || strcmp(text, "none") == 0) return NT_OK;
  NT_TRY(nt_dataset_open(s->ctx, text, &options, &x->pattern_set));
  NT_TRY(nt_session_keep(s, text));
  const int64_t n = x->patterns = nt_dataset_about(x->pattern_set)->n;
  NT_CHECK(
      n == x->n || may_act_on_samples(net), nt_ctx_error(s->ctx), NT_ERR_DATA,
      "%s has patterns of %lld samples, but %s has %lld samples: each needs one (--pattern for "
      "X1 or training samples, --pattern2 for X2 or test samples)",
      text, (long long)n, x->text, (long long)x->n);
done:
  return status;
}

bool nt_inputs_pattern_shape(const nt_inputs *x, nt_shape *shape)
{
  if (x->pattern_set == NULL) return false;
  *shape = nt_dataset_about(x->pattern_set)->shape;
  shape->dim[0] = x->patterns;
  return true;
}

static nt_status leaf_alike(nt_error *err, const nt_dataset_info *a, const nt_dataset_info *b)
{
  nt_status status = NT_OK;
  char one[128], two[128];
  nt_shape shape = b->shape;
  if (a->shape.rank == shape.rank) shape.dim[a->batch_axis] = a->n;
  NT_CHECK(nt_shape_equal(&a->shape, &shape), err, NT_ERR_DATA,
           "%s has shape %s, but %s has %s: samples must have the same shape", a->name,
           nt_shape_text(&a->shape, one, sizeof one), b->name,
           nt_shape_text(&b->shape, two, sizeof two));
done:
  return status;
}

nt_status nt_inputs_nested_alike(nt_error *err, const nt_inputs *a, const nt_inputs *b)
{
  nt_status status = NT_OK;
  NT_CHECK(nt_tree_same(a->tree, b->tree), err, NT_ERR_DATA,
           "%s and %s are nested differently: both must be nested as the network takes them",
           a->text, b->text);
done:
  return status;
}

nt_status nt_inputs_alike(nt_error *err, const nt_inputs *a, const nt_inputs *b)
{
  nt_status status = NT_OK;
  NT_TRY(nt_inputs_nested_alike(err, a, b));
  for (int l = 0; l < a->n_leaves; l++)
    NT_TRY(leaf_alike(err, nt_dataset_about(a->set[l]), nt_dataset_about(b->set[l])));
done:
  return status;
}

nt_status nt_inputs_read(nt_session *s, nt_inputs *x)
{
  nt_status status = NT_OK;
  const nt_samples_options options = {.dtype = s->options.dtype,
                                      .has_mask = s->options.mask_constant.given,
                                      .mask_constant = s->options.mask_constant.value,
                                      .hash = true};
  for (int l = 0; l < x->n_leaves; l++) {
    NT_TRY(nt_samples_read(s->ctx, x->set[l], &options, &x->sample[l]));
    if (options.has_mask && x->sample[l]->masked == 0)
      nt_warn(s, "%s: no entry equals --mask-constant %g, so nothing is masked",
              nt_dataset_about(x->set[l])->name, options.mask_constant);
  }
  const nt_samples_options plain = {.dtype = NT_FLOAT64, .hash = true};
  if (x->pattern_set != NULL) NT_TRY(nt_samples_read(s->ctx, x->pattern_set, &plain, &x->pattern));
done:
  return status;
}

nt_status nt_inputs_part(nt_error *err, const nt_inputs *x, int64_t first, int64_t count,
                         nt_inputs *part)
{
  nt_status status = NT_OK;
  *part = (nt_inputs){.text = x->text, .tree = x->tree, .n_leaves = x->n_leaves, .n = count};
  part->set = x->set;
  part->pattern_set = x->pattern_set;
  part->patterns = count;
  NT_TRY(nt_calloc(err, x->n_leaves, sizeof(void *), "samples", &part->sample));
  for (int l = 0; l < x->n_leaves && x->sample[l] != NULL; l++) {
    NT_TRY(nt_alloc(err, 1, sizeof(nt_samples), "samples", &part->sample[l]));
    nt_samples_part(x->sample[l], first, count, part->sample[l]);
  }
  if (x->pattern == NULL) return NT_OK;
  NT_TRY(nt_alloc(err, 1, sizeof(nt_samples), "patterns", &part->pattern));
  nt_samples_part(x->pattern, first, count, part->pattern);
done:
  return status;
}

void nt_inputs_end_part(nt_inputs *part)
{
  for (int l = 0; part->sample != NULL && l < part->n_leaves; l++)
    free(part->sample[l]);
  free(part->sample);
  free(part->pattern);
  *part = (nt_inputs){0};
}

void nt_inputs_forget(nt_inputs *x)
{
  for (int l = 0; l < x->n_leaves; l++)
    nt_samples_destroy(&x->sample[l]);
  nt_samples_destroy(&x->pattern);
}

void nt_inputs_free(nt_inputs *x)
{
  nt_inputs_forget(x);
  for (int l = 0; l < x->n_leaves; l++)
    nt_dataset_close(&x->set[l]);
  nt_dataset_close(&x->pattern_set);
  free(x->set);
  free(x->sample);
  if (x->tree != NULL) nt_data_tree_destroy(&x->tree);
  *x = (nt_inputs){0};
}

nt_side nt_inputs_side(const nt_inputs *x)
{
  return (nt_side){.n = x->sample[0]->n,
                   .n_leaves = x->n_leaves,
                   .leaf = (const nt_samples *const *)x->sample,
                   .pattern = x->pattern};
}

nt_status nt_inputs_store(const nt_inputs *x, const char *where, const char *name, nt_output *out)
{
  nt_status status = NT_OK;
  char attr[200], path[128], bracket[140] = "";
  NT_TRY(nt_output_attr_text(out, where, name, x->text));
  for (int l = 0; l < x->n_leaves; l++) {
    const nt_samples *samples = x->sample[l];
    if (!x->tree->is_leaf)
      snprintf(bracket, sizeof bracket, "[%s]", nt_tree_path(x->tree, l, path, sizeof path));
    snprintf(attr, sizeof attr, "%s_shape%s", name, bracket);
    NT_TRY(nt_output_attr_ints(out, where, attr, samples->shape.rank, samples->shape.dim));
    snprintf(attr, sizeof attr, "%s_sha256%s", name, bracket);
    NT_TRY(nt_output_attr_text(out, where, attr, samples->hash));
  }
  if (x->pattern == NULL) return NT_OK;
  snprintf(attr, sizeof attr, "%s_pattern", name);
  NT_TRY(nt_output_attr_text(out, where, attr, nt_dataset_about(x->pattern_set)->name));
  snprintf(attr, sizeof attr, "%s_pattern_sha256", name);
  NT_TRY(nt_output_attr_text(out, where, attr, x->pattern->hash));
done:
  return status;
}

nt_status nt_inputs_pattern_hash(nt_error *err, const nt_inputs *x, char **text)
{
  nt_status status = NT_OK;
  nt_lines lines = {.n = 0};
  if (x->pattern != NULL) NT_TRY(nt_lines_add(err, &lines, "", x->pattern->hash));
  NT_TRY(nt_lines_join(err, &lines, text));
done:
  nt_lines_free(&lines);
  return status;
}

nt_status nt_inputs_hashes(nt_error *err, const nt_inputs *x, char **text)
{
  nt_status status = NT_OK;
  nt_lines lines = {.n = 0};
  char path[128], bracket[140] = "";
  for (int l = 0; l < x->n_leaves; l++) {
    if (!x->tree->is_leaf)
      snprintf(bracket, sizeof bracket, "[%s]", nt_tree_path(x->tree, l, path, sizeof path));
    NT_TRY(nt_lines_add(err, &lines, bracket, x->sample[l]->hash));
  }
  NT_TRY(nt_lines_join(err, &lines, text));
done:
  nt_lines_free(&lines);
  return status;
}

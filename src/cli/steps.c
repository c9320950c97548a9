/* Preprocessing: the same steps for each leaf of a tree of inputs, with statistics of their own. */
#include "cli/inputs.h"

#include "base/check.h"
#include "base/lines.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>

nt_status nt_steps_parse(nt_error *err, const char *text, int n_leaves, nt_steps *steps)
{
  nt_status status = NT_OK;
  NT_TRY(nt_calloc(err, n_leaves, sizeof(void *), "steps", &steps->leaf));
  steps->n_leaves = n_leaves;
  for (int l = 0; l < n_leaves; l++)
    NT_TRY(nt_preprocess_parse(err, text, &steps->leaf[l]));
done:
  return status;
}

bool nt_steps_need_training(const nt_steps *steps)
{
  return steps->n_leaves > 0 && nt_preprocess_has_statistics(steps->leaf[0]);
}

nt_status nt_steps_fit(nt_session *s, nt_steps *steps, const nt_inputs *training)
{
  nt_status status = NT_OK;
  for (int l = 0; l < steps->n_leaves; l++)
    NT_TRY(nt_preprocess_fit(s->ctx, steps->leaf[l], training->sample[l]));
done:
  return status;
}

nt_status nt_steps_apply(nt_session *s, const nt_steps *steps, nt_inputs *x)
{
  nt_status status = NT_OK;
  for (int l = 0; l < steps->n_leaves; l++)
    NT_TRY(nt_preprocess_apply(s->ctx, steps->leaf[l], x->sample[l]));
done:
  return status;
}

/* Each leaf of a tree has statistics of its own: their hashes tell them apart. */
static nt_status store_hashes(nt_session *s, const nt_steps *steps, const nt_tree *tree,
                              nt_output *out)
{
  nt_status status = NT_OK;
  char hash[65], path[128], name[160];
  NT_TRY(nt_output_attr_text(out, "", "preprocess", nt_preprocess_text(steps->leaf[0])));
  for (int l = 0; l < steps->n_leaves; l++) {
    NT_TRY_ALL(s->ctx, nt_preprocess_hash(nt_ctx_error(s->ctx), steps->leaf[l], hash));
    snprintf(name, sizeof name, "preprocess_hash[%s]", nt_tree_path(tree, l, path, sizeof path));
    NT_TRY(nt_output_attr_text(out, "", name, hash));
  }
done:
  return status;
}

nt_status nt_steps_store(nt_session *s, const nt_steps *steps, const nt_inputs *x, nt_output *out)
{
  if (steps->n_leaves == 0) return nt_output_attr_text(out, "", "preprocess", "");
  if (steps->n_leaves == 1) return nt_preprocess_store(s->ctx, steps->leaf[0], out);
  return store_hashes(s, steps, x->tree, out);
}

nt_status nt_steps_hashes(nt_error *err, const nt_steps *steps, const nt_inputs *x, char **text)
{
  nt_status status = NT_OK;
  nt_lines lines = {.n = 0};
  char hash[65], path[128], bracket[140] = "";
  for (int l = 0; l < steps->n_leaves; l++) {
    if (steps->n_leaves > 1)
      snprintf(bracket, sizeof bracket, "[%s]", nt_tree_path(x->tree, l, path, sizeof path));
    NT_TRY(nt_preprocess_hash(err, steps->leaf[l], hash));
    NT_TRY(nt_lines_add(err, &lines, bracket, hash));
  }
  NT_TRY(nt_lines_join(err, &lines, text));
done:
  nt_lines_free(&lines);
  return status;
}

void nt_steps_free(nt_steps *steps)
{
  for (int l = 0; l < steps->n_leaves; l++)
    nt_preprocess_destroy(&steps->leaf[l]);
  free(steps->leaf);
  *steps = (nt_steps){0};
}

/* Which files a run may write: none twice, and none that it reads. */
#include "cli/session.h"

#include "base/check.h"
#include "cli/json.h"
#include "io/draft.h"
#include "io/range.h"
#include "io/source.h"

#include <stdio.h>
#include <string.h>

enum { OUTPUTS = 5 };

typedef struct named_file {
  const char *option, *path; /* NULL: not given */
} named_file;

static void name_outputs(const nt_cli_options *o, named_file out[OUTPUTS])
{
  out[0] = (named_file){"-o", o->output};
  out[1] = (named_file){"--save-kernel", o->save_kernel};
  out[2] = (named_file){"--save-state", o->save_state};
  out[3] = (named_file){"--plot", o->plot};
  out[4] = (named_file){"--json", o->json};
}

/* One output must not replace another. */
static nt_status check_names(nt_error *err, const nt_cli_options *o)
{
  nt_status status = NT_OK;
  named_file out[OUTPUTS];
  nt_draft a, b;
  name_outputs(o, out);
  for (int i = 0; i < OUTPUTS; i++) {
    if (out[i].path == NULL) continue;
    NT_TRY(nt_draft_name(err, out[i].path, &a));
    for (int j = 0; j < i; j++) {
      if (out[j].path == NULL) continue;
      NT_TRY(nt_draft_name(err, out[j].path, &b));
      NT_CHECK(!nt_draft_same(&a, &b), err, NT_ERR_ARG,
               "%s %s and %s %s are the same file: each needs one of its own", out[j].option,
               out[j].path, out[i].option, out[i].path);
    }
  }
done:
  return status;
}

/* No output may replace what is read: the file, a folder that it is in, or a file of the folder
 * that it is. */
static nt_status check_kept(nt_error *err, const nt_cli_options *o, const named_file *in)
{
  nt_status status = NT_OK;
  named_file out[OUTPUTS];
  nt_draft read, a;
  nt_error none = {0};
  name_outputs(o, out);
  if (nt_draft_name(&none, in->path, &read) != NT_OK) return NT_OK; /* no output has such a name */
  for (int i = 0; i < OUTPUTS; i++) {
    /* A state may go on under its name: it is in memory by then, and replaced when whole. */
    if (out[i].path == NULL || (in->path == o->state && out[i].path == o->save_state)) continue;
    NT_TRY(nt_draft_name(err, out[i].path, &a));
    NT_CHECK(!nt_draft_same(&a, &read) && !nt_draft_holds(&a, &read) &&
                 !(nt_draft_exists(&a) && nt_draft_holds(&read, &a)),
             err, NT_ERR_ARG, "%s %s would replace %s %s, which this run reads: give another name",
             out[i].option, out[i].path, in->option, in->path);
  }
done:
  return status;
}

/* DATA "a.h5:/x[@rows.npy]" as the file a.h5, and the list rows.npy. */
static nt_status keep_data(nt_error *err, const nt_cli_options *o, const char *what,
                           const char *text)
{
  nt_status status = NT_OK;
  char file[NT_PATH], list[NT_PATH];
  const size_t length = strlen(text), split = nt_range_split(text);
  (void)snprintf(file, sizeof file, "%.*s", (int)split, text);
  const char *const colon = nt_source_colon(file);
  if (colon != NULL) file[colon - file] = '\0';
  named_file in = {what, colon == NULL && split == length ? text : file};
  NT_TRY(check_kept(err, o, &in));
  if (split == length || text[split + 1] != '@') return NT_OK;
  (void)snprintf(list, sizeof list, "%.*s", (int)(length - split - 3), text + split + 2);
  in = (named_file){"the list of rows", list};
  NT_TRY(check_kept(err, o, &in));
done:
  return status;
}

/* All that options name but samples, which come in trees. */
static nt_status keep_inputs(nt_error *err, const nt_cli_options *o)
{
  nt_status status = NT_OK;
  const named_file data[] = {{"--network", o->network_file},
                             {"--labels", o->labels},
                             {"--test-labels", o->test_labels},
                             {"--folds", o->folds},
                             {"--initial", o->initial},
                             {"--initial-test", o->initial_test},
                             {"--state", o->state},
                             {"--kernel", o->kernel[NT_TRAIN_TRAIN]},
                             {"--kernel-test-train", o->kernel[NT_TEST_TRAIN]},
                             {"--kernel-test-test", o->kernel[NT_TEST_TEST]},
                             {"--nngp-train-train", o->matrix[NT_TRAIN_TRAIN][NT_NNGP]},
                             {"--ntk-train-train", o->matrix[NT_TRAIN_TRAIN][NT_NTK]},
                             {"--nngp-test-train", o->matrix[NT_TEST_TRAIN][NT_NNGP]},
                             {"--ntk-test-train", o->matrix[NT_TEST_TRAIN][NT_NTK]},
                             {"--nngp-test-test", o->matrix[NT_TEST_TEST][NT_NNGP]},
                             {"--ntk-test-test", o->matrix[NT_TEST_TEST][NT_NTK]}};
  const named_file lists[] = {{"--reg", o->reg.text},
                              {"--reg-abs", o->reg_abs.text},
                              {"--time", o->time.text},
                              {"--train-rows", o->train_rows},
                              {"--test-rows", o->test_rows}};
  for (size_t i = 0; i < sizeof data / sizeof *data; i++)
    if (data[i].path != NULL) NT_TRY(keep_data(err, o, data[i].option, data[i].path));
  for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
    if (lists[i].path != NULL && lists[i].path[0] == '@')
      NT_TRY(keep_data(err, o, lists[i].option, lists[i].path + 1));
done:
  return status;
}

nt_status nt_outputs_keep(nt_error *err, const void *options, const char *path)
{
  const named_file in = {"the array", path};
  return check_kept(err, options, &in);
}

static bool looks(const nt_session *s) { return nt_ctx_rank(s->ctx) == 0; }

nt_status nt_session_keep(const nt_session *s, const char *data)
{
  nt_status status = NT_OK;
  NT_TRY_ALL(s->ctx,
             looks(s) ? keep_data(nt_ctx_error(s->ctx), &s->options, "the data", data) : NT_OK);
done:
  return status;
}

static nt_status check(nt_error *err, const nt_cli_options *o)
{
  nt_status status = NT_OK;
  NT_TRY(check_names(err, o));
  NT_TRY(keep_inputs(err, o));
  if (o->json != NULL) NT_TRY(nt_json_check(err, o->json));
done:
  return status;
}

nt_status nt_session_check_outputs(const nt_session *s)
{
  nt_status status = NT_OK;
  NT_TRY_ALL(s->ctx, looks(s) ? check(nt_ctx_error(s->ctx), &s->options) : NT_OK);
done:
  return status;
}

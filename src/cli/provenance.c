/* Whether stored kernels belong together, and to the data: by the attributes
 * that ntmpi kernel writes. */
#include "cli/stored.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a file says; texts are owned, "" where it says nothing. */
typedef struct record {
  char *network, *x1, *x2, *pattern1, *pattern2, *preprocess;
} record;

/* What is known so far of one thing, and who said so. */
typedef struct known {
  const char *what; /* "another network" */
  const char *text; /* NULL: nothing is known */
  const char *name;
} known;

enum { NETWORK, TRAIN, TEST, TRAIN_PATTERN, TEST_PATTERN, PREPROCESS, THINGS };

static void release(record *r)
{
  free(r->network);
  free(r->x1);
  free(r->x2);
  free(r->pattern1);
  free(r->pattern2);
  free(r->preprocess);
}

/* A network text as it is printed back, so that comments and blanks do not count; as it is if it
 * cannot be read here (it may load arrays from files that are elsewhere now). */
static nt_status print_back(nt_ctx *ctx, char **text)
{
  nt_status status = NT_OK;
  nt_layer *layer = NULL;
  char *shown = NULL;
  nt_error *err = nt_ctx_error(ctx);
  const char *given = *text + ((*text)[0] == '=');
  if ((*text)[0] == '\0') return NT_OK;
  if (nt_network_parse(err, given, "network", &layer) == NT_OK) {
    NT_TRY(nt_layer_text(err, layer, &shown));
  } else {
    nt_ctx_clear_error(ctx);
    NT_TRY(nt_strdup(err, given, &shown));
  }
  free(*text);
  *text = shown;
done:
  nt_layer_release(&layer);
  return status;
}

static nt_status read_record(nt_ctx *ctx, const char *file, record *r)
{
  nt_status status = NT_OK;
  NT_TRY(nt_stored_texts(ctx, file, "network", &r->network));
  NT_TRY(nt_stored_texts(ctx, file, "x1_sha256", &r->x1));
  NT_TRY(nt_stored_texts(ctx, file, "x2_sha256", &r->x2));
  NT_TRY(nt_stored_texts(ctx, file, "x1_pattern_sha256", &r->pattern1));
  NT_TRY(nt_stored_texts(ctx, file, "x2_pattern_sha256", &r->pattern2));
  NT_TRY(nt_stored_texts(ctx, file, "preprocess_hash", &r->preprocess));
  NT_TRY_ALL(ctx, print_back(ctx, &r->network));
done:
  return status;
}

/* One line, short enough for a message. */
static const char *shorten(const char *text, char *out, size_t size)
{
  const size_t length = strcspn(text + (text[0] == '='), "\n");
  if (text[0] == '\0') text = "none";
  text += text[0] == '=';
  if (length < size - 4)
    snprintf(out, size, "%.*s", length == 0 ? 4 : (int)length, text);
  else
    snprintf(out, size, "%.*s...", (int)size - 4, text);
  return out;
}

static nt_status compare(nt_error *err, known *k, const char *text, const char *file)
{
  nt_status status = NT_OK;
  char one[400], two[400];
  if (k->text == NULL) {
    k->text = text;
    k->name = file;
    return NT_OK;
  }
  NT_CHECK(strcmp(k->text, text) == 0, err, NT_ERR_DATA,
           "%s: comes from %s than %s: %s there, %s here", file, k->what, k->name,
           shorten(text, one, sizeof one), shorten(k->text, two, sizeof two));
done:
  return status;
}

/* A kernel of all samples: its hash is that of no set on its own. */
static nt_status compare_record(nt_error *err, const record *r, nt_block block, bool rows,
                                const char *file, known *things)
{
  nt_status status = NT_OK;
  const bool mixed = block == NT_TEST_TRAIN;
  if (r->network[0] != '\0') NT_TRY(compare(err, &things[NETWORK], r->network, file));
  if (r->x1[0] == '\0' || rows) return NT_OK;
  NT_CHECK(mixed || r->x2[0] == '\0' || strcmp(r->x1, r->x2) == 0, err, NT_ERR_DATA,
           "%s: is a kernel between two data sets, where a %s kernel is wanted", file,
           nt_block_name(block));
  const bool train = block == NT_TRAIN_TRAIN;
  NT_TRY(compare(err, &things[train ? TRAIN : TEST], r->x1, file));
  NT_TRY(compare(err, &things[train ? TRAIN_PATTERN : TEST_PATTERN], r->pattern1, file));
  if (mixed && r->x2[0] != '\0') {
    NT_TRY(compare(err, &things[TRAIN], r->x2, file));
    NT_TRY(compare(err, &things[TRAIN_PATTERN], r->pattern2, file));
  }
  NT_TRY(compare(err, &things[PREPROCESS], r->preprocess, file));
done:
  return status;
}

nt_status nt_stored_kernels_check(nt_session *s, const nt_stored_kernels *k,
                                  const nt_provenance *given)
{
  nt_status status = NT_OK;
  known things[THINGS] = {
      [NETWORK] = {"another network", given->network, "the network given here"},
      [TRAIN] = {"other training samples", given->train, given->train_name},
      [TEST] = {"other test samples", given->test, given->test_name},
      [TRAIN_PATTERN] = {"other patterns of the training samples", given->train_pattern,
                         "--pattern"},
      [TEST_PATTERN] = {"other patterns of the test samples", given->test_pattern,
                        given->test_pattern_name},
      [PREPROCESS] = {"another preprocessing", given->preprocess, "--preprocess"}};
  record records[NT_BLOCKS][NT_FIELDS] = {{{0}}};
  for (nt_block b = 0; b < NT_BLOCKS; b++) {
    for (nt_field f = 0; f < NT_FIELDS; f++) {
      record *r = &records[b][f];
      if (k->m[b][f] == NULL) continue;
      NT_TRY(read_record(s->ctx, nt_stored_name(k->m[b][f]), r));
      NT_TRY(compare_record(nt_ctx_error(s->ctx), r, b, k->train.row != NULL,
                            nt_stored_name(k->m[b][f]), things));
    }
  }
done:
  for (nt_block b = 0; b < NT_BLOCKS; b++) {
    for (nt_field f = 0; f < NT_FIELDS; f++)
      release(&records[b][f]);
  }
  return status;
}

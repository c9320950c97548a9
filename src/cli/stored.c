#include "cli/stored.h"

#include "base/check.h"
#include "base/file.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *nt_field_name(nt_field field)
{
  static const char *const names[NT_FIELDS] = {[NT_NNGP] = "nngp", [NT_NTK] = "ntk"};
  return names[field];
}

unsigned nt_field_get(nt_field field) { return field == NT_NNGP ? NT_GET_NNGP : NT_GET_NTK; }

const char *nt_block_name(nt_block block)
{
  static const char *const names[NT_BLOCKS] = {[NT_TRAIN_TRAIN] = "train-train",
                                               [NT_TEST_TRAIN] = "test-train",
                                               [NT_TEST_TEST] = "test-test"};
  return names[block];
}

const char *nt_block_group(nt_block block)
{
  static const char *const groups[NT_BLOCKS] = {
      [NT_TRAIN_TRAIN] = "", [NT_TEST_TRAIN] = "test_train", [NT_TEST_TEST] = "test_test"};
  return groups[block];
}

/* A file of ntmpi kernel says when it has equal positions alone. */
static nt_status check_pairs(nt_session *s, const nt_stored *stored)
{
  nt_status status = NT_OK;
  char *text = NULL;
  NT_TRY(nt_stored_texts(s->ctx, nt_stored_name(stored), "diagonal_spatial", &text));
  NT_CHECK(strncmp(text, "=true", 5) != 0, nt_ctx_error(s->ctx), NT_ERR_DATA,
           "%s: has only the covariances of equal positions, and inference needs those of all "
           "pairs: ntmpi kernel ... --diagonal-spatial no",
           nt_stored_name(stored));
done:
  free(text);
  return status;
}

static nt_status open_one(nt_session *s, nt_stored_kernels *k, nt_block block, nt_field f,
                          const char *place, const char *file)
{
  nt_status status = NT_OK;
  NT_TRY(nt_stored_open(s->ctx, place, &k->m[block][f]));
  k->file[block][f] = file;
  if (nt_stored_shape(k->m[block][f]).rank > 2) NT_TRY(check_pairs(s, k->m[block][f]));
done:
  return status;
}

/* What `file` has of a block, in its group ("" or "test_train"); messages call it `name`. */
static nt_status open_block(nt_session *s, nt_stored_kernels *k, nt_block block, const char *file,
                            const char *group, const char *name)
{
  nt_status status = NT_OK;
  char place[6000], field[40];
  for (nt_field f = 0; f < NT_FIELDS; f++) {
    (void)snprintf(field, sizeof field, "%s%s%s", group, group[0] == '\0' ? "" : "/",
                   nt_field_name(f));
    NT_TRY(nt_stored_find(s->ctx, file, field, place, sizeof place));
    if (place[0] == '\0') continue;
    NT_TRY(open_one(s, k, block, f, place, name));
  }
done:
  return status;
}

static bool is_found(const nt_stored_kernels *k, nt_block block)
{
  return k->m[block][NT_NNGP] != NULL || k->m[block][NT_NTK] != NULL;
}

/* A file of --kernel that exists and has none of the results. */
static nt_status check_found(nt_error *err, const nt_stored_kernels *k, nt_block block,
                             const char *file)
{
  nt_status status = NT_OK;
  NT_CHECK(
      is_found(k, block), err, NT_ERR_DATA,
      "%s: holds neither nngp nor ntk; a file of ntmpi kernel has them, and of another file name "
      "the dataset: %s:/NAME",
      file, file);
done:
  return status;
}

/* --save-kernel puts the kernels of test samples beside those of the training samples: so
 * --kernel-test-train finds them in its file, */
static nt_status open_file(nt_session *s, nt_stored_kernels *k, nt_block block, const char *file)
{
  nt_status status = NT_OK;
  NT_TRY(open_block(s, k, block, file, nt_block_group(block), file));
  if (!is_found(k, block)) NT_TRY(open_block(s, k, block, file, "", file));
  NT_TRY(check_found(nt_ctx_error(s->ctx), k, block, file));
done:
  return status;
}

/* and --kernel alone reads them too. */
static nt_status open_inside(nt_session *s, nt_stored_kernels *k, nt_block block)
{
  nt_status status = NT_OK;
  const nt_cli_options *o = &s->options;
  const char *file = o->kernel[NT_TRAIN_TRAIN];
  char bare[6000];
  if (file == NULL || is_found(k, block) || o->test != NULL || o->test_rows != NULL) return NT_OK;
  NT_TRY(nt_stored_find(s->ctx, file, "nngp", bare, sizeof bare));
  if (strcmp(bare, file) == 0) return NT_OK;
  const size_t length = strlen(file), size = length + sizeof "/:test_train";
  const bool folder = file[length - 1] == '/';
  const bool group = strstr(file, ":/") != NULL;
  NT_TRY_ALL(s->ctx, nt_alloc(nt_ctx_error(s->ctx), (int64_t)size, 1, "a name", &k->inside[block]));
  const bool hdf5 = nt_ends_with(file, ".h5") || nt_ends_with(file, ".hdf5");
  snprintf(k->inside[block], size, "%s%s%s", file,
           folder           ? ""
           : hdf5 && !group ? ":/"
                            : "/",
           nt_block_group(block));
  NT_TRY(open_block(s, k, block, file, nt_block_group(block), k->inside[block]));
done:
  return status;
}

/* Whether test samples were given that may be others than those in the file of --kernel. */
static bool has_others(const nt_cli_options *o, const nt_stored_kernels *k)
{
  const char *file = o->kernel[NT_TRAIN_TRAIN], *apart = o->kernel[NT_TEST_TRAIN];
  return file != NULL && is_found(k, NT_TEST_TRAIN) && (apart == NULL || strcmp(file, apart) != 0);
}

nt_status nt_stored_kernels_open(nt_session *s, nt_stored_kernels *k)
{
  nt_status status = NT_OK;
  const nt_cli_options *o = &s->options;
  for (nt_block b = 0; b < NT_BLOCKS; b++) {
    if (o->kernel[b] != NULL) NT_TRY(open_file(s, k, b, o->kernel[b]));
    for (nt_field f = 0; f < NT_FIELDS; f++) {
      const char *matrix = o->matrix[b][f];
      if (matrix != NULL) NT_TRY(open_one(s, k, b, f, matrix, matrix));
    }
  }
  k->others = has_others(o, k);
  NT_TRY(open_inside(s, k, NT_TEST_TRAIN));
  if (!k->others) NT_TRY(open_inside(s, k, NT_TEST_TEST));
  NT_TRY(nt_stored_rows_open(s, k));
done:
  return status;
}

void nt_stored_kernels_close(nt_stored_kernels *k)
{
  for (nt_block b = 0; b < NT_BLOCKS; b++) {
    for (nt_field f = 0; f < NT_FIELDS; f++)
      nt_stored_close(&k->m[b][f]);
  }
  for (nt_block b = 0; b < NT_BLOCKS; b++)
    free(k->inside[b]);
  free(k->train.sample);
  free(k->train.row);
  free(k->test.sample);
  free(k->test.row);
  *k = (nt_stored_kernels){.all = 0};
}

/* The matrix that a block is read from. */
static nt_stored *source(const nt_stored_kernels *k, nt_block block, nt_field field)
{
  if (k->train.row == NULL) return k->m[block][field];
  return block == NT_TRAIN_TRAIN || k->test.row != NULL ? k->m[NT_TRAIN_TRAIN][field] : NULL;
}

unsigned nt_stored_kernels_get(const nt_stored_kernels *k, nt_block block)
{
  unsigned get = 0;
  for (nt_field f = 0; f < NT_FIELDS; f++)
    get |= source(k, block, f) != NULL ? nt_field_get(f) : 0;
  return get;
}

int64_t nt_stored_kernels_buffers(const nt_stored_kernels *k, const nt_grid *grid, nt_block block,
                                  unsigned get, int64_t lines)
{
  int64_t most = 0;
  for (nt_field f = 0; f < NT_FIELDS; f++) {
    const nt_stored *const from = source(k, block, f);
    const int64_t bytes =
        from != NULL && (get & nt_field_get(f)) ? nt_stored_buffers(from, grid, lines) : 0;
    most = bytes > most ? bytes : most;
  }
  return most;
}

/* *known is 0, or must be `found`. */
static nt_status agree(nt_error *err, const char *name, const char *what, int64_t found,
                       int64_t *known)
{
  nt_status status = NT_OK;
  NT_CHECK(*known == 0 || *known == found, err, NT_ERR_DATA,
           "%s: has %lld %s samples, but the other stored kernels have %lld", name,
           (long long)found, what, (long long)*known);
  *known = found;
done:
  return status;
}

static nt_status size_of(nt_error *err, const nt_stored *stored, nt_block block, int64_t *n,
                         int64_t *m)
{
  nt_status status = NT_OK;
  int64_t M, N;
  nt_stored_size(stored, &M, &N);
  const char *name = nt_stored_name(stored);
  const bool square = block != NT_TEST_TRAIN;
  NT_CHECK(!square || M == N || (block == NT_TEST_TEST && N == 1), err, NT_ERR_DATA,
           "%s: is %lld x %lld; a %s kernel is square%s", name, (long long)M, (long long)N,
           nt_block_name(block), block == NT_TEST_TEST ? ", or a vector, its diagonal" : "");
  NT_CHECK(
      square || *n == 0 || N == *n, err, NT_ERR_DATA,
      "%s: is %lld x %lld, but there are %lld training samples: a test-train kernel has the test "
      "samples as rows and the training samples as columns%s",
      name, (long long)M, (long long)N, (long long)*n, M == *n ? "; is it transposed?" : "");
  if (block == NT_TRAIN_TRAIN) NT_TRY(agree(err, name, "training", M, n));
  if (block == NT_TEST_TRAIN) NT_TRY(agree(err, name, "training", N, n));
  if (block != NT_TRAIN_TRAIN) NT_TRY(agree(err, name, "test", M, m));
done:
  return status;
}

nt_status nt_stored_kernels_size(nt_error *err, const nt_stored_kernels *k, int64_t *n, int64_t *m)
{
  nt_status status = NT_OK;
  *n = k->train.n;
  *m = k->test.n;
  if (k->train.row != NULL) return NT_OK;
  for (nt_block b = 0; b < NT_BLOCKS; b++) {
    for (nt_field f = 0; f < NT_FIELDS; f++) {
      if (k->m[b][f] != NULL) NT_TRY(size_of(err, k->m[b][f], b, n, m));
    }
  }
done:
  return status;
}

/* The axes of one side of a zipped kernel; the first counts as its own
 * where samples were chosen. */
static bool has_axes(const nt_shape *kernel, int side, const nt_shape *rows, bool chosen)
{
  bool same = kernel->rank == 2 * rows->rank;
  for (int a = chosen ? 1 : 0; same && a < rows->rank; a++)
    same = kernel->dim[2 * a + side] == rows->dim[a];
  return same;
}

static nt_status check_axes(nt_session *s, const nt_stored *stored, const nt_trace *rows,
                            const nt_trace *cols, bool chosen)
{
  nt_status status = NT_OK;
  const nt_shape shape = nt_stored_shape(stored), one = nt_trace_rows(rows);
  const nt_shape two = nt_trace_rows(cols);
  char text[4][120];
  NT_CHECK(has_axes(&shape, 0, &one, chosen) && has_axes(&shape, 1, &two, chosen),
           nt_ctx_error(s->ctx), NT_ERR_DATA,
           "%s: has shape %s, whose axes are those of the outputs of two samples in pairs, but "
           "outputs of shape %s and %s have the axes %s and %s beside the traced ones: "
           "--trace-axes",
           nt_stored_name(stored), nt_shape_text(&shape, text[0], 120),
           nt_shape_text(&rows->shape, text[1], 120), nt_shape_text(&cols->shape, text[2], 120),
           nt_shape_text(&one, text[3], 120), nt_shape_text(&two, (char[120]){""}, 120));
done:
  return status;
}

nt_status nt_stored_kernels_check_axes(nt_session *s, const nt_stored_kernels *k,
                                       const nt_problem *p)
{
  nt_status status = NT_OK;
  for (nt_block b = 0; b < NT_BLOCKS; b++) {
    const nt_trace *rows = b == NT_TRAIN_TRAIN ? &p->trace : &p->test_trace;
    const nt_trace *cols = b == NT_TEST_TEST ? &p->test_trace : &p->trace;
    for (nt_field f = 0; f < NT_FIELDS; f++) {
      if (k->m[b][f] == NULL || nt_stored_shape(k->m[b][f]).rank == 2) continue;
      if (!nt_stored_is_vector(k->m[b][f]))
        NT_TRY(check_axes(s, k->m[b][f], rows, cols, k->train.row != NULL));
    }
  }
done:
  return status;
}

/* Indices first ... of the chosen rows, or of all. */
static nt_status list_rows(nt_ctx *ctx, const nt_chosen_rows *rows, int64_t first, int64_t count,
                           int64_t **out)
{
  nt_status status = NT_OK;
  NT_TRY_ALL(ctx, nt_alloc(nt_ctx_error(ctx), count, sizeof(int64_t), "rows of a kernel", out));
  for (int64_t i = 0; i < count; i++)
    (*out)[i] = rows->row == NULL ? first + i : rows->row[first + i];
done:
  return status;
}

/* The message of a check that knows no file, with its name. */
static nt_status name_file(nt_ctx *ctx, nt_status status, const nt_stored *stored, bool rows)
{
  nt_error *err = nt_ctx_error(ctx);
  char message[sizeof err->message];
  if (status != NT_ERR_NUMERIC) return status;
  snprintf(message, sizeof message, "%s", err->message);
  nt_ctx_clear_error(ctx);
  return nt_fail(err, NT_ERR_DATA, __FILE__, __LINE__, __func__, "%s: %s%s", nt_stored_name(stored),
                 message, rows ? " (numbers count the chosen rows)" : "");
}

nt_status nt_stored_kernels_read(nt_session *s, const nt_stored_kernels *k, nt_block block,
                                 nt_field field, int64_t first, int64_t count, int64_t mb,
                                 int64_t nb, nt_dmatrix **out)
{
  nt_status status = NT_OK;
  int64_t *rows = NULL, N, M;
  nt_stored *stored = source(k, block, field);
  const bool chosen = k->train.row != NULL, of_square = block != NT_TEST_TRAIN || chosen;
  const nt_chosen_rows *const row = block == NT_TRAIN_TRAIN ? &k->train : &k->test;
  const nt_chosen_rows *const col = block == NT_TEST_TEST ? &k->test : &k->train;
  const nt_triangle filled = of_square ? (nt_triangle)s->options.triangle : NT_FULL;
  *out = NULL;
  nt_stored_size(stored, &M, &N);
  NT_TRY(list_rows(s->ctx, row, first, count, &rows));
  NT_TRY(nt_dmatrix_create(s->grid, count, chosen ? col->n : N, mb, nb, out));
  NT_TRY(nt_stored_read(stored, filled, rows, col->row, *out));
  if (block != NT_TEST_TRAIN && count == (*out)->N && filled == NT_FULL) {
    status = nt_dmatrix_check_symmetric(*out, nt_stored_tolerance(stored));
    status = name_file(s->ctx, status, stored, chosen);
  }
done:
  free(rows);
  if (status != NT_OK) nt_dmatrix_destroy(out);
  return status;
}

#include "io/output.h"

#include "base/check.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

nt_status nt_output_fail(nt_error *err, const nt_output *out, const char *what, const char *cause)
{
  return nt_fail(err, NT_ERR_OUTPUT, __FILE__, __LINE__, __func__, "%s: %s failed: %s", out->path,
                 what, cause);
}

void nt_output_hold_signals(struct sigaction *before)
{
  struct sigaction ignore = {.sa_handler = SIG_IGN};
  (void)sigaction(SIGXFSZ, &ignore, before);
}

void nt_output_release_signals(const struct sigaction *before)
{
  (void)sigaction(SIGXFSZ, before, NULL);
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *where)
{
  (void)info, (void)type, (void)where;
  return remove(path);
}

void nt_output_remove(const char *path) { (void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS); }

/* The ending decides what OUT is. */
static nt_status choose_store(nt_error *err, nt_output *out)
{
  static const struct {
    const char *ending;
    const nt_store_ops *ops;
  } stores[] = {{".h5", &nt_store_hdf5},
                {".hdf5", &nt_store_hdf5},
                {".npy", &nt_store_npy},
                {"/", &nt_store_folder}};
  nt_status status = NT_OK;
  size_t length = strlen(out->path);
  for (size_t i = 0; i < sizeof stores / sizeof stores[0]; i++) {
    const size_t n = strlen(stores[i].ending);
    if (length > n && strcmp(out->path + length - n, stores[i].ending) == 0)
      out->ops = stores[i].ops;
  }
  NT_CHECK(out->ops != NULL, err, NT_ERR_ARG,
           "-o %s: write NAME.h5 for one HDF5 file, NAME/ for a folder of .npy files, or NAME.npy "
           "for a single result",
           out->path);
  while (length > 1 && out->path[length - 1] == '/')
    out->path[--length] = '\0';
done:
  return status;
}

/* "folder/.name.tmp-<pid>" of "folder/name". */
static nt_status name_temporary(nt_error *err, nt_output *out)
{
  nt_status status = NT_OK;
  const char *const slash = strrchr(out->path, '/'), *const name = slash ? slash + 1 : out->path;
  const int used = snprintf(out->temp, sizeof out->temp, "%.*s.%s.tmp-%ld", (int)(name - out->path),
                            out->path, name, (long)getpid());
  NT_CHECK(used > 0 && used < NT_PATH, err, NT_ERR_OUTPUT, "%s: the name is too long", out->path);
done:
  return status;
}

/* Only results are ever replaced: a folder with anything else in it is not ours. */
static int find_foreign(const char *path, const struct stat *info, int type, struct FTW *where)
{
  (void)info;
  const size_t length = strlen(path);
  const char *const name = path + where->base;
  if (type == FTW_D) return 0;
  if (type == FTW_F && length > 4 && strcmp(path + length - 4, ".npy") == 0) return 0;
  return type == FTW_F && strcmp(name, "attributes.json") == 0 ? 0 : 1;
}

static nt_status check_existing(nt_error *err, const nt_output *out)
{
  nt_status status = NT_OK;
  const bool folder = out->ops == &nt_store_folder;
  struct stat info, link;
  const bool exists = stat(out->path, &info) == 0;
  NT_CHECK(exists || lstat(out->path, &link) != 0, err, NT_ERR_OUTPUT,
           "%s: is a symbolic link to nothing", out->path);
  if (!exists) return NT_OK;
  NT_CHECK(S_ISREG(info.st_mode) || S_ISDIR(info.st_mode), err, NT_ERR_OUTPUT,
           "%s: is a device, pipe or socket; results are written to regular files only", out->path);
  NT_CHECK(!folder || S_ISDIR(info.st_mode), err, NT_ERR_OUTPUT,
           "%s: is a file, where the folder %s/ is wanted", out->path, out->path);
  NT_CHECK(folder || S_ISREG(info.st_mode), err, NT_ERR_OUTPUT,
           "%s: is a folder, where a file is wanted", out->path);
  NT_CHECK(out->force, err, NT_ERR_OUTPUT, "%s: exists; --force replaces it", out->path);
  NT_CHECK(!folder || nftw(out->path, find_foreign, 16, FTW_PHYS) == 0, err, NT_ERR_OUTPUT,
           "%s: holds more than results (.npy files and attributes.json); --force does not replace "
           "such a folder",
           out->path);
done:
  return status;
}

/* Rank 0: look, and make the temporary file or folder. */
static nt_status begin(nt_error *err, nt_output *out)
{
  nt_status status = NT_OK;
  NT_TRY(name_temporary(err, out));
  NT_TRY(check_existing(err, out));
  NT_TRY(out->ops->begin(err, out));
  out->begun = true;
done:
  return status;
}

nt_status nt_output_open(nt_ctx *ctx, const char *path, bool force, nt_output **result)
{
  nt_status status = NT_OK;
  nt_error *const err = nt_ctx_error(ctx);
  void *memory = NULL;
  *result = NULL;
  NT_CHECK(strlen(path) < NT_PATH - 64, err, NT_ERR_ARG, "-o: the name is too long");
  NT_TRY_ALL(ctx, nt_calloc(err, 1, sizeof(nt_output), "an output", &memory));
  nt_output *const out = memory;
  out->ctx = ctx;
  out->force = force;
  strcpy(out->path, path);
  NT_TRY(choose_store(err, out));
  struct sigaction before;
  nt_output_hold_signals(&before);
  if (nt_ctx_rank(ctx) == 0) status = begin(err, out);
  nt_output_release_signals(&before);
  NT_TRY_ALL(ctx, status);
  nt_ctx_track(ctx, 1, 0);
  *result = out;
  memory = NULL;
done:
  free(memory);
  return status;
}

static void release(nt_output **out)
{
  nt_ctx_track((*out)->ctx, -1, 0);
  free(*out);
  *out = NULL;
}

void nt_output_abort(nt_output **out)
{
  if (*out == NULL) return;
  if ((*out)->begun) {
    struct sigaction before;
    nt_output_hold_signals(&before);
    (*out)->begun = false;
    nt_output_remove((*out)->temp);
    (void)(*out)->ops->end(NULL, *out);
    nt_output_release_signals(&before);
  }
  release(out);
}

/* Make a rename last: the folder it happened in goes to the disk too. */
static void flush_folder(const char *path)
{
  char folder[NT_PATH];
  (void)snprintf(folder, sizeof folder, "%s", path);
  char *const slash = strrchr(folder, '/');
  if (slash != NULL) slash[slash == folder] = '\0';
  const int fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  (void)fsync(fd);
  (void)close(fd);
}

/* Rank 0: to the final name. What appeared there in the meantime is not overwritten either. A folder
 * cannot be replaced by rename, so the old one steps aside first. */
static nt_status move_in_place(nt_error *err, nt_output *out)
{
  nt_status status = NT_OK;
  char aside[NT_PATH + 8];
  NT_TRY(check_existing(err, out));
  (void)snprintf(aside, sizeof aside, "%s.old", out->temp);
  const bool old = out->ops == &nt_store_folder && rename(out->path, aside) == 0;
  if (rename(out->temp, out->path) != 0) {
    const char *const cause = strerror(errno);
    if (old) (void)rename(aside, out->path);
    NT_TRY(nt_output_fail(err, out, "renaming the temporary file", cause));
  }
  if (old) nt_output_remove(aside);
  flush_folder(out->path);
done:
  return status;
}

nt_status nt_output_commit(nt_output **result)
{
  nt_status status = NT_OK;
  nt_output *const out = *result;
  nt_ctx *const ctx = out->ctx;
  if (nt_ctx_rank(ctx) == 0) {
    struct sigaction before;
    nt_output_hold_signals(&before);
    status = out->ops->end(nt_ctx_error(ctx), out);
    if (status == NT_OK) status = move_in_place(nt_ctx_error(ctx), out);
    out->begun = status != NT_OK;
    nt_output_release_signals(&before);
  }
  NT_TRY_ALL(ctx, status);
  release(result);
done:
  if (status != NT_OK) nt_output_abort(result);
  return status;
}

int64_t nt_output_bytes(const nt_output *out) { return out->bytes; }

static int64_t place_bytes(const nt_place *place)
{
  int64_t bytes = place->type.size;
  for (int a = 0; a < place->rank; a++)
    bytes *= place->dim[a];
  return bytes;
}

nt_status nt_output_place(nt_output *out, const char *name, nt_place *place)
{
  nt_status status = NT_OK;
  nt_ctx *const ctx = out->ctx;
  void *address = NULL;
  place->address = NULL;
  if (nt_ctx_rank(ctx) == 0) status = out->ops->place(nt_ctx_error(ctx), out, name, place);
  NT_TRY_ALL(ctx, status);
  int64_t *const kept = place->address;
  NT_TRY_MPI(ctx, MPI_Bcast(place, (int)sizeof *place, MPI_BYTE, 0, nt_ctx_comm(ctx)));
  place->address = kept;
  if (nt_ctx_rank(ctx) != 0)
    status = nt_alloc(nt_ctx_error(ctx), place->n_chunks, sizeof(int64_t), "chunks", &address);
  if (address != NULL) place->address = address;
  NT_TRY_ALL(ctx, status);
  NT_TRY_MPI(ctx,
             MPI_Bcast(place->address, (int)place->n_chunks, MPI_INT64_T, 0, nt_ctx_comm(ctx)));
done:
  return status;
}

static bool layout_fits(const nt_dmatrix *m, const nt_result_layout *layout)
{
  return nt_shape_size(&layout->rows) == m->M && nt_shape_size(&layout->cols) == m->N;
}

nt_status nt_output_write_matrix(nt_output *out, const char *name, const nt_dmatrix *m,
                                 const nt_result_layout *layout, nt_dtype store)
{
  nt_status status = NT_OK;
  nt_ctx *const ctx = out->ctx;
  nt_place place = {.type = {.kind = 'f', .size = store == NT_FLOAT32 ? 4 : 8}};
  const nt_result_layout plain = nt_layout_plain(m->M, m->N);
  struct sigaction before;
  if (layout == NULL) layout = &plain;
  nt_output_hold_signals(&before);
  NT_CHECK(layout_fits(m, layout), nt_ctx_error(ctx), NT_ERR_ARG,
           "%s: the layout of the result does not fit a matrix of %lld x %lld", name,
           (long long)m->M, (long long)m->N);
  place.rank = layout->rows.rank + layout->cols.rank;
  for (int a = 0; a < place.rank; a++) {
    const int from = layout->order[a], shift = layout->rows.rank;
    place.dim[a] = from < shift ? layout->rows.dim[from] : layout->cols.dim[from - shift];
  }
  nt_choose_chunks(m, layout, &place);
  NT_TRY(nt_output_place(out, name, &place));
  NT_TRY_ALL(ctx, nt_write_matrix(nt_ctx_error(ctx), out, &place, m, layout));
  out->results++;
  out->bytes += place_bytes(&place);
done:
  nt_output_release_signals(&before);
  free(place.address);
  return status;
}

/* Values of rank 0 as one chunk. */
static nt_status write_small(nt_output *out, const char *name, nt_number type,
                             const nt_shape *shape, const void *values)
{
  nt_status status = NT_OK;
  nt_ctx *const ctx = out->ctx;
  nt_place place = {.type = type, .rank = shape->rank};
  struct sigaction before;
  nt_output_hold_signals(&before);
  for (int a = 0; a < shape->rank; a++)
    place.dim[a] = place.chunk[a] = shape->dim[a];
  NT_TRY(nt_output_place(out, name, &place));
  if (nt_ctx_rank(ctx) == 0) status = nt_write_whole(nt_ctx_error(ctx), out, &place, values);
  NT_TRY_ALL(ctx, status);
  out->bytes += place_bytes(&place);
done:
  nt_output_release_signals(&before);
  free(place.address);
  return status;
}

nt_status nt_output_write_array(nt_output *out, const char *name, const nt_shape *shape,
                                const double *values)
{
  const nt_number type = {.kind = 'f', .size = 8};
  const nt_status status = write_small(out, name, type, shape, values);
  out->results += status == NT_OK;
  return status;
}

nt_status nt_output_write_ints(nt_output *out, const char *name, const nt_shape *shape,
                               const int64_t *values)
{
  const nt_number type = {.kind = 'i', .size = 8};
  const nt_status status = write_small(out, name, type, shape, values);
  out->results += status == NT_OK;
  return status;
}

nt_status nt_output_write_bools(nt_output *out, const char *name, const nt_shape *shape,
                                const unsigned char *values)
{
  const nt_number type = {.kind = 'b', .size = 1};
  const nt_status status = write_small(out, name, type, shape, values);
  out->results += status == NT_OK;
  return status;
}

nt_status nt_output_write_meta(nt_output *out, const char *name, const nt_shape *shape,
                               const double *values)
{
  if (out->ops == &nt_store_npy) return NT_OK;
  return write_small(out, name, (nt_number){.kind = 'f', .size = 8}, shape, values);
}

static nt_status set_attr(nt_output *out, const nt_attr *attr)
{
  nt_status status = NT_OK;
  struct sigaction before;
  nt_output_hold_signals(&before);
  if (nt_ctx_rank(out->ctx) == 0) status = out->ops->attr(nt_ctx_error(out->ctx), out, attr);
  nt_output_release_signals(&before);
  return nt_ctx_agree(out->ctx, status);
}

nt_status nt_output_attr_text(nt_output *out, const char *where, const char *name, const char *text)
{
  return set_attr(out, &(nt_attr){where, name, NT_ATTR_TEXT, 1, text});
}

nt_status nt_output_attr_ints(nt_output *out, const char *where, const char *name, int n,
                              const int64_t *values)
{
  return set_attr(out, &(nt_attr){where, name, NT_ATTR_INTS, n, values});
}

nt_status nt_output_attr_int(nt_output *out, const char *where, const char *name, int64_t value)
{
  return set_attr(out, &(nt_attr){where, name, NT_ATTR_INTS, -1, &value});
}

nt_status nt_output_attr_real(nt_output *out, const char *where, const char *name, double value)
{
  return set_attr(out, &(nt_attr){where, name, NT_ATTR_REAL, 1, &value});
}

nt_status nt_output_attr_bool(nt_output *out, const char *where, const char *name, bool value)
{
  return set_attr(out, &(nt_attr){where, name, NT_ATTR_BOOL, 1, &value});
}

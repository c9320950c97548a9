#include "io/output.h"

#include "base/check.h"
#include "base/memory.h"

#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

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

static nt_status refuse_devices(nt_error *err, const char *path)
{
  nt_status status = NT_OK;
  struct stat info;
  if (stat(path, &info) != 0) return NT_OK;
  NT_CHECK(S_ISREG(info.st_mode) || S_ISDIR(info.st_mode), err, NT_ERR_OUTPUT,
           "%s: is a device, pipe or socket; results go to a regular file or a folder", path);
done:
  return status;
}

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
           "%s: write NAME.h5 for one HDF5 file, NAME/ for a folder of .npy files, or NAME.npy "
           "for a single result",
           out->path);
  while (length > 1 && out->path[length - 1] == '/')
    out->path[--length] = '\0';
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
  NT_TRY(refuse_devices(err, out->path));
  NT_CHECK(!folder || S_ISDIR(info.st_mode), err, NT_ERR_OUTPUT,
           "%s: is a file, where the folder %s/ is wanted", out->path, out->path);
  NT_CHECK(folder || S_ISREG(info.st_mode), err, NT_ERR_OUTPUT,
           "%s: is a folder, where a file is wanted", out->path);
  NT_CHECK(out->force, err, NT_ERR_OUTPUT, "%s: exists; --force replaces it", out->path);
  NT_CHECK(!folder || nftw(out->draft.final, find_foreign, 16, FTW_PHYS) == 0, err, NT_ERR_OUTPUT,
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
  NT_TRY(nt_draft_name(err, out->path, &out->draft));
  NT_TRY(check_existing(err, out));
  NT_TRY(out->ops->begin(err, out));
  out->begun = true;
done:
  if (status != NT_OK) nt_draft_drop(&out->draft);
  return status;
}

nt_status nt_output_open(nt_ctx *ctx, const char *path, bool force, nt_output **result)
{
  nt_status status = NT_OK;
  nt_error *const err = nt_ctx_error(ctx);
  nt_output *out = NULL;
  *result = NULL;
  NT_CHECK(strlen(path) < NT_PATH - 64, err, NT_ERR_ARG, "%.60s…: the name is too long", path);
  NT_TRY_ALL(ctx, nt_calloc(err, 1, sizeof(nt_output), "an output", &out));
  out->ctx = ctx;
  out->force = force;
  strcpy(out->path, path);
  /* Before the ending is looked at: /dev/null has none. */
  NT_TRY_ALL(ctx, nt_ctx_rank(ctx) == 0 ? refuse_devices(err, path) : NT_OK);
  NT_TRY(choose_store(err, out));
  struct sigaction before;
  nt_output_hold_signals(&before);
  if (nt_ctx_rank(ctx) == 0) status = begin(err, out);
  nt_output_release_signals(&before);
  NT_TRY_ALL(ctx, status);
  nt_ctx_track(ctx, 1, 0);
  *result = out;
  out = NULL;
done:
  free(out);
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
    nt_draft_drop(&(*out)->draft);
    (void)(*out)->ops->end(NULL, *out);
    nt_output_release_signals(&before);
  }
  release(out);
}

/* Rank 0: to the final name. What appeared there in the meantime is not overwritten either. */
static nt_status move_in_place(nt_error *err, nt_output *out)
{
  nt_status status = NT_OK;
  NT_TRY(check_existing(err, out));
  NT_TRY(nt_draft_keep(err, &out->draft));
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

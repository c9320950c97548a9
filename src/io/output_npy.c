/* Results as .npy: a folder with one file a result and `attributes.json`, or a single file. */
#include "base/check.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/npy.h"
#include "io/output.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A file in a draft that is a folder, or the draft itself. */
static nt_status write_file(nt_error *err, const nt_output *out, const char *path,
                            const char *bytes, size_t n)
{
  nt_status status = NT_OK;
  int fd = -1;
  if (strcmp(path, out->draft.temp) != 0) NT_TRY(nt_draft_add(err, path));
  fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
  if (fd < 0) NT_TRY(nt_output_fail(err, out, "creating a file", strerror(errno)));
  int cause = nt_file_write(fd, 0, (int64_t)n, bytes);
  if (cause == 0 && fsync(fd) != 0) cause = errno;
  if (cause != 0) NT_TRY(nt_output_fail(err, out, "writing", strerror(cause)));
done:
  if (fd >= 0) (void)close(fd);
  return status;
}

/* Header now, elements later: one chunk behind the header. */
static nt_status place_in(nt_error *err, nt_output *out, const char *path, nt_storage *place)
{
  nt_status status = NT_OK;
  char header[512];
  void *address = NULL;
  NT_CHECK(strlen(path) < sizeof place->path, err, NT_ERR_OUTPUT, "%s: the name is too long", path);
  strcpy(place->path, path);
  memcpy(place->chunk, place->dim, sizeof place->chunk);
  const int length = nt_npy_make_header(place->type, place->rank, place->dim, header);
  NT_TRY(write_file(err, out, path, header, (size_t)length));
  NT_TRY(nt_alloc(err, 1, sizeof(int64_t), "chunks", &address));
  place->address = address;
  place->address[0] = length;
  place->n_chunks = 1;
done:
  return status;
}

static nt_status begin_npy(nt_error *err, nt_output *out)
{
  return nt_draft_begin(err, &out->draft, false);
}

static nt_status place_npy(nt_error *err, nt_output *out, const char *name, nt_storage *place)
{
  nt_status status = NT_OK;
  NT_CHECK(out->results == 0, err, NT_ERR_OUTPUT,
           "%s: holds a single result, but '%s' is a second one; write to NAME/ or NAME.h5",
           out->path, name);
  NT_TRY(place_in(err, out, out->draft.temp, place));
done:
  return status;
}

static nt_status no_attr(nt_error *err, nt_output *out, const nt_attr *attr)
{
  (void)err, (void)out, (void)attr;
  return NT_OK;
}

static nt_status end_npy(nt_error *err, nt_output *out)
{
  (void)err, (void)out;
  return NT_OK;
}

const nt_store_ops nt_store_npy = {begin_npy, place_npy, no_attr, end_npy};

static nt_status begin_folder(nt_error *err, nt_output *out)
{
  nt_status status = NT_OK;
  NT_TRY(nt_draft_begin(err, &out->draft, true));
  out->json = cJSON_CreateObject();
  NT_CHECK(out->json != NULL, err, NT_ERR_NOMEM, "no memory for attributes");
done:
  return status;
}

static nt_status place_folder(nt_error *err, nt_output *out, const char *name, nt_storage *place)
{
  nt_status status = NT_OK;
  char path[NT_PATH];
  const int used = snprintf(path, sizeof path, "%s/%s.npy", out->draft.temp, name);
  NT_CHECK(used < NT_PATH, err, NT_ERR_OUTPUT, "%s: the name is too long", name);
  for (char *slash = strchr(path + strlen(out->draft.temp) + 1, '/'); slash != NULL;
       slash = strchr(slash + 1, '/')) {
    *slash = '\0';
    if (access(path, F_OK) != 0) {
      NT_TRY(nt_draft_add(err, path));
      if (mkdir(path, 0777) != 0)
        NT_TRY(nt_output_fail(err, out, "creating a folder", strerror(errno)));
    }
    *slash = '/';
  }
  NT_TRY(place_in(err, out, path, place));
done:
  return status;
}

static cJSON *json_of(const nt_attr *attr)
{
  const int64_t *const ints = attr->values;
  if (attr->type == NT_ATTR_TEXT) return cJSON_CreateString(attr->values);
  if (attr->type == NT_ATTR_REAL) return cJSON_CreateNumber(*(const double *)attr->values);
  if (attr->type == NT_ATTR_BOOL) return cJSON_CreateBool(*(const bool *)attr->values);
  if (attr->n < 0) return cJSON_CreateNumber((double)ints[0]);
  cJSON *const array = cJSON_CreateArray();
  for (int i = 0; i < attr->n; i++)
    (void)cJSON_AddItemToArray(array, cJSON_CreateNumber((double)ints[i]));
  return array;
}

/* attributes.json is {"/": {"name": value, …}, "/nngp": {…}}. */
static nt_status attr_folder(nt_error *err, nt_output *out, const nt_attr *attr)
{
  nt_status status = NT_OK;
  char where[256];
  (void)snprintf(where, sizeof where, "/%s", attr->where);
  cJSON *group = cJSON_GetObjectItemCaseSensitive(out->json, where);
  if (group == NULL) group = cJSON_AddObjectToObject(out->json, where);
  cJSON_DeleteItemFromObjectCaseSensitive(group, attr->name);
  NT_CHECK(group != NULL && cJSON_AddItemToObject(group, attr->name, json_of(attr)), err,
           NT_ERR_NOMEM, "no memory for attributes");
done:
  return status;
}

static nt_status end_folder(nt_error *err, nt_output *out)
{
  nt_status status = NT_OK;
  char path[NT_PATH + 32];
  char *const text = out->begun ? cJSON_Print(out->json) : NULL;
  (void)snprintf(path, sizeof path, "%s/attributes.json", out->draft.temp);
  NT_CHECK(text != NULL || !out->begun, err, NT_ERR_NOMEM, "no memory for attributes");
  if (text != NULL) NT_TRY(write_file(err, out, path, text, strlen(text)));
done:
  cJSON_free(text);
  cJSON_Delete(out->json);
  out->json = NULL;
  return status;
}

const nt_store_ops nt_store_folder = {begin_folder, place_folder, attr_folder, end_folder};

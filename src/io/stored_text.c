/* What stands beside stored kernels: which results a file has, and its attributes. Rank 0 looks. */
#include "nt/stored.h"

#include "base/check.h"
#include "base/file.h"
#include "base/lines.h"
#include "base/memory.h"
#include "io/output.h"
#include "io/source.h"

#include <cjson/cJSON.h>
#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_ATTRIBUTES = 1 << 30 };

/* "a.h5:/group" -> "a.h5" and "/group"; "a.h5" -> "a.h5" and "/". */
static void split(const char *text, char *path, const char **inside)
{
  const char *const colon = nt_source_colon(text);
  const size_t length = colon == NULL ? strlen(text) : (size_t)(colon - text);
  (void)snprintf(path, NT_PATH, "%.*s", (int)(length < NT_PATH ? length : NT_PATH - 1), text);
  *inside = colon == NULL ? "/" : colon + 1;
}

static bool is_hdf5(const char *text)
{
  return nt_ends_with(text, ".h5") || nt_ends_with(text, ".hdf5") || nt_source_colon(text) != NULL;
}

/* What is behind a path inside an open file, or H5I_BADID. */
static H5I_type_t kind_of(hid_t file, const char *name)
{
  H5I_type_t kind;
  H5E_BEGIN_TRY
  {
    const hid_t object = H5Oopen(file, name, H5P_DEFAULT);
    kind = object < 0 ? H5I_BADID : H5Iget_type(object);
    if (object >= 0) (void)H5Oclose(object);
  }
  H5E_END_TRY
  return kind;
}

static nt_status find_hdf5(nt_error *err, const char *text, const char *field, char *place,
                           size_t size)
{
  nt_status status = NT_OK;
  char path[NT_PATH], name[1200];
  const char *inside;
  hid_t file;
  split(text, path, &inside);
  NT_TRY(nt_hdf5_open(err, path, &file));
  (void)snprintf(name, sizeof name, "%s%s%s", inside, nt_ends_with(inside, "/") ? "" : "/", field);
  if (kind_of(file, inside) == H5I_DATASET)
    (void)snprintf(place, size, "%s", text);
  else if (kind_of(file, name) == H5I_DATASET)
    (void)snprintf(place, size, "%s:%s", path, name);
done:
  if (file >= 0) (void)H5Fclose(file);
  return status;
}

static nt_status find(nt_error *err, const char *text, const char *field, char *place, size_t size)
{
  nt_status status = NT_OK;
  struct stat info;
  char path[NT_PATH + 64];
  if (is_hdf5(text)) return find_hdf5(err, text, field, place, size);
  NT_CHECK(stat(text, &info) == 0, err, NT_ERR_DATA, "%s: there is no such file or folder", text);
  if (!S_ISDIR(info.st_mode)) {
    (void)snprintf(place, size, "%s", text);
    return NT_OK;
  }
  (void)snprintf(path, sizeof path, "%s%s%s.npy", text, nt_ends_with(text, "/") ? "" : "/", field);
  if (access(path, F_OK) == 0) (void)snprintf(place, size, "%s", path);
done:
  return status;
}

nt_status nt_stored_find(nt_ctx *ctx, const char *text, const char *field, char *place, size_t size)
{
  nt_status status = NT_OK;
  place[0] = '\0';
  NT_TRY_ALL(ctx,
             nt_ctx_rank(ctx) == 0 ? find(nt_ctx_error(ctx), text, field, place, size) : NT_OK);
  NT_TRY(nt_ctx_share(ctx, place, (int64_t)size));
done:
  return status;
}

/* Attributes that are gathered. */
typedef struct found {
  nt_error *err;
  nt_status status;
  const char *prefix;
  nt_lines lines;
} found;

static void add(found *list, const char *name, const char *value)
{
  const size_t length = strlen(list->prefix);
  if (list->status != NT_OK || strncmp(name, list->prefix, length) != 0) return;
  list->status = nt_lines_add(list->err, &list->lines, name + length, value);
}

/* "true" or "false" for h5py's booleans, an enumeration of one byte; NULL for other attributes. */
static char *truth_of(hid_t object)
{
  char *text = NULL;
  signed char value = 0;
  const hid_t type = H5Aget_type(object), space = H5Aget_space(object);
  const bool is_truth = H5Tget_class(type) == H5T_ENUM && H5Tget_size(type) == 1 &&
                        H5Sget_simple_extent_npoints(space) == 1;
  if (is_truth && H5Aread(object, type, &value) >= 0) text = strdup(value != 0 ? "true" : "false");
  (void)H5Sclose(space);
  (void)H5Tclose(type);
  return text;
}

/* The text of an attribute or a scalar dataset, of fixed or variable length; freed by `free`. */
static char *text_of(hid_t object, bool is_attribute)
{
  char *text = NULL;
  const hid_t type = is_attribute ? H5Aget_type(object) : H5Dget_type(object);
  const hid_t space = is_attribute ? H5Aget_space(object) : H5Dget_space(object);
  const bool single = H5Sget_simple_extent_npoints(space) == 1;
  if (single && H5Tget_class(type) == H5T_STRING) {
    const bool variable = H5Tis_variable_str(type) > 0;
    char *given = variable ? NULL : calloc(H5Tget_size(type) + 1, 1);
    void *const to = variable ? (void *)&given : (void *)given;
    if (to != NULL) {
      const herr_t code = is_attribute ? H5Aread(object, type, to)
                                       : H5Dread(object, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, to);
      if (code >= 0 && given != NULL) text = strdup(given);
    }
    if (variable && given != NULL) (void)H5free_memory(given);
    if (!variable) free(given);
  }
  (void)H5Sclose(space);
  (void)H5Tclose(type);
  return text;
}

static herr_t add_attribute(hid_t object, const char *name, const H5A_info_t *info, void *list)
{
  (void)info;
  const hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
  char *text = attribute < 0 ? NULL : text_of(attribute, true);
  if (text == NULL && attribute >= 0) text = truth_of(attribute);
  if (text != NULL) add(list, name, text);
  free(text);
  if (attribute >= 0) (void)H5Aclose(attribute);
  return 0;
}

/* Cut the last part off a path "/a/b": "/a", then "/". \return false when there was none. */
static bool go_up(char *path)
{
  char *const slash = strrchr(path, '/');
  if (slash == NULL || strcmp(path, "/") == 0) return false;
  slash[slash == path] = '\0';
  return true;
}

static void add_object(hid_t file, const char *name, found *list)
{
  hsize_t from = 0;
  const hid_t object = H5Oopen(file, name, H5P_DEFAULT);
  if (object < 0) return;
  (void)H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, &from, add_attribute, list);
  (void)H5Oclose(object);
}

/* A text that is longer than an attribute is a dataset of its own. */
static void add_long(hid_t file, found *list)
{
  const hid_t dataset = H5Dopen2(file, list->prefix, H5P_DEFAULT);
  char *const value = dataset < 0 ? NULL : text_of(dataset, false);
  if (value != NULL) add(list, list->prefix, value);
  free(value);
  if (dataset >= 0) (void)H5Dclose(dataset);
}

static nt_status texts_hdf5(const char *text, found *list)
{
  nt_status status = NT_OK;
  char path[NT_PATH], at[1200];
  const char *inside;
  hid_t file;
  split(text, path, &inside);
  NT_TRY(nt_hdf5_open(list->err, path, &file));
  (void)snprintf(at, sizeof at, "%s", inside);
  H5E_BEGIN_TRY
  {
    do
      add_object(file, at, list);
    while (list->lines.n == 0 && go_up(at));
    if (list->lines.n == 0) add_long(file, list);
    (void)H5Fclose(file);
  }
  H5E_END_TRY
  status = list->status;
done:
  return status;
}

static nt_status read_json(nt_error *err, const char *path, cJSON **json)
{
  nt_status status = NT_OK;
  char *text = NULL;
  if (access(path, F_OK) != 0) return NT_OK;
  NT_TRY(nt_file_text(err, path, MOST_ATTRIBUTES, &text, NULL));
  *json = cJSON_Parse(text);
  NT_CHECK(*json != NULL, err, NT_ERR_DATA, "%s: is damaged: not JSON", path);
done:
  free(text);
  return status;
}

/* attributes.json of the folder, or of one above: {"/": {...}, "/test_train": {...}}. */
static nt_status texts_folder(const char *text, found *list)
{
  nt_status status = NT_OK;
  char folder[NT_PATH], path[NT_PATH + 32], group[NT_PATH] = "/";
  cJSON *json = NULL;
  (void)snprintf(folder, sizeof folder, "%s%s", text[0] == '/' ? "" : "./", text);
  for (size_t n = strlen(folder); n > 1 && folder[n - 1] == '/'; n--)
    folder[n - 1] = '\0';
  for (int level = 0; level < 3 && json == NULL; level++) {
    (void)snprintf(path, sizeof path, "%s/attributes.json", folder);
    NT_TRY(read_json(list->err, path, &json));
    if (json == NULL && !go_up(folder)) break;
  }
  if (json == NULL) return NT_OK;
  const size_t dots = text[0] == '/' ? 0 : 2; /* "./" was put before */
  const size_t stem = strlen(folder) > dots ? strlen(folder) - dots : 0;
  if (strlen(text) > stem)
    (void)snprintf(group, sizeof group, "/%s", text + stem + (text[stem] == '/'));
  for (size_t n = strlen(group); n > 1 && group[n - 1] == '/'; n--)
    group[n - 1] = '\0';
  do {
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(json, group))
    {
      if (cJSON_IsString(item)) add(list, item->string, item->valuestring);
      if (cJSON_IsBool(item)) add(list, item->string, cJSON_IsTrue(item) ? "true" : "false");
    }
  } while (list->lines.n == 0 && go_up(group));
  status = list->status;
done:
  cJSON_Delete(json);
  return status;
}

static nt_status gather(nt_error *err, const char *text, const char *prefix, char **out)
{
  nt_status status = NT_OK;
  found list = {.err = err, .prefix = prefix};
  NT_TRY(is_hdf5(text) ? texts_hdf5(text, &list) : texts_folder(text, &list));
  NT_TRY(nt_lines_join(err, &list.lines, out));
done:
  nt_lines_free(&list.lines);
  return status;
}

nt_status nt_stored_texts(nt_ctx *ctx, const char *text, const char *prefix, char **out)
{
  nt_status status = NT_OK;
  nt_error *err = nt_ctx_error(ctx);
  const bool first = nt_ctx_rank(ctx) == 0;
  void *memory = NULL;
  int64_t size = 0;
  *out = NULL;
  NT_TRY_ALL(ctx, first ? gather(err, text, prefix, out) : NT_OK);
  if (first) size = (int64_t)strlen(*out) + 1;
  NT_TRY(nt_ctx_share(ctx, &size, (int64_t)sizeof size));
  NT_TRY_ALL(ctx, first ? NT_OK : nt_alloc(err, size, 1, "attributes", &memory));
  if (!first) *out = memory;
  NT_TRY(nt_ctx_share(ctx, *out, size));
done:
  if (status != NT_OK) {
    free(*out);
    *out = NULL;
  }
  return status;
}

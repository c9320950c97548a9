#include "cli/json.h"

#include "base/check.h"
#include "io/draft.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_stdout(const char *path) { return strcmp(path, "-") == 0; }

/* Devices and pipes have no temporary file. */
static bool is_special(const char *path)
{
  struct stat info;
  return stat(path, &info) == 0 && !S_ISREG(info.st_mode);
}

/* Whether a file is empty or begins as JSON does. */
static bool may_be_json(const char *path)
{
  FILE *const file = fopen(path, "r");
  const int first = file == NULL ? '\0' : fgetc(file);
  if (file != NULL) (void)fclose(file);
  return first == EOF || first == '{' || first == '[';
}

nt_status nt_json_check(nt_error *err, const char *path)
{
  nt_status status = NT_OK;
  nt_draft draft;
  if (is_stdout(path)) return NT_OK;
  NT_TRY(nt_draft_name(err, path, &draft));
  struct stat info;
  const bool exists = stat(path, &info) == 0;
  NT_CHECK(!exists || !S_ISDIR(info.st_mode), err, NT_ERR_OUTPUT,
           "--json %s: is a folder, where a file is wanted", path);
  NT_CHECK(exists ? access(path, W_OK) == 0 : nt_draft_has_folder(&draft), err, NT_ERR_OUTPUT,
           "--json %s: %s", path, strerror(errno));
  NT_CHECK(!exists || is_special(path) || may_be_json(path), err, NT_ERR_OUTPUT,
           "--json %s: exists, and holds something else than JSON", path);
done:
  return status;
}

static nt_status fail(nt_error *err, const char *path)
{
  return nt_fail(err, NT_ERR_OUTPUT, __FILE__, __LINE__, __func__, "--json %s: %s", path,
                 errno == ENXIO ? "nobody reads this pipe" : strerror(errno));
}

/* To be written; a pipe waits for no reader. */
static FILE *open_for_text(const char *path)
{
  const int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK, 0666);
  if (file < 0) return NULL;
  (void)fcntl(file, F_SETFL, 0); /* text that is longer than the pipe is waited for */
  return fdopen(file, "w");
}

/* Into `target`, which is closed. */
static nt_status put(nt_error *err, const char *path, const char *target, const char *text)
{
  nt_status status = NT_OK;
  FILE *const file = is_stdout(path) ? stdout : open_for_text(target);
  if (file == NULL) return fail(err, path);
  if (fprintf(file, "%s\n", text) < 0 || fflush(file) != 0) status = fail(err, path);
  if (!is_stdout(path) && fclose(file) != 0 && status == NT_OK) status = fail(err, path);
  return status;
}

nt_status nt_json_write(nt_error *err, const char *path, const cJSON *json)
{
  nt_status status = NT_OK;
  nt_draft draft = {.temp = ""};
  char *const text = cJSON_Print(json);
  NT_CHECK(text != NULL, err, NT_ERR_NOMEM, "--json: no memory for its text");
  if (is_stdout(path) || is_special(path)) {
    NT_TRY(put(err, path, path, text));
  } else {
    NT_TRY(nt_draft_name(err, path, &draft));
    NT_TRY(nt_draft_begin(err, &draft, false));
    NT_TRY(put(err, path, draft.temp, text));
    NT_TRY(nt_draft_keep(err, &draft));
  }
done:
  if (status != NT_OK) nt_draft_drop(&draft);
  cJSON_free(text);
  return status;
}

cJSON *nt_json_item(cJSON *json, const char *name)
{
  if (json == NULL) return NULL;
  cJSON *list = cJSON_GetObjectItem(json, name), *item = cJSON_CreateObject();
  if (list == NULL) list = cJSON_AddArrayToObject(json, name);
  (void)cJSON_AddItemToArray(list, item);
  return item;
}

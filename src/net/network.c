/* From a text or a file to a network. */
#include "base/check.h"
#include "base/file.h"
#include "base/locale.h"
#include "net/eval.h"

#include <stdlib.h>
#include <string.h>

static nt_status check_network(nt_evaluation *s, nt_value value)
{
  nt_status status = NT_OK;
  char found[100];
  int32_t last = s->ast.first;
  while (s->ast.node[last].next >= 0)
    last = s->ast.node[last].next;
  NT_CHECK_AT(s, value.kind == NT_VALUE_LAYER, nt_begin(s, last),
              "the last line must be a network; found %s%s",
              nt_value_describe(value, found, sizeof found),
              nt_value_is_sequence(value) ? "; combine layers with serial(...)" : "");
done:
  return status;
}

static nt_status parse(nt_error *err, const char *text, size_t length, const char *name,
                       nt_on_load on_load, nt_layer **out)
{
  nt_status status = NT_OK;
  nt_script script = {.text = text, .length = length};
  nt_evaluation evaluation = {.err = err, .script = &script, .on_load = on_load};
  nt_locale locale = {0};
  nt_value value;
  *out = NULL;
  NT_CHECK(length <= NT_MAX_TEXT, err, NT_ERR_NETWORK,
           "%.300s: a text of %zu bytes; a network text has at most %d", name, length, NT_MAX_TEXT);
  NT_TRY(nt_script_name_create(err, name, &script.name));
  NT_TRY(nt_locale_enter(err, &locale));
  NT_TRY(nt_evaluation_run(&evaluation, &value));
  NT_TRY(check_network(&evaluation, value));
  *out = nt_layer_retain(value.as.layer);
done:
  nt_evaluation_free(&evaluation);
  nt_locale_leave(&locale);
  nt_script_name_release(script.name);
  return status;
}

nt_status nt_network_open(nt_error *err, const char *text, const char *name, nt_on_load on_load,
                          nt_layer **out)
{
  nt_status status = NT_OK;
  int64_t size;
  char *read = NULL;
  *out = NULL;
  if (text != NULL) return parse(err, text, strlen(text), name, on_load, out);
  NT_TRY(nt_file_text(err, name, NT_MAX_TEXT, &read, &size));
  NT_TRY(parse(err, read, (size_t)size, name, on_load, out));
done:
  free(read);
  return status;
}

nt_status nt_network_parse(nt_error *err, const char *text, const char *name, nt_layer **out)
{
  *out = NULL;
  if (!text)
    return nt_fail(err, NT_ERR_ARG, __FILE__, __LINE__, __func__, "the text of a network is NULL");
  return nt_network_open(err, text, name ? name : "network", (nt_on_load){0}, out);
}

nt_status nt_network_read(nt_error *err, const char *path, nt_layer **out)
{
  return nt_network_open(err, NULL, path, (nt_on_load){0}, out);
}

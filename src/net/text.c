/* Printing a network back. */
#include "base/check.h"
#include "base/locale.h"
#include "base/option.h"
#include "net/net_impl.h"

#include <stdio.h>
#include <stdlib.h>

static void write_leaf(const nt_layer *layer, FILE *file)
{
  const nt_layer_ops *const ops = layer->ops;
  bool positional = true, first = true;
  fprintf(file, "%s(", ops->name);
  for (int i = 0; i < ops->n_opts; i++) {
    const nt_opt *const opt = &ops->opts[i];
    if (!opt->required) positional = false;
    if (!opt->required && nt_opt_equal(opt, layer->cfg, ops->defaults)) continue;
    if (!first) fputs(", ", file);
    if (!positional) fprintf(file, "%s=", opt->name);
    nt_opt_write(opt, layer->cfg, file);
    first = false;
  }
  fputc(')', file);
}

static void write_layer(const nt_layer *layer, FILE *file)
{
  if (layer->kind == NT_LAYER_LEAF) {
    write_leaf(layer, file);
    return;
  }
  fprintf(file, "%s(", nt_layer_name(layer));
  for (int i = 0; i < layer->n; i++) {
    if (i) fputs(", ", file);
    write_layer(layer->child[i], file);
  }
  if (layer->kind == NT_LAYER_REPEAT) fprintf(file, ", %lld", (long long)layer->repeat);
  fputc(')', file);
}

nt_status nt_layer_text(nt_error *err, const nt_layer *layer, char **out)
{
  nt_status status = NT_OK;
  size_t size = 0;
  FILE *file = NULL;
  nt_locale locale = {0};
  *out = NULL;
  NT_TRY(nt_locale_enter(err, &locale));
  file = open_memstream(out, &size);
  NT_CHECK(file, err, NT_ERR_NOMEM, "no memory for a text");
  write_layer(layer, file);
done:
  if (file && (fclose(file) != 0 || !*out))
    status = nt_fail(err, NT_ERR_NOMEM, __FILE__, __LINE__, __func__, "no memory for a text");
  nt_locale_leave(&locale);
  return status;
}

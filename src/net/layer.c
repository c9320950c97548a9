/* Making, sharing and freeing layers. */
#include "base/check.h"
#include "base/memory.h"
#include "base/option.h"
#include "net/net_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

nt_layer *nt_layer_retain(nt_layer *layer)
{
  if (layer) layer->refs++;
  return layer;
}

/* The functions among the arguments. */
static void each_function(const nt_layer_ops *ops, void *cfg, void (*visit)(nt_function **f))
{
  for (int i = 0; i < ops->n_opts; i++)
    if (ops->opts[i].type == NT_OPT_FUNCTION)
      visit((nt_function **)((char *)cfg + ops->opts[i].offset));
}

static void retain_function(nt_function **f) { (void)nt_function_retain(*f); }

/* Copies of the arrays among the arguments. */
static nt_status copy_arrays(nt_error *err, const nt_layer_ops *ops, void *cfg)
{
  nt_status status = NT_OK;
  for (int i = 0; i < ops->n_opts; i++) {
    if (ops->opts[i].type != NT_OPT_ARRAY_OR_NONE) continue;
    nt_array *const array = (nt_array *)(void *)((char *)cfg + ops->opts[i].offset);
    const double *const from = array->data;
    void *memory = NULL;
    int64_t n = 1;
    array->data = NULL;
    if (!from || status != NT_OK) continue;
    for (int d = 0; d < array->rank; d++)
      n *= array->dim[d];
    status = nt_alloc(err, n, sizeof(double), "an array of a layer", &memory);
    if (status == NT_OK) array->data = memcpy(memory, from, (size_t)n * sizeof(double));
  }
  return status;
}

static void free_arrays(const nt_layer_ops *ops, void *cfg)
{
  for (int i = 0; i < ops->n_opts; i++)
    if (ops->opts[i].type == NT_OPT_ARRAY_OR_NONE)
      free(((nt_array *)(void *)((char *)cfg + ops->opts[i].offset))->data);
}

static void release_cfg(const nt_layer_ops *ops, void *cfg)
{
  if (ops->release) ops->release(cfg);
  each_function(ops, cfg, nt_function_release);
  free_arrays(ops, cfg);
  free(cfg);
}

void nt_layer_release(nt_layer **layer)
{
  nt_layer *const l = *layer;
  *layer = NULL;
  if (!l || --l->refs > 0) return;
  for (int i = 0; i < l->n; i++)
    nt_layer_release(&l->child[i]);
  nt_script_name_release(l->place.script);
  free(l->child);
  if (l->cfg) release_cfg(l->ops, l->cfg);
  free(l);
}

const char *nt_layer_name(const nt_layer *layer)
{
  static const char *const names[] = {
      [NT_LAYER_SERIAL] = "serial", [NT_LAYER_PARALLEL] = "parallel", [NT_LAYER_REPEAT] = "repeat"};
  return layer->kind == NT_LAYER_LEAF ? layer->ops->name : names[layer->kind];
}

const char *nt_layer_where(const nt_layer *layer, char *out, size_t size)
{
  const nt_origin *const place = &layer->place;
  if (place->line == 0)
    snprintf(out, size, "%s", nt_layer_name(layer));
  else
    snprintf(out, size, "%s at line %lld, column %lld of %s", nt_layer_name(layer),
             (long long)place->line, (long long)place->column, place->script->text);
  return out;
}

nt_status nt_layer_blame(const nt_layer *layer, nt_error *err, nt_status status)
{
  char where[200], message[sizeof err->message];
  if (status == NT_OK || err == NULL) return status;
  memcpy(message, err->message, sizeof message);
  (void)snprintf(err->message, sizeof err->message, "%s: %.*s",
                 nt_layer_where(layer, where, sizeof where), (int)(sizeof message - 220), message);
  return status;
}

void nt_layer_set_place(nt_layer *layer, int64_t line, int64_t column, nt_script_name *script)
{
  layer->place = (nt_origin){line, column, nt_script_name_retain(script)};
}

static nt_status create(nt_error *err, nt_layer_kind kind, int n, nt_layer **out)
{
  nt_status status = NT_OK;
  void *layer = NULL, *child = NULL;
  NT_TRY(nt_calloc(err, 1, sizeof(nt_layer), "a layer", &layer));
  if (n > 0) NT_TRY(nt_calloc(err, n, sizeof(nt_layer *), "layers", &child));
  *out = layer;
  **out = (nt_layer){.refs = 1, .kind = kind, .n = n, .child = child, .repeat = 1, .layers = 1};
  layer = NULL;
done:
  free(layer);
  return status;
}

/* Retain the children, and count what is below. */
static nt_status adopt(nt_error *err, nt_layer *layer, nt_layer *const *children)
{
  nt_status status = NT_OK;
  const char *const name = nt_layer_name(layer);
  for (int i = 0; i < layer->n; i++) {
    NT_CHECK(children[i], err, NT_ERR_ARG, "layer %d of %s is NULL", i, name);
    layer->child[i] = nt_layer_retain(children[i]);
    layer->layers += children[i]->layers;
    if (layer->levels <= children[i]->levels) layer->levels = children[i]->levels + 1;
    NT_CHECK(layer->layers <= NT_MAX_LAYERS, err, NT_ERR_ARG,
             "%s has more than %d layers (repetitions count)", name, NT_MAX_LAYERS);
  }
  NT_CHECK(layer->levels <= NT_MAX_LEVELS, err, NT_ERR_ARG,
           "%s nests combinators deeper than %d levels", name, NT_MAX_LEVELS);
done:
  return status;
}

static nt_status combine(nt_error *err, nt_layer_kind kind, int n, nt_layer *const *layers,
                         nt_layer **out)
{
  nt_status status = NT_OK;
  nt_layer *layer = NULL;
  *out = NULL;
  NT_CHECK(n > 0, err, NT_ERR_ARG, "%s needs at least one layer",
           kind == NT_LAYER_SERIAL ? "serial" : "parallel");
  NT_TRY(create(err, kind, n, &layer));
  NT_TRY(adopt(err, layer, layers));
  *out = nt_layer_retain(layer);
done:
  nt_layer_release(&layer);
  return status;
}

nt_status nt_stax_serial(nt_error *err, int n, nt_layer *const *layers, nt_layer **out)
{
  return combine(err, NT_LAYER_SERIAL, n, layers, out);
}

nt_status nt_stax_parallel(nt_error *err, int n, nt_layer *const *layers, nt_layer **out)
{
  return combine(err, NT_LAYER_PARALLEL, n, layers, out);
}

nt_status nt_stax_repeat(nt_error *err, nt_layer *inner, int64_t n, nt_layer **out)
{
  nt_status status = NT_OK;
  nt_layer *layer = NULL;
  *out = NULL;
  NT_CHECK(n >= 0, err, NT_ERR_ARG, "repeat(layer, n = %lld): n must be at least 0", (long long)n);
  NT_TRY(create(err, NT_LAYER_REPEAT, 1, &layer));
  NT_TRY(adopt(err, layer, &inner));
  NT_CHECK(n <= (NT_MAX_LAYERS - 1) / inner->layers, err, NT_ERR_ARG,
           "repeat(layer, n = %lld) has more than %d layers", (long long)n, NT_MAX_LAYERS);
  layer->repeat = n;
  if (n > 1) layer->layers = 1 + n * inner->layers;
  *out = nt_layer_retain(layer);
done:
  nt_layer_release(&layer);
  return status;
}

/* Tables of people outside are not tested by us: what is missing would be called. */
static nt_status check_ops(nt_error *err, const nt_layer_ops *ops)
{
  nt_status status = NT_OK;
  const bool is_map = ops->action == NT_MAP;
  NT_CHECK(!is_map || (ops->self && ops->map[NT_FLOAT64] && ops->map[NT_FLOAT32]), err, NT_ERR_ARG,
           "%s: an NT_MAP layer needs self and both functions of map", ops->name);
  NT_CHECK(!is_map || (ops->n_tables >= 0 && ops->n_tables <= NT_MAX_TABLES), err, NT_ERR_ARG,
           "%s: %d tables; 0 to %d are possible", ops->name, ops->n_tables, NT_MAX_TABLES);
  const struct {
    nt_action action;
    bool there;
    const char *what;
  } needs[] = {{NT_AFFINE, ops->affine != NULL, "affine"},
               {NT_WINDOW, ops->affine != NULL && ops->taps != NULL, "affine and taps"},
               {NT_POOL, ops->taps != NULL, "taps"},
               {NT_GLOBAL, ops->affine != NULL, "affine"},
               {NT_DROPOUT, ops->affine != NULL, "affine"},
               {NT_NORM, ops->norm != NULL, "norm"},
               {NT_MIX, ops->side_size && ops->work_size && ops->side && ops->mix,
                "side_size, work_size, side and mix"},
               {NT_WEIGHTED_SUM, ops->weights != NULL, "weights"}};
  for (size_t i = 0; i < sizeof needs / sizeof needs[0]; i++) {
    NT_CHECK(ops->action != needs[i].action || needs[i].there, err, NT_ERR_ARG,
             "%s: a layer of its action needs %s", ops->name, needs[i].what);
  }
done:
  return status;
}

static nt_status relay(nt_error *err, const nt_layer_ops *ops, nt_status status,
                       const nt_error *inner)
{
  /* Some layers say their name themselves. */
  const bool named = strncmp(inner->message, ops->name, strlen(ops->name)) == 0;
  return nt_fail(err, status, __FILE__, __LINE__, __func__, "%s%s%s", named ? "" : ops->name,
                 named ? "" : ": ", inner->message);
}

static nt_status check_cfg(nt_error *err, const nt_layer_ops *ops, const void *cfg)
{
  nt_status status = NT_OK;
  nt_error inner = {.status = NT_OK};
  for (int i = 0; i < ops->n_opts; i++)
    if ((status = nt_opt_check(&inner, &ops->opts[i], cfg)) != NT_OK)
      NT_FAIL(err, status, "%s: %s", ops->name, inner.message);
  if (ops->check && (status = ops->check(cfg, &inner)) != NT_OK)
    return relay(err, ops, status, &inner);
done:
  return status;
}

/* The layer's own copy of its arguments. */
static nt_status copy_cfg(nt_error *err, nt_layer *layer, const void *cfg)
{
  nt_status status = NT_OK;
  nt_error inner = {.status = NT_OK};
  const nt_layer_ops *const ops = layer->ops;
  const size_t size = ops->full_size > ops->cfg_size ? ops->full_size : ops->cfg_size;
  if (!cfg) cfg = ops->defaults;
  NT_TRY(check_cfg(err, ops, cfg));
  NT_TRY(nt_calloc(err, 1, size, "arguments of a layer", &layer->cfg));
  memcpy(layer->cfg, cfg, ops->cfg_size);
  each_function(ops, layer->cfg, retain_function);
  NT_TRY(copy_arrays(err, ops, layer->cfg));
  if (ops->prepare && (status = ops->prepare(layer->cfg, &inner)) != NT_OK)
    return relay(err, ops, status, &inner);
done:
  return status;
}

nt_status nt_stax_layer(nt_error *err, const nt_layer_ops *ops, const void *cfg, nt_layer **out)
{
  nt_status status = NT_OK;
  nt_layer *layer = NULL;
  *out = NULL;
  NT_CHECK(ops && ops->name, err, NT_ERR_ARG, "a layer needs a table of functions with a name");
  NT_CHECK(ops->cfg_size == 0 || cfg || ops->defaults, err, NT_ERR_ARG,
           "%s: its arguments are missing, and it has no defaults", ops->name);
  NT_TRY(check_ops(err, ops));
  NT_TRY(create(err, NT_LAYER_LEAF, 0, &layer));
  layer->ops = ops;
  if (ops->cfg_size > 0)
    NT_TRY(copy_cfg(err, layer, cfg));
  else
    NT_TRY(check_cfg(err, ops, NULL));
  *out = nt_layer_retain(layer);
done:
  nt_layer_release(&layer);
  return status;
}

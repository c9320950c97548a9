/* np.array, load, and Slice. */
#include "base/check.h"
#include "base/memory.h"
#include "base/npy.h"
#include "net/eval.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static nt_status own_array(nt_evaluation *s, const nt_array *array, nt_value *out)
{
  nt_status status = NT_OK;
  void *memory = NULL;
  if ((status = nt_alloc(s->err, 1, sizeof(nt_array), "an array", &memory)) != NT_OK) {
    free(array->data);
    return status;
  }
  memcpy(memory, array, sizeof *array);
  *out = (nt_value){.kind = NT_VALUE_ARRAY, .as.array = memory};
  return nt_pool_own(s->err, &s->pool, *out);
}

/* The shape, from the first element of each level. */
static nt_status find_shape(nt_evaluation *s, nt_spot spot, nt_value value, nt_array *array)
{
  nt_status status = NT_OK;
  while (nt_value_is_sequence(value)) {
    NT_CHECK_AT(s, array->rank < NT_MAX_RANK, spot, "an array of more than %d axes", NT_MAX_RANK);
    array->dim[array->rank++] = value.as.sequence->n;
    NT_CHECK_AT(s, value.as.sequence->n > 0, spot, "an array with an axis of length 0");
    value = value.as.sequence->value[0];
  }
done:
  return status;
}

static nt_status fill(nt_evaluation *s, nt_spot spot, nt_value value, int axis,
                      const nt_array *array, int64_t *at)
{
  nt_status status = NT_OK;
  char found[100];
  if (axis == array->rank) {
    NT_CHECK_AT(s, nt_value_is_real(value), spot,
                "an array consists of numbers in lists of equal length; entry %lld is %s",
                (long long)*at, nt_value_describe(value, found, sizeof found));
    array->data[(*at)++] = nt_value_real(value);
    goto done;
  }
  NT_CHECK_AT(s, nt_value_is_sequence(value) && value.as.sequence->n == array->dim[axis], spot,
              "the lists of an array must have equal lengths; axis %d has %lld entries before, and "
              "then %s",
              axis, (long long)array->dim[axis], nt_value_describe(value, found, sizeof found));
  for (int64_t i = 0; i < array->dim[axis]; i++)
    NT_TRY(fill(s, spot, value.as.sequence->value[i], axis + 1, array, at));
done:
  return status;
}

nt_status nt_make_array(nt_evaluation *s, nt_spot spot, nt_value value, nt_value *out)
{
  nt_status status = NT_OK;
  nt_array array = {.rank = 0};
  void *data = NULL;
  int64_t n = 1, at = 0;
  NT_TRY(find_shape(s, spot, value, &array));
  for (int i = 0; i < array.rank && n <= NT_MAX_ELEMENTS; i++)
    if (__builtin_mul_overflow(n, array.dim[i], &n)) n = NT_MAX_ELEMENTS + 1;
  NT_TRY_AT(s, spot, nt_pool_count(&inner, &s->pool, n));
  NT_TRY(nt_alloc(s->err, n, sizeof(double), "an array", &data));
  array.data = data;
  NT_TRY(fill(s, spot, value, 0, &array, &at));
  data = NULL;
  NT_TRY(own_array(s, &array, out));
done:
  free(data);
  return status;
}

nt_status nt_load_array(nt_evaluation *s, nt_spot spot, const nt_text *path, nt_value *out)
{
  nt_status status = NT_OK;
  nt_array array = {.rank = 0};
  char full[4096];
  const char *const name = s->script->name->text, *const slash = strrchr(name, '/');
  const int folder = slash && path->text[0] != '/' ? (int)(slash - name) + 1 : 0;
  const int n = snprintf(full, sizeof full, "%.*s%s", folder, name, path->text);
  NT_CHECK_AT(s, path->length > 0, spot, "load takes the name of a file; found an empty string");
  NT_CHECK_AT(s, n > 0 && (size_t)n < sizeof full, spot, "the path is longer than %zu characters",
              sizeof full - 1);
  if (s->on_load.ask != NULL) NT_TRY_AT(s, spot, s->on_load.ask(&inner, s->on_load.arg, full));
  NT_TRY_AT(s, spot, nt_npy_load(&inner, full, &array));
  NT_TRY(own_array(s, &array, out));
done:
  return status;
}

static nt_status bound(nt_evaluation *s, int32_t node, bool *has, int64_t *out)
{
  nt_status status = NT_OK;
  nt_value value;
  char found[100];
  NT_TRY(nt_eval(s, node, &value));
  *has = value.kind == NT_VALUE_INT;
  NT_CHECK_AT(s, *has || value.kind == NT_VALUE_NONE, nt_begin(s, node),
              "the bounds and the step of a slice are integers; found %s",
              nt_value_describe(value, found, sizeof found));
  if (*has) *out = value.as.integer;
done:
  return status;
}

static nt_status slice(nt_evaluation *s, int32_t node, nt_value *out)
{
  nt_status status = NT_OK;
  nt_slice parts = {.step = 1};
  const nt_ast_node *const nodes = s->ast.node;
  const int32_t start = nodes[node].first, stop = nodes[start].next, step = nodes[stop].next;
  void *memory;
  bool has_step;
  NT_TRY(bound(s, start, &parts.has_start, &parts.start));
  NT_TRY(bound(s, stop, &parts.has_stop, &parts.stop));
  NT_TRY(bound(s, step, &has_step, &parts.step));
  NT_CHECK_AT(s, parts.step != 0, nt_begin(s, step), "the step of a slice is not 0");
  NT_TRY_AT(s, nodes[node].spot, nt_pool_count(&inner, &s->pool, 4));
  NT_TRY(nt_alloc(s->err, 1, sizeof parts, "a slice", &memory));
  memcpy(memory, &parts, sizeof parts);
  *out = (nt_value){.kind = NT_VALUE_SLICE, .as.slice = memory};
  NT_TRY(nt_pool_own(s->err, &s->pool, *out));
done:
  return status;
}

static nt_status index_item(nt_evaluation *s, int32_t node, nt_value *out)
{
  nt_status status = NT_OK;
  char found[100];
  if (s->ast.node[node].kind == NT_AST_RANGE) return slice(s, node, out);
  NT_TRY(nt_eval(s, node, out));
  NT_CHECK_AT(s, out->kind == NT_VALUE_INT || out->kind == NT_VALUE_ELLIPSIS, nt_begin(s, node),
              "an index is an integer, a slice, or '...'; found %s",
              nt_value_describe(*out, found, sizeof found));
done:
  return status;
}

nt_status nt_eval_index(nt_evaluation *s, int32_t node, nt_value *out)
{
  nt_status status = NT_OK;
  const nt_ast_node *const nodes = s->ast.node;
  int64_t n = 0;
  int ellipses = 0;
  nt_sequence *items;
  for (int32_t i = nodes[node].first; i >= 0; i = nodes[i].next)
    n++;
  NT_CHECK_AT(s, n > 0 && n <= NT_MAX_RANK, nodes[node].spot,
              "a Slice has 1 to %d indices; found %d", NT_MAX_RANK,
              (int)(n < 1000000 ? n : 1000000));
  if (n == 1 && nodes[node].value.integer == 0) return index_item(s, nodes[node].first, out);
  NT_TRY_AT(s, nodes[node].spot, nt_pool_sequence(&inner, &s->pool, n, &items));
  n = 0;
  for (int32_t i = nodes[node].first; i >= 0; i = nodes[i].next, n++) {
    NT_TRY(index_item(s, i, &items->value[n]));
    if (items->value[n].kind == NT_VALUE_ELLIPSIS) ellipses++;
    NT_CHECK_AT(s, ellipses <= 1, nodes[i].spot, "a Slice has one '...' at most");
  }
  *out = (nt_value){.kind = NT_VALUE_TUPLE, .as.sequence = items};
done:
  return status;
}

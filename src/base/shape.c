#include "nt/typing.h"

#include <stdio.h>

int64_t nt_shape_size(const nt_shape *shape)
{
  int64_t size = 1;
  /* An empty axis first: beside it the others may be of any size. */
  for (int i = 0; i < shape->rank; i++)
    if (shape->dim[i] == 0) return 0;
  for (int i = 0; i < shape->rank; i++)
    size *= shape->dim[i];
  return size;
}

bool nt_shape_equal(const nt_shape *a, const nt_shape *b)
{
  if (a->rank != b->rank) return false;
  for (int i = 0; i < a->rank; i++)
    if (a->dim[i] != b->dim[i]) return false;
  return true;
}

const char *nt_shape_text(const nt_shape *shape, char *out, size_t size)
{
  size_t used = 0;
  if (size == 0) return out;
  out[0] = '\0';
  for (int i = 0; i < shape->rank && used < size; i++)
    used += (size_t)snprintf(out + used, size - used, "%s%lld", i ? ", " : "(",
                             (long long)shape->dim[i]);
  const char *const end = shape->rank == 0 ? "()" : shape->rank == 1 ? ",)" : ")";
  if (used < size) snprintf(out + used, size - used, "%s", end);
  return out;
}

int nt_axis_resolve(int64_t axis, int rank)
{
  if (axis < -rank || axis >= rank) return -1;
  return (int)(axis < 0 ? axis + rank : axis);
}

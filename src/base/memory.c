#include "base/memory.h"

#include "base/check.h"

#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

const char *nt_bytes_text(int64_t bytes, char *out, size_t size)
{
  static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  double v = (double)bytes;
  int u = 0;
  while (v >= 1024 && u < 5) {
    v /= 1024;
    u++;
  }
  (void)snprintf(out, size, u == 0 || v >= 100 ? "%.0f %s" : "%.1f %s", v, units[u]);
  return out;
}

/* Put `memory` where `out` points to, a pointer of any type. */
static void place(void *out, const void *memory) { memcpy(out, &memory, sizeof memory); }

nt_status nt_alloc(nt_error *err, int64_t count, size_t size, const char *what, void *out)
{
  enum { HUGE_PAGE = 2 << 20 };
  nt_status status = NT_OK;
  char text[32];
  place(out, NULL);
  NT_CHECK(count >= 0 && (uint64_t)count <= (SIZE_MAX / 2) / size, err, NT_ERR_NOMEM,
           "%s: %lld elements of %zu bytes are more than this machine can address", what,
           (long long)count, size);
  size_t bytes = (size_t)count * size;
  const size_t alignment = bytes < HUGE_PAGE ? NT_ALIGNMENT : HUGE_PAGE;
  bytes = (bytes + alignment) / alignment * alignment;
  void *const memory = aligned_alloc(alignment, bytes);
  NT_CHECK(memory != NULL, err, NT_ERR_NOMEM, "no memory for %s (%s)", what,
           nt_bytes_text((int64_t)bytes, text, sizeof text));
#if defined(MADV_HUGEPAGE)
  /* Columns of a matrix are pages apart: with small pages every access would miss the TLB. What
   * does not fill a huge page would be held and cleared in vain. */
  const size_t whole = (size_t)count * size / HUGE_PAGE * HUGE_PAGE;
  if (whole > 0) (void)madvise(memory, whole, MADV_HUGEPAGE);
#endif
  place(out, memory);
done:
  return status;
}

nt_status nt_calloc(nt_error *err, int64_t count, size_t size, const char *what, void *out)
{
  void *memory;
  const nt_status status = nt_alloc(err, count, size, what, &memory);
  if (status == NT_OK) memset(memory, 0, (size_t)count * size);
  place(out, memory);
  return status;
}

nt_status nt_grow(nt_error *err, int64_t n, size_t size, const char *what, void *list)
{
  enum { FEWEST = 16 };
  nt_status status = NT_OK;
  void *first;
  if (n > 0 && (n < FEWEST || (n & (n - 1)) != 0)) return NT_OK;
  memcpy(&first, list, sizeof first);
  const bool fits = (uint64_t)n <= SIZE_MAX / 4 / size;
  first = fits ? realloc(first, (size_t)(n == 0 ? FEWEST : 2 * n) * size) : NULL;
  NT_CHECK(first != NULL, err, NT_ERR_NOMEM, "no memory for %s", what);
  place(list, first);
done:
  return status;
}

void nt_touch(void *memory, size_t bytes, int threads)
{
  enum { PAGE = 4096 };
#pragma omp parallel for schedule(static) num_threads(threads)
  for (size_t at = 0; at < bytes; at += PAGE)
    ((volatile char *)memory)[at] = 0;
}

nt_status nt_strdup(nt_error *err, const char *text, char **out)
{
  void *copy;
  nt_status status = nt_alloc(err, (int64_t)strlen(text) + 1, 1, "a text", &copy);
  if (status == NT_OK) memcpy(copy, text, strlen(text) + 1);
  *out = copy;
  return status;
}

void nt_return_freed(void)
{
#if defined(M_TRIM_THRESHOLD)
  (void)malloc_trim(0);
#endif
}

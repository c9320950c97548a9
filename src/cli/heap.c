#include "cli/heap.h"

#include "base/memory.h"

#include <malloc.h>

#if defined(M_MMAP_THRESHOLD)

void nt_heap_keep(void)
{
  (void)mallopt(M_MMAP_THRESHOLD, 32 << 20);
  (void)mallopt(M_TRIM_THRESHOLD, 1 << 30);
  nt_return_freed();
}

void nt_heap_return(void)
{
  (void)mallopt(M_MMAP_THRESHOLD, 1 << 20);
  nt_return_freed();
}

#else

void nt_heap_keep(void) {}

void nt_heap_return(void) {}

#endif

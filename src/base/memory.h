/** Allocation of arrays, checked for overflow and aligned to vectors, and of lists that grow. */
#ifndef NT_BASE_MEMORY_H
#define NT_BASE_MEMORY_H

#include "nt/status.h"

#include <stddef.h>
#include <stdint.h>

enum { NT_ALIGNMENT = 64 };

/** Allocate `count` elements of `size` bytes, aligned to 64 bytes, not
 * initialised; at least one byte.
 * \param [out] out  Address of a pointer of any type, NULL on failure; freed by `free`.
 * \return NT_ERR_NOMEM, with the size and `what` in the message. Parallel: Local. */
nt_status nt_alloc(nt_error *err, int64_t count, size_t size, const char *what,
                   void *out) NT_WARN_UNUSED;

/** The same, zeroed. Parallel: Local. */
nt_status nt_calloc(nt_error *err, int64_t count, size_t size, const char *what,
                    void *out) NT_WARN_UNUSED;

/** Room for one more element of `size` bytes behind the `n` of a list; `list` is the address of the
 * pointer to its first one, which is NULL if there is none yet. The room doubles now and then, so
 * that n alone tells how much there is.
 * \return NT_ERR_NOMEM, with `what` in the message. Parallel: Local. */
nt_status nt_grow(nt_error *err, int64_t n, size_t size, const char *what,
                  void *list) NT_WARN_UNUSED;

/** Have the system hand out the pages of `bytes` from `memory` now, a part to each of `threads`
 * threads: it clears a page when it is first written, which takes long where this is done in the
 * midst of other work, and spoils every estimate of its time.
 * Parallel: Local. */
void nt_touch(void *memory, size_t bytes, int threads);

/** Copy of a string. Parallel: Local. */
nt_status nt_strdup(nt_error *err, const char *text, char **out) NT_WARN_UNUSED;

/** Text of a number of bytes for people: "1.5 GiB". Writes at most `size` bytes.
 * Parallel: Local. */
const char *nt_bytes_text(int64_t bytes, char *out, size_t size);

/** Give what was freed back to the system, where the C library can. Parallel: Local. */
void nt_return_freed(void);

#endif

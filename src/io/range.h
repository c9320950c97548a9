/** Ranges of samples: Python slices, and lists of rows. */
#ifndef NT_IO_RANGE_H
#define NT_IO_RANGE_H

#include "nt/context.h"

#include <stdbool.h>

/** Chosen rows: start + i step, or a list. */
typedef struct nt_range {
  int64_t count, start, step;
  int64_t *rows; /**< [count] or NULL; owned. */
} nt_range;

/** Length of DATA without its range `[…]` (all of it when there is none). Parallel: Local. */
size_t nt_range_split(const char *text);
/** Resolve the text of a range (between the brackets; NULL: everything) for `n` rows of `name`.
 * \param [out] range  rows is owned by the caller. Parallel: Collective on ctx. */
nt_status nt_range_parse(nt_ctx *ctx, const char *name, const char *text, int64_t n,
                         nt_range *range) NT_WARN_UNUSED;
/** Row number i. Parallel: Local. */
int64_t nt_range_row(const nt_range *range, int64_t i);
/** Number of samples from i on, at most `limit`, whose rows follow each other. Parallel: Local. */
int64_t nt_range_run(const nt_range *range, int64_t i, int64_t limit);

#endif

/** Marks of pairs of positions of one group, and the cells made of them: see frame.h. */
#ifndef NT_PLAN_MARKS_H
#define NT_PLAN_MARKS_H

#include "plan/frame.h"

typedef struct nt_pair {
  int32_t x1, x2;
} nt_pair;

typedef struct nt_marks {
  int64_t size;
  unsigned char *pair;    /**< [ring][x1] */
  int64_t n;              /**< Marked. */
  nt_pair *list, *sorted; /**< [n] */
  int64_t *first;         /**< [size + 1] Where those of a key go. */
} nt_marks;

/** Marks of pairs of `size` positions; free them also on failure. Parallel: Local. */
nt_status nt_marks_create(nt_error *err, int64_t size, nt_marks *m) NT_WARN_UNUSED;
/** Free what marks own. Parallel: Local. */
void nt_marks_free(nt_marks *m);
/** Mark a pair, once. Parallel: Local. */
nt_status nt_mark(nt_error *err, nt_marks *m, int32_t x1, int32_t x2) NT_WARN_UNUSED;
/** Cells of what is marked, in the order of frame.h; the marks are taken away. Parallel: Local. */
nt_status nt_marks_cells(nt_error *err, nt_marks *m, nt_cells *cells) NT_WARN_UNUSED;

#endif

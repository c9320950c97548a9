/** Lines "name=value", gathered in any order and joined in that of their names. */
#ifndef NT_BASE_LINES_H
#define NT_BASE_LINES_H

#include "nt/status.h"

typedef struct nt_lines {
  int n;
  char **line; /**< [n] Owned. */
} nt_lines;

/** Add "name=value\n". Parallel: Local. */
nt_status nt_lines_add(nt_error *err, nt_lines *lines, const char *name,
                       const char *value) NT_WARN_UNUSED;
/** All lines, sorted, as one text. \param [out] text  Freed by `free`. Parallel: Local. */
nt_status nt_lines_join(nt_error *err, nt_lines *lines, char **text) NT_WARN_UNUSED;
/** Free all. Parallel: Local. */
void nt_lines_free(nt_lines *lines);

#endif

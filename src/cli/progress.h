/** Progress of rank 0: a bar with the time left on a terminal, else a line every ten seconds. */
#ifndef NT_CLI_PROGRESS_H
#define NT_CLI_PROGRESS_H

#include "nt/kernel.h"

typedef struct nt_cli_progress {
  nt_progress callback; /**< For the engine; points to this object. */
  const char *what;
  bool shown, terminal, any;
  double next;
} nt_cli_progress;

/** Begin; nothing is printed unless `shown`. Parallel: Local. */
void nt_cli_progress_begin(nt_cli_progress *p, const char *what, bool shown);
/** Erase the bar. Parallel: Local. */
void nt_cli_progress_end(nt_cli_progress *p);

#endif

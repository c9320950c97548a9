#include "cli/progress.h"

#include <mpi.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { WIDTH = 40 };

/* "1 h 02 min", "3 min 20 s", "7 s" */
static const char *duration(double seconds, char out[32])
{
  const long t = (long)(seconds + 0.5);
  if (t >= 3600)
    snprintf(out, 32, "%ld h %02ld min", t / 3600, t / 60 % 60);
  else if (t >= 60)
    snprintf(out, 32, "%ld min %02ld s", t / 60, t % 60);
  else
    snprintf(out, 32, "%ld s", t);
  return out;
}

static void bar(const nt_cli_progress *p, double share, const char *left)
{
  char line[WIDTH + 1];
  const int full = (int)(share * WIDTH);
  memset(line, ' ', WIDTH);
  memset(line, '#', (size_t)full);
  line[WIDTH] = '\0';
  fprintf(stderr, "\r%s [%s] %3.0f%%, %s left\033[K", p->what, line, 100 * share, left);
}

static void update(void *arg, int64_t done, int64_t total)
{
  nt_cli_progress *p = arg;
  char left[32];
  const double now = MPI_Wtime();
  if (!p->shown || done == 0 || total == 0 || now < p->next) return;
  const double share = (double)done / (double)total;
  duration(1e-6 * (double)(total - done), left);
  if (p->terminal)
    bar(p, share, left);
  else
    fprintf(stderr, "%s: %.0f%%, %s left\n", p->what, 100 * share, left);
  fflush(stderr);
  p->any = true;
  p->next = now + (p->terminal ? 0.2 : 10);
}

void nt_cli_progress_begin(nt_cli_progress *p, const char *what, bool shown)
{
  *p = (nt_cli_progress){.callback = {update, p},
                         .what = what,
                         .shown = shown,
                         .terminal = isatty(STDERR_FILENO) != 0};
  p->next = MPI_Wtime() + (p->terminal ? 0.5 : 10);
}

void nt_cli_progress_end(nt_cli_progress *p)
{
  if (p->any && p->terminal) fputs("\r\033[K", stderr);
}

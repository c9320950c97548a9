/** A run of a subcommand that computes: MPI, context, options, grid,
 * placement, messages, phases. */
#ifndef NT_CLI_SESSION_H
#define NT_CLI_SESSION_H

#include "cli/limits.h"
#include "cli/options.h"
#include "cli/placement.h"
#include "nt/grid.h"

#include <cjson/cJSON.h>

enum { NT_MAX_PHASES = 16 };

typedef struct nt_session {
  const nt_cli_syntax *syntax;
  nt_ctx *ctx;
  nt_grid *grid;
  nt_cli_options options;
  char *line; /**< The command line, owned. */
  nt_placement placement;
  nt_limit limit;    /**< Of this rank; the least of all ranks. */
  int64_t unpacked;  /**< Bytes that reading the data that were opened holds beside samples. */
  int64_t announced; /**< Bytes a rank was said to need at most. */
  int launcher_rank; /**< As the launcher said before MPI started; -1: there is none. */
  /** Numbers that an activation sees, of which float32 makes too little: float64 is taken in its
   * place (nt_work_plan); 0: there is no need. */
  int64_t few_numbers;
  double started, mark;
  double tile_seconds; /**< That tiles of kernels took this rank. */
  int n_phases;
  struct {
    const char *name;
    double seconds;
  } phase[NT_MAX_PHASES];
  cJSON *json; /**< The summary, on rank 0; NULL elsewhere, and without --json. */
} nt_session;

/** Start MPI, parse the words, check libraries and launcher, make the grid, decide threads and
 * memory, and print the placement.
 * Parallel: Collective on all processes. On failure, nt_session_end is called all the same. */
nt_status nt_session_begin(nt_session *s, const nt_cli_syntax *syntax, int argc,
                           char **argv) NT_WARN_UNUSED;
/** The same without MPI, for ntmpi plan: on a context that stands for rank 0 of --ranks N.
 * Parallel: Local. */
nt_status nt_session_plan(nt_session *s, const nt_cli_syntax *syntax, int argc,
                          char **argv) NT_WARN_UNUSED;
/** Print the error (rank 0), free everything, end MPI. \return The exit code.
 * Parallel: Collective. */
int nt_session_end(nt_session *s, nt_status status);

/** Check, before anything is computed, that every output has a name of its own, which is none that
 * options read from, and that --json can be written (cli/outputs.c). Parallel: Collective. */
nt_status nt_session_check_outputs(const nt_session *s) NT_WARN_UNUSED;
/** Refuse outputs that would replace a file of `data` (DATA). Parallel: Collective. */
nt_status nt_session_keep(const nt_session *s, const char *data) NT_WARN_UNUSED;
/** ... that would replace the array at `path`, which the network text loads.
 * Parallel: Local. \param [in] options  nt_cli_options. */
nt_status nt_outputs_keep(nt_error *err, const void *options, const char *path) NT_WARN_UNUSED;

/** Whether this rank prints tables on stdout: rank 0, but not where the JSON of --json - goes there.
 * Parallel: Local. */
bool nt_shows_tables(const nt_session *s);
/** Print a line of progress on stderr, on rank 0, unless --quiet. Parallel: Local. */
void nt_say(const nt_session *s, const char *format, ...) NT_PRINTF(2, 3);
/** Print a warning on stderr, on rank 0. Parallel: Local. */
void nt_warn(const nt_session *s, const char *format, ...) NT_PRINTF(2, 3);

/** End the phase `name` (its time runs from the end of the one before). Parallel: Collective. */
nt_status nt_session_phase(nt_session *s, const char *name) NT_WARN_UNUSED;

#endif

#include "cli/session.h"

#include "base/check.h"
#include "base/memory.h"
#include "cli/cli.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print(const nt_session *s, const char *prefix, const char *format, va_list args)
{
  if (s->ctx == NULL || nt_ctx_rank(s->ctx) != 0) return;
  fputs(prefix, stderr);
  vfprintf(stderr, format, args);
  fputc('\n', stderr);
}

void nt_say(const nt_session *s, const char *format, ...)
{
  va_list args;
  if (s->options.quiet) return;
  va_start(args, format);
  print(s, "", format, args);
  va_end(args);
}

void nt_warn(const nt_session *s, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  print(s, "warning: ", format, args);
  va_end(args);
}

nt_status nt_session_phase(nt_session *s, const char *name)
{
  nt_status status = NT_OK;
  NT_TRY_MPI(s->ctx, MPI_Barrier(nt_ctx_comm(s->ctx)));
  const double now = MPI_Wtime();
  int i = 0;
  nt_return_freed(); /* holes that the matrices of the next phase may not fit */
  while (i < s->n_phases && strcmp(s->phase[i].name, name) != 0)
    i++;
  if (i == NT_MAX_PHASES) return NT_OK;
  if (i == s->n_phases) s->n_phases++;
  s->phase[i].name = name;
  s->phase[i].seconds += now - s->mark;
  s->mark = now;
done:
  return status;
}

/* All ranks take the least limit, so that they decide alike. */
static nt_status set_limit(nt_session *s)
{
  nt_status status = NT_OK;
  struct {
    long bytes;
    int rank;
  } least;
  s->limit = nt_memory_limit(s->options.memory, s->placement.node_ranks);
  least.bytes = (long)s->limit.bytes;
  least.rank = nt_ctx_rank(s->ctx);
  NT_TRY_MPI(s->ctx,
             MPI_Allreduce(MPI_IN_PLACE, &least, 1, MPI_LONG_INT, MPI_MINLOC, nt_ctx_comm(s->ctx)));
  NT_TRY_MPI(s->ctx,
             MPI_Bcast(&s->limit, (int)sizeof s->limit, MPI_BYTE, least.rank, nt_ctx_comm(s->ctx)));
done:
  return status;
}

/* What the summary says of the run itself. */
static void describe(nt_session *s)
{
  const int size[2] = {nt_grid_P(s->grid), nt_grid_Q(s->grid)};
  nt_say(s, "grid %dx%d of ranks", size[0], size[1]);
  if (s->options.json == NULL || nt_ctx_rank(s->ctx) != 0) return;
  s->json = cJSON_CreateObject();
  (void)cJSON_AddStringToObject(s->json, "command", s->line);
  (void)cJSON_AddStringToObject(s->json, "version", NT_VERSION);
  (void)cJSON_AddNumberToObject(s->json, "ranks", nt_ctx_size(s->ctx));
  (void)cJSON_AddItemToObject(s->json, "grid", cJSON_CreateIntArray(size, 2));
  (void)cJSON_AddNumberToObject(s->json, "threads", s->placement.threads);
}

static nt_status begin(nt_session *s, int argc, char **argv)
{
  nt_status status = NT_OK;
  nt_error *err = nt_ctx_error(s->ctx);
  NT_TRY_ALL(s->ctx, nt_cli_command_line(err, argc, argv, &s->line));
  NT_TRY_ALL(s->ctx, nt_cli_parse(err, s->syntax, argc, argv, &s->options));
  if (!s->options.allow_singleton) NT_TRY(nt_placement_check_launcher(s->ctx));
  NT_TRY(nt_session_check_outputs(s));
  NT_TRY(nt_grid_create(s->ctx, s->options.grid.P, s->options.grid.Q, &s->grid));
  nt_say(s, "ntmpi %s %s", NT_VERSION, s->line);
  NT_TRY(nt_placement_use(s->ctx, (int)s->options.threads, s->options.quiet, &s->placement));
  NT_TRY(set_limit(s));
  describe(s);
done:
  return status;
}

/* Without a launcher Open MPI starts a daemon, for programs that spawn others: that takes longer
 * than all else, and in MPI_Finalize events of it may come when what handles them is unloaded.
 * Programs without a daemon get one session directory for all of them, but need none. */
static void be_alone(void)
{
  (void)setenv("OMPI_MCA_ess_singleton_isolated", "1", 0);
  (void)setenv("OMPI_MCA_orte_create_session_dirs", "0", 0);
}

nt_status nt_session_begin(nt_session *s, const nt_cli_syntax *syntax, int argc, char **argv)
{
  int provided;
  *s = (nt_session){.syntax = syntax, .launcher_rank = nt_cli_launcher_rank()};
  nt_cli_survive_writing();
  if (s->launcher_rank < 0) be_alone();
  if (MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided) != MPI_SUCCESS) {
    nt_cli_complain("MPI cannot be started");
    exit(7);
  }
  const nt_status status = nt_ctx_create(MPI_COMM_WORLD, &s->ctx);
  if (status != NT_OK) {
    nt_cli_complain("MPI or memory failed at the start");
    (void)MPI_Abort(MPI_COMM_WORLD, nt_status_exit_code(status));
  }
  s->started = s->mark = MPI_Wtime();
  return begin(s, argc, argv);
}

/* Without --memory: as many ranks on a node like this one as have cores. */
static void set_planned_limit(nt_session *s)
{
  const int ranks = nt_ctx_size(s->ctx), threads = nt_ctx_threads(s->ctx);
  const int fit = s->placement.n_cores > threads ? s->placement.n_cores / threads : 1;
  s->placement.node_ranks = ranks < fit ? ranks : fit;
  s->limit = nt_memory_limit(s->options.memory, s->placement.node_ranks);
}

static nt_status plan(nt_session *s, int argc, char **argv)
{
  nt_status status = NT_OK;
  nt_error *err = nt_ctx_error(s->ctx);
  NT_TRY(nt_cli_command_line(err, argc, argv, &s->line));
  NT_TRY(nt_cli_parse(err, s->syntax, argc, argv, &s->options));
  if (s->options.ranks > 0) {
    NT_CHECK(s->options.ranks <= 1 << 20, err, NT_ERR_ARG, "--ranks takes up to %d, not %lld",
             1 << 20, (long long)s->options.ranks);
    nt_ctx *many = NULL;
    NT_TRY(nt_ctx_create_planned((int)s->options.ranks, &many));
    (void)nt_ctx_destroy(&s->ctx);
    s->ctx = many;
  }
  NT_TRY(nt_session_check_outputs(s));
  NT_TRY(nt_grid_create(s->ctx, s->options.grid.P, s->options.grid.Q, &s->grid));
  nt_placement_alone(nt_ctx_size(s->ctx), (int)s->options.threads, &s->placement);
  nt_ctx_set_threads(s->ctx, s->placement.threads);
  set_planned_limit(s);
  s->options.quiet = true;
  describe(s);
done:
  return status;
}

nt_status nt_session_plan(nt_session *s, const nt_cli_syntax *syntax, int argc, char **argv)
{
  *s = (nt_session){.syntax = syntax};
  if (nt_ctx_create_planned(1, &s->ctx) != NT_OK) {
    nt_cli_complain("no memory");
    exit(nt_status_exit_code(NT_ERR_NOMEM));
  }
  return plan(s, argc, argv);
}

bool nt_shows_tables(const nt_session *s)
{
  const char *json = s->options.json;
  return nt_ctx_rank(s->ctx) == 0 && (json == NULL || strcmp(json, "-") != 0);
}

/* One message: with MPI that of rank 0; of several singletons that of the first. A failure of MPI
 * itself is not agreed upon: whoever sees it says so. */
static void print_error(const nt_session *s, nt_status status)
{
  const nt_error *err = nt_ctx_error(s->ctx);
  const char *const message = err->message[0] != '\0' ? err->message : nt_status_text(status);
  if (status == NT_ERR_MPI && nt_ctx_rank(s->ctx) != 0)
    fprintf(stderr, "rank %d on %s: %s\n", nt_ctx_rank(s->ctx), s->placement.host, message);
  if (nt_ctx_rank(s->ctx) != 0) return;
  if (nt_ctx_size(s->ctx) == 1 && s->launcher_rank > 0) return;
  nt_cli_complain(message);
  if (s->options.verbose) fprintf(stderr, "(%s: %s)\n", err->where, nt_status_text(status));
}

int nt_session_end(nt_session *s, nt_status status)
{
  if (status == NT_OK) status = nt_cli_flush(nt_ctx_error(s->ctx));
  if (status != NT_OK) print_error(s, status);
  const int code = nt_status_exit_code(status);
  /* After a failure of MPI itself the others may not come to the end. */
  if (status == NT_ERR_MPI) (void)MPI_Abort(MPI_COMM_WORLD, code);
  cJSON_Delete(s->json);
  free(s->line);
  nt_cli_options_free(&s->options);
  nt_grid_destroy(&s->grid);
  const bool planned = nt_ctx_is_planned(s->ctx);
  if (!planned)
    (void)MPI_Barrier(nt_ctx_comm(s->ctx)); /* the message is out before anyone ends the job */
  const nt_status leak = nt_ctx_destroy(&s->ctx);
  if (leak != NT_OK && status == NT_OK) nt_cli_complain("internal error: objects were not freed");
  if (!planned) (void)MPI_Finalize();
  return leak != NT_OK && code == 0 ? nt_status_exit_code(leak) : code;
}

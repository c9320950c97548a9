/* ntmpi: kernels of infinitely wide neural networks, and inference with them. */
#include "cli/cli.h"

#include "base/check.h"
#include "base/suggest.h"
#include "cli/blas_core.h"
#include "cli/heap.h"
#include "cli/options.h"
#include "io/draft.h"

#include <ctype.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const nt_cli_command nt_cli_commands[] = {
    {"kernel", nt_cli_kernel, "NNGP and NTK of a network on data, into a file"},
    {"predict", nt_cli_predict, "learn labels with a kernel, and predict those of other samples"},
    {"plan", nt_cli_plan, "what kernel or predict would do: segments, tiles, memory, time"},
    {"layers", nt_cli_layers, "the layers of a network: arguments, defaults, formulas, papers"},
    {"bench", nt_cli_bench, "named workloads, and the limits of this machine"},
    {"help", nt_cli_help, "this text, or that of a subcommand: ntmpi help kernel"},
    {"version", nt_cli_version, "versions of ntmpi and of the libraries it runs on"},
    {0}};

/* Bytes of names and data that a terminal would obey are not sent to it. */
void nt_cli_complain(const char *message)
{
  char *const text = strdup(message);
  for (char *c = text; c != NULL && *c != '\0'; c++)
    if (iscntrl((unsigned char)*c) && *c != '\n') *c = '?';
  fflush(stdout);
  fprintf(stderr, "ntmpi: %s\n", text != NULL ? text : message);
  free(text);
}

nt_status nt_cli_flush(nt_error *err)
{
  nt_status status = NT_OK;
  NT_CHECK(fflush(stdout) == 0 && ferror(stdout) == 0, err, NT_ERR_OUTPUT,
           "standard output cannot be written");
done:
  return status;
}

void nt_cli_survive_writing(void)
{
  (void)signal(SIGXFSZ, SIG_IGN);
  (void)signal(SIGPIPE, SIG_IGN);
}

int nt_cli_launcher_rank(void)
{
  static const char *const names[] = {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK",
                                      "SLURM_PROCID"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    const char *value = getenv(names[i]);
    if (value != NULL) return atoi(value);
  }
  return -1;
}

const nt_cli_command *nt_cli_command_find(const char *name)
{
  nt_suggestion suggestion = {.word = name};
  char hint[100], message[400];
  for (const nt_cli_command *c = nt_cli_commands; c->name != NULL; c++) {
    if (strcmp(c->name, name) == 0) return c;
    nt_suggest(&suggestion, c->name);
  }
  snprintf(message, sizeof message, "unknown subcommand '%.100s'%s (ntmpi help lists them)", name,
           nt_suggestion_text(&suggestion, hint, sizeof hint));
  nt_cli_complain(message);
  return NULL;
}

static int run_named(int argc, char **argv)
{
  const nt_cli_command *command = nt_cli_command_find(argv[0]);
  return command == NULL ? 2 : command->run(argc, argv);
}

/* Where MPI is not started, rank 0 (as the launcher says) acts alone: then one message appears, and
 * mpirun returns its exit code. */
static int run_without_mpi(int argc, char **argv)
{
  nt_error err = {0};
  if (nt_cli_launcher_rank() > 0) return 0;
  const int code = run_named(argc, argv);
  if (code != 0 || nt_cli_flush(&err) == NT_OK) return code;
  nt_cli_complain(err.message);
  return nt_status_exit_code(err.status);
}

/* Open MPI's mpirun gives ranks a second between TERM and KILL, but no longer than until the first of
 * them has ended: whoever is done waits a quarter for those that have files to remove. */
static void end_by_signal(int number)
{
  nt_drafts_remove();
  (void)poll(NULL, 0, 250);
  (void)signal(number, SIG_DFL);
  (void)raise(number);
}

/* Half a result does not stay behind when the job is ended, or told by a scheduler that it soon will
 * be. */
static void catch_signals(void)
{
  static const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGXCPU};
  struct sigaction before, ours = {.sa_handler = end_by_signal};
  (void)sigfillset(&ours.sa_mask); /* one of them is enough, and is not interrupted by the next */
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    const bool is_ours = sigaction(numbers[i], NULL, &before) == 0 && before.sa_handler == SIG_DFL;
    if (is_ours) (void)sigaction(numbers[i], &ours, NULL);
  }
}

int main(int argc, char **argv)
{
  nt_cli_use_best_blas_core(argv);
  nt_heap_keep();
  catch_signals();
  static char help_word[] = "help", version_word[] = "version";
  if (argc < 2) {
    if (nt_cli_launcher_rank() > 0) return 0;
    nt_cli_complain("a subcommand is missing (see ntmpi --help)");
    return 2;
  }
  argv++;
  argc--;
  if (nt_cli_is_help(argv[0])) argv[0] = help_word;
  if (strcmp(argv[0], "--version") == 0 || strcmp(argv[0], "-V") == 0) argv[0] = version_word;
  const bool computes = strcmp(argv[0], "kernel") == 0 || strcmp(argv[0], "predict") == 0 ||
                        strcmp(argv[0], "bench") == 0;
  if (computes && !nt_cli_help_wanted(argc, argv)) return run_named(argc, argv);
  return run_without_mpi(argc, argv);
}

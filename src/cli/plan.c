/* ntmpi plan: what a run would do, decided by the code of the run itself, on
 * ranks that need not exist. */
#include "cli/cli.h"

#include "base/suggest.h"

#include <stdio.h>
#include <string.h>

static void help(void)
{
  printf(
      "Usage: ntmpi plan kernel ARGUMENTS\n"
      "   or: ntmpi plan predict ARGUMENTS\n\n"
      "What ntmpi kernel or predict with the same arguments (without -o) would do: the\n"
      "segments of the network that are carried through together, tiles, memory of a rank,\n"
      "time by a short calibration on this machine. Reads headers and labels only, computes\n"
      "nothing, and never starts MPI. What does not fit in memory ends with exit code 5,\n"
      "naming what would do.\n\n"
      "      --ranks=N       ranks to plan for (default: 1)\n"
      "      --threads=T     threads of a rank (default: OMP_NUM_THREADS, else its share of the\n"
      "                      cores here)\n"
      "      --memory=SIZE   a rank may use (default: what this node leaves)\n"
      "      --json=FILE     the plan as JSON; -: on stdout, instead of the tables\n\n"
      "Example:\n"
      "  ntmpi plan kernel -n net.txt 'random(50000,32,32,3)' --ranks 64 --memory 4G\n");
}

int nt_cli_plan(int argc, char **argv)
{
  static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
  } plans[] = {{"kernel", nt_cli_plan_kernel}, {"predict", nt_cli_plan_predict}};
  char message[300], hint[100];
  nt_suggestion suggestion = {.word = argc > 1 ? argv[1] : ""};
  if (argc > 1 && nt_cli_is_help(argv[1])) {
    help();
    return 0;
  }
  for (size_t i = 0; argc > 1 && i < sizeof plans / sizeof *plans; i++) {
    if (strcmp(argv[1], plans[i].name) == 0) return plans[i].run(argc - 1, argv + 1);
    nt_suggest(&suggestion, plans[i].name);
  }
  if (argc < 2)
    snprintf(message, sizeof message,
             "plan what? ntmpi plan kernel ..., or ntmpi plan predict ...");
  else
    snprintf(message, sizeof message, "plan '%.100s'%s; kernel and predict are what can be planned",
             argv[1], nt_suggestion_text(&suggestion, hint, sizeof hint));
  nt_cli_complain(message);
  return 2;
}

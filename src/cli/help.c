/* ntmpi help [SUBCOMMAND] */
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

static void print_overview(void)
{
  printf("Usage: ntmpi SUBCOMMAND [ARGUMENTS]\n"
         "   or: mpirun -n RANKS ntmpi SUBCOMMAND [ARGUMENTS]\n\n"
         "Kernels of infinitely wide neural networks (NNGP and NTK) on distributed memory, and\n"
         "inference with them. Networks are written as in neural_tangents.stax.\n\n");
  for (const nt_cli_command *c = nt_cli_commands; c->name != NULL; c++)
    printf("  %-9s %s\n", c->name, c->summary);
  printf("\nntmpi help SUBCOMMAND explains one of them, ntmpi layers NAME a layer.\n\n"
         "Example:\n"
         "  mpirun -n 4 ntmpi kernel -e 'serial(Dense(512), Relu(), Dense(1))' x.npy -o k.h5\n\n"
         "Exit codes: 0 done; 2 wrong usage or network text; 3 input data; 4 output exists or\n"
         "cannot be written; 5 does not fit in memory; 6 numerical failure; 7 internal or MPI.\n");
}

bool nt_cli_is_help(const char *word)
{
  return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

int nt_cli_help(int argc, char **argv)
{
  static char option[] = "--help";
  if (argc < 2 || argv[1][0] == '-') {
    print_overview();
    return 0;
  }
  if (argc > 2) {
    nt_cli_complain("help explains one subcommand at a time (ntmpi help lists them)");
    return 2;
  }
  const nt_cli_command *command = nt_cli_command_find(argv[1]);
  if (command == NULL) return 2;
  if (command->run == nt_cli_help) {
    print_overview();
    return 0;
  }
  char *words[] = {argv[1], option, NULL};
  return command->run(2, words);
}

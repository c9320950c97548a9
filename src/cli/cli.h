/** The program ntmpi: its subcommands. Each takes its own words (argv[0] is the subcommand) and
 * returns the exit code of the process. */
#ifndef NT_CLI_CLI_H
#define NT_CLI_CLI_H

#include "nt/status.h"

#include <stdbool.h>

int nt_cli_kernel(int argc, char **argv);
int nt_cli_predict(int argc, char **argv);
int nt_cli_plan(int argc, char **argv);
int nt_cli_plan_kernel(int argc, char **argv);
int nt_cli_plan_predict(int argc, char **argv);
int nt_cli_layers(int argc, char **argv);
int nt_cli_bench(int argc, char **argv);
int nt_cli_help(int argc, char **argv);
int nt_cli_version(int argc, char **argv);

/** A row of the table of subcommands. */
typedef struct nt_cli_command {
  const char *name;
  int (*run)(int argc, char **argv);
  const char *summary;
} nt_cli_command;

/** The table, ended by a row without a name. */
extern const nt_cli_command nt_cli_commands[];

/** The subcommand of this name; NULL after one message about the closest known word. */
const nt_cli_command *nt_cli_command_find(const char *name);

/** Rank of this process as its launcher tells it, before and without MPI; -1 without a launcher. */
int nt_cli_launcher_rank(void);

/** Send what was printed to stdout. \return NT_ERR_OUTPUT: not all of it could be written.
 * Local. */
nt_status nt_cli_flush(nt_error *err) NT_WARN_UNUSED;

/** Have writing fail with a message where the disk is full or the reader has gone, which otherwise
 * end the process. Local. */
void nt_cli_survive_writing(void);

/** Whether a word asks for help: --help or -h. Local. */
bool nt_cli_is_help(const char *word);

/** Print "ntmpi: <message>" on stderr. */
void nt_cli_complain(const char *message);

#endif

/** Words of tables of options. */
#ifndef NT_CLI_TABLES_H
#define NT_CLI_TABLES_H

#include "cli/options.h"

/** Offset of a field. */
#define FIELD(name) offsetof(nt_cli_options, name)
/** The last row. */
#define END                                                                                        \
  {                                                                                                \
    0                                                                                              \
  }

#endif

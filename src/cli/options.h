/** Options of the subcommands that compute: tables that bind a word to a field, its reader and its
 * help. The tables serve argp (parsing, --help) and the messages about unknown words. */
#ifndef NT_CLI_OPTIONS_H
#define NT_CLI_OPTIONS_H

#include "cli/reader.h"

/** What the user asked for: fields of all tables. */
typedef struct nt_cli_options {
  int n_operands;
  char *const *operand; /**< [n_operands] X1, X2; borrowed. */
  /* messages */
  const char *json;
  bool quiet, verbose, help;
  /* network */
  const char *network_file, *network_text;
  /* data, and how a kernel is computed */
  nt_dtype dtype, store;
  nt_maybe_real mask_constant;
  int diagonal_batch, diagonal_spatial; /**< 0, 1, or -1: not given. */
  nt_maybe_int batch_axis, channel_axis;
  const char *preprocess, *preprocess_from;
  nt_shapes shapes;
  const char *pattern, *pattern2; /**< Of Aggregate: DATA, or "none". */
  uint64_t seed;
  nt_grid_size grid;
  bool allow_singleton;
  int64_t threads, memory, tile; /**< 0: not given. */
  int64_t ranks;                 /**< Of a plan; 0: not given. */
  /* layers */
  bool markdown;
  /* bench */
  int64_t samples, features, depth, repeat; /**< 0: not given. */
  bool search;
  /* results */
  const char *output;
  bool force;
  /* kernel */
  unsigned get; /**< NT_GET_… */
  /* predict */
  const char *train, *labels, *test, *test_labels;
  const char *kernel[NT_BLOCKS];            /**< Files with both kernels; or */
  const char *matrix[NT_BLOCKS][NT_FIELDS]; /**< one matrix each. */
  const char *train_rows, *test_rows, *save_kernel, *plot;
  int triangle; /**< nt_triangle */
  bool in_place;
  int method, targets;
  unsigned predictors; /**< NT_BY_…; 0: not given. */
  nt_reals reg, reg_abs;
  int select, select_by; /**< NT_SELECT_...; 0: not given. */
  const char *folds;
  bool loo;
  int64_t classes, test_block; /**< 0: not given. */
  bool covariance, variance;
  /* predict --method gradient-descent */
  nt_reals time;
  nt_rate learning_rate;
  nt_maybe_real momentum, tolerance;
  int loss;
  bool ensemble;
  const char *initial, *initial_test, *state, *save_state;
  nt_axes trace_axes;
  int eigensolver; /**< An nt_eigensolver plus one; 0: not given. */
  int solver;      /**< NT_SOLVER_...; 0: not given. */
  nt_maybe_int rank;
  int64_t iterations; /**< 0: not given. */
  bool matrix_free;
} nt_cli_options;

/** One word. */
typedef struct nt_cli_option {
  const char *name; /**< Without dashes. */
  char letter;      /**< Short form, or 0. */
  const char *arg; /**< What its argument is called; a LIST and STEPS are given once. NULL: none. */
  nt_option_reader read;
  size_t offset; /**< Of its field in nt_cli_options. */
  const char *help;
} nt_cli_option;

/** A table with its title in --help; ended by a row without a name. */
typedef struct nt_cli_group {
  const char *title;
  const nt_cli_option *option;
} nt_cli_group;

/** What a subcommand takes. */
typedef struct nt_cli_syntax {
  const char *name;     /**< "kernel" */
  const char *operands; /**< "X1 [X2]" for the line of usage; several forms on several lines. */
  const char *text;     /**< What it does. */
  const char *epilogue; /**< What follows the options in --help. */
  int most_operands;
  const nt_cli_group *const *groups; /**< Ended by NULL. */
} nt_cli_syntax;

extern const nt_cli_group nt_cli_messages, nt_cli_network, nt_cli_computing, nt_cli_kernel_own,
    nt_cli_plan_own, nt_cli_predict_data, nt_cli_predict_stored, nt_cli_predict_learning,
    nt_cli_predict_choice, nt_cli_predict_descent, nt_cli_predict_solver, nt_cli_predict_results;

/** Parse the words of a subcommand; argv is permuted (operands last).
 * \param [out] options  Freed by nt_cli_options_free, also on failure.
 * \return NT_ERR_ARG with the closest known word. Parallel: Local. */
nt_status nt_cli_parse(nt_error *err, const nt_cli_syntax *syntax, int argc, char **argv,
                       nt_cli_options *options) NT_WARN_UNUSED;
/** Free what the readers allocated. Parallel: Local. */
void nt_cli_options_free(nt_cli_options *options);

/** Whether one of the words asks for help. Parallel: Local. */
bool nt_cli_help_wanted(int argc, char **argv);
/** Print the help of a subcommand on stdout. \return The exit code. Parallel: Local. */
int nt_cli_print_help(const nt_cli_syntax *syntax);

/** The words as one line of shell, for files and summaries: "kernel -e 'Dense(1)' x.npy".
 * \param [out] line  Owned by the caller, freed by `free`. Parallel: Local. */
nt_status nt_cli_command_line(nt_error *err, int argc, char **argv, char **line) NT_WARN_UNUSED;

#endif

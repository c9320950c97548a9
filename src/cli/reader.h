/** From the words of a command line to values. */
#ifndef NT_CLI_READER_H
#define NT_CLI_READER_H

#include "nt/predictor.h"
#include "nt/typing.h"

#include <stdbool.h>
#include <stdint.h>

/** Read `text`, given to option `name` ("--grid"), into the field. Fields that own memory are freed
 * by nt_cli_options_free. \return NT_ERR_ARG naming option, text, and what would be right.
 * Parallel: Local. */
typedef nt_status (*nt_option_reader)(nt_error *err, const char *name, const char *text,
                                      void *field);

/** An integer that may be absent. */
typedef struct nt_maybe_int {
  bool given;
  int64_t value;
} nt_maybe_int;

/** A real number that may be absent. */
typedef struct nt_maybe_real {
  bool given;
  double value;
} nt_maybe_real;

/** --learning-rate R|auto */
typedef struct nt_rate {
  bool given, is_auto;
  double value;
} nt_rate;

/** --trace-axes LIST|none */
typedef struct nt_axes {
  const char *text; /**< Borrowed; NULL if not given. */
  nt_ints list;
} nt_axes;

/** --grid PxQ */
typedef struct nt_grid_size {
  int P, Q;
} nt_grid_size;

enum { NT_MAX_SHAPES = 64 };

/** --shape, once per leaf of a tree of inputs. */
typedef struct nt_shapes {
  int n;
  nt_shape shape[NT_MAX_SHAPES];
} nt_shapes;

/** A LIST of real numbers. */
typedef struct nt_reals {
  const char *text; /**< Borrowed; NULL if not given. */
  int n;
  double *v;    /**< [n] Owned. */
  bool is_list; /**< Not a single number: results get an axis. */
  bool is_auto; /**< The word auto instead of numbers. */
  bool may_be_infinite;
} nt_reals;

enum { NT_METHOD_GP = 1, NT_METHOD_DESCENT };
/** --loss; 0: not given. */
enum { NT_LOSS_MSE = 1, NT_LOSS_CROSS_ENTROPY };
/** The kernels of predict, in the order in which they are reported. */
typedef enum nt_field { NT_NNGP, NT_NTK, NT_FIELDS } nt_field;
/** Blocks of a kernel of all samples. */
typedef enum nt_block { NT_TRAIN_TRAIN, NT_TEST_TRAIN, NT_TEST_TEST, NT_BLOCKS } nt_block;

/** --solver; 0: not given. */
enum { NT_SOLVER_CHOLESKY = 1, NT_SOLVER_REFINE, NT_SOLVER_PCG };
/** --select, --select-by; 0: not given. */
enum { NT_SELECT_LOO = 1, NT_SELECT_FOLDS, NT_SELECT_EVIDENCE };
enum { NT_SELECT_BY_MSE = 1, NT_SELECT_BY_ERROR };
/** Kernels of predict, as bits. */
enum {
  NT_BY_NNGP = 1 << NT_PREDICT_NNGP,
  NT_BY_NTK = 1 << NT_PREDICT_NTK,
  NT_BY_NTKGP = 1 << NT_PREDICT_NTKGP
};

/** The text of an option as messages show it: what is empty as ''. Parallel: Local. */
const char *nt_read_shown(const char *text);
/** A whole decimal number at `*at`, which moves behind it; no blanks before it. \return Whether there
 * is one that int64_t holds. Parallel: Local. */
bool nt_read_whole(const char **at, int64_t *value);
/** Say that `text` is not what option `name` takes. \return NT_ERR_ARG. Parallel: Local. */
nt_status nt_read_wrong(nt_error *err, const char *name, const char *text, const char *wanted);
/** Pass on what the library says of the text of an option. \return own->status. Parallel: Local. */
nt_status nt_read_refused(nt_error *err, const char *name, const char *text, const nt_error *own);
/** Into an int the number, from 1 on, of `text` among n words; `known` is what a message lists.
 * Parallel: Local. */
nt_status nt_read_word(nt_error *err, const char *name, const char *text, const char *const *words,
                       int n, const char *known, void *field);

nt_status nt_read_text(nt_error *err, const char *name, const char *text, void *field);
nt_status nt_read_flag(nt_error *err, const char *name, const char *text, void *field);
nt_status nt_read_yes_no(nt_error *err, const char *name, const char *text, void *field);
nt_status nt_read_int(nt_error *err, const char *name, const char *text, void *field);
nt_status nt_read_count(nt_error *err, const char *name, const char *text, void *field);
nt_status nt_read_seed(nt_error *err, const char *name, const char *text, void *field);
nt_status nt_read_bytes(nt_error *err, const char *name, const char *text, void *field);
nt_status nt_read_real_or_nan(nt_error *err, const char *name, const char *text, void *field);
nt_status nt_read_grid(nt_error *err, const char *name, const char *text, void *field);
nt_status nt_read_dtype(nt_error *err, const char *name, const char *text, void *field);
nt_status nt_read_shape(nt_error *err, const char *name, const char *text, void *field);
nt_status nt_read_get(nt_error *err, const char *name, const char *text, void *field);
nt_status nt_read_predictors(nt_error *err, const char *name, const char *text, void *field);
nt_status nt_read_method(nt_error *err, const char *name, const char *text, void *field);
nt_status nt_read_targets(nt_error *err, const char *name, const char *text, void *field);
nt_status nt_read_reals(nt_error *err, const char *name, const char *text, void *field);
nt_status nt_read_reals_or_auto(nt_error *err, const char *name, const char *text, void *field);
nt_status nt_read_times(nt_error *err, const char *name, const char *text, void *field);
nt_status nt_read_rate(nt_error *err, const char *name, const char *text, void *field);
nt_status nt_read_real(nt_error *err, const char *name, const char *text, void *field);
nt_status nt_read_loss(nt_error *err, const char *name, const char *text, void *field);
nt_status nt_read_axes(nt_error *err, const char *name, const char *text, void *field);
nt_status nt_read_solver(nt_error *err, const char *name, const char *text, void *field);
nt_status nt_read_rank(nt_error *err, const char *name, const char *text, void *field);
nt_status nt_read_eigensolver(nt_error *err, const char *name, const char *text, void *field);
nt_status nt_read_triangle(nt_error *err, const char *name, const char *text, void *field);
nt_status nt_read_select(nt_error *err, const char *name, const char *text, void *field);
nt_status nt_read_select_by(nt_error *err, const char *name, const char *text, void *field);

#endif

/** The meaning of a parsed text: names, values, calls. */
#ifndef NT_NET_EVAL_H
#define NT_NET_EVAL_H

#include "net/net_impl.h"
#include "net/parser.h"
#include "net/value.h"

/** A name of the text and its value. */
typedef struct nt_variable {
  const char *name; /**< Borrowed from the text; NULL: a free place. */
  size_t length;
  nt_value value;
} nt_variable;

/** A hash table with open addressing; begin with zero. */
typedef struct nt_variables {
  nt_variable *slot;
  size_t n, capacity;
} nt_variables;

/** The value of a name, or NULL. Parallel: Local. */
const nt_value *nt_variables_find(const nt_variables *variables, const char *name, size_t length);
nt_status nt_variables_set(nt_error *err, nt_variables *variables, const char *name, size_t length,
                           nt_value value) NT_WARN_UNUSED;

/** A text at work. */
typedef struct nt_evaluation {
  nt_error *err;
  const nt_script *script;
  nt_on_load on_load;
  nt_ast ast;
  nt_pool pool;
  nt_variables variables;
} nt_evaluation;

/** An argument of a call; stars are spread. */
typedef struct nt_argument {
  nt_value value;
  int32_t node;    /**< Where it stands. */
  nt_spot keyword; /**< length 0: positional. */
} nt_argument;

/** Parse `evaluation->script` and run it: the value of the last statement.
 * Parallel: Local. \param [out] out  Lives as long as the evaluation. */
nt_status nt_evaluation_run(nt_evaluation *evaluation, nt_value *out) NT_WARN_UNUSED;
void nt_evaluation_free(nt_evaluation *evaluation);

/** Value of an expression. Parallel: Local. */
nt_status nt_eval(nt_evaluation *s, int32_t node, nt_value *out) NT_WARN_UNUSED;
/** A call by name. Parallel: Local. */
nt_status nt_eval_call(nt_evaluation *s, int32_t node, nt_value *out) NT_WARN_UNUSED;
/** Whether a word is a layer or combinator of stax. Parallel: Local. */
bool nt_is_stax(const char *name);
/** left symbol right, and symbol operand. Parallel: Local. */
nt_status nt_eval_binary(nt_evaluation *s, nt_spot spot, int symbol, nt_value left, nt_value right,
                         nt_value *out) NT_WARN_UNUSED;
nt_status nt_eval_unary(nt_evaluation *s, nt_spot spot, int symbol, nt_value operand,
                        nt_value *out) NT_WARN_UNUSED;
/** Slice[...]: an index, a slice, or a tuple of them. Parallel: Local. */
nt_status nt_eval_index(nt_evaluation *s, int32_t node, nt_value *out) NT_WARN_UNUSED;
/** A lambda, or (not a lambda) a formula in x. Parallel: Local. */
nt_status nt_compile(nt_evaluation *s, int32_t node, nt_function **out) NT_WARN_UNUSED;
/** A function from its text (nt_function_parse), which the evaluation owns. Parallel: Local. */
nt_status nt_eval_formula(nt_evaluation *s, nt_spot spot, const char *text,
                          nt_value *out) NT_WARN_UNUSED;
/** np.array of a number or of nested sequences; load of a file. Parallel: Local. */
nt_status nt_make_array(nt_evaluation *s, nt_spot spot, nt_value value,
                        nt_value *out) NT_WARN_UNUSED;
nt_status nt_load_array(nt_evaluation *s, nt_spot spot, const nt_text *path,
                        nt_value *out) NT_WARN_UNUSED;
/** Set a field of a layer's arguments; false when the value is of the wrong type.
 * Parallel: Local. */
bool nt_set_option(const nt_opt *opt, nt_value value, void *cfg);
/** A layer from its arguments. Parallel: Local. */
nt_status nt_bind(nt_evaluation *s, nt_spot name, const nt_layer_ops *ops, int64_t n,
                  const nt_argument *arguments, nt_value *out) NT_WARN_UNUSED;
/** Hand a new layer to the evaluation, with its place. Parallel: Local. */
nt_status nt_own_layer(nt_evaluation *s, nt_spot spot, nt_layer *layer,
                       nt_value *out) NT_WARN_UNUSED;

/** Where an expression begins (an operator stands in its middle). Parallel: Local. */
nt_spot nt_begin(const nt_evaluation *s, int32_t node);
/** The text of a name, clipped, into `out`; returns `out`. Parallel: Local. */
const char *nt_spot_text(const nt_script *script, nt_spot spot, char *out, size_t size);
/** Pass on an error that knows no place: at this place. Returns the status. Parallel: Local. */
nt_status nt_relay(nt_evaluation *s, nt_status status, nt_spot spot, const nt_error *inner);
/** "; did you mean ...?" among the words that can stand here, in the function `f` in the making or
 * (NULL) outside. Parallel: Local. */
const char *nt_hint(const nt_evaluation *s, const nt_function *f, const char *word, char *out,
                    size_t size);

/** Call with an error record `inner`; its message gets the place. */
#define NT_TRY_AT(s, spot, call)                                                                   \
  do {                                                                                             \
    nt_error inner = {.status = NT_OK};                                                            \
    status = (call);                                                                               \
    if (status != NT_OK) {                                                                         \
      status = nt_relay((s), status, (spot), &inner);                                              \
      goto done;                                                                                   \
    }                                                                                              \
  } while (0)

#endif

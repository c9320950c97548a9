/** Option tables: one row binds a name to a field of a struct, its type, range,
 * default and help. The same table serves the network language, `ntmpi layers`,
 * printing back, and the constructors. */
#ifndef NT_OPTION_H
#define NT_OPTION_H

#include "nt/function.h"
#include "nt/typing.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A short list of numbers: coefficients, places. */
enum { NT_MAX_COEFS = 64 };
typedef struct nt_coefs {
  int n;
  double v[NT_MAX_COEFS];
} nt_coefs;

typedef enum nt_opt_type {
  NT_OPT_INT,             /**< int64_t */
  NT_OPT_INT_OR_NONE,     /**< int64_t, NT_INT_NONE for None */
  NT_OPT_REAL,            /**< double */
  NT_OPT_REAL_OR_NONE,    /**< double, NT_NONE for None */
  NT_OPT_BOOL,            /**< bool */
  NT_OPT_CHOICE,          /**< int: index of a string in `choices` */
  NT_OPT_CHOICE_OR_NONE,  /**< The same, -1 for None */
  NT_OPT_INTS,            /**< nt_ints: an integer, a tuple or a list of integers */
  NT_OPT_INTS_OR_NONE,    /**< nt_ints, n = -1 for None */
  NT_OPT_STRINGS_OR_NONE, /**< nt_strings, n = -1 for None */
  NT_OPT_SLICES,          /**< nt_slices: an index or several, as Slice[...] gives them */
  NT_OPT_COEFS,           /**< nt_coefs: a number, a tuple, a list or an array of numbers */
  NT_OPT_ARRAY_OR_NONE,   /**< nt_array, copied: a number, np.array(...), load(...). */
  NT_OPT_DOT_AXES, /**< nt_dot_axes: ((contract, contract), (batch, batch)), tuples of integers */
  NT_OPT_FUNCTION  /**< nt_function *: a lambda, or a formula as text. NULL: None, if not required.
                           * The layer retains it. `length`: its number of arguments. */
} nt_opt_type;

typedef struct nt_opt {
  const char *name; /**< As in the reference: "W_std". */
  nt_opt_type type;
  size_t offset; /**< Of the field in the layer's cfg. */
  bool required; /**< No default. Otherwise the default is the field of `nt_layer_ops.defaults`. */
  /** Inclusive range of numbers; both 0: any finite number; max below min, as where it is left out:
   * no upper end. */
  double min, max;
  bool open;           /**< The lower end is exclusive. */
  const char *choices; /**< NT_OPT_CHOICE: "ntk|standard". */
  bool fold_case;      /**< NT_OPT_CHOICE: upper and lower case are the same. */
  int length;          /**< NT_OPT_INTS, NT_OPT_STRINGS: required length, 0 for any. */
  const char *help;    /**< One line. */
} nt_opt;

#ifdef __cplusplus
}
#endif
#endif

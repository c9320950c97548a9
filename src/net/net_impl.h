/** For insiders: the tree of layers that the plan compiles. */
#ifndef NT_NET_IMPL_H
#define NT_NET_IMPL_H

#include "nt/stax.h"

typedef enum nt_layer_kind {
  NT_LAYER_LEAF,
  NT_LAYER_SERIAL,
  NT_LAYER_PARALLEL,
  NT_LAYER_REPEAT
} nt_layer_kind;

/** Name of a text, shared by the layers that were read from it. */
typedef struct nt_script_name {
  int64_t refs;
  char *text;
} nt_script_name;

/** Where a layer stands; line and column count from 1, line 0: made by a constructor. */
typedef struct nt_origin {
  int64_t line, column;
  nt_script_name *script; /**< Retained; NULL when line is 0. */
} nt_origin;

/** Limits of a network: layers (repetitions count), and levels of combinators. */
enum { NT_MAX_LAYERS = 1000000, NT_MAX_LEVELS = 500 };

struct nt_layer {
  int64_t refs;
  nt_layer_kind kind;
  const nt_layer_ops *ops; /**< LEAF; borrowed. */
  void *cfg;               /**< LEAF: [ops->cfg_size] owned; NULL without arguments. */
  int n;                   /**< Children: 0 in a LEAF, 1 in a REPEAT. */
  nt_layer **child;        /**< [n] Retained; one layer may be the child of many. */
  int64_t repeat;          /**< REPEAT: how often. */
  int64_t layers;          /**< From here down, repetitions counted; at most NT_MAX_LAYERS. */
  int levels;              /**< Combinators from here down; at most NT_MAX_LEVELS. */
  nt_origin place;
};

/** Who is asked before a text loads a file; an error ends the reading. */
typedef struct nt_on_load {
  nt_status (*ask)(nt_error *err, const void *arg, const char *path); /**< NULL: nobody. */
  const void *arg;
} nt_on_load;

/** nt_network_parse, or (`text` NULL) nt_network_read of the file `name`. Parallel: Local. */
nt_status nt_network_open(nt_error *err, const char *text, const char *name, nt_on_load on_load,
                          nt_layer **out) NT_WARN_UNUSED;
/** Name as in the network language: "Relu", "serial". Parallel: Local. */
const char *nt_layer_name(const nt_layer *layer);
/** "Relu at line 1, column 20 of net.txt", or "Relu", into `out`; returns `out`.
 * Parallel: Local. */
const char *nt_layer_where(const nt_layer *layer, char *out, size_t size);
/** Where `status` is an error, put "Relu at line 1, column 20 of net.txt: " before the message of
 * `err` (NULL: none): a layer itself does not know where it stands. \return `status`.
 * Parallel: Local. */
nt_status nt_layer_blame(const nt_layer *layer, nt_error *err, nt_status status) NT_WARN_UNUSED;

/** Set the place of a new layer that has one owner. Parallel: Local. */
void nt_layer_set_place(nt_layer *layer, int64_t line, int64_t column, nt_script_name *script);
/** One owner of a name more, or less (the last one frees). Parallel: Local. */
nt_script_name *nt_script_name_retain(nt_script_name *name);
void nt_script_name_release(nt_script_name *name);

#endif

/** The layers that ntmpi brings along: the table made of layers.def.
 *
 * The combinators serial, parallel and repeat are no entries: they belong to src/net. */
#ifndef NT_LAYER_REGISTRY_H
#define NT_LAYER_REGISTRY_H

#include "nt/plugin.h"

/** The layer of this name in neural_tangents.stax ("Relu"), or NULL. Parallel: Local. */
const nt_layer_ops *nt_layer_find(const char *name);
/** Number of layers. Parallel: Local. */
int nt_layer_count(void);
/** Layer number `index`, 0 ... nt_layer_count() - 1. Parallel: Local. */
const nt_layer_ops *nt_layer_at(int index);

#define NT_LAYER(name) extern const nt_layer_ops nt_layer_##name;
#include "layer/layers.def"
#undef NT_LAYER

#endif

/** Networks, by the names of `neural_tangents.stax`: from a text, or from constructors.
 *
 * Every layer with arguments has a struct of them, in the order of the reference, and an
 * initialiser with its defaults; required arguments (marked) have none. So
 *
 *     nt_dense dense = NT_DENSE_DEFAULTS;
 *     dense.out_dim = 512;
 *     dense.W_std = 1.5;
 *     status = nt_stax_dense(err, &dense, &layer);
 *
 * is `Dense(512, W_std=1.5)`. The layers stand in three headers, as in the reference in three
 * files; here are texts, and what combines layers. Nothing here needs MPI. Layers are immutable
 * once made; their reference counts are not protected against several threads. */
#ifndef NT_STAX_H
#define NT_STAX_H

#include "nt/plugin.h"
#include "nt/stax_branching.h"
#include "nt/stax_elementwise.h"
#include "nt/stax_linear.h"

#ifdef __cplusplus
extern "C" {
#endif

/** One more owner; returns `layer` (NULL is accepted). Parallel: Local. */
nt_layer *nt_layer_retain(nt_layer *layer);
/** One owner less, the last one frees; sets *layer to NULL (NULL is accepted). Parallel: Local. */
void nt_layer_release(nt_layer **layer);

/** Read a network from a text in Python's expression syntax:
 *
 *     serial(Dense(512, W_std=2**0.5), Relu(), Dense(1))
 *
 * with assignments before the last line, which is the network.
 * Parallel: Local.
 * \param [in]  name  What errors call the text, a path for example: `load('a.npy')` is relative to
 *                    its folder. NULL: "network".
 * \param [out] out   Owned by the caller; NULL on failure.
 * \return NT_OK; NT_ERR_NETWORK for a wrong text, NT_ERR_UNSUPPORTED for a layer that has
 *         no kernel here, both with line, column, and what would be right; NT_ERR_DATA
 *         from load; NT_ERR_NOMEM. */
nt_status nt_network_parse(nt_error *err, const char *text, const char *name,
                           nt_layer **out) NT_WARN_UNUSED;
/** The same from a file. \return also NT_ERR_DATA when the file cannot be read. Parallel: Local. */
nt_status nt_network_read(nt_error *err, const char *path, nt_layer **out) NT_WARN_UNUSED;
/** The text of a network: one line that nt_network_parse reads back to an equal network, with the
 * arguments that differ from their defaults.
 * Parallel: Local. \param [out] out  Owned by the caller, freed by `free`. */
nt_status nt_layer_text(nt_error *err, const nt_layer *layer, char **out) NT_WARN_UNUSED;

/** Read a function, for the layers that take one: "lambda c, v: c * v", or a formula in x:
 * "x * tanh(x)", of + - * / // % **, comparisons, and exp log sin cos tan tanh sqrt erf abs maximum
 * minimum where and their like; it is differentiated exactly, by dual numbers.
 * Parallel: Local. \param [out] out  Owned by the caller. \return NT_OK;
 * NT_ERR_NETWORK; NT_ERR_NOMEM. */
nt_status nt_function_parse(nt_error *err, const char *text, nt_function **out) NT_WARN_UNUSED;

/** `serial(*layers)`: one after the other; at least one. `layers` are retained.
 * Parallel: Local. \param [out] out  Owned by the caller; NULL on failure (so in all that follow).
 * \return NT_OK; NT_ERR_ARG; NT_ERR_NOMEM. */
nt_status nt_stax_serial(nt_error *err, int n, nt_layer *const *layers,
                         nt_layer **out) NT_WARN_UNUSED;
/** `parallel(*layers)`: one for each entry of the input; at least one. Parallel: Local. */
nt_status nt_stax_parallel(nt_error *err, int n, nt_layer *const *layers,
                           nt_layer **out) NT_WARN_UNUSED;
/** `repeat(layer, n)`: n times one after the other, n >= 0. Parallel: Local. */
nt_status nt_stax_repeat(nt_error *err, nt_layer *layer, int64_t n, nt_layer **out) NT_WARN_UNUSED;
/** Any layer, yours too (nt/plugin.h).
 *
 * Parallel: Local.
 * \param [in] ops  Borrowed for as long as the layer lives.
 * \param [in] cfg  Its arguments: copied, and checked as its table says. NULL: defaults. */
nt_status nt_stax_layer(nt_error *err, const nt_layer_ops *ops, const void *cfg,
                        nt_layer **out) NT_WARN_UNUSED;

#ifdef __cplusplus
}
#endif
#endif

/** Trees of data sets, from their texts to preprocessed samples. */
#ifndef NT_CLI_INPUTS_H
#define NT_CLI_INPUTS_H

#include "cli/session.h"
#include "kernel/panel.h"
#include "nt/stax.h"

/** One argument of a kernel: X1, X2, training or test samples. */
typedef struct nt_inputs {
  const char *text;        /**< As given, borrowed. */
  nt_tree *tree;           /**< Of texts; owned. */
  int n_leaves;            /**< At least 1 once opened. */
  int64_t n;               /**< Samples, once opened. */
  nt_dataset **set;        /**< [n_leaves] */
  nt_samples **sample;     /**< [n_leaves] NULL before nt_inputs_read. */
  nt_dataset *pattern_set; /**< Patterns of Aggregate; NULL: none. */
  int64_t patterns;        /**< How many. */
  nt_samples *pattern;     /**< NULL before nt_inputs_read. */
} nt_inputs;

/** Parse a TREE. Parallel: Local. */
nt_status nt_inputs_parse(nt_error *err, const char *text, nt_inputs *x) NT_WARN_UNUSED;
/** Open all leaves (headers only) with the axes that the network declares, and check that they have
 * equally many samples. Parallel: Collective on the context. */
nt_status nt_inputs_open(nt_session *s, const nt_dataset_options *axes,
                         nt_inputs *x) NT_WARN_UNUSED;
/** Open the patterns of Aggregate, DATA; "none" or NULL: there are none. `x` is open.
 * \return NT_ERR_DATA unless there is one for each sample; where layers of `net` act on the
 * samples, the plan knows how many there are to be. Parallel: Collective on the context. */
nt_status nt_inputs_open_pattern(nt_session *s, const nt_layer *net, const char *text,
                                 nt_inputs *x) NT_WARN_UNUSED;
/** Shape of the patterns; false: there are none. Parallel: Local. */
bool nt_inputs_pattern_shape(const nt_inputs *x, nt_shape *shape);
/** Check that both, which need not be open, are nested alike. \return NT_ERR_DATA. Parallel: Local. */
nt_status nt_inputs_nested_alike(nt_error *err, const nt_inputs *a,
                                 const nt_inputs *b) NT_WARN_UNUSED;
/** Check that each leaf of `b` has the shape of that of `a`, apart from the number of samples.
 * \return NT_ERR_DATA. Parallel: Local. */
nt_status nt_inputs_alike(nt_error *err, const nt_inputs *a, const nt_inputs *b) NT_WARN_UNUSED;
/** Read the samples of all leaves. Parallel: Collective on the context. */
nt_status nt_inputs_read(nt_session *s, nt_inputs *x) NT_WARN_UNUSED;
/** Samples first ... first+count-1 of an argument that was opened, and of its samples if they were
 * read; `part` borrows from `x`, and is freed by nt_inputs_end_part. `first` is a multiple of
 * nt_samples_step. Parallel: Local. */
nt_status nt_inputs_part(nt_error *err, const nt_inputs *x, int64_t first, int64_t count,
                         nt_inputs *part) NT_WARN_UNUSED;
/** Free a part (also when zeroed). Parallel: Local. */
void nt_inputs_end_part(nt_inputs *part);
/** Free the samples. Parallel: Local. */
void nt_inputs_forget(nt_inputs *x);
/** Free all. Parallel: Local. */
void nt_inputs_free(nt_inputs *x);

/** The samples for the kernel engine; borrows. Parallel: Local. */
nt_side nt_inputs_side(const nt_inputs *x);

/** The hashes of the samples as nt_stored_texts gives those of a file: "=5f0c...\n", for trees
 * "[0]=...\n[1/0]=...\n", sorted. \param [out] text  Freed by `free`. Parallel: Local. */
nt_status nt_inputs_hashes(nt_error *err, const nt_inputs *x, char **text) NT_WARN_UNUSED;
/** The same of their patterns; "" without. Parallel: Local. */
nt_status nt_inputs_pattern_hash(nt_error *err, const nt_inputs *x, char **text) NT_WARN_UNUSED;

/** The steps of --preprocess: one copy per leaf, since each has its own statistics. */
typedef struct nt_steps {
  int n_leaves; /**< 0: no preprocessing. */
  nt_preprocess **leaf;
} nt_steps;

/** Parse the steps. Parallel: Local. */
nt_status nt_steps_parse(nt_error *err, const char *text, int n_leaves,
                         nt_steps *steps) NT_WARN_UNUSED;
/** Whether they have statistics. Parallel: Local. */
bool nt_steps_need_training(const nt_steps *steps);
/** Compute the statistics. Parallel: Collective on the context. */
nt_status nt_steps_fit(nt_session *s, nt_steps *steps, const nt_inputs *training) NT_WARN_UNUSED;
/** Apply the steps in place. Parallel: Collective on the context. */
nt_status nt_steps_apply(nt_session *s, const nt_steps *steps, nt_inputs *x) NT_WARN_UNUSED;
/** Store them with results: text, hash, and for a single leaf the statistics; `x` names the leaves.
 * Parallel: Collective on the context. */
nt_status nt_steps_store(nt_session *s, const nt_steps *steps, const nt_inputs *x,
                         nt_output *out) NT_WARN_UNUSED;
/** The hashes of steps and statistics in the same form; "" without steps. Parallel: Local. */
nt_status nt_steps_hashes(nt_error *err, const nt_steps *steps, const nt_inputs *x,
                          char **text) NT_WARN_UNUSED;
/** Free all. Parallel: Local. */
void nt_steps_free(nt_steps *steps);

/** Attributes of group `where` ("": of the file): `name` (its text), `name`_shape and `name`_sha256;
 * for trees of data the last two with the path of each leaf in brackets: "x1_sha256[1/0]".
 * Parallel: Collective on the context. */
nt_status nt_inputs_store(const nt_inputs *x, const char *where, const char *name,
                          nt_output *out) NT_WARN_UNUSED;

#endif

/** Stored kernels of `ntmpi predict`: files of `ntmpi kernel`, single
 * matrices, rows of one kernel. */
#ifndef NT_CLI_STORED_H
#define NT_CLI_STORED_H

#include "cli/network.h"
#include "cli/problem.h"
#include "nt/predict.h"
#include "nt/stored.h"

/** Chosen samples of a kernel over all of them, and their rows. */
typedef struct nt_chosen_rows {
  int64_t samples, n;
  int64_t *sample; /**< [samples] Owned; NULL: none were chosen. */
  int64_t *row;    /**< [n] Owned; NULL likewise. */
} nt_chosen_rows;

/** All that the options name. */
typedef struct nt_stored_kernels {
  nt_stored *m[NT_BLOCKS][NT_FIELDS];     /**< Owned; NULL: not stored. */
  const char *file[NT_BLOCKS][NT_FIELDS]; /**< As given, borrowed. */
  char *inside[NT_BLOCKS];                /**< Owned: names of those that --kernel holds. */
  bool others; /**< Test-train kernels were given apart: those that --kernel holds are not taken. */
  nt_chosen_rows train, test; /**< With rows all blocks come from the train-train matrices. */
  int64_t all;                /**< Samples of that kernel, or 0. */
} nt_stored_kernels;

/** Open what the options name. Parallel: Collective on the context. */
nt_status nt_stored_kernels_open(nt_session *s, nt_stored_kernels *k) NT_WARN_UNUSED;
/** Of kernels that are open, those rows that --train-rows and --test-rows choose (stored_rows.c); a
 * warning where both have a sample. \return NT_ERR_DATA. Parallel: Collective on the context. */
nt_status nt_stored_rows_open(nt_session *s, nt_stored_kernels *k) NT_WARN_UNUSED;
/** Close all. Parallel: Local. */
void nt_stored_kernels_close(nt_stored_kernels *k);
/** NT_GET_... of the kernels that are stored for a block. Parallel: Local. */
unsigned nt_stored_kernels_get(const nt_stored_kernels *k, nt_block block);
/** Bytes of a rank's buffers when `lines` rows of a block are read. Parallel: Local. */
int64_t nt_stored_kernels_buffers(const nt_stored_kernels *k, const nt_grid *grid, nt_block block,
                                  unsigned get, int64_t lines);
/** Numbers of training and test rows that the stored kernels have, or 0 where they say nothing.
 * \return NT_ERR_DATA when they do not fit each other. Parallel: Local. */
nt_status nt_stored_kernels_size(nt_error *err, const nt_stored_kernels *k, int64_t *n,
                                 int64_t *m) NT_WARN_UNUSED;
/** Check that stored kernels with more than two axes have those of the outputs:
 * (n, n, a, a) for rows (n, a).
 * \return NT_ERR_DATA. Parallel: Collective on the context. */
nt_status nt_stored_kernels_check_axes(nt_session *s, const nt_stored_kernels *k,
                                       const nt_problem *problem) NT_WARN_UNUSED;
/** Read rows first ... first+count-1 of a block, in blocks of mb x nb; a whole square kernel is
 * checked to be symmetric. \param [out] out  Owned by the caller. \return NT_ERR_DATA.
 * Parallel: Collective on the grid. */
nt_status nt_stored_kernels_read(nt_session *s, const nt_stored_kernels *k, nt_block block,
                                 nt_field field, int64_t first, int64_t count, int64_t mb,
                                 int64_t nb, nt_dmatrix **out) NT_WARN_UNUSED;

/** What stored kernels must have come from: texts of nt_stored_texts, NULL
 * where not known. Borrowed. */
typedef struct nt_provenance {
  const char *network; /**< As printed back. */
  const char *train, *test, *preprocess;
  const char *train_pattern, *test_pattern;
  const char *train_name, *test_name, *test_pattern_name; /**< For messages. */
} nt_provenance;

/** Check that the stored kernels come from the same network, samples and preprocessing as each
 * other and as `given`. \return NT_ERR_DATA naming file and both values.
 * Parallel: Collective on the context. */
nt_status nt_stored_kernels_check(nt_session *s, const nt_stored_kernels *k,
                                  const nt_provenance *given) NT_WARN_UNUSED;

/** "ntk", "train-train": for messages. Parallel: Local. */
const char *nt_field_name(nt_field field);
const char *nt_block_name(nt_block block);
/** NT_GET_NNGP or NT_GET_NTK. Parallel: Local. */
unsigned nt_field_get(nt_field field);
/** The group of a file where --save-kernel puts a block; "": at the top. Parallel: Local. */
const char *nt_block_group(nt_block block);

#endif

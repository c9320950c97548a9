/** The inside of results.
 *
 * A store (HDF5 file, folder, single .npy) finds a place for a result; `writer` then puts the
 * numbers there, all ranks at once, by pwrite. No rank waits for another while it writes, there are
 * no locks, and an error is the operating system's own. */
#ifndef NT_IO_OUTPUT_H
#define NT_IO_OUTPUT_H

#include "base/number.h"
#include "io/draft.h"
#include "nt/io.h"

#include <signal.h>

/** Where the elements of a result lie: in chunks, row-major inside a chunk, chunks anywhere. Edge
 * chunks have the size of the others. */
typedef struct nt_storage {
  char path[NT_PATH];
  nt_number type;
  int rank;
  int64_t dim[NT_MAX_RESULT_RANK];
  int64_t chunk[NT_MAX_RESULT_RANK]; /**< Wanted by the writer; a store may take the whole array. */
  int64_t n_chunks;
  int64_t *address; /**< [n_chunks] bytes; owned; in row-major order of chunks. */
} nt_storage;

typedef enum nt_attr_type { NT_ATTR_TEXT, NT_ATTR_INTS, NT_ATTR_REAL, NT_ATTR_BOOL } nt_attr_type;

/** An attribute; `values` is a text, int64_t[n] (n = -1: a scalar), a double or a bool. */
typedef struct nt_attr {
  const char *where, *name;
  nt_attr_type type;
  int n;
  const void *values;
} nt_attr;

/** The functions of a store: all local, called on rank 0. */
typedef struct nt_store_ops {
  nt_status (*begin)(nt_error *err, nt_output *out);
  nt_status (*place)(nt_error *err, nt_output *out, const char *name, nt_storage *place);
  nt_status (*attr)(nt_error *err, nt_output *out, const nt_attr *attr);
  nt_status (*end)(nt_error *err, nt_output *out);
} nt_store_ops;

extern const nt_store_ops nt_store_hdf5, nt_store_folder, nt_store_npy;

struct nt_output {
  nt_ctx *ctx;
  const nt_store_ops *ops;
  char path[NT_PATH]; /**< As given, without a trailing slash. */
  nt_draft draft;
  bool begun; /**< Whether draft.temp was made. */
  bool force;
  int results;
  int64_t bytes;
  void *json; /**< Folder: attributes. */
};

/** Record NT_ERR_OUTPUT: "k.h5: `what` failed: cause". \return NT_ERR_OUTPUT. Parallel: Local. */
nt_status nt_output_fail(nt_error *err, const nt_output *out, const char *what, const char *cause);
/** Let writing beyond the file size limit fail with EFBIG, not kill us; and back.
 * Parallel: Local. */
void nt_output_hold_signals(struct sigaction *before);
void nt_output_release_signals(const struct sigaction *before);
/** Rank 0: write a whole array of bytes at its place. Parallel: Local. */
nt_status nt_write_whole(nt_error *err, const nt_output *out, const nt_storage *place,
                         const void *values) NT_WARN_UNUSED;
/** Write this rank's part of a matrix at its place. Parallel: Local. */
nt_status nt_write_matrix(nt_error *err, const nt_output *out, const nt_storage *place,
                          const nt_dmatrix *m, const nt_result_layout *layout) NT_WARN_UNUSED;
/** Chunks for a matrix: tiles, or multiples of tiles of 1 MiB and more. Parallel: Local. */
void nt_choose_chunks(const nt_dmatrix *m, const nt_result_layout *layout, nt_storage *place);

#endif

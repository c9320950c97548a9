/** Stored kernels: matrices in .npy files and HDF5 datasets, and the attributes that
 * `ntmpi kernel` writes beside them. */
#ifndef NT_STORED_H
#define NT_STORED_H

#include "nt/io.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A stored matrix that was opened: its header alone. Opaque. */
typedef struct nt_stored nt_stored;

/** Open `a.npy` or `a.h5:/dataset`: a matrix of M x N numbers. With more than two axes
 * (m, n, a, a, b, b) they are those of the outputs of two samples in pairs, and rows count
 * (m, a, b), columns (n, a, b), as neural_tangents and `ntmpi kernel` have them; axes of size 1
 * behind the second do not count.
 *
 * \param [out] stored  Owned by the caller; NULL on failure.
 * \return NT_ERR_DATA: missing, damaged, another format, axes that are not in pairs.
 *         Parallel: Collective on ctx. */
nt_status nt_stored_open(nt_ctx *ctx, const char *text, nt_stored **stored) NT_WARN_UNUSED;
/** Free and set to NULL (NULL is accepted). Parallel: Local. */
void nt_stored_close(nt_stored **stored);
/** Sizes M x N, of a vector M x 1. Parallel: Local. */
void nt_stored_size(const nt_stored *stored, int64_t *M, int64_t *N);
/** Axes of the file: two, or more when they are in pairs. Parallel: Local. */
nt_shape nt_stored_shape(const nt_stored *stored);
/** Rows of a sample: those with one index along the first axis. Parallel: Local. */
int64_t nt_stored_unit(const nt_stored *stored);
/** Whether the file has one axis. Parallel: Local. */
bool nt_stored_is_vector(const nt_stored *stored);
/** The text it was opened with, borrowed. Parallel: Local. */
const char *nt_stored_name(const nt_stored *stored);
/** Whether the file has float32 (or less). Parallel: Local. */
bool nt_stored_is_single(const nt_stored *stored);
/** How far mirror entries may differ, relative to the diagonal: 1e-10, or 1e-5 for float32.
 * Parallel: Local. */
double nt_stored_tolerance(const nt_stored *stored);

/** Bytes that reading `lines` rows of it takes on a rank of the grid, beside the matrix. Local. */
int64_t nt_stored_buffers(const nt_stored *stored, const nt_grid *grid, int64_t lines);

/** Read to_ij = stored[rows[i], cols[j]] into a matrix in any blocks on any grid of the context.
 *
 * Each rank reads whole lines of the file, a share of them, every line once, and sends the numbers
 * to the ranks that own them, in batches of 8 MiB; numbers are converted to double.
 * \param [in] rows, cols  [to->M], [to->N]: 0 ... M-1, 0 ... N-1; NULL: all, in order. Whole
 *                     samples: the rows of one follow each other, from its first on.
 * \param [in] filled  NT_LOWER or NT_UPPER: this triangle of a square matrix is filled, and the
 *                     other one its mirror image, whatever the file has there
 *                     (which is read twice then).
 * \return NT_ERR_DATA for a file that ends early, or an entry that is not finite: names row and
 *         column of the file; NT_ERR_DIST for a sample whose rows no message holds; NT_ERR_NOMEM.
 * Parallel: Collective on ctx. */
nt_status nt_stored_read(nt_stored *stored, nt_triangle filled, const int64_t *rows,
                         const int64_t *cols, nt_dmatrix *to) NT_WARN_UNUSED;

/** Where the matrix `field` ("nngp") of a file of `ntmpi kernel` is: NAME.h5, NAME.h5:/group or a
 * folder, as a text for nt_stored_open; for a bare matrix the text itself.
 *
 * \param [out] place  Empty when the file has no such result.
 * \return NT_ERR_DATA when there is no such file. Parallel: Collective on ctx. */
nt_status nt_stored_find(nt_ctx *ctx, const char *text, const char *field, char *place,
                         size_t size) NT_WARN_UNUSED;
/** Attributes behind `text` whose names begin with `prefix`: of the group that it names or that its
 * matrix is in, else of the nearest group above with any, texts and booleans ("true"); as lines
 * "rest of the name=value", sorted by name: "=5f0c...\n", for trees "[0]=...\n[1/0]=...\n".
 *
 * \param [out] lines  Owned by the caller, freed by `free`; "" when there are none (a bare .npy).
 * Parallel: Collective on ctx. */
nt_status nt_stored_texts(nt_ctx *ctx, const char *text, const char *prefix,
                          char **lines) NT_WARN_UNUSED;

#ifdef __cplusplus
}
#endif
#endif

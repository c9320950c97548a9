/** Data in and out: data sets, distributed samples, preprocessing, labels, results.
 *
 *     text "a.npy[0:1000]" --open--> nt_dataset --read--> nt_samples --preprocess--> kernels
 *     distributed matrices --write--> nt_output --commit--> one HDF5 file, or .npy
 *
 * Opening reads headers only, so that memory can be planned before anything is read. */
#ifndef NT_IO_H
#define NT_IO_H

#include "nt/context.h"
#include "nt/dmatrix.h"
#include "nt/typing.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A data set that was opened: file, type, shape, chosen samples. Opaque. */
typedef struct nt_dataset nt_dataset;

/** How the axes of the file are to be read. */
typedef struct nt_dataset_options {
  int64_t batch_axis;    /**< Samples lie along it; negative counts from the end. */
  int64_t channel_axis;  /**< Of the shape with the batch axis; not read if `flatten`. */
  bool flatten;          /**< channel_axis is None: every entry of a sample is a channel. */
  char asked_by[120];    /**< Who asks for these axes, for messages; empty: nobody in particular. */
  nt_shape sample_shape; /**< Each sample becomes this, row-major; rank 0: as in the file. */
  uint64_t seed;         /**< Of random(…). */
  bool may_be_empty;     /**< Samples may hold no numbers (patterns without edges). */
} nt_dataset_options;

#define NT_DATASET_DEFAULTS                                                                        \
  {                                                                                                \
    .channel_axis = -1                                                                             \
  }

/** What is known of a data set before it is read. */
typedef struct nt_dataset_info {
  const char *name;  /**< The text that was given. Borrowed from the data set. */
  const char *type;  /**< Element type of the file: "uint8". Borrowed. */
  int64_t n;         /**< Samples, after the range. */
  nt_shape shape;    /**< Of the array: the file's axes (or --shape), batch axis included. */
  int batch_axis;    /**< Resolved, 0 … rank-1. */
  int channel_axis;  /**< Resolved, or -1 when every entry is a channel. */
  nt_shape space;    /**< Spatial sizes, in the order of the axes. */
  int64_t positions; /**< Their product; 1 when there are none. */
  int64_t channels;  /**< positions * channels numbers a sample. */
  bool is_integer;   /**< Integers or booleans. */
  bool odd_header;   /**< CSV: what was taken for a header begins with a number. */
  int64_t unpacked;  /**< Bytes that reading holds on a rank beside the samples, of packed HDF5. */
} nt_dataset_info;

/** Open a DATA text: `a.npy`, `a.h5:/dataset`, `a.idx[.gz]`, `…-idx3-ubyte[.gz]`,
 * `a.csv[.gz]` or `random(n,…)`, and after it, if wanted, a range `[a:b]`, `[a:b:step]` as in
 * Python or rows `[@rows.npy]`.
 *
 * With sample_shape the samples lie along batch_axis of the result; in the file along the same axis
 * if it has as many axes, else along its axis 0.
 * Parallel: Collective on ctx (rank 0 reads the header). Memory O(1), and the row list.
 * \param [in]  options  Borrowed; NULL for the defaults.
 * \param [out] ds       Owned by the caller; NULL on failure.
 * \return NT_ERR_DATA (missing, damaged, empty, of an unknown format), NT_ERR_ARG
 *         (text of the range), NT_ERR_SHAPE (axes that the file does not have, --shape of another
 *         size), NT_ERR_UNSUPPORTED (gzip and CSV are read along axis 0 only). */
nt_status nt_dataset_open(nt_ctx *ctx, const char *text, const nt_dataset_options *options,
                          nt_dataset **ds) NT_WARN_UNUSED;
/** Free a data set and set it to NULL. Parallel: Local. */
void nt_dataset_close(nt_dataset **ds);
/** What is known of it; valid until it is closed. Parallel: Local. */
const nt_dataset_info *nt_dataset_about(const nt_dataset *ds);

/** A TREE text: DATA, or nested lists `[a.npy, [b.npy, c.npy]]`, as a tree whose leaves are texts.
 *
 * \param [out] tree  Owned by the caller: nt_data_tree_destroy. \return NT_ERR_ARG for wrong
 *                    brackets.
 * Parallel: Local. */
nt_status nt_data_tree_parse(nt_error *err, const char *text, nt_tree **tree) NT_WARN_UNUSED;
/** Free a tree of texts, leaves included, and set it to NULL. Parallel: Local. */
void nt_data_tree_destroy(nt_tree **tree);

/** Rows chosen by a range text without brackets: "0:1000", "-500:", "::2", "@rows.npy".
 *
 * \param [in]  n      Number of rows there are.
 * \param [out] count  Number of rows chosen.
 * \param [out] rows   [count], each 0 … n-1; freed by the caller with free().
 * Parallel: Collective on ctx. \return NT_ERR_ARG (text), NT_ERR_DATA (row list). */
nt_status nt_rows_parse(nt_ctx *ctx, const char *text, int64_t n, int64_t *count,
                        int64_t **rows) NT_WARN_UNUSED;

/** Samples of a home block: block b = samples 128 b … lives on rank b mod size.
 * Statistics and hashes are made per home block and combined in index order, so their
 * bits do not depend on ranks. */
enum { NT_SAMPLE_BLOCK = 128 };

/** Distributed samples. Local home blocks lie one after the other. */
typedef struct nt_samples {
  nt_ctx *ctx;     /**< Borrowed. */
  int64_t n;       /**< Samples of all ranks. */
  int64_t local_n; /**< Samples of this rank. */
  nt_shape shape;  /**< As nt_dataset_info. */
  nt_shape space;  /**< As nt_dataset_info. */
  int batch_axis, channel_axis;
  int64_t positions, channels;
  nt_dtype dtype;      /**< Of `data`. */
  void *data;          /**< [local_n][positions][channels] double or float. */
  unsigned char *mask; /**< [local_n][positions][channels] 1 = masked; NULL without masks. */
  int64_t masked; /**< Masked entries of all ranks; 0 with a mask constant deserves a warning. */
  char hash[65];  /**< SHA-256, hexadecimal; "" if not asked for. */
  unsigned char *digest; /**< [local_n][32] hashes of the samples, NULL if not asked for. */
} nt_samples;

/** How samples are to be read. */
typedef struct nt_samples_options {
  nt_dtype dtype;       /**< Stored type. */
  bool has_mask;        /**< Entries equal to mask_constant are masked. */
  double mask_constant; /**< May be NaN; rounded to the file's type and compared with raw values. */
  bool hash;            /**< Compute the SHA-256. */
} nt_samples_options;

/** Read the samples, each rank its own part (gzip and CSV: rank 0 reads and sends).
 *
 * The hash is SHA-256 over "ntmpi samples 1\n", the shape as text "(n, h, w, c)\n", and the digests
 * of the home blocks in order; a block's digest is SHA-256 over the digests of its samples, a
 * sample's is SHA-256 over its values as little-endian float64 in the row-major order of its axes:
 * of raw values, so neither ranks nor dtype, channel_axis or preprocessing change it.
 * Parallel: Collective on ctx. Memory: the local part, and a staging buffer of at most 64 MiB.
 * \param [out] samples  Owned by the caller. Masked entries are 0.
 * \return NT_ERR_DATA for damaged files, and NaN or infinities (file, index and value). */
nt_status nt_samples_read(nt_ctx *ctx, const nt_dataset *ds, const nt_samples_options *options,
                          nt_samples **samples) NT_WARN_UNUSED;
/** Writes sample i: x[positions][channels], positions in the row-major order of the spatial axes
 * (x[d] of vectors). `arg` is the caller's. Returns NT_OK, or an error code, which ends
 * nt_samples_create on all ranks; nt_fail into nt_ctx_error says more. */
typedef nt_status (*nt_fill)(void *arg, int64_t i, double *x);

/** Samples from memory, or from wherever `fill` finds them: each rank is asked for the samples of
 * its own home blocks alone, in increasing order, by one thread.
 *
 * A kernel matrix of your own needs no samples: nt_dmatrix_attach describes it, nt_posterior_create
 * (or _take, in place) factorises it.
 * Parallel: Collective on ctx; `arg` may differ between ranks. Memory: the local part.
 * \param [in]  shape         Of all samples together, batch axis included: (n, d) or (n, h, w, c); with
 *                            channel_axis -1 samples may be empty: patterns without edges.
 * \param [in]  batch_axis    Of `shape`; negative counts from the end.
 * \param [in]  channel_axis  Of `shape`, 0 ... rank-1; -1: every entry of a sample is a channel, as
 *                            a network wants that begins with Flatten (so -1 is not the last axis).
 * \param [in]  dtype         Stored type; the `dtype` of nt_kernel_options must be the same.
 * \param [out] samples       Owned by the caller: nt_samples_destroy. Without masks and hash.
 * \return NT_ERR_SHAPE (axes, sizes below 1); NT_ERR_DATA naming sample and entry that is not
 *         finite (or too large for float32); NT_ERR_NOMEM; what `fill` returned. */
nt_status nt_samples_create(nt_ctx *ctx, const nt_shape *shape, int batch_axis, int channel_axis,
                            nt_dtype dtype, nt_fill fill, void *arg,
                            nt_samples **samples) NT_WARN_UNUSED;
/** Free samples and set to NULL. Parallel: Local. */
void nt_samples_destroy(nt_samples **samples);
/** Samples first ... first+count-1 without copying them: `part` borrows from `samples`, has
 * no hash, and is not destroyed. `first` is a multiple of nt_samples_step, so that home
 * blocks stay where they are.
 * Parallel: Local. */
void nt_samples_part(const nt_samples *samples, int64_t first, int64_t count, nt_samples *part);
/** What the first sample of a part must be a multiple of: a home block a rank. Parallel: Local. */
int64_t nt_samples_step(const nt_ctx *ctx);
/** Rank that owns sample i. Parallel: Local. */
int nt_samples_owner(const nt_samples *samples, int64_t i);
/** Numbers of sample i [positions][channels] (the samples that follow it in its home block lie
 * behind it), or NULL when another rank owns it. Borrowed. Parallel: Local. */
void *nt_samples_row(const nt_samples *samples, int64_t i);
/** Mask of sample i [positions][channels]; NULL without masks or when another rank owns it.
 * Parallel: Local. */
unsigned char *nt_samples_mask_row(const nt_samples *samples, int64_t i);

/** Steps of `--preprocess`, and their statistics once fitted. Opaque. */
typedef struct nt_preprocess nt_preprocess;
/** A file or folder of results that is being written. Opaque. */
typedef struct nt_output nt_output;

/** Parse `scale=S,center,standardize[=global|channel|feature],norm=R,zca=EPS`, applied as listed.
 *
 *     scale        x S
 *     center       x - mean of the entry over the samples
 *     standardize  (x - mean) / std (of n, not n-1): of all entries, of a channel, of each entry;
 *                  a std of 0 (to rounding) counts as 1; samples without a channel axis (before a
 *                  Flatten) have channels along their last axis
 *     norm         x R / |x|_2 of each sample; a zero sample stays zero
 *     zca          (x - mean) V (L + EPS)^-1/2 V^T with V L V^T = the covariance of the entries, at
 *                  most 8192 of them
 *
 * Masked entries are left out of the statistics, and are 0 afterwards.
 * \param [out] p  Owned by the caller. \return NT_ERR_ARG naming the step. Parallel: Local. */
nt_status nt_preprocess_parse(nt_error *err, const char *text, nt_preprocess **p) NT_WARN_UNUSED;
/** Free and set to NULL. Parallel: Local. */
void nt_preprocess_destroy(nt_preprocess **p);
/** Whether a step has statistics of the training set (all but scale and norm). Parallel: Local. */
bool nt_preprocess_has_statistics(const nt_preprocess *p);
/** The steps as text, as parsed. Borrowed. Parallel: Local. */
const char *nt_preprocess_text(const nt_preprocess *p);
/** Compute the statistics from `training` (replacing earlier ones); the samples are not changed.
 *
 * Parallel: Collective on ctx. Cost: one pass over the samples for center, else two.
 * \return NT_ERR_NOMEM, NT_ERR_UNSUPPORTED (zca beyond 8192 entries), NT_ERR_NUMERIC. */
nt_status nt_preprocess_fit(nt_ctx *ctx, nt_preprocess *p,
                            const nt_samples *training) NT_WARN_UNUSED;
/** Apply fitted steps in place; computed in double, rounded to the samples' type once.
 * \return NT_ERR_ARG when not fitted; NT_ERR_SHAPE when fitted to other positions or channels;
 *         NT_ERR_NUMERIC when a result is not finite. Parallel: Collective on ctx. */
nt_status nt_preprocess_apply(nt_ctx *ctx, const nt_preprocess *p,
                              nt_samples *samples) NT_WARN_UNUSED;
/** nt_preprocess_fit, then nt_preprocess_apply. Parallel: Collective on ctx. */
nt_status nt_preprocess_fit_apply(nt_ctx *ctx, nt_preprocess *p,
                                  nt_samples *training) NT_WARN_UNUSED;
/** SHA-256 of the steps' text and of all statistics: equal if and only if the same map. Local. */
nt_status nt_preprocess_hash(nt_error *err, const nt_preprocess *p, char hash[65]) NT_WARN_UNUSED;
/** Store text, hash and statistics: attributes `preprocess`, `preprocess_hash`, and metadata arrays
 * `preprocess_statistics/<number>-<step>/mean`, `…/std`, `…/matrix`.
 * \return NT_ERR_OUTPUT. Parallel: Collective on ctx. */
nt_status nt_preprocess_store(nt_ctx *ctx, const nt_preprocess *p, nt_output *out) NT_WARN_UNUSED;

/** Small targets, replicated on all ranks. */
typedef struct nt_labels {
  int64_t n, k;   /**< [n][k]; k = 1 for a vector, else the product of the axes behind the first. */
  nt_shape shape; /**< (n, ...) of the chosen samples; rank 0 stands for (n, k). */
  bool is_vector; /**< Shape (n,), or a CSV file of one column. */
  bool is_integer; /**< The file holds integers or booleans. */
  bool is_boolean; /**< It holds booleans. */
  double *y;       /**< [n][k] Owned. */
  char name[100];  /**< For messages: the DATA they were read from; "": "labels". */
} nt_labels;

/** Read labels or targets: DATA of shape (n,), (n, k) or (n, ..., k), with ranges, finite.
 * \param [out] labels  Owned by the caller. \return As nt_dataset_open; NT_ERR_DATA for a label
 *                     that is not finite. Parallel: Collective on ctx. */
nt_status nt_labels_read(nt_ctx *ctx, const char *text, nt_labels **labels) NT_WARN_UNUSED;
/** Free and set to NULL. Parallel: Local. */
void nt_labels_destroy(nt_labels **labels);

/** Axes of a result at most: two batch axes, and two of each spatial one. */
enum { NT_MAX_RESULT_RANK = 2 * NT_MAX_RANK };

/** How the indices of a matrix become the axes of a result.
 *
 * The row index is a row-major index over `rows`, the column index one over `cols`; axis a of the
 * result is axis order[a] of the list (axes of rows, axes of cols). */
typedef struct nt_result_layout {
  nt_shape rows, cols;
  int order[NT_MAX_RESULT_RANK];
} nt_result_layout;

/** M x N as it is. Parallel: Local. */
nt_result_layout nt_layout_plain(int64_t M, int64_t N);
/** Rows (sample, position), columns (sample, position) -> (n1, n2, H, H, W, W, …).
 * Parallel: Local. */
nt_result_layout nt_layout_full(int64_t n1, int64_t n2, const nt_shape *space);
/** Rows sample, columns (sample, position) -> (n1, n2, H, W, …). Parallel: Local. */
nt_result_layout nt_layout_diagonal(int64_t n1, int64_t n2, const nt_shape *space);
/** Rows sample, columns position -> (n, H, W, …). Parallel: Local. */
nt_result_layout nt_layout_variance(int64_t n, const nt_shape *space);
/** Rows sample, columns (position, position) -> (n, H, H, W, W, …), of at most NT_MAX_RANK / 2 axes.
 * Parallel: Local. */
nt_result_layout nt_layout_covariance(int64_t n, const nt_shape *space);

/** Check OUT and begin: NAME.h5 (or .hdf5) is one HDF5 file, NAME/ a folder with a .npy a result,
 * NAME.npy a single result.
 *
 * Everything goes to a temporary name beside it, `.NAME.tmp-<pid>`, which is created here, so that
 * nothing is computed for an output that cannot be written.
 * \param [in] force  Replace an existing regular file, or a folder of results; never anything else.
 * \param [out] out   Owned by the caller: nt_output_commit or nt_output_abort.
 * \return NT_ERR_ARG (ending), NT_ERR_OUTPUT. Parallel: Collective on ctx. */
nt_status nt_output_open(nt_ctx *ctx, const char *path, bool force, nt_output **out) NT_WARN_UNUSED;

/** Write a distributed matrix as result `name` ("nngp", "nngp/1/0": groups or folders are made).
 *
 * Each rank writes its own tiles at their places (pwrite; HDF5 lays out the file and gives
 * the places), through at most 64 MiB of staging. HDF5 chunks are tiles, or columns of
 * tiles of 1 MiB and more.
 * \param [in] layout  NULL: plain. \param [in] store  NT_FLOAT32 halves the file.
 * \return NT_ERR_OUTPUT naming file and cause on all ranks; NT_ERR_ARG for another layout.
 * Parallel: Collective on m's context. */
nt_status nt_output_write_matrix(nt_output *out, const char *name, const nt_dmatrix *m,
                                 const nt_result_layout *layout, nt_dtype store) NT_WARN_UNUSED;
/** Write a small array, values [shape] of process 0, as a result; a shape of rank 0 is a scalar.
 * \return NT_ERR_OUTPUT. Parallel: Collective. */
nt_status nt_output_write_array(nt_output *out, const char *name, const nt_shape *shape,
                                const double *values) NT_WARN_UNUSED;
/** The same for integers, stored as int64. Parallel: Collective. */
nt_status nt_output_write_ints(nt_output *out, const char *name, const nt_shape *shape,
                               const int64_t *values) NT_WARN_UNUSED;
/** The same for masks, stored as booleans (numpy's bool; in HDF5 h5py's). Parallel: Collective. */
nt_status nt_output_write_bools(nt_output *out, const char *name, const nt_shape *shape,
                                const unsigned char *values) NT_WARN_UNUSED;
/** An array that is no result (statistics): not written to a bare NAME.npy.
 * Parallel: Collective. */
nt_status nt_output_write_meta(nt_output *out, const char *name, const nt_shape *shape,
                               const double *values) NT_WARN_UNUSED;

/** Attributes of the file (`where` = "") or of a group or result that exists: HDF5 attributes (a
 * text longer than 32 KB is a dataset), in a folder entries of `attributes.json`, in a bare
 * NAME.npy nothing. Values of rank 0. \return NT_ERR_OUTPUT. Parallel: Collective. */
nt_status nt_output_attr_text(nt_output *out, const char *where, const char *name,
                              const char *text) NT_WARN_UNUSED;
nt_status nt_output_attr_ints(nt_output *out, const char *where, const char *name, int n,
                              const int64_t *values) NT_WARN_UNUSED;
nt_status nt_output_attr_int(nt_output *out, const char *where, const char *name,
                             int64_t value) NT_WARN_UNUSED;
nt_status nt_output_attr_real(nt_output *out, const char *where, const char *name,
                              double value) NT_WARN_UNUSED;
nt_status nt_output_attr_bool(nt_output *out, const char *where, const char *name,
                              bool value) NT_WARN_UNUSED;

/** Flush, rename to the final name, free and set to NULL. On failure everything is removed.
 * Parallel: Collective. */
nt_status nt_output_commit(nt_output **out) NT_WARN_UNUSED;
/** Remove what was written (rank 0), free and set to NULL (NULL is accepted).
 * Parallel: Local; every rank calls it. */
void nt_output_abort(nt_output **out);
/** Bytes of results written so far by all ranks. Parallel: Local. */
int64_t nt_output_bytes(const nt_output *out);

/** Versions of the libraries for files, "HDF5 1.10.8, zlib 1.2.13, OpenSSL 3.0.15". Local. */
const char *nt_io_versions(char *text, size_t size);

#ifdef __cplusplus
}
#endif
#endif

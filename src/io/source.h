/** Sources: one interface over the file formats. A source is what a file's header says; a reader is
 * a source that is open on this rank.
 *
 * Formats with random access read a slab: `count` samples along one axis. Streams (gzip, CSV) give
 * one sample after the other along axis 0, and are read by rank 0 only. */
#ifndef NT_IO_SOURCE_H
#define NT_IO_SOURCE_H

#include "base/locale.h"
#include "base/number.h"
#include "nt/context.h"
#include "nt/typing.h"

typedef struct nt_format nt_format;

/** Index into the table of formats. */
typedef enum nt_format_id {
  NT_FORMAT_FLAT,
  NT_FORMAT_GZIP_IDX,
  NT_FORMAT_HDF5,
  NT_FORMAT_CSV,
  NT_FORMAT_RANDOM
} nt_format_id;

/** What a header says. Plain data, so that rank 0 can broadcast it. */
typedef struct nt_source {
  nt_format_id format;
  char path[4096];
  char dataset[1024]; /**< HDF5: path inside the file. */
  nt_number type;
  nt_shape shape;  /**< Of the whole array. */
  nt_shape chunk;  /**< HDF5: what is packed as a whole; rank 0: nothing is. */
  bool fortran;    /**< Flat: the first axis is the fastest. */
  int64_t offset;  /**< Flat: bytes before the first element. CSV: lines before the first row. */
  char separator;  /**< CSV: , ; tab, or blank for any run of blanks. */
  bool odd_header; /**< CSV: the header begins with a digit, so it may be a damaged row. */
  uint64_t seed;   /**< Random. */
} nt_source;

/** An open source. */
typedef struct nt_reader {
  const nt_source *source;
  int fd;             /**< Flat. */
  int64_t file, node; /**< HDF5 handles. */
  bool keeps;         /**< HDF5: the chunks of a sample are kept for the next one. */
  void *stream;       /**< gzFile. */
  void *buffer;       /**< Owned: raw elements, or a line of text. */
  int64_t capacity;   /**< Bytes of the buffer. */
  int64_t line;       /**< Streams: lines (CSV) or samples (IDX) read so far. */
  nt_locale locale;   /**< CSV: that of C while it is open, for numbers with a point. */
} nt_reader;

/** The functions of a format; all local. */
struct nt_format {
  bool is_stream;
  nt_status (*open)(nt_error *err, nt_reader *r);
  void (*close)(nt_reader *r);
  /** `n` elements from element `first` on, in the order of storage. */
  nt_status (*run)(nt_error *err, nt_reader *r, int64_t first, int64_t n, double *out);
  /** `count` samples from `first` on along `axis`, in C order of the slab (instead of `run`). */
  nt_status (*slab)(nt_error *err, nt_reader *r, int axis, int64_t first, int64_t count,
                    double *out);
  /** The next sample of a stream, in C order. */
  nt_status (*next)(nt_error *err, nt_reader *r, double *out);
};

extern const nt_format nt_format_flat, nt_format_gzip_idx, nt_format_hdf5, nt_format_csv,
    nt_format_random;

/** The colon between an HDF5 file and the dataset in it, "a.h5:/x"; NULL: there is none. One that ends
 * the name of a folder, "run:/a.npy", is not it. Parallel: Local. */
const char *nt_source_colon(const char *text);
/** Read the header of what `text` (DATA without its range) names. Parallel: Local. */
nt_status nt_source_probe(nt_error *err, const char *text, uint64_t seed,
                          nt_source *source) NT_WARN_UNUSED;
/** The same by rank 0 for all, so that thousands of ranks do not ask the file system at once.
 * Parallel: Collective on ctx. */
nt_status nt_source_find(nt_ctx *ctx, const char *text, uint64_t seed,
                         nt_source *source) NT_WARN_UNUSED;
/** Headers by format, called by nt_source_probe; source->path is set. Parallel: Local. */
nt_status nt_npy_probe(nt_error *err, nt_source *source) NT_WARN_UNUSED;
nt_status nt_idx_probe(nt_error *err, nt_source *source) NT_WARN_UNUSED;
nt_status nt_hdf5_probe(nt_error *err, nt_source *source) NT_WARN_UNUSED;
nt_status nt_csv_probe(nt_error *err, nt_source *source) NT_WARN_UNUSED;
nt_status nt_random_probe(nt_error *err, nt_source *source) NT_WARN_UNUSED;

/** Bytes that a reader holds beside what it gives: the unpacked chunks of a sample along `axis`, and
 * what unpacking one takes. Parallel: Local. */
int64_t nt_source_unpacked(const nt_source *source, int axis);
/** Whether the source can only be read in order, by one rank. Parallel: Local. */
bool nt_source_is_stream(const nt_source *source);
/** Open on this rank; `source` is borrowed until nt_reader_close. Parallel: Local. */
nt_status nt_reader_open(nt_error *err, const nt_source *source, nt_reader *r) NT_WARN_UNUSED;
/** Close (also after a failed open, or when zeroed). Parallel: Local. */
void nt_reader_close(nt_reader *r);
/** Samples first … first+count-1 along `axis` as out[count][d], each in the C order of the other
 * axes. `slab` has the size of `out` too. Parallel: Local. */
nt_status nt_reader_samples(nt_error *err, nt_reader *r, int axis, int64_t first, int64_t count,
                            double *slab, double *out) NT_WARN_UNUSED;
/** The next sample of a stream. Parallel: Local. */
nt_status nt_reader_next(nt_error *err, nt_reader *r, double *out) NT_WARN_UNUSED;
/** Make r->buffer at least `bytes` long, keeping what it holds. Parallel: Local. */
nt_status nt_reader_reserve(nt_error *err, nt_reader *r, int64_t bytes) NT_WARN_UNUSED;

/** "(3, 0, 5)": the index of entry `e` (C order of the axes but `axis`) of sample `row`. Local. */
const char *nt_source_index_text(const nt_source *source, int axis, int64_t row, int64_t e,
                                 char *out, size_t size);
/** What went wrong last in a stream of zlib. Parallel: Local. */
const char *nt_gzip_cause(void *stream, const char *path);
/** Open an HDF5 file for reading, on this rank alone.
 * \param [out] file  Closed by the caller with H5Fclose; -1 on failure.
 * \return NT_ERR_DATA: missing, damaged, locked. Parallel: Local. */
nt_status nt_hdf5_open(nt_error *err, const char *path, int64_t *file) NT_WARN_UNUSED;
/** What went wrong last inside HDF5, into `out`. Parallel: Local. */
const char *nt_hdf5_cause(char *out, size_t size);

#endif

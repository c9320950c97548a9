/** Exchange of mirror tiles between ranks. */
#ifndef NT_KERNEL_MIRROR_H
#define NT_KERNEL_MIRROR_H

#include "kernel/tile.h"
#include "nt/dmatrix.h"

/** A packed mirror tile on its way. */
typedef struct nt_parcel {
  double *data; /* owned */
  int64_t count;
  int target, tag;
} nt_parcel;

/** Messages under way. Zero but for comm at first. */
typedef struct nt_mirror {
  MPI_Comm comm;
  MPI_Request *receive;
  int n_receive, receive_capacity;
  nt_parcel *send;
  MPI_Request *request; /* [n_send] */
  int n_send, send_capacity;
} nt_mirror;

/** Expect elements (row, col) … of `m` (rows x cols, one block of it) from `source`. Local. */
nt_status nt_mirror_receive(nt_error *err, nt_mirror *mirror, const nt_dmatrix *m, int64_t row,
                            int64_t col, int64_t rows, int64_t cols, int source,
                            int tag) NT_WARN_UNUSED;
/** A buffer of rows x cols for a mirror tile that goes to `target`. Parallel: Local. */
nt_status nt_mirror_pack(nt_error *err, nt_mirror *mirror, int64_t rows, int64_t cols, int target,
                         int tag, nt_target *to) NT_WARN_UNUSED;
/** Start sending the buffers first … last-1, which are full now. Parallel: Local. */
nt_status nt_mirror_send(nt_error *err, nt_mirror *mirror, int first, int last) NT_WARN_UNUSED;
/** Wait until all buffers have left, and free them. Parallel: Collective in effect. */
nt_status nt_mirror_flush(nt_error *err, nt_mirror *mirror) NT_WARN_UNUSED;
/** Wait for everything. Parallel: Collective in effect. */
nt_status nt_mirror_finish(nt_error *err, nt_mirror *mirror) NT_WARN_UNUSED;
/** Let MPI move messages while this rank computes. Parallel: Local. */
void nt_mirror_progress(nt_mirror *mirror);
/** Give up what is under way, and free all. Parallel: Local. */
void nt_mirror_abandon(nt_mirror *mirror);

#endif

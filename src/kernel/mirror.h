/** Exchange of mirror tiles between ranks. */
#ifndef NT_KERNEL_MIRROR_H
#define NT_KERNEL_MIRROR_H

#include "kernel/tile.h"
#include "nt/dmatrix.h"

/** A packed mirror tile on its way; its buffer stays for the next one. */
typedef struct nt_parcel {
  double *data; /* owned */
  int64_t capacity, count;
  int target, tag;
} nt_parcel;

/** Mirror tiles of one batch. Zero at first. */
typedef struct nt_outbox {
  nt_parcel *parcel;    /* [places] */
  MPI_Request *request; /* [places] */
  int n, places;
} nt_outbox;

/** Messages under way: while the tiles of one batch are computed, those of the one before leave. */
typedef struct nt_mirror {
  MPI_Comm comm; /**< Owned; MPI_COMM_NULL: none yet. */
  MPI_Request *receive;
  int n_receive, receive_capacity;
  nt_outbox box[2];
} nt_mirror;

/** Expect elements (row, col) … of `m` (rows x cols, one block of it) from `source`. Local. */
nt_status nt_mirror_receive(nt_error *err, nt_mirror *mirror, const nt_dmatrix *m, int64_t row,
                            int64_t col, int64_t rows, int64_t cols, int source,
                            int tag) NT_WARN_UNUSED;
/** A buffer of rows x cols for a mirror tile that goes to `target`. Parallel: Local. */
nt_status nt_outbox_pack(nt_error *err, nt_outbox *box, int64_t rows, int64_t cols, int target,
                         int tag, nt_target *to) NT_WARN_UNUSED;
/** Start sending all buffers, which are full now. Parallel: Local. */
nt_status nt_outbox_send(nt_error *err, nt_outbox *box, MPI_Comm comm) NT_WARN_UNUSED;
/** Wait until all buffers have left, and empty the box. Parallel: Local, ends when the others receive. */
nt_status nt_outbox_wait(nt_error *err, nt_outbox *box) NT_WARN_UNUSED;
/** Wait for everything that was sent and expected. Parallel: Local, ends when the others send. */
nt_status nt_mirror_finish(nt_error *err, nt_mirror *mirror) NT_WARN_UNUSED;
/** Let MPI move messages while this rank computes. Parallel: Local. */
void nt_mirror_progress(nt_mirror *mirror);
/** Give up what is under way, after all ranks have agreed to: every receive was posted before the first
 * send, so all that was sent arrives; then the receives are cancelled that nothing was sent to. Collective. */
void nt_mirror_abandon(nt_mirror *mirror);
/** Free all, when nothing is under way. Parallel: Collective. */
void nt_mirror_destroy(nt_mirror *mirror);

#endif

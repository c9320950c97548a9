/** Exchange of mirror tiles between ranks.
 *
 * A tile is packed into a slot of its sender. Between ranks of one node that is shared memory: a
 * message says that the slot is full, the receiver moves the tile into its matrix while it is
 * between tiles of its own, and a message back says that the slot is free.
 * Neither side computes less while the other is busy, and nothing is copied twice. Between nodes
 * the slot is sent as a message. */
#ifndef NT_KERNEL_MIRROR_H
#define NT_KERNEL_MIRROR_H

#include "grid/shared.h"
#include "kernel/tile.h"
#include "nt/dmatrix.h"

/** A packed mirror tile on its way. */
typedef struct nt_parcel {
  double *data; /* a slot */
  int64_t count;
  int target, tag;
} nt_parcel;

/** Mirror tiles of one batch. */
typedef struct nt_outbox {
  nt_parcel *parcel;    /* [slots] */
  MPI_Request *request; /* [slots] until the slot is free */
  int n;
  int first; /* slot */
} nt_outbox;

/** A tile that is expected, and its place. */
typedef struct nt_incoming {
  double *to;
  int64_t ld, rows, cols;
  int source;
  int slot; /* of the source, when it is full; written by MPI */
} nt_incoming;

/** Messages under way: while the tiles of one batch are computed, those of the one before leave. */
typedef struct nt_mirror {
  MPI_Comm comm;        /**< Owned; MPI_COMM_NULL: none yet. */
  nt_shared shared;     /**< [2][slots][slot_size] of each rank of the node. */
  int slots;            /**< Of a box. */
  int64_t slot_size;    /**< Elements. */
  MPI_Request *receive; /**< [expected] */
  nt_incoming *incoming;
  int *arrived; /**< [expected] Scratch. */
  int n_receive, expected;
  nt_outbox box[2];
} nt_mirror;

/** Prepare: slots of slot_size elements for each box, and at most `expected` tiles that come in.
 * \param [in,out] mirror  comm MPI_COMM_NULL, shared NT_SHARED_NONE, the rest zero.
 * Parallel: Collective on ctx. */
nt_status nt_mirror_open(nt_ctx *ctx, int slots, int64_t slot_size, int expected,
                         nt_mirror *mirror) NT_WARN_UNUSED;
/** Expect elements (row, col) … of `m` (rows x cols, one block of it) from `source`. Local. */
nt_status nt_mirror_receive(nt_error *err, nt_mirror *mirror, const nt_dmatrix *m, int64_t row,
                            int64_t col, int64_t rows, int64_t cols, int source,
                            int tag) NT_WARN_UNUSED;
/** A slot for a mirror tile of rows x cols that goes to `target`; the box must have one. Local. */
nt_target nt_outbox_pack(const nt_mirror *mirror, nt_outbox *box, int64_t rows, int64_t cols,
                         int target, int tag);
/** Send all slots, which are full now. Parallel: Local. */
nt_status nt_outbox_send(nt_error *err, nt_mirror *mirror, nt_outbox *box) NT_WARN_UNUSED;
/** Serve the others until all slots of a box are free: the first box, if it can be, so
 * that the memory of the second is not even touched where the others keep up. Local,
 * ends when the others serve. */
nt_status nt_mirror_free_box(nt_error *err, nt_mirror *mirror, nt_outbox **box) NT_WARN_UNUSED;
/** Wait for everything that was sent and expected. Parallel: Local, ends when the others serve. */
nt_status nt_mirror_finish(nt_error *err, nt_mirror *mirror) NT_WARN_UNUSED;
/** Move what has arrived into place, and let MPI move messages. Parallel: Local. */
nt_status nt_mirror_progress(nt_error *err, nt_mirror *mirror) NT_WARN_UNUSED;
/** Serve the others until all ranks are here: whoever has failed must not leave
 * others waiting for a slot.
 * Parallel: Collective. */
void nt_mirror_meet(nt_mirror *mirror);
/** Give up what is under way, after all ranks have met: every receive was posted before the first
 * send, so all that was sent arrives; then the rest is cancelled. Parallel: Collective. */
void nt_mirror_abandon(nt_mirror *mirror);
/** Free all, when nothing is under way. Parallel: Collective. */
void nt_mirror_destroy(nt_mirror *mirror);

#endif

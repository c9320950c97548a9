/** Messages of any length, in pieces that an int counts. */
#ifndef NT_BASE_PIECES_H
#define NT_BASE_PIECES_H

#include <mpi.h>
#include <stdint.h>

/** Bytes of a piece: both sides of a message must name the same. */
enum { NT_PIECE = 1 << 30 };

/** MPI_Send, MPI_Recv and MPI_Bcast of `bytes` in pieces of at most `piece`, in order.
 * \return The first MPI error. Parallel: as these are. */
int nt_pieces_send(const void *data, int64_t bytes, int piece, int to, int tag, MPI_Comm comm);
int nt_pieces_receive(void *data, int64_t bytes, int piece, int from, int tag, MPI_Comm comm);
int nt_pieces_broadcast(void *data, int64_t bytes, int piece, int root, MPI_Comm comm);

#endif

#include "base/pieces.h"

static int next(int64_t left, int piece) { return left < piece ? (int)left : piece; }

int nt_pieces_send(const void *data, int64_t bytes, int piece, int to, int tag, MPI_Comm comm)
{
  const char *const from = data;
  int code = MPI_SUCCESS;
  for (int64_t at = 0; at < bytes && code == MPI_SUCCESS; at += piece)
    code = MPI_Send(from + at, next(bytes - at, piece), MPI_BYTE, to, tag, comm);
  return code;
}

int nt_pieces_receive(void *data, int64_t bytes, int piece, int from, int tag, MPI_Comm comm)
{
  char *const to = data;
  int code = MPI_SUCCESS;
  for (int64_t at = 0; at < bytes && code == MPI_SUCCESS; at += piece)
    code = MPI_Recv(to + at, next(bytes - at, piece), MPI_BYTE, from, tag, comm, MPI_STATUS_IGNORE);
  return code;
}

int nt_pieces_broadcast(void *data, int64_t bytes, int piece, int root, MPI_Comm comm)
{
  char *const all = data;
  int code = MPI_SUCCESS;
  for (int64_t at = 0; at < bytes && code == MPI_SUCCESS; at += piece)
    code = MPI_Bcast(all + at, next(bytes - at, piece), MPI_BYTE, root, comm);
  return code;
}

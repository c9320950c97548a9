/** A dense array of doubles in C order, on one rank. */
#ifndef NT_BASE_ARRAY_H
#define NT_BASE_ARRAY_H

#include "nt/typing.h"

typedef struct nt_array {
  int rank;
  int64_t dim[NT_MAX_RANK];
  double *data; /**< Owned by whoever holds the array; freed by `free`. */
} nt_array;

#endif

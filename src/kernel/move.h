/** How results leave a tile: whole cache lines, past the cache where the processor can. */
#ifndef NT_KERNEL_MOVE_H
#define NT_KERNEL_MOVE_H

#include <stdbool.h>
#include <stdint.h>

/** to[n] = from[n]; returns whether all are finite. Parallel: Local. */
bool nt_move_column(int64_t n, const double *from, double *to);
/** to[j + i * ld_to] = from[i + j * ld_from] for i < m, j < n. Parallel: Local. */
void nt_move_transposed(int64_t m, int64_t n, const double *from, int64_t ld_from, double *to,
                        int64_t ld_to);
/** Order the moves before what follows (a message, another thread). Parallel: Local. */
void nt_move_fence(void);

#endif

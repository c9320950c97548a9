/** The loops of move.h with AVX-512: stores past the cache, transposes in registers. */
#ifndef NT_KERNEL_MOVE_SIMD_H
#define NT_KERNEL_MOVE_SIMD_H

#include <stdbool.h>
#include <stdint.h>

/** Whether this processor can run them. Parallel: Local. */
bool nt_move_has_simd(void);
bool nt_move_column_simd(int64_t n, const double *from, double *to);
void nt_move_transposed_simd(int64_t m, int64_t n, const double *from, int64_t ld_from, double *to,
                             int64_t ld_to);
void nt_move_fence_simd(void);

#endif

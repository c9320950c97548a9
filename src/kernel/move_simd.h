/** The loops of move.h with vectors: stores past the cache, transposes in registers. */
#ifndef NT_KERNEL_MOVE_SIMD_H
#define NT_KERNEL_MOVE_SIMD_H

#include <stdbool.h>
#include <stdint.h>

typedef struct nt_move_ops {
  bool (*column)(int64_t n, const double *from, double *to);
  void (*transposed)(int64_t m, int64_t n, const double *from, int64_t ld_from, double *to,
                     int64_t ld_to);
  void (*fence)(void);
} nt_move_ops;

/** Those for AVX-512 or AVX2, as this processor can; NULL: neither. Parallel: Local. */
const nt_move_ops *nt_move_simd(void);

#endif

/** Windows of three from inside: the loops of three_template.h for one instruction set each. */
#ifndef NT_KERNEL_THREE_IMPL_H
#define NT_KERNEL_THREE_IMPL_H

#include "kernel/three.h"

/** Vectors of a row that are worked on together at most: their sums of three rows stay in
 * registers. */
enum { NT_MOST_VECTORS = 4 };

/** What is added beside neighbours: nothing, the constant, padding of columns by one argument each,
 * or by both arguments somewhere. */
typedef enum nt_extra { NT_NO_EXTRA, NT_CONSTANT, NT_ONE_FILL, NT_TWO_FILLS } nt_extra;

/** Local. */
nt_extra nt_three_extra(const nt_three *three);

/** Whether this processor has the instructions, and as nt_three_f64. Parallel: Local. */
bool nt_three_has_avx512(void);
void nt_three_avx512_f64(const nt_three *three, const void *in, void *out);
void nt_three_avx512_f32(const nt_three *three, const void *in, void *out);
bool nt_three_has_avx2(void);
void nt_three_avx2_f64(const nt_three *three, const void *in, void *out);
void nt_three_avx2_f32(const nt_three *three, const void *in, void *out);

#endif

/* Included by relu_simd.c once for each instruction set, which it describes: the map in both types,
 * or with ONLY_F64 in double. Functions are compiled for TARGET, and called NAME_OF(x, type). */
#define NT_INLINE TARGET static inline __attribute__((always_inline))

#define NAME(x) NAME_OF(x, f64)
#define real double
#define EPSILON DBL_EPSILON
#define vector VECTOR_F64
#define mask MASK_F64
#define V(op) OP_F64(op)
#define COMPARE COMPARE_F64
#define LEAST LEAST_F64
#define MOST MOST_F64
#define POSITIVE POSITIVE_F64
#define ARC NT_ANGLE_ARC
#define ROOT ROOT_F64
#define AHEAD AHEAD_F64
#include "layer/relu_template.h"

#ifndef ONLY_F64
#define NAME(x) NAME_OF(x, f32)
#define real float
#define EPSILON FLT_EPSILON
#define vector VECTOR_F32
#define mask MASK_F32
#define V(op) OP_F32(op)
#define COMPARE COMPARE_F32
#define LEAST LEAST_F32
#define MOST MOST_F32
#define POSITIVE POSITIVE_F32
#define ARC NT_ANGLE_ARC_F32
#define ROOT(a, rest) (rest) /* which float does not need */
#define AHEAD AHEAD_F32
#include "layer/relu_template.h"
#endif

#undef NT_INLINE

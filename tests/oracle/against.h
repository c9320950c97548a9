/** The engine against naive.h, on all pairs of a few samples. */
#ifndef NT_ORACLE_AGAINST_H
#define NT_ORACLE_AGAINST_H

#include "nt/typing.h"

/** Tolerances, by nt_dtype. */
typedef struct nt_against {
  const char *network;
  const nt_shape *shape; /**< [samples][positions ...][channels] */
  const double *x;       /**< Numbers that a float holds, so that both arithmetics see the same. */
  double tolerance[2];
  int64_t tile; /**< Of the engine; 0: its choice. */
  bool masks;   /**< Zeros are masked: of positions, in all channels. */
} nt_against;

/** Assert that NNGP and NTK of x with itself are right to the tolerance, in both arithmetics. An
 * entry is off by its difference over the geometric mean of the two diagonal entries; where that is
 * 0, it must be 0. The naive pairs are shared among the ranks. Parallel: Collective. */
void nt_against_check(const nt_against *against);

#endif

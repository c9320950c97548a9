/** Networks that have one kernel. */
#ifndef NT_TEST_KERNEL_RELATION_H
#define NT_TEST_KERNEL_RELATION_H

#include "nt/typing.h"

/** K of `left` is `factor` times that of `right`, and T too (unless `nngp` alone is meant). */
typedef struct nt_relation {
  const char *left, *right;
  const nt_shape *shape, *other; /* other NULL: as shape */
  double factor, tolerance;      /* 0: 1, and 1e-13 */
  bool nngp;
  int diagonal_spatial; /* 1: yes */
  bool masked;          /* some positions of the inputs are masked */
} nt_relation;

/** Compute both, of x1 alone or of x1 and x2 (`two`), and compare. Collective. */
void nt_relation_check(const nt_relation *r, bool two);

/** All entries of the first output of a network. */
typedef struct nt_relation_result {
  int64_t n;
  double *k, *t;
} nt_relation_result;

/** The same numbers in any shape; `masked`: a share of the positions is 0. Collective. */
nt_tree *nt_relation_samples(const nt_shape *shape, uint64_t seed, double factor, bool masked);
/** The kernel of x1 and x2 (NULL: none), which it takes over; free it with
 * nt_relation_drop. Collective. */
nt_relation_result nt_relation_kernel(const char *network, nt_tree *x1, nt_tree *x2,
                                      int diagonal_spatial, bool masked);
void nt_relation_drop(nt_relation_result *r);
/** Largest |a - factor b| over the largest |a|. Local. */
double nt_relation_distance(int64_t n, const double *a, const double *b, double factor);

#endif

/** Data for the tests of kernels: files of numbers that are functions of their indices. */
#ifndef NT_TEST_KERNEL_DATA_H
#define NT_TEST_KERNEL_DATA_H

#include "nt/typing.h"

/** A tree of one leaf: the name of a new .npy file with `values` in row-major order. Collective. */
nt_tree *nt_data_file(const char *name, const nt_shape *shape, const double *values);
/** The same with nt_test_uniform(seed, …) of the place of each entry. A share of `zeros` in 100 is
 * 0 (for masks). Collective. */
nt_tree *nt_data_uniform(const char *name, const nt_shape *shape, uint64_t seed, int zeros);
/** A list of two trees, which it takes over. Local. */
nt_tree *nt_data_pair(nt_tree *a, nt_tree *b);
/** Free a tree and the names in it, and set it to NULL. Local. */
void nt_data_destroy(nt_tree **tree);

#endif

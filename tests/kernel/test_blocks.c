/* Images of many positions under a Flatten: pairs of samples go through the steps in blocks
 * (plane_block.c), ragged at the edges of tiles, against the naive kernel. */
#include "../oracle/against.h"
#include "nt_test.h"

#include <stdlib.h>

#define CONV1(w) "Conv(1, (3,), padding='" w "', W_std=1.4, b_std=.2)"
#define CONV2 "Conv(1, (3, 3), padding='SAME', W_std=1.4)"

static const struct {
  const char *network;
  nt_shape shape;
  int64_t tile;
  bool masks;
} cases[] = {
    {"serial(" CONV1("SAME") ", LayerNorm(), Relu(), " CONV1(
         "CIRCULAR") ", Erf(), Flatten(), Dense(1))",
     {3, {3, 259, 2}},
     2,
     false},
    {"serial(" CONV1("SAME") ", FanOut(2), parallel(serial(Relu(), " CONV1(
         "SAME") "), Identity()), FanInSum(), Flatten(), Dense(1))",
     {3, {3, 257, 1}},
     3,
     true},
    {"serial(" CONV2 ", Relu(), " CONV2 ", Relu(), Flatten(), Dense(1))",
     {4, {3, 17, 16, 1}},
     2,
     false},
};

static void test_blocks(void)
{
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
    const nt_shape *shape = &cases[c].shape;
    const int64_t size = nt_shape_size(shape) / shape->dim[0];
    double *x = calloc((size_t)nt_shape_size(shape), sizeof *x);
    if (x == NULL) abort();
    for (int64_t i = 0; i < nt_shape_size(shape); i++) {
      const bool masked = cases[c].masks && (i % size / shape->dim[shape->rank - 1]) % 7 == 3;
      x[i] = masked ? 0 : (float)nt_test_uniform(70 + c, i / size, i % size);
    }
    nt_against_check(&(nt_against){.network = cases[c].network,
                                   .shape = shape,
                                   .x = x,
                                   .tolerance = {1e-12, 2e-6},
                                   .tile = cases[c].tile,
                                   .masks = cases[c].masks});
    free(x);
  }
}

static const CU_TestInfo tests[] = {{"blocks of pairs are right", test_blocks}, CU_TEST_INFO_NULL};
NT_TEST_MAIN("kernel.blocks", tests)

/* A block of gram.h with vectors of BYTES bytes; BLOCK(x) for the names. The compiler keeps vectors
 * that the processor does not have in memory: so there is one for each size. */

typedef real BLOCK(vec) __attribute__((vector_size(BYTES), may_alias));

/* Lines that are asked for ahead of use: the streams of a block of vectors of 64 bytes come from
 * the second cache, a line each for up to 24 operations. Without it they took a tenth longer, with
 * 4 or 32 of them a few percent. Strips that come next are brought into the second cache: waiting
 * for the third one took a tenth too. Smaller vectors ask between blocks (gram_template.h), and for
 * the sums so far, which the parts of long samples push out of the second cache.
 *
 * Numbers between two jumps: with 22 instructions for each and two threads on a core, a loop of one
 * is short of instructions; four at a time were up to a tenth faster. */
enum { BLOCK(AHEAD) = 8, BLOCK(UNROLLED) = BYTES == 32 ? 4 : 1 };

/* Ask for the place of `cols` columns by `rows` sums. */
static inline __attribute__((always_inline)) void BLOCK(ask_sums)(const real *g, int64_t ld,
                                                                  const int rows, const int cols)
{
#pragma GCC unroll 8
  for (int j = 0; j < cols; j++) {
    __builtin_prefetch(g + j * ld, 1);
    __builtin_prefetch(g + j * ld + rows - 1, 1);
  }
}

/* `cols` columns by `vectors` vectors of rows, from vector `first` on of those that stand in the
 * strips one after the other. */
static inline __attribute__((always_inline)) void
BLOCK(block)(const NAME(product) * p, const int first, const int vectors, const int cols)
{
  enum { W = NAME(W), LANES = BYTES / sizeof(real), PER = W / LANES };
  enum { AHEAD = BLOCK(AHEAD), UNROLLED = BLOCK(UNROLLED) };
  const int64_t d = p->d, next = p->next, ld = p->ld;
  const real *const x1 = p->x1, *const x2 = p->x2, scale = p->scale;
  const bool fresh = p->first;
  real *const g = p->g + first * LANES;
  BLOCK(vec) sum[8][4];
#pragma GCC unroll 8
  for (int j = 0; j < cols; j++) {
    for (int v = 0; v < vectors; v++)
      sum[j][v] = (BLOCK(vec)){0};
  }
  if (BYTES == 32) BLOCK(ask_sums)(g, ld, vectors * LANES, cols);
#pragma GCC unroll UNROLLED
  for (int64_t c = 0; c < d; c++) {
    BLOCK(vec) row[4];
    for (int v = 0; v < vectors; v++) {
      const int u = first + v;
      row[v] = *(const BLOCK(vec) *)(x1 + u / PER * next + c * W + u % PER * LANES);
    }
    if (BYTES == 64) {
      for (int v = 0; v < vectors; v++)
        __builtin_prefetch(x1 + v * next + (c + AHEAD) * W);
      __builtin_prefetch(x2 + (c + AHEAD) * W);
      __builtin_prefetch(p->soon1 + c * W, 0, 2);
      __builtin_prefetch(p->soon2 + c * W, 0, 2);
    }
#pragma GCC unroll 8
    for (int j = 0; j < cols; j++) {
      for (int v = 0; v < vectors; v++)
        sum[j][v] += row[v] * x2[c * W + j];
    }
  }
#pragma GCC unroll 8
  for (int j = 0; j < cols; j++) {
    for (int v = 0; v < vectors; v++) {
      BLOCK(vec) *const to = (BLOCK(vec) *)(g + j * ld + v * LANES);
      if (!fresh) sum[j][v] += *to;
      *to = sum[j][v] * scale;
    }
  }
}

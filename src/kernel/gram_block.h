/* A block of gram.h with vectors of BYTES bytes; BLOCK(x) for the names. The compiler keeps vectors
 * that the processor does not have in memory: so there is one for each size. */

typedef real BLOCK(vec) __attribute__((vector_size(BYTES), may_alias));

/* Lines that are asked for ahead of use: the streams of a block come from the second cache, a
 * line each for up to 24 operations. Without it they took a tenth longer, with 4 or 32 of them
 * a few percent. Strips that come next are brought into the second cache: waiting for the
 * third one took a tenth too. */
enum { BLOCK(AHEAD) = 8 };

static inline __attribute__((always_inline)) void BLOCK(block)(const NAME(product) * p,
                                                               const int strips, const int cols)
{
  enum { W = NAME(W), AHEAD = BLOCK(AHEAD), LANES = BYTES / sizeof(real), PER = W / LANES };
  const int64_t d = p->d, next = p->next, ld = p->ld;
  const real *const x1 = p->x1, *const x2 = p->x2, scale = p->scale;
  const real *const soon1 = p->soon1, *const soon2 = p->soon2;
  const int vectors = strips * PER;
  BLOCK(vec) sum[8][4];
#pragma GCC unroll 8
  for (int j = 0; j < cols; j++) {
    for (int v = 0; v < vectors; v++)
      sum[j][v] = (BLOCK(vec)){0};
  }
  for (int64_t c = 0; c < d; c++) {
    BLOCK(vec) row[4];
    for (int v = 0; v < vectors; v++)
      row[v] = *(const BLOCK(vec) *)(x1 + v / PER * next + c * W + v % PER * LANES);
    for (int s = 0; s < strips; s++)
      __builtin_prefetch(x1 + s * next + (c + AHEAD) * W);
    __builtin_prefetch(x2 + (c + AHEAD) * W);
    __builtin_prefetch(soon1 + c * W, 0, 2);
    __builtin_prefetch(soon2 + c * W, 0, 2);
#pragma GCC unroll 8
    for (int j = 0; j < cols; j++) {
      for (int v = 0; v < vectors; v++)
        sum[j][v] += row[v] * x2[c * W + j];
    }
  }
#pragma GCC unroll 8
  for (int j = 0; j < cols; j++) {
    for (int v = 0; v < vectors; v++) {
      BLOCK(vec) *const to = (BLOCK(vec) *)(p->g + j * ld + v * LANES);
      *to = p->first ? sum[j][v] * scale : *to + sum[j][v] * scale;
    }
  }
}

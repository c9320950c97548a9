/* The loops of gram.h for one precision: `real`, and NAME(x) for the names. */

enum { NAME(W) = 64 / sizeof(real) };

/* Transposed by way of the buffer, strip after strip. */
void NAME(nt_interleave)(int64_t count, int64_t d, void *samples, void *buffer)
{
  enum { W = NAME(W) };
  real *strip = samples, *const copy = buffer;
  for (int64_t left = count; left > 0; left -= W, strip += W * d) {
    const int64_t n = left < W ? left : W;
    memcpy(copy, strip, (size_t)(n * d) * sizeof(real));
    memset(copy + n * d, 0, (size_t)((W - n) * d) * sizeof(real));
    for (int64_t c = 0; c < d; c++) {
      for (int64_t l = 0; l < W; l++)
        strip[c * W + l] = copy[l * d + c];
    }
  }
}

/* Numbers [0, d) of strips of rows x1, `next` apart, and of the columns x2 of a strip. */
typedef struct NAME(product) {
  int64_t d, next, ld;
  const real *x1, *x2;
  const real *soon1, *soon2; /* the same numbers of strips that come next: asked for meanwhile */
  real scale, *g;
  bool first; /* nothing is in g yet */
} NAME(product);

#define BYTES 64
#define BLOCK(x) NAME(x##_64)
#include "kernel/gram_block.h"
#undef BYTES
#undef BLOCK
#define BYTES 32
#define BLOCK(x) NAME(x##_32)
#include "kernel/gram_block.h"
#undef BYTES
#undef BLOCK
#define BYTES 16
#define BLOCK(x) NAME(x##_16)
#include "kernel/gram_block.h"
#undef BYTES
#undef BLOCK

/* 32 vectors of 64 bytes hold three strips by eight columns; 16 smaller
 * ones a strip by four or two. */
NT_CLONES static void NAME(block_3x8)(const NAME(product) * p) { NAME(block_64)(p, 3, 8); }
NT_CLONES static void NAME(block_2x8)(const NAME(product) * p) { NAME(block_64)(p, 2, 8); }
NT_CLONES static void NAME(block_1x8)(const NAME(product) * p) { NAME(block_64)(p, 1, 8); }
NT_CLONES static void NAME(block_1x4)(const NAME(product) * p) { NAME(block_32)(p, 1, 4); }
static void NAME(block_1x2)(const NAME(product) * p) { NAME(block_16)(p, 1, 2); }

/* One to three strips of rows by eight columns. */
static void NAME(strips)(int64_t strips, NAME(product) p)
{
  static void (*const large[])(const NAME(product) *) = {NAME(block_1x8), NAME(block_2x8),
                                                         NAME(block_3x8)};
  const int bytes = nt_vector_bytes(), cols = bytes == 32 ? 4 : 2;
  if (bytes == 64) {
    large[strips - 1](&p);
    return;
  }
  for (; strips > 0; strips--, p.x1 += p.next, p.g += NAME(W)) {
    NAME(product) part = p;
    for (int j = 0; j < 8; j += cols, part.x2 += cols, part.g += cols * p.ld)
      (bytes == 32 ? NAME(block_1x4) : NAME(block_1x2))(&part);
  }
}

/* Long samples in parts, so that those of a block stay in the second cache. */
void NAME(nt_gram)(nt_gram_size size, const void *v1, const void *v2, void *to, int64_t ld)
{
  enum { W = NAME(W), ROWS = 3 * W, COLS = 8, LONGEST = 1024 };
  const int64_t d = size.d, parts = (d + LONGEST - 1) / LONGEST, part = (d + parts - 1) / parts;
  const real *const x1 = v1, *const x2 = v2;
  real *const g = to;
  NAME(product) p = {.next = d * W, .ld = ld, .scale = 1 / (real)d};
  for (int64_t c = 0; c < d; c += part) {
    p.d = d - c < part ? d - c : part;
    p.first = c == 0;
    for (int64_t i = 0; i < size.m; i += ROWS) {
      const int64_t left = (size.m - i + W - 1) / W, end = i + ROWS + size.below;
      p.x1 = x1 + i * d + c * W;
      for (int64_t j = 0; j < size.n && j < end; j += COLS) {
        p.x2 = x2 + j / W * W * d + c * W + j % W;
        p.soon1 = p.x1 + (3 + j / COLS % 3) * p.next; /* perhaps beyond the last: no harm */
        p.soon2 = p.x2 + p.next;
        p.g = g + i + j * ld;
        NAME(strips)(left < 3 ? left : 3, p);
      }
    }
  }
}

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
  const real *soon1, *soon2; /* numbers of strips that come next: asked for meanwhile */
  int64_t lines;             /* how many, of each of three strips from soon1 on */
  real scale, *g;            /* 1 before the last numbers: no sum is rounded otherwise in a block of
                              * another size */
  bool first;                /* nothing is in g yet */
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

/* 32 vectors of 64 bytes hold three strips by eight columns; 16 of 32 bytes half of three strips, a
 * strip and a half, by four: twelve sums, as many as two FMAs a clock need, for seven loads. 16
 * smaller ones hold a strip by two. */
NT_CLONES static void NAME(block_3x8)(const NAME(product) * p) { NAME(block_64)(p, 0, 3, 8); }
NT_CLONES static void NAME(block_2x8)(const NAME(product) * p) { NAME(block_64)(p, 0, 2, 8); }
NT_CLONES static void NAME(block_1x8)(const NAME(product) * p) { NAME(block_64)(p, 0, 1, 8); }
NT_CLONES static void NAME(lower_3x4)(const NAME(product) * p) { NAME(block_32)(p, 0, 3, 4); }
NT_CLONES static void NAME(upper_3x4)(const NAME(product) * p) { NAME(block_32)(p, 3, 3, 4); }
NT_CLONES static void NAME(block_1x4)(const NAME(product) * p) { NAME(block_32)(p, 0, 2, 4); }
static void NAME(block_1x2)(const NAME(product) * p) { NAME(block_16)(p, 0, 4, 2); }

static void NAME(ask)(const NAME(product) * p)
{
  for (int64_t c = 0; c < p->lines; c++) {
    for (int s = 0; s < 3; s++)
      __builtin_prefetch(p->soon1 + s * p->next + c * NAME(W), 0, 2);
  }
}

/* One strip by eight columns. */
static void NAME(strip)(NAME(product) p, int cols)
{
  for (int j = 0; j < 8; j += cols, p.x2 += cols, p.g += cols * p.ld)
    (cols == 4 ? NAME(block_1x4) : NAME(block_1x2))(&p);
}

/* One to three strips of rows by eight columns. */
static void NAME(strips)(int64_t strips, int bytes, NAME(product) p)
{
  static void (*const large[])(const NAME(product) *) = {NAME(block_1x8), NAME(block_2x8),
                                                         NAME(block_3x8)};
  if (bytes == 64) {
    large[strips - 1](&p);
    return;
  }
  if (bytes == 32 && strips == 3) {
    for (int j = 0; j < 8; j += 4, p.x2 += 4, p.soon1 += p.lines * NAME(W), p.g += 4 * p.ld) {
      NAME(ask)(&p);
      NAME(lower_3x4)(&p);
      NAME(upper_3x4)(&p);
    }
    return;
  }
  p.lines *= 2; /* both parts at once */
  NAME(ask)(&p);
  for (; strips > 0; strips--, p.x1 += p.next, p.g += NAME(W))
    NAME(strip)(p, bytes == 32 ? 4 : 2);
}

/* Which strips are asked for while a block works, the j-th of `blocks` with the same rows. Vectors
 * of 64 bytes ask for one of rows and one of columns in each block; smaller ones, which have the
 * rows in the first cache, for all of the next rows in as many parts as there are blocks. */
static void NAME(look_ahead)(NAME(product) * p, int bytes, int64_t j, int64_t blocks,
                             const real *next_rows)
{
  if (bytes == 64) {
    p->soon1 = p->x1 + (3 + j % 3) * p->next; /* perhaps beyond the last: no harm */
    p->soon2 = p->x2 + p->next;
    return;
  }
  p->lines = (p->d + 2 * blocks - 1) / (2 * blocks);
  p->soon1 = next_rows + 2 * j * p->lines * NAME(W);
}

/* Long samples in parts: so that those of a block stay in the second cache, or, where vectors are
 * smaller, that 24 rows and a strip of columns stay in a first one of 32 KiB. */
void NAME(nt_gram)(nt_gram_size size, const void *v1, const void *v2, void *to, int64_t ld)
{
  enum { W = NAME(W), ROWS = 3 * W, COLS = 8 };
  const int bytes = nt_vector_bytes();
  const int64_t d = size.d, longest = bytes == 64 ? 1024 : 128;
  const int64_t parts = (d + longest - 1) / longest, part = (d + parts - 1) / parts;
  const int64_t blocks = (size.n + COLS - 1) / COLS;
  const real *const x1 = v1, *const x2 = v2;
  real *const g = to;
  NAME(product) p = {.next = d * W, .ld = ld};
  for (int64_t c = 0; c < d; c += part) {
    p.d = d - c < part ? d - c : part;
    p.first = c == 0;
    p.scale = c + part < d ? 1 : 1 / (real)d;
    for (int64_t i = 0; i < size.m; i += ROWS) {
      const int64_t left = (size.m - i + W - 1) / W, end = i + ROWS + size.below;
      p.x1 = x1 + i * d + c * W;
      const real *const next_rows = left > 3 ? p.x1 + 3 * p.next : x1 + (c + part) * W;
      for (int64_t j = 0; j < size.n && j < end; j += COLS) {
        p.x2 = x2 + j / W * W * d + c * W + j % W;
        p.g = g + i + j * ld;
        NAME(look_ahead)(&p, bytes, j / COLS, blocks, next_rows);
        NAME(strips)(left < 3 ? left : 3, bytes, p);
      }
    }
  }
}

/* The loops of gram.h for one precision: `real`, and NAME(x) for the names. */

/* 64 bytes: the largest vectors there are; where they are smaller the compiler takes several. */
typedef real NAME(vec) __attribute__((vector_size(64), may_alias));
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

/* Lines that are asked for ahead of use: the four streams of a block come from the second cache, a line each
 * for 24 operations. Without it they took a tenth longer, with 4 or 32 of them a few percent. */
enum { NAME(AHEAD) = 8 };

/* Numbers [0, d) of strips of rows x1, `next` apart, and of the columns x2 of a strip. */
typedef struct NAME(product) {
  int64_t d, next, ld;
  const real *x1, *x2;
  real scale, *g;
  bool first; /* nothing is in g yet */
} NAME(product);

static inline __attribute__((always_inline)) void NAME(block)(const NAME(product) * p,
                                                              const int strips, const int cols)
{
  enum { W = NAME(W), AHEAD = NAME(AHEAD) };
  const int64_t d = p->d, next = p->next, ld = p->ld;
  const real *const x1 = p->x1, *const x2 = p->x2, scale = p->scale;
  NAME(vec) sum[8][3];
#pragma GCC unroll 8
  for (int j = 0; j < cols; j++) {
    for (int s = 0; s < strips; s++)
      sum[j][s] = (NAME(vec)){0};
  }
  for (int64_t c = 0; c < d; c++) {
    NAME(vec) row[3];
    for (int s = 0; s < strips; s++) {
      row[s] = *(const NAME(vec) *)(x1 + s * next + c * W);
      __builtin_prefetch(x1 + s * next + (c + AHEAD) * W);
    }
    __builtin_prefetch(x2 + (c + AHEAD) * W);
#pragma GCC unroll 8
    for (int j = 0; j < cols; j++) {
      for (int s = 0; s < strips; s++)
        sum[j][s] += row[s] * x2[c * W + j];
    }
  }
#pragma GCC unroll 8
  for (int j = 0; j < cols; j++) {
    for (int s = 0; s < strips; s++) {
      NAME(vec) *const to = (NAME(vec) *)(p->g + j * ld + s * W);
      *to = p->first ? sum[j][s] * scale : *to + sum[j][s] * scale;
    }
  }
}

/* Where there are 32 vectors of 64 bytes, a block of 3 x 8 fills most of them; elsewhere 1 x 4 is what fits. */
NT_CLONES static void NAME(block_3x8)(const NAME(product) * p) { NAME(block)(p, 3, 8); }
NT_CLONES static void NAME(block_2x8)(const NAME(product) * p) { NAME(block)(p, 2, 8); }
NT_CLONES static void NAME(block_1x8)(const NAME(product) * p) { NAME(block)(p, 1, 8); }
NT_CLONES static void NAME(block_1x4)(const NAME(product) * p) { NAME(block)(p, 1, 4); }

/* One to three strips of rows by eight columns. */
static void NAME(strips)(int64_t strips, NAME(product) p)
{
  static void (*const large[])(const NAME(product) *) = {NAME(block_1x8), NAME(block_2x8),
                                                         NAME(block_3x8)};
  if (NT_HAS_LARGE_VECTORS) {
    large[strips - 1](&p);
    return;
  }
  for (; strips > 0; strips--, p.x1 += p.next, p.g += NAME(W)) {
    NAME(product) right = p;
    right.x2 += 4;
    right.g += 4 * p.ld;
    NAME(block_1x4)(&p);
    NAME(block_1x4)(&right);
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
    for (int64_t j = 0; j < size.n; j += COLS) {
      const int64_t above = j > size.below ? j - size.below : 0;
      p.x2 = x2 + j / W * W * d + c * W + j % W;
      for (int64_t i = above / ROWS * ROWS; i < size.m; i += ROWS) {
        const int64_t left = (size.m - i + W - 1) / W;
        p.x1 = x1 + i * d + c * W;
        p.g = g + i + j * ld;
        NAME(strips)(left < 3 ? left : 3, p);
      }
    }
  }
}

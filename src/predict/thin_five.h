/* Five outputs of thin_template.h with vectors of BYTES bytes; FIVE(x) for the names. The compiler keeps
 * vectors that the processor does not have in memory: so there is one for each size. Sums of columns take
 * 5 x COLUMNS vectors of those that there are. */

typedef REAL FIVE(vec) __attribute__((vector_size(BYTES), aligned(sizeof(REAL)), may_alias));
enum { FIVE(LANES) = BYTES / sizeof(REAL), FIVE(STEP) = 2 * BYTES / sizeof(REAL) };

/* y_k [STEP] += sum of a_j x_kj. `next` is read ahead (NULL: nothing): element j of it is column j of the
 * next tile. */
NT_CLONES static void FIVE(add_five)(int64_t cols, const REAL *a, int64_t ld, const REAL *x,
                                     int64_t ldx, REAL *y, int64_t ldy, const REAL *next)
{
  FIVE(vec) s[5][2];
  for (int k = 0; k < 5; k++) {
    s[k][0] = *(const FIVE(vec) *)(y + k * ldy);
    s[k][1] = *(const FIVE(vec) *)(y + k * ldy + FIVE(LANES));
  }
  for (int64_t j = 0; j < cols; j++) {
    const FIVE(vec) a0 = *(const FIVE(vec) *)(a + j * ld);
    const FIVE(vec) a1 = *(const FIVE(vec) *)(a + j * ld + FIVE(LANES));
    if (next != NULL) {
      __builtin_prefetch(next + j * ld);
      __builtin_prefetch(next + j * ld + FIVE(LANES));
    }
    for (int k = 0; k < 5; k++) {
      s[k][0] += a0 * x[j + k * ldx];
      s[k][1] += a1 * x[j + k * ldx];
    }
  }
  for (int k = 0; k < 5; k++) {
    *(FIVE(vec) *)(y + k * ldy) = s[k][0];
    *(FIVE(vec) *)(y + k * ldy + FIVE(LANES)) = s[k][1];
  }
}

/* s_kj += a_j x_k, lane by lane, for COLUMNS columns; `rows` is a number of whole vectors. */
NT_CLONES static void FIVE(dot_five)(int64_t rows, const REAL *a, int64_t ld, const REAL *x,
                                     int64_t ldx, FIVE(vec) * sums, int64_t ld_sums,
                                     const REAL *next)
{
  FIVE(vec) s[5][COLUMNS];
  for (int k = 0; k < 5; k++) {
    for (int j = 0; j < COLUMNS; j++)
      s[k][j] = sums[j + k * ld_sums];
  }
  for (int64_t i = 0; i < rows; i += FIVE(LANES)) {
    FIVE(vec) v[COLUMNS];
    for (int j = 0; j < COLUMNS; j++) {
      v[j] = *(const FIVE(vec) *)(a + i + j * ld);
      if (next != NULL) __builtin_prefetch(next + i + j * ld);
    }
    for (int k = 0; k < 5; k++) {
      const FIVE(vec) u = *(const FIVE(vec) *)(x + i + k * ldx);
      for (int j = 0; j < COLUMNS; j++)
        s[k][j] += v[j] * u;
    }
  }
  for (int k = 0; k < 5; k++) {
    for (int j = 0; j < COLUMNS; j++)
      sums[j + k * ld_sums] = s[k][j];
  }
}

/* A tile of `rows` (whole steps) x `cols` (whole fours); `next`: where the next one begins. Sums of columns
 * stay lanes until all rows are through. */
static void FIVE(tile)(nt_thin_size size, const REAL *a, int64_t ld, const NAME(sides) * s,
                       FIVE(vec) * sums, const REAL *next)
{
  const int64_t ld_rows = s->ld_rows, ld_cols = s->ld_cols;
  for (int64_t k = 0; s->y_cols != NULL && k < size.c; k += 5) {
    for (int64_t j = 0; j < size.cols; j += COLUMNS) {
      FIVE(dot_five)
      (size.rows, a + j * ld, ld, s->x_rows + k * ld_rows, ld_rows, sums + j + k * NAME(WIDE),
       NAME(WIDE), next == NULL ? NULL : next + j * ld);
    }
    next = NULL;
  }
  for (int64_t k = 0; s->y_rows != NULL && k < size.c; k += 5) {
    for (int64_t i = 0; i < size.rows; i += FIVE(STEP)) {
      FIVE(add_five)
      (size.cols, a + i, ld, s->x_cols + k * ld_cols, ld_cols, s->y_rows + i + k * ld_rows, ld_rows,
       next == NULL ? NULL : next + i);
    }
    next = NULL;
  }
}

/* Whole steps, fours and fives, at most GROUP outputs. */
static void FIVE(tiles)(nt_thin_size size, const REAL *a, int64_t ld, const NAME(sides) * s)
{
  enum { TALL = NAME(TALL), WIDE = NAME(WIDE), GROUP = NAME(GROUP) };
  for (int64_t j = 0; j < size.cols; j += WIDE) {
    const int64_t w = size.cols - j < WIDE ? size.cols - j : WIDE;
    FIVE(vec) sums[GROUP * WIDE];
    memset(sums, 0, (size_t)(size.c * WIDE) * sizeof *sums);
    for (int64_t i = 0; i < size.rows; i += TALL) {
      const int64_t h = size.rows - i < TALL ? size.rows - i : TALL;
      const bool last = i + h == size.rows, end = last && j + 2 * w > size.cols;
      const REAL *const at = a + i + j * ld;
      const NAME(sides) sides = NAME(sides_at)(s, i, j, 0);
      FIVE(tile)
      ((nt_thin_size){h, w, size.c, 1}, at, ld, &sides, sums,
       end    ? at
       : last ? a + (j + w) * ld
              : at + h);
    }
    for (int64_t k = 0; s->y_cols != NULL && k < size.c; k++) {
      for (int64_t l = 0; l < w; l++) {
        const FIVE(vec) sum = sums[l + k * WIDE];
        for (int lane = 0; lane < (int)FIVE(LANES); lane++)
          s->y_cols[j + l + k * s->ld_cols] += sum[lane];
      }
    }
  }
}

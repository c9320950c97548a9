/* Five outputs of thin_template.h with vectors of BYTES bytes; FIVE(x) for the names. The compiler
 * keeps vectors that the processor does not have in memory: so there is one for each size. Sums of
 * columns take 5 x COLUMNS vectors of those that there are. `vec` is what lies anywhere in memory,
 * `own` what lies in local arrays, on whole vectors. */

typedef REAL FIVE(own) __attribute__((vector_size(BYTES)));
typedef REAL FIVE(vec) __attribute__((vector_size(BYTES), aligned(sizeof(REAL)), may_alias));
enum { FIVE(LANES) = BYTES / sizeof(REAL), FIVE(STEP) = 2 * BYTES / sizeof(REAL) };

/* y_k [STEP] += sum of a_j x_kj. What `ahead` has of the next tile is read ahead of it. */
NT_CLONES static void FIVE(add_five)(int64_t cols, const REAL *a, int64_t ld, const REAL *x,
                                     int64_t ldx, REAL *y, int64_t ldy, NAME(ahead) ahead)
{
  FIVE(own) s[5][2];
  for (int k = 0; k < 5; k++) {
    s[k][0] = *(const FIVE(vec) *)(y + k * ldy);
    s[k][1] = *(const FIVE(vec) *)(y + k * ldy + FIVE(LANES));
  }
  for (int64_t j = 0; j < cols; j += 4) {
    for (int r = 0; r < ahead.columns; r++) {
      __builtin_prefetch(ahead.next + (j + r) * ld);
      __builtin_prefetch(ahead.next + (j + r) * ld + FIVE(LANES));
    }
    for (int64_t l = j; l < j + 4; l++) {
      const FIVE(vec) a0 = *(const FIVE(vec) *)(a + l * ld);
      const FIVE(vec) a1 = *(const FIVE(vec) *)(a + l * ld + FIVE(LANES));
      for (int k = 0; k < 5; k++) {
        s[k][0] += a0 * x[l + k * ldx];
        s[k][1] += a1 * x[l + k * ldx];
      }
    }
  }
  for (int k = 0; k < 5; k++) {
    *(FIVE(vec) *)(y + k * ldy) = s[k][0];
    *(FIVE(vec) *)(y + k * ldy + FIVE(LANES)) = s[k][1];
  }
}

/* s_kj += a_j x_k, lane by lane, for COLUMNS columns; `rows` is a number of whole vectors. */
NT_CLONES static void FIVE(dot_five)(int64_t rows, const REAL *a, int64_t ld, const REAL *x,
                                     int64_t ldx, FIVE(own) * sums, int64_t ld_sums,
                                     NAME(ahead) ahead)
{
  FIVE(own) s[5][COLUMNS];
  for (int k = 0; k < 5; k++) {
    for (int j = 0; j < COLUMNS; j++)
      s[k][j] = sums[j + k * ld_sums];
  }
  for (int64_t i = 0; i < rows; i += FIVE(LANES)) {
    FIVE(own) v[COLUMNS];
    for (int r = 0; r < ahead.columns; r++)
      __builtin_prefetch(ahead.next + i + r * ld);
    for (int j = 0; j < COLUMNS; j++)
      v[j] = *(const FIVE(vec) *)(a + i + j * ld);
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

/* A tile of `rows` (whole steps) x `cols` (whole fours); `next`: where the next one begins. Sums of
 * columns stay lanes until all rows are through. */
static void FIVE(tile)(nt_thin_size size, const REAL *a, int64_t ld, const NAME(sides) * s,
                       FIVE(own) * sums, const REAL *next)
{
  const int64_t ld_rows = s->ld_rows, ld_cols = s->ld_cols;
  const int passes = (int)(size.c / 5) * ((s->y_cols != NULL) + (s->y_rows != NULL));
  int pass = 0;
  for (int64_t k = 0; s->y_cols != NULL && k < size.c; k += 5) {
    const NAME(ahead) ahead = NAME(share_ahead)(next, ld, pass++, passes);
    for (int64_t j = 0; j < size.cols; j += COLUMNS) {
      const bool begins = j % 4 == 0; /* with fewer columns at a time, four of the next tile's */
      FIVE(dot_five)
      (size.rows, a + j * ld, ld, s->x_rows + k * ld_rows, ld_rows, sums + j + k * NAME(WIDE),
       NAME(WIDE), (NAME(ahead)){ahead.next + j * ld, begins ? ahead.columns : 0});
    }
  }
  for (int64_t k = 0; s->y_rows != NULL && k < size.c; k += 5) {
    const NAME(ahead) ahead = NAME(share_ahead)(next, ld, pass++, passes);
    for (int64_t i = 0; i < size.rows; i += FIVE(STEP)) {
      FIVE(add_five)
      (size.cols, a + i, ld, s->x_cols + k * ld_cols, ld_cols, s->y_rows + i + k * ld_rows, ld_rows,
       (NAME(ahead)){ahead.next + i, ahead.columns});
    }
  }
}

/* Whole steps, fours and fives, at most GROUP outputs. */
static void FIVE(tiles)(nt_thin_size size, const REAL *a, int64_t ld, const NAME(sides) * s)
{
  enum { TALL = NAME(TALL), WIDE = NAME(WIDE), GROUP = NAME(GROUP) };
  for (int64_t j = 0; j < size.cols; j += WIDE) {
    const int64_t w = size.cols - j < WIDE ? size.cols - j : WIDE;
    FIVE(own) sums[GROUP * WIDE];
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
        const FIVE(own) sum = sums[l + k * WIDE];
        for (int lane = 0; lane < (int)FIVE(LANES); lane++)
          s->y_cols[j + l + k * s->ld_cols] += sum[lane];
      }
    }
  }
}

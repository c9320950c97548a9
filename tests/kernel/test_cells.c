/* Loops over the lanes of a plane against plain sums: windows of three with all
 * paddings, pools of twos. */
#include "kernel/cells.h"
#include "nt_test.h"

#include <math.h>

enum { MOST = 140, GUARD = 2 * NT_LANES, FIELD = MOST * MOST };

static double in[FIELD], sums[FIELD], expected[FIELD], fills[4 * MOST];
static double in_d[FIELD + 2 * GUARD], out_d[FIELD + 2 * GUARD];
static float in_f[FIELD + 2 * GUARD], out_f[FIELD + 2 * GUARD], fills_f[4 * MOST];
static double edge[MOST];

static void make_values(void)
{
  for (int i = 0; i < FIELD; i++)
    in[i] = sin(3.7 * i);
  for (int i = 0; i < 4 * MOST; i++)
    fills_f[i] = (float)(fills[i] = cos(1.3 * i));
  for (int i = 0; i < FIELD + 2 * GUARD; i++)
    in_d[i] = in_f[i] = NAN;
}

static bool joined(const nt_pieces *pieces, int64_t a, int64_t b, int64_t n)
{
  if (pieces->n == 0 || a < 0 || b >= n) return false;
  for (int p = 0; p < pieces->n; p++) {
    if (pieces->first[p] == b) return false;
  }
  return true;
}

static void sum_plainly(const nt_three *three)
{
  const int64_t rows = three->rows, columns = three->columns;
  for (int64_t r = 0; r < rows; r++) {
    for (int64_t c = 0; c < columns; c++) {
      double s = in[r * columns + c];
      if (joined(&three->column_pieces, c - 1, c, columns)) s += in[r * columns + c - 1];
      if (joined(&three->column_pieces, c, c + 1, columns)) s += in[r * columns + c + 1];
      for (int a = 0; a < 2; a++) {
        const nt_fills *f = &three->column_fills;
        int n = 0, m = 0;
        for (int k = 0; k < f->n; k++)
          m += f->cell[k].second == (a == 1);
        for (int k = 0; k < f->n; k++) {
          if (f->cell[k].second != (a == 1)) continue;
          s += f->cell[k].out == c ? ((const double *)f->from[a])[r * m + n] : 0;
          n++;
        }
      }
      sums[r * columns + c] = s;
    }
  }
  for (int64_t r = 0; r < rows; r++) {
    for (int64_t c = 0; c < columns; c++) {
      double s = sums[r * columns + c] + three->constant;
      if (joined(&three->row_pieces, r - 1, r, rows)) s += sums[(r - 1) * columns + c];
      if (joined(&three->row_pieces, r, r + 1, rows)) s += sums[(r + 1) * columns + c];
      for (int k = 0; k < three->row_fills.n; k++) {
        const nt_padding_cell *cell = &three->row_fills.cell[k];
        const double *from = three->row_fills.from[cell->second];
        s += cell->out == r ? from[cell->position * columns + c] : 0;
      }
      expected[r * columns + c] = s;
    }
  }
}

/* The largest difference in double, and in float; `in_place`: results overwrite the input. */
static void compare(nt_three *three, bool in_place, double *d, double *f)
{
  const int64_t n = three->rows * three->columns;
  double *to_d = in_place ? in_d : out_d;
  float *to_f = in_place ? in_f : out_f;
  sum_plainly(three);
  for (int64_t i = 0; i < n; i++)
    in_f[GUARD + i] = (float)(in_d[GUARD + i] = in[i]);
  nt_three_f64(three, in_d + GUARD, to_d + GUARD);
  for (int a = 0; a < 2; a++) {
    three->column_fills.from[a] = fills_f + ((const double *)three->column_fills.from[a] - fills);
    three->row_fills.from[a] = fills_f + ((const double *)three->row_fills.from[a] - fills);
  }
  nt_three_f32(three, in_f + GUARD, to_f + GUARD);
  for (int64_t i = 0; i < n; i++) {
    *d = fmax(*d, fabs(to_d[GUARD + i] - expected[i]));
    *f = fmax(*f, fabs((double)to_f[GUARD + i] - expected[i]));
  }
  for (int64_t i = 0; i < n; i++)
    in_d[GUARD + i] = in_f[GUARD + i] = NAN;
}

/* Every width up to MOST, into another place and in place: two pieces each way, fills of one
 * argument, of both, of both in a column; of rows at the ends of pieces. */
static void test_three(void)
{
  static const int32_t one_row[] = {0, 1};
  double d = 0, f = 0;
  make_values();
  for (int32_t columns = 2; nt_three_can_run() && columns <= MOST; columns++) {
    for (int variant = 0; variant < 10; variant++) {
      const int form = variant % 5;
      const int32_t rows = 1 + columns % 7, seam = columns / 2, last = columns - 1;
      const int32_t column_first[] = {0, seam, columns}, row_first[] = {0, (rows + 1) / 2, rows};
      const nt_padding_cell row_cell[] = {{0, 1, true}, {rows - 1, 0, false}};
      const int32_t other = form == 4 ? 0 : seam > 1 ? 1 : last;
      const nt_padding_cell column_cell[] = {
          {0, 0, false}, {other, 0, form > 2}, {seam, 0, false}, {last, 0, form > 2}};
      nt_three three = {.rows = rows,
                        .columns = columns,
                        .row_pieces = {form == 1  ? 0
                                       : rows > 1 ? 2
                                                  : 1,
                                       row_first},
                        .column_pieces = {2, column_first},
                        .constant = form < 2 ? 0.25 : 0,
                        .column_fills = {0, column_cell, {fills, fills + 2 * rows}},
                        .row_fills = {form == 4 ? 2 : 0, row_cell, {fills + MOST, fills + 5}},
                        .edge = edge};
      if (rows == 1) three.row_pieces.first = one_row;
      if (form >= 2) three.column_fills.n = columns >= 4 ? 4 : form == 2 ? 1 : 3;
      compare(&three, variant >= 5, &d, &f);
    }
  }
  NT_TEST(d < 1e-13);
  NT_TEST(f < 1e-5);
}

/* Every ring of twos against the definition, on top of what is there. */
static void test_twos(void)
{
  enum { ROWS = 6, COLUMNS = 20 };
  const nt_cell_ops *cells = nt_cells_of(NT_FLOAT64);
  const int m = ROWS / 2, n = COLUMNS / 2;
  double worst = 0;
  make_values();
  for (int ring = 0; ring < ROWS * COLUMNS; ring++) {
    const nt_twos twos = {ROWS, COLUMNS, ring / COLUMNS, ring % COLUMNS, 0.5};
    for (int i = 0; i < m * m * n * n; i++)
      expected[i] = sums[i] = i;
    for (int x = 0; x < ROWS * COLUMNS; x++) {
      const int r1 = x / COLUMNS / 2, c1 = x % COLUMNS / 2;
      const int r2 = (x / COLUMNS + ring / COLUMNS) % ROWS / 2;
      const int c2 = (x % COLUMNS + ring % COLUMNS) % COLUMNS / 2;
      const int plane = (r2 - r1 + m) % m * n + (c2 - c1 + n) % n;
      expected[plane * m * n + r1 * n + c1] += 0.5 * in[x];
    }
    cells->add_twos(&twos, in, sums);
    for (int i = 0; i < m * m * n * n; i++)
      worst = fmax(worst, fabs(sums[i] - expected[i]));
  }
  NT_TEST(worst < 1e-12);
}

/* A plane without cells along its outer axis leaves a tensor as it is. */
static void test_no_cells(void)
{
  const nt_cell_ops *cells = nt_cells_of(NT_FLOAT64);
  const int64_t stale[] = {3}, row[] = {0, 1};
  const nt_places places = {.rank = 2, .n = {0, 2}, .at = {stale, row}};
  for (int i = 0; i < 8; i++)
    sums[i] = in[i] = i + 1;
  cells->add(&places, in, sums);
  cells->put(&places, in, sums);
  for (int i = 0; i < 8; i++)
    NT_TEST(sums[i] == i + 1);
}

static const CU_TestInfo tests[] = {{"windows of three", test_three},
                                    {"pools of twos", test_twos},
                                    {"no cells", test_no_cells},
                                    CU_TEST_INFO_NULL};

NT_TEST_MAIN("kernel.cells", tests)

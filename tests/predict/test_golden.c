/** Means of gp_inference of the reference implementation (data/README.md). */
#include "nt/predict.h"
#include "nt_test.h"
#include "predict/predict_impl.h"

#include <stdio.h>
#include <string.h>

enum { ENTRIES = 144, BLOCKS = 14 };

/* A block of the file: its header and its numbers [rows][cols]. */
typedef struct block {
  char kind[8], kernel[8], scale[12];
  double reg;
  int64_t rows, cols;
  double v[ENTRIES];
} block;

static bool read_numbers(FILE *f, block *b)
{
  int rows, cols;
  if (fscanf(f, "%d %d", &rows, &cols) != 2 || rows < 1 || cols < 1 || rows * cols > ENTRIES) {
    return false;
  }
  b->rows = rows;
  b->cols = cols;
  for (int i = 0; i < rows * cols; i++) {
    if (fscanf(f, "%lf", &b->v[i]) != 1) return false;
  }
  return true;
}

static bool read_block(FILE *f, block *b)
{
  *b = (block){.reg = 0};
  if (fscanf(f, "%7s", b->kind) != 1) return false;
  if (strcmp(b->kind, "y") != 0 && fscanf(f, "%7s", b->kernel) != 1) return false;
  if (strcmp(b->kind, "mean") == 0 && fscanf(f, "%lf %11s", &b->reg, b->scale) != 2) return false;
  return read_numbers(f, b);
}

static int read_blocks(block *b)
{
  int count = 0;
  FILE *f = fopen(nt_test_data("../predict/data/gp_inference.txt"), "r");
  if (!f) return 0;
  while (count < BLOCKS && read_block(f, &b[count]))
    count++;
  (void)fclose(f);
  return count;
}

/* The NTK-GP is a Gaussian process with the NTK as covariance. */
static const block *find(const block *b, const char *kind, const char *get)
{
  const char *kernel = strcmp(get, "ntkgp") == 0 ? "ntk" : get;
  for (int i = 0; i < BLOCKS; i++) {
    if (strcmp(b[i].kind, kind) == 0 && strcmp(b[i].kernel, kernel) == 0) return &b[i];
  }
  return NULL;
}

static void distribute(nt_grid *grid, const block *b, int64_t mb, int64_t nb, nt_dmatrix **m)
{
  NT_TEST_OK(nt_dmatrix_create(grid, b->rows, b->cols, mb, nb, m));
  for (int64_t lj = 0; lj < (*m)->cols; lj++) {
    for (int64_t li = 0; li < (*m)->rows; li++) {
      (*m)->a[li + lj * (*m)->ld] = b->v[nt_global_row(*m, li) * b->cols + nt_global_col(*m, lj)];
    }
  }
}

static void check_mean(nt_grid *grid, const block *all, const block *want)
{
  const block *y = find(all, "y", "");
  double alpha[ENTRIES], mean[ENTRIES];
  nt_dmatrix *train = NULL, *test = NULL;
  nt_posterior *p = NULL;
  distribute(grid, find(all, "train", want->kernel), 1, 1, &train);
  distribute(grid, find(all, "test", want->kernel), 2, 1, &test);
  NT_TEST_OK(nt_dmatrix_check_symmetric(train, 1e-10));
  NT_TEST_OK(nt_posterior_take(&train, NT_FULL, want->kernel, &p));
  NT_TEST_OK(nt_posterior_factor(p, want->reg, strcmp(want->scale, "absolute") == 0));
  NT_TEST_OK(nt_posterior_solve(p, y->v, y->cols, alpha));
  NT_TEST_OK(nt_posterior_mean(test, alpha, y->cols, mean));
  double error = nt_test_max_error(want->rows * want->cols, mean, want->v);
  NT_TEST_MSG(error < 1e-9, "%s reg %g %s: %g", want->kernel, want->reg, want->scale, error);
  nt_posterior_destroy(&p);
  nt_dmatrix_destroy(&test);
}

static void test_means(void)
{
  static block blocks[BLOCKS];
  nt_ctx *ctx = nt_test_world();
  int means = 0;
  NT_TEST(read_blocks(blocks) == BLOCKS);
  for (int P = 1; P <= nt_ctx_size(ctx); P++) {
    if (nt_ctx_size(ctx) % P != 0) continue;
    nt_grid *grid = NULL;
    NT_TEST_OK(nt_grid_create(ctx, P, nt_ctx_size(ctx) / P, &grid));
    for (int i = 0; i < BLOCKS; i++) {
      if (strcmp(blocks[i].kind, "mean") != 0) continue;
      check_mean(grid, blocks, &blocks[i]);
      means++;
    }
    nt_grid_destroy(&grid);
  }
  NT_TEST(means >= 9);
}

static const CU_TestInfo tests[] = {{"means equal the reference's gp_inference", test_means},
                                    CU_TEST_INFO_NULL};

NT_TEST_MAIN("predict.golden", tests)

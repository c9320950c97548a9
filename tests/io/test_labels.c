#include "io_files.h"

static void test_vectors_and_matrices(void)
{
  nt_ctx *const ctx = nt_test_world();
  nt_labels *y;
  NT_TEST_OK(nt_labels_read(ctx, nt_test_data("digits-labels.npy"), &y));
  NT_TEST(y->n == 1797 && y->k == 1 && y->is_vector && y->is_integer && y->y[1796] == 8);
  nt_labels_destroy(&y);
  char text[400];
  snprintf(text, sizeof text, "%s[-3:]", io_npy("y.npy", "<f4", true, 1, 9, 2));
  NT_TEST_OK(nt_labels_read(ctx, text, &y));
  NT_TEST(y->n == 3 && y->k == 2 && !y->is_vector && !y->is_integer);
  NT_TEST(y->y[0] == io_value(6, 0) && y->y[5] == io_value(8, 1));
  nt_labels_destroy(&y);
  snprintf(text, sizeof text, "%s[::-1]", io_csv("y.csv", "label\n", ",", true, false, 4, 1));
  NT_TEST_OK(nt_labels_read(ctx, text, &y));
  NT_TEST(y->n == 4 && y->is_vector && y->is_integer && y->y[0] == io_value(3, 0));
  nt_labels_destroy(&y);
  snprintf(text, sizeof text, "%s[2:5]", nt_test_data("digits-images.npy"));
  NT_TEST_OK(nt_labels_read(ctx, text, &y));
  NT_TEST(y->n == 3 && y->k == 64 && !y->is_vector);
  NT_TEST(y->shape.rank > 2 && y->shape.dim[0] == 3 && y->shape.dim[2] == 8);
  nt_labels_destroy(&y);
}

static void test_bad_labels(void)
{
  nt_ctx *const ctx = nt_test_world();
  nt_labels *y;
  const double values[4] = {1, 2, NAN, 4};
  NT_TEST_FAILS(nt_labels_read(ctx, io_npy_doubles("n.npy", "(4,)", values, 4), &y), NT_ERR_DATA);
  NT_TEST_FAILS(nt_labels_read(ctx, nt_test_path("none.npy"), &y), NT_ERR_DATA);
  NT_TEST(y == NULL);
}

static const CU_TestInfo tests[] = {{"vectors, matrices, tables", test_vectors_and_matrices},
                                    {"labels must be finite", test_bad_labels},
                                    CU_TEST_INFO_NULL};
NT_TEST_MAIN("io.labels", tests)

/* Distribution, masks, hashes, and failures on one rank. */
#include "base/number.h"
#include "io/hash.h"
#include "io_files.h"

#include <sys/stat.h>
#include <unistd.h>

enum { N = 1000, D = 6 };

static void test_owners(void)
{
  nt_ctx *const ctx = nt_test_world();
  const nt_dataset_options options = {.flatten = true};
  const nt_samples_options how = {.dtype = NT_FLOAT64};
  nt_samples *s = io_read(ctx, "random(1000,6)", &options, &how);
  int64_t total = s->local_n;
  int wrong = 0;
  MPI_Allreduce(MPI_IN_PLACE, &total, 1, MPI_INT64_T, MPI_SUM, MPI_COMM_WORLD);
  NT_TEST(total == N);
  for (int64_t i = 0; i < N; i++) {
    const double *const row = nt_samples_row(s, i);
    wrong += (row != NULL) != (i / 128 % nt_ctx_size(ctx) == nt_ctx_rank(ctx));
    if (row != NULL && i % 128 > 0) wrong += (const double *)nt_samples_row(s, i - 1) + D != row;
  }
  NT_TEST(wrong == 0);
  nt_samples_destroy(&s);
}

/* A part has the rows of the whole, where they are. */
static void test_part(void)
{
  nt_ctx *const ctx = nt_test_world();
  const nt_dataset_options options = {.flatten = true};
  const nt_samples_options how = {.dtype = NT_FLOAT64};
  nt_samples *s = io_read(ctx, "random(1000,6)", &options, &how);
  const int64_t first = nt_samples_step(ctx), count = N - first;
  nt_samples part;
  int wrong = 0;
  nt_samples_part(s, first, count, &part);
  NT_TEST(part.n == count && part.hash[0] == '\0');
  for (int64_t i = 0; i < count; i++) {
    wrong += nt_samples_owner(&part, i) != nt_samples_owner(s, first + i);
    wrong += nt_samples_row(&part, i) != nt_samples_row(s, first + i);
  }
  NT_TEST_MSG(wrong == 0, "%d rows", wrong);
  nt_samples_destroy(&s);
}

/* The hash by its definition, from the whole array. */
static void test_hash_definition(void)
{
  nt_error err = {.status = NT_OK};
  const nt_dataset_options options = {.flatten = true};
  const nt_samples_options how = {.hash = true, .dtype = NT_FLOAT32};
  nt_samples *s = io_read(nt_test_world(), io_npy("h.npy", "<f4", true, 1, 200, 3), &options, &how);
  unsigned char blocks[2][32], digests[128][32], text[200];
  char hash[65];
  for (int b = 0; b < 2; b++) {
    const int n = b ? 72 : 128;
    for (int i = 0; i < n; i++) {
      double row[3];
      for (int j = 0; j < 3; j++)
        row[j] = io_value(128 * b + i, j);
      NT_TEST(nt_sha256(&err, row, sizeof row, digests[i]) == NT_OK);
    }
    NT_TEST(nt_sha256(&err, digests, n * 32, blocks[b]) == NT_OK);
  }
  const int used = sprintf((char *)text, "ntmpi samples 1\n(200, 3)\n");
  memcpy(text + used, blocks, 64);
  NT_TEST(nt_sha256(&err, text, used + 64, blocks[0]) == NT_OK);
  nt_sha256_text(blocks[0], hash);
  NT_TEST(strcmp(hash, s->hash) == 0);
  nt_samples_destroy(&s);
  NT_TEST(nt_sha256(&err, "abc", 3, blocks[0]) == NT_OK);
  nt_sha256_text(blocks[0], hash);
  NT_TEST(strncmp(hash, "ba7816bf8f01cfea", 16) == 0);
}

static void test_masks(void)
{
  nt_ctx *const ctx = nt_test_world();
  const nt_dataset_options options = {.channel_axis = -1};
  const double values[12] = {1, NAN, 3, 4, 5, 6, 7, 8, 9, NAN, 11, 12};
  const char *const path = io_npy_doubles("m.npy", "(2, 3, 2)", values, 12);
  nt_samples_options how = {.has_mask = true, .mask_constant = NAN};
  nt_samples *s = io_read(ctx, path, &options, &how);
  NT_TEST(s != NULL && s->masked == 2);
  const unsigned char *const mask = nt_samples_mask_row(s, 0);
  const double *const row = nt_samples_row(s, 0);
  NT_TEST(mask == NULL || (mask[1] == 1 && mask[0] == 0 && row[1] == 0 && mask[6 + 3] == 1));
  nt_samples_destroy(&s);
  /* 0.1 is not a float32: it matches what the file rounded it to. */
  const float tenths[2] = {0.1F, 0.2F};
  const char *const file = io_npy_raw(
      "f.npy", 1, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1)}", tenths, 8);
  how.mask_constant = 0.1;
  s = io_read(ctx, file, &options, &how);
  NT_TEST(s != NULL && s->masked == 1);
  nt_samples_destroy(&s);
  how.mask_constant = 0.3;
  s = io_read(ctx, file, &options, &how);
  NT_TEST(s != NULL && s->masked == 0);
  nt_samples_destroy(&s);
  NT_TEST(nt_number_round((nt_number){.kind = 'f', .size = 2}, 0.1) == 0.0999755859375);
}

static void refuse(const char *path, const nt_samples_options *how, const char *message)
{
  nt_ctx *const ctx = nt_test_world();
  const nt_dataset_options options = {.flatten = true};
  nt_dataset *ds = NULL;
  nt_samples *s = NULL;
  char found[1900];
  NT_TEST_OK(nt_dataset_open(ctx, path, &options, &ds));
  const nt_status status = nt_samples_read(ctx, ds, how, &s);
  strcpy(found, nt_ctx_error(ctx)->message);
  NT_TEST_MSG(status == NT_ERR_DATA && s == NULL, "%s: %d", path, status);
  NT_TEST_CONTAINS(found, message);
  nt_ctx_clear_error(ctx);
  nt_dataset_close(&ds);
}

/* Sample 200 lies on the last of two ranks: the others must not wait for it. */
static void test_one_rank_fails(void)
{
  double *const x = calloc(400, sizeof *x);
  const nt_samples_options f64 = {.dtype = NT_FLOAT64}, f32 = {.dtype = NT_FLOAT32};
  x[200] = INFINITY;
  refuse(io_npy_doubles("inf.npy", "(400, 1)", x, 400), &f64, "entry (200, 0) is inf");
  x[200] = 1e300;
  refuse(io_npy_doubles("big.npy", "(400, 1)", x, 400), &f32, "too large for --dtype float32");
  char *const text = malloc(4000), *at = text;
  for (int i = 0; i < 400; i++)
    at += sprintf(at, "%s\n", i == 200 ? "-inf" : "1");
  nt_test_write_text(nt_test_path("inf.csv"), text);
  refuse(nt_test_path("inf.csv"), &f64, "entry (200, 0) is -inf");
  free(text);
  free(x);
}

/* A file that gets shorter between header and data: the rank that owns the end notices. */
static void test_file_shrinks(void)
{
  nt_ctx *const ctx = nt_test_world();
  const nt_dataset_options options = {.flatten = true};
  const nt_samples_options how = {.dtype = NT_FLOAT64};
  nt_dataset *ds = NULL;
  nt_samples *s = NULL;
  const char *const path = io_npy("shrink.npy", "<f8", false, 1, 400, 2);
  NT_TEST_OK(nt_dataset_open(ctx, path, &options, &ds));
  MPI_Barrier(MPI_COMM_WORLD);
  if (nt_ctx_rank(ctx) == 0)
    NT_TEST_MSG(truncate(path, 5000) == 0, "truncate");
  else
    NT_TEST_MSG(true, " ");
  NT_TEST_FAILS(nt_samples_read(ctx, ds, &how, &s), NT_ERR_DATA);
  nt_dataset_close(&ds);
}

static const CU_TestInfo tests[] = {
    {"home blocks lie on rank b mod size", test_owners},
    {"a part of samples", test_part},
    {"the hash is what its definition says", test_hash_definition},
    {"masks are found in raw values", test_masks},
    {"a value that is not finite fails on all ranks", test_one_rank_fails},
    {"a file that shrinks fails on all ranks", test_file_shrinks},
    CU_TEST_INFO_NULL};
NT_TEST_MAIN("io.samples", tests)

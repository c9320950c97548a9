/* Kernels against values of the reference implementation: data/golden/golden.json without
 * positions, positions.json with them, mixing.json with attention, resizing, indices and what else
 * was added last. Of a large array there are every so many entries, and the sum of cos(i) x_i over
 * all of them, i = 0, 1, ... in row-major order, which no two entries can change places in. cov1
 * and cov2 of act-6-mask are the reference's NNGP of each set with itself: its own cov1 of Sign is
 * 1 also between positions. */
#include "nt_test.h"
#include "run.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static cJSON *read_cases(const char *file)
{
  size_t size;
  char *text = nt_test_read(nt_test_data(file), &size);
  cJSON *cases = text == NULL ? NULL : cJSON_Parse(text);
  free(text);
  return cases;
}

static nt_tree *files_of(const cJSON *json)
{
  nt_tree *tree = NULL;
  if (json == NULL || cJSON_IsNull(json)) return NULL;
  if (cJSON_IsString(json)) {
    char name[200];
    (void)snprintf(name, sizeof name, "golden/%s", json->valuestring);
    if (nt_tree_leaf(NULL, strdup(nt_test_data(name)), &tree) != NT_OK) abort();
    return tree;
  }
  if (nt_tree_sequence(NULL, cJSON_GetArraySize(json), false, &tree) != NT_OK) abort();
  for (int i = 0; i < tree->n; i++)
    tree->child[i] = files_of(cJSON_GetArrayItem(json, i));
  return tree;
}

static void free_files(nt_tree **tree)
{
  for (int i = 0; *tree != NULL && i < nt_tree_count(*tree); i++)
    free(nt_tree_nth(*tree, i)->leaf);
  nt_tree_destroy(tree);
}

static int flag(const cJSON *options, const char *name)
{
  const cJSON *json = cJSON_GetObjectItem(options, name);
  return json == NULL || cJSON_IsNull(json) ? -1 : cJSON_IsTrue(json);
}

/* Whether an entry belongs to one sample, and one position, with itself. There the reference takes
 * the square root of a rounding error in its second layer and deeper: its NTK is right to 1e-7, its
 * NNGP of Sign to 1e-3 (test_accuracy.c holds ours against long double). */
static bool is_self_pair(const nt_facts *facts, int batches, int rank, const int64_t *index)
{
  bool self = batches == 2 && !facts->has_x2 && index[0] == index[1];
  for (int a = batches; self && !facts->diagonal_spatial && a + 1 < rank; a += 2) {
    self = index[a] == index[a + 1];
  }
  return self;
}

/* A product rule treats its two arguments differently: of two mirror entries, which differ by the
 * error of the rule in the reference, ours are both equal to one. */
static double mirror_error(const cJSON *data, int64_t n, const int64_t *index, double got)
{
  const double here = cJSON_GetArrayItem(data, (int)(index[0] * n + index[1]))->valuedouble;
  const double there = cJSON_GetArrayItem(data, (int)(index[1] * n + index[0]))->valuedouble;
  return fmin(fabs(got - here), fabs(got - there));
}

/* A larger tolerance is one of float32. There the inputs, of about 1, are rounded: means of waves,
 * which nearly vanish, are right to 1e-5 of 0.05 and not of themselves. */
static const double SINGLE = 1e-7;

/* How to compare. */
typedef struct comparison {
  bool skip;    /* Leave out self pairs. */
  bool mirrors; /* Of a symmetric matrix. */
  double least; /* Entries count as at least as large as this. */
} comparison;

/* The index of the entry `count` further, in row-major order. */
static void advance(int rank, const int64_t *dim, int64_t count, int64_t *index)
{
  for (int a = rank - 1; a >= 0 && count > 0; a--) {
    count += index[a];
    index[a] = count % dim[a];
    count /= dim[a];
  }
}

/* The difference of the sums over all entries, which would each have to
 * be off by more than that. */
static double wave_error(const cJSON *want, const nt_dmatrix *m, const double *all,
                         const nt_facts *facts, int batches, const int64_t *dim)
{
  const int rank = cJSON_GetArraySize(cJSON_GetObjectItem(want, "shape"));
  const cJSON *wave = cJSON_GetObjectItem(want, "wave");
  int64_t index[2 * NT_MAX_RANK] = {0};
  double sum = 0;
  if (wave == NULL) return 0;
  for (int64_t i = 0; i < m->M * m->N; i++) {
    sum += cos((double)i) * nt_element(all, m->M, facts, batches, index);
    advance(rank, dim, 1, index);
  }
  return fabs(sum - wave->valuedouble) / (double)(m->M * m->N);
}

/* Largest difference over the largest entry; infinite if shapes differ. */
static double compare(const cJSON *want, const nt_dmatrix *m, const nt_facts *facts, int batches,
                      comparison how)
{
  const cJSON *shape = cJSON_GetObjectItem(want, "shape"),
              *data = cJSON_GetObjectItem(want, "data"),
              *every = cJSON_GetObjectItem(want, "every"), *value = data->child;
  const int rank = cJSON_GetArraySize(shape);
  int64_t dim[2 * NT_MAX_RANK], index[2 * NT_MAX_RANK] = {0};
  double largest = 0;
  int64_t size = 1;
  for (int a = 0; a < rank; a++) {
    dim[a] = (int64_t)cJSON_GetArrayItem(shape, a)->valuedouble;
    size *= dim[a];
  }
  if (size != m->M * m->N) return INFINITY;
  double *all = nt_gather(m), worst = wave_error(want, m, all, facts, batches, dim);
  for (; value != NULL; value = value->next) {
    const double got = nt_element(all, m->M, facts, batches, index), expected = value->valuedouble;
    const bool mirrors = how.mirrors && rank == 2 && batches == 2;
    const double error = mirrors ? mirror_error(data, m->N, index, got) : fabs(got - expected);
    if (!(error <= worst) && !(how.skip && is_self_pair(facts, batches, rank, index)))
      worst = error;
    if (fabs(expected) > largest) largest = fabs(expected);
    advance(rank, dim, every != NULL ? (int64_t)every->valuedouble : 1, index);
  }
  if (every != NULL) largest = cJSON_GetObjectItem(want, "largest")->valuedouble;
  free(all);
  largest = fmax(largest, how.least);
  return largest > 0 ? worst / largest : worst;
}

/* Without layers that the reference cannot apply: it takes their input's shape for that of all that
 * follows them, and such shapes are not in the file. */
static bool same_shape(const cJSON *want, const nt_shape *got)
{
  if (want == NULL) return true;
  bool same = cJSON_GetArraySize(want) == got->rank;
  for (int a = 0; same && a < got->rank; a++) {
    same = cJSON_GetArrayItem(want, a)->valuedouble == (double)got->dim[a];
  }
  return same;
}

static void check_mask(const char *name, const cJSON *want, const unsigned char *got,
                       const nt_shape *shape)
{
  if (want == NULL || nt_ctx_rank(nt_test_world()) != 0) {
    NT_TEST_MSG(want != NULL || got == NULL, "%s: a mask too many", name);
    return;
  }
  bool same = got != NULL && same_shape(cJSON_GetObjectItem(want, "shape"), shape);
  const cJSON *value = cJSON_GetObjectItem(want, "data")->child;
  for (int64_t i = 0; same && value != NULL; i++, value = value->next) {
    same = (value->valuedouble != 0) == got[i];
  }
  NT_TEST_MSG(same, "%s: mask", name);
}

static void check_field(const char *name, const char *field, const cJSON *leaf, const nt_kernel *k,
                        const nt_dmatrix *m, int batches, double tolerance)
{
  const cJSON *want = cJSON_GetObjectItem(leaf, field);
  const bool scalar = want != NULL && cJSON_GetArraySize(cJSON_GetObjectItem(want, "shape")) == 0;
  if (want == NULL || scalar) {
    NT_TEST_MSG(m == NULL, "%s: %s should be absent", name, field);
    return;
  }
  NT_TEST_MSG(m != NULL, "%s: no %s", name, field);
  if (m == NULL) return;
  /* Of networks on positions without x2, all NTKs of self pairs. */
  const bool deep = cJSON_GetObjectItem(leaf, "self") != NULL && m == k->ntk;
  const comparison how = {.skip = deep || strstr(name, "deep-self") || strstr(name, "special"),
                          .mirrors = !k->facts.has_x2 && tolerance > 1e-9,
                          .least = tolerance > SINGLE ? 0.05 : 0};
  /* Sign of 0 and of 1e-9 (2, 0, 1): exact is 2.25999996301573, the reference is off by 1.3e-10. */
  if (strcmp(name, "act-6-special") == 0) tolerance *= 1.4;
  const double error = compare(want, m, &k->facts, batches, how);
  NT_TEST_MSG(error <= tolerance, "%s: %s off by %.3g of the largest entry", name, field, error);
}

/* With tiles of 1 x 1 every rank owns pairs, where there are as many samples as rows of ranks. */
static void check_share(const char *name, const nt_kernel *k)
{
  const nt_grid *grid = k->nngp->grid;
  const int64_t n1 = k->facts.shape1.dim[k->facts.batch_axis];
  const int64_t n2 = k->facts.shape2.dim[k->facts.batch_axis];
  const bool enough = n1 >= nt_grid_P(grid) && n2 >= nt_grid_Q(grid);
  NT_TEST_MSG(!enough || k->nngp->rows * k->nngp->cols > 0, "%s: a rank without pairs", name);
}

static void check_leaf(const char *name, const cJSON *leaf, const nt_kernel *k, double tolerance)
{
  const nt_facts *f = &k->facts;
  const int cov = f->diagonal_batch ? 1 : 2;
  check_field(name, "nngp", leaf, k, k->nngp, 2, tolerance);
  check_field(name, "ntk", leaf, k, k->ntk, 2, tolerance);
  check_field(name, "cov1", leaf, k, k->cov1, cov, tolerance);
  check_field(name, "cov2", leaf, k, k->cov2, cov, tolerance);
  NT_TEST_MSG(same_shape(cJSON_GetObjectItem(leaf, "shape1"), &f->shape1), "%s: shape1", name);
  NT_TEST_MSG(same_shape(cJSON_GetObjectItem(leaf, "shape2"), &f->shape2), "%s: shape2", name);
  NT_TEST_MSG(flag(leaf, "is_gaussian") == f->is_gaussian, "%s: is_gaussian", name);
  NT_TEST_MSG(flag(leaf, "diagonal_batch") == f->diagonal_batch, "%s: diagonal_batch", name);
  NT_TEST_MSG(flag(leaf, "diagonal_spatial") == f->diagonal_spatial, "%s: diagonal_spatial", name);
  NT_TEST_MSG(cJSON_GetObjectItem(leaf, "batch_axis")->valueint == f->batch_axis, "%s: batch_axis",
              name);
  NT_TEST_MSG(cJSON_GetObjectItem(leaf, "channel_axis")->valueint == f->channel_axis,
              "%s: channel_axis", name);
  check_mask(name, cJSON_GetObjectItem(leaf, "mask1"), k->mask1, &k->mask_shape1);
  check_mask(name, cJSON_GetObjectItem(leaf, "mask2"), k->mask2, &k->mask_shape2);
}

static void check_tree(const char *name, const cJSON *want, const nt_tree *got, double tolerance,
                       bool share)
{
  if (got->is_leaf) {
    check_leaf(name, want, got->leaf, tolerance);
    if (share) check_share(name, got->leaf);
    return;
  }
  NT_TEST_MSG(cJSON_GetArraySize(want) == got->n, "%s: outputs", name);
  for (int i = 0; i < got->n; i++) {
    check_tree(name, cJSON_GetArrayItem(want, i), got->child[i], tolerance, share);
  }
}

/* The pattern of x1 (0) or x2 (1); NULL: none. */
static nt_samples *pattern_of(nt_ctx *ctx, const cJSON *json, int which)
{
  const nt_dataset_options flat = {.flatten = true};
  const nt_samples_options options = {.dtype = NT_FLOAT64};
  const cJSON *file = cJSON_GetArrayItem(cJSON_GetObjectItem(json, "pattern"), which);
  nt_dataset *set = NULL;
  nt_samples *samples = NULL;
  char name[200];
  if (file == NULL || cJSON_IsNull(file)) return NULL;
  (void)snprintf(name, sizeof name, "golden/%s", file->valuestring);
  const nt_status status = nt_dataset_open(ctx, nt_test_data(name), &flat, &set);
  if (status != NT_OK || nt_samples_read(ctx, set, &options, &samples) != NT_OK) abort();
  nt_dataset_close(&set);
  return samples;
}

static void run_case(nt_ctx *ctx, const cJSON *json, int64_t tile, nt_dtype dtype, double tolerance)
{
  const cJSON *options = cJSON_GetObjectItem(json, "options");
  const cJSON *mask = cJSON_GetObjectItem(options, "mask_constant");
  const char *name = cJSON_GetObjectItem(json, "name")->valuestring;
  nt_tree *x1 = files_of(cJSON_GetObjectItem(json, "x1"));
  nt_tree *x2 = files_of(cJSON_GetObjectItem(json, "x2"));
  nt_tree *kernels = NULL;
  nt_grid *grid = NULL;
  nt_run run = {.network = cJSON_GetObjectItem(json, "network")->valuestring,
                .x1 = x1,
                .x2 = x2,
                .get = NT_GET_ALL,
                .options = NT_KERNEL_DEFAULTS,
                .has_mask = mask != NULL};
  run.options.diagonal_batch = flag(options, "diagonal_batch");
  run.options.diagonal_spatial = flag(options, "diagonal_spatial");
  run.options.tile = tile;
  nt_samples *pattern1 = pattern_of(ctx, json, 0), *pattern2 = pattern_of(ctx, json, 1);
  run.options.pattern1 = pattern1;
  run.options.pattern2 = pattern2;
  run.options.no_pattern = pattern1 == NULL;
  run.options.dtype = dtype;
  if (mask != NULL) run.mask_constant = mask->valuedouble;
  /* Of quadratures the reference has the first argument's error where we have the second's. */
  if (strstr(run.network, "ElementwiseNumerical")) tolerance = fmax(tolerance, 1e-8);
  const nt_status status = nt_run_kernel(ctx, &run, 0, 0, &grid, &kernels);
  if (cJSON_GetObjectItem(json, "error") != NULL) {
    NT_TEST_MSG(nt_status_exit_code(status) == 2, "%s: no error (%s)", name,
                nt_ctx_error(ctx)->message);
  } else {
    NT_TEST_MSG(status == NT_OK, "%s: %s", name, nt_ctx_error(ctx)->message);
    const cJSON *want = cJSON_GetObjectItem(json, "expect");
    if (status == NT_OK) check_tree(name, want, kernels, tolerance, tile == 1);
  }
  nt_ctx_clear_error(ctx);
  nt_kernels_destroy(&kernels);
  nt_grid_destroy(&grid);
  free_files(&x1);
  free_files(&x2);
  nt_samples_destroy(&pattern1);
  nt_samples_destroy(&pattern2);
}

static void run_file(const char *file, int n, int64_t tile, nt_dtype dtype, double tolerance)
{
  cJSON *cases = read_cases(file);
  NT_TEST_MSG(cJSON_GetArraySize(cases) == n, "data/%s cannot be read", file);
  const cJSON *json;
  cJSON_ArrayForEach(json, cases) run_case(nt_test_world(), json, tile, dtype, tolerance);
  cJSON_Delete(cases);
}

static void run_all(int64_t tile, nt_dtype dtype, double tolerance)
{
  run_file("golden/golden.json", 167, tile, dtype, tolerance);
}

static void run_positions(int64_t tile, nt_dtype dtype, double tolerance)
{
  run_file("golden/positions.json", 315, tile, dtype, tolerance);
}

static void run_mixing(int64_t tile, nt_dtype dtype, double tolerance)
{
  run_file("golden/mixing.json", 139, tile, dtype, tolerance);
}

/* With layers that act on the samples. Where these were summed over, the reference's arrays are
 * without them; the file has them as one sample. */
static void run_samples(int64_t tile, nt_dtype dtype, double tolerance)
{
  run_file("golden/samples.json", 49, tile, dtype, tolerance);
}

static void test_default(void) { run_all(0, NT_FLOAT64, 1e-10); }

static void test_tile_of_one(void) { run_all(1, NT_FLOAT64, 1e-10); }

static void test_float32(void) { run_all(1, NT_FLOAT32, 3e-6); }

/* Bits do not depend on the number of ranks (test_bits.c): what few ranks
 * show need not be repeated. */
static void test_positions(void)
{
  if (nt_ctx_size(nt_test_world()) <= 2) run_positions(0, NT_FLOAT64, 1e-10);
}

static void test_positions_tile_of_one(void) { run_positions(1, NT_FLOAT64, 1e-10); }

static void test_positions_float32(void)
{
  if (nt_ctx_size(nt_test_world()) == 1) run_positions(0, NT_FLOAT32, 1e-5);
}

static void test_mixing(void)
{
  if (nt_ctx_size(nt_test_world()) <= 2) run_mixing(0, NT_FLOAT64, 1e-10);
}

static void test_mixing_tile_of_one(void) { run_mixing(1, NT_FLOAT64, 1e-10); }

static void test_mixing_float32(void)
{
  if (nt_ctx_size(nt_test_world()) == 1) run_mixing(0, NT_FLOAT32, 1e-5);
}

/* Tiles of one and of three samples meet every way of cutting; the rest is seen on one rank. */
static void test_samples(void)
{
  if (nt_ctx_size(nt_test_world()) == 1) run_samples(0, NT_FLOAT64, 1e-10);
}

static void test_samples_tile_of_one(void) { run_samples(1, NT_FLOAT64, 1e-10); }

static void test_samples_tile_of_three(void)
{
  if (nt_ctx_size(nt_test_world()) > 1) run_samples(3, NT_FLOAT64, 1e-10);
}

static void test_samples_float32(void)
{
  if (nt_ctx_size(nt_test_world()) == 1) run_samples(2, NT_FLOAT32, 1e-5);
}

static const CU_TestInfo tests[] = {{"kernels of the reference", test_default},
                                    {"kernels of the reference, tiles of 1 x 1", test_tile_of_one},
                                    {"kernels of the reference in float32", test_float32},
                                    {"on positions", test_positions},
                                    {"on positions, tiles of 1 x 1", test_positions_tile_of_one},
                                    {"on positions in float32", test_positions_float32},
                                    {"mixing positions", test_mixing},
                                    {"mixing positions, tiles of 1 x 1", test_mixing_tile_of_one},
                                    {"mixing positions in float32", test_mixing_float32},
                                    {"samples mixed", test_samples},
                                    {"samples mixed, tiles of 1 x 1", test_samples_tile_of_one},
                                    {"samples mixed, tiles of 3 x 3", test_samples_tile_of_three},
                                    {"samples mixed in float32", test_samples_float32},
                                    CU_TEST_INFO_NULL};

NT_TEST_MAIN("kernel.golden", tests)

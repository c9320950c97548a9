/* The public API as people outside meet it: errors with messages, samples from memory, own layers
 * that are not complete, objects that were forgotten. */
#include "nt_test.h"

#include <math.h>
#include <nt/nt.h>

static nt_error *err(void) { return nt_ctx_error(nt_test_world()); }

static void test_wrong_text(void)
{
  nt_layer *net = NULL;
  NT_TEST(nt_network_parse(err(), "serial(Dense(10), Rleu())", "net.txt", &net) == NT_ERR_NETWORK);
  NT_TEST(net == NULL);
  NT_TEST(err()->status == NT_ERR_NETWORK);
  NT_TEST_CONTAINS(err()->message, "net.txt");
  NT_TEST_CONTAINS(err()->message, "Rleu");
  NT_TEST_CONTAINS(err()->message, "Relu");
  nt_ctx_clear_error(nt_test_world());
  NT_TEST(err()->status == NT_OK && err()->message[0] == '\0');
}

static void test_wrong_argument(void)
{
  nt_layer *layer = NULL;
  nt_dense dense = NT_DENSE_DEFAULTS;
  dense.out_dim = -3;
  NT_TEST(nt_stax_dense(err(), &dense, &layer) == NT_ERR_ARG);
  NT_TEST_CONTAINS(err()->message, "Dense");
  NT_TEST_CONTAINS(err()->message, "out_dim");
  nt_ctx_clear_error(nt_test_world());
  NT_TEST(nt_stax_dense(err(), NULL, &layer) == NT_ERR_ARG);
  nt_ctx_clear_error(nt_test_world());
  NT_TEST(layer == NULL);
}

static void test_own_layer_incomplete(void)
{
  nt_layer *layer = NULL;
  const nt_layer_ops map = {.name = "Mine", .action = NT_MAP};
  const nt_layer_ops affine = {.name = "Mine", .action = NT_AFFINE};
  const nt_layer_ops sum = {.name = "Mine", .action = NT_WEIGHTED_SUM};
  const nt_layer_ops *const ops[] = {&map, &affine, &sum};
  const char *const missing[] = {"self", "affine", "weights"};
  for (int i = 0; i < 3; i++) {
    NT_TEST(nt_stax_layer(err(), ops[i], NULL, &layer) == NT_ERR_ARG);
    NT_TEST_CONTAINS(err()->message, missing[i]);
    nt_ctx_clear_error(nt_test_world());
  }
}

static void test_forgotten(void)
{
  nt_ctx *ctx = NULL;
  nt_grid *grid = NULL;
  nt_dmatrix *m = NULL;
  NT_TEST_OK(nt_ctx_create(nt_ctx_comm(nt_test_world()), &ctx));
  NT_TEST_OK(nt_grid_create(ctx, 0, 0, &grid));
  NT_TEST_OK(nt_dmatrix_create(grid, 10, 10, 3, 3, &m));
  NT_TEST(nt_ctx_bytes(ctx) == m->ld * m->cols * (int64_t)sizeof(double));
  nt_dmatrix_destroy(&m);
  NT_TEST(nt_ctx_bytes(ctx) == 0);
  nt_grid_destroy(&grid);
  NT_TEST_OK(nt_ctx_destroy(&ctx));
  NT_TEST(ctx == NULL);
  NT_TEST_OK(nt_ctx_create(nt_ctx_comm(nt_test_world()), &ctx));
  nt_ctx_track(ctx, 1, 0); /* an object that nobody frees */
  NT_TEST_FAILS(nt_ctx_destroy(&ctx), NT_ERR_INTERNAL);
  NT_TEST(ctx == NULL);
}

typedef struct nt_filler {
  int64_t calls, last, entries;
  bool ordered;
  int64_t bad_sample, bad_entry; /* -1: none */
  double bad;
  nt_status fails; /* for bad_sample */
} nt_filler;

static nt_status fill(void *arg, int64_t i, double *x)
{
  nt_filler *f = arg;
  f->ordered &= i > f->last;
  f->last = i;
  f->calls++;
  for (int64_t e = 0; e < f->entries; e++)
    x[e] = nt_test_uniform(7, i, e);
  if (i != f->bad_sample) return NT_OK;
  if (f->bad_entry >= 0) x[f->bad_entry] = f->bad;
  return f->fails;
}

static nt_filler filler(int64_t entries)
{
  return (nt_filler){
      .entries = entries, .last = -1, .ordered = true, .bad_sample = -1, .bad_entry = -1};
}

static nt_status create(nt_filler *f, nt_shape shape, int batch_axis, int channel_axis,
                        nt_dtype dtype, nt_samples **s)
{
  return nt_samples_create(nt_test_world(), &shape, batch_axis, channel_axis, dtype, fill, f, s);
}

static double number(const nt_samples *s, const void *row, int64_t e)
{
  return s->dtype == NT_FLOAT32 ? (double)((const float *)row)[e] : ((const double *)row)[e];
}

/* Each rank is asked for what it owns, and finds it there. */
static void check_samples(const nt_samples *s, const nt_filler *f)
{
  double worst = 0;
  int64_t mine = 0;
  for (int64_t i = 0; i < s->n; i++) {
    const void *row = nt_samples_row(s, i);
    mine += row != NULL;
    for (int64_t e = 0; row != NULL && e < f->entries; e++)
      worst = fmax(worst, fabs(number(s, row, e) - nt_test_uniform(7, i, e)));
  }
  NT_TEST_MSG(worst <= (s->dtype == NT_FLOAT32 ? 6e-8 : 0), "%g", worst);
  NT_TEST(mine == s->local_n && f->calls == mine && f->ordered);
  NT_TEST(s->positions * s->channels == f->entries && s->mask == NULL && s->hash[0] == '\0');
}

static void test_fill(void)
{
  const struct {
    nt_shape shape;
    int batch_axis, channel_axis;
    int64_t positions;
    nt_dtype dtype;
  } cases[] = {
      {{2, {301, 3}}, 0, 1, 1, NT_FLOAT64},       {{2, {301, 3}}, 0, -1, 1, NT_FLOAT32},
      {{4, {130, 2, 3, 4}}, 0, 3, 6, NT_FLOAT64}, {{4, {130, 2, 3, 4}}, 0, -1, 1, NT_FLOAT64},
      {{3, {2, 5, 257}}, -1, 0, 5, NT_FLOAT32},   {{2, {1, 4}}, 0, 1, 1, NT_FLOAT64},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    nt_samples *s = NULL;
    const nt_shape *shape = &cases[i].shape;
    const int64_t n = shape->dim[nt_axis_resolve(cases[i].batch_axis, shape->rank)];
    nt_filler f = filler(nt_shape_size(shape) / n);
    NT_TEST_OK(create(&f, *shape, cases[i].batch_axis, cases[i].channel_axis, cases[i].dtype, &s));
    if (s == NULL) continue;
    NT_TEST(s->n == n && s->positions == cases[i].positions);
    check_samples(s, &f);
    nt_samples_destroy(&s);
  }
}

/* A value on one rank is an error on all, with the same message. */
static void test_fill_refused(void)
{
  const struct {
    int64_t sample, entry;
    double value;
    nt_dtype dtype;
    const char *text;
  } cases[] = {{140, 5, NAN, NT_FLOAT64, "sample 140: position 1, channel 2 is"},
               {299, 0, -INFINITY, NT_FLOAT64, "sample 299: position 0, channel 0 is"},
               {3, 1, 1e39, NT_FLOAT32, "too large for float32"}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    nt_samples *s = NULL;
    nt_filler f = filler(6);
    f.bad_sample = cases[i].sample;
    f.bad_entry = cases[i].entry;
    f.bad = cases[i].value;
    NT_TEST(create(&f, (nt_shape){3, {300, 2, 3}}, 0, 2, cases[i].dtype, &s) == NT_ERR_DATA);
    NT_TEST_CONTAINS(err()->message, cases[i].text);
    NT_TEST(s == NULL);
    nt_ctx_clear_error(nt_test_world());
  }
}

static void test_fill_fails(void)
{
  nt_samples *s = NULL;
  nt_filler f = filler(3);
  f.bad_sample = 200;
  f.fails = NT_ERR_NOMEM;
  NT_TEST(create(&f, (nt_shape){2, {300, 3}}, 0, 1, NT_FLOAT64, &s) == NT_ERR_NOMEM);
  NT_TEST_CONTAINS(err()->message, "sample 200");
  nt_ctx_clear_error(nt_test_world());
}

static void test_wrong_axes(void)
{
  const struct {
    nt_shape shape;
    int batch_axis, channel_axis;
    const char *text;
  } cases[] = {{{2, {4, 3}}, 2, 1, "no batch axis 2"},
               {{2, {4, 3}}, 0, 0, "no channel axis 0"},
               {{2, {4, 3}}, 0, 2, "no channel axis 2"},
               {{2, {4, 3}}, 0, -2, "no channel axis -2"},
               {{2, {0, 3}}, 0, 1, "axis 0"},
               {{3, {4, -1, 3}}, 0, 2, "axis 1"},
               {{0, {0}}, 0, -1, "0 axes"},
               {{NT_MAX_RANK + 1, {1}}, 0, -1, "11 axes"},
               {{3, {4, 1LL << 62, 3}}, 0, 2, "below 2^63"}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    nt_samples *s = NULL;
    nt_filler f = filler(3);
    NT_TEST(create(&f, cases[i].shape, cases[i].batch_axis, cases[i].channel_axis, NT_FLOAT64,
                   &s) == NT_ERR_SHAPE);
    NT_TEST_CONTAINS(err()->message, cases[i].text);
    NT_TEST(s == NULL && f.calls == 0);
    nt_ctx_clear_error(nt_test_world());
  }
}

static void test_axes(void)
{
  const struct {
    const char *text;
    int64_t batch_axis, channel_axis;
    bool flatten;
  } cases[] = {{"serial(Flatten(), Dense(1))", 0, -1, true},
               {"serial(Dense(1), Relu())", 0, -1, false},
               {"Dense(1, batch_axis=1, channel_axis=0)", 1, 0, false},
               {"Identity()", 0, -1, false}};
  nt_tree *input = NULL, *two = NULL;
  NT_TEST_OK(nt_tree_leaf(err(), NULL, &input));
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    nt_layer *net = NULL;
    nt_dataset_options read = NT_DATASET_DEFAULTS;
    read.seed = 5;
    NT_TEST_OK(nt_network_parse(err(), cases[i].text, NULL, &net));
    NT_TEST_OK(nt_kernel_axes(err(), net, input, NULL, &read));
    NT_TEST(read.batch_axis == cases[i].batch_axis && read.channel_axis == cases[i].channel_axis);
    NT_TEST(read.flatten == cases[i].flatten && read.seed == 5);
    nt_layer_release(&net);
  }
  nt_layer *net = NULL;
  nt_dataset_options read[2] = {NT_DATASET_DEFAULTS, NT_DATASET_DEFAULTS};
  NT_TEST_OK(nt_tree_sequence(err(), 2, true, &two));
  two->child[0] = input;
  NT_TEST_OK(nt_tree_leaf(err(), NULL, &two->child[1]));
  NT_TEST_OK(nt_network_parse(err(), "Dense(1)", NULL, &net));
  NT_TEST_FAILS(nt_kernel_axes(err(), net, two, NULL, read), NT_ERR_SHAPE);
  nt_layer_release(&net);
  nt_tree_destroy(&two);
}

static const CU_TestInfo tests[] = {{"a wrong text", test_wrong_text},
                                    {"a wrong argument", test_wrong_argument},
                                    {"an own layer with holes", test_own_layer_incomplete},
                                    {"forgotten objects", test_forgotten},
                                    {"samples from memory", test_fill},
                                    {"samples that are not finite", test_fill_refused},
                                    {"a fill that fails", test_fill_fails},
                                    {"axes that are not there", test_wrong_axes},
                                    {"axes that a network wants", test_axes},
                                    CU_TEST_INFO_NULL};
NT_TEST_MAIN("example.api", tests)

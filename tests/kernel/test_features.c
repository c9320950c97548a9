/* Every row of the feature table of neural_tangents.stax: which cases of the reference hold the
 * layer to its values (kernel.golden computes them at 1 to 4 ranks; here they must be there, and
 * be about the layer), with masks and in the standard parameterisation; and the layout of
 * positions, computed here: where the layer may keep equal positions alone, both layouts have the
 * same kernels, else it is refused. Rows without a case: trees of inputs
 * (tree-... of kernel.golden), layers of others (example.plugin), what no kernel is known for (the
 * words of net.errors, and cli.error_table). */
#include "data.h"
#include "nt_test.h"
#include "run.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Not in the table, or no case of the reference. */
#define NONE NULL

typedef struct feature {
  const char *word;                       /* In the text of all its cases. */
  const char *values, *masked, *standard; /* Cases: NNGP and NTK; with a mask; standard. */
  const char *layout; /* Layers behind `conv`; behind '!' ones that need all pairs of positions. */
} feature;

static const char conv[] = "Conv(2, (2, 2), padding='SAME', W_std=1.3, b_std=.2)";

static const feature features[] = {
    {"serial", "names", "mask-vec", "conv-standard-0.3-3", "serial(Relu(), Dense(1))"},
    {"parallel", "tree-parallel", "fan-mask", NONE,
     "FanOut(2), parallel(Relu(), Erf()), FanInProd()"},
    {"repeat", "repeat", NONE, NONE, "repeat(serial(Relu(), Conv(2, (2, 2), padding='SAME')), 2)"},
    {"Dense", "dense-spatial-img", "mask-vec", "dense-standard-0.3-3", "Dense(3, 1.2, .4)"},
    {"Conv", "Conv-VALID-net-gap", "Conv-VALID-mask-stride", "conv-standard-0.3-3",
     "Conv(3, (2, 1), (1, 2), 'VALID', 1.2, .4)"},
    {"Conv", "Conv-SAME-3d", "Conv-SAME-mask", "Conv-standard-mask",
     "Conv(3, (3, 2), padding='SAME')"},
    {"Conv", "Conv-CIRCULAR-1d", "Conv-CIRCULAR-mask", NONE, "Conv(3, (2, 2), padding='CIRCULAR')"},
    {"Conv", "conv-0d", NONE, NONE, "Conv(3, (1, 1))"},
    {"Conv", "conv-nchw", NONE, NONE,
     "Conv(3, (2, 1), padding='SAME', dimension_numbers=('NHWC', 'WHIO', 'NCHW'))"},
    {"ConvTranspose", "ConvTranspose-SAME-net-gap", "ConvTranspose-SAME-mask",
     "ConvTranspose-standard", "ConvTranspose(3, (2, 3), (1, 2), 'SAME', 1.2, .4)"},
    {"ConvTranspose", "ConvTranspose-VALID-net-flat", "ConvTranspose-VALID-mask-stride",
     "ConvTranspose-standard-full", "ConvTranspose(3, (2, 3), (2, 1), 'VALID')"},
    {"ConvTranspose", "ConvTranspose-CIRCULAR-3d", "ConvTranspose-CIRCULAR-mask", NONE,
     "ConvTranspose(3, (2, 2), padding='CIRCULAR')"},
    {"ConvLocal", "ConvLocal-SAME-net-gap", "ConvLocal-SAME-mask", "ConvLocal-standard",
     "ConvLocal(3, (2, 3), (1, 2), 'SAME', 1.2, .4)"},
    {"AvgPool", "AvgPool-SAME-(2, 3)-(2, 1)-True", "AvgPool-SAME-mask", NONE,
     "! AvgPool((2, 2), (1, 2))"},
    {"AvgPool", "AvgPool-VALID-local-diag", NONE, NONE,
     "ConvLocal(3, (2, 2)), AvgPool((2, 1)), Flatten()"},
    {"SumPool", "SumPool-CIRCULAR-(2, 3)-(2, 1)-None", "sum-pool-mask-strides", NONE,
     "! SumPool((2, 2), (1, 2))"},
    {"SumPool", "SumPool-SAME-local-diag", NONE, NONE,
     "ConvLocal(3, (2, 2)), SumPool((2, 1)), Flatten()"},
    {"GlobalAvgPool", "GlobalAvgPool-deep", "GlobalAvgPool-mask", NONE, "! GlobalAvgPool()"},
    {"GlobalSumPool", "GlobalSumPool-deep", "GlobalSumPool-mask", NONE, "! GlobalSumPool()"},
    {"GlobalAvgPool", "GlobalAvgPool-first", NONE, NONE, "ConvLocal(3, (2, 2)), GlobalAvgPool()"},
    {"Flatten", "Flatten-deep", "Flatten-mask", "ConvLocal-standard", "Relu(), Flatten()"},
    {"Identity", "identity", "identity-mask", NONE, "Identity()"},
    {"Dropout", "dropout-train-img1", "dropout-mask", NONE, "Relu(), Dropout(.7)"},
    {"Dropout", "dropout-test-img-flat", NONE, NONE, "Relu(), Dropout(.7, mode='test')"},
    {"DotGeneral", "dotgeneral-lhs", "dot-mask", NONE,
     "DotGeneral(rhs=np.array([1, -2, .5]), dimension_numbers=(((), ()), ((1,), (0,))))"},
    {"DotGeneral", "dotgeneral-rhs", NONE, NONE,
     "! DotGeneral(rhs=np.array([1, -2, .5]), dimension_numbers=(((1,), (0,)), ((), ())))"},
    {"DotGeneral", "samples-sum-both", NONE, NONE,
     "Relu(), DotGeneral(rhs=np.array([1, -2, .5]), dimension_numbers=(((0,), (0,)), ((), ())))"},
    {"Aggregate", "aggregate-dense-twice", "aggregate-mask", NONE, "! Aggregate()"},
    {"SPARSE", "aggregate-sparse", NONE, NONE, "! Aggregate(implementation='SPARSE')"},
    {"LayerNorm", "layernorm-(1, 2, -1)", "layernorm-(2, -1)-mask", NONE, "LayerNorm((1, 2, -1))"},
    {"LayerNorm", "layernorm-(0, -1)-diag", "layernorm-eps-mask", NONE, "LayerNorm((0, 2, -1))"},
    {"SOFTMAX", "attention-SOFTMAX-True-122", "attention-SOFTMAX-True-77-mask", NONE,
     "! GlobalSelfAttention(2, 2, 2, 1)"},
    {"IDENTITY", "attention-IDENTITY-True-39", "attention-IDENTITY-True-39-mask", NONE,
     "! GlobalSelfAttention(2, 2, 2, 1, attention_mechanism='IDENTITY')"},
    {"ABS", "attention-ABS-True-77", "attention-ABS-True-0-mask", NONE,
     "! GlobalSelfAttention(2, 2, 2, 1, attention_mechanism='ABS')"},
    {"RELU", "attention-RELU-True-122", "attention-RELU-True-39-mask", NONE,
     "! GlobalSelfAttention(2, 2, 2, 1, attention_mechanism='RELU')"},
    {"linear_scaling=False", "attention-IDENTITY-False-122", "attention-IDENTITY-False-77-mask",
     NONE,
     "! GlobalSelfAttention(2, 2, 2, 1, linear_scaling=False, attention_mechanism='IDENTITY')"},
    {"ImageResize", "resize-\"linear\"-(-1, 3, 7, -1)-True", "resize-seq", NONE,
     "! ImageResize((-1, 2, 4, -1), 'linear')"},
    {"ImageResize", "resize-\"nearest\"-(-1, 2, 2, -1)-False", "samples-resize-mask", NONE,
     "! ImageResize((-1, 2, 4, -1), 'nearest')"},
    {"ImageResize", "samples-resize-grow", NONE, NONE, "ImageResize((5, -1, -1, -1), 'linear')"},
    {"Index", "index-Slice[:, 1:, ::-2]", "index-Slice[:, 1, 2]-mask", NONE,
     "Index(Slice[:, 1:, ::-1])"},
    {"Index", "samples-index-vec", "samples-index-mask-self", NONE, "Index(Slice[::-2])"},
    {"FanOut", "fan-sum", "fan-mask", NONE, "FanOut(1), FanInSum()"},
    {"FanInSum", "fan-sum", "fan-mask", NONE, "FanOut(2), FanInSum()"},
    {"FanInProd", "fan-prod", "fan-prod-mask", NONE, "FanOut(2), FanInProd()"},
    {"FanInConcat", "fan-concat-channel", "fan-concat-mask", NONE,
     "FanOut(2), parallel(Identity(), Dense(3)), FanInConcat(-1)"},
    {"FanInConcat", "fan-concat-2-Glo", NONE, NONE, "FanOut(2), FanInConcat(1)"},
    {"FanInConcat", "samples-concat-vec", "samples-concat-mask", NONE, "FanOut(2), FanInConcat(0)"},
    {"ABRelu", "act-3", "act-3-mask", NONE, "ABRelu(.2, -.9)"},
    {"Relu", "act-0", "act-0-mask", "Conv-standard-mask", "Relu()"},
    {"LeakyRelu", "act-2", "act-2-mask", NONE, "LeakyRelu(.1)"},
    {"Abs", "act-5", "act-5-mask", NONE, "Abs()"},
    {"Sign", "act-6", "act-6-mask", NONE, "Sign()"},
    {"Erf", "act-8", "act-8-mask", "ConvLocal-standard", "Erf(.6, .8, .3)"},
    {"Sigmoid_like", "act-9", "act-9-mask", NONE, "Sigmoid_like()"},
    {"Gelu", "act-10", "act-10-mask", NONE, "Gelu()"},
    {"Sin", "act-12", "act-12-mask", NONE, "Sin(.6, .8, .3)"},
    {"Cos", "act-14", "act-14-mask", NONE, "Cos(.6, .8, .3)"},
    {"Rbf", "act-16", "act-16-mask", NONE, "Rbf(.7)"},
    {"Exp", "act-17", "act-17-mask", NONE, "Exp(.6, .4)"},
    {"Gaussian", "act-19", "act-19-mask", NONE, "Gaussian(.6, -.8)"},
    {"Gabor", "act-23", "act-23-mask", NONE, "Gabor()"},
    {"ExpNormalized", "act-21", "act-21-mask", NONE, "ExpNormalized(.8, -1)"},
    {"Hermite", "hermite-4", "hermite-mask", NONE, "LayerNorm(), Hermite(3)"},
    {"Monomial", "act-26", "act-26-mask", NONE, "Monomial(3)"},
    {"RectifiedMonomial", "rectified-2", NONE, NONE, "RectifiedMonomial(2)"},
    {"Polynomial", "act-31", NONE, NONE, "Polynomial([1.3, 0, -1.2, -.5])"},
    {"Elementwise", "elementwise-user-auto", "elementwise-mask", NONE,
     "Elementwise('x * tanh(x)')"},
    {"ElementwiseNumerical", "act-34", "act-34-mask", NONE, "ElementwiseNumerical('sin(x)', 25)"},
};
enum { FEATURES = sizeof features / sizeof *features };

enum { FILES = 4 };

static void read_cases(cJSON **cases)
{
  static const char *const files[] = {"golden/golden.json", "golden/positions.json",
                                      "golden/mixing.json", "golden/samples.json"};
  for (int f = 0; f < FILES; f++) {
    size_t size;
    char *text = nt_test_read(nt_test_data(files[f]), &size);
    cases[f] = text == NULL ? NULL : cJSON_Parse(text);
    NT_TEST_MSG(cases[f] != NULL, "%s cannot be read", files[f]);
    free(text);
  }
}

static const cJSON *find(cJSON *const *cases, const char *name)
{
  for (int f = 0; f < FILES; f++) {
    const cJSON *one;
    cJSON_ArrayForEach(one, cases[f])
    {
      if (strcmp(cJSON_GetObjectItem(one, "name")->valuestring, name) == 0) return one;
    }
  }
  return NULL;
}

static const cJSON *first_leaf(const cJSON *tree)
{
  return cJSON_IsArray(tree) ? first_leaf(cJSON_GetArrayItem(tree, 0)) : tree;
}

/* The text of a case about `word`, whose kernels are known; NULL: none. */
static const char *text_of(cJSON *const *cases, const char *name, const char *word)
{
  const cJSON *one = find(cases, name);
  const char *text = one == NULL ? NULL : cJSON_GetObjectItem(one, "network")->valuestring;
  const cJSON *kernel = one == NULL ? NULL : first_leaf(cJSON_GetObjectItem(one, "expect"));
  const bool known = cJSON_HasObjectItem(kernel, "nngp") && cJSON_HasObjectItem(kernel, "ntk");
  NT_TEST_MSG(text != NULL && strstr(text, word) != NULL && known, "%s: no case '%s'", word, name);
  return text;
}

static void test_cases(void)
{
  cJSON *cases[FILES];
  read_cases(cases);
  for (int i = 0; i < FEATURES; i++) {
    const feature *f = &features[i];
    (void)text_of(cases, f->values, f->word);
    if (f->masked != NULL && text_of(cases, f->masked, f->word) != NULL) {
      const cJSON *options = cJSON_GetObjectItem(find(cases, f->masked), "options");
      NT_TEST_MSG(cJSON_HasObjectItem(options, "mask_constant"), "%s has no mask", f->masked);
    }
    if (f->standard != NULL) {
      const char *text = text_of(cases, f->standard, f->word);
      NT_TEST_MSG(text != NULL && strstr(text, "standard") != NULL, "%s is in the NTK's",
                  f->standard);
    }
  }
  for (int f = 0; f < FILES; f++)
    cJSON_Delete(cases[f]);
}

static nt_status compute(const feature *f, const nt_tree *x, int diagonal, nt_grid **grid,
                         nt_tree **kernels)
{
  static char network[400];
  nt_run run = {.network = network, .x1 = x, .get = NT_GET_NNGP | NT_GET_NTK};
  run.options = (nt_kernel_options){.diagonal_batch = -1, .diagonal_spatial = diagonal, .tile = 2};
  (void)snprintf(network, sizeof network, "serial(%s, %s)", conv,
                 f->layout[0] == '!' ? f->layout + 2 : f->layout);
  return nt_run_kernel(nt_test_world(), &run, 1, nt_ctx_size(nt_test_world()), grid, kernels);
}

/* Of all pairs of positions, those of equal ones: element [i][j][positions]. */
static void compare(const feature *f, const nt_dmatrix *full, const nt_dmatrix *diagonal,
                    const nt_facts *of_full, const nt_facts *of_diagonal)
{
  double *a = nt_gather(full), *b = nt_gather(diagonal), largest = 0, worst = 0;
  const nt_shape space = nt_facts_space(of_full);
  const int64_t n = of_full->shape1.dim[of_full->batch_axis];
  int64_t positions = 1;
  for (int s = 0; s < space.rank; s++)
    positions *= space.dim[s];
  for (int64_t e = 0; e < n * n * positions; e++) {
    int64_t two[2 + 2 * NT_MAX_RANK] = {e / positions / n, e / positions % n};
    int64_t one[2 + NT_MAX_RANK] = {two[0], two[1]}, p = e % positions;
    for (int s = space.rank - 1; s >= 0; s--) {
      two[2 + 2 * s] = two[3 + 2 * s] = one[2 + s] = p % space.dim[s];
      p /= space.dim[s];
    }
    const double x = nt_element(a, full->M, of_full, 2, two);
    const double y = nt_element(b, diagonal->M, of_diagonal, 2, one);
    largest = fmax(largest, fabs(x));
    worst = fmax(worst, fabs(x - y));
  }
  NT_TEST_MSG(worst <= 1e-12 * largest, "%s: layouts differ by %g of %g", f->layout, worst,
              largest);
  free(a);
  free(b);
}

static void check_layout(const feature *f, const nt_tree *x)
{
  nt_grid *grid[2] = {NULL, NULL};
  nt_tree *kernels[2] = {NULL, NULL};
  nt_error *err = nt_ctx_error(nt_test_world());
  const nt_status status = compute(f, x, 1, &grid[1], &kernels[1]);
  if (f->layout[0] == '!') {
    NT_TEST_CONTAINS(err->message, "needs the covariances of all pairs of positions");
    NT_TEST_FAILS(status, NT_ERR_ARG);
  } else {
    NT_TEST_OK_ERR(status, err);
    NT_TEST_OK_ERR(compute(f, x, 0, &grid[0], &kernels[0]), err);
    if (kernels[0] != NULL && kernels[1] != NULL) {
      const nt_kernel *full = kernels[0]->leaf, *diagonal = kernels[1]->leaf;
      compare(f, full->nngp, diagonal->nngp, &full->facts, &diagonal->facts);
      compare(f, full->ntk, diagonal->ntk, &full->facts, &diagonal->facts);
    }
  }
  for (int k = 0; k < 2; k++) {
    nt_kernels_destroy(&kernels[k]);
    nt_grid_destroy(&grid[k]);
  }
}

static void test_layouts(void)
{
  const nt_shape shape = {4, {3, 3, 2, 2}};
  nt_tree *x = nt_data_uniform("features.npy", &shape, 9, 0);
  for (int i = 0; i < FEATURES; i++)
    check_layout(&features[i], x);
  nt_data_destroy(&x);
}

static const CU_TestInfo tests[] = {{"a case of the reference for every feature", test_cases},
                                    {"both layouts of positions of every feature", test_layouts},
                                    CU_TEST_INFO_NULL};

NT_TEST_MAIN("kernel.features", tests)

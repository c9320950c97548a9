/** Networks on positions, against the rates of their maps and windows on data in the first cache,
 * and of the matrix products of layers that mix positions in dgemm. */
#include "base/check.h"
#include "base/memory.h"
#include "cli/bench_kernel.h"
#include "kernel/cells.h"
#include "plan/outline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONV "Conv(1, (3, 3), padding='SAME', W_std=2**.5)"
#define POOL "AvgPool((2, 2), strides=(2, 2))"
/* A block of a wide residual network: of c channels, with strides s, and what goes past it. */
#define WIDE(c, s, past)                                                                           \
  "serial(FanOut(2), parallel(serial(Relu(), Conv(" c ", (3, 3), " s ", padding='SAME'), Relu(), " \
  "Conv(" c ", (3, 3), padding='SAME')), " past "), FanInSum())"
#define GROUP(c, s)                                                                                \
  WIDE(c, s, "Conv(" c ", (3, 3), " s ", padding='SAME')") ", " WIDE(c, "(1, 1)", "Identity()")
#define NORMED                                                                                     \
  "serial(FanOut(2), parallel(serial(LayerNorm(), Gelu(), " CONV ", LayerNorm(), Gelu(), " CONV    \
  "), Identity()), FanInSum())"

static const struct {
  const char *name, *network, *shape;
  int64_t pairs, gram; /* samples each */
} images[] = {
    {"cnn-gap", "serial(*([" CONV ", Relu()] * 21), GlobalAvgPool(), Dense(10))", "32,32,3", 6, 8},
    {"cnn-flatten", "serial(*([" CONV ", Relu()] * 21), Flatten(), Dense(10))", "32,32,3", 128,
     192},
    {"myrtle5",
     "conv = serial(" CONV ", Relu())\n"
     "serial(conv, conv, " POOL ", conv, " POOL ", conv, *([" POOL "] * 3), Flatten(), Dense(10))",
     "32,32,3", 16, 24},
    {"myrtle7",
     "conv = serial(" CONV ", Relu())\n"
     "serial(conv, conv, " POOL ", *([conv] * 2), " POOL ", *([conv] * 2), *([" POOL
     "] * 3), Flatten(), Dense(10))",
     "32,32,3", 16, 24},
    {"myrtle10",
     "conv = serial(" CONV ", Relu())\n"
     "serial(*([conv] * 3), " POOL ", *([conv] * 3), " POOL ", *([conv] * 3), *([" POOL
     "] * 3), Flatten(), Dense(10))",
     "32,32,3", 12, 18},
    {"wide-resnet",
     "serial(Conv(16, (3, 3), padding='SAME'), " GROUP("16", "(1, 1)") ", " GROUP(
         "32", "(2, 2)") ", " GROUP("64", "(2, 2)") ", AvgPool((8, 8)), Flatten(), Dense(10))",
     "32,32,3", 32, 48},
    {"resnet-like", "serial(" CONV ", *([" NORMED "] * 3), GlobalAvgPool(), Dense(10))", "32,32,3",
     6, 8},
    {"conv1d",
     "serial(*([Conv(1, (3,), padding='SAME', W_std=2**.5), Relu()] * 10), GlobalAvgPool(), "
     "Dense(10))",
     "256,3", 32, 48},
    {"attention",
     "serial(Conv(1, (3, 3), padding='SAME'), Relu(), GlobalSelfAttention(1, 1, 1, 1), Flatten(), "
     "Dense(1))",
     "8,8,3", 128, 192},
    {0}};

enum { ROWS = 16, COLUMNS = 32, LANES = ROWS * COLUMNS, GUARD = 2 * NT_LANES, ROUNDS = 2000 };

typedef struct nt_window_work {
  const nt_cell_ops *cells;
  nt_lane_value in, between, out;
  const void *mask;
} nt_window_work;

/* 3 x 3 cells as the engine sums them: all at once, or along one axis after the other. */
static nt_status run_window(void *arg)
{
  const nt_window_work *w = arg;
  const int32_t rows[] = {0, ROWS}, columns[] = {0, COLUMNS}, shift[] = {-1, 0, 1};
  const int64_t from[] = {0, COLUMNS, 2 * COLUMNS};
  const double weight[] = {1, 1, 1};
  const nt_shifts shifts = {3, 1, shift, w->mask, LANES};
  const nt_three three = {.rows = ROWS,
                          .columns = COLUMNS,
                          .row_pieces = {1, rows},
                          .column_pieces = {1, columns},
                          .edge = w->between.k};
  for (int r = 0; r < ROUNDS; r++) {
    if (nt_three_can_run()) {
      w->cells->three(&three, w->in.k, w->out.k);
      w->cells->three(&three, w->in.t, w->out.t);
      continue;
    }
    w->cells->shifted(LANES, &shifts, w->in, 0, 0, w->between);
    w->cells->run(LANES - 2 * COLUMNS, 3, from, weight, w->between.k, 0, w->out.k);
    w->cells->run(LANES - 2 * COLUMNS, 3, from, weight, w->between.t, 0, w->out.t);
  }
  return NT_OK;
}

/* Nanoseconds of a lane of K and T in a window of 3 x 3. */
static nt_status window_rate(nt_bench *b, nt_dtype dtype, double *rate)
{
  nt_status status = NT_OK;
  void *memory = NULL;
  double seconds;
  const nt_lane_ops *lanes = nt_lanes_of(dtype);
  const size_t row = (size_t)(LANES + 2 * GUARD) * lanes->size;
  NT_TRY_ALL(b->ctx, nt_calloc(nt_ctx_error(b->ctx), 9, row, "lanes", &memory));
  char *at = (char *)memory + GUARD * lanes->size;
  nt_window_work w = {.cells = nt_cells_of(dtype),
                      .in = {at, at + row},
                      .between = {at + 2 * row, at + 3 * row},
                      .out = {at + 4 * row, at + 5 * row},
                      .mask = at + 6 * row};
  NT_TRY(nt_bench_time(b, run_window, &w, &seconds));
  *rate = 1e9 * seconds / ROUNDS / LANES;
done:
  free(memory);
  return status;
}

/* Operations of the matrix products of a layer that mixes positions two-sidedly. */
static double products_of(const nt_plan *plan, const nt_step *step)
{
  const nt_node *node = &plan->node[step->node];
  const double in = (double)nt_facts_positions(&plan->node[node->in[0]].facts);
  const double out = (double)nt_facts_positions(&node->facts);
  const double one = 2 * in * in * out, two = step->part == NT_MIX_ALL ? 2 * in * out * out : 0;
  return step->weighs ? one : (one + two) * (step->t ? 2 : 1);
}

/* Elements of a pair of samples: lanes of its maps and windows; and nanoseconds of them at
 * these rates, and of products. */
static nt_status limit_of(nt_bench *b, const nt_plan *plan, double *elements, double *limit)
{
  nt_status status = NT_OK;
  const nt_dtype dtype = plan->request.dtype;
  const nt_layer_ops *known = NULL;
  double window, gemm = 0, map = 0;
  *elements = *limit = 0;
  NT_TRY(window_rate(b, dtype, &window));
  if (plan->program->n_mixes > 0) NT_TRY(nt_bench_gemm_rate(b, &gemm));
  for (int r = 0; r < plan->program->n_regions; r++) {
    const nt_region *region = &plan->program->region[r];
    for (int s = 0; s < region->n_steps; s++) {
      const nt_step *step = &region->step[s];
      const nt_node *node = &plan->node[step->node];
      const bool is_map = step->kind == NT_STEP_MAP;
      if (step->kind == NT_STEP_MIX) *limit += products_of(plan, step) / gemm;
      if (!is_map && step->kind != NT_STEP_WINDOW && step->kind != NT_STEP_POOL) continue;
      if (is_map && node->ops != known) NT_TRY(nt_bench_map(b, node->ops, node->cfg, dtype, &map));
      if (is_map) known = node->ops;
      const double lanes = nt_frame_cells(&plan->program->frames, step->frame);
      *elements += lanes;
      *limit += lanes * (is_map ? map : window);
    }
  }
done:
  return status;
}

static nt_status run_one(nt_bench *b, const nt_bench_problem *problem)
{
  nt_status status = NT_OK;
  nt_bench_kernel w;
  double seconds, elements, limit;
  char size[80];
  const int64_t n1 = problem->n1, n2 = problem->n2;
  const char *type = problem->dtype == NT_FLOAT64 ? "float64" : "float32";
  const double cores = (double)nt_ctx_size(b->ctx) * nt_ctx_threads(b->ctx);
  const double entries = (double)n1 * (double)(n2 > 0 ? n2 : n1);
  const double pairs = n2 > 0 ? entries : entries / 2 + (double)n1 / 2;
  NT_TRY(nt_bench_kernel_open(b, problem, &w));
  NT_TRY(limit_of(b, w.job->plan, &elements, &limit));
  NT_TRY(nt_bench_kernel_time(b, &w, &seconds));
  if (n2 > 0)
    (void)snprintf(size, sizeof size, "%lld x %lld images %s", (long long)n1, (long long)n2, type);
  else
    (void)snprintf(size, sizeof size, "Gram of %lld images %s", (long long)n1, type);
  const double core = 1e9 * seconds * cores / pairs / elements;
  nt_bench_row(b, b->name, size, "NNGP and NTK", 1e3 * seconds / entries, "ms/entry", "", 0);
  nt_bench_row(b, b->name, size, "of a core", core, "ns/elt", "maps, windows, products",
               limit / elements);
done:
  nt_bench_kernel_close(&w);
  return status;
}

/* Of the case in work: pairs and a Gram matrix, in either precision. */
enum { PROBLEMS = 4 };

static void list_problems(const nt_bench *b, nt_bench_problem list[PROBLEMS])
{
  int c = 0;
  while (strcmp(images[c].name, b->name) != 0)
    c++;
  const int64_t pairs = b->n ? b->n : images[c].pairs, gram = b->n ? b->n : images[c].gram;
  for (int i = 0; i < PROBLEMS; i++)
    list[i] = (nt_bench_problem){images[c].network, images[c].shape, i % 2 == 0 ? pairs : gram,
                                 i % 2 == 0 ? pairs : 0, i < 2 ? NT_FLOAT64 : NT_FLOAT32};
}

nt_status nt_bench_images_need(nt_bench *b, nt_bench_need *need)
{
  nt_status status = NT_OK;
  nt_bench_problem problem[PROBLEMS];
  list_problems(b, problem);
  *need = (nt_bench_need){0};
  for (int i = 0; i < PROBLEMS; i++) {
    nt_bench_need one;
    NT_TRY(nt_bench_kernel_need(b, &problem[i], &one));
    *need = nt_bench_larger(*need, one);
  }
done:
  return status;
}

nt_status nt_bench_images(nt_bench *b)
{
  nt_status status = NT_OK;
  nt_bench_problem problem[PROBLEMS];
  list_problems(b, problem);
  for (int i = 0; i < PROBLEMS; i++)
    NT_TRY(run_one(b, &problem[i]));
done:
  return status;
}

/* Programs: only what is asked for, layers folded into loops, forms, the choice of tiles. */
#include "nt_test.h"
#include "plan_run.h"

static const nt_shape flat = {2, {50, 3}}, image = {4, {50, 4, 6, 3}};

static nt_planned make(const char *network, nt_shape shape, unsigned get)
{
  nt_error err = {0};
  nt_planned p;
  const nt_request request = {.get = get, .diagonal_batch = NT_AUTO, .diagonal_spatial = NT_AUTO};
  const nt_input input = nt_input_of(shape);
  NT_TEST_OK_ERR(nt_make_plan(&err, network, 1, &input, &request, &p), &err);
  return p;
}

/* Steps of a kind (all kinds: -1), and of those the ones with K, T, D. */
typedef struct counts {
  int all, k, t, d;
} counts;

static counts count(const nt_planned *p, int kind)
{
  counts c = {0};
  const nt_program *program = p->plan->program;
  for (int r = 0; r < program->n_regions; r++) {
    for (int s = 0; s < program->region[r].n_steps; s++) {
      const nt_step *step = &program->region[r].step[s];
      if (kind >= 0 && (int)step->kind != kind) continue;
      c.all++;
      c.k += step->k;
      c.t += step->t;
      c.d += step->d;
    }
  }
  return c;
}

static const char deep[] = "serial(Dense(1), Relu(), Dense(1, b_std=0.1), Relu(), Dense(1))";

static void test_demand(void)
{
  nt_planned p = make(deep, flat, NT_GET_NNGP);
  NT_TEST(count(&p, -1).t == 0 && count(&p, NT_STEP_STORE).k == 1);
  nt_free_plan(&p);
  p = make(deep, flat, NT_GET_NNGP | NT_GET_NTK);
  NT_TEST(count(&p, NT_STEP_MAP).t == 2 && count(&p, NT_STEP_STORE).t == 1);
  nt_free_plan(&p);
  p = make(deep, flat, NT_GET_NTK);
  NT_TEST(count(&p, NT_STEP_STORE).k == 0 && count(&p, NT_STEP_STORE).t == 1);
  nt_free_plan(&p);
  /* Variances need no pairs. */
  p = make(deep, flat, NT_GET_COV1);
  NT_TEST(count(&p, -1).all == 0 && p.plan->node[p.plan->output[0]].want_v);
  nt_free_plan(&p);
  /* No weights: the NTK is the scalar 0, and nothing is computed for it. */
  p = make("Identity()", flat, NT_GET_NNGP | NT_GET_NTK);
  NT_TEST(count(&p, -1).t == 0 && p.plan->node[p.plan->output[0]].facts.ntk_zero);
  nt_free_plan(&p);
}

static void test_folding(void)
{
  nt_planned p = make(deep, flat, NT_GET_NNGP | NT_GET_NTK);
  NT_TEST(count(&p, NT_STEP_AFFINE).all == 0 && count(&p, NT_STEP_MAP).all == 2 &&
          count(&p, NT_STEP_INPUT).all == 1 && count(&p, -1).all == 4);
  NT_TEST(p.plan->program->n_regions == 1);
  nt_free_plan(&p);
  /* A map with two readers keeps its own result. */
  p = make("serial(Dense(1), Relu(), FanOut(2), parallel(Dense(1), Dense(2)))", flat, NT_GET_NNGP);
  NT_TEST(count(&p, NT_STEP_AFFINE).all == 2);
  nt_free_plan(&p);
  /* Two Dense in a row: the first goes into the loop before it. */
  p = make("serial(Dense(1), Dense(1), Relu())", flat, NT_GET_NNGP);
  NT_TEST(count(&p, NT_STEP_AFFINE).all == 1);
  nt_free_plan(&p);
}

static void test_forms(void)
{
  nt_planned p = make("serial(Dense(1), Relu(), Dense(1), Relu(), Dense(1))", flat, NT_GET_NNGP);
  NT_TEST(count(&p, NT_STEP_INPUT).d == 1 && count(&p, NT_STEP_MAP).d == 1);
  NT_TEST(count(&p, NT_STEP_CONVERT).all == 0); /* the last map gives K itself */
  nt_free_plan(&p);
  p = make("serial(Dense(1), Exp(), Dense(1), Exp())", flat, NT_GET_NNGP);
  NT_TEST(count(&p, -1).d == 0 && count(&p, NT_STEP_CONVERT).all == 0);
  nt_free_plan(&p);
  /* From K to D where a map that knows K alone stands before ReLU. */
  p = make("serial(Dense(1), Exp(), Dense(1), Relu())", flat, NT_GET_NNGP);
  NT_TEST(count(&p, NT_STEP_CONVERT).all == 1 && count(&p, NT_STEP_CONVERT).d == 1);
  nt_free_plan(&p);
}

/* T of a first window comes from its K: in the map behind it, or before a map that does not. */
static void test_first_window(void)
{
  nt_planned p =
      make("serial(Conv(1, (3, 2), W_std=1.5, b_std=0.1), Relu(), Conv(1, (2, 2)), Gelu())", image,
           NT_GET_NNGP | NT_GET_NTK);
  NT_TEST(count(&p, NT_STEP_INPUT).t == 0 && count(&p, NT_STEP_WINDOW).all == 2 &&
          count(&p, NT_STEP_WINDOW).t == 1);
  NT_TEST(count(&p, NT_STEP_MAP).t == 2 && count(&p, NT_STEP_AFFINE).all == 0);
  nt_free_plan(&p);
  p = make("serial(Conv(1, (3, 2), W_std=1.5, b_std=0.1), Gelu())", image,
           NT_GET_NNGP | NT_GET_NTK);
  NT_TEST(count(&p, NT_STEP_WINDOW).t == 0 && count(&p, NT_STEP_AFFINE).t == 1);
  nt_free_plan(&p);
}

static void test_regions(void)
{
  nt_planned p = make("serial(Dense(1), Relu(), Flatten(), Dense(1), Relu())", image, NT_GET_NNGP);
  const nt_program *program = p.plan->program;
  NT_TEST(program->n_regions == 2 && program->n_tile_values == 1);
  /* Only a Flatten reads: there is one plane, of equal positions. */
  NT_TEST(program->region[0].positions == 24 && program->region[0].flat);
  NT_TEST(program->region[1].positions == 1 && program->region[1].frame < 0);
  nt_free_plan(&p);
  p = make("serial(Dense(1), Relu())", image, NT_GET_NNGP);
  program = p.plan->program;
  const nt_frame *frame = &program->frames.frame[program->region[0].frame];
  NT_TEST(program->n_regions == 1 && !program->region[0].flat);
  NT_TEST(program->frames.line[frame->line[0]].groups == 4 && frame->lanes == 24);
  NT_TEST(program->frames.line[frame->line[1]].groups == 6);
  nt_free_plan(&p);
  /* As a first layer, Flatten says how inputs are read. */
  p = make("serial(Flatten(), Dense(1), Relu())", image, NT_GET_NNGP);
  NT_TEST(p.plan->program->n_regions == 1 && p.plan->program->region[0].positions == 1);
  NT_TEST(p.plan->node[0].facts.shape1.dim[1] == 72);
  nt_free_plan(&p);
}

/* Slots are taken over: a deep chain needs no more than a short one, and a branch one more. */
static void test_slots(void)
{
  nt_planned p = make("serial(*([Dense(1), Relu()] * 40))", flat, NT_GET_NNGP | NT_GET_NTK);
  NT_TEST_MSG(p.plan->program->n_slots <= 2, "%d slots", p.plan->program->n_slots);
  nt_free_plan(&p);
  p = make("serial(Dense(1), *([FanOut(2), parallel(serial(Relu(), Dense(1)), Identity()), "
           "FanInSum()] * 20))",
           flat, NT_GET_NNGP | NT_GET_NTK);
  NT_TEST_MSG(p.plan->program->n_slots <= 4, "%d slots", p.plan->program->n_slots);
  nt_free_plan(&p);
}

/* The tile depends on the problem alone: nothing here knows ranks. Smaller for expensive pairs. */
static void test_tile(void)
{
  const nt_shape many = {2, {50000, 784}}, few = {2, {1, 3}}, spatial = {4, {50000, 32, 32, 3}};
  const nt_shape long_ones = {2, {6, 100000}};
  nt_planned p = make(deep, many, NT_GET_NNGP);
  const int64_t cheap = p.plan->tile;
  NT_TEST(cheap >= 64 && cheap <= 768 && cheap % 8 == 0);
  nt_free_plan(&p);
  p = make(deep, spatial, NT_GET_NNGP);
  NT_TEST(p.plan->tile >= 1 && p.plan->tile < cheap);
  nt_free_plan(&p);
  p = make(deep, few, NT_GET_NNGP);
  NT_TEST(p.plan->tile == 1);
  nt_free_plan(&p);
  p = make(deep, long_ones, NT_GET_NNGP);
  NT_TEST(p.plan->tile == NT_LANES);
  nt_free_plan(&p);
  for (int n = 2; n <= 20; n += 2) { /* an even number along a side */
    const nt_shape some = {4, {n, 32, 32, 3}};
    p = make(deep, some, NT_GET_NNGP);
    NT_TEST_MSG((n + p.plan->tile - 1) / p.plan->tile % 2 == 0, "%d samples", n);
    nt_free_plan(&p);
  }
}

/* Of windows, means and branches; activations behind others see sums over infinitely many. */
static void test_fewest_numbers(void)
{
  static const struct {
    const char *network;
    int64_t rows, channels, fewest; /* images of 4 x 6; rows 0: no positions */
  } cases[] = {
      {"serial(Dense(1), Relu(), Dense(1), Relu())", 0, 3, 3},
      {"serial(Dense(1), Dense(1))", 0, 3, NT_MANY},
      {"serial(Conv(1, (1, 1)), Relu())", 4, 2, 2},
      {"serial(Conv(1, (3, 3), padding='SAME'), Relu(), Conv(1, (1, 1)), Sign())", 4, 1, 9},
      {"serial(Conv(1, (2, 1)), Conv(1, (1, 2)), Erf(), Flatten())", 4, 2, 8},
      {"serial(Conv(1, (9, 1), padding='SAME'), Relu())", 4, 1, 4},
      {"serial(*[Conv(1, (3, 3), padding='SAME')] * 40, Relu())", 4, 1, NT_MANY},
      {"serial(AvgPool((2, 2)), Dense(1), Relu())", 4, 3, 3},
      {"serial(Dense(1), GlobalAvgPool(), Relu())", 4, 3, 3},
      {"serial(Flatten(), Dense(1), Relu())", 4, 1, 24},
      {"serial(Dense(1), Flatten(), Dense(1), Relu())", 4, 1, 24},
      {"serial(FanOut(2), parallel(Conv(1, (2, 2), padding='SAME'), Conv(1, (1, 1))), FanInSum(), "
       "LayerNorm(), Relu())",
       4, 3, 12},
      {"serial(FanOut(2), parallel(Conv(1, (1, 1)), serial(Conv(1, (1, 1)), Relu(), Conv(1, (1, "
       "1)))), "
       "FanInSum(), Abs())",
       4, 3, 3},
      {"serial(FanOut(2), parallel(Conv(1, (1, 1)), serial(Conv(1, (3, 3), padding='SAME'), "
       "Relu(), "
       "Conv(1, (1, 1)))), FanInSum(), Abs())",
       4, 3, 27}};
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
    const nt_shape shape = cases[c].rows == 0
                               ? (nt_shape){2, {50, cases[c].channels}}
                               : (nt_shape){4, {50, cases[c].rows, 6, cases[c].channels}};
    nt_planned p = make(cases[c].network, shape, NT_GET_NNGP);
    NT_TEST_MSG(nt_plan_fewest_numbers(p.plan) == cases[c].fewest, "%s: %lld", cases[c].network,
                (long long)nt_plan_fewest_numbers(p.plan));
    nt_free_plan(&p);
  }
}

static const CU_TestInfo tests[] = {{"only what is asked for", test_demand},
                                    {"Dense in the loop before it", test_folding},
                                    {"D and K", test_forms},
                                    {"T of a first window", test_first_window},
                                    {"regions", test_regions},
                                    {"slots", test_slots},
                                    {"tiles", test_tile},
                                    {"numbers that activations see", test_fewest_numbers},
                                    CU_TEST_INFO_NULL};

NT_TEST_MAIN("plan.program", tests)

/* The diagonal algebra, layouts, axes, and networks that do not fit their inputs. */
#include "nt_test.h"
#include "plan_run.h"

static const nt_shape flat = {2, {5, 3}}, image = {4, {5, 4, 6, 3}};
static const nt_request automatic = {
    .get = NT_GET_NNGP, .diagonal_batch = NT_AUTO, .diagonal_spatial = NT_AUTO};

static nt_requirement diagonal(int number)
{
  return (nt_requirement){.has_diagonal = true,
                          .input = (nt_bool)(number % 3),
                          .output = (nt_bool)(number / 3),
                          .diagonal_batch = NT_MAYBE};
}

static bool equal(nt_requirement a, nt_requirement b)
{
  return a.has_diagonal == b.has_diagonal && a.input == b.input && a.output == b.output &&
         a.diagonal_batch == b.diagonal_batch;
}

static void test_associative(void)
{
  int serial = 0, parallel = 0;
  for (int i = 0; i < 9 * 9 * 9; i++) {
    const nt_requirement a = diagonal(i / 81), b = diagonal(i / 9 % 9), c = diagonal(i % 9);
    serial += equal(nt_requirement_then(nt_requirement_then(a, b), c),
                    nt_requirement_then(a, nt_requirement_then(b, c)));
    parallel += equal(nt_requirement_beside(nt_requirement_beside(a, b), c),
                      nt_requirement_beside(a, nt_requirement_beside(b, c)));
  }
  NT_TEST(serial == 729);
  NT_TEST(parallel == 729);
}

/* The four lines of the specification. */
static nt_requirement by_the_book(nt_requirement a, nt_requirement b)
{
  nt_requirement r = a;
  if (a.output == NT_YES) return a;
  r.output = b.output;
  if (a.output > NT_NO && b.input > NT_NO) return r;
  if (a.output == NT_NO && b.input < NT_YES)
    r.input = NT_NO;
  else
    r.input = a.input < b.input ? a.input : b.input;
  return r;
}

static void test_serial(void)
{
  const nt_requirement none = {.diagonal_batch = NT_MAYBE};
  int good = 0, neutral = 0;
  for (int i = 0; i < 81; i++)
    good += equal(nt_requirement_then(diagonal(i / 9), diagonal(i % 9)),
                  by_the_book(diagonal(i / 9), diagonal(i % 9)));
  NT_TEST(good == 81);
  for (int i = 0; i < 9; i++)
    neutral += equal(nt_requirement_then(none, diagonal(i)), diagonal(i)) &&
               equal(nt_requirement_then(diagonal(i), none), diagonal(i)) &&
               equal(nt_requirement_beside(none, diagonal(i)), diagonal(i));
  NT_TEST(neutral == 9);
}

static void test_batch(void)
{
  nt_requirement full = diagonal(2), any = diagonal(2);
  full.diagonal_batch = NT_NO;
  NT_TEST(nt_requirement_then(full, any).diagonal_batch == NT_NO);
  NT_TEST(nt_requirement_then(any, full).diagonal_batch == NT_NO);
  NT_TEST(nt_requirement_beside(any, full).diagonal_batch == NT_NO);
  NT_TEST(nt_requirement_beside(any, any).diagonal_batch != NT_NO);
}

static void test_layouts(void)
{
  static const struct {
    const char *network;
    bool diagonal;
  } cases[] = {{"serial(Dense(1), Relu(), Dense(1))", false},
               {"serial(Dense(1), Relu(), Flatten(), Dense(1))", true},
               {"serial(Flatten(), Dense(1), Relu(), Dense(1))", true},
               {"Identity()", false},
               {"serial(Identity(), Identity())", false},
               {"Relu()", false},
               {"Flatten()", true},
               {"serial(FanOut(2), parallel(serial(Dense(1), Flatten()), Flatten()))", true},
               {"serial(FanOut(2), parallel(serial(Dense(1), Flatten()), Dense(1)))", false},
               {"repeat(Dense(1), 3)", false}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    nt_error err = {0};
    nt_layer *net = NULL;
    nt_layout layout = {0};
    NT_TEST_OK_ERR(nt_network_parse(&err, cases[i].network, "net", &net), &err);
    NT_TEST_OK_ERR(nt_plan_layout(&err, net, &automatic, &layout), &err);
    NT_TEST_MSG(layout.diagonal_spatial == cases[i].diagonal, "%s", cases[i].network);
    NT_TEST(layout.diagonal_batch);
    nt_layer_release(&net);
  }
}

static void test_asked_layouts(void)
{
  for (int asked = 0; asked < 2; asked++) {
    nt_error err = {0};
    nt_planned p;
    nt_request request = automatic;
    request.diagonal_spatial = request.diagonal_batch = asked;
    const nt_input input = nt_input_of(image);
    NT_TEST_OK_ERR(nt_make_plan(&err, "serial(Dense(1), Relu())", 1, &input, &request, &p), &err);
    const nt_facts *facts = &p.plan->node[p.plan->output[0]].facts;
    NT_TEST(facts->diagonal_spatial == asked && facts->diagonal_batch == asked);
    nt_free_plan(&p);
  }
}

static void check_axes(const char *network, int n, const nt_request *request,
                       const nt_leaf_axes *want)
{
  nt_error err = {0};
  nt_layer *net = NULL;
  nt_plan *plan = NULL;
  nt_tree *leaves = NULL;
  nt_leaf_axes axes[3];
  NT_TEST_OK_ERR(nt_network_parse(&err, network, "net", &net), &err);
  if (n == 1) NT_TEST_OK_ERR(nt_tree_leaf(&err, NULL, &leaves), &err);
  if (n > 1) NT_TEST_OK_ERR(nt_tree_sequence(&err, n, false, &leaves), &err);
  for (int i = 0; n > 1 && i < n; i++)
    NT_TEST_OK_ERR(nt_tree_leaf(&err, NULL, &leaves->child[i]), &err);
  NT_TEST_OK_ERR(nt_plan_trace(&err, net, leaves, &plan), &err);
  NT_TEST_OK_ERR(nt_plan_axes(&err, plan, request, axes), &err);
  for (int i = 0; i < n; i++) {
    NT_TEST_MSG(axes[i].batch_axis == want[i].batch_axis &&
                    axes[i].channel_axis == want[i].channel_axis &&
                    axes[i].flattens == want[i].flattens,
                "leaf %d of %s", i, network);
  }
  nt_plan_destroy(&plan);
  nt_tree_destroy(&leaves);
  nt_layer_release(&net);
}

static void test_axes(void)
{
  const nt_leaf_axes normal = {.channel_axis = -1}, first = {.channel_axis = 1};
  const nt_leaf_axes all = {.channel_axis = -1, .flattens = true};
  const nt_leaf_axes batch = {.batch_axis = 1, .channel_axis = 0};
  check_axes("Relu()", 1, &automatic, &normal);
  check_axes("serial(Relu(), Dense(1, channel_axis=1), Dense(1))", 1, &automatic, &first);
  check_axes("serial(Flatten(), Dense(1))", 1, &automatic, &all);
  check_axes("serial(Dense(1, batch_axis=1, channel_axis=0))", 1, &automatic, &batch);
  check_axes("parallel(Dense(1, channel_axis=1), Dense(1), serial(Relu(), Flatten()))", 3,
             &automatic, (nt_leaf_axes[]){first, normal, all});
  check_axes("parallel(Relu(), serial(Identity(), Dense(1, channel_axis=1)))", 2, &automatic,
             (nt_leaf_axes[]){normal, first});
  check_axes("serial(FanInProd(), Dense(1, channel_axis=1))", 2, &automatic,
             (nt_leaf_axes[]){first, first});
  nt_request request = automatic;
  request.has_channel_axis = request.has_batch_axis = true;
  request.channel_axis = 0;
  request.batch_axis = 1;
  check_axes("serial(Flatten(), Dense(1))", 1, &request, &batch);
}

static void check_error(const char *network, int n, const nt_input *inputs, nt_request request,
                        nt_status want, const char *words, const char *place)
{
  nt_error err = {0};
  nt_planned p;
  const nt_status status = nt_make_plan(&err, network, n, inputs, &request, &p);
  NT_TEST_CONTAINS(err.message, words);
  NT_TEST_CONTAINS(err.message, place);
  NT_TEST_FAILS_ERR(status, want, &err);
  NT_TEST(p.plan == NULL);
  nt_free_plan(&p);
}

static void check_shape(const char *network, nt_shape shape, const char *words, const char *place)
{
  const nt_input input = nt_input_of(shape);
  check_error(network, 1, &input, automatic, NT_ERR_SHAPE, words, place);
}

static void test_errors(void)
{
  const nt_shape vector = {1, {5}}, other = {2, {5, 4}}, deep = {3, {5, 2, 3}};
  const nt_input two[2] = {nt_input_of(flat), nt_input_of(deep)};
  check_shape("Dense(1)", vector, "at least two axes", "(5");
  check_shape("Dense(1, channel_axis=7)", flat, "channel axis 7", "(5, 3)");
  check_shape("Dense(1, batch_axis=1)", flat, "do not fit", "(5, 3)");
  check_shape("Relu()", flat, "needs a Gaussian input", "Relu at line 1, column 1 of net");
  check_shape("serial(Dense(1),\n  Relu(), Erf())", flat, "needs a Gaussian input",
              "Erf at line 2, column 11 of net");
  check_shape("serial(Dense(1), Dense(1, channel_axis=1))", image, "channels along axis 1",
              "Dense at line 1, column 18 of net");
  check_shape("serial(Dense(1), Dense(1, batch_axis=1))", image, "samples along axis 1",
              "Dense at line 1, column 18");
  check_shape("FanInSum()", flat, "takes a list of inputs", "FanInSum at line 1, column 1");
  check_shape("parallel(Dense(1), Dense(1))", flat, "has 2 branches", "parallel at line 1");
  check_shape("serial(FanOut(3), parallel(Dense(1), Dense(1)))", flat, "a list of 3",
              "parallel at line 1, column 19");
  check_shape("serial(FanOut(2), Dense(1))", flat, "gets a list of 2",
              "Dense at line 1, column 19");
  check_shape("serial(Dense(1), repeat(Flatten(), 2))", deep, "must keep the shape",
              "repeat at line 1, column 18");
  check_shape("repeat(FanOut(2), 2)", flat, "as many outputs", "repeat at line 1, column 1");
  check_shape("serial(Dense(1),\n  repeat(serial(Flatten(), Dense(1)), 0))", deep,
              "must keep the shape, but makes (5, 1) of (5, 2, 1)", "repeat at line 2, column 3");
  check_shape("repeat(FanOut(2), 0)", flat, "as many outputs", "repeat at line 1, column 1");
  check_error("serial(Dense(1), Flatten(batch_axis_out=2))", 1, two, automatic, NT_ERR_NETWORK,
              "batch_axis_out is 2", "net:1:18");
  check_error("parallel(Dense(1), Dense(1), Dense(1))", 2, two, automatic, NT_ERR_SHAPE,
              "has 3 branches", "parallel at line 1");
  nt_input differ = nt_input_of(flat);
  differ.shape2 = other;
  differ.has_x2 = true;
  check_error("Dense(1)", 1, &differ, automatic, NT_ERR_SHAPE, "must agree", "(5, 4)");
}

/* FanIn of branches that are not Gaussian, or of different axes, is what the
 * reference does not implement. */
static void test_unsupported(void)
{
  const nt_input input = nt_input_of(flat);
  check_error("serial(Dense(1), FanOut(2), parallel(Relu(), Dense(1)), FanInSum())", 1, &input,
              automatic, NT_ERR_UNSUPPORTED, "not Gaussian", "FanInSum at line 1, column 57");
  const nt_input places = nt_input_of((nt_shape){3, {5, 2, 3}});
  check_error("serial(FanOut(2), parallel(Dense(1), serial(Dense(1), Flatten())), FanInSum())", 1,
              &places, automatic, NT_ERR_UNSUPPORTED, "channel axes 2 and 1",
              "FanInSum at line 1, column 68");
}

/* What comes with the inputs overrides what the layers say, also where they say nothing fitting. */
static void test_given_axes(void)
{
  const char *const network = "serial(DotGeneral(rhs=2.), Dense(1, batch_axis=0), LayerNorm(1))";
  const nt_input input = nt_input_of((nt_shape){3, {2, 3, 5}});
  nt_request request = automatic;
  nt_planned p;
  nt_error err = {0};
  request.has_batch_axis = request.has_channel_axis = true;
  request.batch_axis = -1;
  request.channel_axis = 1;
  NT_TEST_OK_ERR(nt_make_plan(&err, network, 1, &input, &request, &p), &err);
  nt_free_plan(&p);
  request.has_batch_axis = false;
  NT_TEST_OK_ERR(nt_make_plan(&err, network, 1, &input, &request, &p), &err);
  nt_free_plan(&p);
  request.channel_axis = 2;
  check_error(network, 1, &input, request, NT_ERR_SHAPE, "leaves out the channels", "LayerNorm");
}

static const CU_TestInfo tests[] = {{"the algebra is associative", test_associative},
                                    {"serial composition", test_serial},
                                    {"batches", test_batch},
                                    {"layouts of networks", test_layouts},
                                    {"layouts that are asked for", test_asked_layouts},
                                    {"axes of every leaf", test_axes},
                                    {"axes given with the inputs", test_given_axes},
                                    {"networks that do not fit", test_errors},
                                    {"what the reference has not", test_unsupported},
                                    CU_TEST_INFO_NULL};

NT_TEST_MAIN("plan.layout", tests)

/* Shapes, axes, trees, fields, facts. */
#include "nt/typing.h"
#include "nt_test.h"

#include <string.h>

static void test_shape(void)
{
  const nt_shape a = {3, {2, 3, 4}}, b = {3, {2, 3, 5}}, scalar = {0, {0}}, one = {1, {7}};
  char text[64], tiny[5];
  const nt_shape empty = {4, {2, 3, INT64_MAX, 0}}; /* A finding of the fuzzer. */
  NT_TEST(nt_shape_size(&a) == 24 && nt_shape_size(&scalar) == 1);
  NT_TEST(nt_shape_size(&empty) == 0);
  NT_TEST(nt_shape_equal(&a, &a) && !nt_shape_equal(&a, &b) && !nt_shape_equal(&a, &one));
  NT_TEST(strcmp(nt_shape_text(&a, text, sizeof text), "(2, 3, 4)") == 0);
  NT_TEST(strcmp(nt_shape_text(&one, text, sizeof text), "(7,)") == 0);
  NT_TEST(strcmp(nt_shape_text(&scalar, text, sizeof text), "()") == 0);
  NT_TEST(strcmp(nt_shape_text(&a, tiny, sizeof tiny), "(2, ") == 0);
}

static void test_axis(void)
{
  NT_TEST(nt_axis_resolve(-1, 4) == 3 && nt_axis_resolve(-4, 4) == 0 && nt_axis_resolve(3, 4) == 3);
  NT_TEST(nt_axis_resolve(4, 4) == -1 && nt_axis_resolve(-5, 4) == -1 &&
          nt_axis_resolve(0, 0) == -1);
}

/* [a, (b, c), []] */
static nt_tree *sample(nt_error *err, int *data, bool is_tuple)
{
  nt_tree *tree = NULL;
  NT_TEST_OK_ERR(nt_tree_sequence(err, 3, false, &tree), err);
  NT_TEST_OK_ERR(nt_tree_leaf(err, &data[0], &tree->child[0]), err);
  NT_TEST_OK_ERR(nt_tree_sequence(err, 2, is_tuple, &tree->child[1]), err);
  NT_TEST_OK_ERR(nt_tree_leaf(err, &data[1], &tree->child[1]->child[0]), err);
  NT_TEST_OK_ERR(nt_tree_leaf(err, NULL, &tree->child[1]->child[1]), err);
  NT_TEST_OK_ERR(nt_tree_sequence(err, 0, false, &tree->child[2]), err);
  return tree;
}

static void test_tree(void)
{
  nt_error err = {0};
  int data[2];
  char path[32];
  nt_tree *a = sample(&err, data, true), *b = sample(&err, data, false), *leaf = NULL;
  NT_TEST(nt_tree_count(a) == 3);
  NT_TEST(nt_tree_nth(a, 1)->leaf == &data[1] && nt_tree_nth(a, 2)->leaf == NULL);
  NT_TEST(nt_tree_nth(a, 3) == NULL && nt_tree_nth(a, -1) == NULL);
  NT_TEST(strcmp(nt_tree_path(a, 0, path, sizeof path), "0") == 0);
  NT_TEST(strcmp(nt_tree_path(a, 2, path, sizeof path), "1/1") == 0);
  NT_TEST(nt_tree_same(a, a) && !nt_tree_same(a, b) && !nt_tree_same(a, NULL));
  NT_TEST_OK_ERR(nt_tree_leaf(&err, data, &leaf), &err);
  NT_TEST(strcmp(nt_tree_path(leaf, 0, path, sizeof path), "") == 0);
  NT_TEST(!nt_tree_same(a, leaf) && nt_tree_count(leaf) == 1 && nt_tree_nth(leaf, 0) == leaf);
  nt_tree_destroy(&a);
  nt_tree_destroy(&b);
  nt_tree_destroy(&leaf);
  nt_tree_destroy(&leaf);
  NT_TEST(a == NULL && b == NULL && leaf == NULL);
  NT_TEST_FAILS_ERR(nt_tree_sequence(&err, -1, false, &a), NT_ERR_ARG, &err);
}

static void test_tree_like(void)
{
  nt_error err = {0};
  int data[2], others[3];
  int *const leaves[] = {&others[2], &others[0], &others[1]};
  nt_tree *a = sample(&err, data, true), *same = NULL, *other = NULL;
  NT_TEST_OK_ERR(nt_tree_like(&err, a, NULL, &same), &err);
  NT_TEST_OK_ERR(nt_tree_like(&err, a, leaves, &other), &err);
  NT_TEST(nt_tree_same(a, same) && nt_tree_same(a, other));
  for (int l = 0; l < 3; l++) {
    NT_TEST(nt_tree_nth(same, l)->leaf == nt_tree_nth(a, l)->leaf);
    NT_TEST(nt_tree_nth(other, l)->leaf == leaves[l]);
  }
  nt_tree_destroy(&a);
  nt_tree_destroy(&same);
  nt_tree_destroy(&other);
}

static void test_get(void)
{
  nt_error err = {0};
  unsigned get = 0;
  NT_TEST_OK_ERR(nt_get_parse(&err, "nngp, NTK", &get), &err);
  NT_TEST(get == (NT_GET_NNGP | NT_GET_NTK));
  NT_TEST_OK_ERR(nt_get_parse(&err, " all ", &get), &err);
  NT_TEST(get == NT_GET_ALL);
  static const struct {
    const char *text, *message;
  } wrong[] = {{"", "an empty name"},          {"nngp,,ntk", "an empty name"},
               {"nngp,", "an empty name"},     {"ntk,nngp,NTK", "'ntk' is given twice"},
               {"ntkk", "did you mean 'ntk'"}, {"covariance", "unknown field 'covariance'"}};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    NT_TEST_FAILS_ERR(nt_get_parse(&err, wrong[i].text, &get), NT_ERR_ARG, &err);
    NT_TEST_CONTAINS(err.message, wrong[i].message);
    err = (nt_error){0};
  }
}

static void test_facts(void)
{
  const nt_facts facts = {.shape1 = {4, {3, 8, 5, 6}}, .batch_axis = 0, .channel_axis = 1};
  const nt_shape space = nt_facts_space(&facts), want = {2, {5, 6}};
  NT_TEST(nt_shape_equal(&space, &want) && nt_facts_positions(&facts) == 30);
}

static void test_samples(void)
{
  const nt_facts facts = {
      .shape1 = {3, {8, 3, 5}}, .shape2 = {3, {8, 4, 5}}, .batch_axis = 1, .channel_axis = 0};
  NT_TEST(nt_facts_samples(&facts, 0) == 3 && nt_facts_samples(&facts, 1) == 4);
}

static const CU_TestInfo tests[] = {{"shapes", test_shape},
                                    {"axes count from both ends", test_axis},
                                    {"trees", test_tree},
                                    {"a tree like another", test_tree_like},
                                    {"get names fields", test_get},
                                    {"positions are what is neither batch nor channel", test_facts},
                                    {"samples are those along the batch axis", test_samples},
                                    CU_TEST_INFO_NULL};
NT_TEST_MAIN("base.typing", tests)

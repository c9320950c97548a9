/* The networks of upstream.h are held to the naive kernel or to each other; pools of ones. NT_DRAWS:
 * how many of each. */
#include "../oracle/against.h"
#include "data.h"
#include "nt_test.h"
#include "relation.h"
#include "upstream.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_TEXT = 2000, DRAWS = 4 };

typedef struct text {
  const upstream *test;
  int number;
  size_t used;
  char out[MOST_TEXT];
} text;

static void put(text *t, char c)
{
  if (t->used + 1 < sizeof t->out) t->out[t->used++] = c;
}

/* The end of an alternative: the bar or brace behind it. */
static const char *end_of(const char *at)
{
  for (int depth = 0; depth > 0 || (*at != '|' && *at != '}'); at++)
    depth += (*at == '{') - (*at == '}');
  return at;
}

/* Which alternative: a function of the test, the case, and all that stands in the braces. */
static int draw(const text *t, const char *braces, int n)
{
  uint64_t place = (uint64_t)(t->test - tests_of_reference) * 1000 + (uint64_t)t->number;
  int depth = 0;
  do {
    depth += (*braces == '{') - (*braces == '}');
    place = place * 31 + (unsigned char)*braces++;
  } while (depth > 0);
  return (int)((nt_test_uniform(place, 0, 0) + 1) / 2 * n);
}

/* Write what stands before `end`, which is followed only into the alternatives that are drawn. */
static void choose(text *t, const char *from, const char *end)
{
  for (; from < end; from++) {
    int n = 1;
    if (*from != '{') {
      put(t, *from);
      continue;
    }
    const char *last = end_of(from + 1), *first = from + 1;
    for (; *last == '|'; last = end_of(last + 1))
      n++;
    for (int skip = draw(t, from, n); skip > 0; skip--)
      first = end_of(first) + 1;
    choose(t, first, end_of(first));
    from = last;
  }
}

static const char *write(text *t, const char *network)
{
  t->used = 0;
  choose(t, network, network + strlen(network));
  t->out[t->used] = '\0';
  return t->out;
}

/* Samples of which the second is the first one again; `masks`: with positions of zeros. */
static double *make_samples(const nt_shape *shape, bool masks)
{
  const int64_t n = shape->dim[0], channels = shape->dim[shape->rank - 1],
                size = nt_shape_size(shape) / n;
  double *x = malloc((size_t)(n * size) * sizeof *x);
  if (x == NULL) abort();
  for (int64_t i = 0; i < n * size; i++) {
    const int64_t sample = i / size == 1 ? 0 : i / size, at = i % size;
    const bool masked = masks && nt_test_uniform(5, sample, at / channels) < -0.4;
    x[i] = masked ? 0 : (double)(float)nt_test_uniform(6, sample, at);
  }
  return x;
}

static void check_naive(const upstream *test, const char *network)
{
  double *x = make_samples(&test->shape, test->masks);
  nt_against_check(&(nt_against){.network = network,
                                 .shape = &test->shape,
                                 .x = x,
                                 .tolerance = {test->tolerance > 0 ? test->tolerance : 1e-12, 1e-4},
                                 .tile = 2,
                                 .masks = test->masks && test->shape.rank > 2});
  free(x);
}

static void test_networks(void)
{
  const char *draws = getenv("NT_DRAWS");
  const int count = draws != NULL ? atoi(draws) : DRAWS;
  static text left, right;
  for (int i = 0; i < TESTS; i++) {
    const upstream *const test = &tests_of_reference[i];
    for (int number = 0; number < count; number++) {
      left = right = (text){.test = test, .number = number};
      write(&left, test->network);
      if (number > 0 && strchr(test->network, '{') == NULL) break;
      if (test->equals == NULL)
        check_naive(test, left.out);
      else
        nt_relation_check(&(nt_relation){.left = left.out,
                                         .right = write(&right, test->equals),
                                         .shape = &test->shape,
                                         .tolerance = test->tolerance > 0 ? test->tolerance : 1e-12,
                                         .masked = test->masks},
                          number % 2 == 0);
    }
  }
}

/* AvgPool of ones counts the cells of its window: the kernel is an outer product. */
static void test_avg_pool(void)
{
  static const double means[2][6] = {{1, 1, .5, .5, .5, .25}, {1, 1, 1, 1, 1, 1}};
  const nt_shape shape = {4, {2, 2, 3, 2}};
  double ones[24];
  for (int i = 0; i < 24; i++)
    ones[i] = 1;
  for (int normalize = 0; normalize < 2; normalize++) {
    nt_relation_result got =
        nt_relation_kernel(normalize ? "AvgPool((2, 2), padding='SAME', normalize_edges=True)"
                                     : "AvgPool((2, 2), padding='SAME')",
                           nt_data_file("ones.npy", &shape, ones), NULL, 0, false);
    NT_TEST(got.n == 144);
    for (int i = 0; i < 144 && got.n == 144; i++)
      NT_TEST_CLOSE(got.k[i], means[normalize][i / 12 % 6] * means[normalize][i % 6], 1e-15);
    nt_relation_drop(&got);
  }
}

static const CU_TestInfo tests[] = {{"networks of the reference's tests", test_networks},
                                    {"StaxTest.test_avg_pool", test_avg_pool},
                                    CU_TEST_INFO_NULL};

NT_TEST_MAIN("kernel.upstream", tests)

/* Layers that mix positions: texts, shapes, matrices of small cases by hand. */
#include "facts.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static nt_error err;

/* Every network is printed, and what is read back prints the same. */
static void test_texts(void)
{
  static const char *const texts[] = {
      "GlobalSelfAttention(4, 3, 2, 1, b_std=0.5, attention_mechanism='RELU', "
      "pos_emb_type='CONCAT', "
      "pos_emb_decay_fn=lambda d: (1.0 / (1.0 + d)), n_chan_pos_emb=7, val_pos_emb=True)",
      "Aggregate(aggregate_axis=(1, 2), implementation='SPARSE')",
      "DotGeneral(rhs=np.array([[1.0, 0.25], [-3.0, 0.1]]), dimension_numbers=(((1,), (0,)), ((), "
      "())), "
      "precision='HIGH')",
      "DotGeneral(lhs=-2, dimension_numbers=[[(), ()], [(), ()]])", "DotGeneral()"};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    nt_layer *first = NULL, *second = NULL;
    char *one = NULL, *two = NULL;
    NT_TEST_OK_ERR(nt_network_parse(&err, texts[i], NULL, &first), &err);
    NT_TEST_OK_ERR(nt_layer_text(&err, first, &one), &err);
    NT_TEST_OK_ERR(nt_network_parse(&err, one, NULL, &second), &err);
    NT_TEST_OK_ERR(nt_layer_text(&err, second, &two), &err);
    NT_TEST_MSG(one != NULL && two != NULL && strcmp(one, two) == 0, "%s, then %s", one, two);
    NT_TEST(i > 1 || (one != NULL && strlen(one) >= strlen("Aggregate(aggregate_axis=(1, 2))")));
    nt_layer_release(&first);
    nt_layer_release(&second);
    free(one);
    free(two);
  }
}

/* x (3, 2, 5 channels) times (2, 4), the factor at the left: its free axis comes first. */
static void test_product(void)
{
  const nt_facts in = nt_facts_of((nt_shape){3, {3, 2, 5}}, 0, 2);
  double numbers[] = {1, 2, 3, 4, 5, 6, 7, 8}, side = 0, work[64], k_out[16];
  const double k[] = {2, 0.5, 0.5, 3};
  nt_dot_general c = NT_DOT_GENERAL_DEFAULTS;
  nt_facts out;
  c.lhs = (nt_array){2, {2, 4}, numbers};
  c.dimension_numbers.contract[0] = (nt_ints){1, {0}};
  c.dimension_numbers.contract[1] = (nt_ints){1, {1}};
  const nt_layer_ops *ops = &nt_layer_dot_general;
  NT_TEST_OK_ERR(nt_shape_of(ops, &c, &in, &out, &err), &err);
  NT_TEST(out.batch_axis == 1 && out.channel_axis == 2 && out.shape1.rank == 3);
  NT_TEST(out.shape1.dim[0] == 4 && out.shape1.dim[1] == 3 && out.shape1.dim[2] == 5);
  NT_TEST(ops->work_size(&c, &in, &out) <= 64 && ops->side_size(&c, &in, &out) == 1);
  const nt_mix mix = {
      .p_in = 2, .p_out = 4, .side1 = &side, .side2 = &side, .k = k, .k_out = k_out, .work = work};
  ops->mix(&c, &in, &out, &mix);
  for (int i = 0; i < 4; i++) {
    for (int j = 0; j < 4; j++) {
      double want = 0;
      for (int a = 0; a < 2; a++)
        for (int b = 0; b < 2; b++)
          want += numbers[4 * a + i] * k[2 * a + b] * numbers[4 * b + j];
      NT_TEST(k_out[4 * i + j] > want - 1e-12 && k_out[4 * i + j] < want + 1e-12);
    }
  }
  NT_TEST(ops->require(&c).input == NT_NO);
}

/* Two edges into node 1 add up; a negative coordinate drops one; 4 is node 1 modulo 3. */
static void test_edges(void)
{
  const nt_facts in = nt_facts_of((nt_shape){3, {2, 3, 1}}, 0, 2);
  const double edges[] = {0, 1, 0, 4, 2, -1, 2, 0};
  double side[9];
  nt_aggregate c = NT_AGGREGATE_DEFAULTS;
  nt_shape pattern = {4, {2, 4, 1, 2}};
  nt_mix_sample sample = {.pattern = edges, .pattern_shape = &pattern};
  c.implementation = NT_AGGREGATE_SPARSE;
  NT_TEST_OK_ERR(nt_layer_aggregate.side(&c, &in, &in, &sample, side, &err), &err);
  const double want[] = {0, 0, 1, 2, 0, 0, 0, 0, 0};
  NT_TEST(memcmp(side, want, sizeof want) == 0);
  const double half[] = {0, 0.5}, endless[] = {0, INFINITY};
  pattern.dim[1] = 1;
  sample = (nt_mix_sample){.pattern = half, .pattern_shape = &pattern, .index = 7};
  NT_TEST(nt_layer_aggregate.side(&c, &in, &in, &sample, side, &err) == NT_ERR_DATA);
  NT_TEST(strstr(err.message, "sample 7") != NULL && strstr(err.message, "0.5") != NULL);
  err = (nt_error){0};
  sample.pattern = endless;
  NT_TEST(nt_layer_aggregate.side(&c, &in, &in, &sample, side, &err) == NT_ERR_DATA);
  NT_TEST_CONTAINS(err.message, "coordinate inf");
}

/* A pattern without edges leaves nothing; without axes of nodes each edge adds what there is. */
static void test_no_edges(void)
{
  const nt_facts in = nt_facts_of((nt_shape){3, {2, 2, 1}}, 0, 2);
  double side[4];
  nt_aggregate c = NT_AGGREGATE_DEFAULTS;
  c.implementation = NT_AGGREGATE_SPARSE;
  nt_shape pattern = {4, {2, 0, 1, 2}};
  const nt_mix_sample sample = {.pattern_shape = &pattern}, none = {.index = 0};
  NT_TEST_OK_ERR(nt_layer_aggregate.check_pattern(&c, &in, &pattern, &err), &err);
  NT_TEST_OK_ERR(nt_layer_aggregate.side(&c, &in, &in, &sample, side, &err), &err);
  NT_TEST(memcmp(side, (const double[]){0, 0, 0, 0}, sizeof side) == 0);
  NT_TEST_OK_ERR(nt_layer_aggregate.side(&c, &in, &in, &none, side, &err), &err);
  NT_TEST(memcmp(side, (const double[]){1, 0, 0, 1}, sizeof side) == 0);
  c.aggregate_axis.n = 0;
  pattern = (nt_shape){4, {2, 3, 0, 2}};
  NT_TEST_OK_ERR(nt_layer_aggregate.check_pattern(&c, &in, &pattern, &err), &err);
  NT_TEST_OK_ERR(nt_layer_aggregate.side(&c, &in, &in, &sample, side, &err), &err);
  NT_TEST(memcmp(side, (const double[]){3, 0, 0, 3}, sizeof side) == 0);
}

/* All keys alike: uniform weights, but none for a masked key. */
static void test_softmax(void)
{
  const nt_facts in = nt_facts_of((nt_shape){3, {2, 3, 4}}, 0, 2);
  const double k[] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
  const unsigned char mask[] = {0, 1, 0};
  double side[32];
  const nt_attention c = NT_ATTENTION_DEFAULTS;
  const nt_mix_sample sample = {.k = k, .mask = mask};
  const nt_layer_ops *ops = &nt_layer_global_self_attention;
  NT_TEST(ops->side_size(&c, &in, &in) <= 32);
  NT_TEST_OK_ERR(ops->side(&c, &in, &in, &sample, side, &err), &err);
  for (int i = 0; i < 9; i++)
    NT_TEST_MSG(side[i] == (i % 3 == 1 ? 0 : 0.5), "weight %d is %g", i, side[i]);
}

/* Whatever mechanism would hide it, and whoever sees the embeddings. */
static void test_decay(void)
{
  const nt_facts in = nt_facts_of((nt_shape){3, {2, 3, 4}}, 0, 2);
  const double k[] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
  double side[32];
  nt_attention c = NT_ATTENTION_DEFAULTS;
  const nt_mix_sample sample = {.k = k};
  NT_TEST_OK_ERR(nt_function_parse(&err, "sqrt(1.5 - x)", &c.pos_emb_decay_fn), &err);
  c.pos_emb_type = NT_POS_EMB_SUM;
  for (int m = 0; m < 8; m++) {
    c.attention_mechanism = m % 4;
    c.val_pos_emb = m >= 4;
    err = (nt_error){0};
    const nt_status status = nt_layer_global_self_attention.side(&c, &in, &in, &sample, side, &err);
    NT_TEST(status == NT_ERR_NUMERIC);
    NT_TEST_CONTAINS(err.message, "between positions 0 and 2");
  }
  nt_function_release(&c.pos_emb_decay_fn);
}

/* Any numbers. */
static void fill(uint64_t seed, int64_t n, double *x)
{
  for (int64_t i = 0; i < n; i++)
    x[i] = nt_test_uniform(seed, i, 0);
}

enum { MOST = 25 };

static double sum_of(int64_t n, const double *x, const double *y)
{
  double sum = 0;
  for (int64_t i = 0; i < n; i++)
    sum += x[i] * y[i];
  return sum;
}

/* Of a pair, by the part that is read: the diagonal is that of all, and its mean
 * is what the weights say. */
static void check_parts(const nt_layer_ops *ops, const void *cfg, const nt_facts *in,
                        const nt_facts *out, bool with_t)
{
  double k[MOST], t[MOST], side1[3 * MOST], side2[3 * MOST], work[200];
  double k_out[2][MOST], t_out[2][MOST], weight[MOST];
  nt_mix mix = {.p_in = nt_facts_positions(in),
                .p_out = nt_facts_positions(out),
                .side1 = side1,
                .side2 = side2,
                .k = k,
                .t = with_t ? t : NULL,
                .work = work};
  NT_TEST(ops->side_size(cfg, in, out) <= 3 * MOST && ops->work_size(cfg, in, out) <= 200);
  fill(1, MOST, k);
  fill(2, MOST, t);
  fill(3, 3 * MOST, side1);
  fill(4, 3 * MOST, side2);
  if (ops == &nt_layer_dot_general) side1[0] = side2[0] = 0; /* numbers of samples */
  double sum_k = 0, sum_t = 0;
  for (int part = NT_MIX_ALL; part <= NT_MIX_DIAGONAL; part++) {
    mix.part = (nt_mix_part)part;
    mix.k_out = k_out[part];
    mix.t_out = t_out[part];
    ops->mix(cfg, in, out, &mix);
  }
  for (int64_t i = 0; i < mix.p_out; i++) {
    const int64_t at = i * (mix.p_out + 1);
    NT_TEST(fabs(k_out[NT_MIX_DIAGONAL][at] - k_out[NT_MIX_ALL][at]) < 1e-12);
    NT_TEST(fabs(t_out[NT_MIX_DIAGONAL][at] - t_out[NT_MIX_ALL][at]) < 1e-12);
    sum_k += k_out[NT_MIX_ALL][at] / (double)mix.p_out;
    sum_t += t_out[NT_MIX_ALL][at] / (double)mix.p_out;
  }
  const int64_t n = mix.p_in * mix.p_in;
  NT_TEST(ops->weighs(cfg));
  const nt_post post = ops->weigh(cfg, in, out, &mix, weight);
  const double w_k = sum_of(n, weight, k), w_t = with_t ? sum_of(n, weight, t) : 0;
  sum_k -= post.kf * w_k + post.k0;
  sum_t -= post.tf * w_k + post.tt * w_t + post.t0;
  NT_TEST_MSG(fabs(sum_k) < 1e-12 && fabs(sum_t) < 1e-12, "%s: %g, %g", ops->name, sum_k, sum_t);
}

static void test_parts(void)
{
  const nt_facts in = nt_facts_of((nt_shape){3, {2, 5, 4}}, 0, 2),
                 narrow = nt_facts_of((nt_shape){3, {2, 3, 4}}, 0, 2);
  double numbers[15];
  fill(5, 15, numbers);
  nt_attention attention = NT_ATTENTION_DEFAULTS;
  attention.b_std = 0.5;
  attention.W_out_std = 1.3;
  const nt_aggregate aggregate = NT_AGGREGATE_DEFAULTS;
  nt_dot_general fewer = NT_DOT_GENERAL_DEFAULTS, more = NT_DOT_GENERAL_DEFAULTS;
  fewer.rhs = (nt_array){2, {5, 3}, numbers};
  more.rhs = (nt_array){2, {3, 5}, numbers};
  fewer.dimension_numbers.contract[0] = more.dimension_numbers.contract[0] = (nt_ints){1, {1}};
  fewer.dimension_numbers.contract[1] = more.dimension_numbers.contract[1] = (nt_ints){1, {0}};
  for (int with_t = 0; with_t < 2; with_t++) {
    attention.pos_emb_type = NT_POS_EMB_NONE;
    check_parts(&nt_layer_global_self_attention, &attention, &in, &in, with_t);
    attention.pos_emb_type = NT_POS_EMB_CONCAT;
    attention.val_pos_emb = true;
    check_parts(&nt_layer_global_self_attention, &attention, &in, &in, with_t);
    check_parts(&nt_layer_aggregate, &aggregate, &in, &in, with_t);
    nt_facts out;
    NT_TEST_OK_ERR(nt_shape_of(&nt_layer_dot_general, &fewer, &in, &out, &err), &err);
    check_parts(&nt_layer_dot_general, &fewer, &in, &out, with_t);
    NT_TEST_OK_ERR(nt_shape_of(&nt_layer_dot_general, &more, &narrow, &out, &err), &err);
    check_parts(&nt_layer_dot_general, &more, &narrow, &out, with_t);
  }
}

/* What authors of layers call: L1 K L2^T, all of it or its diagonal, and the weights of its mean.
 * */
static void test_two_sided(void)
{
  enum { IN = 3, OUT = 2 };
  static const double one[OUT * IN] = {1, 2, -1, 0, .5, 3}, two[OUT * IN] = {-2, 1, 0, 4, 1, -.5};
  static const double k[IN * IN] = {1, 2, 3, -1, 0, 2, 5, .5, 1};
  double out[OUT * OUT], t[OUT * OUT], weight[IN * IN], work[IN * OUT], mean = 0, weighed = 0;
  nt_mix mix = {.p_in = IN, .p_out = OUT, .k = k, .k_out = out, .t_out = t, .work = work};
  NT_TEST(nt_mix_work_size(IN, OUT) <= IN * OUT);
  nt_mix_two_sided(&mix, one, two);
  for (int e = 0; e < OUT * OUT; e++) {
    double want = 0;
    for (int ij = 0; ij < IN * IN; ij++)
      want += one[e / OUT * IN + ij / IN] * k[ij] * two[e % OUT * IN + ij % IN];
    NT_TEST_CLOSE(out[e], want, 1e-15);
    NT_TEST(t[e] == 0); /* Of a T that is zero. */
    mean += e / OUT == e % OUT ? want / OUT : 0;
  }
  nt_mix_weigh(&mix, one, two, weight);
  for (int ij = 0; ij < IN * IN; ij++)
    weighed += weight[ij] * k[ij];
  NT_TEST_CLOSE(weighed, mean, 1e-15);
  const double beside = out[1] = 7;
  mix.t = k;
  mix.part = NT_MIX_DIAGONAL;
  nt_mix_two_sided(&mix, one, two);
  NT_TEST(out[1] == beside && t[0] == out[0] && t[3] == out[3]);
}

/* Of a K that has a rest beyond a double, in long double. */
static void test_rests(void)
{
  enum { IN = 40, OUT = 3 };
  double one[OUT * IN], two[OUT * IN], k[IN * IN], k_rest[IN * IN], out[2][OUT * OUT];
  double work[2][IN * OUT];
  nt_mix mix = {.p_in = IN,
                .p_out = OUT,
                .k = k,
                .k_rest = k_rest,
                .k_out = out[0],
                .k_out_rest = out[1],
                .work = work[0],
                .work_rest = work[1]};
  fill(1, OUT * IN, one);
  fill(2, OUT * IN, two);
  fill(3, IN * IN, k);
  fill(4, IN * IN, k_rest);
  for (int e = 0; e < IN * IN; e++)
    k_rest[e] *= 0x1p-54;
  for (int part = NT_MIX_ALL; part <= NT_MIX_DIAGONAL; part++) {
    mix.part = (nt_mix_part)part;
    nt_mix_two_sided(&mix, one, two);
    for (int e = 0; e < OUT * OUT; e += part == NT_MIX_ALL ? 1 : OUT + 1) {
      long double want = 0;
      for (int ij = 0; ij < IN * IN; ij++)
        want += (long double)one[e / OUT * IN + ij / IN] * nt_mix_get(ij, k, k_rest) *
                two[e % OUT * IN + ij % IN];
      NT_TEST(fabsl(nt_mix_get(e, out[0], out[1]) - want) < IN * IN * LDBL_EPSILON);
    }
  }
}

static const CU_TestInfo tests[] = {{"texts", test_texts},
                                    {"products with a constant", test_product},
                                    {"lists of edges", test_edges},
                                    {"patterns without edges", test_no_edges},
                                    {"weights of attention", test_softmax},
                                    {"embeddings need a covariance", test_decay},
                                    {"parts that are read", test_parts},
                                    {"both sides of a matrix", test_two_sided},
                                    {"both sides in long double", test_rests},
                                    CU_TEST_INFO_NULL};

NT_TEST_MAIN("layer.mixers", tests)

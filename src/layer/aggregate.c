/* Aggregate: positions as nodes of a graph, which take the sums over their neighbours.
 *
 *     x'[j] = sum_i A[i, j] x[i],  K' = A1^T K A2,  T' = A1^T T A2
 *
 * A the pattern of the sample, over the axes of aggregate_axis; positions along other axes stay
 * apart. It comes with the samples: a matrix for each ('DENSE': [X...][X...], tails first), or a
 * list of edges ('SPARSE': [edges][axes][2], tail and head), of which repeated ones add up,
 * those with a negative coordinate are left out, and coordinates count modulo the axis. No
 * pattern is the identity; one without edges is zero.
 *
 * Source: Du et al. 2019, arXiv:1905.13192. */
#include "layer/aggregate.h"

#include "base/check.h"
#include "layer/axes.h"

static const nt_aggregate defaults = NT_AGGREGATE_DEFAULTS;

static const nt_opt opts[] = {
    {.name = "aggregate_axis",
     .type = NT_OPT_INTS_OR_NONE,
     .offset = offsetof(nt_aggregate, aggregate_axis),
     .help = "axes of the nodes; None: all axes of space"},
    NT_ROW_BATCH_AXIS(nt_aggregate),
    NT_ROW_CHANNEL_AXIS(nt_aggregate),
    {.name = "to_dense",
     .type = NT_OPT_FUNCTION,
     .offset = offsetof(nt_aggregate, to_dense),
     .length = 1,
     .help = "function of each entry of a dense pattern"},
    {.name = "implementation",
     .type = NT_OPT_CHOICE,
     .offset = offsetof(nt_aggregate, implementation),
     .choices = "DENSE|SPARSE",
     .help = "whether the pattern holds matrices or lists of edges"},
};

static nt_requirement require(const void *cfg)
{
  const nt_aggregate *const c = cfg;
  return nt_axes_require(NT_NO, NT_NO, c->batch_axis, c->channel_axis);
}

static nt_status shape(const void *cfg, int n_in, const nt_facts *in, nt_facts *out, nt_error *err)
{
  nt_status status = NT_OK;
  const nt_aggregate *const c = cfg;
  const int rank = in->shape1.rank;
  (void)n_in, (void)out;
  for (int d = 0; d < c->aggregate_axis.n; d++) {
    const int64_t given = c->aggregate_axis.v[d];
    const int a = nt_axis_resolve(given, rank);
    NT_CHECK(a >= 0, err, NT_ERR_SHAPE, "aggregate_axis %lld does not exist: the input has %d axes",
             (long long)given, rank);
    NT_CHECK(a != in->batch_axis && a != in->channel_axis, err, NT_ERR_SHAPE,
             "aggregate_axis %lld is that of the %s; it must be one of space", (long long)given,
             a == in->batch_axis ? "samples" : "channels");
  }
done:
  return status;
}

static nt_status check_pattern(const void *cfg, const nt_facts *in, const nt_shape *pattern,
                               nt_error *err)
{
  return nt_aggregate_check_pattern(err, cfg, in, pattern);
}

static int64_t square(const void *cfg, const nt_facts *in, const nt_facts *out)
{
  (void)cfg, (void)out;
  return nt_facts_positions(in) * nt_facts_positions(in);
}

/* The side is A^T over all positions. */
static nt_status side(const void *cfg, const nt_facts *in, const nt_facts *out,
                      const nt_mix_sample *sample, double *side, nt_error *err)
{
  (void)out;
  return nt_aggregate_matrix(err, cfg, in, sample, side);
}

static void mix(const void *cfg, const nt_facts *in, const nt_facts *out, const nt_mix *m)
{
  (void)cfg, (void)in, (void)out;
  nt_mix_two_sided(m, m->side1, m->side2);
}

static bool weighs(const void *cfg)
{
  (void)cfg;
  return true;
}

static nt_post weigh(const void *cfg, const nt_facts *in, const nt_facts *out, const nt_mix *m,
                     double *weight)
{
  (void)cfg, (void)in, (void)out;
  nt_mix_weigh(m, m->side1, m->side2, weight);
  return (nt_post){.kf = 1, .tt = 1};
}

const nt_layer_ops nt_layer_aggregate = {
    .name = "Aggregate",
    .formula = "sums over the neighbours in a graph: A^T x, A the pattern of the sample",
    .kernel = "K' = A^T K A';  T' = A^T T A'",
    .source = "Du et al. 2019, arXiv:1905.13192",
    .limits = "the patterns come with the data (--pattern), without them x stays as it is; "
              "to_dense takes functions of single entries only: make other patterns dense before, "
              "or give edges with implementation='SPARSE'",
    NT_ARGUMENTS(nt_aggregate, defaults, opts),
    .action = NT_MIX,
    .remasks = true,
    .gaussian = NT_MAYBE,
    .require = require,
    .shape = shape,
    .check_pattern = check_pattern,
    .side_size = square,
    .work_size = square,
    .side = side,
    .mix = mix,
    .weighs = weighs,
    .weigh = weigh,
    .takes_pattern = true,
};

/* DotGeneral: the product of the activation with a constant factor.
 *
 *     x'[o] = sum_i M[o, i] x[i]  at the positions i of a sample, o of the output
 *     K' = M1 K M2^T,  T' = M1 T M2^T
 *
 * M holds the factor where dimension_numbers contract axes, share them (entry by entry), or leave
 * the factor's own free ones, which become axes of space; M1 = M2 unless the samples' axis is
 * shared. The axes of the output are the shared ones, the free ones of the left operand, those of
 * the right one. Where the samples' axis is contracted, x' is the sum over all samples: K' = sum_nm
 * M_n K_nm M_m^T (dot_samples.c).
 *
 * Source: neural_tangents, stax.DotGeneral. */
#include "layer/dot_general.h"

#include "base/check.h"
#include "layer/axes.h"

#include <string.h>

static const nt_dot_general defaults = NT_DOT_GENERAL_DEFAULTS;

static const nt_opt opts[] = {
    {.name = "lhs",
     .type = NT_OPT_ARRAY_OR_NONE,
     .offset = offsetof(nt_dot_general, lhs),
     .help = "constant factor at the left; None: the input stands there"},
    {.name = "rhs",
     .type = NT_OPT_ARRAY_OR_NONE,
     .offset = offsetof(nt_dot_general, rhs),
     .help = "constant factor at the right; None: the input stands there"},
    {.name = "dimension_numbers",
     .type = NT_OPT_DOT_AXES,
     .offset = offsetof(nt_dot_general, dimension_numbers),
     .help = "((contracted axes of lhs, of rhs), (shared axes of lhs, of rhs))"},
    {.name = "precision",
     .type = NT_OPT_CHOICE_OR_NONE,
     .offset = offsetof(nt_dot_general, precision),
     .choices = "DEFAULT|HIGH|HIGHEST",
     .help = "no effect: all is computed in full precision"},
    NT_ROW_BATCH_AXIS(nt_dot_general),
    NT_ROW_CHANNEL_AXIS(nt_dot_general),
};

static nt_status check(const void *cfg, nt_error *err)
{
  nt_status status = NT_OK;
  const nt_dot_general *const c = cfg;
  NT_CHECK(!c->lhs.data || !c->rhs.data, err, NT_ERR_ARG,
           "lhs and rhs were both given: one of them is the input, so one must be None");
done:
  return status;
}

/* Covariances of equal positions are enough unless positions are summed over. */
static nt_requirement require(const void *cfg)
{
  const nt_dot_general *const c = cfg;
  const nt_ints *const contract = &c->dimension_numbers.contract[nt_dot_input_side(c)];
  const bool factor = nt_dot_factor(c) != NULL;
  bool batch = false;
  for (int d = 0; d < contract->n; d++)
    batch |= contract->v[d] == c->batch_axis;
  const bool space = factor && contract->n > (batch ? 1 : 0);
  nt_requirement r = nt_axes_require(space ? NT_NO : NT_YES, NT_NO, c->batch_axis, c->channel_axis);
  r.diagonal_batch = factor && batch ? NT_NO : NT_MAYBE;
  return r;
}

static nt_status shape(const void *cfg, int n_in, const nt_facts *in, nt_facts *out, nt_error *err)
{
  nt_status status = NT_OK;
  const nt_dot_general *const c = cfg;
  nt_dot dot;
  (void)n_in;
  if (nt_dot_factor(c) == NULL) return NT_OK;
  NT_TRY(nt_dot_describe(err, c, in, &dot));
  NT_CHECK(
      !nt_dot_adds_space(in, &dot) || !dot.summed || !in->diagonal_spatial, err, NT_ERR_UNSUPPORTED,
      "a sum of samples without positions, into positions of the factor, has no diagonal layout: "
      "leave diagonal_spatial out");
  out->shape1.rank = out->shape2.rank = dot.out_rank;
  memcpy(out->shape1.dim, dot.out_dim, sizeof out->shape1.dim);
  memcpy(out->shape2.dim, dot.out_dim, sizeof out->shape2.dim);
  NT_CHECK(!dot.summed || !in->diagonal_batch, err, NT_ERR_SHAPE,
           "a sum over the samples needs the covariances of all pairs of them, but the network has "
           "only each with itself: write the axis of the samples in dimension_numbers as in "
           "batch_axis (%lld)",
           (long long)c->batch_axis);
  out->summed = dot.summed;
  if (!dot.summed) out->shape2.dim[dot.out_batch] = in->shape2.dim[in->batch_axis];
  out->batch_axis = dot.out_batch;
  out->channel_axis = dot.out_channel;
done:
  return status;
}

typedef struct masks {
  int64_t channels;
  const unsigned char *in;
  unsigned char *out;
} masks;

static void unmask(void *arg, int64_t out, int64_t in, double value)
{
  const masks *const m = arg;
  for (int64_t c = 0; c < m->channels && value != 0; c++)
    m->out[out * m->channels + c] &= m->in[in * m->channels + c];
}

/* An output is masked where all inputs that weigh something are. */
static void mask_of(const void *cfg, const nt_facts *in, const nt_facts *out, int64_t index,
                    int64_t channels, const unsigned char *from, unsigned char *to)
{
  nt_dot dot;
  nt_error ignored = {.status = NT_OK};
  masks m = {channels, from, to};
  const size_t bytes = (size_t)(nt_facts_positions(out) * channels);
  if (nt_dot_factor(cfg) == NULL) {
    memcpy(to, from, bytes);
    return;
  }
  memset(to, 1, bytes);
  if (nt_dot_describe(&ignored, cfg, in, &dot) == NT_OK) nt_dot_visit(&dot, index, unmask, &m);
}

static bool is_scalar(const nt_dot_general *c)
{
  return nt_dot_factor(c) == NULL || nt_dot_factor(c)->rank == 0;
}

static int64_t side_size(const void *cfg, const nt_facts *in, const nt_facts *out)
{
  (void)cfg, (void)in, (void)out;
  return 1;
}

static int64_t work_size(const void *cfg, const nt_facts *in, const nt_facts *out)
{
  const int64_t p = nt_facts_positions(in), q = nt_facts_positions(out);
  return is_scalar(cfg) ? 0 : 2 * p * q + nt_mix_work_size(p, q);
}

/* Matrices are cheaper made for a pair than kept for each sample: the
 * side is the sample's number. */
static nt_status side(const void *cfg, const nt_facts *in, const nt_facts *out,
                      const nt_mix_sample *sample, double *side, nt_error *err)
{
  (void)cfg, (void)in, (void)out, (void)err;
  side[0] = (double)sample->index;
  return NT_OK;
}

typedef struct matrix {
  int64_t p_in;
  double *entry;
} matrix;

static void set(void *arg, int64_t out, int64_t in, double value)
{
  const matrix *const m = arg;
  m->entry[out * m->p_in + in] = value;
}

static const double *fill(const nt_dot *dot, double index, const nt_mix *mix, double *entry)
{
  matrix m = {mix->p_in, entry};
  memset(entry, 0, (size_t)(mix->p_in * mix->p_out) * sizeof *entry);
  nt_dot_visit(dot, (int64_t)index, set, &m);
  return entry;
}

static void scale(double factor, int64_t n, const double *in, double *out)
{
  for (int64_t i = 0; i < n; i++)
    out[i] = factor * in[i];
}

/* The matrices of either sample, in the work of `m`. */
static bool fill_both(const nt_dot_general *cfg, const nt_facts *in, const nt_mix *m,
                      const double **one, const double **two)
{
  nt_dot dot;
  nt_error ignored = {.status = NT_OK};
  if (nt_dot_describe(&ignored, cfg, in, &dot) != NT_OK) return false; /* `shape` has refused it */
  *one = *two = fill(&dot, m->side1[0], m, m->work);
  if (dot.batch) *two = fill(&dot, m->side2[0], m, m->work + m->p_in * m->p_out);
  return true;
}

static void mix(const void *cfg, const nt_facts *in, const nt_facts *out, const nt_mix *m)
{
  const int64_t size = m->p_in * m->p_out;
  const double *one, *two;
  (void)out;
  if (is_scalar(cfg)) {
    const double s = nt_dot_factor(cfg) == NULL ? 1 : nt_dot_factor(cfg)->data[0];
    scale(s * s, size, m->k, m->k_out);
    for (int64_t i = 0; m->k_rest && i < size; i++)
      nt_mix_put(s * s * nt_mix_get(i, m->k, m->k_rest), i, m->k_out, m->k_out_rest);
    if (m->t_out && m->t) scale(s * s, size, m->t, m->t_out);
    if (m->t_out && !m->t) memset(m->t_out, 0, (size_t)size * sizeof(double));
    return;
  }
  nt_mix rest = *m;
  rest.work = m->work + 2 * size;
  if (m->k_rest) rest.work_rest = m->work_rest + 2 * size;
  if (fill_both(cfg, in, m, &one, &two)) nt_mix_two_sided(&rest, one, two);
}

static bool weighs(const void *cfg) { return !is_scalar(cfg); }

static nt_post weigh(const void *cfg, const nt_facts *in, const nt_facts *out, const nt_mix *m,
                     double *weight)
{
  const double *one, *two;
  (void)out;
  if (fill_both(cfg, in, m, &one, &two)) nt_mix_weigh(m, one, two, weight);
  return (nt_post){.kf = 1, .tt = 1};
}

const nt_layer_ops nt_layer_dot_general = {
    .name = "DotGeneral",
    .formula = "product with a constant array over axes of samples and space",
    .kernel = "K' = M K M'^T, M the factor as a matrix over positions or samples;  T' = M T M'^T",
    .source = "neural_tangents, stax.DotGeneral",
    .limits = "the channels take no part; after a sum over the samples (batch_axis contracted) "
              "only elementwise layers may follow, and where samples without positions get some of "
              "the factor there is no diagonal_spatial",
    NT_ARGUMENTS(nt_dot_general, defaults, opts),
    .action = NT_MIX,
    .gaussian = NT_MAYBE,
    .check = check,
    .require = require,
    .shape = shape,
    .mask_of = mask_of,
    .side_size = side_size,
    .work_size = work_size,
    .side = side,
    .mix = mix,
    .weighs = weighs,
    .weigh = weigh,
    .mixes_samples = nt_dot_mixes_samples,
    .sample_taps = nt_dot_sample_taps,
};

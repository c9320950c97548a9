/* GlobalSelfAttention: every position attends to all positions of the sample.
 *
 *     f(x) = softmax(queries keys^T) values W_out + b     in the limit of many heads
 *
 * With X~ = X of queries and keys, X_v of values (with val_pos_emb X_v = X~), R the covariance of
 * the positional embeddings between the positions of two samples, zero where either is masked,
 *
 *     X~ = X                                               pos_emb_type 'NONE'
 *     X~ = X + W_pos_emb_std^2 R                           'SUM'
 *     X~ = (C X + C_pos W_pos_emb_std^2 R) / (C + C_pos)   'CONCAT',  X = K and T alike
 *     R(i, j) = pos_emb_decay_fn(sum_axis |i_a - j_a|^p);  without it 1 if i = j, else 0
 *
 * linear_scaling (queries and keys tied), G = zeta(W_query_std W_key_std K~) of each sample with
 * itself, the softmax over all keys that are not masked:
 *
 *     K' = (W_out_std W_value_std)^2 G1 K_v G2^T + b_std^2
 *     T' = (W_out_std W_value_std)^2 G1 T_v G2^T + 2 K' - b_std^2
 *
 * else, with the mechanism 'IDENTITY' alone, c the product of the squares of all four W_..._std,
 * and <,> the sum over all pairs of positions,
 *
 *     K' = c <K~, K_v> K~ + b_std^2
 *     T' = c ((<K~, T_v> + <K_v, T~>) K~ + <K~, K_v> (T~ + 4 K~)) + b_std^2
 *
 * Source: Hron et al. 2020, arXiv:2006.10540. */
#include "layer/attention.h"

#include "base/check.h"
#include "layer/axes.h"
#include "layer/mask.h"
#include "layer/weights.h"

static const nt_attention defaults = NT_ATTENTION_DEFAULTS;

static const nt_opt opts[] = {
    NT_ROW_CHANNELS(nt_attention, n_chan_out, "channels of the output"),
    NT_ROW_CHANNELS(nt_attention, n_chan_key,
                    "channels of queries and keys (no effect on the kernel)"),
    NT_ROW_CHANNELS(nt_attention, n_chan_val, "channels of values (no effect on the kernel)"),
    NT_ROW_CHANNELS(nt_attention, n_heads, "heads (no effect on the kernel)"),
    {.name = "linear_scaling",
     .type = NT_OPT_BOOL,
     .offset = offsetof(nt_attention, linear_scaling),
     .help = "divide by n_chan_key, queries tied to keys; False: by its root, 'IDENTITY' only"},
    NT_ROW_STD(nt_attention, W_key_std, " of keys"),
    NT_ROW_STD(nt_attention, W_value_std, " of values"),
    NT_ROW_STD(nt_attention, W_query_std, " of queries"),
    NT_ROW_STD(nt_attention, W_out_std, " of the output"),
    NT_ROW_B_STD(nt_attention),
    {.name = "attention_mechanism",
     .type = NT_OPT_CHOICE,
     .offset = offsetof(nt_attention, attention_mechanism),
     .choices = "SOFTMAX|IDENTITY|ABS|RELU",
     .help = "what makes weights of the products of queries and keys"},
    {.name = "pos_emb_type",
     .type = NT_OPT_CHOICE,
     .offset = offsetof(nt_attention, pos_emb_type),
     .choices = "NONE|SUM|CONCAT",
     .help = "positional embeddings: none, added, or beside the channels"},
    {.name = "pos_emb_p_norm",
     .type = NT_OPT_REAL,
     .offset = offsetof(nt_attention, pos_emb_p_norm),
     .help = "power p of the distances of positions"},
    {.name = "pos_emb_decay_fn",
     .type = NT_OPT_FUNCTION,
     .offset = offsetof(nt_attention, pos_emb_decay_fn),
     .length = 1,
     .help = "covariance of embeddings at a distance; None: they are independent"},
    {.name = "n_chan_pos_emb",
     .type = NT_OPT_INT_OR_NONE,
     .offset = offsetof(nt_attention, n_chan_pos_emb),
     .min = 1,
     .max = 0x1p53,
     .help = "channels of the embeddings; None: those of the input"},
    NT_ROW_STD(nt_attention, W_pos_emb_std, " of the embeddings"),
    {.name = "val_pos_emb",
     .type = NT_OPT_BOOL,
     .offset = offsetof(nt_attention, val_pos_emb),
     .help = "whether values see the embeddings, as queries and keys do"},
    NT_ROW_BATCH_AXIS(nt_attention),
    NT_ROW_CHANNEL_AXIS(nt_attention),
};

static nt_status check(const void *cfg, nt_error *err)
{
  nt_status status = NT_OK;
  const nt_attention *const c = cfg;
  NT_CHECK(c->linear_scaling || c->attention_mechanism == NT_ATTENTION_IDENTITY, err,
           NT_ERR_UNSUPPORTED,
           "linear_scaling=False has a kernel only with attention_mechanism='IDENTITY': give that, "
           "or linear_scaling=True");
done:
  return status;
}

static nt_requirement require(const void *cfg)
{
  const nt_attention *const c = cfg;
  return nt_axes_require(NT_NO, NT_NO, c->batch_axis, c->channel_axis);
}

static nt_status shape(const void *cfg, int n_in, const nt_facts *in, nt_facts *out, nt_error *err)
{
  nt_status status = NT_OK;
  const nt_attention *const c = cfg;
  const int64_t channels = nt_facts_channels(in), embedded = c->n_chan_pos_emb;
  (void)n_in;
  NT_CHECK(c->pos_emb_type != NT_POS_EMB_SUM || embedded == NT_INT_NONE || embedded == channels,
           err, NT_ERR_SHAPE,
           "n_chan_pos_emb = %lld, but the input has %lld channels: pos_emb_type='SUM' adds the "
           "embeddings to them, so give None or %lld",
           (long long)embedded, (long long)channels, (long long)channels);
  out->shape1.dim[in->channel_axis] = c->n_chan_out;
  out->shape2.dim[in->channel_axis] = c->n_chan_out;
  out->ntk_zero = false;
done:
  return status;
}

/* Embeddings are drawn for each channel: where a mask leaves some of them, they have no R. */
static const char *joined_mask(const void *cfg)
{
  if (((const nt_attention *)cfg)->pos_emb_type == NT_POS_EMB_NONE) return NULL;
  return "leave its embeddings of positions without a kernel: put a layer before it that joins the "
         "channels (Dense, Conv), or leave the embeddings out (pos_emb_type='NONE')";
}

static int64_t side_size(const void *cfg, const nt_facts *in, const nt_facts *out)
{
  const nt_attention_plan plan = nt_attention_of(cfg, in);
  (void)out;
  return nt_attention_side_size(&plan);
}

static int64_t work_size(const void *cfg, const nt_facts *in, const nt_facts *out)
{
  const nt_attention_plan plan = nt_attention_of(cfg, in);
  (void)out;
  return nt_attention_work_size(&plan);
}

static nt_status side(const void *cfg, const nt_facts *in, const nt_facts *out,
                      const nt_mix_sample *sample, double *side, nt_error *err)
{
  const nt_attention_plan plan = nt_attention_of(cfg, in);
  (void)out;
  return nt_attention_side(err, &plan, in, sample, side);
}

static void mix(const void *cfg, const nt_facts *in, const nt_facts *out, const nt_mix *m)
{
  const nt_attention_plan plan = nt_attention_of(cfg, in);
  (void)out;
  nt_attention_mix(&plan, m);
}

static bool weighs(const void *cfg) { return ((const nt_attention *)cfg)->linear_scaling; }

static nt_post weigh(const void *cfg, const nt_facts *in, const nt_facts *out, const nt_mix *m,
                     double *weight)
{
  const nt_attention_plan plan = nt_attention_of(cfg, in);
  (void)out;
  return nt_attention_weigh(&plan, m, weight);
}

const nt_layer_ops nt_layer_global_self_attention = {
    .name = "GlobalSelfAttention",
    .formula = "W_out zeta(queries keys^T) values + b over all positions",
    .kernel = "K' = OV^2 G K G'^T + b_std^2;  T' = OV^2 G T G'^T + b_std^2 + 2 (K' - b_std^2);  "
              "with G = zeta(QK K), K of the sample with itself, QK = W_query_std W_key_std, OV = "
              "W_out_std W_value_std;  linear_scaling=False: K' = (QK OV)^2 |K|^2 K + b_std^2, "
              "|K|^2 the sum of all K(p, p')^2;  T' = (QK OV)^2 (2 sum(K T) K + |K|^2 (T + 4 K)) + "
              "b_std^2;  embeddings of covariance R first: K + W_pos_emb_std^2 R (SUM), or the "
              "mean of both weighted by their channels (CONCAT)",
    .source = "Hron et al. 2020, arXiv:2006.10540",
    .limits = "linear_scaling=False has a kernel with attention_mechanism='IDENTITY' only",
    NT_ARGUMENTS(nt_attention, defaults, opts),
    .action = NT_MIX,
    .remasks = true,
    .gaussian = NT_YES,
    .check = check,
    .require = require,
    .shape = shape,
    .mask = nt_mask_join,
    .mask_channels = nt_mask_one_channel,
    .joined_mask = joined_mask,
    .side_size = side_size,
    .work_size = work_size,
    .side = side,
    .mix = mix,
    .weighs = weighs,
    .weigh = weigh,
    .mixes_by_own = true,
};

#include "layer/attention.h"

#include "base/check.h"
#include "base/function.h"

#include <math.h>

static const double MASKED = -1e20; /* covariance of a masked key, before softmax */

nt_attention_plan nt_attention_of(const nt_attention *c, const nt_facts *in)
{
  const double channels = (double)nt_facts_channels(in);
  const double embedded = c->n_chan_pos_emb == NT_INT_NONE ? channels : (double)c->n_chan_pos_emb;
  const double w2 = c->W_pos_emb_std * c->W_pos_emb_std;
  nt_attention_plan plan = {.cfg = c,
                            .P = nt_facts_positions(in),
                            .qk = c->W_query_std * c->W_key_std,
                            .ov = c->W_out_std * c->W_value_std,
                            .b2 = isnan(c->b_std) ? 0 : c->b_std * c->b_std,
                            .keep = 1};
  if (c->pos_emb_type == NT_POS_EMB_SUM) plan.position = w2;
  if (c->pos_emb_type == NT_POS_EMB_CONCAT) {
    plan.keep = channels / (channels + embedded);
    plan.position = embedded * w2 / (channels + embedded);
  }
  plan.pairs_embed = c->pos_emb_type != NT_POS_EMB_NONE && (!c->linear_scaling || c->val_pos_emb);
  return plan;
}

int64_t nt_attention_side_size(const nt_attention_plan *plan)
{
  const int64_t P = plan->P;
  return (plan->cfg->linear_scaling ? P * P : 0) + (plan->pairs_embed ? P + P * P : 0) + 1;
}

/* sum_axis |i_a - i'_a|^p of positions i, i' */
static double distance(const nt_shape *space, double p, int64_t i, int64_t j)
{
  double sum = 0;
  for (int a = space->rank - 1; a >= 0; a--) {
    const int64_t n = space->dim[a];
    sum += pow(fabs((double)(i % n - j % n)), p);
    i /= n;
    j /= n;
  }
  return sum;
}

/* R [P][P], zero where either position is masked as `rows` and `columns` say. */
static nt_status embed(nt_error *err, const nt_attention_plan *plan, const nt_facts *in,
                       const unsigned char *rows, const unsigned char *columns, double *R)
{
  nt_status status = NT_OK;
  const nt_attention *c = plan->cfg;
  const nt_shape space = nt_facts_space(in);
  const int64_t P = plan->P;
  for (int64_t i = 0; i < P; i++)
    for (int64_t j = 0; j < P; j++)
      R[i * P + j] = c->pos_emb_decay_fn ? distance(&space, c->pos_emb_p_norm, i, j) : i == j;
  if (c->pos_emb_decay_fn)
    nt_function_eval_f64(c->pos_emb_decay_fn, P * P, (const double *const[]){R}, R);
  for (int64_t i = 0; i < P; i++) {
    for (int64_t j = 0; j < P; j++) {
      if ((rows && rows[i]) || (columns && columns[j])) R[i * P + j] = 0;
      NT_CHECK(isfinite(R[i * P + j]), err, NT_ERR_NUMERIC,
               "pos_emb_decay_fn is %g, and must be finite, between positions %lld and %lld",
               R[i * P + j], (long long)i, (long long)j);
    }
  }
done:
  return status;
}

/* zeta of one row: the weights of all keys for one query. */
static void softmax(int64_t P, double *g)
{
  double top = -INFINITY, sum = 0;
  for (int64_t j = 0; j < P; j++)
    top = fmax(top, g[j]);
  for (int64_t j = 0; j < P; j++) {
    g[j] = exp(g[j] - top);
    sum += g[j];
  }
  for (int64_t j = 0; j < P; j++)
    g[j] /= sum;
}

static void zeta(int mechanism, int64_t P, double *g)
{
  if (mechanism == NT_ATTENTION_SOFTMAX) softmax(P, g);
  for (int64_t j = 0; mechanism == NT_ATTENTION_ABS && j < P; j++)
    g[j] = fabs(g[j]);
  for (int64_t j = 0; mechanism == NT_ATTENTION_RELU && j < P; j++)
    g[j] = g[j] < 0 ? 0 : g[j]; /* not fmax: what is no number stays seen */
}

/* G from K~ = keep K + position R, of which G holds R before. */
static void weigh(const nt_attention_plan *plan, const nt_mix_sample *sample, double *G)
{
  const int mechanism = plan->cfg->attention_mechanism;
  const double masked = mechanism == NT_ATTENTION_SOFTMAX ? MASKED : 0;
  const int64_t P = plan->P;
  for (int64_t i = 0; i < P; i++) {
    double *const g = G + i * P;
    for (int64_t j = 0; j < P; j++) {
      const double own = plan->keep * sample->k[i * P + j] + plan->position * g[j];
      g[j] = plan->qk * (sample->mask && sample->mask[j] ? masked : own);
    }
    zeta(mechanism, P, g);
  }
}

nt_status nt_attention_side(nt_error *err, const nt_attention_plan *plan, const nt_facts *in,
                            const nt_mix_sample *sample, double *side)
{
  nt_status status = NT_OK;
  const int64_t P = plan->P;
  const unsigned char *const mask = sample->mask;
  if (plan->cfg->linear_scaling) {
    if (plan->position > 0)
      NT_TRY(embed(err, plan, in, mask, mask, side));
    else
      for (int64_t i = 0; i < P * P; i++)
        side[i] = 0;
    weigh(plan, sample, side);
    side += P * P;
  }
  if (plan->pairs_embed) {
    for (int64_t i = 0; i < P; i++)
      side[i] = mask && mask[i] ? 0 : 1;
    NT_TRY(embed(err, plan, in, mask, NULL, side + P));
  }
done:
  return status;
}

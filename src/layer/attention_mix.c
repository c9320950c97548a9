#include "layer/attention.h"

#include <cblas.h>

int64_t nt_attention_work_size(const nt_attention_plan *plan)
{
  /* K~ and T~, and the product of nt_mix_two_sided. */
  return 3 * plan->P * plan->P;
}

/* Where the parts of a side are. */
static const double *unmasked(const nt_attention_plan *plan, const double *side)
{
  return side + (plan->cfg->linear_scaling ? plan->P * plan->P : 0);
}

static const double *embedding(const nt_attention_plan *plan, const double *side)
{
  return unmasked(plan, side) + plan->P;
}

/* out = keep X + position R12; X NULL: zero. */
static void embed(const nt_attention_plan *plan, const nt_mix *m, const double *X, double *out)
{
  const int64_t P = plan->P;
  const double *const R = embedding(plan, m->side1), *const two = unmasked(plan, m->side2);
  for (int64_t i = 0; i < P; i++) {
    for (int64_t j = 0; j < P; j++)
      out[i * P + j] = plan->position * R[i * P + j] * two[j];
    for (int64_t j = 0; X && j < P; j++)
      out[i * P + j] += plan->keep * X[i * P + j];
  }
}

/* K~ and T~ in the work of a pair. */
static void embed_pair(const nt_attention_plan *plan, const nt_mix *m)
{
  const int64_t P = plan->P;
  const double *const R = embedding(plan, m->side1), *const two = unmasked(plan, m->side2);
  embed(plan, m, m->k, m->work);
  if (m->t_out) embed(plan, m, m->t, m->work + P * P);
  for (int64_t at = 0; m->k_rest && at < P * P; at++) {
    const long double r = (long double)plan->position * R[at] * two[at % P];
    nt_mix_put(r + plan->keep * nt_mix_get(at, m->k, m->k_rest), at, m->work, m->work_rest);
  }
}

/* K' = ov^2 G1 K~ G2^T + b2,  T' = ov^2 G1 T~ G2^T + b2 + 2 (K' - b2) */
static void mix_linear(const nt_attention_plan *plan, const nt_mix *m)
{
  const int64_t n = plan->P * plan->P, step = m->part == NT_MIX_ALL ? 1 : plan->P + 1;
  const double ov2 = plan->ov * plan->ov, b2 = plan->b2;
  nt_mix embedded = *m;
  if (plan->pairs_embed) {
    embed_pair(plan, m);
    embedded.k = m->work;
    embedded.t = m->work + n;
    embedded.work = m->work + 2 * n;
    if (m->k_rest) embedded.k_rest = m->work_rest;
    if (m->k_rest) embedded.work_rest = m->work_rest + 2 * n;
  }
  nt_mix_two_sided(&embedded, m->side1, m->side2);
  for (int64_t i = 0; m->t_out && i < n; i += step)
    m->t_out[i] = ov2 * (m->t_out[i] + 2 * m->k_out[i]) + b2;
  for (int64_t i = 0; i < n && m->k_rest; i += step)
    nt_mix_put(ov2 * nt_mix_get(i, m->k_out, m->k_out_rest) + b2, i, m->k_out, m->k_out_rest);
  for (int64_t i = 0; i < n && !m->k_rest; i += step)
    m->k_out[i] = ov2 * m->k_out[i] + b2;
}

/* In pieces, since BLAS counts by int. */
static double dot(int64_t n, const double *a, const double *b)
{
  enum { PIECE = 1 << 30 };
  double sum = 0;
  for (int64_t at = 0; b && at < n; at += PIECE)
    sum += cblas_ddot((int)(n - at < PIECE ? n - at : PIECE), a + at, 1, b + at, 1);
  return sum;
}

/* K' = c K~ sum K~ K + b2 in long double, K~ with its rest. */
static void square_wide(const nt_mix *m, double c, double b2, const double *K, const double *rest,
                        bool values)
{
  const int64_t n = m->p_in * m->p_in;
  const double *const Kv = values ? K : m->k, *const rest_v = values ? rest : m->k_rest;
  long double sum = 0;
  for (int64_t i = 0; i < n; i++)
    sum += nt_mix_get(i, K, rest) * nt_mix_get(i, Kv, rest_v);
  for (int64_t i = 0; i < n; i++)
    nt_mix_put(c * sum * nt_mix_get(i, K, rest) + b2, i, m->k_out, m->k_out_rest);
}

/* With K~, T~ of the queries and keys, and K, T of the values:
 *     d = sum K~ K,  e = sum K~ T + sum K T~
 *     K' = (qk ov)^2 d K~ + b2,  T' = (qk ov)^2 (e K~ + d (T~ + 4 K~)) + b2 */
static void mix_square_root(const nt_attention_plan *plan, const nt_mix *m)
{
  const int64_t n = plan->P * plan->P;
  const bool values = plan->cfg->val_pos_emb && plan->pairs_embed;
  const double c = plan->qk * plan->qk * plan->ov * plan->ov, b2 = plan->b2;
  const double *K = m->k, *T = m->t;
  if (plan->pairs_embed) {
    embed_pair(plan, m);
    K = m->work;
    T = m->t_out ? m->work + n : NULL;
  }
  const double *const Kv = values ? K : m->k, *const Tv = values ? T : m->t;
  const double d = dot(n, K, Kv), e = dot(n, K, Tv) + dot(n, Kv, T);
  for (int64_t i = 0; m->t_out && i < n; i++)
    m->t_out[i] = c * (e * K[i] + d * ((T ? T[i] : 0) + 4 * K[i])) + b2;
  for (int64_t i = 0; i < n && !m->k_rest; i++)
    m->k_out[i] = c * d * K[i] + b2;
  if (m->k_rest) square_wide(m, c, b2, K, plan->pairs_embed ? m->work_rest : m->k_rest, values);
}

/* With W = G1^T G2 / P, the embeddings of a pair come to one number (where values
 * have none, keep = 1, e = 0):
 *     K' = ov^2 (keep sum W K + e) + b2,  T' = ov^2 (keep sum W T + e) + b2 + 2 (K' - b2),
 *     e = position sum W R12 */
nt_post nt_attention_weigh(const nt_attention_plan *plan, const nt_mix *m, double *weight)
{
  const double ov2 = plan->ov * plan->ov, f = ov2 * (plan->pairs_embed ? plan->keep : 1);
  double e = 0;
  nt_mix_weigh(m, m->side1, m->side2, weight);
  if (plan->pairs_embed) {
    embed(plan, m, NULL, m->work);
    e = ov2 * dot(plan->P * plan->P, weight, m->work);
  }
  return (nt_post){.kf = f, .k0 = e + plan->b2, .tf = 2 * f, .tt = f, .t0 = 3 * e + plan->b2};
}

void nt_attention_mix(const nt_attention_plan *plan, const nt_mix *mix)
{
  if (plan->cfg->linear_scaling)
    mix_linear(plan, mix);
  else
    mix_square_root(plan, mix);
}

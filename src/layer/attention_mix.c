#include "layer/attention.h"

#include <cblas.h>
#include <string.h>

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

/* out = ov^2 G1 X G2^T + shift + 2 (K' - b2), the last term if there is a K'. */
static void linear(const nt_attention_plan *plan, const nt_mix *m, const double *X,
                   const double *k_out, double *work, double *out)
{
  const int64_t n = plan->P * plan->P;
  const double ov2 = plan->ov * plan->ov, b2 = plan->b2;
  if (X)
    nt_mix_two_sided(plan->P, plan->P, m->side1, m->side2, X, work, out);
  else
    memset(out, 0, (size_t)n * sizeof *out);
  for (int64_t i = 0; i < n; i++)
    out[i] = ov2 * out[i] + b2 + (k_out ? 2 * (k_out[i] - b2) : 0);
}

static void mix_linear(const nt_attention_plan *plan, const nt_mix *m)
{
  double *const embedded = m->work, *const work = m->work + plan->P * plan->P;
  const double *X = m->k;
  if (plan->pairs_embed) {
    embed(plan, m, m->k, embedded);
    X = embedded;
  }
  linear(plan, m, X, NULL, work, m->k_out);
  if (!m->t_out) return;
  X = m->t;
  if (plan->pairs_embed) {
    embed(plan, m, m->t, embedded);
    X = embedded;
  }
  linear(plan, m, X, m->k_out, work, m->t_out);
}

static double dot(int64_t n, const double *a, const double *b)
{
  return b ? cblas_ddot((int)n, a, 1, b, 1) : 0;
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
    embed(plan, m, m->k, m->work);
    embed(plan, m, m->t, m->work + n);
    K = m->work;
    T = m->work + n;
  }
  const double *const Kv = values ? K : m->k, *const Tv = values ? T : m->t;
  const double d = dot(n, K, Kv), e = dot(n, K, Tv) + dot(n, Kv, T);
  for (int64_t i = 0; m->t_out && i < n; i++)
    m->t_out[i] = c * (e * K[i] + d * ((T ? T[i] : 0) + 4 * K[i])) + b2;
  for (int64_t i = 0; i < n; i++)
    m->k_out[i] = c * d * K[i] + b2;
}

void nt_attention_mix(const nt_attention_plan *plan, const nt_mix *mix)
{
  if (plan->cfg->linear_scaling)
    mix_linear(plan, mix);
  else
    mix_square_root(plan, mix);
}

/* DotGeneral where samples become other ones: sums over them, and positions
 * for samples that have none. */
#include "layer/dot_general.h"

#include "base/check.h"

bool nt_dot_adds_space(const nt_facts *in, const nt_dot *dot)
{
  return nt_facts_space(in).rank == 0 && dot->out_rank > 2;
}

bool nt_dot_mixes_samples(const void *cfg, const nt_facts *in)
{
  nt_dot dot;
  nt_error ignored = {.status = NT_OK};
  if (nt_dot_factor(cfg) == NULL || nt_dot_describe(&ignored, cfg, in, &dot) != NT_OK) return false;
  return dot.summed || nt_dot_adds_space(in, &dot);
}

/* Where the weight of a sample for position `out` goes: row `out` has a tap for each sample, or
 * (`apart`) each row (sample, out) has its own. */
typedef struct weights {
  int64_t samples, positions, sample;
  bool apart;
  nt_taps *taps;
} weights;

static void weigh(void *arg, int64_t out, int64_t in, double value)
{
  const weights *const w = arg;
  const int64_t at = w->apart ? w->sample * w->positions + out : out * w->samples + w->sample;
  (void)in;
  w->taps->in[at] = (int32_t)w->sample;
  if (w->taps->weight != NULL) w->taps->weight[at] = value;
}

/* Behind positions each sample has its weights already; without them they are put here. */
nt_status nt_dot_sample_taps(const void *cfg, int n_in, const nt_facts *in, int input, int which,
                             nt_taps *taps, nt_error *err)
{
  nt_status status = NT_OK;
  nt_dot dot;
  const bool spatial = nt_facts_space(in).rank > 0;
  const int64_t n = nt_facts_samples(in, which);
  weights w = {.samples = n, .positions = 1, .taps = taps};
  (void)n_in, (void)input;
  NT_TRY(nt_dot_describe(err, cfg, in, &dot));
  for (int a = 0; !spatial && a < dot.out_rank; a++)
    w.positions *= a == dot.out_channel || a == dot.out_batch ? 1 : dot.out_dim[a];
  w.apart = !dot.summed;
  NT_TRY(nt_taps_create(err, n, w.apart ? n * w.positions : w.positions, w.apart ? 1 : (int)n,
                        !spatial, taps));
  for (; w.sample < n; w.sample++) {
    if (spatial)
      weigh(&w, 0, 0, 1);
    else
      nt_dot_visit(&dot, w.sample, weigh, &w);
  }
done:
  return status;
}

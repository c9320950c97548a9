#include "pair_grid.h"

#include "nt_test.h"

#include "net/net_impl.h"

#include <math.h>
#include <string.h>

enum { RHOS = PAIR_GRID_RHOS, SCALES = PAIR_GRID_SCALES };
static const double rhos[RHOS] = {-1, -0.984375, -0.5, 0, 0.25, 0.8125, 0.99993896484375, 1};
static const double scales[SCALES] = {0, 0.25, 2.25, 30};

double pair_grid_rho(int i) { return rhos[i % RHOS]; }

nt_layer *pair_grid_parse(const char *text)
{
  nt_error err = {0};
  nt_layer *layer = NULL;
  NT_TEST_OK_ERR(nt_network_parse(&err, text, NULL, &layer), &err);
  return layer;
}

void pair_grid_make(map_run *run)
{
  memset(run, 0, sizeof *run);
  run->n = RHOS * SCALES * SCALES;
  run->post = (nt_post){.kf = 1, .tt = 1};
  for (int i = 0; i < run->n; i++) {
    run->q1[i] = scales[i / RHOS % SCALES];
    run->q2[i] = scales[i / RHOS / SCALES];
    run->k[i] = rhos[i % RHOS] * sqrt(run->q1[i]) * sqrt(run->q2[i]);
    run->t[i] = 1;
  }
}

void pair_grid_go(map_run *run, const char *text, nt_dtype dtype)
{
  nt_layer *layer = pair_grid_parse(text);
  if (layer) map_run_go(run, layer->ops, layer->cfg, dtype, true);
  nt_layer_release(&layer);
}

double pair_grid_distance(const map_run *a, const map_run *b)
{
  double worst = 0;
  for (int i = 0; i < a->n; i++) {
    const int one = i / RHOS % SCALES, two = i / RHOS / SCALES;
    const int own = (one * SCALES + one + 1) * RHOS - 1,
              other = (two * SCALES + two + 1) * RHOS - 1;
    const double f = sqrt(fabs(b->k_out[own] * b->k_out[other])) + 1e-12;
    const double dot = sqrt(fabs(b->t_out[own] * b->t_out[other])) + 1e-12;
    const double error =
        fmax(fabs(a->k_out[i] - b->k_out[i]) / f, fabs(a->t_out[i] - b->t_out[i]) / dot);
    worst = isfinite(error) ? fmax(worst, error) : INFINITY;
  }
  return worst;
}

void pair_grid_closed_form(map_run *run, const char *text)
{
  static map_run d;
  nt_layer *layer = pair_grid_parse(text);
  d = *run;
  for (int i = 0; i < d.n; i++)
    d.k[i] = sqrt(d.q1[i]) * sqrt(d.q2[i]) - d.k[i];
  map_run_go(&d, layer->ops, layer->cfg, NT_FLOAT64, true);
  memcpy(run->k_out, d.k_out, sizeof d.k_out);
  memcpy(run->t_out, d.t_out, sizeof d.t_out);
  nt_layer_release(&layer);
}

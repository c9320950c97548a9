/** NNGP and NTK of 21 x (Dense(W_std=2**0.5), Relu) on pairs of equal norm, near duplicates among
 * them, against the same recursion in long double: the differences keep their digits. */
#include "map_run.h"
#include "nt_test.h"
#include "oracle.h"

#include "layer/registry.h"
#include "nt/stax.h"

#include <math.h>
#include <string.h>

enum { DEPTH = 21, PAIRS = 32 };

static const double norm = 1.3;

/* 1 - rho of pair i: 1e-15 ... 1, then up to 2. */
static double distance(int i)
{
  return i < PAIRS / 2 ? pow(10, i - PAIRS / 2 + 1) : 1 + (double)(i - PAIRS / 2) / (PAIRS / 2);
}

/* Before the first layer: K of the data, no NTK; then Dense, Relu, ..., Dense. */
static void reference(double one_less_rho, long double *k, long double *t)
{
  long double q = 2 * norm, d = 2 * (long double)(norm * one_less_rho);
  *t = q - d;
  for (int l = 0; l < DEPTH; l++) {
    long double f, difference, dot;
    nt_oracle_abrelu(0, 1, (nt_oracle_pair){q, q, d}, &f, &difference, &dot);
    d = 2 * difference;
    *t = 2 * f + 2 * *t * dot;
  }
  *k = q - d;
}

static void run_chain(map_run *run, nt_dtype dtype)
{
  const nt_relu cfg = NT_RELU_DEFAULTS;
  memset(run, 0, sizeof *run);
  run->n = PAIRS;
  run->one2 = true;
  run->post = (nt_post){.kd = 2, .tf = 2, .tt = 2};
  run->q2[0] = 2 * norm;
  for (int i = 0; i < PAIRS; i++) {
    run->q1[i] = 2 * norm;
    run->k[i] = 2 * (norm * distance(i));
    run->t[i] = 2 * norm - run->k[i];
  }
  for (int l = 0; l < DEPTH; l++) {
    map_run_go(run, &nt_layer_relu, &cfg, dtype, true);
    memcpy(run->k, run->k_out, sizeof run->k);
    memcpy(run->t, run->t_out, sizeof run->t);
  }
}

static void check_chain(nt_dtype dtype, double tolerance)
{
  static map_run run;
  double k_error = 0, t_error = 0;
  run_chain(&run, dtype);
  for (int i = 0; i < PAIRS; i++) {
    long double k, t;
    reference(distance(i), &k, &t);
    k_error = fmax(k_error, fabs((double)((2 * norm - (long double)run.k[i]) / k - 1)));
    t_error = fmax(t_error, fabs((double)((long double)run.t[i] / t - 1)));
  }
  NT_TEST_MSG(k_error <= tolerance, "K: relative error %g", k_error);
  NT_TEST_MSG(t_error <= tolerance, "T: relative error %g", t_error);
}

static void test_double(void) { check_chain(NT_FLOAT64, 2e-14); }

static void test_float(void) { check_chain(NT_FLOAT32, 1e-6); }

static const CU_TestInfo tests[] = {{"21 ReLU layers in double", test_double},
                                    {"21 ReLU layers in float", test_float},
                                    CU_TEST_INFO_NULL};

NT_TEST_MAIN("layer.chain", tests)

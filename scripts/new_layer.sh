#!/bin/sh
# A new elementwise layer: scripts/new_layer.sh soft_sign writes src/layer/soft_sign.c (layer SoftSign,
# phi(x) = gain x for a start), its line in layers.def, and tests/layer/test_soft_sign.c, which
# compares the map with quadrature. Then replace the formulas; see src/layer/map.h and nt/plugin.h.
set -eu

name=${1-}
case $name in
'' | *[!a-z0-9_]* | [0-9_]* | *_ | *__*)
  echo "usage: $0 NAME   a name in lower case, words joined by one _: soft_sign" >&2
  exit 2
  ;;
esac
cd "$(dirname "$0")/.."
source=src/layer/$name.c
test=tests/layer/test_$name.c
for file in "$source" "$test"; do
  if [ -e "$file" ]; then
    echo "$0: $file exists already" >&2
    exit 2
  fi
done
camel=$(echo "$name" | sed -E 's/(^|_)([a-z0-9])/\U\2/g')

cat >"$source" <<END
/* $camel: gain x.
 *
 *     F = gain^2 q12,  Fdot = gain^2
 *
 * Source: the paper of the formula. */
#include "layer/map.h"

typedef struct nt_$name {
  double gain;
} nt_$name;

static const nt_$name defaults = {.gain = 1};

static const nt_opt opts[] = {
    {.name = "gain", .type = NT_OPT_REAL, .offset = offsetof(nt_$name, gain), .help = "factor"},
};

/* What the map needs of a variance: the map reads it as A(0) and B(0). */
static void tables(const void *cfg, int64_t n, const double *q, double *const *table)
{
  (void)cfg;
  for (int64_t i = 0; i < n; i++)
    table[0][i] = q[i];
}

NT_MAP_FUNCTIONS(nt_$name, {
  const real gain2 = (real)(c->gain * c->gain);
  F = gain2 * k;
  Fdot = gain2;
})

NT_MAP_SELF(tables, 1)

const nt_layer_ops nt_layer_$name = {
    .name = "$camel",
    .formula = "gain x",
    .source = "the paper of the formula",
    .cfg_size = sizeof(nt_$name),
    .defaults = &defaults,
    .opts = opts,
    .n_opts = sizeof opts / sizeof opts[0],
    .action = NT_MAP,
    .needs_gaussian = true,
    .remasks = true,
    .gaussian = NT_NO,
    .require = nt_map_require,
    .n_tables = 1,
    .tables = tables,
    .self = self,
    .map = NT_MAPS,
};
END

cat >"$test" <<END
/** $camel against quadrature. */
#include "map_run.h"
#include "nt_test.h"
#include "oracle.h"

#include "layer/registry.h"

#include <math.h>

static long double phi(const void *cfg, long double x)
{
  (void)cfg;
  return x;
}

static long double dphi(const void *cfg, long double x)
{
  (void)cfg, (void)x;
  return 1;
}

static void test_quadrature(void)
{
  static map_run run = {.n = 16, .post = {.kf = 1, .tt = 1}};
  double error = 0;
  for (int i = 0; i < run.n; i++) {
    run.q1[i] = 1 + 0.1 * i;
    run.q2[i] = 2 - 0.1 * i;
    run.k[i] = sqrt(run.q1[i] * run.q2[i]) * (i - 8) / 8;
    run.t[i] = 1;
  }
  map_run_go(&run, &nt_layer_$name, nt_layer_$name.defaults, NT_FLOAT64, true);
  for (int i = 0; i < run.n; i++) {
    const nt_oracle_pair p = {run.q1[i], run.q2[i], sqrt(run.q1[i] * run.q2[i]) - run.k[i]};
    error = fmax(error, fabs(run.k_out[i] - (double)nt_oracle_smooth(phi, NULL, p)));
    error = fmax(error, fabs(run.t_out[i] - (double)nt_oracle_smooth(dphi, NULL, p)));
  }
  NT_TEST_MSG(error < 1e-13, "error %g", error);
}

static const CU_TestInfo tests[] = {{"the map equals quadrature", test_quadrature},
                                    CU_TEST_INFO_NULL};

NT_TEST_MAIN("layer.$name", tests)
END

echo "NT_LAYER($name)" >>src/layer/layers.def
echo "nt_add_test(layer.$name SOURCES test_$name.c map_run.c ../harness/oracle.c RANKS 1)" \
  >>tests/layer/CMakeLists.txt
echo "wrote $source and $test; added lines to src/layer/layers.def and tests/layer/CMakeLists.txt"

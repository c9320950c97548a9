#!/usr/bin/env bash
# scripts/test.sh [ctest arguments]: checks everything on this machine.
#
# Installs the Debian packages that are missing (as root or with sudo), checks format, style and the
# direction of includes, builds with warnings as errors into build/ (or $BUILD_DIR), and runs all
# tests under mpirun. Arguments go to ctest: -R relu (by name), -L np2 (by label), -V (all output).
# Ends with a verdict and ctest's totals; the exit code is 0 only when everything passed.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
show_help "$@"

started=$SECONDS
install_packages build test format
mpi_environment
checks=PASS
for check in check_style check_deps; do
  "$ROOT/scripts/$check.sh" || checks=FAIL
done

say "building in $BUILD_DIR"
build "$BUILD_DIR" -DNTMPI_WERROR=ON -DNTMPI_BUILD_TESTS=ON
report=$BUILD_DIR/ctest.log
tests=PASS
ctest --test-dir "$BUILD_DIR" --output-on-failure --no-tests=error -j "$(cores)" "$@" |
  tee "$report" || tests=FAIL

totals=$(grep -E '^[0-9]+% tests passed' "$report" || echo "no test was run")
echo
if [[ $checks == FAIL || $tests == FAIL ]]; then
  echo "$totals"
  echo "verdict: FAIL (style and includes: $checks, tests: $tests)"
  exit 1
fi
echo "verdict: PASS ($((SECONDS - started)) s)"
echo "$totals"

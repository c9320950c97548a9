#!/usr/bin/env bash
# scripts/coverage.sh [--html FILE]: how much of src/ the tests execute.
#
# Builds with gcov into build/coverage, runs all tests, and prints lines and functions by file, the
# total last. --html also writes a browsable report.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
show_help "$@"

html=()
if [[ ${1:-} == --html && -n ${2:-} ]]; then
  html=(--html-details "$2")
  shift 2
fi
no_more_arguments "$@"

install_packages build test coverage
mpi_environment
folder=$BUILD_DIR/coverage
build "$folder" -DNTMPI_COVERAGE=ON -DCMAKE_BUILD_TYPE=Debug
find "$folder" -name '*.gcda' -delete
ctest --test-dir "$folder" --output-on-failure --no-tests=error -j "$(cores)" -LE example |
  tail -n 15 || say "some tests failed; the figure below is that of this run"
gcovr --root "$ROOT" --filter "$ROOT/src/" --object-directory "$folder" "${html[@]}" "$folder"
gcovr --root "$ROOT" --filter "$ROOT/src/" --object-directory "$folder" --print-summary "$folder" |
  grep -E '^(lines|branches):'

#!/usr/bin/env bash
# scripts/sanitize.sh [--valgrind] [ctest arguments]: the tests under run-time checkers.
#
# Default: builds with the address and undefined-behaviour sanitizers into build/sanitize and runs
# the tests on 1 and 2 ranks and those of the program. Leaks are not searched (MPI and PMIx keep
# memory): the tests themselves check that nothing of ours stays alive.
# --valgrind: an ordinary build into build/valgrind, every test program on one rank under memcheck,
# with leaks of ours, and with scripts/openmpi.supp. Then the one argument is a part of test names.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
show_help "$@"
mpi_environment

memcheck() {
  local folder=$BUILD_DIR/valgrind failed=0 count=0 program log
  local options=(--quiet --error-exitcode=9 --leak-check=full --show-leak-kinds=definite
    --errors-for-leak-kinds=definite --num-callers=30
    "--suppressions=$ROOT/scripts/openmpi.supp")
  local theirs=/usr/share/openmpi/openmpi-valgrind.supp
  [[ ! -e $theirs ]] || options+=("--suppressions=$theirs")
  install_packages build test valgrind
  build "$folder" -DCMAKE_BUILD_TYPE=RelWithDebInfo
  export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
  for program in "$folder"/tests/bin/test.*"${1:-}"*; do
    count=$((count + 1))
    log=$folder/$(basename "$program").log
    if valgrind "${options[@]}" "$program" >"$log" 2>&1; then
      echo "passed  $(basename "$program")"
    else
      failed=$((failed + 1))
      echo "FAILED  $(basename "$program")"
      tail -n 60 "$log"
    fi
  done
  echo "$((count - failed)) passed, $failed failed"
  [[ $failed -eq 0 ]]
}

if [[ ${1:-} == --valgrind ]]; then
  memcheck "${2:-}"
else
  install_packages build test
  build "$BUILD_DIR/sanitize" -DNTMPI_SANITIZE=ON -DCMAKE_BUILD_TYPE=RelWithDebInfo
  ctest --test-dir "$BUILD_DIR/sanitize" --output-on-failure --no-tests=error -j "$(cores)" \
    -L '^(np1|np2)$' -LE example "$@"
fi

#!/usr/bin/env bash
# scripts/demo.sh [--ranks N]: from nothing to a classifier of handwritten digits.
#
# Installs the Debian packages that are missing (as root or with sudo), builds into build/ (or
# $BUILD_DIR), and on N ranks (default: all cores)
#   1. computes NNGP and NTK of a deep network on the digits and writes them to a file,
#   2. learns 1297 digits with networks of 1, 3 and 5 hidden layers of infinite width, and
#      classifies 500 others, which must give the known numbers of errors.
# The exit code is 0 when all numbers are right.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
show_help "$@"

ranks=$(cores)
if [[ ${1:-} == --ranks && ${2:-} =~ ^[1-9][0-9]*$ ]]; then
  ranks=$2
  shift 2
fi
no_more_arguments "$@"

install_packages build
mpi_environment
say "building in $BUILD_DIR"
tests_off=(-DNTMPI_BUILD_TESTS=OFF) # but not in a folder that has them already
[[ -f $BUILD_DIR/CMakeCache.txt ]] && tests_off=()
build "$BUILD_DIR" "${tests_off[@]}"
export OMP_NUM_THREADS=1
out=$BUILD_DIR/demo
data=$ROOT/tests/data
mkdir -p "$out"

# network DEPTH: fully connected, DEPTH hidden ReLU layers, W_std = sqrt(2), no bias.
network() {
  echo "serial(Flatten(), *([Dense(512, W_std=2**0.5), Relu()] * $1), Dense(10, W_std=2**0.5))"
}

run() {
  local word
  printf '\n$ mpirun -n %s ntmpi' "$ranks"
  for word in "$@"; do
    [[ $word != *[^a-zA-Z0-9_.,:=/-]* ]] || word="'$word'"
    printf ' %s' "${word//"$ROOT/"/}"
  done
  printf '\n'
  mpirun -n "$ranks" "$BUILD_DIR/ntmpi" "$@"
}

prepare=(--preprocess "scale=0.0625,center,norm=8")
run kernel -e "$(network 3)" "$data/digits-images.npy" "${prepare[@]}" -o "$out/kernel.h5" --force

declare -A expected=([1]="14 16" [3]="14 14" [5]="16 14")
verdict=PASS
table=""
for depth in 1 3 5; do
  run predict -e "$(network $depth)" \
    --train "$data/digits-images.npy[0:1297]" --labels "$data/digits-labels.npy[0:1297]" \
    --test "$data/digits-images.npy[1297:]" --test-labels "$data/digits-labels.npy[1297:]" \
    "${prepare[@]}" --reg 1e-6 | tee "$out/predict-$depth.txt"
  errors() { sed -n "s/^$1 .*errors=\([0-9]*\)\/500.*/\1/p" "$out/predict-$depth.txt"; }
  ntk=$(errors ntk) nngp=$(errors nngp)
  read -r want_ntk want_nngp <<<"${expected[$depth]}"
  result=PASS
  [[ $ntk == "$want_ntk" && $nngp == "$want_nngp" ]] || result=FAIL verdict=FAIL
  table+=$(printf '%6s   %6s (%s)      %6s (%s)    %s' \
    "$depth" "${ntk:-none}" "$want_ntk" "${nngp:-none}" "$want_nngp" "$result")$'\n'
done

echo
echo "Errors of 500 unseen digits, in brackets the known values:"
echo "hidden layers    NTK             NNGP"
printf '%s' "$table"
echo "kernel of all 1797 digits: $out/kernel.h5"
echo "$verdict"
[[ $verdict == PASS ]]

#!/usr/bin/env bash
# Kernels are the same to the last bit for any number of ranks, any grid, and any number of threads.
source "$NT_TEST_LIB"

FC='serial(Flatten(), *([Dense(512, W_std=2**0.5, b_std=0.1), Relu()] * 3), Dense(1, W_std=1.3))'

# compute NAME RANKS THREADS ARGS...: kernel files in the folder NAME.
compute() {
  run "$2" kernel --threads "$3" "${@:4}" -o "$1/" --quiet
  expect_exit 0
}

# The reference is one rank and one thread; `grids` tells what to compare with it.
grids='2:1: 3:1: 4:1:2x2 4:1:4x1 4:1:1x4 5:1: 1:2: 3:2:'

same_bits() { # NAME RESULTS ARGS...
  local name=$1 results=$2 ranks threads grid place result
  shift 2
  beside compute "$name" 1 1 "$@"
  for place in $grids; do
    IFS=: read -r ranks threads grid <<<"$place"
    beside compute "$name-$place" "$ranks" "$threads" "$@" ${grid:+--grid "$grid"}
  done
  together
  for place in $grids; do
    for result in $results; do
      expect_file "$name/$result.npy"
      expect_same "$name/$result.npy" "$name-$place/$result.npy"
    done
  done
}

prepare=(--preprocess 'center,standardize')
# 16 rows of tiles: 27 tiles for each of 5 ranks; the last ones are ragged.
same_bits wide 'nngp ntk' -e "$FC" 'random(251,784)' --tile 16 "${prepare[@]}"
same_bits narrow 'nngp ntk cov1' -e "$FC" 'random(349,3)' --tile 20 "${prepare[@]}" --get nngp,ntk,cov1
same_bits chosen 'nngp ntk' -e "$FC" 'random(600,3)' "${prepare[@]}"
grids='2:1: 3:1: 4:1:4x1 5:1: 1:2:'
same_bits single 'nngp ntk' -e "$FC" 'random(251,784)' --tile 16 "${prepare[@]}" --dtype float32
same_bits two 'nngp ntk' -e "$FC" 'random(131,3)' 'random(77,3)' --tile 8 "${prepare[@]}" \
  --preprocess-from 'random(131,3)'
same_bits spatial 'nngp ntk cov1' -e 'serial(Dense(8), Relu(), Dense(8), Erf())' \
  'random(13,3,3,2)' --tile 2 "${prepare[@]}" --get nngp,ntk,cov1

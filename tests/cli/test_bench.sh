#!/bin/bash
# ntmpi bench: every case of networks on positions, fully connected ones, maps and factorisations, small.
# shellcheck source=tests/cli/lib.sh
source "$NT_TEST_LIB"

images=(cnn-gap cnn-flatten myrtle5 myrtle7 myrtle10 wide-resnet resnet-like conv1d attention)
run 2 bench "${images[@]}" --samples 1 --repeat 1 --threads 1 --json rows.json
expect_exit 0
for name in "${images[@]}"; do
  for type in float32 float64; do
    expect_stdout "^$name +1 x 1 images $type +NNGP and NTK +[0-9.e+-]+ ms/entry"
    expect_stdout "^$name +Gram of 1 images $type +of a core +[0-9.e+-]+ ns/elt +[0-9.]+ of maps"
  done
done
expect_true test "$(grep -c '"case"' rows.json)" = 72

run 2 bench fc --samples 40 --features 5 --depth 1 --repeat 1 --threads 1
expect_exit 0
expect_stdout '^fc +n=40 d=5 depth=1 float32 +NNGP and NTK .* of dsyrk alone'

run 2 bench gemm syrk --samples 40 --features 5 --repeat 1 --threads 1
expect_exit 0
expect_stdout '^gemm +m=n=k=40, each rank'
expect_stdout '^syrk +n=40 k=5, each rank'

run 3 bench cholesky solve --search --samples 90 --features 5 --repeat 1 --threads 1
expect_exit 0
for name in cholesky solve; do
  for layout in 'nb=32 1x3' 'nb=256 3x1'; do
    expect_stdout "^$name +n=90 $layout +factor, all ranks +[0-9.e+-]+ GF/s *$"
  done
  expect_stdout "^$name +n=90 nb=30 1x3 +the solver's layout .* [0-9.]+ of the best found, nb="
done
expect_stdout '^solve +n=90 outputs=10 +factorisation .* of dgemm of all ranks'

# Words are read as those of the other subcommands.
fails() {
  alone bench "${@:2}"
  expect_exit 2
  expect_one_error "$1"
}
fails "unknown case 'cnn-gab'.*cnn-gap" relu-map cnn-gab
fails "unknown option '--samlpes'; did you mean '--samples'\? \(see ntmpi help bench\)" --samlpes 3
fails "option '--samples' needs a value" gemm --samples
fails '--repeat 0: must be an integer from 1' gemm --repeat=0
fails '--depth 2.5: must be an integer from 1' fc --depth 2.5
fails "option '--search' takes no value, but got 'yes'" cholesky --search=yes
fails "unknown option '-n'" gemm -n 4
expect_no_stderr '^(rank|grid)'

alone bench --quiet --sam=40 --repeat=1 -- gemm relu-map gemm
expect_exit 0
expect_true [ ! -s "$ERR" ]
expect_true [ "$(grep -c '^gemm' "$OUT")" -eq 2 ]

alone bench gemm --samples 40 --repeat 1 --json -
expect_exit 0
expect_true [ "$(head -c 1 "$OUT")" = '[' ]
expect_stderr '^rank 0: host .* thread'

# A kernel of one sample is solved in one iteration.
alone bench pcg --samples 1 --repeat 1 --quiet
expect_exit 0
expect_stdout '^pcg +n=1 outputs=10 rank=50 +iteration +[0-9]'

# What does not fit is refused before the first case begins.
refuses() {
  expect_exit 5
  expect_one_error "$1"
  expect_true [ ! -s "$OUT" ]
}
alone bench relu-map gemm --samples 1000000
refuses '^ntmpi: gemm: a rank would need .* use fewer --samples, or raise the limit'
too_many() {
  run 2 bench relu-map "$1" --samples 1000000
  refuses "^ntmpi: $1: a rank would (need .* beside|hold at least [0-9]+ elements) .*([0-9]+ ranks|fewer --samples)"
}
for name in syrk fc cnn-gap attention cholesky solve pcg write; do beside too_many "$name"; done
alone bench eigen --samples 32767
expect_exit 2
expect_one_error 'eigen: .* 32767: at most 32766'
SLURM_MEM_PER_NODE=250 alone bench relu-map pcg
refuses '^ntmpi: pcg: .*SLURM_MEM_PER_NODE leaves it'
SLURM_MEM_PER_NODE=250 alone bench eigen --samples 32766
refuses '^ntmpi: eigen: '
alone bench fc --features 2000000
expect_exit 2
expect_one_error '--features 2000000: must be an integer from 1 to 1000000'

alone help bench
expect_exit 0
expect_stdout '^ +--samples=N +size of the matrices'
expect_stdout '^  cnn-flatten the same with Flatten$'

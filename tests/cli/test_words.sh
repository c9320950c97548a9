#!/usr/bin/env bash
# Subcommands, options, help, versions, layers.
source "$NT_TEST_LIB"

NET='serial(Dense(8), Relu(), Dense(1))'
printf '1,2,3\n4,5,6\n' >x.csv

# wrong PATTERN ARGS...: wrong usage, on one rank without mpirun, and on three.
wrong() {
  local pattern=$1
  shift
  alone "$@"
  expect_exit 2
  expect_one_error "$pattern"
  run 3 "$@"
  expect_exit 2
  expect_one_error "$pattern"
}

fails() { beside wrong "$@"; }

fails "unknown subcommand 'kernl'; did you mean 'kernel'" kernl
fails 'subcommand is missing'
fails "unknown option '--prepocess'; did you mean '--preprocess'" kernel --prepocess center
fails "unknown option '--checkpoint'" kernel --checkpoint d
fails "unknown option '-z'" kernel -z
fails "needs a value" kernel --get
fails "takes no value" kernel --force=yes
fails "beginning of several" kernel --diagonal yes
fails "unexpected argument 'c'" kernel a b c
fails 'one subcommand at a time' help kernel x
fails 'version takes no arguments' --version x
fails 'X1 are missing' kernel -e "$NET" -o k.h5
fails '--grid 2: must be PxQ' kernel --grid 2
fails '--threads 0' kernel --threads 0
fails '--memory 5X' kernel --memory 5X
fails '--dtype float16' kernel --dtype float16
fails '--diagonal-batch maybe' kernel --diagonal-batch maybe
fails '--seed -1' kernel --seed=-1
fails '--rank  5: must be a whole number' predict --rank ' 5'
fails '--trace-axes 1, 2: must be axes' predict --trace-axes '1, 2'
fails '--tile 0' kernel --tile 0
fails '--shape 3,,3' kernel --shape 3,,3
fails '--preprocess-from DATA' kernel -e "$NET" --preprocess center x.csv x.csv -o k.h5
fails 'no step' kernel -e "$NET" --preprocess scale=2 --preprocess-from x.csv x.csv -o k.h5
fails 'wash' kernel -e "$NET" --preprocess wash x.csv -o k.h5
fails 'grid 2x3.*6.*ranks' kernel -e "$NET" x.csv -o k.h5 --grid 2x3
fails "--targets odd" predict --targets odd
fails "--dtype '': must be float64 or float32" kernel --dtype=
fails "--get nngpp: unknown field 'nngpp'" kernel --get nngpp
fails '--get ntk: it was given before, as nngp; a list is given once' kernel --get nngp --get ntk
fails '--preprocess norm=8: it was given before, as center' kernel --preprocess=center --preprocess=norm=8
fails '--reg 1e-4: it was given before' predict --reg 1e-6 --reg 1e-4
fails '--reg-abs 2: it was given before' predict --reg-abs 1 --reg-abs 2
fails '--time inf: it was given before' predict --time 1 --time inf
fails '--trace-axes none: it was given before' predict --trace-axes 1 --trace-axes none
fails "unknown layer 'Rellu'; did you mean 'Relu'" layers Rellu
fails 'MaxPool.*AvgPool' layers MaxPool
fails 'BatchNorm.*LayerNorm' layers BatchNorm
fails 'Softmax.*logits' layers Softmax
fails 'LSTM.*unroll' layers LSTM
fails "Tanh.*Elementwise\('tanh\(x\)'\)" layers Tanh
fails "ELU.*Elementwise\('where.*kinks=\[0\]\)" kernel -e 'serial(Dense(1), ELU())' x.csv -o k.h5
together
expect_no_file k.h5

# Every option that takes a value says so when the value is empty.
for verb in kernel predict; do
  alone plan $verb --help
  grep -oE -- '--[a-z0-9-]+=' "$OUT" | sort -u | mapfile -t options
  expect_true test "${#options[@]}" -ge 20
  for option in "${options[@]}"; do
    alone plan $verb "$option"
    expect_exit 2
    expect_one_error "^ntmpi: ${option%=} '': "
  done
done

# right PATTERN ARGS...: exit code 0, and rank 0 alone prints, once.
right() {
  local pattern=$1
  shift
  alone "$@"
  expect_exit 0
  expect_stdout "$pattern"
  run 2 "$@"
  expect_exit 0
  expect_true [ "$(grep -cE -- "$pattern" "$OUT")" -eq 1 ]
}

prints() { beside right "$@"; }

prints '^Usage: ntmpi SUBCOMMAND' --help
prints '^Usage: ntmpi SUBCOMMAND' help
prints '^Usage: ntmpi kernel' help kernel
prints '^Usage: ntmpi kernel' kernel --help
prints '--preprocess=STEPS  ' kernel --help
prints '--reg-abs=LIST  ' help predict
prints '^Usage: ntmpi layers' layers -h
prints '^Usage: ntmpi' bench --help
prints '^ntmpi [0-9]+\.[0-9]+' --version
prints '^ScaLAPACK: ' --version
prints '^  Dense\(out_dim, W_std=1.0, b_std=None' layers
prints '^Dense\(out_dim, W_std=1.0, b_std=None' layers Dense
prints "'ntk' or 'standard'" layers stax.Dense
prints '1806\.07572' layers Dense
prints '^Its output is not Gaussian' layers Dropout
prints '^Its output is not Gaussian' layers FanInProd
prints "K' = W_std\^2 K \+ b_std\^2" layers Dense
prints 'output is not Gaussian' layers 'stax.Relu()'
prints '^serial\(' layers serial

# Where stdout takes nothing, that is an error.
for words in layers --help --version 'plan --help' "plan kernel -e Dense(1) x.csv" 'bench relu-map --repeat 1'; do
  LAST="ntmpi $words, to a full device"
  # shellcheck disable=SC2086
  "$NTMPI" $words >/dev/full 2>"$ERR" </dev/null
  CODE=$?
  expect_exit 4
  expect_one_error 'standard output cannot be written'
done

# GNU habits: beginnings of names, = or a blank, operands anywhere, -- before words that are none.
alone kernel x.csv --exp="$NET" --outp k.npy --get=nngp --
expect_exit 0
expect_file k.npy
alone kernel --quiet -e"$NET" -ok2.npy --get nngp -- x.csv
expect_exit 0
expect_same k.npy k2.npy
expect_true [ ! -s "$ERR" ]

# More words about a run, and about an error.
alone kernel --verbose -e "$NET" x.csv -o k3.npy --get nngp
expect_stderr '^  output 0: shapes \(2, 1\) and \(2, 1\)$'
alone kernel --verbose -e "$NET" missing.csv -o k4.npy --get nngp
expect_exit 3
expect_stderr '^\([a-z_]+\.c:[0-9]+ .*: wrong input data\)$'

# What a layer cannot do stands in its page; the README has the table of the program.
alone layers ElementwiseNumerical
expect_stdout '^Limits: smooth functions only'
alone layers --markdown
expect_stdout '^\| `Dense\(out_dim, W_std=1.0.*1806\.07572 \|$'
expect_true "${NT_TEST_DATA%/tests/data}/scripts/readme_layers.sh" --check

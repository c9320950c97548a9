#!/usr/bin/env bash
# ntmpi predict: covariances and variances, and training times of gradient descent.
source "$NT_TEST_LIB"

images=$NT_TEST_DATA/digits-images.npy
labels=$NT_TEST_DATA/digits-labels.npy
net='serial(Flatten(), Dense(64, 1.5, 0.1), Relu(), Dense(1, 1.5, 0.1))'
few=(-e "$net" --train "${images}[0:61]" --labels "${labels}[0:61]" --test "${images}[70:101]"
  --preprocess scale=0.0625)
score=(--test-labels "${labels}[70:101]")
descent=(predict "${few[@]}" --method gradient-descent)

# diagonal N < matrices of N x N: their diagonals.
diagonal() { awk -v n="$1" '(NR - 1) % (n * n) % (n + 1) == 0'; }

# Gaussian processes: the variance is the diagonal of the covariance, and not negative.
gp() {
  run "$1" predict "${few[@]}" "${score[@]}" --get nngp,ntk,ntkgp --reg 1e-4,1e-2 --covariance -o "c$1/"
  expect_exit 0
  run "$2" predict "${few[@]}" --get nngp,ntk,ntkgp --reg 1e-4,1e-2 --variance -o "v$1/"
  expect_exit 0
  shape '2, 31, 31' "c$1/ntk/covariance.npy"
  shape '2, 31' "v$1/ntk/variance.npy"
  for kernel in nngp ntk ntkgp; do
    paste <(numbers "c$1/$kernel/covariance.npy" | diagonal 31) <(numbers "v$1/$kernel/variance.npy") |
      expect_near 1e-11
    expect_true awk '$1 < 0 { bad = 1 } END { exit bad }' <(numbers "v$1/$kernel/variance.npy")
  done
}
beside gp 1 3
beside gp 4 2
together
paste <(numbers c1/ntk/covariance.npy) <(numbers c4/ntk/covariance.npy) | expect_near 1e-11
# A single regularisation gives no axis; the stored kernels of the same samples give the same.
run 2 kernel -e "$net" "${images}[0:61]" --preprocess scale=0.0625 -o dd.h5
run 2 kernel -e "$net" "${images}[70:101]" "${images}[0:61]" --preprocess scale=0.0625 -o td.h5
run 3 kernel -e "$net" "${images}[70:101]" --preprocess scale=0.0625 -o tt.h5
stored=(--kernel dd.h5 --kernel-test-train td.h5 --kernel-test-test tt.h5 --labels "${labels}[0:61]")
run 3 predict "${stored[@]}" --get ntk --reg 1e-2 --variance -o stored/
expect_exit 0
shape '31,' stored/ntk/variance.npy
paste <(numbers stored/ntk/variance.npy) <(numbers v1/ntk/variance.npy | tail -n 31) | expect_near 1e-11

# In blocks of 128 samples a rank: variances and training times, as when all are held.
many=(predict -e "$net" --train "${images}[0:61]" --labels "${labels}[0:61]" --test "${images}[70:401]"
  --preprocess scale=0.0625)
awk 'BEGIN { for (i = 0; i < 331; i++) print "0.5,0,0,0,0,0," i / 31 ",0,0,0" }' >g331.csv
awk 'BEGIN { for (i = 0; i < 61; i++) print i / 61 ",0,0,0,1.5,0,0,0,0,0" }' >f61.csv
# in_blocks RANKS NAME RESULT OPTION...: RESULT.npy is the same.
in_blocks() {
  local ranks=$1 name=$2 result=$3
  shift 3
  run 1 "${many[@]}" "$@" --test-block 331 -o "all-$name/"
  expect_exit 0
  expect_stderr 'kernels of 331 of 331 test samples at a time'
  run "$ranks" "${many[@]}" "$@" --test-block 1 -o "some-$name/"
  expect_exit 0
  expect_stderr "kernels of $((128 * ranks)) of 331 test samples at a time"
  paste <(numbers "all-$name/$result.npy") <(numbers "some-$name/$result.npy") | expect_near 1e-11
}
beside in_blocks 1 gp ntk/variance --variance --reg 1e-4,1e-2 --get nngp,ntk,ntkgp
beside in_blocks 2 gp-whole ntk/covariance --covariance --reg 1e-4,1e-2 --get nngp,ntk,ntkgp
beside in_blocks 2 gp-nngp nngp/mean --variance --reg 1e-4
beside in_blocks 2 ensemble ntk/variance --method gradient-descent --ensemble --variance --reg 1e-4,1e-2 \
  --time 0,30,inf
beside in_blocks 2 ensemble-whole ntk/covariance --method gradient-descent --ensemble --covariance \
  --reg 1e-4,1e-2 --time 0,30,inf
beside in_blocks 1 solved ntk/covariance --method gradient-descent --ensemble --covariance --reg 1e-4,1e-2
beside in_blocks 1 random nngp/mean --method gradient-descent --ensemble --reg 1e-4,1e-2
beside in_blocks 2 given ntk/mean --method gradient-descent --reg 1e-4,1e-2 --time 3,30 \
  --initial f61.csv --initial-test g331.csv
beside in_blocks 2 heavy ntk/mean --method gradient-descent --momentum 0.5 --loss cross-entropy --time 3,30 \
  --initial f61.csv --initial-test g331.csv
together
run 1 "${many[@]}" --variance --reg 1e-4,1e-2 --test-block 1
expect_stderr 'computed again for each of 2 regularisations, unless all are held: --test-block 331'

# Ensembles: from the prior at time 0 to the posterior.
run 3 "${descent[@]}" "${score[@]}" --ensemble --covariance --reg 1e-4,1e-2 --time 0,30,inf -o e/ --json e.json
expect_exit 0
expect_stderr '^max_learning_rate: [0-9.]+, by ntk; used: 1$'
expect_stdout '^nngp reg=0.0001 time=30 errors=[0-9]+/31 accuracy=[0-9.]+% mse=[0-9.]+ nll='
expect_stdout '^ntk reg=0.01 time=inf train errors=0/61 accuracy=100.00% mse='
expect_true grep -q '"max_learning_rate"' e.json
run 2 "${descent[@]}" --time 1,30 --json -
expect_true [ "$(head -c 1 "$OUT")$(tail -n 1 "$OUT")" == '{}' ]
expect_true [ "$(grep -c '"train_errors":' "$OUT")" -eq 2 ]
shape '2, 3, 31, 10' e/ntk/mean.npy
shape '2, 3, 31, 31' e/ntk/covariance.npy
shape '2, 3, 61, 61' e/nngp/train_covariance.npy
shape '2, 3, 31' e/ntk/class.npy
shape '2, 3' e/ntk/train_errors.npy
shape '3,' e/time.npy
shape '2,' e/ntk/reg_abs.npy
for kernel in nngp ntk; do
  expect_true awk '$1 != 0 { bad = 1 } END { exit bad }' <(numbers e/$kernel/mean.npy | head -n 310)
  paste <(numbers e/$kernel/covariance.npy | tail -n $((31 * 31))) \
    <(numbers c1/$kernel/covariance.npy | tail -n $((31 * 31))) | expect_near 1e-9
done
run 2 predict "${stored[@]}" --method gradient-descent --ensemble --variance --reg 1e-2 --time 30 \
  --eigensolver pdsyevd -o se/
expect_exit 0
expect_stderr 'eigendecomposition by pdsyevd'
shape '31,' se/ntk/variance.npy
paste <(numbers se/ntk/variance.npy) \
  <(numbers e/ntk/covariance.npy | tail -n $((2 * 31 * 31)) | head -n $((31 * 31)) | diagonal 31) |
  expect_near 1e-11

# From given outputs: they come back at time 0, and the solve at infinity.
awk 'BEGIN { for (i = 0; i < 61; i++) print i / 61 ",0,0,0,1.5,0,0,0,0,0" }' >f0.csv
awk 'BEGIN { for (i = 0; i < 31; i++) print "0.5,0,0,0,0,0," i / 31 ",0,0,0" }' >g0.csv
initial=(--initial f0.csv --initial-test g0.csv)
run 2 "${descent[@]}" "${initial[@]}" --time 0,inf -o from/
expect_exit 0
run 3 "${descent[@]}" "${initial[@]}" -o solved/
expect_exit 0
expect_stdout '^ntk reg=0 predicted=31$'
paste <(numbers from/ntk/train_mean.npy | head -n 610) <(tr , '\n' <f0.csv) | expect_near 1e-12
paste <(numbers from/ntk/mean.npy | head -n 310) <(tr , '\n' <g0.csv) | expect_near 1e-12
paste <(numbers from/ntk/mean.npy | tail -n 310) <(numbers solved/ntk/mean.npy) | expect_near 1e-9
expect_no_file solved/time.npy

# Cross-entropy and momentum, in one go and by way of a state.
ode=("${descent[@]}" "${score[@]}" --loss cross-entropy --momentum 0.9)
run 2 "${ode[@]}" --learning-rate auto --time 5,40 -o go.h5 --json go.json
expect_exit 0
expect_stdout '^ntk reg=0 time=40 errors=[0-9]+/31 accuracy=[0-9.]+% mse=[0-9.]+ loss=[0-9.]+$'
expect_stderr '10 classes, one-hot'
run 1 "${ode[@]}" --learning-rate 20 --time 40 -o whole/
expect_exit 0
run 3 "${ode[@]}" --learning-rate 20 --time 15 --save-state half/
expect_exit 0
shape '61, 10' half/qx_train.npy
run 2 "${ode[@]}" --learning-rate 20 --time 25 --state half/ -o rest/ --save-state end.h5
expect_exit 0
paste <(numbers rest/ntk/mean.npy) <(numbers whole/ntk/mean.npy) | expect_near 1e-6
run 2 "${ode[@]}" --learning-rate 20 --time 1 --state end.h5 --tolerance 1e-4
expect_exit 0
expect_stderr 'tolerance 0.0001'
run 1 "${descent[@]}" --learning-rate 1e9 --time 1 --get ntk
expect_stderr '^warning: the learning rate 1e\+09 is above [0-9.]+, the largest'

# What does not go together: one message, the same on all ranks.
fails() {
  run 2 "${@:3}"
  expect_exit "$1"
  expect_one_error "$2"
}
both() { beside fails "$@"; }
both 2 'method gradient-descent' predict "${few[@]}" --time 1
both 2 'method gradient-descent' predict "${few[@]}" --eigensolver pdsyevd
both 2 'method.*gp or gradient-descent' predict "${few[@]}" --method sgd
both 2 '--loss cross-entropy does not go with --reg' "${descent[@]}" --loss cross-entropy --time 1 --reg 1
both 2 '--momentum does not go with --reg' "${descent[@]}" --momentum 0.5 --time 1 --reg-abs 1
both 2 '--loss cross-entropy needs --time' "${descent[@]}" --loss cross-entropy
both 2 '--momentum needs --time' "${descent[@]}" --momentum 0
both 2 'finite times' "${descent[@]}" --momentum 0.1 --time 1,inf
both 2 'must not decrease' "${descent[@]}" --momentum 0.1 --time 2,1
both 2 'time -1 \(number 2' "${descent[@]}" --time 1,-1
both 2 'momentum 1: must be' "${descent[@]}" --momentum 1 --time 1
both 2 '--ensemble' "${descent[@]}" --covariance
both 2 'nothing is random|--ensemble' "${descent[@]}" --variance --time 1
both 2 'give one' predict "${few[@]}" --variance --covariance
both 2 '--ensemble.*--initial' "${descent[@]}" --ensemble --initial f0.csv
both 2 'ntkgp' "${descent[@]}" --ensemble --get ntkgp
both 2 '--get: gradient descent trains with the ntk' "${descent[@]}" --get nngp
both 2 '--learning-rate 0' "${descent[@]}" --learning-rate 0
both 2 '--tolerance' "${descent[@]}" --tolerance 1e-3
both 2 'jacobi' "${descent[@]}" --eigensolver jacobi --time 1
both 2 '--trace-axes' "${descent[@]}" --trace-axes none
both 2 '--loo' "${descent[@]}" --loo
both 3 'g0.csv: outputs of shape \(31, 10\), but \(61, 10\)' "${descent[@]}" --initial g0.csv
both 3 'nowhere' "${descent[@]}" --time 1 --state nowhere/
both 2 'momentum' "${descent[@]}" --time 1 --state half/
# A state that is damaged is not one without momenta.
cp -r half broken && truncate -s -8 broken/qx_train.npy
both 3 'broken/qx_train.npy' "${ode[@]}" --time 1 --state broken/
mkdir empty
both 3 '--state empty/: holds no fx_train' "${descent[@]}" --time 1 --state empty/
# What cannot be saved is refused before anything is computed.
both 2 '--save-state state.npy' "${ode[@]}" --time 1 --save-state state.npy
unsaved() {
  fails 4 'end.h5: exists' "${ode[@]}" --time 1 --save-state end.h5
  expect_true test ! -s "$OUT"
}
beside unsaved
both 2 'test-test kernel' predict --kernel dd.h5 --kernel-test-train td.h5 --labels "${labels}[0:61]" --variance
together

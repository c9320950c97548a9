#!/usr/bin/env bash
# ntmpi predict without a test set: folds, leave-one-out, and the choice of a regularisation.
source "$NT_TEST_LIB"

network() {
  echo "serial(Flatten(), *([Dense(512, W_std=2**0.5), Relu()] * $1), Dense(10, W_std=2**0.5))"
}
images=$NT_TEST_DATA/digits-images.npy
labels=$NT_TEST_DATA/digits-labels.npy
prepare=(--preprocess scale=0.0625,center,norm=8)

# Ten folds of all digits. tenfold RANKS DEPTH NNGP NTK: the numbers of errors of 1797.
tenfold() {
  run "$1" predict -e "$(network "$2")" --train "$images" --labels "$labels" "${prepare[@]}" \
    --folds "$NT_TEST_DATA/digits-folds.npy" --reg 1e-6
  expect_exit 0
  expect_stdout "^nngp reg=1e-06 folds errors=$3/1797 accuracy=99\.[0-9]+% mse=0\.00[0-9]+\$"
  expect_stdout "^ntk reg=1e-06 folds errors=$4/1797 "
  expect_stderr '^folds: the statistics of --preprocess come from all samples'
}
beside tenfold 1 1 16 15
beside tenfold 2 2 18 16
beside tenfold 3 3 17 18
beside tenfold 4 5 17 19
together

# Leave-one-out equals a run without the sample, for means and variances.
few=(-e "$(network 2)" --train "${images}[0:50]" --labels "${labels}[0:50]")
run 3 predict "${few[@]}" --reg-abs 0.5,2 --loo -o loo/ --get nngp,ntk,ntkgp
expect_exit 0
expect_stdout '^ntk reg_abs=0.5 loo errors=[0-9]+/50 accuracy=[0-9.]+% mse=[0-9.]+ nll=[-0-9.]+ nll_per_sample='
expect_true grep -qF "'shape': (2, 50, 10)" loo/ntk/loo_mean.npy
expect_true grep -qF "'shape': (2, 50)" loo/ntk/loo_variance.npy
expect_true grep -qF "'shape': (2,)" loo/ntk/log_evidence.npy
expect_same loo/ntk/loo_mean.npy loo/ntkgp/loo_mean.npy
expect_no_file loo/ntk/mean.npy
without() {
  local i=$1
  awk -v i="$i" 'BEGIN { for (k = 0; k < 50; k++) if (k != i) print k }' >"rows-$i.csv"
  run "$2" predict -e "$(network 2)" --train "${images}[@rows-$i.csv]" \
    --labels "${labels}[@rows-$i.csv]" --test "${images}[$i:$((i + 1))]" --reg-abs 2 -o "without-$i/"
  expect_exit 0
  for kernel in nngp ntk; do
    paste <(numbers loo/$kernel/loo_mean.npy | tail -n +$((500 + 10 * i + 1)) | head -n 10) \
      <(numbers "without-$i/$kernel/mean.npy") | expect_near 1e-10
  done
}
beside without 0 1
beside without 17 2
beside without 49 3
together

# Likelihoods, where variances are known.
likelihoods() {
  run "$1" predict "${few[@]}" --test "${images}[50:90]" --test-labels "${labels}[50:90]" \
    --reg 1e-2 "$2" -o "nll-$1/" "${@:3}"
  expect_exit 0
  expect_stdout '^ntk .* errors=[0-9]+/40 .* nll=[-0-9.e+]+ nll_per_sample='
  expect_true grep -qF "'shape': (40,)" "nll-$1/ntk/nll_each.npy"
  paste <(numbers "nll-$1/ntk/nll_each.npy" | awk '{ s += $1 } END { printf "%.17g\n", s }') \
    <(numbers "nll-$1/ntk/nll.npy") | expect_near 1e-8
}
beside likelihoods 1 --variance
beside likelihoods 2 --covariance
beside likelihoods 3 --variance --method gradient-descent --ensemble
together
# Alike: variances and diagonals of covariances; infinite time of an ensemble is the posterior.
paste <(numbers nll-1/ntk/nll_each.npy) <(numbers nll-2/ntk/nll_each.npy) | expect_near 1e-6
paste <(numbers nll-1/ntk/nll_each.npy) <(numbers nll-3/ntk/nll_each.npy) | expect_near 1e-6

# The choice: only one regularisation is used on the test samples.
sets=("${few[@]}" --test "${images}[50:90]" --test-labels "${labels}[50:90]")
run 2 predict "${sets[@]}" --reg auto -o auto/ --get ntk --json auto.json
expect_exit 0
expect_true [ "$(grep -c '^ntk reg=.* loo errors=' "$OUT")" -eq 12 ]
expect_stdout '^ntk reg=1e-10 loo errors='
expect_true [ "$(grep -c ' errors=[0-9]*/40 ' "$OUT")" -eq 1 ]
chosen=$(sed -n 's/^ntk chosen \(reg=[^ ]*\) by loo mse$/\1/p' "$OUT")
expect_stdout "^ntk $chosen errors=[0-9]+/40 "
expect_true grep -qF "'shape': (40, 10)" auto/ntk/mean.npy
expect_true grep -qF "'shape': (12,)" auto/ntk/selection/mse.npy
expect_true grep -qF "'shape': ()" auto/ntk/reg.npy
expect_no_file auto/reg.npy
expect_true grep -q '"chosen":[[:space:]]*true' auto.json
# By hand: the smallest of the scores.
expect_true [ "reg=$(paste <(numbers auto/ntk/selection/mse.npy) <(numbers auto/ntk/selection/reg.npy) |
  sort -g | awk 'NR == 1 { printf "%g", $2 }')" == "$chosen" ]
run 3 predict "${sets[@]}" --reg 1e-8,1e-3,1e3 --select evidence --get nngp
expect_stdout '^nngp reg=0.001 evidence log_evidence=-[0-9.]+$'
expect_stdout '^nngp chosen reg=1e-08 by evidence$'
run 2 predict "${sets[@]}" --reg 1e3,1e-3 --folds 5 --seed 3 --select folds --select-by error --get nngp
expect_stdout '^nngp reg=1000 folds errors=[0-9]+/50 '
expect_stdout '^nngp chosen reg=0.001 by folds error$'
expect_stdout '^nngp reg=0.001 errors=[0-9]+/40 '
# Absolute ones have no relative ones beside them.
run 2 predict "${few[@]}" --loo --reg-abs 1e-3,1 --select loo -o chosen/ --get ntk --json -
expect_exit 0
expect_true [ "$(head -c 1 "$OUT")$(tail -n 1 "$OUT")" == '{}' ]
expect_true [ "$(grep -c '^ntk' "$OUT")" -eq 0 ]
expect_true [ "$(grep -c '"errors":' "$OUT")" -eq 2 ]
expect_true [ "$(grep -c '"reg":' "$OUT")" -eq 0 ]
shape '2,' chosen/ntk/selection/reg_abs.npy
shape '' chosen/ntk/reg_abs.npy
expect_no_file chosen/ntk/selection/reg.npy
expect_no_file chosen/ntk/reg.npy
# A kernel that is not positive definite without regularisation is no candidate, or an error.
printf '0\n0\n1\n' >rows.csv
twice=(-e 'Dense(1)' --shape 64 --train "${images}[@rows.csv]" --labels "${labels}[@rows.csv]")
run 2 predict "${twice[@]}" --loo --select loo --reg 0,1e-3 --get nngp
expect_exit 0
expect_stdout '^nngp reg=0 loo not positive definite$'
expect_stdout '^nngp chosen reg=0.001 by loo mse$'
run 2 predict "${twice[@]}" --loo --select loo --reg 0 --get nngp
expect_exit 6
expect_one_error 'earlier sample 0 is nearly the same'

# What does not go together, and wrong folds. refuse CODE MESSAGE ARGS...
refuse() {
  run 2 predict "${@:3}"
  expect_exit "$1"
  expect_one_error "$2"
}
beside refuse 2 'give test samples with --test X .*--loo .*--folds K' "${few[@]}"
beside refuse 2 '--select folds needs the folds: --folds K' "${few[@]}" --loo --select folds
beside refuse 2 'give --select loo or --select folds too' "${few[@]}" --loo --select-by mse
beside refuse 2 'the evidence is a score itself' "${few[@]}" --loo --select evidence --select-by error
beside refuse 2 '--select best: must be loo, folds or evidence' "${few[@]}" --loo --select best
beside refuse 2 '1 folds of 50 training samples' "${few[@]}" --folds 1
beside refuse 2 '51 folds of 50 training samples' "${few[@]}" --folds 51
beside refuse 3 'for 50 training samples: one a sample' "${few[@]}" --folds "$NT_TEST_DATA/digits-folds.npy"
beside refuse 2 'the targets are raw' "${few[@]}" --targets raw --loo --select loo --select-by error
beside refuse 3 'leaves nothing to learn from' -e 'Dense(1)' --train "${images}[0:1]" --shape 64 \
  --labels "${labels}[0:1]" --targets raw --loo
together

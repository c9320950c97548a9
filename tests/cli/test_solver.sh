#!/usr/bin/env bash
# ntmpi predict --solver: the same predictions by other solvers, and what they say when they fail.
source "$NT_TEST_LIB"

images=$NT_TEST_DATA/digits-images.npy
labels=$NT_TEST_DATA/digits-labels.npy
data=(-e "serial(Flatten(), Dense(512, 2**0.5), Relu(), Dense(10, 2**0.5))"
  --train "${images}[0:150]" --labels "${labels}[0:150]" --test "${images}[150:190]"
  --test-labels "${labels}[150:190]" --preprocess scale=0.0625,center,norm=8)

run 1 predict "${data[@]}" --reg 1e-4,1e-2 -o cholesky/
expect_exit 0

# same RANKS NAME OPTION...: the predictions of Cholesky, and a summary of the solutions.
same() {
  local ranks=$1 name=$2
  shift 2
  run "$ranks" predict "${data[@]}" --reg 1e-4,1e-2 -o "$name/" --json "$name.json" "$@"
  expect_exit 0
  expect_stderr '^ntk: [0-9.e-]+ added to the diagonal; residual [0-9.]+e-1[0-9] after [0-9]+ iter'
  expect_stderr '^ntk: .* iterations, [0-9.]+ s; lowest eigenvalue at most [0-9]'
  expect_stderr '^nngp: iteration [0-9]+, residual '
  expect_close cholesky/ntk/mean.npy "$name/ntk/mean.npy" 1e-7
  expect_close cholesky/nngp/train_mean.npy "$name/nngp/train_mean.npy" 1e-7
  expect_no_file "$name/ntk/log_evidence.npy"
  expect_true [ "$(grep -c '"residual":' "$name.json")" -eq 4 ]
}
beside same 1 refine1 --solver refine --tolerance 1e-12
beside same 3 refine3 --solver refine
beside same 2 pcg2 --solver pcg
beside same 4 pcg4 --solver pcg --rank 7 --tolerance 1e-11
beside same 1 free1 --solver pcg --matrix-free
beside same 2 free2 --solver pcg --rank 0 --matrix-free
together

# What fails.
misses() {
  run 2 predict "${data[@]}" --reg 1e-6 -o missed.h5 --solver pcg --rank 2 --iterations 3
  expect_exit 6
  expect_one_error 'residual [0-9.e-]+ after 3 iterations, above the tolerance 1e-10'
  expect_no_file missed.h5
}
unreachable() {
  run 2 predict "${data[@]}" --reg 1e-2 --get ntk --solver pcg --tolerance 1e-30
  expect_exit 6
  expect_one_error 'rounding lets it fall no further; try a larger --tolerance'
}
falls_back() {
  run 2 predict "${data[@]}" --reg 1e-4 --get ntk --solver refine --iterations 1
  expect_exit 0
  expect_stderr 'ntk: refinement stopped at residual .* after 1 iterations.*factorised in float64'
}
has_a_factor() {
  run 3 predict "${data[@]}" --reg 1e-4,1e-2 --solver refine --variance --loo -o factor/
  expect_exit 0
  expect_stderr '^warning: ntk: what was asked for needs a float64 factor'
  expect_close cholesky/ntk/mean.npy factor/ntk/mean.npy 1e-11
  expect_file factor/ntk/variance.npy
  expect_file factor/ntk/loo_mean.npy
  expect_file factor/ntk/log_evidence.npy
}
indefinite() {
  run 2 predict -e 'Flatten()' --train "${images}[0:150]" --labels "${labels}[0:150]" \
    --test "${images}[150:190]" --get nngp --solver refine
  expect_exit 6
  expect_one_error 'not positive definite: pivot'
  run 2 predict -e 'Flatten()' --train "${images}[0:150]" --labels "${labels}[0:150]" --loo --get nngp
  expect_exit 6
  expect_stderr '^nngp: lowest eigenvalue at most 0 \(but for rounding\)$'
}
# What a factor has at hand, conjugate gradients solve for: variances of a Gaussian process and of an ensemble,
# covariances in blocks of test samples, folds.
solves() {
  local ranks=$1 name=$2
  shift 2
  run "$ranks" predict "${data[@]}" --reg 1e-2,0.1 --covariance --folds 4 --tolerance 1e-12 -o "$name/" \
    --solver pcg "$@"
  expect_exit 0
  expect_stderr '^ntk: variances of 40 test rows by [0-9]+ iterations, residual at most [0-9.]+e-1[2-9]'
  expect_stderr '^nngp: 4 folds by [0-9]+ iterations, residual at most [0-9.]+e-1[2-9]'
  expect_stderr 'for covariances 4 of 40 x 150 made of them'
  for result in nngp/covariance ntk/covariance ntk/fold_mean nngp/nll; do
    expect_close "factored/$result.npy" "$name/$result.npy" 1e-9
  done
}
run 3 predict "${data[@]}" --reg 1e-2,0.1 --covariance --folds 4 -o factored/
expect_exit 0
expect_stderr 'for covariances 3 of 40 x 150 made of them'
beside solves 1 solved1
beside solves 3 solved3 --matrix-free
variance() {
  run 2 predict "${data[@]}" --reg 1e-2,0.1 --variance --get ntk --solver pcg -o v/
  expect_exit 0
  expect_stdout '^ntk reg=0.01 errors=.* nll='
  expect_close factored/ntk/nll.npy v/ntk/nll.npy 1e-7
}
beside variance
select_folds() {
  run 3 predict "${data[@]}" --reg 1e-2,0.1 --get ntk --folds 4 --select folds --solver pcg
  expect_exit 0
  expect_stdout '^ntk chosen reg=0.01 by folds mse$'
  expect_stdout '^ntk reg=0.01 folds errors=[0-9]+/150'
}
beside select_folds
planned() {
  run 0 plan predict "${data[@]}" --reg 1e-2 --variance --solver pcg --rank 30
  expect_exit 0
  expect_stdout '^in all: a rank'
}
beside planned
together

beside misses
beside unreachable
beside falls_back
beside has_a_factor
beside indefinite

# words MESSAGE OPTION...
words() {
  local message=$1
  shift
  run 1 predict "${data[@]}" "$@"
  expect_exit 2
  expect_one_error "$message"
}
beside words '--solver lu: must be cholesky, refine or pcg' --solver lu
beside words '--tolerance 2: must be above 0 and below 1' --solver pcg --tolerance 2
beside words '--rank -1: must be a whole number from 0 to' --solver pcg --rank -1
beside words '--rank goes with --solver pcg' --solver refine --rank 3
beside words '--matrix-free goes with --solver pcg' --matrix-free
beside words '--tolerance goes with --solver refine' --tolerance 1e-3
beside words '--loo comes from a float64 factor .* --solver pcg has none: .* or --folds K' --solver pcg --loo
beside words '--reg auto .* --solver pcg has none: .* or --reg LIST --folds K' --solver pcg --reg auto
beside words '--select evidence comes from' --solver pcg --reg 1,2 --select evidence
beside words 'no --save-kernel' --solver pcg --matrix-free --save-kernel k.h5
together

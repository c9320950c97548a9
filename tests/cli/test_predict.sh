#!/usr/bin/env bash
# ntmpi predict: handwritten digits with known numbers of errors, forms of results, options.
source "$NT_TEST_LIB"

network() {
  echo "serial(Flatten(), *([Dense(512, W_std=2**0.5), Relu()] * $1), Dense(10, W_std=2**0.5))"
}
images=$NT_TEST_DATA/digits-images.npy
labels=$NT_TEST_DATA/digits-labels.npy
prepare=(--preprocess scale=0.0625,center,norm=8)
digits=(--train "${images}[0:1297]" --labels "${labels}[0:1297]" --test "${images}[1297:]"
  --test-labels "${labels}[1297:]" "${prepare[@]}" --reg 1e-6)

# known RANKS DEPTH NNGP NTK: the numbers of errors of 500.
known() {
  run "$1" predict -e "$(network "$2")" "${digits[@]}" -o "p$2-$1/"
  expect_exit 0
  expect_stdout "^nngp reg=1e-06 errors=$3/500 accuracy=[0-9.]+% mse=0\.0[0-9]+\$"
  expect_stdout "^ntk reg=1e-06 errors=$4/500 accuracy=[0-9.]+% mse=0\.0[0-9]+\$"
  expect_stderr '^targets: 10 classes, centered'
}
for ranks in 1 2 3 4; do
  beside known $ranks 1 16 14
  beside known $ranks 3 14 14
  beside known $ranks 5 14 16
done
together

for ranks in 2 3 4; do
  expect_close p3-1/nngp/mean.npy p3-$ranks/nngp/mean.npy 1e-9
  expect_close p3-1/ntk/mean.npy p3-$ranks/ntk/mean.npy 1e-9
done
expect_true grep -qF "'shape': (500, 10)" p3-1/ntk/mean.npy
expect_true grep -qF "'shape': (500,)" p3-1/ntk/class.npy

# Lists of regularisations.
few=(--train "${images}[0:200]" --labels "${labels}[0:200]" --test "${images}[200:240]" "${prepare[@]}"
  -e "$(network 1)")
score=(--test-labels "${labels}[200:240]")
run 3 predict "${few[@]}" "${score[@]}" --reg 1e-6,1e-2 --get ntk,ntkgp -o list/ --json p.json
expect_exit 0
expect_true [ "$(wc -l <"$OUT")" -eq 4 ]
expect_stdout '^ntkgp reg=0.01 errors=[0-9]+/40 '
expect_true grep -qF "'shape': (2, 40, 10)" list/ntk/mean.npy
expect_true grep -qF "'shape': (2,)" list/ntk/accuracy.npy
expect_true grep -qF "'shape': (2,)" list/reg.npy
expect_same list/ntk/mean.npy list/ntkgp/mean.npy
expect_no_file list/nngp
expect_true grep -q '"train_mse":' p.json
expect_stderr '^ntk: [0-9.e-]+ added to the diagonal, whose mean is 4;'
run 2 predict "${few[@]}" --reg-abs 4e-6 --get NTK -o absolute/
expect_exit 0
expect_stdout '^ntk reg_abs=4e-06 predicted=40$'
expect_true grep -qF "'shape': (40, 10)" absolute/ntk/mean.npy
run 2 predict "${few[@]}" --reg 1e-6 --get ntk -o relative/
expect_close absolute/ntk/mean.npy relative/ntk/mean.npy 1e-9
printf '1e-6\n1e-2\n' >regs.txt
alone predict "${few[@]}" --reg @regs.txt --get ntk -o from-file/
expect_close list/ntk/mean.npy from-file/ntk/mean.npy 1e-9
alone predict "${few[@]}" --reg log:1e-6:1e-2:2 --get ntk -o from-span/
expect_close list/ntk/mean.npy from-span/ntk/mean.npy 1e-9

# Test samples in blocks: 500 of them, 128 a rank at a time.
blocks() {
  run "$1" predict -e "$(network 1)" "${digits[@]}" --get ntk --test-block 1 -o "blocks-$1/"
  expect_exit 0
  expect_stdout '^ntk reg=1e-06 errors=14/500 '
  expect_stderr "^test-train: 500 test samples in blocks of $(($1 * 128))\$"
  expect_close "p1-$1/ntk/mean.npy" "blocks-$1/ntk/mean.npy" 1e-9
}
for ranks in 1 2 3; do beside blocks $ranks; done
together

# Blocks that the solver does not take as they are.
alone predict "${few[@]}" --reg 1e-6 --get ntk --tile 7 -o tile/
expect_exit 0
expect_close relative/ntk/mean.npy tile/ntk/mean.npy 1e-9

# Targets.
alone predict "${few[@]}" "${score[@]}" --targets one-hot --reg 1e-6
expect_stderr '^targets: .*one-hot'
alone predict "${few[@]}" "${score[@]}" --targets raw --reg 1e-6 -o raw.h5
expect_exit 0
expect_stdout '^ntk reg=1e-06 mse=[0-9.]+$'
h5dump -H raw.h5 >raw.txt
expect_true [ "$(grep -c 'DATASET "class"' raw.txt)" -eq 0 ]
expect_true grep -q 'DATASET "train_mean"' raw.txt
expect_true h5dump -a targets raw.h5 >h5dump.txt
run 2 predict "${few[@]}" "${score[@]}" --classes 12 --reg 1e-6
expect_exit 0
expect_stderr '^targets: 12 classes'

# Labels that say little.
says() { # CODE MESSAGE ARGS...: on any ranks
  for ranks in 1 3; do
    run "$ranks" predict -e "$(network 1)" "${@:3}"
    expect_exit "$1"
    expect_one_error "$2"
  done
}
printf '0\n0\n0\n' >same.csv
printf '3\n3\n3\n' >threes.csv
printf '0.5\n0.5\n0.5\n' >flat.csv
printf '0.5\nnan\n0.5\n' >hole.csv
three=(--train "${images}[0:3]" --test "${images}[3:8]")
beside says 3 'all 3 labels are 0: one class alone .* --classes C, or use --targets raw' "${three[@]}" --labels same.csv
beside says 3 'threes.csv: integer labels up to 3, that of sample 0, but none is 0: .* --classes 4; .* --targets raw' "${three[@]}" --labels threes.csv
beside says 3 'hole.csv: the label at \(1, 0\) is nan' "${three[@]}" --labels hole.csv
beside says 2 'number of classes must be 2 or more' "${three[@]}" --labels same.csv --classes 1
together
for ranks in 1 3; do # the same targets, one sample, more classes than samples
  run $ranks predict -e "$(network 1)" "${three[@]}" --labels flat.csv --variance -o "flat$ranks/"
  expect_exit 0
  run $ranks predict -e "$(network 1)" --train "${images}[0:1]" --test "${images}[0:1]" --labels "${labels}[0:1]" \
    --classes 10 --covariance --get nngp,ntk,ntkgp -o "one$ranks/"
  expect_exit 0
  expect_true awk '{ if ($1 * $1 > 1e-12) exit 1 }' <(numbers one$ranks/ntk/covariance.npy)
  paste <(numbers one$ranks/ntk/mean.npy) <(printf '%s\n' 0.9 -0.1 -0.1 -0.1 -0.1 -0.1 -0.1 -0.1 -0.1 -0.1) |
    awk '{ d = $1 - $2; if (d * d > 1e-24) exit 1 }' || failed "one sample is not predicted by its own label"
  run $ranks predict -e "$(network 1)" "${three[@]}" --labels "${labels}[0:3]" --classes 12 --reg 1e-6
  expect_exit 0
  expect_stderr '^targets: 12 classes, .*no sample of class 3'
done
expect_close flat1/ntk/variance.npy flat3/ntk/variance.npy 1e-11

# Exact at the training samples, by hand: Dense on x = 1, 2 with targets 3, 5.
printf '1\n2\n' >x.csv
printf '3.0\n5.0\n' >y.csv
printf '1\n2\n4\n' >t.csv
alone predict -e 'serial(Dense(1, b_std=1))' --train x.csv --labels y.csv --test t.csv -o line/ --get nngp
expect_exit 0
printf '%s\n' 3 5 9 >want.txt
expect_true [ "$(numbers line/nngp/mean.npy | awk '{printf "%.6g\n", $1}')" == "$(cat want.txt)" ]

# Behind Dropout, a test set that is the training set meets itself, whatever the blocks.
for ranks in 1 3; do
  run $ranks predict -e 'serial(Flatten(), Dense(9), Relu(), Dropout(0.5), Dense(1))' --train "${images}[0:100]" \
    --labels "${labels}[0:100]" --test "${images}[0:100]" --test-labels "${labels}[0:100]" --reg 1e-9 --test-block 32
  expect_exit 0
  expect_stdout '^nngp reg=1e-09 errors=0/100 .* mse=[0-9.]+e-1[0-9]$'
  expect_stdout '^ntk reg=1e-09 errors=0/100 .* mse=[0-9.]+e-(1[0-9]|20)$'
done

# Variances of images under a mean over positions: those of the covariances.
printf '%s\n' 1.0 2.5 0.5 >three.csv
pooled=(-e 'serial(Conv(8, (2, 2)), Relu(), GlobalAvgPool(), Dense(1))' --train "${images}[0:3]" --labels three.csv
  --test "${images}[3:7]" --shape 8,8,1 --get nngp)
run 2 predict "${pooled[@]}" --variance -o pooled/
run 2 predict "${pooled[@]}" --covariance -o pooled-all/
numbers pooled-all/nngp/covariance.npy | awk 'NR % 5 == 1' >want.txt
paste want.txt <(numbers pooled/nngp/variance.npy) |
  awk '{ d = $1 - $2; if (d * d > 1e-20 * $1 * $1) exit 1 } END { if (NR != 4) exit 1 }' ||
  failed "variances are not the diagonal of the covariance"

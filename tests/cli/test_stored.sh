#!/usr/bin/env bash
# ntmpi predict from stored kernels: every form gives what the run that computes them gives.
source "$NT_TEST_LIB"

images=$NT_TEST_DATA/digits-images.npy
labels=$NT_TEST_DATA/digits-labels.npy
net=(-e 'serial(Flatten(), Dense(512, W_std=2**0.5), Relu(), Dense(10, W_std=2**0.5))')
prepare=(--preprocess scale=0.0625,center,norm=8)
train=(--train "${images}[0:97]" "${prepare[@]}")
test=(--test "${images}[97:140]")
scores=(--labels "${labels}[0:97]" --test-labels "${labels}[97:140]" --reg 1e-6)
# expect_close FOLDER FOLDER [WHAT]: the same predictions of both kernels.
expect_close() {
  local what=${3-mean}
  for kernel in nngp ntk; do
    paste <(numbers "$1/$kernel/$what.npy") <(numbers "$2/$kernel/$what.npy") | awk '
      function abs(x) { return x < 0 ? -x : x }
      NF != 2 || abs($1 - $2) > 1e-9 { bad++ }
      END { exit bad > 0 || NR == 0 }' || failed "$1 and $2 differ ($kernel)"
  done
}

# Computed, and kept.
run 2 predict "${net[@]}" "${train[@]}" "${test[@]}" "${scores[@]}" -o want/ --save-kernel kept.h5
expect_exit 0
expect_file kept.h5
alone predict "${net[@]}" "${train[@]}" "${test[@]}" "${scores[@]}" -o kept-2/ --save-kernel kept/
expect_exit 0
# Files of ntmpi kernel; of all samples, for rows (without statistics, which would be of all samples).
alone kernel "${net[@]}" "${images}[0:97]" "${prepare[@]}" -o dd.h5
alone kernel "${net[@]}" "${images}[97:140]" "${images}[0:97]" "${prepare[@]}" \
  --preprocess-from "${images}[0:97]" -o td.h5
run 2 kernel "${net[@]}" "${images}[97:140]" "${prepare[@]}" --preprocess-from "${images}[0:97]" -o tt/
expect_exit 0
alone kernel "${net[@]}" "${images}[0:140]" --preprocess scale=0.0625,norm=8 -o all.h5
alone predict "${net[@]}" --train "${images}[0:97]" --preprocess scale=0.0625,norm=8 "${test[@]}" \
  "${scores[@]}" -o want-all/
expect_exit 0

# Every form. form NAME RANKS ARGS...
form() {
  run "$2" predict "${@:3}" "${scores[@]}" -o "$1/"
  expect_exit 0
  expect_close want "$1"
}
beside form kept-alone 3 --kernel kept.h5
beside form kept-folder 2 --kernel kept/
beside form files 4 --kernel dd.h5 --kernel-test-train td.h5
beside form matrices 3 --nngp-train-train dd.h5:/nngp --ntk-train-train kept/ntk.npy \
  --nngp-test-train td.h5:/nngp --ntk-test-train td.h5:/ntk
beside form blocks 1 --kernel dd.h5 --kernel-test-train td.h5 --test-block 1
beside form inside 2 --kernel dd.h5 --kernel-test-train kept/
beside form inside-checked 1 "${net[@]}" "${train[@]}" "${test[@]}" --kernel-test-train kept.h5
beside form test-computed 2 "${net[@]}" "${train[@]}" "${test[@]}" --kernel dd.h5
beside form train-computed 3 "${net[@]}" "${train[@]}" "${test[@]}" --kernel-test-train td.h5
beside form one-kernel-computed 1 "${net[@]}" "${train[@]}" "${test[@]}" --nngp-train-train kept/nngp.npy
beside form in-place 2 "${net[@]}" "${train[@]}" "${test[@]}" --in-place --tile 7
# What is given counts more than what the file of --kernel holds.
given() {
  run 1 kernel "${net[@]}" "${images}[140:183]" "${images}[0:97]" "${prepare[@]}" \
    --preprocess-from "${images}[0:97]" -o other.h5
  run 2 predict --kernel dd.h5 --kernel-test-train other.h5 "${scores[@]}" -o other/
  run 2 predict --kernel kept.h5 --nngp-test-train other.h5:/nngp --ntk-test-train other.h5:/ntk "${scores[@]}" -o given/
  expect_exit 0
  expect_close other given
}
beside given
# Kernels of test samples with themselves: --save-kernel keeps whole ones, or diagonals.
spread() {
  run 2 predict "${net[@]}" "${train[@]}" "${test[@]}" "${scores[@]}" "--$1" -o "$1/" --save-kernel "$1-kept$2"
  expect_exit 0
  run 3 predict --kernel "$1-kept$2" "${scores[@]}" "--$1" -o "$1-again/"
  expect_exit 0
  expect_close "$1" "$1-again" "$1"
}
beside spread variance .h5
beside spread covariance /
# The rounding of float32 may be larger than what is added to the diagonal.
rounded() {
  alone kernel "${net[@]}" "${images}[0:97]" "${prepare[@]}" --store float32 -o single.h5
  run 3 predict --kernel single.h5 --kernel-test-train td.h5 --get ntk "${scores[@]}"
  expect_exit 0
  expect_stderr '^warning: ntk: the kernel has the rounding of float32.*up to 5.8e-06.*\(1e-06\).*--reg 1e-05'
  alone predict --kernel single.h5 --kernel-test-train td.h5 --get ntk --labels "${labels}[0:97]" --reg 1e-5
  expect_exit 0
  expect_no_stderr 'rounding of float32'
}
beside rounded
# Stored kernels of few numbers are of float64; --dtype float32 has those of test samples alone like them.
few_numbers() {
  local -a small=(-e 'serial(Dense(1), Abs(), Dense(1), Abs(), Dense(1))') of=(--train few.csv --test 'random(4,2)')
  printf '1,0.3\n0.2,-1\n-1,-0.29\n' >few.csv
  printf '1\n-1\n0.5\n' >few-labels.csv
  of+=(--labels few-labels.csv --covariance)
  run 2 predict "${small[@]}" "${of[@]}" -o few/
  alone kernel "${small[@]}" few.csv -o few.h5
  alone kernel "${small[@]}" 'random(4,2)' few.csv -o few-td.h5
  run 2 predict "${small[@]}" "${of[@]}" --kernel few.h5 --kernel-test-train few-td.h5 --dtype float32 -o few-stored/
  expect_exit 0
  expect_close few few-stored covariance
}
beside few_numbers
together

# --store float32: kernels and covariances in single, means in double; kept kernels are read again as they are.
run 2 predict "${net[@]}" "${train[@]}" "${test[@]}" "${scores[@]}" -o halves/ --save-kernel half/ \
  --store float32 --covariance
expect_exit 0
for name in half/nngp half/ntk half/test_train/ntk halves/ntk/covariance; do
  expect_true grep -qaF "'descr': '<f4'" "$name.npy"
done
expect_close want halves
alone predict --kernel half/ --labels "${labels}[0:97]" --reg 1e-4
expect_exit 0

# A bare matrix serves whatever --get names.
alone predict --kernel kept/ntk.npy --kernel-test-train kept/test_train/ntk.npy "${scores[@]}" -o bare/
expect_exit 0
expect_same bare/nngp/mean.npy bare/ntk/mean.npy
paste <(numbers bare/ntk/mean.npy) <(numbers want/ntk/mean.npy) | awk '($1 - $2)^2 > 1e-18 { exit 1 }' ||
  failed "the bare matrix gives other predictions"
# A file with one kernel: that one is used.
alone kernel "${net[@]}" "${images}[0:97]" "${prepare[@]}" --get ntk -o ntk.h5
alone predict --kernel ntk.h5 --labels "${labels}[0:97]" --loo
expect_exit 0
expect_true [ "$(wc -l <"$OUT")" -eq 1 ]
expect_stdout '^ntk reg=0 loo errors='
# A folder with kernels of the training samples alone.
mkdir alone
cp kept/ntk.npy alone/ntk.npy
alone predict --kernel alone/ --labels "${labels}[0:97]" --loo
expect_exit 0
expect_stdout '^ntk reg=0 loo errors='

# Rows of one kernel; labels for all samples, or for those that were chosen.
rows() {
  run "$1" predict --kernel all.h5 --train-rows 0:97 --test-rows 97: --reg 1e-6 -o "rows-$1/" "${@:2}"
  expect_exit 0
  expect_stdout '^ntk reg=1e-06 errors=[0-9]+/43 '
  expect_close want-all "rows-$1"
}
seq 0 96 >rows.csv
beside rows 1 --labels "${labels}[0:140]"
beside rows 2 --labels "${labels}[0:97]" --test-labels "${labels}[97:140]"
beside rows 3 --labels "${labels}[0:140]" --train-rows @rows.csv --test-block 1
# Test samples that are training samples too are told of, and scored.
overlap() {
  run 3 predict --kernel all.h5 --labels "${labels}[0:140]" --reg 1e-6 --get ntk "${@:2}"
  expect_exit 0
  expect_stdout '^ntk reg=1e-06 errors=[0-9]+/50 '
  "$1" '^warning: --train-rows .* and --test-rows .*: .* test samples are training samples too'
}
beside overlap expect_no_stderr --train-rows 50: --test-rows 49::-1
beside overlap expect_stderr --train-rows 0:97 --test-rows 90:140
beside overlap expect_stderr --train-rows 49: --test-rows 0:50
together
grep -ohE '[0-9]+ of 50 test samples .* the first is row [0-9]+' .stderr.* | sort | xargs echo >overlaps
expect_true [ "$(cat overlaps)" == '1 of 50 test samples are training samples too, the first is row 49 7 of 50 test samples are training samples too, the first is row 90' ]
# What does not fit. refuse CODE MESSAGE ARGS...
refuse() {
  run 2 predict "${@:3}" --reg 1e-6
  expect_exit "$1"
  expect_one_error "$2"
}
own=(--labels "${labels}[0:97]")
echo 97 >far.csv
seq 140 | awk '{ print $1 == 101 ? -3 : $1 % 7 }' >negative.csv
beside refuse 3 'negative.csv\[97:\]\[3\] is -3: class numbers begin at 0' --kernel all.h5 --train-rows 0:97 \
  --test-rows 97: --labels negative.csv
beside refuse 3 'dd.h5:/nngp: comes from another network than the network given here: serial.*there, serial' \
  -e 'serial(Flatten(), Dense(1))' "${train[@]}" "${test[@]}" "${own[@]}" --kernel dd.h5
beside refuse 3 'dd.h5:/nngp: comes from other training samples than .*\[1:98\]: [0-9a-f]{64} there' \
  "${net[@]}" --train "${images}[1:98]" "${prepare[@]}" "${test[@]}" "${own[@]}" --kernel dd.h5
beside refuse 3 'dd.h5: holds the kernel of 97 training samples, but .*\[0:90\] has 90$' \
  "${net[@]}" --train "${images}[0:90]" "${prepare[@]}" "${test[@]}" --labels "${labels}[0:90]" --kernel dd.h5
beside refuse 3 'td.h5:/nngp: comes from other test samples than .*\[1:44\]' \
  "${net[@]}" "${train[@]}" --test "${images}[1:44]" "${own[@]}" --kernel-test-train td.h5
beside refuse 3 'dd.h5:/nngp: comes from another preprocessing than --preprocess: [0-9a-f]{64} there, none here' \
  "${net[@]}" --train "${images}[0:97]" "${test[@]}" "${own[@]}" --kernel dd.h5
beside refuse 3 'td.h5:/nngp: is 43 x 97; a train-train kernel is square' --kernel td.h5 "${own[@]}" --loo
beside refuse 3 'is 97 x 97, but there are 43 training samples' --kernel tt/ --kernel-test-train dd.h5 \
  --labels "${labels}[0:43]"
beside refuse 3 'td.h5:/nngp: is 43 x 97, but .* is it transposed' --kernel tt/ --kernel-test-train td.h5 \
  --labels "${labels}[0:43]"
beside refuse 3 'has 140 labels, but the training set has 97 samples' --kernel dd.h5 --loo --labels "${labels}[0:140]"
beside refuse 3 'holds neither nngp nor ntk' --kernel want/ "${own[@]}" --loo
beside refuse 3 'none.h5' --kernel none.h5 "${own[@]}" --loo
beside refuse 2 'the train-train kernel nngp is neither stored nor' --kernel ntk.h5 --get nngp,ntk "${own[@]}" --loo
beside refuse 2 'the test-train kernel nngp and ntk is neither stored' --kernel dd.h5 "${own[@]}" \
  --kernel-test-test tt/
alone predict "${net[@]}" "${train[@]}" "${test[@]}" "${scores[@]}" --variance --save-kernel spread.h5
expect_exit 0
beside refuse 2 'the test-train kernel nngp is neither .*given apart: it may be that of others' --kernel spread.h5 \
  --ntk-test-train td.h5:/ntk "${own[@]}"
beside refuse 2 'the test-test kernel nngp, .*given apart: it may be that of others' --kernel spread.h5 \
  --nngp-test-train td.h5:/nngp --get nngp --variance "${own[@]}"
beside refuse 2 'given twice: by dd.h5 and by matrices' --kernel dd.h5 --ntk-train-train ntk.h5:/ntk "${own[@]}" --loo
beside refuse 2 'say which are the training samples too' --kernel dd.h5 --test-rows 1:3 "${own[@]}"
beside refuse 2 'does not go with --train' "${net[@]}" "${train[@]}" --kernel dd.h5 --train-rows 1:3 "${own[@]}"
beside refuse 3 'rows has rows 0 to 96' --kernel dd.h5 --train-rows @far.csv "${own[@]}" --loo
beside refuse 2 '--preprocess .* changes samples, and a stored kernel has none' --kernel dd.h5 "${own[@]}" \
  --loo --preprocess center
for option in '--mask-constant 0' '--shape 8,8,1' '--batch-axis 0' '--channel-axis -1' '--diagonal-batch yes' \
  '--diagonal-spatial no' '--pattern none' '--dtype float32'; do
  beside refuse 2 "${option%% *}.* is about samples, and a stored kernel has none" --kernel dd.h5 "${own[@]}" --loo $option
done
beside refuse 2 'nothing is computed without a network' --kernel dd.h5 "${own[@]}" --loo --save-kernel x.h5
beside refuse 2 '--triangle up: must be lower or upper' --kernel dd.h5 "${own[@]}" --loo --triangle up
together
expect_no_file x.h5

# Matrices by hand: 3 x 3, not symmetric, not finite, one triangle.
npy() { # NAME SHAPE NUMBERS...: little-endian doubles
  local name=$1 shape=$2 text
  shift 2
  text="{'descr': '<f8', 'fortran_order': False, 'shape': $shape, }"
  { printf '\x93NUMPY\x01\x00\x76\x00%-117s\n' "$text" && printf '%s\n' "$@" |
    perl -ne 'print pack("d<", $_)'; } >"$name"
}
npy good.npy '(3, 3)' 2 1 0 1 2 1 0 1 2
npy skew.npy '(3, 3)' 2 1 0 1 2 1 0 1.5 2
npy hole.npy '(3, 3)' 2 1 0 1 nan 1 0 1 2
npy lower.npy '(3, 3)' 2 nan nan 1 2 nan 0 1 2
npy upper.npy '(3, 3)' 2 1 0 nan 2 1 nan nan 2
npy y.npy '(3,)' 1 2 4
small=(--labels y.npy --loo --get nngp)
beside refuse 3 'skew.npy: the kernel is not symmetric: entry \(2, 1\) is 1.5, entry \(1, 2\) is 1,' \
  --kernel skew.npy "${small[@]}"
beside refuse 3 'hole.npy: entry \(1, 1\) is -?nan, not a finite number' --kernel hole.npy "${small[@]}"
beside refuse 3 'upper.npy: entry \(1, 0\) is -?nan' --kernel upper.npy "${small[@]}"
together
# Square kernels of the test samples, and matrices that are no kernels.
npy td.npy '(2, 3)' 1 0.5 0.2 0.1 1 0.3
npy hole-td.npy '(2, 3)' 1 0.5 0.2 0.1 inf 0.3
npy skew-tt.npy '(2, 2)' 2 0.5 0.6 2
npy few-tt.npy '(3,)' 2 2 2
npy low-tt.npy '(2,)' 0.1 0.1
npy zero.npy '(3, 3)' 0 0 0 0 0 0 0 0 0
npy minus.npy '(3, 3)' -2 0 0 0 -2 0 0 0 -2
npy mixed.npy '(3, 3)' 2 0 0 0 2 0 0 0 -0.01
npy huge.npy '(3, 3)' 1e308 0 0 0 1e308 0 0 0 1e308
by_hand=(--kernel-test-train td.npy --labels y.npy)
any_ranks() {
  for ranks in 1 3; do
    run "$ranks" predict "${by_hand[@]}" "${@:3}"
    expect_exit "$1"
    expect_one_error "$2"
  done
}
beside any_ranks 3 'skew-tt.npy: the kernel is not symmetric: entry \(1, 0\) is 0.59' --kernel good.npy \
  --kernel-test-test skew-tt.npy --covariance
beside any_ranks 3 'hole-td.npy: entry \(1, 1\) is inf' --kernel good.npy --kernel-test-train hole-td.npy
beside any_ranks 3 'few-tt.npy: has 3 test samples, but the other stored kernels have 2' --kernel good.npy \
  --kernel-test-test few-tt.npy --variance
beside any_ranks 3 '--covariance needs the whole nngp kernel' --kernel good.npy --kernel-test-test low-tt.npy \
  --covariance
beside any_ranks 6 'the variance of prediction 0 is -0.[0-9]+ with a prior variance of 0.1' --kernel good.npy \
  --kernel-test-test low-tt.npy --variance
beside any_ranks 6 'mean diagonal 0, regularisation tried 0.001 relative, 0 absolute; is this a kernel' \
  --kernel zero.npy --reg 1e-3
beside any_ranks 6 'pivot 0 of 3 .* mean diagonal -2, .* tried 0.001 relative, -0.002 absolute; is this a kernel' \
  --kernel minus.npy --reg 1e-3
beside any_ranks 6 'pivot 2 of 3 .*; try --reg 0.0752 \(absolute 0.1\)' --kernel mixed.npy --reg 1e-6 --get nngp
beside any_ranks 6 'no eigenvalue above 0, the largest is -2: is this a kernel' --kernel minus.npy \
  --method gradient-descent --time 1
beside any_ranks 2 'the covariance of ntk starts from random networks, whose kernel nngp is neither stored' \
  --ntk-train-train good.npy --kernel-test-test low-tt.npy --variance --get ntk
together
run 2 predict "${by_hand[@]}" --kernel huge.npy --get nngp
expect_exit 0
expect_stderr 'whose mean is 1e\+308'

for form in good.npy "lower.npy --triangle lower" "upper.npy --triangle upper"; do
  # shellcheck disable=SC2086
  run 2 predict --kernel $form "${small[@]}" -o "small-${form%% *}/"
  expect_exit 0
  expect_same small-good.npy/nngp/loo_mean.npy "small-${form%% *}/nngp/loo_mean.npy"
done

# A file that somebody else has locked.
locked() {
  LAST="ntmpi $* (while another program locks the file)"
  flock -x kept.h5 "$NTMPI" "$@" >"$OUT" 2>"$ERR" </dev/null
  CODE=$?
  expect_exit 3
  expect_one_error 'kept\.h5: HDF5 cannot open it: .*HDF5_USE_FILE_LOCKING=FALSE'
}
locked predict --kernel kept.h5 "${scores[@]}"
locked kernel -e 'Dense(1)' kept.h5:/nngp -o locked.h5
HDF5_USE_FILE_LOCKING=FALSE flock -x kept.h5 "$NTMPI" kernel -e 'Dense(1)' kept.h5:/nngp -o locked.h5 --quiet
expect_file locked.h5

#!/usr/bin/env bash
# ntmpi predict --trace-axes: outputs with several axes, and networks whose outputs have positions.
source "$NT_TEST_LIB"

golden=$NT_PREDICT_DATA/predict.txt

array() { "$GOLDEN_NPY" "$golden" "$@" || failed "no array $1"; }

# The reference: targets of shape (4, 2, 3), and each set of axes.
# sizes SAMPLES AXES: those that are not traced.
sizes() {
  case $2 in
    -1) echo "$1,2" ;;
    1) echo "$1,3" ;;
    none) echo "$1,2,3" ;;
    *) echo "$1" ;;
  esac
}
# golden_case RANKS NAME: the words of a case in the order of the file; kernels with their axes in pairs at
# an even number of ranks, else as matrices.
golden_case() {
  local ranks=$1 name=$2 dir=case-$CASES axes=-1 key value words=() results=() method
  mkdir "$dir"
  axes=$(awk -v n="$name" '$1 == "case" { on = $3 == n } on && $1 == "trace_axes" { print $2 }' "$golden")
  method=$(awk -v n="$name" '$1 == "case" && $3 == n { print $2 }' "$golden")
  while read -r key value; do
    local rows=4 cols=4 word=${key/./-} pairs=()
    [[ $key == test_* ]] && rows=2
    [[ $key == test_test* ]] && cols=2
    if [[ $ranks == [24] ]]; then pairs=("$(sizes $rows "$axes")" "$(sizes $cols "$axes")"); fi
    case $key in
      case | initial* | covariance | get) ;;
      diag_reg) words+=(--reg "$value") ;;
      trace_axes) words+=(--trace-axes "$value") ;;
      t) words+=(--time "$value") ;;
      y) array "$value" "$dir/y.npy" && words+=(--labels "$dir/y.npy") ;;
      train.* | test_train.* | test_test.*)
        [[ $method == gradient_descent_mse && $key == *.nngp ]] && continue
        array "$value" "$dir/$key.npy" "${pairs[@]}"
        word=${key#*.}-${key%.*}
        [[ $key == train.* ]] && word=${key#*.}-train-train
        words+=("--${word/_/-}" "$dir/$key.npy")
        ;;
      train) results+=("ntk/train_mean $value") ;;
      test) results+=("ntk/mean $value") ;;
      *.covariance) array "$value" "$dir/want-${key%.*}.npy" "$(sizes 2 "$axes")" "$(sizes 2 "$axes")" ;;&
      *.covariance) results+=("${key/.//} $dir/want-${key%.*}.npy") ;;
      *) results+=("${key/.//} $value") ;;
    esac
  done < <(awk -v n="$name" '$1 == "case" { on = $3 == n } on' "$golden")
  [[ $method == gradient_descent_mse ]] && words+=(--method gradient-descent)
  [[ $method == gp_inference ]] && words+=(--covariance)
  run "$ranks" predict "${words[@]}" -o "$dir/out/"
  expect_exit 0
  for result in "${results[@]}"; do
    read -r key value <<<"$result"
    [[ $value == a* ]] && array "$value" "$dir/want.npy" && value=$dir/want.npy
    paste <(numbers "$dir/out/$key.npy") <(numbers "$value") | expect_near 1e-9
    cmp -s <(head -c 128 "$dir/out/$key.npy" | tr -d ' ,\n') <(head -c 128 "$value" | tr -d ' ,\n') ||
      failed "$name: $key has another shape"
  done
}
count=0
while read -r name; do
  count=$((count + 1))
  beside golden_case $((count % 4 + 1)) "$name"
done < <(awk '$1 == "case" && $3 ~ /^trace-/ { print $3 }' "$golden")
together
expect_true test "$count" -eq 15

# A network whose output has positions, and its stored kernel: one problem.
images=$NT_TEST_DATA/digits-images.npy
net='serial(Conv(8, (3, 3), strides=(4, 4), padding="VALID", W_std=1.5, b_std=0.1), Relu(), Conv(3, (1, 1)))'
data=(--shape 8,8,1)
awk 'BEGIN { for (i = 0; i < 13 * 4 * 3; i++) print sin(i * i) }' >y.csv
as_array() { # SHAPE FILE.csv OUT.npy, by way of a text in the form of the golden arrays
  { echo "array a0 $(wc -w <<<"$1") $1"; cat "$2"; } >text.txt
  "$GOLDEN_NPY" text.txt a0 "$3"
}
as_array '13 2 2 3' y.csv y.npy
run 2 kernel -e "$net" "${images}[0:13]" "${data[@]}" --diagonal-spatial no -o dd/
expect_exit 0
run 1 kernel -e "$net" "${images}[20:25]" "${images}[0:13]" "${data[@]}" --diagonal-spatial no -o td/
run 3 kernel -e "$net" "${images}[20:25]" "${data[@]}" --diagonal-spatial no -o tt/
shape '13, 13, 2, 2, 2, 2' dd/ntk.npy
same=(--labels y.npy --reg 1e-2,1)
computed() {
  run "$1" predict -e "$net" --train "${images}[0:13]" --test "${images}[20:25]" "${data[@]}" \
    "${same[@]}" "${@:3}" -o "net-$2/"
  expect_exit 0
}
stored() {
  run "$1" predict --kernel dd/ --kernel-test-train td/ --kernel-test-test tt/ "${same[@]}" "${@:3}" -o "file-$2/"
  expect_exit 0
}
for method in 'gp --variance' 'gradient-descent --ensemble --covariance --time 3,inf'; do
  name=${method%% *}
  # shellcheck disable=SC2086
  beside computed 3 "$name" --method $method
  # shellcheck disable=SC2086
  beside stored 4 "$name" --method $method
done
beside computed 2 folds --folds 4 --select folds
beside stored 1 folds --folds 4 --select folds
together
shape '2, 5, 2, 2, 3' net-gp/ntk/mean.npy
shape '2, 5, 2, 2' net-gp/ntk/variance.npy
shape '2, 2, 5, 5, 2, 2, 2, 2' net-gradient-descent/ntk/covariance.npy
shape '13,' net-folds/folds.npy
for result in gp/{nngp/mean,nngp/variance,ntk/variance} gradient-descent/{ntk/covariance,nngp/train_mean} \
  folds/{ntk/fold_mean,nngp/mean}; do
  paste <(numbers "net-$result.npy") <(numbers "file-$result.npy") | expect_near 1e-10
done
# Chosen samples of one stored kernel are its rows.
run 2 predict --kernel dd/ --train-rows 0:10 --test-rows 10:13 --labels y.npy --reg 1e-2 --get ntk -o rows/
expect_exit 0
head -n 120 y.csv >y10.csv
as_array '10 2 2 3' y10.csv y10.npy
run 1 predict -e "$net" --train "${images}[0:10]" --test "${images}[10:13]" "${data[@]}" --labels y10.npy \
  --reg 1e-2 --get ntk -o chosen/
paste <(numbers rows/ntk/mean.npy) <(numbers chosen/ntk/mean.npy) | expect_near 1e-10

# What does not fit.
wrong() { # PATTERN OPTION...
  run 2 predict "${@:2}"
  expect_exit "$CODE_WANTED"
  expect_one_error "$1"
}
train=(-e "$net" --train "${images}[0:13]" --test "${images}[20:25]" "${data[@]}")
file=(--kernel dd/ --kernel-test-train td/)
as_array '13 4 3' y.csv flat.npy
CODE_WANTED=2 beside wrong 'trace axis 4: targets of shape \(13, 2, 2, 3\) have axes -4 to 3' "${train[@]}" --labels y.npy --trace-axes 4
# Regularisations and times come before the axes of the targets.
npy axes9.npy "{'descr': '<f8', 'fortran_order': False, 'shape': (13, 1, 1, 1, 1, 1, 1, 1, 2), }" 208
CODE_WANTED=3 beside wrong 'at most 8 axes' "${train[@]}" --labels axes9.npy --method gradient-descent --time 1,2 --reg 1,2
CODE_WANTED=2 beside wrong 'axes of the targets' "${train[@]}" --labels y.npy --trace-axes x
CODE_WANTED=2 beside wrong 'axis 0 counts the samples' "${train[@]}" --labels y.npy --trace-axes 0,-1
CODE_WANTED=2 beside wrong '4 positions a sample, of shape \(2, 2\), but targets of shape \(13, 2, 2, 3\)' "${train[@]}" --labels y.npy --trace-axes none
CODE_WANTED=2 beside wrong 'leave-one-out in closed form' "${train[@]}" --labels y.npy --loo
CODE_WANTED=2 beside wrong 'all pairs' "${train[@]}" --labels y.npy --diagonal-spatial yes
CODE_WANTED=3 beside wrong 'has 52 rows, but targets of shape \(13, 2, 2, 3\).* need 26' "${file[@]}" --labels y.npy --trace-axes 1,3
CODE_WANTED=3 beside wrong 'axes are those of the outputs of two samples in pairs' "${file[@]}" --labels flat.npy --trace-axes -1
together
run 2 kernel -e "$net" "${images}[0:13]" "${data[@]}" --diagonal-spatial yes -o equal/
CODE_WANTED=3 wrong 'only the covariances of equal positions' --kernel equal/ --kernel-test-train td/ --labels y.npy

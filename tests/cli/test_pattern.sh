#!/usr/bin/env bash
# Patterns of Aggregate through the program, and what is wrong with them.
source "$NT_TEST_LIB"

G=$NT_TEST_DATA/golden
X1=$G/1ceabb21bd60.npy X2=$G/4b8c3355a9af.npy     # (2, 4, 3) and (3, 4, 3)
P1=$G/41a7d835f542.npy P2=$G/d5663c873d30.npy     # (2, 4, 4) and (3, 4, 4)
S1=$G/2509ae69df9b.npy S2=$G/c991e0ef911d.npy     # edges
NET='serial(Dense(8), Relu(), Aggregate(), GlobalAvgPool(), Dense(1))'
SPARSE="serial(Dense(8), Relu(), Aggregate(implementation='SPARSE'), GlobalAvgPool())"

# Any number of ranks gives the same bits.
for n in 1 4; do
  run $n kernel -e "$NET" "$X1" "$X2" --pattern "$P1" --pattern2 "$P2" --get ntk --tile 1 -o "dense$n.npy"
  expect_exit 0
  run $n kernel -e "$SPARSE" "$X1" "$X2" --pattern "$S1" --pattern2 "$S2" --get nngp -o "edges$n.npy"
  expect_exit 0
done
expect_same dense1.npy dense4.npy
expect_same edges1.npy edges4.npy

# One pattern serves both; none is the identity.
alone kernel -e "$NET" "$X1" "$X1" --pattern "$P1" --pattern2 "$P1" --get nngp -o one.npy
expect_exit 0
alone kernel -e "$NET" "$X1" "$X1" --pattern "$P1" --get nngp -o both.npy
expect_exit 0
expect_same one.npy both.npy
alone kernel -e "$NET" "$X1" "$X2" --pattern none --get nngp -o none.npy
expect_exit 0
alone kernel -e 'serial(Dense(8), Relu(), GlobalAvgPool(), Dense(1))' "$X1" "$X2" --get nngp -o without.npy
expect_exit 0
expect_file none.npy
alone kernel -e "serial(Dense(8), Relu(), Aggregate(to_dense=lambda p: 0 * p), GlobalAvgPool())" "$X1" \
  --pattern "$P1" --get nngp -o zero.npy
expect_exit 0
expect_true test "$(tail -c 32 zero.npy | tr -d '\0' | wc -c)" -eq 0

# A pattern without edges leaves nothing; without axes of nodes edges are only counted.
edges() { # FILE SHAPE
  npy "$1" "{'descr': '<i4', 'fortran_order': False, 'shape': $2, }" 0
}
edges two.npy '(2, 0, 1, 2)'
edges three.npy '(3, 0, 2)'
edges twice.npy '(2, 2, 0, 2)'
for n in 1 3; do
  run $n kernel -e "$SPARSE" "$X1" "$X2" --pattern two.npy --pattern2 three.npy --get nngp --tile 1 -o "no$n.npy"
  expect_exit 0
  numbers "no$n.npy" | sed 's/$/ 0/' | expect_near 0
  run $n kernel -e "serial(Dense(8), Relu(), Aggregate((), implementation='SPARSE'), GlobalAvgPool())" "$X1" \
    --pattern twice.npy --get nngp --tile 1 -o "twice$n.npy"
  expect_exit 0
done
alone kernel -e 'serial(Dense(8), Relu(), GlobalAvgPool(), DotGeneral(rhs=2.))' "$X1" --get nngp \
  --tile 1 -o four.npy
expect_exit 0
expect_close four.npy twice1.npy 1e-13
expect_same twice1.npy twice3.npy
alone kernel -e "serial(Dense(8), Relu(), Aggregate(), GlobalAvgPool())" "$X1" --pattern two.npy -o out.npy --get nngp
expect_exit 2
expect_one_error 'has shape \(2, 0, 1, 2\); this layer takes \(2, 4, 4\)'
alone kernel -e "$NET" two.npy --pattern none -o out.npy --get nngp
expect_exit 3
expect_one_error 'two.npy: holds no samples'

# Repeated no times it still takes the pattern.
alone kernel -e 'repeat(Aggregate(), 0)' "$X1" --pattern "$P1" --get nngp -o none-of-it.npy
expect_exit 0

# To digits that another order of sums leaves alone.
numbers() { od -An -v -tf8 -w8 -j 128 "$1" | awk '{printf "%.12g ", $1}'; }

# Behind a layer that leaves two of three samples there are two patterns.
alone kernel -e "$NET" "$X2[1:]" --pattern "$P1" --get nngp --tile 1 -o last.npy
expect_exit 0
for n in 1 3; do
  run $n kernel -e 'serial(Dense(8), Relu(), Index(Slice[1:]), Aggregate(), GlobalAvgPool(), Dense(1))' "$X2" \
    --pattern "$P1" --get nngp --tile 1 -o "behind$n.npy"
  expect_exit 0
  expect_true test "$(numbers last.npy)" = "$(numbers "behind$n.npy")"
done

# Errors, the same on one rank and on three.
fails() {
  local code=$1 pattern=$2
  shift 2
  alone kernel "$@" -o out.npy --get nngp
  expect_exit "$code"
  expect_one_error "$pattern"
  run 3 kernel "$@" -o out.npy --get nngp
  expect_exit "$code"
  expect_one_error "$pattern"
  expect_no_file out.npy
}
fails 2 'Aggregate.*takes a pattern.*--pattern none' -e "$NET" "$X1"
fails 2 'x1 alone' -e "$NET" "$X1" "$X2" --pattern "$P1" --pattern2 none
fails 2 'no layer that takes one' -e 'Dense(1)' "$X1" --pattern "$P1"
fails 3 'patterns of 2 samples.*3 samples.*pattern2' -e "$NET" "$X1" "$X2" --pattern "$P1"
fails 2 'takes \(2, 4, 4\)' -e "$NET" "$X1" --pattern "$X1"
fails 2 'sparse pattern has shape' -e "$SPARSE" "$X1" --pattern "$P1"
fails 2 'pattern2.*for X2' -e "$NET" "$X1" --pattern "$P1" --pattern2 "$P2"
fails 3 'nowhere' -e "$NET" "$X1" --pattern nowhere.npy
fails 2 'aggregate_axis 2 is that of the channels' -e 'Aggregate(aggregate_axis=2)' "$X1" --pattern "$P1"

# Other layers that mix positions.
fails 2 "only with attention_mechanism='IDENTITY'" -e 'GlobalSelfAttention(1, 1, 1, 1, False)' "$X1"
fails 2 'n_chan_pos_emb = 7.*3 channels' \
  -e "GlobalSelfAttention(1, 1, 1, 1, pos_emb_type='SUM', n_chan_pos_emb=7)" "$X1"
fails 2 'axis 2 of the input is that of the channels' \
  -e 'DotGeneral(rhs=np.array([1., 2., 3.]), dimension_numbers=(((2,), (0,)), ((), ())))' "$X1"
fails 2 'Dense at line 1.* needs samples, but a DotGeneral before it has summed over them' \
  -e 'serial(DotGeneral(rhs=np.array([1., 2.]), dimension_numbers=(((0,), (0,)), ((), ()))), Dense(2))' \
  "$X1"
fails 2 'axis 1 of the input has 4 entries, but axis 0 of the factor 3' \
  -e 'DotGeneral(rhs=np.array([1., 2., 3.]), dimension_numbers=(((1,), (0,)), ((), ())))' "$X1"

# Inference.
printf '1\n-1\n' >y.csv
run 3 predict -e "$NET" --train "$X1" --labels y.csv --targets raw --test "$X2" --pattern "$P1" \
  --pattern2 "$P2" --reg 1e-6 -o p3/
expect_exit 0
alone predict -e "$NET" --train "$X1" --labels y.csv --targets raw --test "$X2" --pattern "$P1" \
  --reg 1e-6 -o p1/
expect_exit 3
expect_one_error 'pattern2 for X2 or test samples'
alone predict -e "$NET" --train "$X1" --labels y.csv --targets raw --test "$X2" --pattern "$P1" \
  --pattern2 "$P2" --matrix-free --solver pcg -o p1/
expect_exit 2
expect_one_error 'matrix-free with --pattern'

# Stored kernels come from the same patterns.
learn=(predict -e "$NET" --train "$X1" --labels y.csv --targets raw --test "$X2" --reg 1e-6)
run 2 "${learn[@]}" --pattern "$P1" --pattern2 "$P2" --save-kernel saved.h5
expect_exit 0
run 3 "${learn[@]}" --pattern "$P1" --pattern2 "$P2" --kernel saved.h5 -o again/
expect_exit 0
expect_same p3/ntk/mean.npy again/ntk/mean.npy
printf '1\n0\n' >swap.csv
printf '0\n1\n0\n' >three.csv
other() {
  run 2 "${learn[@]}" "${@:2}" --kernel saved.h5
  expect_exit 3
  expect_one_error "$1"
}
hash='[0-9a-f]{64}'
beside other "saved.h5:/nngp: comes from other patterns of the training samples than --pattern: $hash there, $hash" \
  --pattern "${P1}[@swap.csv]" --pattern2 "$P2"
beside other "saved.h5.*: comes from other patterns of the test samples than --pattern2: $hash there, $hash" \
  --pattern "$P1" --pattern2 "${P1}[@three.csv]" --kernel-test-train saved.h5:/test_train
beside other "other patterns of the training samples than --pattern: $hash there, none here" --pattern none
together
# Kernels of one run belong together, whatever is given now.
run 1 kernel -e "$NET" "$X1" --pattern "${P1}[@swap.csv]" -o dd.h5
run 2 kernel -e "$NET" "$X2" "$X1" --pattern "$P2" --pattern2 "$P1" -o td.h5
run 3 predict --kernel dd.h5 --kernel-test-train td.h5 --labels y.csv --targets raw
expect_exit 3
expect_one_error "td.h5:/nngp: comes from other patterns of the training samples than dd.h5:/nngp: $hash there"

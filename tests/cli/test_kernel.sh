#!/usr/bin/env bash
# ntmpi kernel: forms of data and of results, attributes, options.
source "$NT_TEST_LIB"

NET='serial(Flatten(), Dense(8), Relu(), Dense(1))'
LINEAR='Dense(1)'
printf '1,2\n3,4\n' >x.csv
printf '1,2\n3,4\n5,6\n' >z.csv

# numbers FILE: all of a .npy of doubles, on one line.
numbers() { od -An -v -tf8 -w8 -j 128 "$1" | awk '{printf "%s%.12g", (NR > 1 ? " " : ""), $1}'; }
expect_numbers() { [[ $(numbers "$1") == "$2" ]] || failed "$1 holds $(numbers "$1"), not $2"; }

# bytes FILE: all of a .npy of booleans.
bytes() { od -An -v -tu1 -j 128 "$1" | tr -d ' \n'; }

# kernel ARGS...: must work.
kernel() {
  run 2 kernel "$@"
  expect_exit 0
}

# Values and shapes.
values() {
  kernel -e "$LINEAR" x.csv -o linear/
  expect_numbers linear/nngp.npy '2.5 5.5 5.5 12.5'
  expect_numbers linear/ntk.npy '2.5 5.5 5.5 12.5'
  kernel -e "$LINEAR" x.csv z.csv -o two/ --get nngp,cov1,cov2
  expect_numbers two/nngp.npy '2.5 5.5 8.5 5.5 12.5 19.5'
  expect_numbers two/cov1.npy '2.5 12.5'
  expect_numbers two/cov2.npy '2.5 12.5 30.5'
  expect_no_file two/ntk.npy
  expect_true grep -qF "'shape': (2, 3)" two/nngp.npy
  kernel -e "$LINEAR" 'z.csv[-1:]' -o one.npy --get ntk
  expect_numbers one.npy '30.5'
  kernel -e 'Identity()' x.csv -o zero/
  expect_numbers zero/ntk.npy '0'
  expect_true grep -qF "'shape': ()" zero/ntk.npy
  kernel -e 'Dense(1)' 'random(3,2,2,1)' -o full/ --get nngp,cov1
  expect_true grep -qF "'shape': (3, 3, 2, 2, 2, 2)" full/nngp.npy
  expect_true grep -qF "'shape': (3, 2, 2, 2, 2)" full/cov1.npy
  kernel -e 'Dense(1)' 'random(3,2,2,1)' -o diagonal/ --get nngp,cov1 --diagonal-spatial yes
  expect_true grep -qF "'shape': (3, 3, 2, 2)" diagonal/nngp.npy
  expect_true grep -qF "'shape': (3, 2, 2)" diagonal/cov1.npy
  kernel -e 'Dense(1)' 'random(3,4)' --shape 2,2,1 -o shaped/ --get nngp
  expect_true grep -qF "'shape': (3, 3, 2, 2, 2, 2)" shaped/nngp.npy
  kernel -e 'Dense(1, batch_axis=1, channel_axis=0)' 'random(4,3)' -o columns.npy --get nngp
  expect_true grep -qF "'shape': (3, 3)" columns.npy
  # A first Flatten reads samples along any axis of the data.
  for axis in 1 -2; do
    kernel -e "serial(Flatten(batch_axis=$axis), Dense(1))" 'random(3,2,4)' -o first.npy --get nngp --force
    kernel -e "serial(Dense(1, batch_axis=$axis), Flatten(batch_axis=$axis))" 'random(3,2,4)' -o last.npy \
      --get nngp --force
    expect_numbers last.npy "$(numbers first.npy)"
    expect_true grep -qF "'shape': (2, 2)" first.npy
  done
  run 2 kernel -e 'serial(FanOut(2), parallel(Flatten(1), Flatten()), FanInProd())' 'random(3,2,4)' -o no.npy --get nngp
  expect_exit 2
  expect_one_error 'Flatten at line 1, column 40 of --expr expects the samples along axis 0, but its input of shape \(3, 2, 4\) has them along axis 1'
}

# Trees.
trees() {
  PAIR='serial(parallel(Dense(1), Dense(1)), FanInSum())'
  kernel -e "$PAIR" '[x.csv,x.csv]' -o sum.npy --get nngp
  expect_numbers sum.npy '5 11 11 25'
  kernel -e 'serial(Dense(1), FanOut(2), parallel(Identity(), serial(FanOut(2), parallel(Relu(), Identity()))))' \
    x.csv -o tree.h5
  for result in nngp/0 nngp/1/0 ntk/1/1; do
    expect_true h5dump -d "$result" -H tree.h5 >h5dump.txt
    expect_true h5dump -a "$result/is_gaussian" tree.h5 >h5dump.txt
  done
  alone kernel -e "$PAIR" '[x.csv,z.csv]' -o bad.npy --get nngp
  expect_exit 3
  expect_one_error 'x\.csv has 2.*z\.csv|z\.csv has 3'
}

# One file, its attributes.
attributes() {
  echo "$NET  # of a file" >net.txt
  kernel -n net.txt x.csv z.csv --preprocess center --preprocess-from z.csv -o k.h5 --json k.json
  h5dump k.h5 >k.txt
  for name in shape1 shape2 is_gaussian diagonal_batch diagonal_spatial batch_axis channel_axis x1_is_x2 \
    network options preprocess preprocess_hash version x1 x2 x1_shape x2_shape x1_sha256 x2_sha256; do
    expect_true grep -q "ATTRIBUTE \"$name\"" k.txt
  done
  expect_true grep -q 'of a file' k.txt
  expect_true grep -q '"center"' k.txt
  expect_true grep -q 'DATASET "mean"' k.txt
  expect_true grep -Eq '"peak":.*[1-9]' k.json
  expect_true grep -q '"ranks":.*2' k.json
  expect_stderr '^memory of a rank: .* used at most, .* announced$'
  expect_stderr '^time: '
  expect_stderr '^tiles of a rank: .* in the mean, .* at most \(rank [01]\)$'
  expect_true grep -q '"tile_seconds":' k.json
  kernel -e "$NET" x.csv -o k2.h5 --json -
  expect_stdout '"tiles":'
  hash_of() { h5dump -a x1_sha256 "$1" | sed -n 's/.*(0): //p'; }
  run 3 kernel -e "$LINEAR" x.csv -o k3.h5 --dtype float32
  expect_true [ "$(hash_of k.h5)" == "$(hash_of k3.h5)" ]
  expect_true [ -n "$(hash_of k3.h5)" ]

  # An existing output stays, unless forced.
  cp k3.h5 before.h5
  run 2 kernel -e "$NET" x.csv -o k3.h5
  expect_exit 4
  expect_same k3.h5 before.h5
  kernel -e "$NET" x.csv -o k3.h5 --force
  kernel -e "$NET" x.csv -o linear/ --force
}

# The same data in other forms.
forms() {
  kernel -e "$LINEAR" 'random(20,3)' -o r.h5 --get nngp
  kernel -e "$LINEAR" r.h5:/nngp -o from-h5.npy --get nngp
  kernel -e "$LINEAR" 'random(20,3)' -o r.npy --get nngp
  kernel -e "$LINEAR" r.npy -o from-npy.npy --get nngp
  expect_same from-h5.npy from-npy.npy
  gzip -k z.csv
  kernel -e "$LINEAR" z.csv.gz -o gz.npy --get nngp
  kernel -e "$LINEAR" z.csv -o plain.npy --get nngp
  expect_same gz.npy plain.npy
}

# X2 that has the samples of X1: Dropout acts on a sample with itself, also between stages.
same_samples() {
  cp z.csv copy.csv
  local nets=('serial(Dense(8), Dropout(0.5), Dense(8))' 'Conv(8, (2, 1)), Dropout(0.5), Flatten()'
    'Dense(8), Dropout(0.5), Dense(8), Index(Slice[::-1]), Dropout(0.5)') net
  for net in "${nets[@]}"; do
    local options=()
    [[ $net == Conv* ]] && options=(--shape 2,1,1)
    kernel -e "serial($net)" z.csv copy.csv "${options[@]}" -o same/ --force
    kernel -e "serial($net)" z.csv "${options[@]}" -o alone/ --force
    for result in nngp ntk; do expect_numbers same/$result.npy "$(numbers alone/$result.npy)"; done
    kernel -e "serial($net)" z.csv copy.csv "${options[@]}" -o same.h5 --force
    expect_true h5dump -a x1_is_x2 same.h5 | grep -q TRUE
  done
}

# Less usual options.
unusual() {
  kernel -e "$NET" x.csv -o half.npy --get nngp --store float32
  expect_true grep -qF "'descr': '<f4'" half.npy
  kernel -e "$LINEAR" x.csv -o masked.npy --get nngp --mask-constant 7
  expect_stderr '^warning: x\.csv: no entry equals --mask-constant 7'
  run 2 kernel -e "$NET" x.csv -o quiet.npy --get nngp --quiet --threads 1
  expect_no_stderr '^(time|kernel|network|grid)'
  LD_PRELOAD=${FAKE_LUSTRE:?} kernel -e "$NET" 'random(7,3)' -o few.npy --get nngp --grid 1x2
  expect_stderr '^few\.npy lies on Lustre: .*lfs setstripe'
  alone kernel -e "$NET" 'random(5,3)' --seed 3 -o s3.npy --get nngp
  alone kernel -e "$NET" 'random(5,3)' --seed 4 -o s4.npy --get nngp
  expect_true [ "$(numbers s3.npy)" != "$(numbers s4.npy)" ]
}

# A concatenation has the masks of all its channels, also one of a single branch, and keeps them.
masks() {
  printf '9,9\n1,2\n9,9\n' >masked.csv
  local branches
  for branches in 'FanOut(1), parallel(Dense(4))' 'FanOut(2), parallel(Dense(3), Dense(1))'; do
    kernel -e "serial($branches, FanInConcat(-1))" masked.csv -o masks/ --get mask1 --mask-constant 9 --force
    expect_true [ "$(bytes masks/mask1.npy)" == 111100001111 ]
  done
  kernel -e "serial($branches, FanInConcat(-1), Index(Slice[::-1]))" masked.csv -o kept/ --get mask1 --mask-constant 9
  expect_true [ "$(bytes kept/mask1.npy)" == 111100001111 ]
  kernel -e "serial($branches, FanInConcat(-1), Index(Slice[:]))" masked.csv -o whole/ --get mask1 --mask-constant 9
  expect_true [ "$(bytes whole/mask1.npy)" == 111100001111 ]
}

# As many axes as images of five axes have between themselves; of six it is refused.
axes() {
  kernel -e "$LINEAR" 'random(2,2,1,2,1,2,3)' -o five/ --get cov1
  expect_true grep -qF "'shape': (2, 2, 2, 1, 1, 2, 2, 1, 1, 2, 2)" five/cov1.npy
  run 2 kernel -e "$LINEAR" 'random(2,1,1,1,1,1,1,3)' -o six/ --get cov1
  expect_exit 2
  expect_stderr 'cov1 of all pairs of positions can have 5 spatial axes at most'
}

# Six numbers or less are nearly opposite often: float64 takes the place of float32.
few_numbers() {
  printf '1,0.3\n-2,-0.601\n0.5,1\n-1,-0.30001\n' >opposite.csv
  local abs='Abs(), Dense(1), Abs()' name='float64 \(not float32: an activation sees no more than'
  local -a case cases=("2 numbers;serial(Dense(1), $abs);opposite.csv"
    "1 number;serial(Conv(1, (1,)), $abs, GlobalAvgPool());random(3,4,1)"
    "6 numbers;serial(Conv(1, (3,)), $abs, Flatten(), Index(Slice[::-1]), Dense(1), Relu());random(3,4,2)")
  for line in "${cases[@]}"; do
    IFS=';' read -ra case <<<"$line"
    kernel -e "${case[1]}" "${case[2]}" -o double.npy --get ntk --force
    kernel -e "${case[1]}" "${case[2]}" -o single.npy --get ntk --force --dtype float32
    expect_stderr "^kernel: .*, $name ${case[0]}\), "
    expect_same double.npy single.npy
  done
  alone plan kernel -e "${case[1]}" "${case[2]}" --dtype float32 --json few.json
  expect_stdout "$name 6 numbers\)"
  expect_true grep -q '"dtype":[[:space:]]*"float64"' few.json
  kernel -e "serial(Dense(1), $abs)" 'random(3,7)' -o seven.npy --get ntk --dtype float32
  expect_stderr '^kernel: .*, float32, '
}

for section in values masks axes trees attributes forms same_samples unusual few_numbers; do beside "$section"; done

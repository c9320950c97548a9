#!/usr/bin/env bash
# Bad input: one message, the right exit code, at 1 and 3 ranks; nothing is left behind.
source "$NT_TEST_LIB"

NET='serial(Flatten(), Dense(8), Relu(), Dense(1))'

# case_of CODE PATTERN ARGS...: on one rank without mpirun, and on three.
case_of() {
  local code=$1 pattern=$2
  shift 2
  alone "$@"
  expect_exit "$code"
  expect_one_error "$pattern"
  run 3 "$@"
  expect_exit "$code"
  expect_one_error "$pattern"
}

fails() { beside case_of "$@"; }

# fails_kernel CODE PATTERN DATA...: of `kernel`.
fails_kernel() { beside case_of "$1" "$2" kernel -e "$NET" "${@:3}" -o out.h5; }

printf '1,2,3\n4,5,6\n7,8,10\n' >x.csv
printf '1,2,3,4\n4,5,6,7\n' >wide.csv
printf '0\n1\n0\n' >y.csv

# Files of data.
fails_kernel 3 'missing\.npy' missing.npy
mkdir folder.npy
fails_kernel 3 'folder\.npy.*(directory|folder)' folder.npy
npy short.npy "{'descr': '<f8', 'fortran_order': False, 'shape': (4, 3), }" 50
fails_kernel 3 'short\.npy.*(truncated|bytes|ends)' short.npy
printf 'this is not an array' >magic.npy
fails_kernel 3 'magic\.npy' magic.npy
npy object.npy "{'descr': '|O', 'fortran_order': False, 'shape': (2,), }" 16
fails_kernel 3 "object\.npy.*(O|object)" object.npy
npy complex.npy "{'descr': '<c16', 'fortran_order': False, 'shape': (2, 1), }" 32
fails_kernel 3 "complex\.npy.*c16" complex.npy
npy empty.npy "{'descr': '<f8', 'fortran_order': False, 'shape': (0, 3), }" 0
fails_kernel 3 'empty\.npy.*no samples' empty.npy
fails_kernel 3 'x\.csv\[2:2\].*no samples' 'x.csv[2:2]'
fails_kernel 2 'x\.csv' 'x.csv[a:b]'
printf '1,2,3\n4,5\n' >ragged.csv
fails_kernel 3 'ragged\.csv.*(line 2|2)' ragged.csv
printf '1,2,3\n4,\033[31m,6\n' >escape.csv
fails_kernel 3 "escape\.csv: line 2, column 2: '\?\[31m' is not a number" escape.csv
printf '1,2\n3,nan\n' >nan.csv
fails_kernel 3 'nan\.csv.*nan' nan.csv
printf '1,2\n3,inf\n' >inf.csv
fails_kernel 3 'inf\.csv.*inf' inf.csv
printf '1,2\n3\0,4\n' >zero.csv
fails_kernel 3 'zero\.csv: line 2 has a byte that is zero: .*UTF-8' zero.csv
printf '1\0,\0002\0\n\0' >wide16.csv
fails_kernel 3 'wide16\.csv: line 1 has a byte that is zero' wide16.csv
printf 'a,b\n' >header.csv
fails_kernel 3 'header\.csv: .*line 1 is not numeric.* a header' header.csv
fails_kernel 3 'k\.h5:ntk: .* as in a\.h5:/x' k.h5:ntk
fails 2 '\[x\.csv\]: the name of a file is missing' predict -e "$NET" --train x.csv --labels '[x.csv]' --loo
fails_kernel 2 'x\.csv\[@\]: a range is written' 'x.csv[@]'
printf 'x' >x.unknown
fails_kernel 3 'x\.unknown' x.unknown
alone kernel -e "$NET" x.csv -o k.h5
expect_exit 0
fails_kernel 3 'k\.h5.*nothing' k.h5:/nothing
fails_kernel 3 'x\.csv.*wide\.csv|wide\.csv.*x\.csv' x.csv wide.csv
fails_kernel 2 '\[x\.csv' '[x.csv'
fails 3 'nested differently: both must be nested as the network' \
  kernel -e 'serial(parallel(Dense(1), Dense(1)), FanInSum())' '[x.csv,x.csv]' x.csv -o out.h5
fails_kernel 2 'x1|input|parallel|list' '[x.csv,x.csv]'

# Networks.
fails 2 "unknown.*'?Rellu'?.*Relu" kernel -e 'serial(Dense(5), Rellu())' x.csv -o out.h5
fails 2 ':1:7: .*bracket' kernel -e 'serial(Dense(5), Relu()' x.csv -o out.h5
fails 2 'W_std' kernel -e "Dense(5, W_std='a')" x.csv -o out.h5
fails 2 'out_dim' kernel -e 'Dense(0)' x.csv -o out.h5
fails 2 'channel axis 3.*--shape' kernel -e 'Conv(5, (3, 3))' x.csv -o out.h5
fails 2 'both' kernel -e 'DotGeneral(lhs=2., rhs=3.)' x.csv -o out.h5
fails 3 'no\.txt' kernel -n no.txt x.csv -o out.h5
fails 2 'mpirun -n 64' kernel -n 64 x.csv -o out.h5
fails 2 'network is missing' kernel x.csv -o out.h5
fails 2 'both given' kernel -n a -e b x.csv -o out.h5
fails 2 '.' kernel -e 'serial(Dense(5, channel_axis=3), Relu(), Dense(1))' x.csv -o out.h5
fails 2 'FanInSum' kernel -e 'serial(Dense(5), FanInSum())' x.csv -o out.h5

# Outputs.
fails 4 'k\.h5.*exists' kernel -e "$NET" x.csv -o k.h5
fails 4 'nowhere' kernel -e "$NET" x.csv -o nowhere/k.h5
fails 4 '/dev/null|null' kernel -e "$NET" x.csv -o /dev/null --force
ln -s /dev/full device.h5
fails 4 'device\.h5' kernel -e "$NET" x.csv -o device.h5 --force
fails 4 'folder\.npy' kernel -e "$NET" x.csv --get nngp -o folder.npy --force
fails 2 'k\.txt' kernel -e "$NET" x.csv -o k.txt
fails 2 'output is missing' kernel -e "$NET" x.csv
fails 2 'single result.*there are 2' kernel -e "$NET" x.csv -o two.npy
fails 2 'nothing to write' kernel -e "$NET" x.csv --get cov2,mask1 -o out.h5
mkdir -p data/deep
npy data/rows.npy "{'descr': '<i8', 'fortran_order': False, 'shape': (1,), }" 8
for own in own.npy data/x.npy data/deep/y.npy; do npy $own "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }" 48; done
fails 2 '-o \./own\.npy would replace the data own\.npy' kernel -e "$NET" own.npy --get nngp -o ./own.npy --force
fails 2 '-o own\.npy would replace the data own\.npy' kernel -e "$NET" x.csv 'own.npy[1:]' --get nngp -o own.npy --force
fails 2 '-o data/ would replace the data data/x\.npy' kernel -e "$NET" data/x.npy -o data/ --force
fails 2 '-o data/ would replace the list of rows data/rows\.npy' kernel -e "$NET" 'x.csv[@data/rows.npy]' -o data/ \
  --force
mkdir inside
ln -s inside aside
fails 2 '-o new\.h5 and --json \./new\.h5 are the same file' kernel -e "$NET" x.csv -o new.h5 --json ./new.h5
fails 2 '-o aside/n/ and --save-kernel inside/n/ are the same file' predict -e "$NET" --train x.csv \
  --labels x.csv --test x.csv -o aside/n/ --save-kernel inside/n/
# What the network text loads, relative to its folder.
mkdir nets
npy nets/z.npy "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }" 48
echo "a = load('z.npy'); Dense(1)" >nets/net.txt
fails 2 'expr:1:10: -o \./nets/z\.npy would replace the array nets/z\.npy, which this run reads' kernel \
  -e "a = load('nets/z.npy'); Dense(1)" x.csv --get nngp -o ./nets/z.npy --force
fails 2 '-o nets/z\.npy would replace the array \./nets/z\.npy' kernel -n ./nets/net.txt x.csv --get nngp \
  -o nets/z.npy --force
# What predict reads: labels, folds, lists, stored kernels.
npy data/0.npy "{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }" 8
alone kernel -e "$NET" x.csv -o stored/
expect_exit 0
ln -s stored also
reads=(predict -e "$NET" --train x.csv --labels y.csv --loo --force)
fails 2 '-o data/ would replace --labels data/deep/y\.npy, which this run reads' "${reads[@]}" \
  --labels 'data/deep/y.npy[0:3]' -o data/
fails 2 '--save-kernel data/ would replace --folds data/0\.npy' "${reads[@]}" --folds data/0.npy --save-kernel data/
fails 2 '-o data/ would replace --reg data/0\.npy' "${reads[@]}" --reg @data/0.npy -o data/
stored=(predict --labels y.csv --loo --reg 1 --force)
fails 2 '-o \./k\.h5 would replace --kernel k\.h5' "${stored[@]}" --kernel k.h5 -o ./k.h5
fails 2 '-o k\.h5 would replace --ntk-train-train k\.h5' "${stored[@]}" --ntk-train-train k.h5:/ntk --get ntk -o k.h5
fails 2 '-o also/ would replace --kernel stored/' "${stored[@]}" --kernel stored/ -o also/
fails 2 '-o stored/ would replace --nngp-train-train also/nngp\.npy' "${stored[@]}" --nngp-train-train also/nngp.npy \
  --get nngp -o stored/
fails 2 '--json also/attributes\.json would replace --kernel stored/' "${stored[@]}" --kernel stored/ \
  --json also/attributes.json
fails 4 'json nowhere/s' kernel -e "$NET" x.csv --json nowhere/s.json -o out.h5
cp k.h5 before.h5
together
expect_no_file out.h5
ulimit -S -f 200
fails 4 'full\.h5.*(large|disk|space)' kernel -e "$NET" 'random(300,3)' -o full.h5
fails 4 'k\.h5.*(large|disk|space)' kernel -e "$NET" 'random(300,3)' -o k.h5 --force
together
ulimit -S -f unlimited
expect_no_file full.h5
expect_same k.h5 before.h5
expect_true [ -z "$(ls -A | grep -F .tmp)" ]

# What a killed run left beside an output is told, and stays.
touch .new.npy.tmp-12 .other.npy.tmp-12
run 3 kernel -e "$NET" x.csv --get nngp -o new.npy --quiet
expect_exit 0
expect_stderr '^warning: \.new\.npy\.tmp-12 beside new\.npy belongs to a run that was killed'
expect_file .new.npy.tmp-12
rm .new.npy.tmp-12 .other.npy.tmp-12
run 1 kernel -e "$NET" x.csv --get nngp -o new.npy --quiet --force
expect_no_stderr 'killed'

# Links stay, what they point to is replaced; a summary replaces nothing but JSON.
mkdir elsewhere
for name in linked.h5 linked.npy linked/; do
  alone kernel -e "$NET" x.csv --get nngp -o "elsewhere/$name" --quiet
  expect_exit 0
  ln -s "elsewhere/${name%/}" "${name%/}"
  run 3 kernel -e "$NET" 'random(9,3)' --get nngp -o "$name" --quiet --force --json summary.json
  expect_exit 0
  expect_true [ -L "${name%/}" ]
done
expect_true [ "$(ls -A elsewhere)" == $'linked\nlinked.h5\nlinked.npy' ]
expect_true grep -qF "'shape': (9, 9)" elsewhere/linked.npy
expect_same elsewhere/linked/nngp.npy elsewhere/linked.npy
expect_true grep -q '^{' summary.json
fails 4 'json x\.csv: exists' kernel -e "$NET" x.csv --json x.csv -o out.h5
fails 4 'json x\.csv: exists' bench relu-map --json x.csv
fails 2 "--json '': must be" bench relu-map --json=
fails 2 '^ntmpi: k\.txt: write NAME\.h5' "${reads[@]}" --save-kernel k.txt
mkdir summaries
fails 4 'json summaries: is a folder' kernel -e "$NET" x.csv --json summaries -o out.h5
mkfifo unread pipe # which takes text while it is read, and is not waited for
fails 4 'json unread: nobody reads this pipe' bench relu-map --repeat 1 --json unread
cat pipe >read.json &
run 2 bench relu-map --repeat 1 --json pipe
expect_exit 0
wait $!
expect_true grep -q '^\[' read.json
long=$(printf 'x%.0s' {1..240})
fails 4 'too long: up to 231 bytes' kernel -e "$NET" x.csv --json "$long.json" -o out.h5
fails 4 'too long: up to 231 bytes' kernel -e "$NET" x.csv -o "$long.h5"
cp x.csv "$long.csv" # which may be read
fails 4 'k\.h5: exists' kernel -e "$NET" "$long.csv" -o k.h5
together
expect_no_file out.h5

# Memory.
fails 2 'random\(2,0,3\): its sizes must be whole numbers above 0' kernel -e "$NET" 'random(2,0,3)' -o out.h5
fails 2 'random\(99999999999,99999999999\): .* a product below 2\^63' kernel -e "$NET" 'random(99999999999,99999999999)' -o out.h5
fails 5 '[0-9]+ ranks' kernel -e "$NET" 'random(1000000,3)' -o out.h5 --memory 1G
fails 5 'process takes, but --memory leaves it none: raise the limit' kernel -e "$NET" 'random(1000,3)' -o out.h5 --memory 2M

# Predictions.
printf '0\n1\n' >y2.csv
printf '1.5\n-1\n0\n' >real.csv
printf '0\n5\n9\n' >holes.csv
gp=(predict -e "$NET" --train x.csv)
fails 3 'y2\.csv has 2 labels.*x\.csv has 3 samples' "${gp[@]}" --labels y2.csv --test x.csv
fails 3 'y2\.csv has 2 labels' "${gp[@]}" --labels y.csv --test x.csv --test-labels y2.csv
fails 3 'targets raw' "${gp[@]}" --labels holes.csv --test x.csv
fails 3 'wide\.csv' "${gp[@]}" --labels y.csv --test wide.csv
fails 2 '--test X.*--loo.*--folds' "${gp[@]}" --labels y.csv
fails 2 'labels' predict -e "$NET" --train x.csv --test x.csv
fails 2 'reg-abs' "${gp[@]}" --labels y.csv --test x.csv --reg 1 --reg-abs 1
for reg in reg reg-abs; do
  fails 2 "--$reg 1,-1: regularisation -1 \(number 2 of the list\) must be at least 0" "${gp[@]}" --labels y.csv \
    --test x.csv --$reg 1,-1
done
fails 2 '--reg -1: regularisation -1 .* must be at least 0' plan "${gp[@]}" --labels y.csv --test x.csv --reg -1
fails 2 '--trace-axes 7: trace axis 7: targets of shape \(3, 2\) have axes' "${gp[@]}" --labels y.csv --test x.csv \
  --trace-axes 7
fails 2 'log' "${gp[@]}" --labels y.csv --test x.csv --reg log:0:1:3
fails 2 '--folds 5: 5 folds of 3 training samples' "${gp[@]}" --labels y.csv --folds 5
for folds in -1 1.5 nan; do
  fails 2 "--folds $folds: must be a number of folds from 2 on" "${gp[@]}" --labels y.csv --folds $folds
done
fails 2 "gradient-descent" "${gp[@]}" --labels y.csv --test x.csv --method sgd
fails 2 'several results' "${gp[@]}" --labels y.csv --test x.csv -o p.npy
printf '1,2,3\n4,5,6\n1,2,3\n' >twice.csv
fails 2 'outputs 0 and 1 of the network are the same' kernel -e 'serial(Dense(2), Index(Slice[1:]), FanOut(2))' \
  x.csv -o out.h5
fails 2 'makes 2 samples of 3.*one for each label' predict -e 'serial(Dense(2), Index(Slice[1:]), Dense(1))' \
  --train x.csv --labels y.csv --test x.csv
fails 6 'pivot' predict -e "$NET" --train twice.csv --labels y.csv --test x.csv -o p.h5
fails 6 '--reg' predict -e "$NET" --train twice.csv --labels y.csv --test x.csv -o p.h5
for solver in cholesky refine pcg; do
  fails 6 'regularisation of 1e\+308 times the mean diagonal.* too large' "${gp[@]}" --labels y.csv --test x.csv \
    --reg 1e308 --solver $solver
done
for more in '' --ensemble; do
  fails 6 'regularisation of 1e\+308 times the mean diagonal.* too large' "${gp[@]}" --labels y.csv --test x.csv \
    --reg 1e308 --method gradient-descent --time 1 $more
done
together
expect_no_file out.h5
expect_no_file p.h5

#!/usr/bin/env bash
# ntmpi predict: curves in the terminal and as pictures, with gnuplot and without.
source "$NT_TEST_LIB"

images=$NT_TEST_DATA/digits-images.npy
labels=$NT_TEST_DATA/digits-labels.npy
few=(-e 'serial(Flatten(), Dense(512), Relu(), Dense(1))' --train "${images}[0:60]"
  --labels "${labels}[0:60]" --loo)
here=$PATH

# Our own SVG: no gnuplot on the path.
PATH=/nowhere alone predict "${few[@]}" --reg log:1e-4:1e2:7 --plot own.svg
expect_exit 0
expect_stderr '^mean squared error'
expect_stderr 'reg \(log\): \* nngp leave-one-out, o ntk leave-one-out$'
expect_true [ "$(grep -c '<circle' own.svg)" -eq 14 ]
expect_true [ "$(grep -c '<path fill="none" stroke="#[0-9a-f]*" stroke-width="2" d="M[0-9]' own.svg)" -eq 2 ]
expect_true grep -q '>ntk leave-one-out</text>' own.svg
expect_true grep -q '</svg>' own.svg
PATH=/nowhere alone predict "${few[@]}" --reg auto --select evidence --quiet --plot evidence.svg
expect_exit 0
expect_true grep -q 'log evidence' evidence.svg
expect_no_stderr 'evidence \(log\)'
PATH=/nowhere alone predict "${few[@]}" --reg 1,2 --plot own.png
expect_exit 2
expect_one_error 'a .png needs gnuplot, which is not found; NAME.svg needs nothing'

# A gnuplot on the path draws: one that keeps what it reads, one that fails.
mkdir draws fails
cat >draws/gnuplot <<'GNUPLOT'
#!/bin/sh
cat >script.txt
sed -n "s/^set output '\(.*\)'$/\1/p" script.txt | while read -r name; do echo drawn >"$name"; done
GNUPLOT
printf '#!/bin/sh\nexit 1\n' >fails/gnuplot
chmod +x draws/gnuplot fails/gnuplot
PATH=$WORK/draws:$here alone predict "${few[@]}" --reg 1e-2,1 --plot drawn.png
expect_exit 0
expect_true [ "$(cat drawn.png)" == drawn ]
expect_true grep -q "^set terminal png" script.txt
expect_true grep -q "^plot '-' with linespoints title 'nngp leave-one-out'" script.txt
expect_true [ "$(grep -c '^[0-9.e-]* [0-9.e-]*$' script.txt)" -eq 4 ]
PATH=$WORK/fails:$here alone predict "${few[@]}" --reg 1e-2,1 --plot failed.png
expect_exit 4
expect_one_error 'failed.png: gnuplot could not write it'
PATH=$WORK/fails:$here alone predict "${few[@]}" --reg 1e-2,1 --plot fallback.svg
expect_exit 0
expect_true grep -q '</svg>' fallback.svg

# Regularisations that differ by rounding alone, between which there are no numbers for ticks.
PATH=/nowhere alone predict "${few[@]}" --reg 0.41174908989607967,0.4117490898960797 --plot same.svg
expect_exit 0
expect_true grep -q '</svg>' same.svg

# On several ranks one draws.
run 3 predict "${few[@]}" --reg 1e-2,1 --plot ranks.svg
expect_exit 0
expect_true grep -q '</svg>' ranks.svg

# Over time: test and training set, infinite time left out.
PATH=/nowhere alone predict "${few[@]:0:6}" --test "${images}[60:80]" --test-labels "${labels}[60:80]" \
  --method gradient-descent --time 1,100,10000,inf --plot times.svg
expect_exit 0
expect_stderr 'time \(log\): \* ntk test, o ntk train$'
expect_true grep -q '>time</text>' times.svg
expect_true [ "$(grep -c '<circle' times.svg)" -eq 6 ]

# What is refused, before anything is computed.
alone predict "${few[@]}" --reg 1,2 --plot own.svg
expect_exit 4
expect_one_error 'own.svg: exists; --force replaces it'
alone predict "${few[@]}" --reg 1,2 --plot nowhere/own.svg
expect_exit 4
expect_one_error 'nowhere/own.svg: creating the file failed: No such file'
expect_true [ ! -s "$OUT" ]
alone predict "${few[@]}" --reg 1,2 --plot picture.jpg
expect_exit 2
expect_one_error 'write NAME.svg, or NAME.png'
alone predict "${few[@]}" --reg 1 --plot one.svg
expect_exit 2
expect_one_error 'one regularisation makes no curve'
alone predict "${few[@]:0:6}" --method gradient-descent --time 3 --plot one.svg
expect_exit 2
expect_one_error 'one time makes no curve'
alone predict "${few[@]:0:6}" --test "${images}[60:80]" --reg 1,2 --plot one.svg
expect_exit 2
expect_one_error 'nothing is scored .*: give --test-labels Y, --loo or --folds K$'
expect_no_file one.svg

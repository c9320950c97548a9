#!/usr/bin/env bash
# ntmpi plan: what a run would do, and that the run does it.
source "$NT_TEST_LIB"

FC='serial(Dense(8), Relu(), Dense(1))'
CNN='serial(Conv(1,(3,3),padding="SAME"), Relu(), AvgPool((2,2),(2,2)), Conv(1,(1,1)), Relu(), GlobalAvgPool(), Dense(1))'
SAMPLES='serial(Conv(1,(2,2)), Index(Slice[1::2]), Relu(), GlobalAvgPool(), ImageResize((40, -1), "linear"), Dense(1))'
FLAT='serial(Conv(1,(3,3),padding="SAME"), Relu(), Flatten(), Dense(1))'

alone plan kernel -e "$CNN" 'random(40,8,8,3)' --ranks 4 --threads 2
expect_exit 0
expect_stdout '^kernel: 40 x 40 samples \(symmetric'
expect_stdout '1 \(8, 8\) +all 64 +3 +1 +2 +64 .*pooled into a tensor of \(4, 4\) \(\*9\)'
expect_stdout '2 \(4, 4\) +all 16 .*global mean'
expect_stdout '3 pairs .*output'
expect_stdout '^near pairs: those with 1 - \|cos\| < 1e-06 of the inputs again in long double, .* of a thread$'
expect_stdout '^memory of a rank: .* 2 threads of '
expect_stdout '^time: about [0-9.e-]+ (s|min) on 4 ranks x 2 threads'
expect_stdout 'a rank of 2 x 2 needs'

alone plan kernel -e "$FLAT" 'random(5,8,8,3)' 'random(4,8,8,3)' --dtype float32
expect_exit 0
expect_stdout 'diagonal of 64 .*mean of the diagonal'
expect_stdout 'float32'
expect_no_stderr .

# Pairs that are nearly alike are computed again where something is lost.
expect_true grep -vq '^near pairs' "$OUT"
alone plan kernel -e "${CNN/GlobalAvgPool(), Dense(1)/Flatten()}" 'random(5,8,8,3)' --dtype float32 --json plan.json
expect_exit 0
expect_stdout '^near pairs: those with 1 - \|cos\| < 0.01 of the inputs again in float64, .* of a thread$'
expect_true grep -q '"near_below":[[:space:]]*0.01,' plan.json

# Variances need no pairs of samples.
alone plan kernel -e "$FLAT" 'random(5,8,8,3)' --get cov1
expect_exit 0
expect_stdout '^segments: none, variances alone'
expect_stdout '^time: .* 0 ms a pair$'

# Layers that act on the samples stand between stages.
alone plan kernel -e "$SAMPLES" 'random(30,4,4,3)' --ranks 2 --json plan.json
expect_exit 0
expect_stdout '^kernel, stage 1 of 3: 30 x 30 samples'
expect_stdout '^samples: 30 x 30 become 15 x 15 in Index at line 1, column '
expect_stdout '^kernel, stage 2 of 3: 15 x 15 samples'
expect_stdout '^samples: 15 x 15 become 40 x 40 in ImageResize at line 1, column '
expect_stdout '^kernel, stage 3 of 3: 40 x 40 samples'
expect_true grep -q '"barriers":' plan.json

# What is announced is the same with and without MPI, for any number of ranks.
for ranks in 1 2 3 4; do
  net=$CNN
  [[ $ranks -lt 3 ]] || net=$SAMPLES
  alone plan kernel -e "$net" 'random(50,8,8,3)' --ranks $ranks --threads 1 --json plan.json
  expect_exit 0
  run $ranks kernel -e "$net" 'random(50,8,8,3)' --threads 1 -o k.h5 --force --json run.json
  expect_exit 0
  tr -d '[:space:]' <plan.json | grep -o '"results":[0-9]*,"samples":[0-9]*,"work":[0-9]*' >planned
  tr -d '[:space:]' <run.json | grep -o '"results":[0-9]*,"samples":[0-9]*,"work":[0-9]*' >announced
  expect_true test -s planned
  expect_same planned announced
done

# The number of ranks that a refusal names is enough.
alone plan kernel -e "$FC" 'random(20000,10)' --threads 1 --memory 1G --json plan.json
expect_exit 5
expect_one_error '[0-9]+ ranks with as much each would do'
expect_stdout '^tiles: '
ENOUGH=$(grep -oE '[0-9]+ ranks with' "$ERR" | cut -d' ' -f1)
expect_true grep -qE "\"ranks_that_do\":[[:space:]]*$ENOUGH\$" plan.json
alone plan kernel -e "$FC" 'random(20000,10)' --threads 1 --memory 1G --ranks "$ENOUGH"
expect_exit 0
HALF='serial(Dense(8), Index(Slice[::2]), Relu(), Dense(1))'
alone plan kernel -e "$HALF" 'random(20000,10)' --threads 1 --memory 1G
expect_exit 5
ENOUGH=$(grep -oE '[0-9]+ ranks with' "$ERR" | cut -d' ' -f1)
alone plan kernel -e "$HALF" 'random(20000,10)' --threads 1 --memory 1G --ranks "$ENOUGH"
expect_exit 0
alone plan kernel -e "$FC" 'random(60000,10)' --threads 1 --memory 10G
expect_exit 5
expect_one_error '2\^31-1: [0-9]+ ranks with [0-9.]+ GiB each would do'
ENOUGH=$(grep -oE '[0-9]+ ranks with' "$ERR" | cut -d' ' -f1)
alone plan kernel -e "$FC" 'random(60000,10)' --threads 1 --memory 10G --ranks "$ENOUGH"
expect_exit 0

# So are tiles, where ranks alone do not help; else it says what a rank needs at least.
DEEP='serial(Conv(1,(3,3),padding="SAME"), Relu(), Conv(1,(3,3),padding="SAME"))'
alone plan kernel -e "$DEEP" 'random(2000,64,64,3)' --threads 1 --memory 100M --diagonal-spatial yes
expect_exit 5
expect_one_error '[0-9]+ ranks with [0-9.]+ MiB each and tiles of [0-9]+ samples \(--tile [0-9]+\) would do'
ENOUGH=$(grep -oE '[0-9]+ ranks with' "$ERR" | cut -d' ' -f1) TILE=$(grep -oE 'tile [0-9]+' "$ERR" | cut -d' ' -f2)
alone plan kernel -e "$DEEP" 'random(2000,64,64,3)' --threads 1 --memory 101M --diagonal-spatial yes \
  --ranks "$ENOUGH" --tile "$TILE"
expect_exit 0
for ranks in 1 5; do
  alone plan kernel -e "$DEEP" 'random(1,64,64,3)' --threads 1 --memory 100M --ranks $ranks --json plan.json
  expect_exit 5
  expect_one_error 'since a rank of one thread needs [0-9]+ MiB at least: raise the limit$'
  expect_stdout 'mirror tiles 0 B'
  expect_true grep -qE '"ranks_that_do":[[:space:]]*0$' plan.json
done
# Two ranks hold tiles for each other, of which one alone has none.
alone plan kernel -e "$DEEP" 'random(2,64,64,3)' --threads 1 --memory 600M
expect_exit 5
LEAST=$(sed -nE 's/.*one thread needs ([0-9.]+) GiB at least.*/\1/p' "$ERR")
alone plan kernel -e "$DEEP" 'random(2,64,64,3)' --threads 1 --memory "$(awk "BEGIN { print int(1024 * $LEAST) + 100 }")M"
expect_exit 0
alone plan kernel -e "$DEEP" 'random(2,256,256,3)' --memory 4G
expect_exit 5
expect_one_error 'one pair of samples has more than that: .*--diagonal-spatial yes'
# cov1 of all pairs takes no more than nngp.
alone plan kernel -e "$DEEP" 'random(200,32,32,3)' --get cov1 --diagonal-batch no --threads 1 --memory 4G --ranks 256
expect_exit 0
# What does not fit here is not timed.
POOLED='serial(Conv(1,(3,3),padding="SAME"), Relu(), AvgPool((2,2)), Conv(1,(3,3)), Relu(), GlobalAvgPool())'
alone plan kernel -e "$POOLED" 'random(20,256,256,3)' --threads 1 --memory 4G --json plan.json
expect_exit 5
expect_one_error 'a rank would need [0-9]+ GiB beside .*, but --memory leaves it 4.0 GiB: neither'
expect_stdout '^time: not measured, since a pair takes [0-9.]+ GiB'
expect_true grep -qE '"seconds":[[:space:]]*null' plan.json

alone plan predict -e "$FC" --train 'random(30,4)' --labels 'random(30,2)' --test 'random(9,4)' --ranks 3 --json -
expect_exit 0
expect_stdout '"kernel":.*"train-train"'
expect_stdout '"kernel":.*"test-train"'
expect_stdout '"ms_per_pair":'

# What a prediction needs is told for any number of ranks.
predict=(plan predict -e "$FC" --train 'random(20000,30)' --labels 'random(20000,2)' --loo --memory 500M)
alone "${predict[@]}"
expect_exit 5
expect_one_error 'leaves it [0-9]+ MiB: use more ranks \(ntmpi plan predict \.\.\. --ranks N tells .*\), or raise the limit'
alone "${predict[@]}" --ranks 40
expect_exit 0

alone plan kernel -e "$FC"
expect_exit 2
expect_one_error 'X1 are missing'
alone plan kernal x.npy
expect_exit 2
expect_one_error "did you mean 'kernel'"
alone plan
expect_exit 2
expect_one_error 'plan what'

# Quadratures say how good they are, once for each place, with a pattern too.
QUADRATURES="serial(Dense(1), repeat(serial(Elementwise('tanh(x)'), Dense(1)), 2),
  ElementwiseNumerical(lambda x: sin(x), 12), Aggregate(), GlobalAvgPool())"
alone plan kernel -e "$QUADRATURES" "$NT_TEST_DATA/golden/1ceabb21bd60.npy" --json notes.json \
  --pattern "$NT_TEST_DATA/golden/41a7d835f542.npy"
expect_exit 0
expect_stdout '^Elementwise at line 1, column 32 of --expr: trapezoidal quadrature .*accuracy [0-9.e-]+'
expect_stdout '^ElementwiseNumerical at line 2, column 3 of --expr: .*12 x 12 nodes, accuracy [0-9.e-]+'
expect_true test "$(grep -c '^Elementwise at' "$OUT")" -eq 1
expect_true test "$(grep -c '"note":' notes.json)" -eq 2

alone plan kernel --help
expect_exit 0
expect_stdout '--ranks=N'

#!/usr/bin/env bash
# The memory that is announced.
source "$NT_TEST_LIB"

NET='serial(Dense(8), Relu(), Dense(1))'
images=$NT_TEST_DATA/digits-images.npy labels=$NT_TEST_DATA/digits-labels.npy

# used MOST JSON: at least 0.85 of what is announced, at most MOST of it.
used() {
  awk -v most="$1" '/"announced":/ { announced = $2 + 0 } /"peak":/ { peak = $2 + 0 }
    END { print announced, peak; exit !(peak > 0.85 * announced && peak < most * announced) }' "$2"
}

# announced MOST N ARGS...: `used` of N ranks, once out of three: where a rank lags, MPI holds for it what has come.
announced() {
  for _ in 1 2 3; do
    rm -f "$OUT.json"
    run "$2" "${@:3}" --json "$OUT.json"
    expect_exit 0
    if used "$1" "$OUT.json"; then return; fi
  done
  expect_true used "$1" "$OUT.json"
}

kernels() {
  announced 1.15 4 kernel -e 'serial(*([Dense(512), Relu()] * 3), Dense(1))' 'random(8000,784)' -o big.h5 \
    --store float32 --force
  rm -f big.h5
  announced 1.05 2 kernel -e "$NET" 'random(1000,16)' -o short.h5 --force
  # Few samples of many numbers, which are brought into the order of their products.
  announced 1.05 1 kernel -e "$NET" 'random(64,600000)' -o long.h5 --threads 1 --force
  # Panels of the pass that finds cov1, after what was timed for the time left.
  announced 1.03 1 kernel -e 'serial(Conv(1, (3, 3), padding="SAME"), Relu())' 'random(40,24,24,3)' --get cov1 \
    -o own.h5 --threads 1 --force
  # Samples that become twice as many, whole tiles of them on their way.
  announced 1.02 1 kernel -e 'serial(Dense(1), FanOut(2), parallel(Dense(1), Dense(1)), FanInConcat(0), Relu(), GlobalAvgPool())' \
    'random(100,24,1)' -o twice.h5 --threads 1 --tile 100 --force
}

# Kernels that are decomposed, for times and for many regularisations; matrices that are small enough to come
# from the heap, many times over.
decomposed() {
  local words=(predict -e "$NET" --train 'random(2100,16)' --targets raw --labels targets.csv)
  seq 2100 | awk '{ print $1 % 7 / 7 "" }' >targets.csv
  announced 1.05 1 "${words[@]}" --test 'random(300,16)' --method gradient-descent --ensemble --variance \
    --time 1,10
  announced 1.05 1 "${words[@]}" --test 'random(300,16)' --reg auto --get nngp
  announced 1.05 1 "${words[@]}" --folds 5
  seq 300 >few.csv
  for ranks in 1 2; do
    announced 1.05 $ranks predict -e "$NET" --train 'random(300,16)' --targets raw --labels few.csv --reg auto --loo
  done
  announced 1.05 1 predict -e "serial(Flatten(), $NET)" --train "${images}[:1500]" --labels "${labels}[:1500]" \
    --reg 1e-3 --folds 20 --get nngp
}

# Kernels that are kept, and those that are read.
stored() {
  local saving=(predict -e "serial(Flatten(), $NET)" --train "$images" --labels "$labels" --reg 1e-3
    --save-kernel digits.h5 --force)
  local reading=(predict --kernel digits.h5 --labels "$labels")
  for ranks in 1 2; do
    announced 1.05 $ranks "${saving[@]}" --folds 5
    announced 1.05 $ranks "${saving[@]}" --loo
  done
  announced 1.05 1 "${reading[@]}" --reg 1e-3 --loo --get nngp
  for ranks in 1 2; do
    announced 1.05 $ranks "${reading[@]}" --reg auto --loo
    announced 1.05 $ranks "${reading[@]}" --train-rows 0:1297 --test-rows 1297: --reg 1e-3 \
      --method gradient-descent --ensemble --variance
  done
}

# Few samples on several ranks: what these share is little, and what they read of each other is seen twice.
shared() {
  local words=(predict -e "serial(Flatten(), $NET)" --train "${images}[:1297]" --labels "${labels}[:1297]"
    --test "${images}[1297:]" --reg 1e-3 --get ntk)
  announced 1.05 2 "${words[@]}" --solver refine
  announced 1.05 3 "${words[@]}" --solver pcg
}

# Many outputs, whose targets take memory once it is known to do.
outputs() {
  local words=(predict -e "serial(Flatten(), $NET)" --train "${images}[:200]" --labels "${labels}[:200]"
    --test "${images}[200:400]" --targets one-hot)
  announced 1.05 1 "${words[@]}" --classes 4000 --reg 1e-3 --get nngp
  announced 1.05 2 "${words[@]}" --classes 4000 --method gradient-descent --ensemble --get nngp --time 1,10
  run 2 "${words[@]}" --classes 2000000000
  expect_exit 5
  expect_one_error 'a rank would need [0-9.]+ TiB beside .*: use fewer outputs \(--classes\), or raise the limit'
}

# Those of ntmpi bench, whatever was run before.
benchmarks() {
  tells() { awk '/used at most/ { print $5, $10; exit !($5 > 0.75 * $10 && $5 < 1.05 * $10) }' "$ERR"; }
  uses() {
    for _ in 1 2 3; do
      run 2 bench "$@" --repeat 1 --threads 1
      expect_exit 0
      expect_stderr '^memory of a rank: [0-9.]+ MiB used at most, [0-9.]+ MiB announced$'
      if tells; then return; fi
    done
    expect_true tells
  }
  uses cholesky --search --samples 1500
  uses cnn-flatten --samples 100
  uses attention --samples 8
  uses syrk
  uses solve pcg --samples 1500
}

for section in decomposed stored shared outputs kernels benchmarks; do beside "$section"; done

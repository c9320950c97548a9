#!/usr/bin/env bash
# scripts/fuzz.sh [SECONDS [TARGET...]]: random texts and files against the network language and the readers.
#
# Builds with clang, libFuzzer, the address and undefined-behaviour sanitizers into build/fuzz, and runs
# each target for SECONDS (default 600) in one job: network (corpus: the reference's network texts), npy, idx,
# csv. What it finds stands in build/fuzz/findings and makes the script fail; a finding becomes a test. What it
# learns stays in build/fuzz/corpus for the next run.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
show_help "$@"

seconds=${1:-600}
[[ $seconds =~ ^[1-9][0-9]*$ ]] || die "'$seconds' is no number of seconds"
targets=("${@:2}")
[[ ${#targets[@]} -gt 0 ]] || targets=(network npy idx csv)
install_packages build test fuzz
folder=$BUILD_DIR/fuzz
mkdir -p "$folder"
CC=clang cmake -S "$ROOT" -B "$folder" -DNTMPI_FUZZ=ON -DNTMPI_BUILD_TESTS=ON \
  -DCMAKE_BUILD_TYPE=RelWithDebInfo >/dev/null
cmake --build "$folder" -j "$(cores)" --target "${targets[@]/#/fuzz.}" >"$folder/build.log" 2>&1 ||
  die "the build failed; log: $folder/build.log"

# The first members of a corpus.
seed_network() {
  awk -v folder="$1" '
    /^--- / { close(file); file = folder "/" $3; next }
    { print > file }' "$ROOT/tests/net/data/golden.txt"
}
seed_npy() { find "$ROOT/tests/data" -name '*.npy' -size -8k -exec cp -t "$1" {} +; }
seed_idx() {
  printf '\0\0\x08\x01\0\0\0\x03abc' >"$1/bytes"
  printf '\0\0\x0e\x02\0\0\0\x01\0\0\0\x02%016d' 0 >"$1/doubles"
  printf '\0\0\x08\x01\0\0\0\x03abc' | gzip -n >"$1/zipped"
}
seed_csv() {
  printf '1,2,3\n4,5,6\n' >"$1/commas"
  printf 'a;b\n-1.5e3;+2\n"3";4\n' >"$1/header"
  printf ' 1\t2 \r\n\r\n3   4\r\n' >"$1/blanks"
}

failed=0
for target in "${targets[@]}"; do
  corpus=$folder/corpus/$target findings=$folder/findings/$target
  mkdir -p "$corpus" "$findings"
  "seed_$target" "$corpus"
  say "$target: $seconds s, corpus of $(find "$corpus" -type f | wc -l)"
  log=$findings/log
  if ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1 \
    "$folder/tests/bin/fuzz.$target" -max_total_time="$seconds" -timeout=60 -rss_limit_mb=4096 \
    -max_len=4096 -artifact_prefix="$findings/" "$corpus" >"$log" 2>&1; then
    echo "$target: $(grep -oE '^Done [0-9]+ runs' "$log" | tail -n 1), nothing found"
  else
    failed=$((failed + 1))
    echo "$target: FOUND something: $findings"
    tail -n 40 "$log" >&2
  fi
done
[[ $failed -eq 0 ]]

#!/usr/bin/env bash
# scripts/tidy.sh [FILE...]: a second compiler's opinion.
#
# Builds the library and the program with clang, warnings as errors, into build/clang, then runs
# clang-tidy with the checks of .clang-tidy over src/ (or the files given). Fails on any finding.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
show_help "$@"

install_packages build test lint
folder=$BUILD_DIR/clang
CC=clang build "$folder" -DNTMPI_WERROR=ON -DNTMPI_BUILD_TESTS=OFF -DCMAKE_BUILD_TYPE=Debug

if [[ $# -gt 0 ]]; then
  files=("$@")
else
  mapfile -t files < <(find "$ROOT/src" -name '*.c' | sort)
fi
say "clang-tidy over ${#files[@]} files"
log=$folder/tidy.log
if ! printf '%s\0' "${files[@]}" |
  xargs -0 -n 1 -P "$(cores)" clang-tidy -p "$folder" --quiet >"$log" 2>"$folder/tidy.err"; then
  grep -E ' (error|warning): ' "$log" | sort -u >&2 || tail -n 20 "$folder/tidy.err" >&2
  die "clang-tidy has findings; how each comes about: $log"
fi
echo "tidy: clang builds without warnings, clang-tidy finds nothing"

#!/usr/bin/env bash
# scripts/check_deps.sh [--self-test] [FOLDER]: includes point to the left only.
#
# Reads the #include lines of src/ and include/nt/ of this repository (or of FOLDER) and fails when
# a folder of src reads one that is not among its own below, when a public header belongs to a folder
# that its reader may not read, or when a public header includes a private one. --self-test shows
# the checker wrong includes of each kind and fails unless it catches them.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
show_help "$@"

# folder: the folders it may read, apart from itself (design: dependencies point left only).
declare -A may_read=(
  [base]=""
  [grid]="base"
  [io]="base grid"
  [layer]="base"
  [net]="base layer"
  [plan]="base layer net"
  [kernel]="base grid io layer net plan"
  [predict]="base grid io layer net plan kernel"
  [cli]="base grid io layer net plan kernel predict"
)
# public header: the folder that it belongs to.
declare -A home=(
  [status]=base [function]=base [context]=base [typing]=base [option]=base [random]=base
  [grid]=grid [dmatrix]=grid [io]=io [stored]=io [plugin]=layer [stax]=layer [stax_branching]=layer [stax_elementwise]=layer
  [stax_linear]=layer [plan]=plan
  [kernel]=kernel [batch]=kernel [predict]=predict [eigen]=predict [selection]=predict [solver]=predict
  [predictor]=predict [descent]=predict [nt]=cli
)

wrong=0
complain() {
  say "$1: $2"
  wrong=$((wrong + 1))
}

check_include() { # file, folder of the file, included path
  local file=$1 folder=$2 path=$3 target name
  case $path in
  nt/*.h)
    name=${path#nt/}
    target=${home[${name%.h}]:-}
    [[ -n $target ]] || complain "$file" "$path belongs to no folder; add it to scripts/check_deps.sh"
    ;;
  */*)
    target=${path%%/*}
    [[ $file != */include/nt/* ]] || complain "$file" "a public header includes the private $path"
    ;;
  *) target=$folder ;;
  esac
  [[ -n $target && $target != "$folder" && $folder != public ]] || return 0
  [[ " ${may_read[$folder]} " == *" $target "* ]] ||
    complain "$file" "src/$folder must not include $path (of $target); it may read: ${may_read[$folder]:-nothing}"
}

check_tree() {
  local top=$1 file folder path
  wrong=0
  while IFS= read -r file; do
    case $file in
    */include/nt/*)
      folder=$(basename "$file" .h)
      folder=${home[$folder]:-public}
      ;;
    *) folder=$(basename "$(dirname "$file")") ;;
    esac
    if [[ $folder != public && ! -v may_read[$folder] ]]; then
      complain "$file" "folder $folder is unknown; add it to scripts/check_deps.sh"
      continue
    fi
    while IFS= read -r path; do
      check_include "$file" "$folder" "$path"
    done < <(sed -n 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*"\([^"]*\)".*/\1/p' "$file")
  done < <(find "$top/src" "$top/include/nt" -name '*.[ch]' | sort)
  [[ $wrong -eq 0 ]]
}

# must_catch NAME FILE INCLUDE: a tree with this one include must be refused.
must_catch() {
  local top
  top=$(mktemp -d)
  mkdir -p "$top/include/nt" "$top/src/base" "$top/src/grid" "$top/src/kernel" "$top/src/new"
  printf '#include "%s"\n' "$3" >"$top/$2"
  if check_tree "$top" 2>/dev/null; then
    rm -rf "$top"
    die "self-test: $1 was not caught"
  fi
  rm -rf "$top"
}

self_test() {
  must_catch "an include that points right" src/base/a.c "kernel/b.h"
  must_catch "a public header that points right" src/grid/a.c "nt/predict.h"
  must_catch "a public header that reads a private one" include/nt/grid.h "base/check.h"
  must_catch "a public header that points right from another" include/nt/status.h "nt/kernel.h"
  must_catch "an unknown folder" src/new/a.c "base/check.h"
  must_catch "an unknown public header" src/kernel/a.c "nt/unheard.h"
}

if [[ ${1:-} == --self-test ]]; then
  self_test
  echo "check_deps: self-test passed"
  exit 0
fi
self_test
check_tree "${1:-$ROOT}" || die "$wrong wrong includes"
echo "check_deps: includes point left"

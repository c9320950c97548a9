#!/usr/bin/env bash
# scripts/check_style.sh [--report]: what the house style can have a machine check.
#
# Fails on: files that clang-format would change; functions over 100 lines; a public function without
# a comment that says what it is to ranks ("Parallel: Local.", "Collective on ..."); a public function
# that is not called nt_...; TODO and its like; tabs and blanks at line ends; CUnit's fatal assertions
# (they leave other ranks waiting); a test that no CMakeLists.txt names. Prints the sizes of files
# and functions beside the house's goals; --report also lists the longest.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
show_help "$@"

report=no
if [[ ${1:-} == --report ]]; then
  report=yes
  shift
fi
no_more_arguments "$@"

cd "$ROOT"
mapfile -t files < <(c_files | sed "s|^$ROOT/||")
mapfile -t texts < <(find scripts .ci tests CMakeLists.txt -type f \
  \( -name '*.sh' -o -name '*.cmake' -o -name CMakeLists.txt -o -name run \) | sort)
wrong=0
complain() {
  say "$*"
  wrong=$((wrong + 1))
}

# forbid PATTERN REASON FILE...: no line may match.
forbid() {
  local pattern=$1 reason=$2 found
  shift 2
  found=$(grep -nEH -- "$pattern" "$@" || true)
  [[ -z $found ]] || complain "$reason:"$'\n'"$found"
}

check_format() {
  local said
  said=$(printf '%s\0' "${files[@]}" |
    xargs -0 -n 50 -P "$(cores)" clang-format --style=file --dry-run --Werror 2>&1) ||
    complain "run clang-format -i:"$'\n'"$(grep -E ': error: |^xargs' <<<"$said" | sort -u -t: -k1,1)"
}

# "lines name file:line" of each function: the brace that opens a body stands alone in column 0.
function_sizes() {
  awk '
    FNR == 1 { inside = 0; head = "" }
    /^[A-Za-z].*\(/ { head = $0; line = FNR }
    /^\{$/ { start = FNR; inside = 1 }
    /^\}$/ && inside {
      inside = 0
      name = head; sub(/\(.*/, "", name); sub(/.*[ *]/, "", name)
      print FNR - start - 1, name, FILENAME ":" line
    }
    /^[A-Za-z].*\).*\{ .*\}$/ {
      name = $0; sub(/\(.*/, "", name); sub(/.*[ *]/, "", name)
      print 1, name, FILENAME ":" FNR
    }' "$@"
}

# summary UNIT GOALS: median, 90 % and largest of the numbers on standard input.
summary() {
  sort -n | awk -v unit="$1" -v goals="$2" '
    { v[NR] = $1 }
    END {
      if (NR == 0) exit
      printf "%s: %d, median %d, 90%% within %d, longest %d lines (goals: %s)\n", unit, NR,
        v[int((NR + 1) / 2)], v[int((9 * NR + 9) / 10)], v[NR], goals
    }'
}

# Prototypes of public headers without a word about ranks, and public names without our prefix.
check_headers() {
  awk '
    function judge(text, comment, name) {
      if (text ~ /^[ ]*(typedef|struct|union|enum|static|extern)/ || text !~ /\(/) return
      name = text; sub(/\(.*/, "", name); sub(/[ ]+$/, "", name); sub(/.*[ *]/, "", name)
      if (name !~ /^nt_/) print FILENAME ":" FNR ": " name ": public names begin with nt_"
      if (comment !~ /Local|Collective/)
        print FILENAME ":" FNR ": " name ": no comment that says Parallel: Local or Collective"
    }
    FNR == 1 { doc = text = ""; depth = 0; in_doc = macro = cpp = 0 }
    /^#ifdef __cplusplus/ { cpp = 1 }
    cpp { if (/^#endif/) cpp = 0; next }
    /^#/ || macro { macro = /\\$/; next }
    in_doc { doc = doc $0; if (/\*\//) in_doc = 0; next }
    /^[ ]*\/\*/ { doc = $0; if (!/\*\//) in_doc = 1; next }
    /^[ ]*$/ { if (text == "") doc = ""; next } # one comment serves the prototypes right below it
    {
      line = $0; trailing = ""
      if (match(line, /\/\*\*<.*/)) { trailing = substr(line, RSTART); line = substr(line, 1, RSTART - 1) }
      if (trailing != "" && trailing !~ /\*\//) { in_doc = 1 }
      opened = depth + gsub(/\{/, "{", line)
      depth = opened - gsub(/\}/, "}", line)
      text = text " " line
      if (line ~ /;[ ]*$/ && depth == 0) {
        if (opened == 0) judge(text, doc trailing)
        text = ""
      } else if (depth == 0 && line ~ /\}[ ]*$/) text = doc = ""
    }' include/nt/*.h
}

check_tests_are_run() {
  local test folder name
  for test in tests/*/test_*.c tests/*/test_*.sh; do
    [[ -e $test ]] || continue
    folder=$(dirname "$test")
    name=$(basename "$test")
    name=${name#test_}
    grep -qsw "${name%.*}\|test_${name%.*}" "$folder/CMakeLists.txt" ||
      complain "$test: no test of $folder/CMakeLists.txt runs it"
  done
}

check_format
forbid '\b(TODO|FIXME|XXX|HACK)\b' "unfinished work is an issue, not a comment" "${files[@]}"
forbid $'\t|[ \t]+$' "tabs, or blanks at the end of a line" "${files[@]}" "${texts[@]}"
forbid '^(/\*|#) *-{3,}' "dividers: a part with a name of its own is a file" "${files[@]}" "${texts[@]}"
forbid 'CU_ASSERT[A-Z_]*_FATAL' "fatal assertions leave other ranks waiting" "${files[@]}"
found=$(check_headers)
[[ -z $found ]] || complain "public headers:"$'\n'"$found"
check_tests_are_run

mapfile -t sources < <(printf '%s\n' "${files[@]}" | grep -E '^(src|include)/')
long=$(function_sizes "${files[@]}" | awk '$1 > 100')
[[ -z $long ]] || complain "functions over 100 lines:"$'\n'"$long"
wc -l "${sources[@]}" | grep -v ' total$' | summary "files of src and include" \
  "median 200, 90% within 400"
function_sizes "${sources[@]}" | summary "functions" "median 15, 90% within 50, none over 100"
if [[ $report == yes ]]; then
  echo "longest files:"
  wc -l "${sources[@]}" | grep -v ' total$' | sort -rn | head -n 10
  echo "longest functions:"
  function_sizes "${sources[@]}" | sort -rn | head -n 15
fi

[[ $wrong -eq 0 ]] || die "$wrong complaints"
echo "check_style: ${#files[@]} files in order"

# Shell library of the tests that run the program:  source "$NT_TEST_LIB"
# shellcheck shell=bash
#
#   run N ARGS...             ntmpi on N ranks; sets CODE, and writes $OUT and $ERR. Never fails.
#   alone ARGS...             the same without mpirun
#   expect_exit CODE          of the last run
#   expect_stdout PATTERN     a line of stdout matches the extended regular expression
#   expect_stderr PATTERN     the same for stderr
#   expect_no_stderr PATTERN  no line of stderr matches
#   expect_one_error PATTERN  exactly one line of stderr begins with "ntmpi: ", and it matches
#   expect_file FILE, expect_no_file FILE, expect_same FILE FILE
#   expect_true COMMAND...    the command succeeds
#   numbers FILE, shape SHAPE FILE, expect_close FILE FILE TOLERANCE, ... | expect_near TOLERANCE
#                             of .npy files with float64 numbers
#   npy FILE HEADER BYTES     an array of zeros
#   beside FUNCTION ARGS...   a function with runs and expectations, at the same time as others
#   together                  wait for them all
#
# Each prints what it found when it fails, the script goes on, and fails at its end. The script runs
# in an empty folder of its own, $WORK, which is removed. Data: $NT_TEST_DATA.
set -uo pipefail
shopt -s lastpipe # an expectation at the end of a pipe counts its failure in this shell

: "${NTMPI:?the program to test}"
MPIRUN=${MPIRUN:-mpirun}
WORK=$(mktemp -d "${TMPDIR:-/tmp}/ntmpi-cli-XXXXXX")
OUT=$WORK/.stdout
ERR=$WORK/.stderr
CODE=0
LAST=""
FAILURES=0
cd "$WORK" || exit 1

finish() {
  local code=$?
  together
  rm -rf "$WORK"
  [[ $FAILURES -eq 0 && $code -eq 0 ]] && exit 0
  echo "$FAILURES expectations failed"
  exit 1
}
trap finish EXIT

run() {
  local ranks=$1
  shift
  LAST="ntmpi $* (on $ranks ranks)"
  "$MPIRUN" --timeout 60 -n "$ranks" "$NTMPI" "$@" >"$OUT" 2>"$ERR" </dev/null
  CODE=$?
}

alone() {
  LAST="ntmpi $*"
  "$NTMPI" "$@" >"$OUT" 2>"$ERR" </dev/null
  CODE=$?
}

# Starting MPI is mostly waiting, so that many small runs fit beside each other.
CASES=0
beside() {
  while [[ $(jobs -rp | wc -l) -ge ${NT_TEST_CASES:-8} ]]; do wait -n; done
  CASES=$((CASES + 1))
  (
    trap - EXIT
    OUT=$WORK/.stdout.$CASES ERR=$WORK/.stderr.$CASES FAILURES=0 LINE=${BASH_LINENO[0]}
    "$@"
    echo "$FAILURES" >"$WORK/.failures.$CASES"
  ) >"$WORK/.log.$CASES" 2>&1 &
}

together() {
  local i
  wait
  for ((i = 1; i <= CASES; i++)); do
    cat "$WORK/.log.$i"
    FAILURES=$((FAILURES + $(cat "$WORK/.failures.$i" || echo 1)))
  done
  CASES=0
}

failed() {
  FAILURES=$((FAILURES + 1))
  echo "FAILED at line ${LINE:-${BASH_LINENO[1]}} of $(basename "$0"): $*"
  echo "  after: $LAST"
  sed 's/^/  stdout: /' "$OUT" | head -n 20
  sed 's/^/  stderr: /' "$ERR" | head -n 20
}

expect_exit() { [[ $CODE -eq $1 ]] || failed "exit code $CODE instead of $1"; }

expect_stdout() { grep -qE -- "$1" "$OUT" || failed "no line of stdout matches: $1"; }

expect_stderr() { grep -qE -- "$1" "$ERR" || failed "no line of stderr matches: $1"; }

expect_no_stderr() { ! grep -qE -- "$1" "$ERR" || failed "a line of stderr matches: $1"; }

expect_one_error() {
  local count
  count=$(grep -c '^ntmpi: ' "$ERR")
  [[ $count -eq 1 ]] || failed "$count error messages instead of one"
  grep -E '^ntmpi: ' "$ERR" | grep -qE -- "$1" || failed "the error message does not match: $1"
}

expect_file() { [[ -e $1 ]] || failed "$1 does not exist"; }

expect_no_file() { [[ ! -e $1 ]] || failed "$1 exists"; }

expect_same() { cmp -s "$1" "$2" || failed "$1 and $2 differ"; }

# npy FILE HEADER BYTES: a file of numpy's format, version 1.0, whose numbers are zero.
npy() {
  local header=$2
  while (((10 + ${#header} + 1) % 64)); do header+=' '; done
  {
    printf '\x93NUMPY\x01\x00'
    printf "\\x$(printf %02x $(((${#header} + 1) % 256)))\\x$(printf %02x $(((${#header} + 1) / 256)))"
    printf '%s\n' "$header"
    head -c "$3" /dev/zero
  } >"$1"
}

expect_true() { "$@" || failed "false: $*"; }

# numbers FILE: the float64 numbers of a .npy file, one a line.
numbers() { od -An -v -tf8 -w8 -j 128 "$1"; }

# expect_near TOLERANCE: the two columns of numbers on stdin agree.
expect_near() {
  awk -v tol="$1" '
    function abs(x) { return x < 0 ? -x : x }
    NF != 2 || abs($1 - $2) > tol { bad++ }
    END { exit bad > 0 || NR == 0 }' || failed "numbers differ by more than $1"
}

# expect_close FILE FILE TOLERANCE: two .npy files of float64.
expect_close() { paste <(numbers "$1") <(numbers "$2") | expect_near "$3"; }

# shape SHAPE FILE: the header of a .npy file says so.
shape() { expect_true grep -qF "'shape': ($1)" "$2"; }

#!/usr/bin/env bash
# scripts/readme_layers.sh [--check]: the table of layers in README.md, from the program itself.
#
# Replaces what stands between the marks "<!-- layers -->" and "<!-- end of layers -->" by the output of
# `ntmpi layers --markdown`. --check changes nothing and fails when the two differ. The program is
# $NTMPI, or build/ntmpi.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
show_help "$@"

check=no
if [[ ${1:-} == --check ]]; then
  check=yes
  shift
fi
no_more_arguments "$@"

program=${NTMPI:-$BUILD_DIR/ntmpi}
readme=$ROOT/README.md
table=$("$program" layers --markdown) || die "$program layers --markdown failed"
new=$(awk -v table="$table" '
  /^<!-- end of layers -->$/ { inside = 0 }
  !inside { print }
  /^<!-- layers -->$/ { print table; inside = 1 }' "$readme")
grep -q '^<!-- layers -->$' "$readme" || die "README.md has lost its mark <!-- layers -->"
if [[ $check == no ]]; then
  printf '%s\n' "$new" >"$readme"
elif [[ $new != "$(cat "$readme")" ]]; then
  diff <(printf '%s\n' "$new") "$readme" | head -n 20 >&2 || true
  die "the table of layers in README.md is not that of the program: run scripts/readme_layers.sh"
fi

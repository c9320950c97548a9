#!/usr/bin/env bash
# Every row of error_table.txt: the exit code, and one message that begins as the table says.
source "$NT_TEST_LIB"
table=${NT_TEST_LIB%/*}/error_table.txt

npy dense.npy "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 4, 4), }" 256
npy triples.npy "{'descr': '<i4', 'fortran_order': False, 'shape': (2, 2, 3), }" 48
npy plane.npy "{'descr': '<i4', 'fortran_order': False, 'shape': (2, 5, 2, 2), }" 160
npy edges.npy "{'descr': '<i4', 'fortran_order': False, 'shape': (2, 3, 2), }" 48
npy halves.npy "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1, 2), }" 0
for _ in 1 2 3 4; do printf '\x00\x00\x00\x3f' >>halves.npy; done
printf '1,10,1,1,1,1,10,1,1,1,1,1\n1,2,1,1,1,1,1,1,1,1,1,10\n' >holes.csv
printf 'a,b\nc,d\n' >text.csv

# row CODE NETWORK "DATA..." "OPTIONS..." MESSAGE
row() {
  local code=$1 network=$2 data=() options=() message=$5 first
  IFS=' ' read -ra data <<<"$3"
  IFS=' ' read -ra options <<<"$4"
  if [[ $code == *' run' ]]; then
    alone kernel -e "$network" "${data[@]}" "${options[@]}" -o "out/"
  else
    alone plan kernel -e "$network" "${data[@]}" "${options[@]}"
  fi
  expect_exit "${code% run}"
  expect_one_error .
  first=$(grep -m 1 '^ntmpi: ' "$ERR")
  [[ ${first#ntmpi: } == "$message"* ]] || failed "the message should begin with: $message"
}

rows=0
while IFS= read -r line; do
  [[ $line != '#'* && -n $line ]] || continue
  fields=()
  rest=$line' | '
  while [[ -n $rest ]]; do
    fields+=("${rest%%' | '*}")
    rest=${rest#*' | '}
  done
  expect_true test "${#fields[@]}" -eq 5
  beside row "${fields[@]}"
  rows=$((rows + 1))
done <"$table"
together
expect_true test "$rows" -ge 150
expect_no_file out

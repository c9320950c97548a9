#!/usr/bin/env bash
# Installs the build and uses it as people outside do: every header compiles alone in C and C++, the
# programs of outside/ are built by pkg-config and by CMake, and run on 1, 2 and 3 ranks.
# shellcheck disable=SC2046 # the flags of pkg-config are words
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/ntmpi-install-XXXXXX")
trap 'rm -rf "$work"' EXIT
prefix=$work/prefix
digits=$NT_TEST_DATA/digits-images.npy
cd "$work"

die() {
  echo "FAILED: $*"
  exit 1
}

"$CMAKE" --install "$BUILD_DIR" --prefix "$prefix" >install.log || die "$(cat install.log)"
library=$(dirname "$(find "$prefix" -name 'libntmpi.so')")
export PKG_CONFIG_PATH=$library/pkgconfig
strict="-Wall -Wextra -Wpedantic -Wconversion -Werror"
# A library that was built with sanitizers or gcov needs their run-time support in the program.
extra=$(sed -n 's/^NTMPI_SANITIZE:BOOL=\(ON\|1\)$/-fsanitize=address,undefined/p
                s/^NTMPI_COVERAGE:BOOL=\(ON\|1\)$/--coverage/p' "$BUILD_DIR/CMakeCache.txt")

# headers COMPILER STANDARD ENDING: each alone, then a program that uses nt.h.
headers() {
  local header
  for header in "$prefix"/include/nt/*.h; do
    echo "#include <nt/$(basename "$header")>" >"alone.$3"
    $1 "-std=$2" $strict -fsyntax-only "alone.$3" $(pkg-config --cflags ntmpi) ||
      die "$(basename "$header") does not compile alone ($1 -std=$2)"
  done
  cat >"uses.$3" <<'END'
#include <nt/nt.h>
int main(int argc, char **argv)
{
  nt_ctx *ctx = NULL;
  nt_dense dense = NT_DENSE_DEFAULTS;
  nt_layer *layer = NULL;
  MPI_Init(&argc, &argv);
  nt_status status = nt_ctx_create(MPI_COMM_WORLD, &ctx);
  dense.out_dim = 1;
  if (status == NT_OK) status = nt_stax_dense(nt_ctx_error(ctx), &dense, &layer);
  nt_layer_release(&layer);
  if (status == NT_OK) status = nt_ctx_destroy(&ctx);
  MPI_Finalize();
  return status;
}
END
  $1 "-std=$2" $strict $4 "uses.$3" $(pkg-config --cflags --libs ntmpi) $extra -o "uses-$3"
  LD_LIBRARY_PATH=$library "$MPIRUN" --timeout 60 -n 1 "./uses-$3" || die "uses.$3 fails"
}

headers "$CC" c11 c ""
cxx=$(command -v c++ || command -v g++ || command -v clang++ || true)
if [[ -n $cxx ]]; then
  headers "$cxx" c++17 cc -Wno-pedantic # designated initialisers came with C++20
else
  echo "no C++ compiler: headers were tried in C alone"
fi

# run FOLDER: the programs there on 1, 2 and 3 ranks; kernels have the same bits everywhere.
run() {
  local ranks out
  for ranks in 1 2 3; do
    echo "$1 on $ranks ranks"
    "$MPIRUN" --timeout 60 -n "$ranks" "$1/own_layer" || die "own_layer of $1 on $ranks ranks"
    out=$work/kernel-$ranks/
    "$MPIRUN" --timeout 60 -n "$ranks" "$1/kernel_of_digits" "$digits[0:200]" "$out" ||
      die "kernel_of_digits of $1 on $ranks ranks"
    cmp "$out/ntk.npy" "$work/kernel-1/ntk.npy" || die "the NTK of $ranks ranks has other bits"
    "$MPIRUN" --timeout 60 -n "$ranks" "$1/kernel_of_digits" "$digits[0:200]" "$out" 2>refused &&
      die "kernel_of_digits wrote over an existing file"
    [[ $(grep -c '^kernel_of_digits: .*kernel-' refused) == 1 ]] || die "$(cat refused)"
  done
  rm -rf "$work"/kernel-?
}

mkdir by-pkg-config
$CC -std=c11 $strict "$here/outside/own_layer.c" "$here/outside/square.c" \
  $(pkg-config --cflags --libs ntmpi) $extra -lm -o by-pkg-config/own_layer
$CC -std=c11 $strict "$here/outside/kernel_of_digits.c" \
  $(pkg-config --cflags --libs ntmpi) $extra -o by-pkg-config/kernel_of_digits
LD_LIBRARY_PATH=$library run by-pkg-config

"$CMAKE" -S "$here/outside" -B by-cmake -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_C_COMPILER="$CC" \
  -DCMAKE_C_FLAGS="$extra" >cmake.log || die "$(cat cmake.log)"
"$CMAKE" --build by-cmake >>cmake.log || die "$(cat cmake.log)"
run by-cmake
"$MPIRUN" --timeout 60 -n 2 by-cmake/own_layer_static || die "own_layer_static"

# Shared by the scripts here; sourced, not run. Sets ROOT and BUILD_DIR.
# shellcheck shell=bash

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
BUILD_DIR=${BUILD_DIR:-$ROOT/build}
# A relative BUILD_DIR means one from where the user stands.
[[ $BUILD_DIR == /* ]] || BUILD_DIR=$PWD/$BUILD_DIR

# Debian packages by purpose; install_packages reads them by name.
# shellcheck disable=SC2034
{
PACKAGES_build="gcc libc6-dev make cmake ninja-build libopenmpi-dev openmpi-bin libopenblas-openmp-dev
  libscalapack-openmpi-dev libhdf5-openmpi-dev zlib1g-dev libssl-dev libcjson-dev libelpa-dev"
PACKAGES_test="libcunit1-dev pkg-config hdf5-tools"
PACKAGES_format="clang-format"
PACKAGES_lint="clang clang-tidy libomp-dev"
PACKAGES_fuzz="clang libclang-rt-14-dev libomp-dev"
PACKAGES_coverage="gcovr"
PACKAGES_valgrind="valgrind"
}

say() { printf '%s\n' "$*" >&2; }

die() {
  say "$(basename "$0"): $*"
  exit 1
}

# show_help "$@": with --help print the comment at the top of the script, and leave.
show_help() {
  local word
  for word in "$@"; do
    if [[ $word == --help || $word == -h ]]; then
      sed -n '2,/^[^#]/{/^#/!q;s/^# \{0,1\}//p}' "$0"
      exit 0
    fi
  done
}

no_more_arguments() {
  [[ $# -eq 0 ]] || die "unknown argument '$1' (see --help)"
}

is_installed() {
  [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

# install_packages build test ...: installs what is missing; silent and offline when nothing is.
install_packages() {
  local purpose list package missing=() as_root=()
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    say "no Debian packages here: relying on what is installed (CMake names what is missing)"
    return 0
  fi
  for purpose in "$@"; do
    list=PACKAGES_$purpose
    for package in ${!list}; do
      is_installed "$package" || missing+=("$package")
    done
  done
  [[ ${#missing[@]} -gt 0 ]] || return 0
  if [[ $(id -u) -ne 0 ]]; then
    command -v sudo >/dev/null || die "missing: ${missing[*]}
Neither root nor sudo here; ask an administrator for: apt-get install ${missing[*]}"
    as_root=(sudo)
    # Without a terminal nobody can type a password: fail at once instead of waiting.
    [[ -t 0 ]] || as_root=(sudo -n)
    "${as_root[@]}" true || die "missing: ${missing[*]}
sudo was refused; ask an administrator for: apt-get install ${missing[*]}"
  fi
  say "installing: ${missing[*]}"
  local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0)
  "${apt[@]}" update </dev/null || say "apt-get update failed; trying with the lists at hand"
  "${apt[@]}" install -y --no-install-recommends "${missing[@]}" </dev/null >/dev/null ||
    die "apt-get could not install: ${missing[*]}"
}

# Open MPI as root (containers), with more ranks than cores, without a warning on each start.
# What the user has set stays.
mpi_environment() {
  export OMPI_ALLOW_RUN_AS_ROOT=${OMPI_ALLOW_RUN_AS_ROOT:-1}
  export OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=${OMPI_ALLOW_RUN_AS_ROOT_CONFIRM:-1}
  export OMPI_MCA_rmaps_base_oversubscribe=${OMPI_MCA_rmaps_base_oversubscribe:-1}
  export OMPI_MCA_hwloc_base_binding_policy=${OMPI_MCA_hwloc_base_binding_policy:-none}
  export OMPI_MCA_btl_vader_single_copy_mechanism=${OMPI_MCA_btl_vader_single_copy_mechanism:-none}
  export OMPI_MCA_btl_base_warn_component_unused=${OMPI_MCA_btl_base_warn_component_unused:-0}
  export OMPI_MCA_plm_rsh_agent=${OMPI_MCA_plm_rsh_agent-}
  export PMIX_MCA_gds=${PMIX_MCA_gds:-hash}
}

# Cores that this process may use.
cores() { nproc; }

# build FOLDER [cmake options]: configures and builds; prints the log only when it fails.
build() {
  local folder=$1
  shift
  mkdir -p "$folder"
  # A third of the work of make is programs that it starts beside the compiler. A folder stays as it is.
  if command -v ninja >/dev/null; then export CMAKE_GENERATOR=${CMAKE_GENERATOR:-Ninja}; fi
  if ! { cmake -S "$ROOT" -B "$folder" "$@" && cmake --build "$folder" -j "$(cores)"; } \
    >"$folder/build.log" 2>&1; then
    grep -E 'error|Error|warning|needs|Debian:|Elsewhere:' -A 3 "$folder/build.log" | head -n 100 >&2
    die "the build failed; whole log: $folder/build.log"
  fi
}

# Our C files, sorted.
c_files() {
  find "$ROOT"/include "$ROOT"/src "$ROOT"/tests -name '*.[ch]' -not -path '*/build*' | sort
}

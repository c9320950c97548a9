/* ntmpi --version: of ntmpi, of the libraries it runs on, and the instruction set in use. */
#include "cli/blas_core.h"
#include "cli/cli.h"
#include "grid/scalapack.h"
#include "kernel/digits.h"
#include "nt/io.h"

#include <mpi.h>

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Only OpenBLAS has it. */
extern char *openblas_get_config(void) __attribute__((weak));

void ilaver_(int *major, int *minor, int *patch);

static void print_mpi(void)
{
  char text[MPI_MAX_LIBRARY_VERSION_STRING];
  int length, major, minor;
  if (MPI_Get_library_version(text, &length) != MPI_SUCCESS) return;
  text[strcspn(text, ",\n")] = '\0';
  if (MPI_Get_version(&major, &minor) != MPI_SUCCESS) return;
  printf("MPI:         %s (MPI %d.%d)\n", text, major, minor);
}

static void print_blas(void)
{
  int major = 0, minor = 0, patch = 0;
  if (openblas_get_config != NULL)
    printf("BLAS:        %s, kernels for %s\n", openblas_get_config(), nt_cli_blas_core());
  else
    printf("BLAS:        not OpenBLAS\n");
  ilaver_(&major, &minor, &patch);
  printf("LAPACK:      %d.%d.%d\n", major, minor, patch);
}

/* ScaLAPACK cannot tell its version, but the name of its file does. */
static void print_scalapack(void)
{
  Dl_info info;
  char path[PATH_MAX];
  void *address;
  void (*const function)(const char *, const int *, double *, const int *, const int *, const int *,
                         int *) = pdpotrf_;
  memcpy(&address, &function, sizeof address);
  if (dladdr(address, &info) == 0 || realpath(info.dli_fname, path) == NULL) return;
  printf("ScaLAPACK:   %s\n", path);
}

const char *nt_cli_instruction_set(void)
{
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("x86-64-v4")) return "x86-64-v4 (AVX-512)";
  if (__builtin_cpu_supports("x86-64-v3")) return "x86-64-v3 (AVX2)";
  return "x86-64";
#else
  return "that of the compiler";
#endif
}

int nt_cli_version(int argc, char **argv)
{
  char text[200];
  if (argc > 1 && !nt_cli_is_help(argv[1])) {
    nt_cli_complain("version takes no arguments");
    return 2;
  }
  printf("ntmpi %s\n", NT_VERSION);
  print_mpi();
  print_blas();
  print_scalapack();
  printf("Files:       %s\n", nt_io_versions(text, sizeof text));
  printf("Vector maps: %s\n", nt_cli_instruction_set());
  printf("Products:    %s\n", nt_digits_can_run() ? "of digits (AMX)" : "as the vector maps");
  return 0;
}

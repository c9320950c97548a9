#include "cli/blas_core.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Only OpenBLAS has it; with another BLAS it is absent. */
extern char *openblas_get_corename(void) __attribute__((weak));

const char *nt_cli_blas_core(void)
{
  return openblas_get_corename == NULL ? "" : openblas_get_corename();
}

/* The kernels for what this processor can do, by its features, not by its model. */
static const char *best_core(void)
{
#if defined(__x86_64__) && defined(__GNUC__)
  if (__builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq")) return "SkylakeX";
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return "Haswell";
#endif
  return NULL;
}

void nt_cli_use_best_blas_core(char **argv)
{
  const char *best = best_core();
  if (strcmp(nt_cli_blas_core(), "Prescott") != 0 || best == NULL) return;
  if (getenv("OPENBLAS_CORETYPE") != NULL) return;
  if (setenv("OPENBLAS_CORETYPE", best, 1) == 0) (void)execv("/proc/self/exe", argv);
  /* Where it cannot be executed again it goes on, slower. */
}

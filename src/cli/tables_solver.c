/* The table of options of solvers, and their readers. */
#include "cli/tables.h"

#include "base/check.h"
#include "base/number.h"

#include <stdlib.h>
#include <string.h>

static nt_status read_solver(nt_error *err, const char *name, const char *text, void *field)
{
  static const char *const words[] = {
      [NT_SOLVER_CHOLESKY] = "cholesky", [NT_SOLVER_REFINE] = "refine", [NT_SOLVER_PCG] = "pcg"};
  for (int i = NT_SOLVER_CHOLESKY; i <= NT_SOLVER_PCG; i++) {
    if (strcmp(text, words[i]) != 0) continue;
    *(int *)field = i;
    return NT_OK;
  }
  return nt_fail(err, NT_ERR_ARG, __FILE__, __LINE__, __func__,
                 "%s takes cholesky, refine or pcg, not '%.100s'", name, text);
}

static nt_status read_rank(nt_error *err, const char *name, const char *text, void *field)
{
  nt_status status = NT_OK;
  char *end;
  const long long value = strtoll(text, &end, 10);
  NT_CHECK(*text != '\0' && *end == '\0' && value >= 0 && value <= 100000, err, NT_ERR_ARG,
           "%s takes a whole number from 0 to 100000, not '%.100s'", name, text);
  *(nt_maybe_int *)field = (nt_maybe_int){true, value};
done:
  return status;
}

static const nt_cli_option solver[] = {
    {"solver", 0, "NAME", read_solver, FIELD(solver),
     "cholesky (default); refine: a float32 factor and refinement in float64, or a float64 factor "
     "where that does not converge; pcg: preconditioned conjugate gradients. Bounds of the lowest "
     "eigenvalue are closest beside a float64 factor"},
    {"tolerance", 0, "R", nt_read_real, FIELD(tolerance),
     "of refine and pcg: largest |y - (K + reg_abs I) x| / |y| of the outputs (default 1e-10); "
     "pcg: "
     "an error when it is missed; of the integrator of gradient descent: default 1.4e-8"},
    {"rank", 0, "K", read_rank, FIELD(rank),
     "of pcg: columns of the preconditioner, a pivoted Cholesky factor (default 100)"},
    {"iterations", 0, "N", nt_read_count, FIELD(iterations),
     "of refine and pcg: at most (default 1000 for pcg, 50 for refine)"},
    {"matrix-free", 0, NULL, nt_read_flag, FIELD(matrix_free),
     "of pcg: compute the kernel of the training set again in each iteration, and never store it"},
    END};
const nt_cli_group nt_cli_predict_solver = {"Solver:", solver};

/* The table of options of solvers. */
#include "cli/tables.h"

static const nt_cli_option solver[] = {
    {"solver", 0, "NAME", nt_read_solver, FIELD(solver),
     "cholesky (default); refine: a float32 factor and refinement in float64, or a float64 factor "
     "where that does not converge; pcg: preconditioned conjugate gradients. Bounds of the lowest "
     "eigenvalue are closest beside a float64 factor"},
    {"tolerance", 0, "R", nt_read_real, FIELD(tolerance),
     "of refine and pcg: largest |y - (K + reg_abs I) x| / |y| of the outputs (default 1e-10); "
     "pcg: an error when it is missed; of the integrator of gradient descent: default 1.4e-8"},
    {"rank", 0, "K", nt_read_rank, FIELD(rank),
     "of pcg: columns of the preconditioner, a pivoted Cholesky factor (default 100)"},
    {"iterations", 0, "N", nt_read_count, FIELD(iterations),
     "of refine and pcg: at most (default 1000 for pcg, 50 for refine)"},
    {"matrix-free", 0, NULL, nt_read_flag, FIELD(matrix_free),
     "of pcg: compute the kernel of the training set again in each iteration, and never store it"},
    END};
const nt_cli_group nt_cli_predict_solver = {"Solver:", solver};

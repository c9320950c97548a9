/** The pair pass from inside: pair_panels.c brings in the samples of a step, pair_pass.c computes its
 * tiles. */
#ifndef NT_KERNEL_PAIR_PASS_IMPL_H
#define NT_KERNEL_PAIR_PASS_IMPL_H

#include "kernel/mirror.h"
#include "kernel/pair_pass.h"
#include "kernel/schedule.h"
#include "kernel/tile.h"

typedef struct nt_runner {
  nt_pair_pass *pass;
  nt_ctx *ctx;
  nt_schedule schedule;
  nt_panel **panel1,
      **panel2;         /* [tiles along a side] those in work; panel2 = panel1 if symmetric */
  nt_workspace **ws;    /* [threads] */
  nt_error *error;      /* [threads] */
  nt_tile_input *given; /* [threads][n_leaves]; NULL: no kernels are given */
  int threads;
  nt_mirror mirror;
  int64_t tags;        /* that MPI has */
  int64_t done, total; /* tiles of this rank */
} nt_runner;

/** Bring in the panels of one side that a step needs and the one before did not have, with their
 * variances. Parallel: Collective. */
nt_status nt_pair_panels_refresh(nt_runner *r, const nt_side *side, nt_panel **panel, int step,
                                 int which) NT_WARN_UNUSED;

#endif

/** The pair pass from inside: pair_panels.c brings in the samples of a step,
 * pair_pass.c computes its tiles. */
#ifndef NT_KERNEL_PAIR_PASS_IMPL_H
#define NT_KERNEL_PAIR_PASS_IMPL_H

#include "kernel/mirror.h"
#include "kernel/pair_pass.h"
#include "kernel/schedule.h"
#include "kernel/tile.h"

/* Work of one kind on this rank, and the time that it takes. */
typedef struct nt_pace {
  int64_t done, total;
  double seconds; /* of what is done */
} nt_pace;

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
  int64_t tags;  /* that MPI has */
  int64_t tiles; /* done on this rank */
  nt_pace pairs, samples;
  double started; /* MPI_Wtime */
} nt_runner;

/* pair_progress.c */

/** Pairs that a tile comes to. Parallel: Local. */
int64_t nt_pairs_of_tile(const nt_schedule *s, int64_t I, int64_t J);
/** Count the work of this rank. Parallel: Local. */
nt_status nt_pair_progress_begin(nt_runner *r) NT_WARN_UNUSED;
/** Tell the caller of the pass. \param [in] began  The batch of tiles in work, MPI_Wtime. Local. */
void nt_pair_progress_report(const nt_runner *r, double began);

/* pair_panels.c */

/** Bring in the panels of one side that a step needs and the one before did not have, with their
 * variances. Parallel: Collective. */
nt_status nt_pair_panels_refresh(nt_runner *r, const nt_side *side, nt_panel **panel, int64_t step,
                                 int which) NT_WARN_UNUSED;

#endif

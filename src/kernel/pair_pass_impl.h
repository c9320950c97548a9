/** The pair pass from inside: pair_panels.c brings in the samples of a step, pair_pass.c computes
 * its tiles, pair_mirror.c knows where their mirror images belong. */
#ifndef NT_KERNEL_PAIR_PASS_IMPL_H
#define NT_KERNEL_PAIR_PASS_IMPL_H

#include "kernel/mirror.h"
#include "kernel/near.h"
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
  nt_side side[2]; /* as samples are sent: x1 and, if not symmetric, x2 */
  char **split[2]; /* their digits */
  nt_panel **panel1,
      **panel2;         /* [tiles along a side] those in work; panel2 = panel1 if symmetric */
  nt_workspace **ws;    /* [threads] */
  nt_near **near;       /* [threads] */
  nt_error *error;      /* [threads] */
  nt_tile_input *given; /* [threads][n_leaves]; NULL: no kernels are given */
  int threads;
  nt_mirror mirror;
  int64_t tags;  /* that MPI has */
  int64_t tiles; /* done on this rank */
  nt_pace pairs, samples;
  nt_pace again;     /* near pairs (near.h), their seconds added up over threads, */
  int64_t looked;    /* among so many pairs, of the steps so far */
  double again_each; /* seconds that one is expected to take */
  double started;    /* MPI_Wtime */
} nt_runner;

static inline bool nt_pair_is_symmetric(const nt_pair_pass *pass) { return pass->side2 == NULL; }

/* Where element (row, col) of a matrix stands on this rank, which owns it. */
static inline nt_target nt_pair_place(const nt_dmatrix *m, int64_t row, int64_t col)
{
  if (m == NULL) return (nt_target){NULL, 0};
  return (nt_target){m->a + nt_global_to_local(row, m->mb, nt_grid_P(m->grid)) +
                         nt_global_to_local(col, m->nb, nt_grid_Q(m->grid)) * m->ld,
                     m->ld};
}

/* pair_progress.c */

/** Pairs that a tile comes to. Parallel: Local. */
int64_t nt_pairs_of_tile(const nt_schedule *s, int64_t I, int64_t J);
/** Count the work of this rank. Parallel: Local. */
nt_status nt_pair_progress_begin(nt_runner *r) NT_WARN_UNUSED;
/** Of `looked` pairs that come next so many are near. Parallel: Local. */
nt_status nt_pair_progress_near(nt_runner *r, int64_t looked, int64_t near) NT_WARN_UNUSED;
/** Tell the caller of the pass. \param [in] began  The batch of tiles in work, MPI_Wtime. Local. */
void nt_pair_progress_report(const nt_runner *r, double began);

/* pair_panels.c */

/** Bring in the panels of one side that a step needs and the one before did not have, with their
 * variances. Parallel: Collective. */
nt_status nt_pair_panels_refresh(nt_runner *r, nt_panel **panel, int64_t step,
                                 int which) NT_WARN_UNUSED;

/* pair_mirror.c */

/** Rows and columns of matrix elements per sample of an output, for x1 and x2. Parallel: Local. */
void nt_pair_extent(const nt_plan *plan, int output, int64_t *per_row, int64_t *per_col);
/** Matrices of all outputs: slots that a tile may take. Parallel: Local. */
int nt_pair_fields(const nt_plan *plan);
/** The rank of the mirror image of tile (I, J); this one where there is none. Parallel: Local. */
int nt_pair_mirror_owner(const nt_runner *r, int64_t I, int64_t J);
/** Where this rank leaves one field of it: in its own part of m, or in `box`. Parallel: Local. */
nt_target nt_pair_mirror_target(nt_runner *r, nt_outbox *box, int64_t I, int64_t J,
                                const nt_dmatrix *m, int field, int64_t per_row, int64_t per_col);
/** Prepare for what other ranks will send, straight into the results. Parallel: Local. */
nt_status nt_pair_mirror_expect(nt_runner *r) NT_WARN_UNUSED;
/** With a communicator of its own: what is left after a failure meets nobody.
 * Parallel: Collective. */
nt_status nt_pair_mirror_open(nt_runner *r) NT_WARN_UNUSED;
/** Bytes of both boxes of this rank, and of those of the ranks whose tiles it reads.
 * Parallel: Local. */
int64_t nt_pair_mirror_bytes(const nt_plan *plan, const nt_schedule *s, int threads);

#endif

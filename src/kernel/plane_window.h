/** Windows on a plane, from inside: plane_window.c goes through their axes, plane_track.c sums
 * along the tracks of wide ones, plane_padding.c adds what stands for the padding in a D. */
#ifndef NT_KERNEL_PLANE_WINDOW_H
#define NT_KERNEL_PLANE_WINDOW_H

#include "kernel/plane.h"

/** The move of a step along an axis, of this plane. Parallel: Local. */
static inline const nt_move *nt_plane_move(const nt_plane *p, const nt_step *step, int axis)
{
  return &p->program->frames.moves[step->moves[axis]].group[p->group[axis]];
}

/** Some rows of the cells of the axes before one, and some lanes of those behind it. */
typedef struct nt_part {
  int64_t row, rows;
  int64_t lane, lanes;
} nt_part;

/* plane_padding.c */

/** Add the padding along an axis with `inner` lanes behind it to a part of the sums:
 * out [rows][cells][lanes]. Parallel: Local. */
void nt_padding_add(const nt_plane *p, const nt_step *step, int axis, int64_t inner, nt_part part,
                    int64_t cells, void *out);
/** That of the last axis for nt_three, from row `row` on. Parallel: Local. */
nt_fills nt_padding_of_columns(const nt_plane *p, const nt_step *step, int last, int64_t row);
/** That of rows of `columns` lanes; with an axis more, at cell `outer` of it. Parallel: Local. */
nt_fills nt_padding_of_rows(const nt_plane *p, const nt_step *step, int axis, int64_t outer,
                            int64_t columns);

/* plane_track.c */

/** Lanes of a track that are summed at a time: a part of the first cache. */
enum { NT_TRACK_LANES = 1024 };
/** Lanes of the two buffers of nt_track_run, for tracks of `places`. Parallel: Local. */
int64_t nt_track_room(int64_t places);
/** Sums along an axis that has a track: in [outer][n_in][inner], out [outer][n_out][inner].
 * \param [in] padded  Whether its padding is added, as to a D. Parallel: Local. */
void nt_track_run(const nt_plane *p, const nt_step *step, int axis, int64_t outer, int64_t inner,
                  const void *in, double constant, bool padded, void *out);

#endif

/** What the sums of a move come to, where there is a loop for it: few distances, or neighbours. */
#ifndef NT_PLAN_MOVE_FORMS_H
#define NT_PLAN_MOVE_FORMS_H

#include "plan/frame.h"

/** Distances in - out of all taps, if there are NT_MOST_SHIFTS at most. Parallel: Local. */
enum { NT_MOST_SHIFTS = 12 };
nt_status nt_move_find_shifts(nt_error *err, nt_move *move) NT_WARN_UNUSED;
/** The pieces of a window of three: cells that add their neighbours are added by them, or there are
 * no pieces; or a ring. Parallel: Local. */
nt_status nt_move_find_pieces(nt_error *err, nt_move *move) NT_WARN_UNUSED;

#endif

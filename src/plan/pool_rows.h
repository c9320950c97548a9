/** What the moves of a pool are found from: the positions that its outputs read, and the cells that
 * have them. */
#ifndef NT_PLAN_POOL_ROWS_H
#define NT_PLAN_POOL_ROWS_H

#include "nt/plugin.h"

typedef struct nt_pool_rows {
  int64_t *first;    /**< [n_out + 1] Of output o: entries first[o] ... first[o + 1] - 1. */
  int32_t *position; /**< [first[n_out]] Each once, however many taps read it. */
  double *weight;    /**< [first[n_out]] The sum of those of its taps. */
  double *second;    /**< [n_in] Weights of the second argument, 0 where it reads nothing. */
  int32_t *head;     /**< [n_in] The first cell of the group in hand with this x1, or -1. */
  int32_t *next;     /**< [cells] The next one, or -1. */
} nt_pool_rows;

/** Rows of `taps`, for groups of at most `cells`; free them also on failure. Parallel: Local. */
nt_status nt_pool_rows_create(nt_error *err, const nt_taps *taps, int32_t cells,
                              nt_pool_rows *rows) NT_WARN_UNUSED;
/** Free what rows own. Parallel: Local. */
void nt_pool_rows_free(nt_pool_rows *rows);
/** An array of n times -1. \param [out] out  Owned. Parallel: Local. */
nt_status nt_nowhere(nt_error *err, int64_t n, int32_t **out) NT_WARN_UNUSED;

#endif

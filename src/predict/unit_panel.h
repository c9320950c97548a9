/** Panels of columns of L^-1 and of K'^-1, from the factor of a posterior. */
#ifndef NT_UNIT_PANEL_H
#define NT_UNIT_PANEL_H

#include "predict/posterior_impl.h"

/** Columns of the unit matrix, and what becomes of them. */
typedef struct nt_unit_panel {
  nt_dmatrix *x; /**< n x width; the first `count` columns are in use. Owned. */
  int64_t count; /**< Columns in use. */
  int64_t first; /**< Rows before this one, a multiple of the block, are 0. */
} nt_unit_panel;

/** Number of columns that suits panels that pass over the whole matrix:
 * n / 16, whole blocks. Local. */
int64_t nt_unit_panel_width(const nt_posterior *p);
/** A panel of `width` columns in column blocks of `nb`. Parallel: Collective. */
nt_status nt_unit_panel_create(const nt_posterior *p, int64_t width, int64_t nb,
                               nt_unit_panel *panel) NT_WARN_UNUSED;
/** Make it the unit vectors of the samples index[0 ... count-1], ascending. Parallel: Local. */
void nt_unit_panel_set(nt_unit_panel *panel, const int64_t *index, int64_t count);
/** X <- L^-1 X. Parallel: Collective. Cost: count (n - first)^2 flops. */
nt_status nt_unit_panel_forward(const nt_posterior *p, nt_unit_panel *panel) NT_WARN_UNUSED;
/** X <- L^-T X. Parallel: Collective. Cost: count n^2 flops. */
nt_status nt_unit_panel_backward(const nt_posterior *p, nt_unit_panel *panel) NT_WARN_UNUSED;
/** out[l] += sum of x_il y_il over this rank's rows, for the columns in use; y is laid out as x.
 * Parallel: Local. */
void nt_unit_panel_dots(const nt_unit_panel *panel, const nt_dmatrix *y, double *out);

#endif

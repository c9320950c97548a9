/** Curves: in the terminal, and as a picture. */
#ifndef NT_CLI_PLOT_H
#define NT_CLI_PLOT_H

#include "cli/session.h"

#include <stdio.h>

enum { NT_MAX_CURVES = 12 };

/** A curve; points that are not finite are left out. */
typedef struct nt_plot_curve {
  char name[48]; /**< "ntk test" */
  int n;
  double *x, *y; /**< [n] Owned. */
} nt_plot_curve;

/** Curves with common axes. */
typedef struct nt_plot {
  const char *title, *x_label, *y_label;
  int n_curves;
  nt_plot_curve curve[NT_MAX_CURVES];
} nt_plot;

/** An axis: from low to high, logarithmic when all is above 0 and spans
 * a factor of more than 50. */
typedef struct nt_plot_axis {
  bool is_log;
  double low, high;
} nt_plot_axis;

/** Add a curve of n points, which are copied; beyond NT_MAX_CURVES nothing is added. Local. */
nt_status nt_plot_add(nt_error *err, nt_plot *plot, const char *name, int n, const double *x,
                      const double *y) NT_WARN_UNUSED;
/** Free the curves. Parallel: Local. */
void nt_plot_free(nt_plot *plot);

/** Find the axes. \return false when no point is finite. Parallel: Local. */
bool nt_plot_axes(const nt_plot *plot, nt_plot_axis *x, nt_plot_axis *y);
/** Place of `v` on an axis, 0 ... 1; NaN when it is not to be drawn. Parallel: Local. */
double nt_plot_place(const nt_plot_axis *axis, double v);

/** Draw in the terminal (stderr, unless --quiet) and to the file of --plot.
 * Parallel: Collective on the context; rank 0 draws. */
nt_status nt_plot_show(nt_session *s, const nt_plot *plot) NT_WARN_UNUSED;

/** Draw with characters, 72 columns wide. Parallel: Local. */
void nt_plot_print(FILE *file, const nt_plot *plot);

/** Check a name: FILE.svg, or FILE.png where gnuplot is found; that nothing would be overwritten
 * without `force`. \return NT_ERR_ARG, NT_ERR_OUTPUT. Parallel: Local (rank 0's view of files). */
nt_status nt_plot_check(nt_error *err, const char *path, bool force) NT_WARN_UNUSED;
/** The picture in SVG, without gnuplot. Parallel: Local. */
void nt_plot_svg(FILE *file, const nt_plot *plot);

#endif

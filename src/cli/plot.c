/* Curves in the terminal. */
#include "cli/plot.h"

#include "base/check.h"
#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 60, HEIGHT = 15 };

static const char marks[] = "*o+x#@%&$=~^";

nt_status nt_plot_add(nt_error *err, nt_plot *plot, const char *name, int n, const double *x,
                      const double *y)
{
  nt_status status = NT_OK;
  void *memory;
  if (plot->n_curves == NT_MAX_CURVES) return NT_OK;
  nt_plot_curve *curve = &plot->curve[plot->n_curves];
  NT_TRY(nt_alloc(err, 2 * (int64_t)n, sizeof(double), "a curve", &memory));
  *curve = (nt_plot_curve){.n = n, .x = memory, .y = (double *)memory + n};
  memcpy(curve->x, x, (size_t)n * sizeof(double));
  memcpy(curve->y, y, (size_t)n * sizeof(double));
  snprintf(curve->name, sizeof curve->name, "%s", name);
  plot->n_curves++;
done:
  return status;
}

void nt_plot_free(nt_plot *plot)
{
  for (int c = 0; c < plot->n_curves; c++)
    free(plot->curve[c].x);
  plot->n_curves = 0;
}

static void widen(nt_plot_axis *axis, double v)
{
  if (v < axis->low) axis->low = v;
  if (v > axis->high) axis->high = v;
}

/* What is closer differs by rounding; between such numbers there are none for ticks. */
static const double same = 1e-12;

/* A scale on which what was found can be told apart; what is below a `part` of the largest lies at
 * the lower end, so that an error of rounding does not hide all others. */
static void settle(nt_plot_axis *axis, double part)
{
  axis->is_log = axis->low > 0 && axis->high > 50 * axis->low;
  if (axis->is_log) axis->low = fmax(axis->low, part * axis->high);
  const double size = fmax(fabs(axis->low), fabs(axis->high));
  if (axis->high - axis->low > same * size) return;
  const double half = size == 0 ? 1 : size / 10;
  axis->low -= half;
  axis->high += half;
}

bool nt_plot_axes(const nt_plot *plot, nt_plot_axis *x, nt_plot_axis *y)
{
  *x = *y = (nt_plot_axis){false, INFINITY, -INFINITY};
  for (int c = 0; c < plot->n_curves; c++) {
    const nt_plot_curve *curve = &plot->curve[c];
    for (int i = 0; i < curve->n; i++) {
      if (!isfinite(curve->x[i]) || !isfinite(curve->y[i])) continue;
      widen(x, curve->x[i]);
      widen(y, curve->y[i]);
    }
  }
  if (!(x->low <= x->high)) return false;
  settle(x, 0);
  settle(y, 1e-6);
  return true;
}

double nt_plot_place(const nt_plot_axis *axis, double v)
{
  if (!isfinite(v)) return NAN;
  if (!axis->is_log) return (v - axis->low) / (axis->high - axis->low);
  return fmax(0, (log(v) - log(axis->low)) / (log(axis->high) - log(axis->low)));
}

static void draw(const nt_plot_curve *curve, char mark, const nt_plot_axis *x,
                 const nt_plot_axis *y, char cell[HEIGHT][WIDTH + 1])
{
  for (int i = 0; i < curve->n; i++) {
    const double px = nt_plot_place(x, curve->x[i]), py = nt_plot_place(y, curve->y[i]);
    if (!isfinite(px) || !isfinite(py)) continue;
    cell[HEIGHT - 1 - (int)lround(py * (HEIGHT - 1))][lround(px * (WIDTH - 1))] = mark;
  }
}

void nt_plot_print(FILE *file, const nt_plot *plot)
{
  nt_plot_axis x, y;
  char cell[HEIGHT][WIDTH + 1], label[20];
  if (!nt_plot_axes(plot, &x, &y)) return;
  memset(cell, ' ', sizeof cell);
  for (int c = 0; c < plot->n_curves; c++)
    draw(&plot->curve[c], marks[c], &x, &y, cell);
  fprintf(file, "%s%s\n", plot->y_label, y.is_log ? " (log)" : "");
  for (int row = 0; row < HEIGHT; row++) {
    cell[row][WIDTH] = '\0';
    label[0] = '\0';
    if (row == 0) snprintf(label, sizeof label, "%.3g", y.high);
    if (row == HEIGHT - 1) snprintf(label, sizeof label, "%.3g", y.low);
    fprintf(file, "%9s |%s\n", label, cell[row]);
  }
  fprintf(file, "%9s +", "");
  for (int i = 0; i < WIDTH; i++)
    fputc('-', file);
  snprintf(label, sizeof label, "%.3g", x.high);
  fprintf(file, "\n%10s %-*.3g%s\n", "", WIDTH - (int)strlen(label), x.low, label);
  fprintf(file, "%10s %s%s:", "", plot->x_label, x.is_log ? " (log)" : "");
  for (int c = 0; c < plot->n_curves; c++)
    fprintf(file, "%s %c %s", c > 0 ? "," : "", marks[c], plot->curve[c].name);
  fputc('\n', file);
}

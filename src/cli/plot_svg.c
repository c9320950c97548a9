/* Curves as an SVG picture: axes with ticks, a colour for each curve, a legend. */
#include "cli/plot.h"

#include <math.h>

enum { WIDTH = 720, HEIGHT = 440, LEFT = 80, RIGHT = 170, TOP = 40, BOTTOM = 60 };

/* Colours that people with any colour vision tell apart (Okabe, Ito 2008). */
static const char *const colours[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                      "#e69f00", "#56b4e9", "#000000"};

static const char *colour(int c) { return colours[c % (int)(sizeof colours / sizeof *colours)]; }

static double across(double place) { return LEFT + place * (WIDTH - LEFT - RIGHT); }

static double down(double place) { return HEIGHT - BOTTOM - place * (HEIGHT - TOP - BOTTOM); }

/* Text with the five characters of XML that are no text. */
static void put_text(FILE *file, const char *text)
{
  for (; *text != '\0'; text++) {
    if (*text == '&')
      fputs("&amp;", file);
    else if (*text == '<')
      fputs("&lt;", file);
    else if (*text == '>')
      fputs("&gt;", file);
    else
      fputc(*text, file);
  }
}

static void put(FILE *file, double x, double y, const char *how, const char *text)
{
  fprintf(file, "<text x=\"%.1f\" y=\"%.1f\" %s>", x, y, how);
  put_text(file, text);
  fputs("</text>\n", file);
}

/* Distance of ticks: 1, 2 or 5 times a power of ten, about five of them. */
static double tick_step(const nt_plot_axis *axis)
{
  const double rough = (axis->high - axis->low) / 5, power = pow(10, floor(log10(rough)));
  const double part = rough / power;
  return power * (part < 1.5 ? 1 : part < 3.5 ? 2 : part < 7.5 ? 5 : 10);
}

/* The next tick from `v` on (NAN: the first). */
static double next_tick(const nt_plot_axis *axis, double v)
{
  if (axis->is_log) {
    const int decades = (int)floor(log10(axis->high) - log10(axis->low)), stride = decades / 8 + 1;
    return isnan(v) ? pow(10, ceil(log10(axis->low) - 1e-9)) : v * pow(10, stride);
  }
  const double step = tick_step(axis);
  return isnan(v) ? ceil(axis->low / step - 1e-9) * step : v + step;
}

static void put_ticks(FILE *file, const nt_plot_axis *axis, bool vertical)
{
  char text[32];
  for (double v = next_tick(axis, NAN); nt_plot_place(axis, v) <= 1 + 1e-9;
       v = next_tick(axis, v)) {
    const double place = nt_plot_place(axis, v);
    if (place < 0) continue;
    snprintf(text, sizeof text, "%.4g", fabs(v) < 1e-12 * fabs(axis->high) ? 0 : v);
    const double x = vertical ? LEFT : across(place), y = vertical ? down(place) : down(0);
    fprintf(file, "<path d=\"M%.1f %.1f%s\" stroke=\"#bbb\"/>\n", x, y, vertical ? "h-5" : "v5");
    if (vertical)
      put(file, x - 8, y + 4, "text-anchor=\"end\"", text);
    else
      put(file, x, y + 20, "text-anchor=\"middle\"", text);
  }
}

static void put_curve(FILE *file, const nt_plot_curve *curve, int c, const nt_plot_axis *x,
                      const nt_plot_axis *y)
{
  bool begun = false;
  fprintf(file, "<path fill=\"none\" stroke=\"%s\" stroke-width=\"2\" d=\"", colour(c));
  for (int i = 0; i < curve->n; i++) {
    const double px = nt_plot_place(x, curve->x[i]), py = nt_plot_place(y, curve->y[i]);
    if (!isfinite(px) || !isfinite(py)) continue;
    fprintf(file, "%c%.1f %.1f", begun ? 'L' : 'M', across(px), down(py));
    begun = true;
  }
  fprintf(file, "%s\"/>\n", begun ? "" : "M0 0");
  for (int i = 0; i < curve->n; i++) {
    const double px = nt_plot_place(x, curve->x[i]), py = nt_plot_place(y, curve->y[i]);
    if (!isfinite(px) || !isfinite(py)) continue;
    fprintf(file, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>\n", across(px), down(py),
            colour(c));
  }
}

void nt_plot_svg(FILE *file, const nt_plot *plot)
{
  nt_plot_axis x, y;
  const bool any = nt_plot_axes(plot, &x, &y);
  fprintf(file,
          "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
          "font-family=\"sans-serif\" font-size=\"13\">\n<rect width=\"100%%\" height=\"100%%\" "
          "fill=\"white\"/>\n",
          WIDTH, HEIGHT);
  put(file, LEFT, TOP - 16, "font-weight=\"bold\"", plot->title);
  fprintf(file, "<path fill=\"none\" stroke=\"#444\" d=\"M%.1f %.1fV%.1fH%.1f\"/>\n", across(0),
          down(1), down(0), across(1));
  if (any) {
    put_ticks(file, &x, false);
    put_ticks(file, &y, true);
  }
  put(file, across(0.5), HEIGHT - 14, "text-anchor=\"middle\"", plot->x_label);
  put(file, 18, down(0.5), "text-anchor=\"middle\" transform=\"rotate(-90 18 210)\"",
      plot->y_label);
  for (int c = 0; c < plot->n_curves; c++) {
    const double at = TOP + 10 + 20 * c;
    if (any) put_curve(file, &plot->curve[c], c, &x, &y);
    fprintf(file, "<path stroke=\"%s\" stroke-width=\"2\" d=\"M%d %.1fh20\"/>\n", colour(c),
            WIDTH - RIGHT + 14, at);
    put(file, WIDTH - RIGHT + 40, at + 4, "", plot->curve[c].name);
  }
  fputs("</svg>\n", file);
}

/* Pictures in files: by gnuplot where it is installed, else our own SVG. */
#include "cli/plot.h"

#include "base/check.h"
#include "base/file.h"
#include "io/draft.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAME = 4096 };

static bool has_gnuplot(void)
{
  const char *at = getenv("PATH");
  char path[NAME];
  while (at != NULL && *at != '\0') {
    const size_t length = strcspn(at, ":");
    snprintf(path, sizeof path, "%.*s/gnuplot", (int)length, at);
    if (access(path, X_OK) == 0) return true;
    at += length + (at[length] == ':');
  }
  return false;
}

nt_status nt_plot_check(nt_error *err, const char *path, bool force)
{
  nt_status status = NT_OK;
  const bool png = nt_ends_with(path, ".png");
  struct stat info;
  nt_draft draft;
  NT_CHECK(png || nt_ends_with(path, ".svg"), err, NT_ERR_ARG,
           "--plot %s: write NAME.svg, or NAME.png where gnuplot is installed", path);
  NT_CHECK(!png || has_gnuplot(), err, NT_ERR_ARG,
           "--plot %s: a .png needs gnuplot, which is not found; NAME.svg needs nothing", path);
  const bool exists = stat(path, &info) == 0;
  NT_CHECK(!exists || S_ISREG(info.st_mode), err, NT_ERR_OUTPUT, "%s: is no regular file", path);
  NT_CHECK(!exists || force, err, NT_ERR_OUTPUT, "%s: exists; --force replaces it", path);
  NT_TRY(nt_draft_name(err, path, &draft));
  NT_CHECK(nt_draft_has_folder(&draft), err, NT_ERR_OUTPUT, "%s: creating the file failed: %s",
           path, strerror(errno));
done:
  return status;
}

/* A text in single quotes as gnuplot has it. */
static void put_quoted(FILE *pipe, const char *text)
{
  fputc('\'', pipe);
  for (; *text != '\0'; text++) {
    if (*text == '\'') fputc('\'', pipe);
    fputc(*text, pipe);
  }
  fputc('\'', pipe);
}

static void put_setting(FILE *pipe, const char *name, const char *text)
{
  fprintf(pipe, "set %s ", name);
  put_quoted(pipe, text);
  fputc('\n', pipe);
}

static void put_script(FILE *pipe, const nt_plot *plot, const char *file, bool png)
{
  nt_plot_axis x, y;
  const bool any = nt_plot_axes(plot, &x, &y);
  fprintf(pipe, "set terminal %s size 720,440\n", png ? "png" : "svg");
  put_setting(pipe, "output", file);
  put_setting(pipe, "title", plot->title);
  put_setting(pipe, "xlabel", plot->x_label);
  put_setting(pipe, "ylabel", plot->y_label);
  if (any && x.is_log) fputs("set logscale x\n", pipe);
  if (any && y.is_log) fputs("set logscale y\n", pipe);
  fputs("set key outside\nplot ", pipe);
  for (int c = 0; c < plot->n_curves; c++) {
    fputs(c > 0 ? ", '-' with linespoints title " : "'-' with linespoints title ", pipe);
    put_quoted(pipe, plot->curve[c].name);
  }
  fputc('\n', pipe);
  for (int c = 0; c < plot->n_curves; c++) {
    const nt_plot_curve *curve = &plot->curve[c];
    for (int i = 0; i < curve->n; i++) {
      if (isfinite(curve->x[i]) && isfinite(curve->y[i]))
        fprintf(pipe, "%.17g %.17g\n", curve->x[i], curve->y[i]);
    }
    fputs("e\n", pipe);
  }
}

/* \return whether gnuplot made the file. */
static bool by_gnuplot(const nt_plot *plot, const char *file, bool png)
{
  /* A gnuplot that ends early must not end us. */
  struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
  struct stat info;
  (void)sigaction(SIGPIPE, &ignore, &before);
  FILE *pipe = popen("gnuplot 2>/dev/null", "w");
  if (pipe != NULL) put_script(pipe, plot, file, png);
  const bool made = pipe != NULL && pclose(pipe) == 0 && stat(file, &info) == 0 && info.st_size > 0;
  (void)sigaction(SIGPIPE, &before, NULL);
  return made;
}

static nt_status by_us(nt_error *err, const nt_plot *plot, const char *file)
{
  nt_status status = NT_OK;
  FILE *const to = fopen(file, "w");
  NT_CHECK(to != NULL, err, NT_ERR_OUTPUT, "%s: %s", file, strerror(errno));
  nt_plot_svg(to, plot);
  const bool written = ferror(to) == 0, closed = fclose(to) == 0;
  NT_CHECK(written && closed, err, NT_ERR_OUTPUT, "%s: %s", file, strerror(errno));
done:
  return status;
}

/* The picture, by gnuplot if it is found, beside its name first. */
static nt_status write_picture(nt_error *err, const nt_plot *plot, const char *path)
{
  nt_status status = NT_OK;
  nt_draft draft = {.temp = ""};
  const bool png = nt_ends_with(path, ".png");
  NT_TRY(nt_draft_name(err, path, &draft));
  NT_TRY(nt_draft_begin(err, &draft, false));
  if (!has_gnuplot() || !by_gnuplot(plot, draft.temp, png)) {
    NT_CHECK(!png, err, NT_ERR_OUTPUT, "%s: gnuplot could not write it", path);
    NT_TRY(by_us(err, plot, draft.temp));
  }
  NT_TRY(nt_draft_keep(err, &draft));
done:
  if (status != NT_OK) nt_draft_drop(&draft);
  return status;
}

nt_status nt_plot_show(nt_session *s, const nt_plot *plot)
{
  nt_status status = NT_OK;
  const bool first = nt_ctx_rank(s->ctx) == 0;
  const char *path = s->options.plot;
  if (first && !s->options.quiet) nt_plot_print(stderr, plot);
  if (path == NULL) return NT_OK;
  NT_TRY_ALL(s->ctx, first ? write_picture(nt_ctx_error(s->ctx), plot, path) : NT_OK);
  nt_say(s, "wrote %s", path);
done:
  return status;
}

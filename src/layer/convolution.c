#include "layer/convolution.h"

#include "base/check.h"
#include "layer/weights.h"

#include <ctype.h>
#include <string.h>

const nt_conv nt_convolution_defaults = NT_CONV_DEFAULTS;

const nt_opt nt_convolution_opts[NT_CONVOLUTION_OPTS] = {
    NT_ROW_CHANNELS(nt_conv, out_chan, "number of output channels"),
    NT_ROW_WINDOW(nt_conv, filter_shape, "positions of the filter along each axis"),
    NT_ROW_STRIDES(nt_conv),
    NT_ROW_PADDING(nt_conv),
    NT_ROW_STD(nt_conv, W_std, ""),
    NT_ROW_B_STD(nt_conv),
    {.name = "dimension_numbers",
     .type = NT_OPT_STRINGS_OR_NONE,
     .offset = offsetof(nt_conv, dimension_numbers),
     .length = 3,
     .help = "axes of inputs, filters, outputs, as ('NHWC', 'HWIO', 'NHWC'); None: channels last"},
    NT_ROW_PARAMETERIZATION(nt_conv),
    NT_ROW_S(nt_conv),
};

enum { INPUT, FILTER, OUTPUT };

/* Letters of the axes: those given, or channels last. */
static nt_strings letters_of(const nt_conv *c)
{
  static const char space[] = "ABDEFGHJ";
  nt_strings s = c->dimension_numbers;
  if (s.n == 3) return s;
  const size_t n = (size_t)c->filter_shape.n;
  memset(&s, 0, sizeof s);
  memcpy(s.v[FILTER], space, n);
  memcpy(s.v[FILTER] + n, "IO", 2);
  s.v[INPUT][0] = 'N';
  memcpy(s.v[INPUT] + 1, space, n);
  s.v[INPUT][n + 1] = 'C';
  memcpy(s.v[OUTPUT], s.v[INPUT], sizeof s.v[INPUT]);
  return s;
}

static int place(const char *letters, char letter)
{
  return (int)(strchr(letters, letter) - letters);
}

/* The number of the spatial axis with this letter, the other two left out. */
static int spatial(const char *letters, const char *others, char letter)
{
  int axis = 0;
  for (const char *l = letters; *l != letter; l++)
    axis += strchr(others, *l) == NULL;
  return axis;
}

static char spatial_letter(const char *letters, int axis)
{
  for (; *letters == 'N' || *letters == 'C' || axis > 0; letters++)
    axis -= *letters != 'N' && *letters != 'C';
  return *letters;
}

static bool distinct(const char *letters)
{
  for (; *letters; letters++)
    if (!isalpha((unsigned char)*letters) || strchr(letters + 1, *letters)) return false;
  return true;
}

/* Whether all letters but `except` stand in `letters`. */
static bool all_in(const char *some, const char *except, const char *letters)
{
  for (; *some; some++)
    if (!strchr(except, *some) && !strchr(letters, *some)) return false;
  return true;
}

static nt_status check_letters(const nt_conv *c, nt_error *err)
{
  static const struct {
    const char *what, *needed;
  } strings[] = {{"inputs", "NC"}, {"filters", "OI"}, {"outputs", "NC"}};
  nt_status status = NT_OK;
  const nt_strings *const d = &c->dimension_numbers;
  for (int i = 0; d->n > 0 && i < 3; i++) {
    const char *const needed = strings[i].needed;
    NT_CHECK((int)strlen(d->v[i]) == c->filter_shape.n + 2 && distinct(d->v[i]) &&
                 strchr(d->v[i], needed[0]) && strchr(d->v[i], needed[1]),
             err, NT_ERR_ARG,
             "dimension_numbers: the axes of the %s are '%s', but with a filter_shape of %d they "
             "must be %d different letters, '%c', '%c' and one for each axis of filter_shape",
             strings[i].what, d->v[i], c->filter_shape.n, c->filter_shape.n + 2, needed[0],
             needed[1]);
  }
  NT_CHECK(d->n < 0 || (all_in(d->v[INPUT], "NC", d->v[FILTER]) &&
                        all_in(d->v[FILTER], "OI", d->v[OUTPUT]) &&
                        all_in(d->v[OUTPUT], "NC", d->v[INPUT])),
           err, NT_ERR_ARG,
           "dimension_numbers ('%s', '%s', '%s'): beside 'N', 'C' and 'O', 'I', all three must "
           "consist of the same letters",
           d->v[INPUT], d->v[FILTER], d->v[OUTPUT]);
done:
  return status;
}

nt_status nt_convolution_check(const void *cfg, nt_error *err)
{
  nt_status status = NT_OK;
  const nt_conv *const c = cfg;
  NT_TRY(nt_window_check(err, "filter_shape", &c->filter_shape, &c->strides));
  NT_TRY(check_letters(c, err));
done:
  return status;
}

nt_requirement nt_convolution_require(const void *cfg)
{
  const nt_strings letters = letters_of(cfg);
  return nt_axes_require(NT_YES, NT_NO, place(letters.v[INPUT], 'N'), place(letters.v[INPUT], 'C'));
}

nt_window nt_convolution_window(const nt_conv *c, bool transposed, const nt_facts *in, int axis,
                                int *from)
{
  const nt_strings letters = letters_of(c);
  const char letter = spatial_letter(letters.v[OUTPUT], axis);
  const int filter = spatial(letters.v[FILTER], "OI", letter);
  const int input = place(letters.v[INPUT], letter);
  *from = spatial(letters.v[INPUT], "NC", letter);
  return (nt_window){.n = in->shape1.dim[input],
                     .size = c->filter_shape.v[filter],
                     .stride = nt_window_stride(&c->strides, filter),
                     .padding = c->padding,
                     .transposed = transposed,
                     .axis = input};
}

nt_status nt_convolution_facts(const nt_conv *c, bool transposed, const nt_facts *in, nt_facts *out,
                               nt_error *err)
{
  nt_status status = NT_OK;
  char text[200];
  const nt_strings letters = letters_of(c);
  const nt_weights weights = NT_WEIGHTS_OF(c, out_chan);
  int space = 0, from;
  NT_CHECK(in->shape1.rank == c->filter_shape.n + 2, err, NT_ERR_SHAPE,
           "filter_shape has %d %s, so the input needs %d (samples and channels included), but "
           "its shape is %s",
           c->filter_shape.n, c->filter_shape.n == 1 ? "axis" : "axes", c->filter_shape.n + 2,
           nt_shape_text(&in->shape1, text, sizeof text));
  out->batch_axis = place(letters.v[OUTPUT], 'N');
  out->channel_axis = place(letters.v[OUTPUT], 'C');
  for (int a = 0; a < out->shape1.rank; a++) {
    if (a == out->batch_axis || a == out->channel_axis) continue;
    const nt_window window = nt_convolution_window(c, transposed, in, space++, &from);
    NT_TRY(nt_window_outputs(err, &window, &out->shape1.dim[a]));
    out->shape2.dim[a] = out->shape1.dim[a];
  }
  out->shape1.dim[out->batch_axis] = in->shape1.dim[in->batch_axis];
  out->shape2.dim[out->batch_axis] = in->shape2.dim[in->batch_axis];
  NT_TRY(nt_weights_shape(err, &weights, out));
done:
  return status;
}

nt_status nt_convolution_shape(const void *cfg, int n_in, const nt_facts *in, nt_facts *out,
                               nt_error *err)
{
  (void)n_in;
  return nt_convolution_facts(cfg, false, in, out, err);
}

nt_affine nt_convolution_affine(const void *cfg, const nt_facts *in)
{
  const nt_conv *const c = cfg;
  const nt_weights weights = NT_WEIGHTS_OF(c, out_chan);
  double positions = 1;
  for (int i = 0; i < c->filter_shape.n; i++)
    positions *= (double)c->filter_shape.v[i];
  return nt_weights_affine(&weights, positions, in);
}

nt_status nt_convolution_taps(const void *cfg, const nt_facts *in, const nt_facts *out, int axis,
                              nt_taps *taps, nt_error *err)
{
  (void)out;
  const nt_window window = nt_convolution_window(cfg, false, in, axis, &taps->from);
  return nt_window_taps(err, &window, false, taps);
}

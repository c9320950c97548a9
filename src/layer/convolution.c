#include "layer/convolution.h"

#include "base/check.h"

#include <ctype.h>
#include <string.h>

const nt_conv nt_convolution_defaults = NT_CONV_DEFAULTS;

const nt_opt nt_convolution_opts[NT_CONVOLUTION_OPTS] = {
    {.name = "out_chan",
     .type = NT_OPT_INT,
     .offset = offsetof(nt_conv, out_chan),
     .required = true,
     .min = 1,
     .max = 0x1p53,
     .help = "number of output channels"},
    NT_ROW_WINDOW(nt_conv, filter_shape, "positions of the filter along each axis"),
    NT_ROW_STRIDES(nt_conv),
    NT_ROW_PADDING(nt_conv),
    {.name = "W_std",
     .type = NT_OPT_REAL,
     .offset = offsetof(nt_conv, W_std),
     .help = "standard deviation of the weights"},
    {.name = "b_std",
     .type = NT_OPT_REAL_OR_NONE,
     .offset = offsetof(nt_conv, b_std),
     .help = "standard deviation of the bias; None: no bias"},
    {.name = "dimension_numbers",
     .type = NT_OPT_STRINGS_OR_NONE,
     .offset = offsetof(nt_conv, dimension_numbers),
     .length = 3,
     .help = "axes of inputs, filters, outputs, as ('NHWC', 'HWIO', 'NHWC'); None: channels last"},
    {.name = "parameterization",
     .type = NT_OPT_CHOICE,
     .offset = offsetof(nt_conv, parameterization),
     .choices = "ntk|standard",
     .fold_case = true,
     .help = "scaling of the finite network"},
    {.name = "s",
     .type = NT_OPT_INTS,
     .offset = offsetof(nt_conv, s),
     .min = 1,
     .max = 0x1p53,
     .length = 2,
     .help = "factors of the input and output widths ('standard' only)"},
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
                     .stride = c->strides.n < 0 ? 1 : c->strides.v[filter],
                     .padding = c->padding,
                     .transposed = transposed,
                     .axis = input};
}

static bool is_standard(const nt_conv *c)
{
  return c->parameterization == NT_PARAMETERIZATION_STANDARD;
}

nt_status nt_convolution_facts(const nt_conv *c, bool transposed, const nt_facts *in, nt_facts *out,
                               nt_error *err)
{
  nt_status status = NT_OK;
  char text[200];
  const nt_strings letters = letters_of(c);
  int64_t width = c->out_chan;
  int space = 0, from;
  NT_CHECK(in->shape1.rank == c->filter_shape.n + 2, err, NT_ERR_SHAPE,
           "filter_shape has %d axes, so the input needs %d (samples and channels included), but "
           "its shape is %s",
           c->filter_shape.n, c->filter_shape.n + 2, nt_shape_text(&in->shape1, text, sizeof text));
  NT_CHECK(!is_standard(c) || !__builtin_mul_overflow(c->out_chan, c->s.v[1], &width), err,
           NT_ERR_SHAPE, "out_chan * s[1] = %lld * %lld channels are more than 2^63",
           (long long)c->out_chan, (long long)c->s.v[1]);
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
  out->shape1.dim[out->channel_axis] = out->shape2.dim[out->channel_axis] = width;
  out->ntk_zero = false;
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
  const bool bias = !(c->b_std != c->b_std);
  double positions = 1;
  for (int i = 0; i < c->filter_shape.n; i++)
    positions *= (double)c->filter_shape.v[i];
  const double w2 = c->W_std * c->W_std / positions, b2 = bias ? c->b_std * c->b_std : 0;
  nt_affine a = {.k = w2, .k0 = b2, .tk = w2, .tt = w2, .t0 = b2};
  if (is_standard(c)) {
    a.tk = (double)in->shape1.dim[in->channel_axis] / (double)c->s.v[0];
    a.t0 = bias ? 1 : 0;
  }
  return a;
}

nt_status nt_convolution_taps(const void *cfg, const nt_facts *in, const nt_facts *out, int axis,
                              nt_taps *taps, nt_error *err)
{
  (void)out;
  const nt_window window = nt_convolution_window(cfg, false, in, axis, &taps->from);
  return nt_window_taps(err, &window, false, taps);
}

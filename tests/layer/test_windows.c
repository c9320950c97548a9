/* Positions that windows read, written out by hand or found by brute force
 * as the reference does it. */
#include "facts.h"
#include "layer/window.h"

#include <string.h>

enum { MAX_SIZE = 7, MAX_LINE = 80 };

static const struct {
  int64_t n, size, stride;
  int padding;
  bool transposed;
  int64_t outputs;
  int32_t in[30];
} examples[] = {
    {5, 3, 1, NT_PADDING_VALID, false, 3, {0, 1, 2, 1, 2, 3, 2, 3, 4}},
    {7, 3, 3, NT_PADDING_VALID, false, 2, {0, 1, 2, 3, 4, 5}},
    {4, 2, 1, NT_PADDING_SAME, false, 4, {0, 1, 1, 2, 2, 3, 3, -1}},
    {5, 3, 2, NT_PADDING_SAME, false, 3, {-1, 0, 1, 1, 2, 3, 3, 4, -1}},
    {4, 3, 2, NT_PADDING_SAME, false, 2, {0, 1, 2, 2, 3, -1}},
    {5, 1, 2, NT_PADDING_SAME, false, 3, {0, 2, 4}},
    {4, 3, 1, NT_PADDING_CIRCULAR, false, 4, {3, 0, 1, 0, 1, 2, 1, 2, 3, 2, 3, 0}},
    {2, 7, 1, NT_PADDING_CIRCULAR, false, 2, {1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0}},
    {1, 3, 1, NT_PADDING_CIRCULAR, false, 1, {0, 0, 0}},
    /* Input a b at stride 2: a 0 b, with 2 zeros before and 2 behind. */
    {2, 3, 2, NT_PADDING_VALID, true, 5, {-1, -1, 0, -1, 0, -1, 0, -1, 1, -1, 1, -1, 1, -1, -1}},
    {2, 3, 2, NT_PADDING_SAME, true, 4, {-1, -1, 0, -1, 0, -1, 0, -1, 1, -1, 1, -1}},
    {2, 2, 3, NT_PADDING_VALID, true, 6, {-1, 0, 0, -1, -1, -1, -1, 1, 1, -1, -1, -1}},
};

static void test_examples(void)
{
  for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
    nt_error err = {0};
    nt_taps taps = {0};
    const nt_window window = {.n = examples[i].n,
                              .size = examples[i].size,
                              .stride = examples[i].stride,
                              .padding = examples[i].padding,
                              .transposed = examples[i].transposed};
    int64_t outputs = 0;
    NT_TEST_OK_ERR(nt_window_outputs(&err, &window, &outputs), &err);
    NT_TEST_OK_ERR(nt_window_taps(&err, &window, false, &taps), &err);
    NT_TEST_MSG(outputs == examples[i].outputs && taps.n_out == outputs && taps.n == window.size &&
                    taps.n_in == window.n,
                "example %d: %d outputs", (int)i, (int)outputs);
    NT_TEST_MSG(memcmp(taps.in, examples[i].in, (size_t)(outputs * taps.n) * sizeof(int32_t)) == 0,
                "example %d", (int)i);
    NT_TEST(taps.centre == (taps.n - 1) / 2 && taps.weight == NULL);
    nt_drop_taps(&taps);
  }
}

/* Brute force: a padded line of positions, and all windows inside it. */

typedef struct line {
  int n, position[MAX_LINE];
} line;

/* What stands at index i of a padded input. */
static int padded(const nt_window *w, int64_t i)
{
  while (w->padding == NT_PADDING_CIRCULAR && i < 0)
    i += w->n;
  if (w->padding == NT_PADDING_CIRCULAR) return (int)(i % w->n);
  return i >= 0 && i < w->n ? (int)i : -1;
}

static line pad(const nt_window *w, int64_t outputs)
{
  line l = {0};
  int64_t total = (outputs - 1) * w->stride + w->size - w->n;
  if (total < 0 || w->padding == NT_PADDING_VALID) total = 0;
  for (int64_t i = -(total / 2); i < w->n + total - total / 2; i++)
    l.position[l.n++] = padded(w, i);
  return l;
}

/* Whether windows overlap as taps->step tells. */
static bool taps_step(const nt_taps *taps)
{
  bool same = taps->step > 0;
  for (int64_t i = 0; i < (taps->n_out - 1) * taps->n; i++) {
    if (i % taps->n < taps->n - taps->step)
      same &= taps->in[i + taps->n] == taps->in[i + taps->step];
  }
  return same;
}

/* Whether the taps are those that stand here for each output, [n_out][size], but for the first and
 * the last ones that read nothing anywhere; the one at the centre always is among them. */
static bool taps_are(const nt_window *w, const nt_taps *taps, const int32_t *all)
{
  int64_t first = (w->size - 1) / 2, end = first + 1;
  for (int64_t i = 0; i < taps->n_out * w->size; i++) {
    const int64_t t = i % w->size;
    if (w->padding != NT_PADDING_CIRCULAR && all[i] < 0) continue;
    first = t < first ? t : first;
    end = t < end ? end : t + 1;
  }
  bool same = taps->n == end - first && taps->centre == (w->size - 1) / 2 - first;
  for (int64_t o = 0; same && o < taps->n_out; o++)
    for (int64_t t = first; t < end; t++)
      same &= taps->in[o * taps->n + t - first] == all[o * w->size + t];
  return same && taps_step(taps);
}

static bool forward_is(const nt_window *w, const nt_taps *taps)
{
  int32_t all[MAX_LINE * MAX_SIZE];
  const int64_t ceiling = w->n % w->stride ? w->n / w->stride + 1 : w->n / w->stride;
  const line l = pad(w, ceiling);
  int64_t o = 0;
  for (int64_t at = 0; at + w->size <= l.n; at += w->stride, o++)
    for (int64_t t = 0; t < w->size; t++)
      all[o * w->size + t] = l.position[at + t];
  return o == taps->n_out && taps_are(w, taps, all);
}

/* The input with stride - 1 empty places between its entries, `low` before and `high` behind. */
static line spread(const nt_window *w, int64_t low, int64_t high)
{
  line l = {0};
  for (int64_t i = 0; i < low; i++)
    l.position[l.n++] = -1;
  for (int64_t i = 0; i < (w->n - 1) * w->stride + 1; i++)
    l.position[l.n++] = i % w->stride ? -1 : (int)(i / w->stride);
  for (int64_t i = 0; i < high; i++)
    l.position[l.n++] = -1;
  return l;
}

/* Output o of CIRCULAR adds outputs of VALID: the one position that tap t of any of them reads. */
static int folded(const nt_window *w, const line *l, int64_t o, int64_t t)
{
  const int64_t outputs = w->n * w->stride, valid = l->n - w->size + 1;
  const int64_t half = (valid + outputs - 1) / outputs / 2, low = (valid - outputs) / 2;
  int found = -1;
  for (int64_t u = -half; u <= half; u++) {
    const int64_t i = o + low + u * outputs;
    if (i < 0 || i >= valid || l->position[i + t] < 0) continue;
    if (found >= 0) return -2;
    found = l->position[i + t];
  }
  return found;
}

static bool transposed_is(const nt_window *w, const nt_taps *taps)
{
  int32_t all[MAX_LINE * MAX_SIZE];
  const int64_t f = w->size, s = w->stride;
  const bool same = w->padding == NT_PADDING_SAME;
  const int64_t pads = f + s - 2 + (same ? 0 : f > s ? f - s : 0);
  const int64_t low = !same || s > f - 1 ? f - 1 : pads / 2 + pads % 2;
  const line l = spread(w, low, pads - low);
  const bool circular = w->padding == NT_PADDING_CIRCULAR;
  if (taps->n_out != (circular ? w->n * s : l.n - f + 1)) return false;
  for (int64_t o = 0; o < taps->n_out; o++)
    for (int64_t t = 0; t < f; t++)
      all[o * f + t] = circular ? folded(w, &l, o, t) : l.position[o + t];
  return taps_are(w, taps, all);
}

static void test_brute_force(void)
{
  int good = 0, all = 0;
  for (int i = 0; i < MAX_SIZE * MAX_SIZE * 4 * 3 * 2; i++) {
    nt_error err = {0};
    nt_taps taps = {0};
    const nt_window window = {.n = 1 + i % MAX_SIZE,
                              .size = 1 + i / MAX_SIZE % MAX_SIZE,
                              .stride = 1 + i / MAX_SIZE / MAX_SIZE % 4,
                              .padding = i / MAX_SIZE / MAX_SIZE / 4 % 3,
                              .transposed = i / MAX_SIZE / MAX_SIZE / 12};
    int64_t outputs;
    if (nt_window_outputs(&err, &window, &outputs) != NT_OK) continue;
    all++;
    good += nt_window_taps(&err, &window, false, &taps) == NT_OK && taps.n_out == outputs &&
            (window.transposed ? transposed_is(&window, &taps) : forward_is(&window, &taps));
    nt_drop_taps(&taps);
  }
  NT_TEST_MSG(all == MAX_SIZE * MAX_SIZE * 24 - 4 * 21, "%d windows", all);
  NT_TEST_MSG(good == all, "%d of %d", good, all);
}

static void test_limits(void)
{
  nt_error err = {0};
  nt_window window = {.n = 4, .size = 5, .stride = 1, .axis = 2};
  int64_t outputs;
  NT_TEST_FAILS_ERR(nt_window_outputs(&err, &window, &outputs), NT_ERR_SHAPE, &err);
  NT_TEST_CONTAINS(err.message, "window of 5 positions does not fit into axis 2 of the input");
  NT_TEST_CONTAINS(err.message, "which has 4");
  err = (nt_error){0};
  window = (nt_window){.n = 0x80000000, .size = 1, .stride = 1};
  NT_TEST_FAILS_ERR(nt_window_outputs(&err, &window, &outputs), NT_ERR_SHAPE, &err);
  NT_TEST_CONTAINS(err.message, "axis 0 has 2147483648 positions");
  err = (nt_error){0};
  window = (nt_window){.n = 0x10000, .size = 1, .stride = 0x10000, .transposed = true};
  NT_TEST_FAILS_ERR(nt_window_outputs(&err, &window, &outputs), NT_ERR_SHAPE, &err);
  NT_TEST_CONTAINS(err.message, "4294967296 outputs");
  nt_taps taps = {0};
  err = (nt_error){0};
  window = (nt_window){.n = 8, .size = 1000000000, .stride = 1, .padding = NT_PADDING_CIRCULAR};
  NT_TEST_FAILS_ERR(nt_window_taps(&err, &window, false, &taps), NT_ERR_SHAPE, &err);
  NT_TEST_CONTAINS(err.message, "a window of 1000000000 positions is too wide for the 8 outputs");
  NT_TEST_CONTAINS(err.message, "33554432 positions are the most that can be");
  err = (nt_error){0};
  window.padding = NT_PADDING_SAME;
  NT_TEST_OK_ERR(nt_window_taps(&err, &window, false, &taps), &err);
  NT_TEST(taps.n == 15 && taps.in[7] == 0 && taps.in[14] == 7 && taps.in[15 * 7] == 0);
  nt_drop_taps(&taps);
  err = (nt_error){0};
  NT_TEST_FAILS_ERR(nt_taps_create(&err, 0x80000000, 1, 1, false, &taps), NT_ERR_SHAPE, &err);
  NT_TEST_CONTAINS(err.message, "2147483648 samples or positions");
  err = (nt_error){0};
  NT_TEST_FAILS_ERR(nt_taps_create(&err, 1, INT64_MAX / 2, 3, false, &taps), NT_ERR_NOMEM, &err);
  NT_TEST(taps.in == NULL);
}

static const CU_TestInfo tests[] = {{"examples by hand", test_examples},
                                    {"all small windows, by brute force", test_brute_force},
                                    {"windows that do not fit", test_limits},
                                    CU_TEST_INFO_NULL};

NT_TEST_MAIN("layer.windows", tests)

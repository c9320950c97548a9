/** How the samples of a leaf are multiplied, and what a panel holds of them for that: their
 * numbers, or the digits that each rank makes of the samples at home there, once for all. */
#include "base/check.h"
#include "base/memory.h"
#include "kernel/digits.h"
#include "kernel/lanes.h"
#include "kernel/panel.h"
#include "layer/math.h"

#include <stdlib.h>
#include <string.h>

/* One number of each sample of a strip: kernel/gram.h. */
enum { STRIP_BYTES = 64 };

static int64_t channels(const nt_plan *plan, int leaf)
{
  return nt_facts_channels(&plan->node[leaf].facts);
}

static bool has_positions(const nt_plan *plan, int leaf)
{
  return nt_facts_space(&plan->node[leaf].facts).rank > 0;
}

int64_t nt_panel_room(const nt_plan *plan, int leaf, int64_t count)
{
  return has_positions(plan, leaf) ? count : nt_padded(count);
}

const nt_digits *nt_panel_digits(const nt_plan *plan, int leaf)
{
  const int64_t d = channels(plan, leaf);
  const bool some = plan->request.digits && !plan->node[leaf].given && !has_positions(plan, leaf) &&
                    d >= NT_DIGITS_LEAST && d <= NT_DIGITS_MOST;
  return some ? nt_digits_of(plan->request.dtype) : NULL;
}

int64_t nt_panel_digits_bytes(const nt_plan *plan, int leaf, int64_t count)
{
  const nt_digits *digits = nt_panel_digits(plan, leaf);
  return digits == NULL ? 0 : nt_padded(count) * nt_digits_sample(digits, channels(plan, leaf));
}

int64_t nt_panel_sample_bytes(const nt_plan *plan, int leaf, bool split)
{
  const nt_digits *digits = split ? nt_panel_digits(plan, leaf) : NULL;
  if (digits != NULL) return nt_digits_sample(digits, channels(plan, leaf));
  return nt_facts_positions(&plan->node[leaf].facts) * channels(plan, leaf) *
         (int64_t)nt_lanes_of(plan->request.dtype)->size;
}

static void split_leaf(const nt_digits *digits, const nt_samples *samples, int threads, char *to)
{
  enum { BLOCK = NT_LANES };
  const nt_lane_ops *lanes = nt_lanes_of(samples->dtype);
  const int64_t d = samples->channels, each = nt_digits_sample(digits, d);
#pragma omp parallel for schedule(static) num_threads(threads)
  for (int64_t i = 0; i < samples->local_n; i += BLOCK) {
    const int64_t left = samples->local_n - i, n = left < BLOCK ? left : BLOCK;
    const char *const x = (const char *)samples->data + i * d * (int64_t)lanes->size;
    double squares[BLOCK];
    lanes->squares(n, d, x, squares);
    digits->split(n, d, x, squares, to + i * each);
  }
}

nt_status nt_side_split(nt_error *err, const nt_plan *plan, const nt_side *side, int threads,
                        char ***out)
{
  nt_status status = NT_OK;
  void *memory;
  bool some = false;
  for (int l = 0; l < side->n_leaves; l++)
    some |= nt_panel_digits(plan, l) != NULL;
  if (!some) return NT_OK;
  NT_TRY(nt_calloc(err, side->n_leaves, sizeof(char *), "digits", &memory));
  *out = memory;
  for (int l = 0; l < side->n_leaves; l++) {
    const nt_digits *digits = nt_panel_digits(plan, l);
    if (digits == NULL) continue;
    NT_TRY(nt_alloc(err, side->leaf[l]->local_n, (size_t)nt_panel_sample_bytes(plan, l, true),
                    "digits of samples", &memory));
    (*out)[l] = memory;
    split_leaf(digits, side->leaf[l], threads, memory);
  }
done:
  return status;
}

void nt_split_destroy(const nt_plan *plan, char ***digits)
{
  for (int l = 0; *digits != NULL && l < plan->n_leaves; l++)
    free((*digits)[l]);
  free(*digits);
  *digits = NULL;
}

int64_t nt_side_split_bytes(const nt_plan *plan, int64_t n, int ranks)
{
  int64_t bytes = 0;
  for (int l = 0; l < plan->n_leaves; l++) {
    if (nt_panel_digits(plan, l) == NULL) continue;
    bytes += nt_numroc(n, NT_SAMPLE_BLOCK, 0, ranks) * nt_panel_sample_bytes(plan, l, true);
  }
  return bytes;
}

/* Whether samples of a leaf are put into strips; those that come as digits are not. */
static bool makes_strips(const nt_plan *plan, int leaf, bool split)
{
  return !plan->node[leaf].given && !has_positions(plan, leaf) &&
         !(split && nt_panel_digits(plan, leaf) != NULL);
}

int64_t nt_panel_strip_bytes(const nt_plan *plan, bool split)
{
  int64_t bytes = plan->near == NULL ? 0 : nt_panel_strip_bytes(plan->near, false);
  for (int l = 0; l < plan->n_leaves; l++) {
    if (makes_strips(plan, l, split)) bytes = NT_MAX(bytes, channels(plan, l) * STRIP_BYTES);
    if (plan->node[l].patch.rank > 0) bytes = NT_MAX(bytes, nt_panel_sample_bytes(plan, l, false));
  }
  return bytes;
}

/* A sample, `size` bytes a position of the data. */
static void cut(const nt_node *node, size_t size, const char *from, char *to)
{
  const nt_shape space = nt_facts_space(&node->facts), *patch = &node->patch;
  const int64_t window = nt_shape_size(patch), all = nt_shape_size(&space) * window;
  for (int64_t p = 0; p < all; p++) {
    int64_t position = 0, tap = 0, left = p, outer = 1, inner = 1;
    for (int a = space.rank - 1; a >= 0; a--) {
      const int64_t n = patch->dim[a], x = left % (space.dim[a] * n);
      position += x / n * outer;
      tap += x % n * inner;
      left /= space.dim[a] * n;
      outer *= space.dim[a];
      inner *= n;
    }
    memcpy(to + (size_t)(position * window + tap) * size, from + (size_t)p * size, size);
  }
}

nt_status nt_panel_cut(nt_error *err, const nt_plan *plan, nt_panel *panel)
{
  nt_status status = NT_OK;
  for (int l = 0; l < plan->n_leaves; l++) {
    const nt_node *node = &plan->node[l];
    void *sample;
    if (node->patch.rank == 0) continue;
    const int64_t bytes = nt_panel_sample_bytes(plan, l, false);
    const int64_t data = nt_facts_positions(&node->facts) * nt_shape_size(&node->patch);
    NT_TRY(nt_alloc(err, bytes, 1, "the patches of a sample", &sample));
    for (int64_t i = 0; i < panel->count; i++) {
      char *const at = panel->data[l] + i * bytes;
      memcpy(sample, at, (size_t)bytes);
      cut(node, (size_t)(bytes / data), sample, at);
    }
    free(sample);
  }
done:
  return status;
}

nt_status nt_panel_prepare(nt_error *err, const nt_plan *plan, nt_panel *panel)
{
  nt_status status = NT_OK;
  for (int l = 0; l < plan->n_leaves; l++) {
    const int64_t d = channels(plan, l);
    void *strip = NULL;
    if (!makes_strips(plan, l, panel->split)) continue;
    NT_TRY(nt_alloc(err, d, STRIP_BYTES, "a strip of samples", &strip));
    nt_lanes_of(plan->request.dtype)->interleave(panel->count, d, panel->data[l], strip);
    free(strip);
  }
done:
  return status;
}

void nt_panel_sample(const nt_plan *plan, const nt_panel *panel, int leaf, int64_t i, double *out)
{
  const nt_digits *digits = panel->split ? nt_panel_digits(plan, leaf) : NULL;
  const nt_lane_ops *lanes = nt_lanes_of(plan->request.dtype);
  const int64_t size = (int64_t)lanes->size, n = nt_panel_sample_bytes(plan, leaf, false) / size;
  const int64_t width = has_positions(plan, leaf) ? 1 : STRIP_BYTES / size;
  const char *from = panel->data[leaf] + (i / width * width * n + i % width) * size;
  if (digits != NULL)
    digits->numbers(n, panel->data[leaf], i, out);
  else if (width == 1)
    lanes->to_double(n, from, out);
  else
    for (int64_t c = 0; c < n; c++)
      lanes->to_double(1, from + c * width * size, &out[c]);
}

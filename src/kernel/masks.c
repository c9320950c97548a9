#include "kernel/masks.h"

nt_mask_order nt_mask_order_of(const nt_facts *facts, int64_t channels, int64_t n)
{
  nt_mask_order o = {
      .shape = facts->shape1, .batch = facts->batch_axis, .channel = facts->channel_axis};
  int64_t next = 1;
  o.shape.dim[o.batch] = n;
  o.shape.dim[o.channel] = channels;
  for (int a = o.shape.rank - 1; a >= 0; a--) {
    o.step[a] = next;
    next *= o.shape.dim[a];
  }
  return o;
}

/* Place in the order of the axes of entry `i` of [sample][position][channel]. */
static int64_t place_of(const nt_mask_order *o, int64_t first, int64_t i)
{
  const int64_t channels = o->shape.dim[o->channel];
  int64_t rest = i / channels, place = i % channels * o->step[o->channel];
  for (int a = o->shape.rank - 1; a >= 0; a--) {
    if (a == o->batch || a == o->channel) continue;
    place += rest % o->shape.dim[a] * o->step[a];
    rest /= o->shape.dim[a];
  }
  return place + (first + rest) * o->step[o->batch];
}

static int64_t entries(const nt_mask_order *o, int64_t count)
{
  for (int a = 0; a < o->shape.rank; a++)
    count *= a == o->batch ? 1 : o->shape.dim[a];
  return count;
}

void nt_mask_put(const nt_mask_order *order, int64_t first, int64_t count, const unsigned char *in,
                 unsigned char *mask)
{
  for (int64_t i = 0; i < entries(order, count); i++)
    mask[place_of(order, first, i)] = in[i];
}

void nt_mask_take(const nt_mask_order *order, int64_t first, int64_t count,
                  const unsigned char *mask, unsigned char *out)
{
  for (int64_t i = 0; i < entries(order, count); i++)
    out[i] = mask[place_of(order, first, i)];
}

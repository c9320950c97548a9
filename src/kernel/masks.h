/** Masks in the order in which they are computed, [sample][position][channel], and in that of the
 * axes of an activation, as the Kernel record has them. */
#ifndef NT_KERNEL_MASKS_H
#define NT_KERNEL_MASKS_H

#include "nt/typing.h"

/** The axes of the masks of n samples. */
typedef struct nt_mask_order {
  nt_shape shape; /**< Of all of them. */
  int batch, channel;
  int64_t step[NT_MAX_RANK]; /**< Entries from index to index. */
} nt_mask_order;

/** \param [in] channels  Of the masks, 1 or those of `facts`. Parallel: Local. */
nt_mask_order nt_mask_order_of(const nt_facts *facts, int64_t channels, int64_t n);
/** From `in` [count][position][channel] of samples first … into `mask`. Parallel: Local. */
void nt_mask_put(const nt_mask_order *order, int64_t first, int64_t count, const unsigned char *in,
                 unsigned char *mask);
/** The other way. Parallel: Local. */
void nt_mask_take(const nt_mask_order *order, int64_t first, int64_t count,
                  const unsigned char *mask, unsigned char *out);

#endif

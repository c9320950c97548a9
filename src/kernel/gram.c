#include "kernel/gram.h"

#include "base/clones.h"

#include <stdbool.h>
#include <string.h>

#define NT_TEMPLATE "kernel/gram_template.h"
#include "base/both_reals.h"

/* One strip has NT_WIDE_STRIP samples. No vectors: few samples are ever brought here. */
enum { NT_WIDE_STRIP = 64 / sizeof(long double) };

void nt_interleave_wide(int64_t count, int64_t d, void *samples, void *buffer)
{
  enum { W = NT_WIDE_STRIP };
  long double *strip = samples, *const copy = buffer;
  for (int64_t left = count; left > 0; left -= W, strip += W * d) {
    memcpy(copy, strip, (size_t)(W * d) * sizeof *copy);
    for (int64_t i = 0; i < W * d; i++)
      strip[i] = i % W < left ? copy[i % W * d + i / W] : 0;
  }
}

void nt_gram_wide(nt_gram_size size, const void *x1, const void *x2, void *to, int64_t ld)
{
  enum { W = NT_WIDE_STRIP };
  long double *const g = to;
  for (int64_t j = 0; j < size.n; j++) {
    const long double *const b = (const long double *)x2 + j / W * W * size.d + j % W;
    for (int64_t i = 0; i < size.m; i++) {
      const long double *const a = (const long double *)x1 + i / W * W * size.d + i % W;
      long double sum = 0;
      for (int64_t c = 0; c < size.d; c++)
        sum += a[c * W] * b[c * W];
      g[i + j * ld] = sum / (long double)size.d;
    }
  }
}

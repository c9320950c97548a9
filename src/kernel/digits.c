#include "kernel/digits_impl.h"

nt_status nt_digits_agree(nt_ctx *ctx, bool *all)
{
  int64_t lack = !nt_digits_can_run();
  const nt_status status = nt_ctx_largest(ctx, &lack);
  *all = lack == 0;
  return status;
}

int64_t nt_digits_sample(const nt_digits *digits, int64_t d)
{
  const nt_strip_layout layout = nt_strip_layout_of(d);
  int64_t bytes = NT_DIGITS_HEAD + layout.groups * digits->digits * NT_TILE_NUMBERS;
  if (layout.packed > 0) bytes += digits->digits * (NT_TILE_NUMBERS / layout.packed);
  return (bytes + NT_TILE_NUMBERS - 1) / NT_TILE_NUMBERS * NT_TILE_NUMBERS;
}

int64_t nt_digits_strip(const nt_digits *digits, int64_t d)
{
  return NT_DIGITS_STRIP * nt_digits_sample(digits, d);
}

const double *nt_digits_squares(const void *strip)
{
  return (const double *)strip + NT_DIGITS_STRIP;
}

int64_t nt_digits_padded(int64_t d)
{
  return (d + NT_TILE_NUMBERS - 1) / NT_TILE_NUMBERS * NT_TILE_NUMBERS;
}

#ifdef NT_HAVE_TILES

#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Leaf 7 of CPUID tells of the unit; Linux saves its registers for processes that have asked for
 * it. */
bool nt_digits_can_run(void)
{
  enum { REQUEST_PERMISSION = 0x1023, TILE_DATA = 18 };
  const unsigned unit = 1U << 24 | 1U << 25; /* tiles, their products of bytes */
  unsigned a, b, c, d;
  return __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512vbmi") && __get_cpuid_count(7, 0, &a, &b, &c, &d) &&
         (d & unit) == unit && syscall(SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA) == 0;
}

const nt_digits *nt_digits_of(nt_dtype dtype)
{
  static const nt_digits f64 = {7,
                                nt_digits_split_f64,
                                nt_digits_arrange_f64,
                                nt_digits_turn_f64,
                                nt_digits_gram_f64,
                                nt_digits_numbers_f64,
                                nt_digits_distances_f64};
  static const nt_digits f32 = {4,
                                nt_digits_split_f32,
                                nt_digits_arrange_f32,
                                nt_digits_turn_f32,
                                nt_digits_gram_f32,
                                nt_digits_numbers_f32,
                                nt_digits_distances_f32};
  return dtype == NT_FLOAT64 ? &f64 : &f32;
}

#else

bool nt_digits_can_run(void) { return false; }

const nt_digits *nt_digits_of(nt_dtype dtype)
{
  (void)dtype;
  return NULL;
}

#endif

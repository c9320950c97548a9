#include "base/number.h"

#include <byteswap.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

static void decode_half(const void *raw, int64_t n, double *out)
{
  const uint16_t *const in = raw;
  for (int64_t i = 0; i < n; i++) {
    const int exponent = in[i] >> 10 & 31, fraction = in[i] & 1023;
    double v = exponent == 0 ? ldexp(fraction, -24) : ldexp(fraction + 1024, exponent - 25);
    if (exponent == 31) v = fraction ? (double)NAN : (double)INFINITY;
    out[i] = in[i] >> 15 ? -v : v;
  }
}

#define DECODER(name, type)                                                                        \
  static void name(const void *raw, int64_t n, double *out)                                        \
  {                                                                                                \
    const type *const in = raw;                                                                    \
    for (int64_t i = 0; i < n; i++)                                                                \
      out[i] = (double)in[i];                                                                      \
  }

static void decode_bool(const void *raw, int64_t n, double *out)
{
  const unsigned char *const in = raw;
  for (int64_t i = 0; i < n; i++)
    out[i] = in[i] != 0;
}

DECODER(decode_i1, int8_t)
DECODER(decode_i2, int16_t)
DECODER(decode_i4, int32_t)
DECODER(decode_i8, int64_t)
DECODER(decode_u1, uint8_t)
DECODER(decode_u2, uint16_t)
DECODER(decode_u4, uint32_t)
DECODER(decode_u8, uint64_t)
DECODER(decode_f4, float)
DECODER(decode_f8, double)

static const struct {
  char kind;
  int size;
  const char *name;
  void (*decode)(const void *raw, int64_t n, double *out);
} numbers[] = {{'b', 1, "bool", decode_bool},  {'i', 1, "int8", decode_i1},
               {'i', 2, "int16", decode_i2},   {'i', 4, "int32", decode_i4},
               {'i', 8, "int64", decode_i8},   {'u', 1, "uint8", decode_u1},
               {'u', 2, "uint16", decode_u2},  {'u', 4, "uint32", decode_u4},
               {'u', 8, "uint64", decode_u8},  {'f', 2, "float16", decode_half},
               {'f', 4, "float32", decode_f4}, {'f', 8, "float64", decode_f8}};

enum { N_NUMBERS = sizeof numbers / sizeof numbers[0] };

static int find(nt_number type)
{
  for (int i = 0; i < N_NUMBERS; i++)
    if (numbers[i].kind == type.kind && numbers[i].size == type.size) return i;
  return -1;
}

bool nt_number_known(nt_number type) { return find(type) >= 0; }

const char *nt_number_name(nt_number type)
{
  const int i = find(type);
  return i < 0 ? "unknown" : numbers[i].name;
}

static void swap_bytes(void *raw, int64_t n, int size)
{
  uint16_t *const h = raw;
  uint32_t *const w = raw;
  uint64_t *const d = raw;
  for (int64_t i = 0; i < n && size == 2; i++)
    h[i] = bswap_16(h[i]);
  for (int64_t i = 0; i < n && size == 4; i++)
    w[i] = bswap_32(w[i]);
  for (int64_t i = 0; i < n && size == 8; i++)
    d[i] = bswap_64(d[i]);
}

void nt_number_decode(nt_number type, void *raw, int64_t n, double *out)
{
  const int i = find(type);
  if (type.swap) swap_bytes(raw, n, type.size);
  if (i >= 0) numbers[i].decode(raw, n, out);
}

/* To the nearest multiple of the spacing of half-precision numbers at v. */
static double round_half(double v)
{
  int exponent;
  (void)frexp(v, &exponent);
  const double step = ldexp(1, (exponent < -13 ? -13 : exponent) - 11);
  const double rounded = rint(v / step) * step;
  return fabs(rounded) > 65504 ? copysign((double)INFINITY, v) : rounded;
}

double nt_number_round(nt_number type, double v)
{
  if (type.kind != 'f' || type.size == 8 || !isfinite(v)) return v;
  return type.size == 4 ? (double)(float)v : round_half(v);
}

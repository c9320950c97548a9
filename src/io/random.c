/* random(50000,32,32,3): standard normal numbers, each a function of the
 * seed and its index alone. */
#include "base/check.h"
#include "base/mix.h"
#include "io/source.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double two_pi = 6.283185307179586;

static const char wanted[] =
    "%s: its sizes must be whole numbers above 0, with a product below 2^63, as in "
    "random(50000,32,32,3)";

nt_status nt_random_probe(nt_error *err, nt_source *s)
{
  nt_status status = NT_OK;
  const char *at = s->path + strlen("random(");
  int64_t total = 1;
  s->format = NT_FORMAT_RANDOM;
  s->type = (nt_number){.kind = 'f', .size = 8};
  do {
    char *end;
    at += *at == ',';
    const long long size = strtoll(at, &end, 10);
    NT_CHECK(end != at && size > 0 && s->shape.rank < NT_MAX_RANK &&
                 !__builtin_mul_overflow(total, (int64_t)size, &total),
             err, NT_ERR_ARG, wanted, s->path);
    s->shape.dim[s->shape.rank++] = size;
    for (at = end; isspace((unsigned char)*at);)
      at++;
  } while (*at == ',');
  NT_CHECK(strcmp(at, ")") == 0, err, NT_ERR_ARG, wanted, s->path);
done:
  return status;
}

static double uniform(uint64_t key, uint64_t counter)
{
  return ((double)(nt_mix(key ^ nt_mix(counter)) >> 11) + 0.5) * 0x1p-53;
}

static nt_status open_nothing(nt_error *err, nt_reader *r)
{
  (void)err, (void)r;
  return NT_OK;
}

static void close_nothing(nt_reader *r) { (void)r; }

/* Box-Muller. */
static nt_status run(nt_error *err, nt_reader *r, int64_t first, int64_t n, double *out)
{
  (void)err;
  const uint64_t key = nt_mix(r->source->seed);
  for (int64_t i = 0; i < n; i++) {
    const uint64_t counter = 2 * (uint64_t)(first + i);
    out[i] = sqrt(-2 * log(uniform(key, counter))) * cos(two_pi * uniform(key, counter + 1));
  }
  return NT_OK;
}

const nt_format nt_format_random = {.open = open_nothing, .close = close_nothing, .run = run};

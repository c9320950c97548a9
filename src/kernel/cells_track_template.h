/* Windows along tracks (plan/frame.h): cells laid out, summed, collected. Included by
 * cells_template.h. */

/* One to three lanes of x, `distance` apart. */
static inline __attribute__((always_inline)) void
NAME(add_some)(int64_t n, const int m, const real *x, int64_t distance, bool more, real *sums)
{
  NT_VECTOR_LOOP
  for (int64_t i = 0; i < n; i++) {
    real sum = x[i];
    if (m > 1) sum += x[i + distance];
    if (m > 2) sum += x[i + 2 * distance];
    sums[i] = more ? sums[i] + sum : sum;
  }
}

NT_CLONES static void NAME(add_lanes)(int64_t n, int m, const real *x, int64_t distance, bool more,
                                      real *sums)
{
  if (m == 1)
    NAME(add_some)(n, 1, x, distance, more, sums);
  else if (m == 2)
    NAME(add_some)(n, 2, x, distance, more, sums);
  else
    NAME(add_some)(n, 3, x, distance, more, sums);
}

/* Four lanes in place of the first of them. */
NT_CLONES static void NAME(join_lanes)(int64_t n, int64_t distance, real *x)
{
  NT_VECTOR_LOOP
  for (int64_t i = 0; i < n; i++)
    x[i] = (x[i] + x[i + distance]) + (x[i + 2 * distance] + x[i + 3 * distance]);
}

/* Digit by digit of the width to base 4: x holds sums of 1, 4, 16 ... places. */
static void NAME(slide)(int64_t n, int width, int64_t inner, void *in, void *out)
{
  real *const x = in, *const sums = out;
  const int64_t lanes = nt_padded(n - (width - 1) * inner); /* of whole windows */
  int64_t done = 0;                                         /* places that are summed */
  for (int64_t m = 1; m <= width; m *= 4) {
    const int some = (int)(width / m % 4);
    if (some > 0) NAME(add_lanes)(lanes, some, x + done * inner, m * inner, done > 0, sums);
    done += some * m;
    if (4 * m <= width) NAME(join_lanes)(nt_padded(n - (4 * m - 1) * inner), m * inner, x);
  }
}

/* Whole vectors, beyond the n-th lane too: what is written next covers it. */
static inline __attribute__((always_inline)) void NAME(write)(int32_t n, const real *in, real c,
                                                              real *out)
{
  for (int32_t i = 0; i < n; i += NT_LANES) {
    NT_VECTOR_LOOP
    for (int32_t k = i; k < i + NT_LANES; k++)
      out[k] = in[k] + c;
  }
}

static inline __attribute__((always_inline)) void NAME(clear)(int32_t n, real *out)
{
  for (int32_t i = 0; i < n; i += NT_LANES)
    memset(out + i, 0, NT_LANES * sizeof *out);
}

NT_CLONES static void NAME(lay_out)(int64_t rows, const nt_track *track, const void *in, int64_t ld,
                                    void *places)
{
  const real *x = in;
  real *to = places;
  for (int64_t o = 0; o < rows; o++, x += ld, to += track->n) {
    int32_t end = 0; /* of what is there */
    for (int s = 0; s < track->n_in; s++) {
      const nt_span *span = &track->in[s];
      NAME(clear)(span->place - end, to + end);
      NAME(write)(span->n, x + span->cell, 0, to + span->place);
      end = span->place + span->n;
    }
    NAME(clear)(track->n - end, to + end);
  }
}

NT_CLONES static void NAME(collect)(int64_t rows, const nt_track *track, const void *sums, double c,
                                    void *out, int64_t ld)
{
  const real *x = sums;
  real *to = out;
  for (int64_t o = 0; o < rows; o++, x += track->n, to += ld) {
    for (int s = 0; s < track->n_out; s++) {
      const nt_span *span = &track->out[s];
      const bool last = o == rows - 1 && s == track->n_out - 1;
      if (track->step == 1 && !last) {
        NAME(write)(span->n, x + span->place, (real)c, to + span->cell);
        continue;
      }
      for (int32_t i = 0; i < span->n; i++)
        to[span->cell + i] = x[span->place + i * track->step] + (real)c;
    }
  }
}

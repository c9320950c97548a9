/* Lanes to and from tables, tensors and outputs.
 * Included by cells_template.h. */

NT_CLONES static void NAME(pick)(int64_t n, const void *in, const int32_t *index, void *out)
{
  const real *from = in;
  real *to = out;
  NT_VECTOR_LOOP
  for (int64_t i = 0; i < n; i++)
    to[i] = from[index[i]];
}

static void NAME(strided)(int64_t n, const void *in, int64_t stride, void *out)
{
  const real *from = in;
  real *to = out;
  for (int64_t i = 0; i < n; i++)
    to[i] = from[i * stride];
}

NT_CLONES static void NAME(pick_double)(int64_t n, const double *in, const int32_t *index,
                                        void *out)
{
  real *to = out;
  NT_VECTOR_LOOP
  for (int64_t i = 0; i < n; i++)
    to[i] = (real)in[index[i]];
}

#define NT_SUM_WAYS 32

NT_CLONES static double NAME(sum)(int64_t n, const void *in)
{
  const real *v = in;
  real part[NT_SUM_WAYS] = {0};
  double sum = 0;
  int64_t i = 0;
  for (; i + NT_SUM_WAYS <= n; i += NT_SUM_WAYS) {
    for (int w = 0; w < NT_SUM_WAYS; w++)
      part[w] += v[i + w];
  }
  for (int w = 0; w < NT_SUM_WAYS; w++)
    sum += (double)part[w];
  for (; i < n; i++)
    sum += (double)v[i];
  return sum;
}

NT_CLONES static double NAME(dot)(int64_t n, const void *a, const void *b)
{
  const real *v = a, *w = b;
  real part[NT_SUM_WAYS] = {0};
  double sum = 0;
  int64_t i = 0;
  for (; i + NT_SUM_WAYS <= n; i += NT_SUM_WAYS) {
    for (int k = 0; k < NT_SUM_WAYS; k++)
      part[k] = FMA(v[i + k], w[i + k], part[k]);
  }
  for (int k = 0; k < NT_SUM_WAYS; k++)
    sum += (double)part[k];
  for (; i < n; i++)
    sum += (double)v[i] * (double)w[i];
  return sum;
}

/* All places, the last axis inner; `BODY` sees lane `i` and place `x`. */
#define FOR_PLACES(p, BODY)                                                                        \
  do {                                                                                             \
    const int last = (p)->rank - 1;                                                                \
    int32_t c[NT_MAX_RANK] = {0};                                                                  \
    int64_t i = 0;                                                                                 \
    bool more = true;                                                                              \
    while (more) {                                                                                 \
      int64_t base = 0;                                                                            \
      for (int a = 0; a < last; a++)                                                               \
        base += (p)->at[a][c[a]];                                                                  \
      const int64_t *const inner = (p)->at[last];                                                  \
      for (int32_t k = 0; k < (p)->n[last]; k++, i++) {                                            \
        const int64_t x = base + inner[k];                                                         \
        BODY;                                                                                      \
      }                                                                                            \
      more = false;                                                                                \
      for (int a = last - 1; a >= 0 && !more; a--) {                                               \
        more = ++c[a] < (p)->n[a];                                                                 \
        if (!more) c[a] = 0;                                                                       \
      }                                                                                            \
    }                                                                                              \
  } while (0)

static void NAME(put)(const nt_places *p, const void *in, void *tensor)
{
  const real *v = in;
  real *to = tensor;
  FOR_PLACES(p, to[x] = v[i]);
}

/* The places of an axis are mostly neighbours: run after run of them. */
NT_CLONES static void NAME(add_run)(int64_t n, const real *in, real *to)
{
  NT_VECTOR_LOOP
  for (int64_t i = 0; i < n; i++)
    to[i] += in[i];
}

static void NAME(add_row)(int32_t n, const int64_t *at, const real *in, real *to)
{
  for (int32_t k = 0, end = 0; k < n; k = end) {
    for (end = k + 1; end < n && at[end] == at[end - 1] + 1;)
      end++;
    NAME(add_run)(end - k, in + k, to + at[k]);
  }
}

static void NAME(add)(const nt_places *p, const void *in, void *tensor)
{
  const int last = p->rank - 1;
  const real *v = in;
  nt_places outer = *p;
  outer.n[last] = 1; /* one lane of each row: its first place */
  const int64_t origin[1] = {0}, *row = p->at[last];
  outer.at[last] = origin;
  FOR_PLACES(&outer, NAME(add_row)(p->n[last], row, v + i * p->n[last], (real *)tensor + x));
}

static void NAME(get_row)(int32_t n, const int64_t *at, const real *from, real *to)
{
  for (int32_t k = 0, end = 0; k < n; k = end) {
    for (end = k + 1; end < n && at[end] == at[end - 1] + 1;)
      end++;
    memcpy(to + k, from + at[k], (size_t)(end - k) * sizeof(real));
  }
}

static void NAME(get)(const nt_places *p, const void *tensor, void *out)
{
  const int last = p->rank - 1;
  real *v = out;
  nt_places outer = *p;
  outer.n[last] = 1;
  const int64_t origin[1] = {0}, *row = p->at[last];
  outer.at[last] = origin;
  FOR_PLACES(&outer, NAME(get_row)(p->n[last], row, (const real *)tensor + x, v + i * p->n[last]));
}

/* Two rows of a plane, or one (x == y): even and odd columns to `even` and `odd`,
 * or (one ring) their sums. */
static inline __attribute__((always_inline)) void
NAME(add_row_of_twos)(int64_t n, real weight, const real *x, const real *y, const bool two_rows,
                      const bool two_rings, real *restrict even, real *restrict odd)
{
  NT_VECTOR_LOOP
  for (int64_t c = 0; c < n; c++) {
    const real e = two_rows ? x[2 * c] + y[2 * c] : x[2 * c];
    const real o = two_rows ? x[2 * c + 1] + y[2 * c + 1] : x[2 * c + 1];
    even[c] = two_rings ? FMA(weight, e, even[c]) : FMA(weight, e + o, even[c]);
    if (two_rings) odd[c] = FMA(weight, o, odd[c]);
  }
}

/* Cells 2 o of ring r, both arguments of a pair shifted by r, belong to ring r / 2 of the twos,
 * cells 2 o + 1 to ring (r + 1) / 2, place o; rounded down. */
NT_CLONES static void NAME(add_twos)(const nt_twos *p, const void *in, void *tensor)
{
  const int64_t m = p->rows / 2, n = p->columns / 2, stride = n * n;
  const int64_t up = p->row_ring / 2, down = (p->row_ring + 1) / 2 % m;
  const int64_t left = p->column_ring / 2 * n, right = (p->column_ring + 1) / 2 % n * n;
  const real weight = (real)p->weight, *x = in;
  for (int64_t o = 0; o < m; o++, x += 2 * p->columns) {
    const real *const y = x + p->columns;
    real *first = (real *)tensor + (up * m + o) * stride;
    real *second = (real *)tensor + (down * m + o) * stride;
    if (up == down && left == right) {
      NAME(add_row_of_twos)(n, weight, x, y, true, false, first + left, NULL);
    } else if (up == down) {
      NAME(add_row_of_twos)(n, weight, x, y, true, true, first + left, first + right);
    } else if (left == right) {
      NAME(add_row_of_twos)(n, weight, x, x, false, false, first + left, NULL);
      NAME(add_row_of_twos)(n, weight, y, y, false, false, second + left, NULL);
    } else {
      NAME(add_row_of_twos)(n, weight, x, x, false, true, first + left, first + right);
      NAME(add_row_of_twos)(n, weight, y, y, false, true, second + left, second + right);
    }
  }
}

static bool NAME(put_double)(const nt_places *p, const void *in, double *tensor)
{
  const real *v = in;
  double bad = 0;
  FOR_PLACES(p, tensor[x] = (double)v[i]; bad += tensor[x] - tensor[x]);
  return bad == 0;
}

static void NAME(get_double)(const nt_places *p, const double *tensor, void *out)
{
  real *v = out;
  FOR_PLACES(p, v[i] = (real)tensor[x]);
}

#undef NT_SUM_WAYS
#undef FOR_PLACES

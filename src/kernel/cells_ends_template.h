/* Lanes to and from tables, tensors and outputs.
 * Included by cells_template.h. */

NT_CLONES static void NAME(gather_row)(int64_t n, const real *in, const int32_t *index, real *out)
{
  NT_VECTOR_LOOP
  for (int64_t i = 0; i < n; i++)
    out[i] = in[index[i]];
}

/* Rows of many cells: those that are neighbours in `in` go together. */
static void NAME(pick)(int64_t outer, int64_t stride, int64_t n, const void *in,
                       const int32_t *index, void *out)
{
  const bool by_runs = outer > 1 && n > NT_LANES;
  for (int64_t o = 0; !by_runs && o < outer; o++)
    NAME(gather_row)(n, (const real *)in + o * stride, index, (real *)out + o * n);
  for (int64_t first = 0, end; by_runs && first < n; first = end) {
    for (end = first + 1; end < n && index[end] == index[end - 1] + 1;)
      end++;
    const real *from = (const real *)in + index[first];
    real *to = (real *)out + first;
    for (int64_t o = 0; o < outer; o++)
      memcpy(to + o * n, from + o * stride, (size_t)(end - first) * sizeof(real));
  }
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

NT_CLONES static long double NAME(sum)(int64_t n, const void *in)
{
  const real *v = in;
  real part[NT_SUM_WAYS] = {0};
  SUM sum = 0;
  int64_t i = 0;
  for (; i + NT_SUM_WAYS <= n; i += NT_SUM_WAYS) {
    for (int w = 0; w < NT_SUM_WAYS; w++)
      part[w] += v[i + w];
  }
  for (int w = 0; w < NT_SUM_WAYS; w++)
    sum += (SUM)part[w];
  for (; i < n; i++)
    sum += (SUM)v[i];
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

/* All rows of the last axis; the statement sees their first lane `i` and what is added to places in
 * them, `base`. */
#define FOR_ROWS(p, ...)                                                                           \
  do {                                                                                             \
    const int last = (p)->rank - 1;                                                                \
    int32_t c[NT_MAX_RANK] = {0};                                                                  \
    int64_t i = 0;                                                                                 \
    for (bool more = nt_places_any(p); more; i += (p)->n[last]) {                                  \
      int64_t base = 0;                                                                            \
      for (int a = 0; a < last; a++)                                                               \
        base += (p)->at[a][c[a]];                                                                  \
      __VA_ARGS__;                                                                                 \
      more = false;                                                                                \
      for (int a = last - 1; a >= 0 && !more; a--) {                                               \
        more = ++c[a] < (p)->n[a];                                                                 \
        if (!more) c[a] = 0;                                                                       \
      }                                                                                            \
    }                                                                                              \
  } while (0)

/* All places: the statement sees lane `l` and place `x`. */
#define FOR_PLACES(p, ...)                                                                         \
  FOR_ROWS(                                                                                        \
      p, const int64_t *const row = (p)->at[last]; const int32_t row_n = (p)->n[last];             \
      for (int32_t k = 0; k < row_n; k++) {                                                        \
        const int64_t l = i + k, x = base + row[k];                                                \
        __VA_ARGS__;                                                                               \
      })

static void NAME(put)(const nt_places *p, const void *in, void *tensor)
{
  const real *v = in;
  real *to = tensor;
  FOR_PLACES(p, to[x] = v[l]);
}

/* Places of the last axis are mostly neighbours: runs of them, from `first` to the next run. */
static int32_t NAME(end_of_run)(const nt_places *p, int32_t first)
{
  const int64_t *const at = p->at[p->rank - 1];
  int32_t end = first + 1;
  while (end < p->n[p->rank - 1] && at[end] == at[end - 1] + 1)
    end++;
  return end;
}

NT_CLONES static void NAME(add_run)(int64_t n, const real *in, real *to)
{
  NT_VECTOR_LOOP
  for (int64_t i = 0; i < n; i++)
    to[i] += in[i];
}

NT_CLONES static void NAME(get_run)(int64_t n, const real *in, real *to)
{
  NT_VECTOR_LOOP
  for (int64_t i = 0; i < n; i++)
    to[i] = in[i];
}

static void NAME(add)(const nt_places *p, const void *in, void *tensor)
{
  const real *v = in;
  for (int32_t first = 0, end; first < p->n[p->rank - 1]; first = end) {
    real *to = (real *)tensor + p->at[p->rank - 1][first];
    end = NAME(end_of_run)(p, first);
    FOR_ROWS(p, NAME(add_run)(end - first, v + i + first, to + base));
  }
}

static void NAME(get)(const nt_places *p, const void *tensor, void *out)
{
  real *v = out;
  for (int32_t first = 0, end; first < p->n[p->rank - 1]; first = end) {
    const real *from = (const real *)tensor + p->at[p->rank - 1][first];
    end = NAME(end_of_run)(p, first);
    FOR_ROWS(p, NAME(get_run)(end - first, from + base, v + i + first));
  }
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
  const int64_t m = p->rows / 2, n = p->columns / 2, ring = m * n;
  const int64_t up = p->row_ring / 2 * n * ring, down = (p->row_ring + 1) / 2 % m * n * ring;
  const int64_t left = p->column_ring / 2 * ring, right = (p->column_ring + 1) / 2 % n * ring;
  const real weight = (real)p->weight, *x = in;
  real *first = (real *)tensor + up, *second = (real *)tensor + down;
  for (int64_t o = 0; o < m; o++, x += 2 * p->columns, first += n, second += n) {
    const real *const y = x + p->columns;
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
  FOR_PLACES(p, tensor[x] = (double)v[l]; bad += tensor[x] - tensor[x]);
  return bad == 0;
}

static void NAME(get_double)(const nt_places *p, const double *tensor, void *out)
{
  real *v = out;
  FOR_PLACES(p, v[l] = (real)tensor[x]);
}

#undef NT_SUM_WAYS
#undef FOR_PLACES
#undef FOR_ROWS

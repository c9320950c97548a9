/* Included by expansion_map.c once for each arithmetic of the tables: `real` and NAME(x). */

#define ROW1(r) (table1 + (r)*lanes->ld1 + at)
#define ROW2(r, i) ((double)table2[(r)*lanes->ld2 + (lanes->one2 ? 0 : at + (i))])

/* Pairs, and how much of them at most is in no term. Returns the number of terms that some of them have. */
static inline __attribute__((always_inline)) int NAME(prepare)(const nt_lanes *lanes, int64_t at,
                                                               int m, pairs *p)
{
  const real *const k = lanes->k, *const table1 = lanes->table1, *const table2 = lanes->table2;
  const bool with_dot = lanes->t_out != NULL;
  double terms = 0, count[CHUNK];
  NT_VECTOR_LOOP
  for (int i = 0; i < m; i++) {
    const double rho =
        (double)k[at + i] * (double)ROW1(NT_EXPANSION_ROOT)[i] * ROW2(NT_EXPANSION_ROOT, i);
    const double rest = (double)ROW1(NT_EXPANSION_REST)[i] * ROW2(NT_EXPANSION_REST, i);
    const double of_dot = (double)ROW1(NT_EXPANSION_REST_DOT)[i] * ROW2(NT_EXPANSION_REST_DOT, i);
    const double n1 = (double)ROW1(NT_EXPANSION_COUNT)[i], n2 = ROW2(NT_EXPANSION_COUNT, i);
    p->q11[i] = (double)ROW1(NT_EXPANSION_Q)[i];
    p->q22[i] = ROW2(NT_EXPANSION_Q, i);
    p->q12[i] = (double)k[at + i];
    p->rho[i] = NT_MIN(NT_MAX(rho, -1), 1);
    double power = p->rho[i];
    for (int e = 1; e < TERMS; e *= 2)
      power *= power;
    p->left[i] = power * (with_dot ? NT_MAX(rest, of_dot) : rest);
    count[i] = NT_MIN(n1, n2);
  }
  for (int i = 0; i < m; i++)
    terms = NT_MAX(terms, count[i]);
  return (int)terms;
}

/* sum = sum_k c_k(q11) c_k(q22) rho^k by Horner's rule, the coefficients in rows from `first` on. */
static inline __attribute__((always_inline)) void NAME(sum)(const nt_lanes *lanes, int64_t at,
                                                            int m, int first, int terms,
                                                            const double *rho, double *sum,
                                                            const bool one2)
{
  const real *const table1 = lanes->table1, *const table2 = lanes->table2;
  memset(sum, 0, CHUNK * sizeof *sum);
  for (int k = terms - 1; k >= 0; k--) {
    const real *const c1 = ROW1(first + k), *const c2 = table2 + (first + k) * lanes->ld2;
    const real *const of = one2 ? c2 : c2 + at;
    NT_VECTOR_LOOP
    for (int i = 0; i < m; i++)
      sum[i] = sum[i] * rho[i] + (double)c1[i] * (double)of[one2 ? 0 : i];
  }
}

NT_CLONES static void NAME(series)(const nt_lanes *lanes, int64_t at, int m, pairs *p)
{
  const int terms = NAME(prepare)(lanes, at, m, p);
  if (lanes->one2) {
    NAME(sum)(lanes, at, m, NT_EXPANSION_A, terms, p->rho, p->f, true);
    if (lanes->t_out) NAME(sum)(lanes, at, m, NT_EXPANSION_B, terms, p->rho, p->dot, true);
  } else {
    NAME(sum)(lanes, at, m, NT_EXPANSION_A, terms, p->rho, p->f, false);
    if (lanes->t_out) NAME(sum)(lanes, at, m, NT_EXPANSION_B, terms, p->rho, p->dot, false);
  }
}

void NAME(nt_expansion)(const nt_quadrature *rule, const nt_lanes *lanes, const nt_post *post)
{
  const real *const t = lanes->t;
  real *const k_out = lanes->k_out, *const t_out = lanes->t_out;
  for (int64_t at = 0; at < lanes->n; at += CHUNK) {
    const int m = (int)NT_MIN(lanes->n - at, (int64_t)CHUNK);
    pairs p;
    NAME(series)(lanes, at, m, &p);
    complete(rule, m, &p, t_out != NULL);
    for (int i = 0; i < m; i++) {
      if (t_out)
        t_out[at + i] =
            (real)(post->tf * p.f[i] + (post->tt * ((double)t[at + i] * p.dot[i]) + post->t0));
      k_out[at + i] = (real)(post->kf * p.f[i] + post->k0);
    }
  }
}

#undef ROW1
#undef ROW2

/* The map of expansion.h. */
#include "base/clones.h"
#include "layer/expansion.h"
#include "layer/math.h"

#include <string.h>

/* Lanes that are carried through all terms before the next ones: their rows stay in the first cache. */
enum { CHUNK = 8 * NT_LANES, TERMS = NT_EXPANSION_TERMS };
static const double WANTED = 1e-11;

typedef struct pairs {
  double q11[CHUNK], q22[CHUNK], q12[CHUNK], rho[CHUNK], left[CHUNK], f[CHUNK], dot[CHUNK];
} pairs;

/* What the terms leave out of those pairs that need more comes from the rule in two dimensions; which
 * ones depends on a pair alone. */
static void complete(const nt_quadrature *rule, int n, pairs *p, bool with_dot)
{
  double f[NT_LANES], dot[NT_LANES];
  for (int at = 0; at < n; at += NT_LANES) {
    bool more = false;
    for (int i = at; i < at + NT_LANES; i++)
      more |= !(p->left[i] <= WANTED);
    if (!more) continue;
    nt_quadrature_pairs(rule, NT_LANES, p->q11 + at, p->q22 + at, p->q12 + at, f,
                        with_dot ? dot : NULL);
    for (int i = 0; i < NT_LANES; i++) {
      if (p->left[at + i] <= WANTED) continue;
      p->f[at + i] = f[i];
      if (with_dot) p->dot[at + i] = dot[i];
    }
  }
}

#define real double
#define NAME(x) x##_f64
#include "layer/expansion_template.h"
#undef real
#undef NAME
#define real float
#define NAME(x) x##_f32
#include "layer/expansion_template.h"
#undef real
#undef NAME

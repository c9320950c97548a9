/* Included by function_run.c once for each arithmetic: `real` and NAME(x). */

NT_CLONES static void NAME(fill)(real *block, int n, real value)
{
  for (int i = 0; i < n; i++)
    block[i] = value;
}

/* Operands that an operation has not are its first one, so that all pointers are valid. */
static inline __attribute__((always_inline)) void
NAME(loop)(nt_operation op, int n, const real *const *operand, const real *const *differential,
           real *out, real *slope_out, const bool with_slope)
{
  const real *const a = operand[0], *const b = operand[1], *const c = operand[2];
  const real *const da = differential[0], *const db = differential[1], *const dc = differential[2];
  switch (op) {
#define NT_OPERATION_LOOP(id, name, operands, value, slope)                                        \
  case NT_OPERATION_##id:                                                                          \
    NT_VECTOR_LOOP                                                                                 \
    for (int i = 0; i < n; i++) {                                                                  \
      const real x = a[i], y = b[i], z = c[i], dx = da[i], dy = db[i], dz = dc[i],                 \
                 v = (real)(value);                                                                \
      (void)y, (void)z, (void)dx, (void)dy, (void)dz;                                              \
      if (with_slope) slope_out[i] = (real)(slope);                                                \
      out[i] = v;                                                                                  \
    }                                                                                              \
    return;
    NT_OPERATIONS(NT_OPERATION_LOOP)
#undef NT_OPERATION_LOOP
  case NT_OPERATION_COUNT:
    return;
  }
}

NT_CLONES static void NAME(run)(nt_operation op, int n, const real *const *operand, real *out)
{
  NAME(loop)(op, n, operand, operand, out, NULL, false);
}

NT_CLONES static void NAME(run_slope)(nt_operation op, int n, const real *const *operand,
                                      const real *const *differential, real *out, real *slope)
{
  NAME(loop)(op, n, operand, differential, out, slope, true);
}

/* out = x^whole, by the binary digits of |whole| - 1 and one more product; dx
 * not NULL: its differential. */
NT_CLONES static void NAME(raise)(int whole, int n, const real *x, const real *dx, real *out,
                                  real *slope)
{
  real below[BLOCK];
  const int size = abs(whole) - 1;
  NAME(fill)(below, n, 1);
  for (int digit = WHOLE; digit > 0; digit /= 2) {
    if (digit > size) continue;
    NT_VECTOR_LOOP
    for (int i = 0; i < n; i++)
      below[i] *= below[i];
    if (!(size & digit)) continue;
    NT_VECTOR_LOOP
    for (int i = 0; i < n; i++)
      below[i] *= x[i];
  }
  NT_VECTOR_LOOP
  for (int i = 0; i < n; i++) {
    const real power = below[i] * x[i], v = whole > 0 ? power : 1 / power;
    const real rate = (real)whole * (whole > 0 ? below[i] : v / x[i]);
    if (slope) slope[i] = dx[i] != 0 ? rate * dx[i] : 0;
    out[i] = v;
  }
}

/* Blocks that the steps read and write. */
typedef struct NAME(blocks) {
  real constant[NT_FUNCTION_CONSTANTS][BLOCK];
  real reg[NT_FUNCTION_REGISTERS][BLOCK];
} NAME(blocks);

/* Differentials of the steps that depend on one argument, and of the argument itself. */
typedef struct NAME(slopes) {
  int argument;
  bool depends[NT_FUNCTION_STEPS];
  real reg[NT_FUNCTION_REGISTERS][BLOCK];
  real one[BLOCK];
} NAME(slopes);

static const real NAME(zero)[BLOCK];

static void NAME(fill_constants)(const nt_function *f, int64_t n, NAME(blocks) * b)
{
  for (int i = 0; i < f->constants; i++)
    NAME(fill)(b->constant[i], n < BLOCK ? (int)n : BLOCK, (real)f->constant[i]);
}

static const real *NAME(find)(const nt_function *f, const NAME(blocks) * b, const real *const *arg,
                              int64_t at, nt_operand operand)
{
  switch (operand.kind) {
  case NT_OPERAND_ARGUMENT:
    return arg[operand.index] + at;
  case NT_OPERAND_CONSTANT:
    return b->constant[operand.index];
  default:
    return b->reg[f->step[operand.index].reg];
  }
}

static bool NAME(depends)(const NAME(slopes) * d, nt_operand operand)
{
  if (operand.kind == NT_OPERAND_STEP) return d->depends[operand.index];
  return operand.kind == NT_OPERAND_ARGUMENT && operand.index == d->argument;
}

static const real *NAME(find_slope)(const nt_function *f, const NAME(slopes) * d,
                                    nt_operand operand)
{
  if (!NAME(depends)(d, operand)) return NAME(zero);
  return operand.kind == NT_OPERAND_STEP ? d->reg[f->step[operand.index].reg] : d->one;
}

static void NAME(fill_slopes)(const nt_function *f, int64_t n, int argument, NAME(slopes) * d)
{
  d->argument = argument;
  NAME(fill)(d->one, n < BLOCK ? (int)n : BLOCK, 1);
  for (int s = 0; s < f->steps; s++) {
    d->depends[s] = false;
    for (int i = 0; i < 3; i++)
      d->depends[s] |= NAME(depends)(d, f->step[s].operand[i]);
  }
}

/* One step; d NULL, or a step that does not depend on the argument: its value alone. */
static void NAME(perform)(const nt_function *f, int s, const NAME(blocks) * b,
                          const NAME(slopes) * d, int n, const real *const *arg, int64_t at,
                          real *out, real *slope)
{
  const nt_function_step *const step = &f->step[s];
  const bool with_slope = d && d->depends[s];
  const int whole = whole_power(f, step);
  const real *operand[3], *differential[3] = {NULL};
  for (int i = 0; i < 3; i++) {
    operand[i] = NAME(find)(f, b, arg, at, step->operand[i]);
    if (with_slope) differential[i] = NAME(find_slope)(f, d, step->operand[i]);
  }
  if (whole != 0)
    NAME(raise)(whole, n, operand[0], differential[0], out, with_slope ? slope : NULL);
  else if (!with_slope)
    NAME(run)(step->op, n, operand, out);
  else if (step->op == NT_OPERATION_POW && !NAME(depends)(d, step->operand[1]))
    NAME(run_slope)(NT_OPERATION_POW_FIXED, n, operand, differential, out, slope);
  else
    NAME(run_slope)(step->op, n, operand, differential, out, slope);
}

/* All steps, block after block; the last step leaves its results where they belong. */
static void NAME(perform_all)(const nt_function *f, NAME(blocks) * b, NAME(slopes) * d, int64_t n,
                              const real *const *arg, real *out, real *slope)
{
  const nt_operand result = f->result;
  NAME(fill_constants)(f, n, b);
  for (int64_t at = 0; at < n; at += BLOCK) {
    const int width = n - at < BLOCK ? (int)(n - at) : BLOCK;
    for (int s = 0; s < f->steps; s++) {
      const int reg = f->step[s].reg;
      const bool last = result.kind == NT_OPERAND_STEP && result.index == s;
      NAME(perform)
      (f, s, b, d, width, arg, at, last ? out + at : b->reg[reg],
       last && d ? slope + at
       : d       ? d->reg[reg]
                 : NULL);
    }
    if (result.kind != NT_OPERAND_STEP)
      memmove(out + at, NAME(find)(f, b, arg, at, result), (size_t)width * sizeof *out);
    if (d && !(result.kind == NT_OPERAND_STEP && NAME(depends)(d, result)))
      memmove(slope + at, NAME(find_slope)(f, d, result), (size_t)width * sizeof *slope);
  }
}

void NAME(nt_function_eval)(const nt_function *f, int64_t n, const real *const *arg, real *out)
{
  NAME(blocks) b;
  if (f->call)
    NAME(call)(f, n, arg, out);
  else
    NAME(perform_all)(f, &b, NULL, n, arg, out, NULL);
}

void NAME(nt_function_slope)(const nt_function *f, int64_t n, const real *const *arg, int argument,
                             real *out, real *slope)
{
  NAME(blocks) b;
  NAME(slopes) d;
  if (f->call) {
    NAME(call_slope)(f, n, arg, argument, out, slope);
    return;
  }
  NAME(fill_slopes)(f, n, argument, &d);
  NAME(perform_all)(f, &b, &d, n, arg, out, slope);
}

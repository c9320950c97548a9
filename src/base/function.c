#include "base/function.h"

#include "base/check.h"
#include "base/clones.h"
#include "base/memory.h"
#include "base/option.h"
#include "base/vector_math.h"

#include <stdlib.h>
#include <string.h>

/* Values in flight: the registers that a function uses stay in the first cache; and the largest
 * whole exponent for which products are made. */
enum { BLOCK = 128, WHOLE = 16 };

static const struct {
  const char *name;
  int operands;
} operations[] = {
#define NT_OPERATION_ROW(id, name, operands, value, slope) [NT_OPERATION_##id] = {name, operands},
    NT_OPERATIONS(NT_OPERATION_ROW)
#undef NT_OPERATION_ROW
};

static const struct {
  const char *name;
  nt_operation op;
} aliases[] = {{"absolute", NT_OPERATION_ABS}, {"fabs", NT_OPERATION_ABS},
               {"power", NT_OPERATION_POW},    {"pow", NT_OPERATION_POW},
               {"max", NT_OPERATION_MAXIMUM},  {"min", NT_OPERATION_MINIMUM},
               {"asin", NT_OPERATION_ARCSIN},  {"acos", NT_OPERATION_ARCCOS},
               {"atan", NT_OPERATION_ARCTAN},  {"atan2", NT_OPERATION_ARCTAN2}};

const char *nt_operation_name(nt_operation op) { return operations[op].name; }

int nt_operation_operands(nt_operation op) { return operations[op].operands; }

static bool same(const char *known, const char *name, size_t length)
{
  return strlen(known) == length && memcmp(known, name, length) == 0;
}

bool nt_operation_find(const char *name, size_t length, nt_operation *op)
{
  for (int i = NT_OPERATION_WHERE; i < NT_OPERATION_COUNT; i++)
    if (same(operations[i].name, name, length)) {
      *op = (nt_operation)i;
      return true;
    }
  for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
    if (same(aliases[i].name, name, length)) {
      *op = aliases[i].op;
      return true;
    }
  return false;
}

NT_CLONES static void fill(double *block, int n, double value)
{
  for (int i = 0; i < n; i++)
    block[i] = value;
}

/* d(x^y): no logarithm where y is constant, no quotient where x is. */
static inline double pow_slope(double x, double y, double v, double dx, double dy)
{
  const double base = dx != 0 && y != 0 ? y * pow(x, y - 1) * dx : 0;
  return dy != 0 && v != 0 ? base + v * log(x) * dy : base;
}

/* Operands that an operation has not are its first one, so that all pointers are valid. */
NT_CLONES static void run(nt_operation op, int n, const double *const *operand, double *out)
{
  const double *const a = operand[0], *const b = operand[1], *const c = operand[2];
  switch (op) {
#define NT_OPERATION_LOOP(id, name, operands, value, slope)                                        \
  case NT_OPERATION_##id:                                                                          \
    NT_VECTOR_LOOP                                                                                 \
    for (int i = 0; i < n; i++) {                                                                  \
      const double x = a[i], y = b[i], z = c[i];                                                   \
      (void)y, (void)z;                                                                            \
      out[i] = value;                                                                              \
    }                                                                                              \
    return;
    NT_OPERATIONS(NT_OPERATION_LOOP)
#undef NT_OPERATION_LOOP
  case NT_OPERATION_COUNT:
    return;
  }
}

NT_CLONES static void run_slope(nt_operation op, int n, const double *const *operand,
                                const double *const *differential, double *out, double *slope_out)
{
  const double *const a = operand[0], *const b = operand[1], *const c = operand[2];
  const double *const da = differential[0], *const db = differential[1],
                      *const dc = differential[2];
  switch (op) {
#define NT_OPERATION_LOOP(id, name, operands, value, slope)                                        \
  case NT_OPERATION_##id:                                                                          \
    NT_VECTOR_LOOP                                                                                 \
    for (int i = 0; i < n; i++) {                                                                  \
      const double x = a[i], y = b[i], z = c[i], dx = da[i], dy = db[i], dz = dc[i], v = value;    \
      (void)y, (void)z, (void)dx, (void)dy, (void)dz;                                              \
      slope_out[i] = slope;                                                                        \
      out[i] = v;                                                                                  \
    }                                                                                              \
    return;
    NT_OPERATIONS(NT_OPERATION_LOOP)
#undef NT_OPERATION_LOOP
  case NT_OPERATION_COUNT:
    return;
  }
}

double nt_operation_apply(nt_operation op, const double operand[3])
{
  double out = 0;
  run(op, 1, (const double *const[]){operand, operand + 1, operand + 2}, &out);
  return out;
}

/* The exponent of a power with a whole constant one that a few products
 * make; 0 of all other steps. */
static int whole_power(const nt_function *f, const nt_function_step *step)
{
  const nt_operand exponent = step->operand[1];
  if (step->op != NT_OPERATION_POW || exponent.kind != NT_OPERAND_CONSTANT) return 0;
  const double y = f->constant[exponent.index];
  return fabs(y) <= WHOLE && y == (int)y ? (int)y : 0;
}

/* out = x^whole, by the binary digits of |whole| - 1 and one more product; dx
 * not NULL: its differential. */
NT_CLONES static void raise(int whole, int n, const double *x, const double *dx, double *out,
                            double *slope)
{
  double below[BLOCK];
  const int size = abs(whole) - 1;
  fill(below, n, 1);
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
    const double power = below[i] * x[i], v = whole > 0 ? power : 1 / power;
    const double rate = whole * (whole > 0 ? below[i] : v / x[i]);
    if (slope) slope[i] = dx[i] != 0 ? rate * dx[i] : 0;
    out[i] = v;
  }
}

/* Blocks that the steps read and write. */
typedef struct blocks {
  double constant[NT_FUNCTION_CONSTANTS][BLOCK];
  double reg[NT_FUNCTION_REGISTERS][BLOCK];
} blocks;

/* Differentials of the steps that depend on one argument, and of the argument itself. */
typedef struct slopes {
  int argument;
  bool depends[NT_FUNCTION_STEPS];
  double reg[NT_FUNCTION_REGISTERS][BLOCK];
  double one[BLOCK];
} slopes;

static const double zero[BLOCK];

static void fill_constants(const nt_function *f, int64_t n, blocks *b)
{
  for (int i = 0; i < f->constants; i++)
    fill(b->constant[i], n < BLOCK ? (int)n : BLOCK, f->constant[i]);
}

static const double *find(const nt_function *f, const blocks *b, const double *const *arg,
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

static bool depends(const slopes *d, nt_operand operand)
{
  if (operand.kind == NT_OPERAND_STEP) return d->depends[operand.index];
  return operand.kind == NT_OPERAND_ARGUMENT && operand.index == d->argument;
}

static const double *find_slope(const nt_function *f, const slopes *d, nt_operand operand)
{
  if (!depends(d, operand)) return zero;
  return operand.kind == NT_OPERAND_STEP ? d->reg[f->step[operand.index].reg] : d->one;
}

static void fill_slopes(const nt_function *f, int64_t n, int argument, slopes *d)
{
  d->argument = argument;
  fill(d->one, n < BLOCK ? (int)n : BLOCK, 1);
  for (int s = 0; s < f->steps; s++) {
    d->depends[s] = false;
    for (int i = 0; i < 3; i++)
      d->depends[s] |= depends(d, f->step[s].operand[i]);
  }
}

/* One step; d NULL, or a step that does not depend on the argument: its value alone. */
static void perform(const nt_function *f, int s, const blocks *b, const slopes *d, int n,
                    const double *const *arg, int64_t at, double *out, double *slope)
{
  const nt_function_step *const step = &f->step[s];
  const bool with_slope = d && d->depends[s];
  const int whole = whole_power(f, step);
  const double *operand[3], *differential[3] = {NULL};
  for (int i = 0; i < 3; i++) {
    operand[i] = find(f, b, arg, at, step->operand[i]);
    if (with_slope) differential[i] = find_slope(f, d, step->operand[i]);
  }
  if (whole != 0)
    raise(whole, n, operand[0], differential[0], out, with_slope ? slope : NULL);
  else if (!with_slope)
    run(step->op, n, operand, out);
  else if (step->op == NT_OPERATION_POW && !depends(d, step->operand[1]))
    run_slope(NT_OPERATION_POW_FIXED, n, operand, differential, out, slope);
  else
    run_slope(step->op, n, operand, differential, out, slope);
}

/* All steps, block after block; the last step leaves its results where they belong. */
static void perform_all(const nt_function *f, blocks *b, slopes *d, int64_t n,
                        const double *const *arg, double *out, double *slope)
{
  const nt_operand result = f->result;
  fill_constants(f, n, b);
  for (int64_t at = 0; at < n; at += BLOCK) {
    const int width = n - at < BLOCK ? (int)(n - at) : BLOCK;
    for (int s = 0; s < f->steps; s++) {
      const int reg = f->step[s].reg;
      const bool last = result.kind == NT_OPERAND_STEP && result.index == s;
      perform(f, s, b, d, width, arg, at, last ? out + at : b->reg[reg],
              last && d ? slope + at
              : d       ? d->reg[reg]
                        : NULL);
    }
    if (result.kind != NT_OPERAND_STEP)
      memmove(out + at, find(f, b, arg, at, result), (size_t)width * sizeof *out);
    if (d && !(result.kind == NT_OPERAND_STEP && depends(d, result)))
      memmove(slope + at, find_slope(f, d, result), (size_t)width * sizeof *slope);
  }
}

void nt_function_eval(const nt_function *f, int64_t n, const double *const *arg, double *out)
{
  if (f->call) {
    f->call(f->data, n, arg, out);
    return;
  }
  blocks b;
  perform_all(f, &b, NULL, n, arg, out, NULL);
}

/* A step of differences: on the scale of 1, of three arguments (a covariance and two variances) not
 * beyond that of the covariance. */
static double difference_step(const nt_function *f, const double *x)
{
  const double size = sqrt(fabs(x[1] * x[2])), one = fmax(1, fabs(x[0]));
  const double scale = f->arguments < 3 ? one : size > 0 ? fmin(size, 1) : 1;
  return ldexp(scale, -6);
}

/* Central differences of order 8 of somebody's own function. */
static double difference(const nt_function *f, const double *x, int argument)
{
  static const double weight[] = {4.0 / 5, -1.0 / 5, 4.0 / 105, -1.0 / 280};
  const double h = difference_step(f, x);
  double sum = 0;
  for (int i = 1; i <= 4; i++) {
    for (int side = -1; side <= 1; side += 2) {
      double at[NT_FUNCTION_ARGUMENTS], value;
      memcpy(at, x, sizeof at);
      at[argument] += side * i * h;
      f->call(f->data, 1, (const double *const[]){at, at + 1, at + 2}, &value);
      sum += side * weight[i - 1] * value;
    }
  }
  return sum / h;
}

static void own_slope(const nt_function *f, int64_t n, const double *const *arg, int argument,
                      double *out, double *slope)
{
  for (int64_t i = 0; i < n; i++) {
    double x[NT_FUNCTION_ARGUMENTS] = {0};
    const double *const at[] = {x, x + 1, x + 2};
    for (int a = 0; a < f->arguments; a++)
      x[a] = arg[a][i];
    if (f->own_slope && argument == 0)
      f->own_slope(f->data, 1, at, &slope[i]);
    else
      slope[i] = difference(f, x, argument);
    f->call(f->data, 1, at, &out[i]);
  }
}

void nt_function_slope(const nt_function *f, int64_t n, const double *const *arg, int argument,
                       double *out, double *slope)
{
  if (f->call) {
    own_slope(f, n, arg, argument, out, slope);
    return;
  }
  blocks b;
  slopes d;
  fill_slopes(f, n, argument, &d);
  perform_all(f, &b, &d, n, arg, out, slope);
}

/* The recursion is bounded by the nesting of the text that was read. */
static void write_operand(const nt_function *f, nt_operand operand, FILE *file)
{
  char number[40];
  if (operand.kind == NT_OPERAND_ARGUMENT) {
    fputs(f->name[operand.index], file);
  } else if (operand.kind == NT_OPERAND_CONSTANT) {
    const double x = f->constant[operand.index];
    /* The sign of a NaN is not printed. */
    const bool negative = signbit(x) && !isnan(x);
    fprintf(file, negative ? "(%s)" : "%s", nt_real_text(x, number, sizeof number));
  } else {
    const nt_function_step *const step = &f->step[operand.index];
    const int n = operations[step->op].operands;
    const bool is_function = step->op >= NT_OPERATION_WHERE;
    fprintf(file, "%s(", is_function || n == 1 ? operations[step->op].name : "");
    for (int i = 0; i < n; i++) {
      if (i) fprintf(file, is_function ? ", " : " %s ", operations[step->op].name);
      write_operand(f, step->operand[i], file);
    }
    fputc(')', file);
  }
}

void nt_function_write(const nt_function *f, FILE *file)
{
  if (f->call) {
    fprintf(file, "<%s>", f->own_name);
    return;
  }
  fputs("lambda ", file);
  for (int i = 0; i < f->arguments; i++)
    fprintf(file, i ? ", %s" : "%s", f->name[i]);
  fputs(": ", file);
  write_operand(f, f->result, file);
}

nt_status nt_function_closure(nt_error *err, const char *name, int arguments, nt_function_fn call,
                              nt_function_fn slope, void *data, nt_function **out)
{
  nt_status status = NT_OK;
  void *memory = NULL;
  *out = NULL;
  NT_CHECK(name && call, err, NT_ERR_ARG, "a function needs a name and a call");
  NT_CHECK(arguments >= 1 && arguments <= NT_FUNCTION_ARGUMENTS, err, NT_ERR_ARG,
           "the function %.60s of %d arguments: 1 to %d are possible", name, arguments,
           NT_FUNCTION_ARGUMENTS);
  NT_TRY(nt_calloc(err, 1, sizeof(nt_function), "a function", &memory));
  *out = memory;
  **out = (nt_function){
      .refs = 1, .call = call, .own_slope = slope, .data = data, .arguments = arguments};
  snprintf((*out)->own_name, sizeof(*out)->own_name, "%s", name);
done:
  return status;
}

nt_function *nt_function_retain(nt_function *f)
{
  if (f) f->refs++;
  return f;
}

void nt_function_release(nt_function **f)
{
  nt_function *const function = *f;
  *f = NULL;
  if (function && --function->refs == 0) free(function);
}

static bool same_operand(nt_operand a, nt_operand b)
{
  return a.kind == b.kind && a.index == b.index;
}

static bool same_step(const nt_function_step *a, const nt_function_step *b)
{
  return a->op == b->op && a->reg == b->reg && same_operand(a->operand[0], b->operand[0]) &&
         same_operand(a->operand[1], b->operand[1]) && same_operand(a->operand[2], b->operand[2]);
}

bool nt_function_equal(const nt_function *f, const nt_function *g)
{
  if (f == g) return true;
  if (!f || !g || f->call != g->call || f->data != g->data || f->own_slope != g->own_slope)
    return false;
  bool equal = f->arguments == g->arguments && f->constants == g->constants &&
               f->steps == g->steps && same_operand(f->result, g->result);
  for (int i = 0; equal && i < f->arguments; i++)
    equal = strcmp(f->name[i], g->name[i]) == 0;
  for (int i = 0; equal && i < f->constants; i++)
    equal = memcmp(&f->constant[i], &g->constant[i], sizeof(double)) == 0;
  for (int i = 0; equal && i < f->steps; i++)
    equal = same_step(&f->step[i], &g->step[i]);
  return equal;
}

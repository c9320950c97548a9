#include "net/function.h"

#include "base/check.h"
#include "base/clones.h"
#include "base/option.h"
#include "net/locale.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Values in flight: all registers of a block stay in L2 cache. */
enum { BLOCK = 256 };

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

/* Blocks that the steps read and write. */
typedef struct blocks {
  double constant[NT_FUNCTION_CONSTANTS][BLOCK];
  double reg[NT_FUNCTION_REGISTERS][BLOCK];
} blocks;

static void fill(double *block, int n, double value)
{
  for (int i = 0; i < n; i++)
    block[i] = value;
}

static void fill_constants(const nt_function *f, int64_t n, blocks *b)
{
  const int width = n < BLOCK ? (int)n : BLOCK;
  for (int i = 0; i < f->constants; i++)
    fill(b->constant[i], width, f->constant[i]);
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

void nt_function_eval(const nt_function *f, int64_t n, const double *const *arg, double *out)
{
  blocks b;
  fill_constants(f, n, &b);
  for (int64_t at = 0; at < n; at += BLOCK) {
    const int width = n - at < BLOCK ? (int)(n - at) : BLOCK;
    for (int s = 0; s < f->steps; s++) {
      const nt_step *const step = &f->step[s];
      const double *operand[3];
      for (int i = 0; i < 3; i++)
        operand[i] = find(f, &b, arg, at, step->operand[i]);
      run(step->op, width, operand, b.reg[step->reg]);
    }
    memmove(out + at, find(f, &b, arg, at, f->result), (size_t)width * sizeof *out);
  }
}

/* Differentials: of the steps, and the two constant ones. */
typedef struct slopes {
  double reg[NT_FUNCTION_REGISTERS][BLOCK];
  double zero[BLOCK], one[BLOCK];
} slopes;

static const double *find_slope(const nt_function *f, const slopes *d, int argument,
                                nt_operand operand)
{
  if (operand.kind == NT_OPERAND_STEP) return d->reg[f->step[operand.index].reg];
  return operand.kind == NT_OPERAND_ARGUMENT && operand.index == argument ? d->one : d->zero;
}

void nt_function_slope(const nt_function *f, int64_t n, const double *const *arg, int argument,
                       double *out, double *slope)
{
  blocks b;
  slopes d;
  fill_constants(f, n, &b);
  fill(d.zero, BLOCK, 0);
  fill(d.one, BLOCK, 1);
  for (int64_t at = 0; at < n; at += BLOCK) {
    const int width = n - at < BLOCK ? (int)(n - at) : BLOCK;
    for (int s = 0; s < f->steps; s++) {
      const nt_step *const step = &f->step[s];
      const double *operand[3], *differential[3];
      for (int i = 0; i < 3; i++) {
        operand[i] = find(f, &b, arg, at, step->operand[i]);
        differential[i] = find_slope(f, &d, argument, step->operand[i]);
      }
      run_slope(step->op, width, operand, differential, b.reg[step->reg], d.reg[step->reg]);
    }
    memmove(out + at, find(f, &b, arg, at, f->result), (size_t)width * sizeof *out);
    memmove(slope + at, find_slope(f, &d, argument, f->result), (size_t)width * sizeof *slope);
  }
}

/* The recursion is bounded by the nesting of the text that was read. */
static void write_operand(const nt_function *f, nt_operand operand, FILE *file)
{
  char number[40];
  if (operand.kind == NT_OPERAND_ARGUMENT) {
    fputs(f->name[operand.index], file);
  } else if (operand.kind == NT_OPERAND_CONSTANT) {
    const double x = f->constant[operand.index];
    fprintf(file, signbit(x) ? "(%s)" : "%s", nt_real_text(x, number, sizeof number));
  } else {
    const nt_step *const step = &f->step[operand.index];
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

nt_status nt_function_text(nt_error *err, const nt_function *f, char **out)
{
  nt_status status = NT_OK;
  size_t size = 0;
  FILE *file = NULL;
  nt_locale locale = {0};
  *out = NULL;
  NT_TRY(nt_locale_enter(err, &locale));
  file = open_memstream(out, &size);
  NT_CHECK(file, err, NT_ERR_NOMEM, "no memory for a formula");
  fputs("lambda ", file);
  for (int i = 0; i < f->arguments; i++)
    fprintf(file, i ? ", %s" : "%s", f->name[i]);
  fputs(": ", file);
  write_operand(f, f->result, file);
done:
  if (file && fclose(file) != 0)
    status = nt_fail(err, NT_ERR_NOMEM, __FILE__, __LINE__, __func__, "no memory for a formula");
  nt_locale_leave(&locale);
  return status;
}

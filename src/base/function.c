#include "base/function.h"

#include "base/check.h"
#include "base/memory.h"
#include "base/option.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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
  *out = NULL;
  NT_CHECK(name && call, err, NT_ERR_ARG, "a function needs a name and a call");
  NT_CHECK(arguments >= 1 && arguments <= NT_FUNCTION_ARGUMENTS, err, NT_ERR_ARG,
           "the function %.60s of %d arguments: 1 to %d are possible", name, arguments,
           NT_FUNCTION_ARGUMENTS);
  NT_TRY(nt_calloc(err, 1, sizeof(nt_function), "a function", out));
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

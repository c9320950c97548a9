#include "base/function.h"

#include <math.h>

static nt_parity product(nt_parity x, nt_parity y)
{
  if (x == NT_PARITY_NONE || y == NT_PARITY_NONE) return NT_PARITY_NONE;
  return x == y ? NT_PARITY_EVEN : NT_PARITY_ODD;
}

/* Of the exponent a constant counts, if it is whole. */
static nt_parity power(const nt_function *f, nt_operand exponent)
{
  const double y = exponent.kind == NT_OPERAND_CONSTANT ? f->constant[exponent.index] : 0.5;
  if (y != floor(y)) return NT_PARITY_NONE;
  return y / 2 == floor(y / 2) ? NT_PARITY_EVEN : NT_PARITY_ODD;
}

/* Of a step whose operands have parities x, y and z, not all of them even. */
static nt_parity of_step(const nt_function *f, const nt_function_step *step, nt_parity x,
                         nt_parity y, nt_parity z)
{
  switch (step->op) {
  case NT_OPERATION_NEG:
    return x;
  case NT_OPERATION_ADD:
  case NT_OPERATION_SUB:
    return x == y ? x : NT_PARITY_NONE;
  case NT_OPERATION_MUL:
  case NT_OPERATION_DIV:
    return product(x, y);
  case NT_OPERATION_POW:
    return x == NT_PARITY_ODD ? power(f, step->operand[1]) : NT_PARITY_NONE;
  case NT_OPERATION_WHERE:
    return x == NT_PARITY_EVEN && y == z ? y : NT_PARITY_NONE;
  case NT_OPERATION_ABS:
  case NT_OPERATION_SQUARE:
  case NT_OPERATION_COS:
  case NT_OPERATION_COSH:
    return product(x, x);
  case NT_OPERATION_SIGN:
  case NT_OPERATION_SIN:
  case NT_OPERATION_TAN:
  case NT_OPERATION_ARCSIN:
  case NT_OPERATION_ARCTAN:
  case NT_OPERATION_SINH:
  case NT_OPERATION_TANH:
  case NT_OPERATION_ERF:
    return x;
  default:
    return NT_PARITY_NONE;
  }
}

static nt_parity of_operand(nt_operand operand, const nt_parity *step)
{
  if (operand.kind == NT_OPERAND_STEP) return step[operand.index];
  return operand.kind == NT_OPERAND_ARGUMENT ? NT_PARITY_ODD : NT_PARITY_EVEN;
}

nt_parity nt_function_parity(const nt_function *f)
{
  nt_parity step[NT_FUNCTION_STEPS];
  if (f->call || f->arguments > 1) return NT_PARITY_NONE;
  for (int s = 0; s < f->steps; s++) {
    nt_parity x[3];
    for (int i = 0; i < 3; i++)
      x[i] = of_operand(f->step[s].operand[i], step);
    const bool even = x[0] == NT_PARITY_EVEN && x[1] == NT_PARITY_EVEN && x[2] == NT_PARITY_EVEN;
    step[s] = even ? NT_PARITY_EVEN : of_step(f, &f->step[s], x[0], x[1], x[2]);
  }
  return of_operand(f->result, step);
}

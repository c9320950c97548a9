/** Functions of one to three numbers: small register programs, run over whole arrays in blocks, and
 * differentiated by dual numbers over the same program. */
#ifndef NT_BASE_FUNCTION_H
#define NT_BASE_FUNCTION_H

#include "nt/function.h"
#include "nt/typing.h"

#include <stdio.h>

enum {
  NT_FUNCTION_ARGUMENTS = 3, /**< Most arguments. */
  NT_FUNCTION_CONSTANTS = 64,
  NT_FUNCTION_REGISTERS = 32,
  NT_FUNCTION_STEPS = 1000, /**< Most steps. */
  NT_FUNCTION_NAME = 32     /**< Longest name of an argument, with its zero. */
};

/** The one list of operations: id, name, number of operands, value, derivative. The last two are
 * written in the operands x, y, z, their differentials dx, dy, dz, and the value v. POW_FIXED, of
 * an exponent that does not change, is the evaluator's own: no program has it. */
#define NT_OPERATIONS(X)                                                                           \
  X(NEG, "-", 1, -x, -dx)                                                                          \
  X(ADD, "+", 2, x + y, dx + dy)                                                                   \
  X(SUB, "-", 2, x - y, dx - dy)                                                                   \
  X(MUL, "*", 2, (x * y), (x * dy + y * dx))                                                       \
  X(DIV, "/", 2, x / y, (dx - (v != 0 ? v * dy : 0)) / y)                                          \
  X(FLOOR_DIVIDE, "//", 2, floor(x / y), 0)                                                        \
  X(MOD, "%", 2, x - y * floor(x / y), dx - dy * floor(x / y))                                     \
  X(POW, "**", 2, pow(x, y),                                                                       \
    (dx != 0 && y != 0 ? y * pow(x, y - 1) * dx : 0) + (dy != 0 && v != 0 ? v * log(x) * dy : 0))  \
  X(POW_FIXED, "**", 2, pow(x, y), dx != 0 && y != 0 ? y * pow(x, y - 1) * dx : 0)                 \
  X(LESS, "<", 2, x < y, 0)                                                                        \
  X(LESS_EQUAL, "<=", 2, x <= y, 0)                                                                \
  X(GREATER, ">", 2, x > y, 0)                                                                     \
  X(GREATER_EQUAL, ">=", 2, x >= y, 0)                                                             \
  X(EQUAL, "==", 2, x == y, 0)                                                                     \
  X(NOT_EQUAL, "!=", 2, x != y, 0)                                                                 \
  X(WHERE, "where", 3, x != 0 ? y : z, x != 0 ? dy : dz)                                           \
  X(MAXIMUM, "maximum", 2, x >= y || x != x ? x : y, x > y ? dx : x < y ? dy : (dx + dy) / 2)      \
  X(MINIMUM, "minimum", 2, x <= y || x != x ? x : y, x < y ? dx : x > y ? dy : (dx + dy) / 2)      \
  X(ABS, "abs", 1, fabs(x), x > 0 ? dx : x < 0 ? -dx : 0)                                          \
  X(SIGN, "sign", 1, (x > 0) - (x < 0), 0)                                                         \
  X(SQUARE, "square", 1, (x * x), 2 * x * dx)                                                      \
  X(SQRT, "sqrt", 1, sqrt(x), dx != 0 ? dx / (2 * v) : 0)                                          \
  X(EXP, "exp", 1, exp(x), (v * dx))                                                               \
  X(EXPM1, "expm1", 1, expm1(x), (v + 1) * dx)                                                     \
  X(LOG, "log", 1, log(x), dx / x)                                                                 \
  X(LOG1P, "log1p", 1, log1p(x), dx / (1 + x))                                                     \
  X(LOGADDEXP, "logaddexp", 2, (x > y ? x : y) + log1p(exp(-fabs(x - y))),                         \
    (x > y ? dx + exp(-fabs(x - y)) * dy : dy + exp(-fabs(x - y)) * dx) / (1 + exp(-fabs(x - y)))) \
  X(SIN, "sin", 1, sin(x), sin(x + (real)1.5707963267948966) * dx)                                 \
  X(COS, "cos", 1, cos(x), cos(x + (real)1.5707963267948966) * dx)                                 \
  X(TAN, "tan", 1, tan(x), (1 + v * v) * dx)                                                       \
  X(ARCSIN, "arcsin", 1, asin(x), dx / sqrt(1 - x * x))                                            \
  X(ARCCOS, "arccos", 1, acos(x), -dx / sqrt(1 - x * x))                                           \
  X(ARCTAN, "arctan", 1, atan(x), dx / (1 + x * x))                                                \
  X(ARCTAN2, "arctan2", 2, atan2(x, y), (y * dx - x * dy) / (x * x + y * y))                       \
  X(SINH, "sinh", 1, sinh(x), cosh(x) * dx)                                                        \
  X(COSH, "cosh", 1, cosh(x), sinh(x) * dx)                                                        \
  X(TANH, "tanh", 1, tanh(x), (1 - v * v) * dx)                                                    \
  X(ERF, "erf", 1, erf(x), (real)1.1283791670955126 * NT_GAUSS(x * x) * dx)

#define NT_OPERATION_ENUM(id, name, operands, value, slope) NT_OPERATION_##id,
typedef enum nt_operation { NT_OPERATIONS(NT_OPERATION_ENUM) NT_OPERATION_COUNT } nt_operation;
#undef NT_OPERATION_ENUM

/** Name or symbol of an operation, and its number of operands. Parallel: Local. */
const char *nt_operation_name(nt_operation op);
int nt_operation_operands(nt_operation op);
/** Find a function by its name ("erf", also "absolute", "power", ...); false: none. Local. */
bool nt_operation_find(const char *name, size_t length, nt_operation *op);
/** One operation on three numbers (those that it has not are ignored). Parallel: Local. */
double nt_operation_apply(nt_operation op, const double operand[3]);

/** Where a step finds an operand. */
typedef struct nt_operand {
  enum { NT_OPERAND_ARGUMENT, NT_OPERAND_CONSTANT, NT_OPERAND_STEP } kind;
  int index;
} nt_operand;

/** register[reg] = op(operands) */
typedef struct nt_function_step {
  nt_operation op;
  nt_operand operand[3];
  int reg;
} nt_function_step;

/** A function: a program, or somebody's own. The value of a program is that of `result`. */
struct nt_function {
  int64_t refs;
  nt_function_fn call, own_slope; /**< Somebody's own, and its derivative or NULL; no program. */
  void *data;
  char own_name[NT_FUNCTION_NAME];
  int arguments;
  char name[NT_FUNCTION_ARGUMENTS][NT_FUNCTION_NAME];
  int constants;
  double constant[NT_FUNCTION_CONSTANTS];
  int steps;

  nt_operand result;
  nt_function_step step[]; /**< [steps] */
};

/** out[i] = f(arg[0][i], ...) for n values. `out` may be one of the arguments.
 * Parallel: Local. Cost: one vector loop per step and block of values; no allocation. */
void nt_function_eval_f64(const nt_function *f, int64_t n, const double *const *arg, double *out);
void nt_function_eval_f32(const nt_function *f, int64_t n, const float *const *arg, float *out);

/** The same, and slope[i] = df/d(arg[argument]) at the same place. Parallel: Local. */
void nt_function_slope_f64(const nt_function *f, int64_t n, const double *const *arg, int argument,
                           double *out, double *slope);
void nt_function_slope_f32(const nt_function *f, int64_t n, const float *const *arg, int argument,
                           float *out, float *slope);

/** Whether f(-x) = f(x) or -f(x), as far as the program of a function of
 * one argument shows. Local. */
typedef enum nt_parity { NT_PARITY_NONE, NT_PARITY_EVEN, NT_PARITY_ODD } nt_parity;
nt_parity nt_function_parity(const nt_function *f);

/** Text of the function as a lambda, to read back an equal one; <name> of somebody's own. Numbers
 * are written in the current locale. Parallel: Local. */
void nt_function_write(const nt_function *f, FILE *file);
/** Whether two functions are the same program, or the same function of somebody's own. Local. */
bool nt_function_equal(const nt_function *f, const nt_function *g);

#endif

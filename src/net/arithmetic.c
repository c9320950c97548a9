/* Operators on numbers, lists and tuples, as in Python. */
#include "base/check.h"
#include "net/eval.h"
#include "net/lexer.h"

#include <math.h>
#include <string.h>

static const struct {
  int symbol;
  const char *text;
} symbols[] = {{'+', "+"},
               {'-', "-"},
               {'*', "*"},
               {'/', "/"},
               {'%', "%"},
               {NT_SYMBOL_FLOOR_DIVIDE, "//"},
               {NT_SYMBOL_POWER, "**"}};

static const char *symbol_text(int symbol)
{
  for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++)
    if (symbols[i].symbol == symbol) return symbols[i].text;
  return NULL;
}

/* False on overflow. */
static bool int_power(int64_t base, int64_t exponent, int64_t *out)
{
  *out = 1;
  while (exponent > 0) {
    if (exponent & 1 && __builtin_mul_overflow(*out, base, out)) return false;
    exponent >>= 1;
    if (exponent > 0 && __builtin_mul_overflow(base, base, &base)) return false;
  }
  return true;
}

static int64_t floor_divide(int64_t a, int64_t b)
{
  const int64_t q = a / b;
  return a % b != 0 && (a < 0) != (b < 0) ? q - 1 : q;
}

/* False on overflow; the divisor is not 0. */
static bool int_operation(int symbol, int64_t a, int64_t b, int64_t *out)
{
  switch (symbol) {
  case '+':
    return !__builtin_add_overflow(a, b, out);
  case '-':
    return !__builtin_sub_overflow(a, b, out);
  case '*':
    return !__builtin_mul_overflow(a, b, out);
  case NT_SYMBOL_POWER:
    return int_power(a, b, out);
  case NT_SYMBOL_FLOOR_DIVIDE:
    if (b == -1) return !__builtin_sub_overflow(0, a, out);
    *out = floor_divide(a, b);
    return true;
  default: /* % */
    *out = b == -1 ? 0 : a - b * floor_divide(a, b);
    return true;
  }
}

static double real_operation(int symbol, double a, double b)
{
  switch (symbol) {
  case '+':
    return a + b;
  case '-':
    return a - b;
  case '*':
    return a * b;
  case '/':
    return a / b;
  case NT_SYMBOL_POWER:
    return pow(a, b);
  case NT_SYMBOL_FLOOR_DIVIDE:
    return floor(a / b);
  default: /* %, with the sign of b */
    a = fmod(a, b);
    return a != 0 && (a < 0) != (b < 0) ? a + b : a;
  }
}

static nt_status number(nt_evaluation *s, nt_spot spot, int symbol, nt_value left, nt_value right,
                        nt_value *out)
{
  nt_status status = NT_OK;
  const double a = nt_value_real(left), b = nt_value_real(right);
  const bool divides = symbol == '/' || symbol == '%' || symbol == NT_SYMBOL_FLOOR_DIVIDE;
  const bool ints = left.kind == NT_VALUE_INT && right.kind == NT_VALUE_INT && symbol != '/' &&
                    !(symbol == NT_SYMBOL_POWER && right.as.integer < 0);
  NT_CHECK_AT(s, !(divides && b == 0) && !(symbol == NT_SYMBOL_POWER && a == 0 && b < 0), spot,
              "division by zero");
  out->kind = ints ? NT_VALUE_INT : NT_VALUE_REAL;
  if (ints) {
    NT_CHECK_AT(s, int_operation(symbol, left.as.integer, right.as.integer, &out->as.integer), spot,
                "the integer is larger than 9223372036854775807; write a float, with a point");
    goto done;
  }
  const double x = real_operation(symbol, a, b);
  NT_CHECK_AT(s, !(symbol == NT_SYMBOL_POWER && a < 0 && isnan(x)), spot,
              "a power of a negative number that is not real");
  NT_CHECK_AT(s, isfinite(x) || !isfinite(a) || !isfinite(b), spot,
              "the number is larger than a float can be");
  out->as.real = x;
done:
  return status;
}

static nt_status repeat(nt_evaluation *s, nt_spot spot, nt_value list, int64_t times, nt_value *out)
{
  nt_status status = NT_OK;
  const nt_sequence *const from = list.as.sequence;
  int64_t n;
  if (times < 0) times = 0;
  NT_CHECK_AT(s, !__builtin_mul_overflow(from->n, times, &n) && n <= NT_MAX_ELEMENTS, spot,
              "%lld copies of %lld values are more than %d values", (long long)times,
              (long long)from->n, NT_MAX_ELEMENTS);
  NT_TRY_AT(s, spot, nt_pool_sequence(&inner, &s->pool, n, &out->as.sequence));
  out->kind = list.kind;
  for (int64_t i = 0; i < n; i++)
    out->as.sequence->value[i] = from->value[i % from->n];
done:
  return status;
}

static nt_status concatenate(nt_evaluation *s, nt_spot spot, nt_value left, nt_value right,
                             nt_value *out)
{
  nt_status status = NT_OK;
  const nt_sequence *const a = left.as.sequence, *const b = right.as.sequence;
  NT_TRY_AT(s, spot, nt_pool_sequence(&inner, &s->pool, a->n + b->n, &out->as.sequence));
  out->kind = left.kind;
  memcpy(out->as.sequence->value, a->value, (size_t)a->n * sizeof(nt_value));
  memcpy(out->as.sequence->value + a->n, b->value, (size_t)b->n * sizeof(nt_value));
done:
  return status;
}

nt_status nt_eval_binary(nt_evaluation *s, nt_spot spot, int symbol, nt_value left, nt_value right,
                         nt_value *out)
{
  nt_status status = NT_OK;
  char a[100], b[100];
  const bool list1 = nt_value_is_sequence(left), list2 = nt_value_is_sequence(right);
  const char *const text = symbol_text(symbol);
  NT_CHECK_AT(s, text, spot,
              "comparisons have a place in functions only, as in "
              "'lambda x: where(x > 0, x, 0)'");
  if (nt_value_is_number(left) && nt_value_is_number(right))
    return number(s, spot, symbol, left, right, out);
  if (symbol == '*' && list1 && right.kind == NT_VALUE_INT)
    return repeat(s, spot, left, right.as.integer, out);
  if (symbol == '*' && list2 && left.kind == NT_VALUE_INT)
    return repeat(s, spot, right, left.as.integer, out);
  if (symbol == '+' && list1 && left.kind == right.kind)
    return concatenate(s, spot, left, right, out);
  NT_FAIL_AT(s, NT_ERR_NETWORK, spot, "'%s' does not go with %s and %s", text,
             nt_value_describe(left, a, sizeof a), nt_value_describe(right, b, sizeof b));
done:
  return status;
}

nt_status nt_eval_unary(nt_evaluation *s, nt_spot spot, int symbol, nt_value operand, nt_value *out)
{
  nt_status status = NT_OK;
  char found[100];
  NT_CHECK_AT(s, nt_value_is_number(operand), spot, "'%c' needs a number; found %s", symbol,
              nt_value_describe(operand, found, sizeof found));
  *out = operand;
  if (symbol == '+') goto done;
  if (operand.kind == NT_VALUE_REAL)
    out->as.real = -operand.as.real;
  else
    NT_CHECK_AT(s, !__builtin_sub_overflow(0, operand.as.integer, &out->as.integer), spot,
                "the integer is larger than 9223372036854775807; write a float, with a point");
done:
  return status;
}

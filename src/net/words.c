#include "net/words.h"

#include "base/function.h"
#include "base/option.h"
#include "layer/registry.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

/* Words that are no layers. */
static const char *const other_words[] = {"serial", "parallel", "repeat", "load",  "array",
                                          "Slice",  "lambda",   "True",   "False", "None"};

#define NT_ELU "Elementwise('where(x > 0, x, exp(x) - 1)', kinks=[0])"
#define NT_SELU                                                                                    \
  "Elementwise('1.0507009873554805 * where(x > 0, x, 1.6732632423543772 * (exp(x) - 1))', "        \
  "kinks=[0])"

static const struct {
  const char *word, *advice;
} alternatives[] = {
    {"MaxPool", "has no closed-form kernel; use AvgPool"},
    {"BatchNorm", "has no closed-form kernel; use LayerNorm"},
    {"GroupNorm", "has no closed-form kernel; use LayerNorm"},
    {"InstanceNorm", "has no closed-form kernel; use LayerNorm"},
    {"Softmax", "has no closed-form kernel; leave it out: kernels are those of the logits"},
    {"LogSoftmax", "has no closed-form kernel; leave it out: kernels are those of the logits"},
    {"LSTM", "has no closed-form kernel here; unroll it with serial, FanOut and FanInSum"},
    {"GRU", "has no closed-form kernel here; unroll it with serial, FanOut and FanInSum"},
    {"RNN", "has no closed-form kernel here; unroll it with serial, FanOut and FanInSum"},
    {"Embedding", "has no kernel; give one-hot inputs to Dense"},
    {"Tanh", "has no closed-form kernel; use Erf, which is close, or Elementwise('tanh(x)')"},
    {"Sigmoid", "has no closed-form kernel; use Sigmoid_like, which is close, or "
                "Elementwise('1 / (1 + exp(-x))')"},
    {"ELU", "has no closed-form kernel; use " NT_ELU},
    {"SELU", "has no closed-form kernel; use " NT_SELU},
    {"Softplus", "has no closed-form kernel; use Elementwise('log(1 + exp(x))')"},
    {"Softsign", "has no closed-form kernel; use Elementwise('x / (1 + abs(x))', kinks=[0])"},
    {"Swish", "has no closed-form kernel; use Elementwise('x / (1 + exp(-x))')"},
    {"SiLU", "has no closed-form kernel; use Elementwise('x / (1 + exp(-x))')"},
    {"Hardswish", "has no closed-form kernel; use "
                  "Elementwise('x * minimum(maximum(x + 3, 0), 6) / 6', kinks=[-3, 3])"},
    {"Mish", "has no closed-form kernel; use Elementwise('x * tanh(log(1 + exp(x)))')"},
    {"Hardtanh", "has no closed-form kernel; use "
                 "Elementwise('minimum(maximum(x, -1), 1)', kinks=[-1, 1])"},
    {"ReLU6", "has no closed-form kernel; use "
              "Elementwise('minimum(maximum(x, 0), 6)', kinks=[0, 6])"},
    {"PReLU", "has no closed-form kernel; use LeakyRelu(alpha)"},
    {"GELU", "is written Gelu here"},
    {"Linear", "is written Dense here"},
    {"FullyConnected", "is written Dense here"},
    {"Sequential", "is written serial here"},
    {"Conv2D", "is written Conv here, with a filter shape of as many numbers as there are axes"},
    {"GeneralConv", "is written Conv here, with dimension_numbers"},
    {"GeneralConvTranspose", "is written ConvTranspose here, with dimension_numbers"},
    {"AvgPool2D", "is written AvgPool here"},
    {"MultiHeadAttention", "is written GlobalSelfAttention here"},
    {"Attention", "is written GlobalSelfAttention here"},
    {"Add", "is written FanInSum here"},
    {"Multiply", "is written FanInProd here"},
    {"Concatenate", "is written FanInConcat here"},
    {"Reshape", "has no kernel but that of Flatten"},
    {"Upsample", "is written ImageResize here"},
};

static const struct {
  const char *text;
  nt_prefix prefix;
} prefixes[] = {{"stax", NT_PREFIX_STAX},
                {"nt.stax", NT_PREFIX_STAX},
                {"neural_tangents.stax", NT_PREFIX_STAX},
                {"np", NT_PREFIX_NUMPY},
                {"jnp", NT_PREFIX_NUMPY},
                {"numpy", NT_PREFIX_NUMPY},
                {"jax.numpy", NT_PREFIX_NUMPY},
                {"math", NT_PREFIX_NUMPY},
                {"scipy.special", NT_PREFIX_NUMPY},
                {"jax.scipy.special", NT_PREFIX_NUMPY},
                {"Padding", NT_PREFIX_ENUM},
                {"AggregateImplementation", NT_PREFIX_ENUM},
                {"AttentionMechanism", NT_PREFIX_ENUM},
                {"PositionalEmbedding", NT_PREFIX_ENUM}};

#define COUNT(table) (sizeof(table) / sizeof *(table))

static nt_prefix find_prefix(const char *name, size_t length)
{
  for (size_t i = 0; i < COUNT(prefixes); i++)
    if (strlen(prefixes[i].text) == length && memcmp(prefixes[i].text, name, length) == 0)
      return prefixes[i].prefix;
  return NT_PREFIX_UNKNOWN;
}

nt_prefix nt_word_prefix(const char *name, const char **rest)
{
  const char *const dot = strrchr(name, '.');
  *rest = dot ? dot + 1 : name;
  if (!dot) return NT_PREFIX_NONE;
  const nt_prefix prefix = find_prefix(name, (size_t)(dot - name));
  if (prefix != NT_PREFIX_UNKNOWN) return prefix;
  /* stax.Padding.SAME: the prefix of the prefix is that of stax. */
  const char *word = dot;
  while (word > name && word[-1] != '.')
    word--;
  if (word == name || find_prefix(name, (size_t)(word - name) - 1) != NT_PREFIX_STAX)
    return NT_PREFIX_UNKNOWN;
  const nt_prefix inner = find_prefix(word, (size_t)(dot - word));
  return inner == NT_PREFIX_ENUM ? inner : NT_PREFIX_UNKNOWN;
}

/* Letters and digits of a word, but the number of dimensions at its end. */
static size_t simplify(const char *word, char *out, size_t size)
{
  size_t n = 0;
  for (; *word != '\0' && n + 1 < size; word++)
    if (*word != '_') out[n++] = (char)tolower((unsigned char)*word);
  if (n > 2 && out[n - 1] == 'd' && out[n - 2] >= '1' && out[n - 2] <= '3') n -= 2;
  out[n] = '\0';
  return n;
}

const char *nt_word_alternative(const char *word)
{
  char simple[NT_MAX_WORD + 1], known[NT_MAX_WORD + 1];
  const size_t n = simplify(word, simple, sizeof simple);
  for (size_t i = 0; i < COUNT(alternatives); i++)
    if (simplify(alternatives[i].word, known, sizeof known) == n && strcmp(simple, known) == 0)
      return alternatives[i].advice;
  return NULL;
}

const char *nt_word_foreign(int index)
{
  return index >= 0 && index < (int)COUNT(alternatives) ? alternatives[index].word : NULL;
}

void nt_words_suggest(nt_suggestion *suggestion)
{
  for (int i = 0; i < nt_layer_count(); i++)
    nt_suggest(suggestion, nt_layer_at(i)->name);
  for (size_t i = 0; i < COUNT(other_words); i++)
    nt_suggest(suggestion, other_words[i]);
}

void nt_words_suggest_functions(nt_suggestion *suggestion)
{
  for (int i = NT_OPERATION_WHERE; i < NT_OPERATION_COUNT; i++)
    nt_suggest(suggestion, nt_operation_name((nt_operation)i));
}

bool nt_word_is_choice(const char *word)
{
  for (int i = 0; i < nt_layer_count(); i++) {
    const nt_layer_ops *const ops = nt_layer_at(i);
    for (int k = 0; k < ops->n_opts; k++)
      if (nt_opt_choice(&ops->opts[k], word, strlen(word)) >= 0) return true;
  }
  return false;
}

bool nt_word_constant(const char *word, double *value)
{
  static const struct {
    const char *word;
    double value;
  } constants[] = {{"pi", 3.14159265358979323846},
                   {"e", 2.71828182845904523536},
                   {"inf", INFINITY},
                   {"nan", NAN}};
  for (size_t i = 0; i < COUNT(constants); i++)
    if (strcmp(word, constants[i].word) == 0) {
      *value = constants[i].value;
      return true;
    }
  return false;
}

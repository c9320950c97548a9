/* The network texts of the reference values: they parse, and print to a text of the same meaning.
 * tests/net/data/golden.txt: blocks of "--- ok|error NAME" and the text; "error" ones are wrong
 * somewhere, most only with their inputs. */
#include "layer/registry.h"
#include "net/words.h"
#include "nt/stax.h"
#include "nt_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct counts {
  int texts, parsed, wrong;
} counts;

static void round_trip(const char *name, const char *text, counts *count)
{
  nt_error err = {0};
  nt_layer *layer = NULL, *again = NULL;
  char *first = NULL, *second = NULL;
  const nt_status status = nt_network_parse(&err, text, name, &layer);
  count->texts++;
  count->parsed += status == NT_OK;
  if (status != NT_OK) return;
  if (nt_layer_text(&err, layer, &first) != NT_OK ||
      nt_network_parse(&err, first, name, &again) != NT_OK ||
      nt_layer_text(&err, again, &second) != NT_OK || strcmp(first, second) != 0) {
    count->wrong++;
    fprintf(stderr, "%s: %s\n", name, err.message);
  }
  free(first);
  free(second);
  nt_layer_release(&layer);
  nt_layer_release(&again);
}

static void test_texts(void)
{
  size_t size;
  counts ok = {0}, error = {0};
  char *const all = nt_test_read(NT_GOLDEN_TEXTS, &size);
  NT_TEST(all != NULL);
  for (char *block = all; block;) {
    char *const text = strchr(block, '\n') + 1, *const next = strstr(text, "\n--- ");
    text[-1] = '\0';
    if (next) *next = '\0';
    const bool is_ok = strncmp(block, "--- ok ", 7) == 0;
    round_trip(block + (is_ok ? 7 : 10), text, is_ok ? &ok : &error);
    block = next ? next + 1 : NULL;
  }
  free(all);
  NT_TEST_MSG(ok.texts > 400 && ok.wrong + error.wrong == 0, "%d texts, %d differ", ok.texts,
              ok.wrong);
  NT_TEST_MSG(ok.parsed == ok.texts, "%d parsed of %d", ok.parsed, ok.texts);
}

/* Those of neural_tangents.stax 0.6.6. */
static void test_names(void)
{
  static const char *const names[] = {
      "ABRelu",       "Abs",           "Aggregate", "AvgPool",     "Conv",
      "ConvLocal",    "ConvTranspose", "Cos",       "Dense",       "DotGeneral",
      "Dropout",      "Elementwise",   "Erf",       "Exp",         "ElementwiseNumerical",
      "FanInConcat",  "FanInProd",     "FanInSum",  "FanOut",      "ExpNormalized",
      "Flatten",      "Gabor",         "Gaussian",  "Gelu",        "GlobalAvgPool",
      "Hermite",      "Identity",      "Index",     "ImageResize", "GlobalSelfAttention",
      "LayerNorm",    "LeakyRelu",     "Monomial",  "Polynomial",  "GlobalSumPool",
      "Rbf",          "Relu",          "Sign",      "Sin",         "RectifiedMonomial",
      "Sigmoid_like", "SumPool"};
  const int n = sizeof names / sizeof *names;
  NT_TEST_MSG(nt_layer_count() == n, "%d layers, %d names", nt_layer_count(), n);
  for (int i = 0; i < n; i++)
    NT_TEST_MSG(nt_layer_find(names[i]) != NULL, "%s", names[i]);
}

static const CU_TestInfo tests[] = {{"all texts parse; print and parse is identity", test_texts},
                                    {"the layers are those of the reference", test_names},
                                    CU_TEST_INFO_NULL};
NT_TEST_MAIN("net.golden", tests)

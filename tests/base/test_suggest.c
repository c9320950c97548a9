/* The closest known word. */
#include "base/suggest.h"
#include "nt_test.h"

#include <string.h>

static void test_distance(void)
{
  NT_TEST(nt_word_distance("Relu", "Relu") == 0);
  NT_TEST(nt_word_distance("", "abc") == 6);
  NT_TEST(nt_word_distance("Rleu", "Relu") == 2);
  NT_TEST(nt_word_distance("Reluu", "Relu") == 2);
  NT_TEST(nt_word_distance("relu", "Relu") == 1);
  NT_TEST(nt_word_distance("Sigmoidlike", "Sigmoid_like") == 1);
  NT_TEST(nt_word_distance("Conv", "Dense") == nt_word_distance("Dense", "Conv"));
}

static void test_long_words(void)
{
  char word[NT_MAX_WORD + 2];
  memset(word, 'a', sizeof word);
  word[NT_MAX_WORD + 1] = '\0';
  NT_TEST(nt_word_distance(word, "a") == -1);
  word[NT_MAX_WORD] = '\0';
  NT_TEST(nt_word_distance(word, "a") == 2 * (NT_MAX_WORD - 1));
}

static const char *closest(const char *word)
{
  static const char *const known[] = {"Relu", "LeakyRelu", "Dense", "W_std", "Sin", "a"};
  nt_suggestion suggestion = {.word = word};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    nt_suggest(&suggestion, known[i]);
  return suggestion.best ? suggestion.best : "";
}

static void test_closest(void)
{
  char text[64];
  NT_TEST(strcmp(closest("leakyrelu"), "LeakyRelu") == 0);
  NT_TEST(strcmp(closest("Dens"), "Dense") == 0);
  NT_TEST(strcmp(closest("w_std"), "W_std") == 0);
  NT_TEST(strcmp(closest("DENSE"), "Dense") == 0);
  NT_TEST(strcmp(closest("Transformer"), "") == 0);
  NT_TEST(strcmp(closest("b"), "") == 0);
  nt_suggestion none = {.word = "x"}, some = {.word = "Rleu"};
  nt_suggest(&some, "Relu");
  NT_TEST(strcmp(nt_suggestion_text(&none, text, sizeof text), "") == 0);
  NT_TEST(strcmp(nt_suggestion_text(&some, text, sizeof text), "; did you mean 'Relu'?") == 0);
}

static const CU_TestInfo tests[] = {{"edits are counted in halves", test_distance},
                                    {"long words have no suggestion", test_long_words},
                                    {"the closest word is found, far ones are not", test_closest},
                                    CU_TEST_INFO_NULL};
NT_TEST_MAIN("base.suggest", tests)

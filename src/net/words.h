/** The words of the network language: those of neural_tangents.stax, and those of other libraries
 * that people write in their place. */
#ifndef NT_NET_WORDS_H
#define NT_NET_WORDS_H

#include "base/suggest.h"

#include <stdbool.h>

/** Where a dotted prefix points. */
typedef enum nt_prefix {
  NT_PREFIX_NONE,   /**< "Dense" */
  NT_PREFIX_STAX,   /**< "stax.Dense" */
  NT_PREFIX_NUMPY,  /**< "np.sqrt" */
  NT_PREFIX_ENUM,   /**< "stax.Padding.SAME" */
  NT_PREFIX_UNKNOWN /**< "torch.relu" */
} nt_prefix;

/** Split a dotted name; *rest is behind the prefix. Parallel: Local. */
nt_prefix nt_word_prefix(const char *name, const char **rest);

/** What to use in place of a word of another library ("MaxPool", also max_pool or MaxPool2d), or
 * NULL. Parallel: Local. */
const char *nt_word_alternative(const char *word);
/** Word number `index` that nt_word_alternative knows, or NULL. Parallel: Local. */
const char *nt_word_foreign(int index);

/** Offer the words of the language that are no functions of numbers, or those that are.
 * Parallel: Local. */
void nt_words_suggest(nt_suggestion *suggestion);
void nt_words_suggest_functions(nt_suggestion *suggestion);

/** Whether a word is one of the texts that options of layers take ("SAME"). Parallel: Local. */
bool nt_word_is_choice(const char *word);

/** Value of a constant ("pi"); false: none of this name. Parallel: Local. */
bool nt_word_constant(const char *word, double *value);

#endif

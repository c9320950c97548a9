/** The closest known word, for error messages. */
#ifndef NT_BASE_SUGGEST_H
#define NT_BASE_SUGGEST_H

#include <stddef.h>

/** Words longer than this have no suggestion. */
enum { NT_MAX_WORD = 48 };

/** Edits between two words: insertions, deletions, replacements, and swaps of neighbours
 * (Damerau-Levenshtein, optimal string alignment), in halves: an edit counts 2, but 1 where only
 * upper or lower case or an underscore differs. Parallel: Local. Cost: length^2.
 * \return -1 when a word is longer than NT_MAX_WORD. */
int nt_word_distance(const char *a, const char *b);

/** The best of several words so far; begin with `{.word = "what the user wrote"}`. */
typedef struct nt_suggestion {
  const char *word;
  const char *best; /**< Borrowed; NULL: none is close (by a third of the letters, or case). */
  int distance;
} nt_suggestion;

/** Offer a known word. Parallel: Local. */
void nt_suggest(nt_suggestion *suggestion, const char *known);

/** "; did you mean 'Relu'?", or "" without a suggestion, into `out`; returns `out`. Local. */
const char *nt_suggestion_text(const nt_suggestion *suggestion, char *out, size_t size);

#endif

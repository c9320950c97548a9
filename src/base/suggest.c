#include "base/suggest.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static int min2(int a, int b) { return a < b ? a : b; }

static int lower(char c) { return tolower((unsigned char)c); }

static int edit_cost(char c) { return c == '_' ? 1 : 2; }

static int replace_cost(char a, char b)
{
  if (a == b) return 0;
  return lower(a) == lower(b) ? 1 : 2;
}

int nt_word_distance(const char *a, const char *b)
{
  const size_t na = strlen(a), nb = strlen(b);
  int rows[3][NT_MAX_WORD + 1] = {{0}};
  if (na > NT_MAX_WORD || nb > NT_MAX_WORD) return -1;
  int *before = rows[0], *last = rows[1], *row = rows[2];
  for (size_t j = 0; j < nb; j++)
    row[j + 1] = row[j] + edit_cost(b[j]);
  for (size_t i = 1; i <= na; i++) {
    int *const free_row = before;
    before = last;
    last = row;
    row = free_row;
    row[0] = last[0] + edit_cost(a[i - 1]);
    for (size_t j = 1; j <= nb; j++) {
      row[j] = min2(last[j] + edit_cost(a[i - 1]), row[j - 1] + edit_cost(b[j - 1]));
      row[j] = min2(row[j], last[j - 1] + replace_cost(a[i - 1], b[j - 1]));
      if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
          lower(a[i - 2]) == lower(b[j - 1]))
        row[j] = min2(row[j], before[j - 2] + 2);
    }
  }
  return row[nb];
}

void nt_suggest(nt_suggestion *suggestion, const char *known)
{
  const bool alike = strcasecmp(suggestion->word, known) == 0;
  const int distance = nt_word_distance(suggestion->word, known);
  const int length = (int)strlen(known);
  /* In halves: up to a third of the letters, at least one, and never all of them. */
  const int limit = min2(2 * (length / 3 > 1 ? length / 3 : 1), 2 * length - 1);
  if (distance < 0 || (distance > limit && !alike)) return;
  if (suggestion->best && distance >= suggestion->distance) return;
  suggestion->best = known;
  suggestion->distance = distance;
}

const char *nt_suggestion_text(const nt_suggestion *suggestion, char *out, size_t size)
{
  if (suggestion->best)
    snprintf(out, size, "; did you mean '%s'?", suggestion->best);
  else if (size > 0)
    out[0] = '\0';
  return out;
}

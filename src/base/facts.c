#include "base/check.h"
#include "base/suggest.h"
#include "nt/typing.h"

#include <ctype.h>
#include <string.h>

static const struct {
  const char *name;
  unsigned bit;
} fields[] = {{"nngp", NT_GET_NNGP}, {"ntk", NT_GET_NTK},     {"cov1", NT_GET_COV1},
              {"cov2", NT_GET_COV2}, {"mask1", NT_GET_MASK1}, {"mask2", NT_GET_MASK2},
              {"all", NT_GET_ALL}};

enum { N_FIELDS = sizeof fields / sizeof *fields };

static unsigned field_bit(const char *word)
{
  for (int i = 0; i < N_FIELDS; i++)
    if (strcmp(word, fields[i].name) == 0) return fields[i].bit;
  return 0;
}

/* The next word up to a comma: without blanks around it, in lower case, clipped. */
static const char *next_word(const char *text, char *word, size_t size)
{
  size_t n = 0;
  while (isspace((unsigned char)*text))
    text++;
  for (; *text && *text != ','; text++)
    if (n + 1 < size) word[n++] = (char)tolower((unsigned char)*text);
  while (n > 0 && isspace((unsigned char)word[n - 1]))
    n--;
  word[n] = '\0';
  return *text ? text + 1 : NULL;
}

nt_status nt_get_parse(nt_error *err, const char *text, unsigned *get)
{
  nt_status status = NT_OK;
  *get = 0;
  for (const char *rest = text; rest;) {
    char word[NT_MAX_WORD + 2], hint[100];
    rest = next_word(rest, word, sizeof word);
    NT_CHECK(*word, err, NT_ERR_ARG,
             "an empty name in the fields '%.200s'; give some of nngp, ntk, cov1, cov2, mask1, "
             "mask2, or all",
             text);
    const unsigned bit = field_bit(word);
    nt_suggestion suggestion = {.word = word};
    for (int i = 0; i < N_FIELDS; i++)
      nt_suggest(&suggestion, fields[i].name);
    NT_CHECK(bit, err, NT_ERR_ARG,
             "unknown field '%s'%s (the fields are nngp, ntk, cov1, cov2, mask1, mask2, or all)",
             word, nt_suggestion_text(&suggestion, hint, sizeof hint));
    NT_CHECK(!(*get & bit), err, NT_ERR_ARG, "field '%s' is given twice in '%.200s'", word, text);
    *get |= bit;
  }
done:
  return status;
}

int64_t nt_facts_samples(const nt_facts *facts, int which)
{
  return (which == 0 ? &facts->shape1 : &facts->shape2)->dim[facts->batch_axis];
}

int64_t nt_facts_positions(const nt_facts *facts)
{
  const nt_shape space = nt_facts_space(facts);
  return nt_shape_size(&space);
}

int64_t nt_facts_channels(const nt_facts *facts) { return facts->shape1.dim[facts->channel_axis]; }

nt_shape nt_facts_space(const nt_facts *facts)
{
  nt_shape space = {.rank = 0};
  for (int i = 0; i < facts->shape1.rank; i++)
    if (i != facts->batch_axis && i != facts->channel_axis)
      space.dim[space.rank++] = facts->shape1.dim[i];
  return space;
}

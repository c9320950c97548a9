/* TREE texts: DATA, or nested lists of DATA. */
#include "base/check.h"
#include "base/memory.h"
#include "nt/io.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_DEPTH = 64, MAX_LENGTH = 1 << 16 };

typedef struct cursor {
  nt_error *err;
  const char *text, *at;
  int depth;
} cursor;

static nt_status wrong(const cursor *c, const char *wanted)
{
  return nt_fail(c->err, NT_ERR_ARG, __FILE__, __LINE__, __func__,
                 "%s: %s at column %lld; a tree of inputs is written [a.npy, [b.npy, c.npy]]",
                 c->text, wanted, (long long)(c->at - c->text) + 1);
}

static void skip_blanks(cursor *c)
{
  while (isspace((unsigned char)*c->at))
    c->at++;
}

/* DATA ends at a comma or bracket that is not inside its own brackets. */
static nt_status parse_leaf(cursor *c, nt_tree **out)
{
  nt_status status = NT_OK;
  const char *const from = c->at;
  char *copy = NULL;
  for (int depth = 0; *c->at != '\0'; c->at++) {
    if (depth == 0 && c->depth > 0 && (*c->at == ',' || *c->at == ']')) break;
    depth += (*c->at == '[' || *c->at == '(') - (*c->at == ']' || *c->at == ')');
  }
  size_t length = (size_t)(c->at - from);
  while (length > 0 && isspace((unsigned char)from[length - 1]))
    length--;
  if (length == 0) NT_TRY(wrong(c, "a file name is missing"));
  NT_TRY(nt_strdup(c->err, from, &copy));
  copy[length] = '\0';
  NT_TRY(nt_tree_leaf(c->err, copy, out));
  copy = NULL;
done:
  free(copy);
  return status;
}

static nt_status parse(cursor *c, nt_tree **out);

/* Behind '['. The children are collected in a sequence that grows. */
static nt_status parse_list(cursor *c, nt_tree **out)
{
  nt_status status = NT_OK;
  nt_tree *child[MAX_DEPTH] = {NULL};
  int n = 0;
  if (++c->depth > MAX_DEPTH) NT_TRY(wrong(c, "nesting is too deep"));
  for (char next = ','; next == ','; c->at++) {
    if (n == MAX_DEPTH) NT_TRY(wrong(c, "a list of more than 64 inputs"));
    NT_TRY(parse(c, &child[n]));
    n++;
    skip_blanks(c);
    next = *c->at;
    if (next != ',' && next != ']') NT_TRY(wrong(c, "',' or ']' is missing"));
  }
  c->depth--;
  NT_TRY(nt_tree_sequence(c->err, n, false, out));
  memcpy((*out)->child, child, (size_t)n * sizeof child[0]);
  n = 0;
done:
  for (int i = 0; i < n; i++)
    nt_data_tree_destroy(&child[i]);
  return status;
}

static nt_status parse(cursor *c, nt_tree **out)
{
  skip_blanks(c);
  if (*c->at != '[') return parse_leaf(c, out);
  c->at++;
  return parse_list(c, out);
}

nt_status nt_data_tree_parse(nt_error *err, const char *text, nt_tree **tree)
{
  nt_status status = NT_OK;
  cursor c = {.err = err, .text = text, .at = text};
  *tree = NULL;
  NT_CHECK(strlen(text) < MAX_LENGTH, err, NT_ERR_ARG, "a tree of inputs is too long");
  NT_TRY(parse(&c, tree));
  skip_blanks(&c);
  if (*c.at != '\0') NT_TRY(wrong(&c, "text behind the end"));
done:
  if (status != NT_OK) nt_data_tree_destroy(tree);
  return status;
}

void nt_data_tree_destroy(nt_tree **tree)
{
  if (*tree == NULL) return;
  for (int i = 0; i < nt_tree_count(*tree); i++)
    free(nt_tree_nth(*tree, i)->leaf);
  nt_tree_destroy(tree);
}

#include "base/check.h"
#include "base/memory.h"
#include "nt/typing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

nt_status nt_tree_leaf(nt_error *err, void *leaf, nt_tree **out)
{
  nt_status status = NT_OK;
  NT_TRY(nt_calloc(err, 1, sizeof(nt_tree), "a tree", out));
  **out = (nt_tree){.leaf = leaf, .is_leaf = true};
done:
  return status;
}

nt_status nt_tree_sequence(nt_error *err, int n, bool is_tuple, nt_tree **out)
{
  nt_status status = NT_OK;
  nt_tree **child = NULL;
  *out = NULL;
  NT_CHECK(n >= 0, err, NT_ERR_ARG, "a sequence of %d trees: the length is at least 0", n);
  NT_TRY(nt_calloc(err, n, sizeof(nt_tree *), "a tree", &child));
  NT_TRY(nt_calloc(err, 1, sizeof(nt_tree), "a tree", out));
  **out = (nt_tree){.is_tuple = is_tuple, .n = n, .child = child};
  child = NULL;
done:
  free(child);
  return status;
}

/* With pointers of the leaves from `*leaves` on, which moves behind them. */
static nt_status copy(nt_error *err, const nt_tree *like, const char **leaves, nt_tree **out)
{
  nt_status status = NT_OK;
  if (like->is_leaf) {
    void *leaf = like->leaf;
    if (*leaves != NULL) {
      memcpy(&leaf, *leaves, sizeof leaf);
      *leaves += sizeof leaf;
    }
    return nt_tree_leaf(err, leaf, out);
  }
  NT_TRY(nt_tree_sequence(err, like->n, like->is_tuple, out));
  for (int i = 0; i < like->n; i++)
    NT_TRY(copy(err, like->child[i], leaves, &(*out)->child[i]));
done:
  return status;
}

nt_status nt_tree_like(nt_error *err, const nt_tree *like, const void *leaves, nt_tree **out)
{
  const char *next = leaves;
  const nt_status status = copy(err, like, &next, out);
  if (status != NT_OK) nt_tree_destroy(out);
  return status;
}

void nt_tree_destroy(nt_tree **tree)
{
  if (!*tree) return;
  for (int i = 0; i < (*tree)->n; i++)
    nt_tree_destroy(&(*tree)->child[i]);
  free((*tree)->child);
  free(*tree);
  *tree = NULL;
}

int nt_tree_count(const nt_tree *tree)
{
  if (!tree) return 0;
  int count = tree->is_leaf;
  for (int i = 0; i < tree->n; i++)
    count += nt_tree_count(tree->child[i]);
  return count;
}

const nt_tree *nt_tree_nth(const nt_tree *tree, int index)
{
  if (!tree || index < 0) return NULL;
  if (tree->is_leaf) return index == 0 ? tree : NULL;
  for (int i = 0; i < tree->n; i++) {
    const int count = nt_tree_count(tree->child[i]);
    if (index < count) return nt_tree_nth(tree->child[i], index);
    index -= count;
  }
  return NULL;
}

const char *nt_tree_path(const nt_tree *tree, int index, char *out, size_t size)
{
  size_t used = 0;
  if (size > 0) out[0] = '\0';
  while (tree && !tree->is_leaf && used < size) {
    int i = 0, count = 0;
    while (i < tree->n && index >= (count = nt_tree_count(tree->child[i]))) {
      index -= count;
      i++;
    }
    if (i == tree->n) break;
    used += (size_t)snprintf(out + used, size - used, used ? "/%d" : "%d", i);
    tree = tree->child[i];
  }
  return out;
}

bool nt_tree_same(const nt_tree *a, const nt_tree *b)
{
  if (!a || !b) return a == b;
  if (a->is_leaf || b->is_leaf) return a->is_leaf && b->is_leaf;
  if (a->is_tuple != b->is_tuple || a->n != b->n) return false;
  for (int i = 0; i < a->n; i++)
    if (!nt_tree_same(a->child[i], b->child[i])) return false;
  return true;
}

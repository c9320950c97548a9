#include "data.h"

#include "nt_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

nt_tree *nt_data_file(const char *name, const nt_shape *shape, const double *values)
{
  enum { HEADER = 256 };
  char text[200];
  nt_tree *tree = NULL;
  const size_t size = (size_t)nt_shape_size(shape) * sizeof(double);
  unsigned char *file = malloc(HEADER + size);
  const char *path = nt_test_path(name);
  if (file == NULL || nt_tree_leaf(NULL, strdup(path), &tree) != NT_OK) abort();
  /* Version 1.0; the header ends with a line break at a multiple of 64. */
  memcpy(file, "\x93NUMPY\x01\x00", 8);
  file[8] = HEADER - 10;
  file[9] = 0;
  (void)snprintf((char *)file + 10, HEADER - 10,
                 "{'descr': '<f8', 'fortran_order': False, 'shape': %s, }",
                 nt_shape_text(shape, text, sizeof text));
  const size_t end = strlen((char *)file + 10) + 10;
  memset(file + end, ' ', HEADER - end);
  file[HEADER - 1] = '\n';
  memcpy(file + HEADER, values, size);
  nt_test_write(path, file, HEADER + size);
  free(file);
  return tree;
}

nt_tree *nt_data_uniform(const char *name, const nt_shape *shape, uint64_t seed, int zeros)
{
  const int64_t size = nt_shape_size(shape);
  double *values = malloc((size_t)size * sizeof *values);
  if (values == NULL) abort();
  for (int64_t i = 0; i < size; i++) {
    const bool zero = (nt_test_uniform(seed + 1, i, 0) + 1) * 50 < zeros;
    values[i] = zero ? 0 : nt_test_uniform(seed, i, 0);
  }
  nt_tree *tree = nt_data_file(name, shape, values);
  free(values);
  return tree;
}

nt_tree *nt_data_pair(nt_tree *a, nt_tree *b)
{
  nt_tree *tree = NULL;
  if (nt_tree_sequence(NULL, 2, false, &tree) != NT_OK) abort();
  tree->child[0] = a;
  tree->child[1] = b;
  return tree;
}

void nt_data_destroy(nt_tree **tree)
{
  for (int i = 0; *tree != NULL && i < nt_tree_count(*tree); i++)
    free(nt_tree_nth(*tree, i)->leaf);
  nt_tree_destroy(tree);
}

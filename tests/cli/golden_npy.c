/* golden_npy FILE ARRAY OUT.npy [ROWS COLS]: an array of tests/predict/data as a file.
 * ROWS and COLS ("4,3") give a matrix the axes of its rows and columns, in pairs:
 * (4, n, 3, m) for COLS "n,m". */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 10 };

typedef struct axes {
  int n;
  long size[MOST];
} axes;

static axes parse(const char *text)
{
  axes a = {0};
  for (char *end; *text != '\0' && a.n < MOST; text = *end == ',' ? end + 1 : end)
    a.size[a.n++] = strtol(text, &end, 10);
  return a;
}

static long product(const axes *a)
{
  long size = 1;
  for (int i = 0; i < a->n; i++)
    size *= a->size[i];
  return size;
}

/* Axes r0, c0, r1, c1, ... */
static axes pair(const axes *rows, const axes *cols)
{
  axes zipped = {.n = 2 * rows->n};
  for (int i = 0; i < zipped.n; i++)
    zipped.size[i] = (i % 2 == 0 ? rows : cols)->size[i / 2];
  return zipped;
}

/* Where entry `at` of the paired array stands in the matrix. */
static long place(const axes *zipped, long cols, long at)
{
  long index[2] = {0, 0}, step[2] = {1, 1};
  for (int a = zipped->n - 1; a >= 0; a--) {
    index[a % 2] += at % zipped->size[a] * step[a % 2];
    step[a % 2] *= zipped->size[a];
    at /= zipped->size[a];
  }
  return index[0] * cols + index[1];
}

static int write_npy(const char *path, const axes *shape, const double *v)
{
  char text[118] = "", header[128];
  for (int i = 0; i < shape->n; i++) {
    const size_t used = strlen(text);
    (void)snprintf(text + used, sizeof text - used, "%ld, ", shape->size[i]);
  }
  (void)snprintf(header, sizeof header, "{'descr': '<f8', 'fortran_order': False, 'shape': (%s), }",
                 text);
  FILE *file = fopen(path, "wb");
  if (file == NULL) return 1;
  (void)fprintf(file, "\x93NUMPY\x01%c\x76%c%-117s\n", 0, 0, header);
  (void)fwrite(v, sizeof *v, (size_t)product(shape), file);
  return fclose(file);
}

/* Go to the numbers of an array. */
static int find(FILE *file, const char *name, axes *shape)
{
  char line[4096], found[40];
  while (fgets(line, sizeof line, file) != NULL) {
    int used = 0;
    if (sscanf(line, "array %39s %d%n", found, &shape->n, &used) < 2) continue;
    if (strcmp(found, name) != 0 || shape->n > MOST) continue;
    char *at = line + used;
    for (int i = 0; i < shape->n; i++)
      shape->size[i] = strtol(at, &at, 10);
    return 0;
  }
  return 1;
}

int main(int argc, char **argv)
{
  axes shape = {0};
  if (argc != 4 && argc != 6) return 2;
  FILE *file = fopen(argv[1], "r");
  if (file == NULL || find(file, argv[2], &shape) != 0) return 1;
  const long size = product(&shape);
  double *v = malloc((size_t)size * sizeof *v), *out = malloc((size_t)size * sizeof *v);
  int bad = v == NULL || out == NULL;
  for (long i = 0; !bad && i < size; i++)
    bad = fscanf(file, "%lf", &v[i]) != 1;
  if (!bad && argc == 6) {
    const axes rows = parse(argv[4]), cols = parse(argv[5]);
    shape = pair(&rows, &cols);
    bad = rows.n != cols.n || product(&shape) != size;
    for (long i = 0; !bad && i < size; i++)
      out[i] = v[place(&shape, product(&cols), i)];
  } else if (!bad) {
    memcpy(out, v, (size_t)size * sizeof *v);
  }
  if (!bad) bad = write_npy(argv[3], &shape, out);
  (void)fclose(file);
  free(v);
  free(out);
  return bad;
}

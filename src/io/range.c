#include "io/range.h"

#include "base/check.h"
#include "base/memory.h"
#include "nt/io.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

size_t nt_range_split(const char *text)
{
  const size_t length = strlen(text);
  int depth = 0;
  if (length == 0 || text[length - 1] != ']') return length;
  for (size_t i = length; i-- > 0;) {
    depth += (text[i] == ']') - (text[i] == '[');
    if (depth == 0) return i;
  }
  return length;
}

int64_t nt_range_row(const nt_range *range, int64_t i)
{
  return range->rows != NULL ? range->rows[i] : range->start + i * range->step;
}

int64_t nt_range_run(const nt_range *range, int64_t i, int64_t limit)
{
  int64_t n = 1;
  if (limit > range->count - i) limit = range->count - i;
  if (range->rows == NULL && range->step == 1) return limit;
  while (n < limit && nt_range_row(range, i + n) == nt_range_row(range, i) + n)
    n++;
  return n;
}

/* Up to three integers separated by colons; absent ones stay as they are.
 * \return their number, or 0. */
static int scan_slice(const char *text, long long value[3], bool given[3])
{
  int parts = 1;
  for (;;) {
    char *end;
    while (isspace((unsigned char)*text))
      text++;
    const long long v = strtoll(text, &end, 10);
    if (end != text) {
      value[parts - 1] = v;
      given[parts - 1] = true;
    }
    for (text = end; isspace((unsigned char)*text);)
      text++;
    if (*text == '\0') return parts;
    if (*text++ != ':' || ++parts > 3) return 0;
  }
}

/* An end of a slice as Python clips it: negative ones count from the end. */
static int64_t clip(int64_t v, int64_t n, int64_t low, int64_t high)
{
  if (v < 0) v += n;
  return v < low ? low : v > high ? high : v;
}

static nt_status parse_slice(nt_error *err, const char *name, const char *text, int64_t n,
                             nt_range *range)
{
  nt_status status = NT_OK;
  long long v[3] = {0, 0, 1};
  bool given[3] = {false, false, false};
  const int parts = scan_slice(text, v, given);
  NT_CHECK(parts >= 2, err, NT_ERR_ARG,
           "%s[%s]: a range is written [0:1000], [1000:], [-500:], [::2] or [@rows.npy]", name,
           text);
  NT_CHECK(v[2] != 0, err, NT_ERR_ARG, "%s[%s]: the step of a range cannot be 0", name, text);
  if (v[2] == LLONG_MIN) v[2]++; /* either takes one row, and this one has an opposite */
  const bool down = v[2] < 0;
  const int64_t low = down ? -1 : 0, high = down ? n - 1 : n;
  const int64_t start = given[0] ? clip(v[0], n, low, high) : down ? high : low;
  const int64_t stop = given[1] ? clip(v[1], n, low, high) : down ? low : high;
  const int64_t span = down ? start - stop : stop - start, step = down ? -v[2] : v[2];
  *range = (nt_range){.start = start, .step = v[2]};
  range->count = span > 0 ? (span - 1) / step + 1 : 0;
done:
  return status;
}

/* Check a list of rows, and count negative ones from the end. */
static nt_status check_rows(nt_error *err, const char *name, const char *list,
                            const nt_labels *labels, int64_t n, int64_t *rows)
{
  nt_status status = NT_OK;
  NT_CHECK(labels->is_integer && !labels->is_boolean && labels->k == 1, err, NT_ERR_DATA,
           "%s: a list of rows must be integers of shape (n,)%s", list,
           labels->is_boolean ? ", not booleans: numpy.flatnonzero makes one of a mask" : "");
  for (int64_t i = 0; i < labels->n; i++) {
    const double y = labels->y[i]; /* may be larger than an int64_t */
    NT_CHECK(y >= -(double)n && y < (double)n, err, NT_ERR_DATA,
             "%s: entry %lld is %.0f, but %s has rows 0 to %lld", list, (long long)i, y, name,
             (long long)n - 1);
    const int64_t row = (int64_t)y;
    rows[i] = row < 0 ? row + n : row;
  }
done:
  return status;
}

static nt_status read_rows(nt_ctx *ctx, const char *name, const char *list, int64_t n,
                           nt_range *range)
{
  nt_status status = NT_OK;
  nt_labels *labels = NULL;
  void *rows = NULL;
  NT_TRY(nt_labels_read(ctx, list, &labels));
  NT_TRY_ALL(ctx, nt_alloc(nt_ctx_error(ctx), labels->n, sizeof(int64_t), "a list of rows", &rows));
  NT_TRY_ALL(ctx, check_rows(nt_ctx_error(ctx), name, list, labels, n, rows));
  *range = (nt_range){.count = labels->n, .rows = rows};
  rows = NULL;
done:
  free(rows);
  nt_labels_destroy(&labels);
  return status;
}

nt_status nt_range_parse(nt_ctx *ctx, const char *name, const char *text, int64_t n,
                         nt_range *range)
{
  *range = (nt_range){.count = n, .step = 1};
  if (text == NULL) return NT_OK;
  if (text[0] == '@' && text[1] != '\0') return read_rows(ctx, name, text + 1, n, range);
  return nt_ctx_agree(ctx, parse_slice(nt_ctx_error(ctx), name, text, n, range));
}

nt_status nt_rows_parse(nt_ctx *ctx, const char *text, int64_t n, int64_t *count, int64_t **rows)
{
  nt_status status = NT_OK;
  nt_range range = {.count = 0};
  *rows = NULL;
  NT_TRY(nt_range_parse(ctx, "rows", text, n, &range));
  NT_TRY_ALL(ctx,
             nt_alloc(nt_ctx_error(ctx), range.count, sizeof(int64_t), "a list of rows", rows));
  *count = range.count;
  for (int64_t i = 0; i < range.count; i++)
    (*rows)[i] = nt_range_row(&range, i);
done:
  free(range.rows);
  return status;
}

/* Text tables: numbers separated by commas, semicolons, tabs or blanks; a first line that is not
 * numeric is a header. zlib reads packed and plain files alike. */
#include "base/check.h"
#include "base/file.h"
#include "base/memory.h"
#include "io/source.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum { FIRST_LINE = 1 << 12 };

/* What a line turned out to be. */
typedef struct line_facts {
  int64_t columns;
  bool numeric, integers;
} line_facts;

/* What gzgets adds to the text; *end: nothing. Behind a byte that is zero the rest of a line would
 * be lost, as would all of a text in UTF-16. */
static nt_status get_part(nt_error *err, const nt_reader *r, char *text, int64_t room, bool *end)
{
  nt_status status = NT_OK;
  const z_off_t before = gztell(r->stream);
  *end = gzgets(r->stream, text, (int)room) == NULL;
  NT_CHECK(*end || (z_off_t)strlen(text) == gztell(r->stream) - before, err, NT_ERR_DATA,
           "%s: line %lld has a byte that is zero: not a text table (of UTF-16, make UTF-8)",
           r->source->path, (long long)r->line + 1);
done:
  return status;
}

/* The next line that is not blank, without its end, into r->buffer; *end at the end of the file. */
static nt_status read_line(nt_error *err, nt_reader *r, bool *end)
{
  nt_status status = NT_OK;
  int code;
  size_t used;
  bool over;
  do {
    NT_TRY(nt_reader_reserve(err, r, FIRST_LINE));
    used = 0;
    char *text = r->buffer;
    NT_TRY(get_part(err, r, text, r->capacity, end));
    while (!*end) {
      used += strlen(text + used);
      if (used + 1 < (size_t)r->capacity || text[used - 1] == '\n') break;
      NT_CHECK(r->capacity < 1 << 30, err, NT_ERR_DATA,
               "%s: line %lld has more than 1 GiB: not a text table", r->source->path,
               (long long)r->line + 1);
      NT_TRY(nt_reader_reserve(err, r, 2 * r->capacity));
      text = r->buffer;
      NT_TRY(get_part(err, r, text + used, r->capacity - (int64_t)used, &over));
      if (over) break;
    }
    (void)gzerror(r->stream, &code);
    NT_CHECK(code == Z_OK || code == Z_STREAM_END, err, NT_ERR_DATA,
             "%s: damaged behind line %lld: %s", r->source->path, (long long)r->line,
             nt_gzip_cause(r->stream, r->source->path));
    r->line += !*end;
    if (r->line == 1 && used >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
      memmove(text, text + 3, (used -= 3) + 1); /* the byte order mark of some spreadsheets */
    }
    while (!*end && used > 0 && isspace((unsigned char)text[used - 1]))
      text[--used] = '\0';
  } while (!*end && used == 0);
done:
  return status;
}

static char find_separator(const char *line)
{
  /* A comma last: beside semicolons or tabs it is a decimal comma. */
  for (const char *s = ";\t,"; *s; s++)
    if (strchr(line, *s) != NULL) return *s;
  return ' ';
}

/* Step over a number (in quotes, perhaps): whether there was one, and whether it was an integer. */
static bool scan_number(const char **at, double *value, bool *integer)
{
  const char *from = *at, *digits;
  char *end;
  const bool quoted = *from == '"';
  from += quoted;
  digits = from + (*from == '-' || *from == '+');
  while (isdigit((unsigned char)*digits))
    digits++;
  *value = strtod(from, &end);
  if (end == from) return false;
  if (quoted && *end != '"') return false;
  *integer = digits == end;
  *at = end + quoted;
  return true;
}

static void skip_blanks(const char **at, char separator)
{
  while (**at == ' ' || (**at == '\t' && separator != '\t'))
    ++*at;
}

/* Scan the fields of a line; `out` [columns] may be NULL. The field that is no
 * number is left in *field. */
static line_facts scan_line(const char **field, char separator, int64_t columns, double *out)
{
  line_facts f = {.numeric = true, .integers = true};
  for (;; f.columns++) {
    double value;
    bool integer = false;
    skip_blanks(field, separator);
    const char *at = *field;
    if (*at == '\0' && separator == ' ') return f;
    if (!scan_number(&at, &value, &integer)) break;
    if (out != NULL && f.columns < columns) out[f.columns] = value;
    f.integers = f.integers && integer;
    if (separator == ' ' && *at != '\0' && !isspace((unsigned char)*at)) break;
    skip_blanks(&at, separator);
    if (separator != ' ') {
      if (*at == '\0') {
        f.columns++;
        return f;
      }
      if (*at++ != separator) break;
    }
    *field = at;
  }
  f.numeric = false;
  return f;
}

/* Scan the line in the buffer as row number `row`, which must have `columns` columns (0: any). */
static nt_status scan_row(nt_error *err, const nt_reader *r, char separator, int64_t columns,
                          double *out, line_facts *facts)
{
  nt_status status = NT_OK;
  const char *at = r->buffer;
  *facts = scan_line(&at, separator, columns, out);
  const size_t length =
      strcspn(at, (const char[]){separator, separator == ' ' ? '\t' : '\0', '\0'});
  NT_CHECK(
      facts->numeric || length > 0, err, NT_ERR_DATA,
      "%s: line %lld, column %lld is empty; a missing value is written nan (--mask-constant nan)",
      r->source->path, (long long)r->line, (long long)facts->columns + 1);
  NT_CHECK(facts->numeric, err, NT_ERR_DATA, "%s: line %lld, column %lld: '%.*s' is not a number",
           r->source->path, (long long)r->line, (long long)facts->columns + 1,
           (int)(length < 30 ? length : 30), at);
  NT_CHECK(columns == 0 || facts->columns == columns, err, NT_ERR_DATA,
           "%s: line %lld has %lld columns, the first row has %lld", r->source->path,
           (long long)r->line, (long long)facts->columns, (long long)columns);
done:
  return status;
}

static nt_status open_csv(nt_error *err, nt_reader *r)
{
  nt_status status = NT_OK;
  bool end;
  NT_TRY(nt_locale_enter(err, &r->locale));
  r->stream = gzopen(r->source->path, "rb");
  NT_CHECK(r->stream != NULL, err, NT_ERR_DATA, "%s: cannot be read: %s", r->source->path,
           strerror(errno));
  (void)gzbuffer(r->stream, 1 << 18);
  while (r->line < r->source->offset) {
    NT_TRY(read_line(err, r, &end));
    if (end) break;
  }
done:
  return status;
}

static void close_csv(nt_reader *r)
{
  if (r->stream != NULL) (void)gzclose(r->stream);
  nt_locale_leave(&r->locale);
}

static bool begins_with_digit(const char *line)
{
  return isdigit((unsigned char)line[strspn(line, " \t\"+-.")]);
}

/* Look at the first line: separator, and whether it is a header. */
static nt_status probe_first(nt_error *err, nt_reader *r, nt_source *s, bool *end)
{
  nt_status status = NT_OK;
  NT_TRY(read_line(err, r, end));
  if (*end) goto done;
  s->separator = find_separator(r->buffer);
  const char *at = r->buffer;
  if (scan_line(&at, s->separator, 0, NULL).numeric) goto done;
  s->offset = r->line;
  s->odd_header = begins_with_digit(r->buffer);
  NT_TRY(read_line(err, r, end));
  if (!*end) s->separator = find_separator(r->buffer);
done:
  return status;
}

nt_status nt_csv_probe(nt_error *err, nt_source *s)
{
  nt_status status = NT_OK;
  nt_reader r = {.source = NULL};
  line_facts facts = {.columns = 0};
  bool end, integers = true;
  int fd = -1;
  int64_t size, rows = 0, columns = 0;
  s->format = NT_FORMAT_CSV;
  NT_TRY(nt_file_open(err, s->path, &fd, &size));
  NT_TRY(nt_reader_open(err, s, &r));
  NT_TRY(probe_first(err, &r, s, &end));
  while (!end) {
    NT_TRY(scan_row(err, &r, s->separator, columns, NULL, &facts));
    columns = facts.columns;
    integers = integers && facts.integers;
    rows++;
    NT_TRY(read_line(err, &r, &end));
  }
  NT_CHECK(rows > 0 || s->offset == 0, err, NT_ERR_DATA,
           "%s: holds no samples: line %lld is not numeric, so it is taken for a header, and none "
           "follows",
           s->path, (long long)s->offset);
  s->shape = (nt_shape){.rank = 2, .dim = {rows, columns}};
  s->type = (nt_number){.kind = integers ? 'i' : 'f', .size = 8};
done:
  if (fd >= 0) (void)close(fd);
  nt_reader_close(&r);
  return status;
}

static nt_status next(nt_error *err, nt_reader *r, double *out)
{
  nt_status status = NT_OK;
  line_facts facts;
  bool end;
  NT_TRY(read_line(err, r, &end));
  NT_CHECK(!end, err, NT_ERR_DATA, "%s: changed while it was read", r->source->path);
  NT_TRY(scan_row(err, r, r->source->separator, r->source->shape.dim[1], out, &facts));
done:
  return status;
}

const nt_format nt_format_csv = {
    .is_stream = true, .open = open_csv, .close = close_csv, .next = next};

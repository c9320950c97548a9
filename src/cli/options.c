/* argp from our tables. Wrong words are found before argp sees them: it would print its own
 * messages, on every rank, and knows no closest word. */
#include "cli/options.h"

#include "base/check.h"
#include "base/memory.h"
#include "base/suggest.h"
#include "cli/cli.h"
#include "nt/predict.h"

#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_KEY = 1000, MOST_ROWS = 200 };

/* Where argp's callback finds everything. */
typedef struct parse_state {
  nt_error *err;
  const nt_cli_syntax *syntax;
  nt_cli_options *options;
  const char *list[MOST_ROWS]; /* what options that take lists were given, by row */
} parse_state;

/* Row number `index` over all groups, or NULL. */
static const nt_cli_option *row(const nt_cli_syntax *syntax, int index)
{
  for (const nt_cli_group *const *g = syntax->groups; *g != NULL; g++) {
    for (const nt_cli_option *o = (*g)->option; o->name != NULL; o++) {
      if (index-- == 0) return o;
    }
  }
  return NULL;
}

/* An option whose name is `word`, or begins with it; *several: more than one does. */
static const nt_cli_option *find_long(const nt_cli_syntax *syntax, const char *word, size_t length,
                                      bool *several)
{
  const nt_cli_option *found = NULL, *o;
  *several = false;
  for (int i = 0; (o = row(syntax, i)) != NULL; i++) {
    if (strncmp(o->name, word, length) != 0) continue;
    if (o->name[length] == '\0') {
      *several = false;
      return o;
    }
    *several = found != NULL;
    if (found == NULL) found = o;
  }
  return found;
}

static const nt_cli_option *find_letter(const nt_cli_syntax *syntax, char letter)
{
  const nt_cli_option *o;
  for (int i = 0; (o = row(syntax, i)) != NULL; i++) {
    if (o->letter == letter && letter != '\0') return o;
  }
  return NULL;
}

static nt_status unknown(nt_error *err, const nt_cli_syntax *syntax, const char *word)
{
  const nt_cli_option *o;
  char name[NT_MAX_WORD + 2], hint[120] = "";
  snprintf(name, sizeof name, "%.*s", (int)strcspn(word + 2, "="), word + 2);
  nt_suggestion suggestion = {.word = name};
  for (int i = 0; (o = row(syntax, i)) != NULL; i++)
    nt_suggest(&suggestion, o->name);
  if (suggestion.best != NULL)
    snprintf(hint, sizeof hint, "; did you mean '--%s'?", suggestion.best);
  return nt_fail(err, NT_ERR_ARG, __FILE__, __LINE__, __func__,
                 "unknown option '--%s'%s (see ntmpi help %s)", name, hint, syntax->name);
}

/* "--name", "--name=value": *takes_next: its argument is the next word. */
static nt_status check_long(nt_error *err, const nt_cli_syntax *syntax, const char *word,
                            bool *takes_next)
{
  nt_status status = NT_OK;
  const size_t length = strcspn(word + 2, "=");
  bool several;
  const nt_cli_option *o = find_long(syntax, word + 2, length, &several);
  if (o == NULL) return unknown(err, syntax, word);
  NT_CHECK(!several, err, NT_ERR_ARG,
           "option '%s' is the beginning of several options: write it in full (see ntmpi help %s)",
           word, syntax->name);
  NT_CHECK(o->arg != NULL || word[2 + length] == '\0', err, NT_ERR_ARG,
           "option '--%s' takes no value, but got '%s'", o->name, word + 2 + length + 1);
  *takes_next = o->arg != NULL && word[2 + length] == '\0';
done:
  return status;
}

/* "-n", "-nFILE" */
static nt_status check_short(nt_error *err, const nt_cli_syntax *syntax, const char *word,
                             bool *takes_next)
{
  nt_status status = NT_OK;
  const nt_cli_option *o = find_letter(syntax, word[1]);
  NT_CHECK(o != NULL, err, NT_ERR_ARG, "unknown option '-%c' (see ntmpi help %s)", word[1],
           syntax->name);
  *takes_next = word[2] == '\0';
done:
  return status;
}

static nt_status check_words(nt_error *err, const nt_cli_syntax *syntax, int argc, char **argv)
{
  nt_status status = NT_OK;
  for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
    bool takes_next = false;
    if (argv[i][0] != '-' || argv[i][1] == '\0') continue;
    if (argv[i][1] == '-')
      NT_TRY(check_long(err, syntax, argv[i], &takes_next));
    else
      NT_TRY(check_short(err, syntax, argv[i], &takes_next));
    NT_CHECK(!takes_next || i + 1 < argc, err, NT_ERR_ARG, "option '%s' needs a value", argv[i]);
    i += takes_next;
  }
done:
  return status;
}

static nt_status take_operand(parse_state *p, const char *text)
{
  if (p->options->n_operands < p->syntax->most_operands) {
    p->options->n_operands++;
    return NT_OK;
  }
  return nt_fail(p->err, NT_ERR_ARG, __FILE__, __LINE__, __func__,
                 "unexpected argument '%.200s' (see ntmpi help %s)", text, p->syntax->name);
}

/* Of most options the last one counts, but who gives a list in pieces wants all of them. */
static nt_status check_list(parse_state *p, const nt_cli_option *o, int index, const char *text)
{
  nt_status status = NT_OK;
  if (o->arg == NULL || (strncmp(o->arg, "LIST", 4) != 0 && strcmp(o->arg, "STEPS") != 0))
    return NT_OK;
  NT_CHECK(p->list[index] == NULL, p->err, NT_ERR_ARG,
           "--%s %.200s: it was given before, as %.200s; a list is given once, its entries "
           "separated by commas",
           o->name, nt_read_shown(text), p->list[index]);
  p->list[index] = text;
done:
  return status;
}

static error_t take(int key, char *arg, struct argp_state *state)
{
  parse_state *p = state->input;
  if (key == ARGP_KEY_ARG) return take_operand(p, arg) == NT_OK ? 0 : EINVAL;
  const nt_cli_option *o =
      key >= FIRST_KEY ? row(p->syntax, key - FIRST_KEY) : find_letter(p->syntax, (char)key);
  if (key < 0 || key >= 1 << 20 || o == NULL) return ARGP_ERR_UNKNOWN;
  char name[60];
  snprintf(name, sizeof name, "--%s", o->name);
  if (check_list(p, o, key - FIRST_KEY, arg) != NT_OK) return EINVAL;
  return o->read(p->err, name, arg, (char *)p->options + o->offset) == NT_OK ? 0 : EINVAL;
}

/* Rows for argp: the title of each group, then its options. */
static void make_rows(const nt_cli_syntax *syntax, struct argp_option rows[MOST_ROWS])
{
  int n = 0, index = 0;
  for (const nt_cli_group *const *g = syntax->groups; *g != NULL; g++) {
    const int number = (int)(g - syntax->groups) + 1;
    rows[n++] = (struct argp_option){.doc = (*g)->title, .group = number};
    for (const nt_cli_option *o = (*g)->option; o->name != NULL; o++, index++) {
      rows[n++] = (struct argp_option){.name = o->name,
                                       .key = o->letter ? o->letter : FIRST_KEY + index,
                                       .arg = o->arg,
                                       .doc = o->help,
                                       .group = number};
    }
  }
  rows[n] = (struct argp_option){0};
}

nt_status nt_cli_parse(nt_error *err, const nt_cli_syntax *syntax, int argc, char **argv,
                       nt_cli_options *options)
{
  nt_status status = NT_OK;
  struct argp_option rows[MOST_ROWS];
  parse_state state = {.err = err, .syntax = syntax, .options = options};
  *options = (nt_cli_options){.diagonal_batch = -1,
                              .diagonal_spatial = -1,
                              .get = NT_GET_NNGP | NT_GET_NTK,
                              .method = NT_METHOD_GP,
                              .targets = NT_TARGETS_AUTO};
  make_rows(syntax, rows);
  const struct argp argp = {.options = rows, .parser = take};
  NT_TRY(check_words(err, syntax, argc, argv));
  if (argp_parse(&argp, argc, argv, ARGP_SILENT, NULL, &state) != 0) {
    NT_FAIL(err, err->status == NT_OK ? NT_ERR_ARG : err->status, "wrong usage (see ntmpi help %s)",
            syntax->name);
  }
  options->operand = argv + argc - options->n_operands;
done:
  return status;
}

void nt_cli_options_free(nt_cli_options *options)
{
  free(options->reg.v);
  free(options->reg_abs.v);
  free(options->time.v);
  options->reg.v = options->reg_abs.v = options->time.v = NULL;
}

bool nt_cli_help_wanted(int argc, char **argv)
{
  for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
    if (nt_cli_is_help(argv[i])) return true;
  }
  return false;
}

int nt_cli_print_help(const nt_cli_syntax *syntax)
{
  struct argp_option rows[MOST_ROWS];
  char name[60], doc[4000];
  make_rows(syntax, rows);
  snprintf(name, sizeof name, "ntmpi %s", syntax->name);
  snprintf(doc, sizeof doc, "%s\v%s", syntax->text, syntax->epilogue);
  const struct argp argp = {.options = rows, .args_doc = syntax->operands, .doc = doc};
  argp_help(&argp, stdout,
            ARGP_HELP_USAGE | ARGP_HELP_PRE_DOC | ARGP_HELP_LONG | ARGP_HELP_POST_DOC, name);
  return 0;
}

static bool is_plain(const char *word)
{
  static const char plain[] =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.,:=/-+";
  return word[0] != '\0' && word[strspn(word, plain)] == '\0';
}

static char *quote(char *at, const char *word)
{
  *at++ = '\'';
  for (; *word != '\0'; word++) {
    if (*word != '\'')
      *at++ = *word;
    else
      at = stpcpy(at, "'\\''");
  }
  *at++ = '\'';
  return at;
}

nt_status nt_cli_command_line(nt_error *err, int argc, char **argv, char **line)
{
  nt_status status = NT_OK;
  int64_t size = 1;
  for (int i = 0; i < argc; i++)
    size += 4 * (int64_t)strlen(argv[i]) + 3;
  NT_TRY(nt_alloc(err, size, 1, "the command line", line));
  char *at = *line;
  for (int i = 0; i < argc; i++) {
    if (i > 0) *at++ = ' ';
    at = is_plain(argv[i]) ? stpcpy(at, argv[i]) : quote(at, argv[i]);
  }
  *at = '\0';
done:
  return status;
}

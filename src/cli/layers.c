/* ntmpi layers [NAME]: from the tables that the network language itself uses. */
#include "cli/cli.h"
#include "cli/options.h"

#include "base/option.h"
#include "layer/registry.h"
#include "net/words.h"

#include <stdio.h>
#include <string.h>

static const nt_cli_option rows[] = {{.name = "markdown",
                                      .read = nt_read_flag,
                                      .offset = offsetof(nt_cli_options, markdown),
                                      .help = "the table of all layers as the README has it"},
                                     {0}};
static const nt_cli_group own = {"Options", rows};
static const nt_cli_group *const groups[] = {&own, NULL};

static const nt_cli_syntax syntax = {
    .name = "layers",
    .operands = "[NAME]",
    .text = "The layers of a network; with NAME the arguments, formula and paper of one of them.",
    .epilogue = "Example:\n  ntmpi layers Dense",
    .most_operands = 1,
    .groups = groups};

/* Combinations of layers belong to the language and have no kernel of their own. */
static const struct {
  const char *name, *arguments, *help;
} combinations[] = {
    {"serial", "*layers", "layers one after the other"},
    {"parallel", "*layers", "one layer for each entry of a list, as FanOut makes it"},
    {"repeat", "layer, n", "n times the same layer, which keeps the shape"}};

/* "(out_dim, W_std=1.0, b_std=None)" */
static void print_arguments(const nt_layer_ops *ops)
{
  char value[320];
  putchar('(');
  for (int i = 0; i < ops->n_opts; i++) {
    const nt_opt *opt = &ops->opts[i];
    printf("%s%s", i > 0 ? ", " : "", opt->name);
    if (!opt->required) printf("=%s", nt_opt_value_text(opt, ops->defaults, value, sizeof value));
  }
  putchar(')');
}

/* Words in lines of less than 80 columns. */
static int print_word(const char *word, int column)
{
  if (column > 70) column = 0, printf("\n ");
  return column + printf(" %s", word);
}

static void print_table(void)
{
  const char *word;
  printf("Layers, with their arguments and defaults (ntmpi layers NAME explains one):\n\n");
  for (int i = 0; i < nt_layer_count(); i++) {
    const nt_layer_ops *ops = nt_layer_at(i);
    printf("  %s", ops->name);
    print_arguments(ops);
    printf("\n      %s\n", ops->formula);
  }
  printf("\nCombinations:\n\n");
  for (size_t i = 0; i < sizeof combinations / sizeof *combinations; i++)
    printf("  %s(%s)\n      %s\n", combinations[i].name, combinations[i].arguments,
           combinations[i].help);
  printf("\nOther layers, for which ntmpi layers NAME knows an alternative:\n\n ");
  for (int i = 0, column = 0; (word = nt_word_foreign(i)) != NULL; i++)
    column = print_word(word, column);
  putchar('\n');
}

/* A cell of a table: bars would end it. */
static void print_cell(const char *text)
{
  for (; *text != '\0'; text++)
    printf(*text == '|' ? "\\|" : "%c", *text);
}

static void print_markdown(void)
{
  printf("| layer | what it does | limits | source |\n| --- | --- | --- | --- |\n");
  for (int i = 0; i < nt_layer_count(); i++) {
    const nt_layer_ops *ops = nt_layer_at(i);
    printf("| `%s", ops->name);
    print_arguments(ops);
    printf("` | ");
    print_cell(ops->formula);
    printf(" | ");
    print_cell(ops->limits != NULL ? ops->limits : "");
    printf(" | ");
    print_cell(ops->source != NULL ? ops->source : "");
    printf(" |\n");
  }
  for (size_t i = 0; i < sizeof combinations / sizeof *combinations; i++)
    printf("| `%s(%s)` | %s | | |\n", combinations[i].name, combinations[i].arguments,
           combinations[i].help);
}

static void print_option(const nt_layer_ops *ops, const nt_opt *opt)
{
  char value[320], type[200];
  printf("  %-19s %s\n", opt->name, opt->help);
  printf("  %-19s %s", "", nt_opt_type_text(opt, type, sizeof type));
  if (opt->required)
    printf("; required\n");
  else
    printf("; default %s\n", nt_opt_value_text(opt, ops->defaults, value, sizeof value));
}

/* Parts that semicolons part, each in a line. */
static void print_kernel(const char *kernel)
{
  printf("\nKernel, of K = q12, variances q11 and q22, and T, the NTK:\n  ");
  for (; *kernel != '\0'; kernel++) {
    if (strncmp(kernel, ";  ", 3) == 0) {
      printf("\n  ");
      kernel += 2;
    } else {
      putchar(*kernel);
    }
  }
  putchar('\n');
}

static void print_layer(const nt_layer_ops *ops)
{
  printf("%s", ops->name);
  print_arguments(ops);
  printf("\n\n%s\n", ops->formula);
  if (ops->kernel != NULL) print_kernel(ops->kernel);
  if (ops->n_opts > 0) printf("\nArguments:\n");
  for (int i = 0; i < ops->n_opts; i++)
    print_option(ops, &ops->opts[i]);
  if (ops->needs_gaussian)
    printf("\nIts input must be Gaussian: put a layer with weights (Dense) before it.\n");
  if (ops->gaussian == NT_NO)
    printf("\nIts output is not Gaussian: the next nonlinearity needs a layer with weights "
           "between.\n");
  if (ops->limits != NULL) printf("\nLimits: %s.\n", ops->limits);
  if (ops->source != NULL) printf("\nSource: %s\n", ops->source);
}

static bool print_combination(const char *name)
{
  for (size_t i = 0; i < sizeof combinations / sizeof *combinations; i++) {
    if (strcmp(combinations[i].name, name) != 0) continue;
    printf("%s(%s)\n\n%s\n", name, combinations[i].arguments, combinations[i].help);
    return true;
  }
  return false;
}

/* A name that is no layer here. */
static int complain_about(const char *name)
{
  char message[400], hint[100];
  const char *advice = nt_word_alternative(name);
  nt_suggestion suggestion = {.word = name};
  for (int i = 0; i < nt_layer_count(); i++)
    nt_suggest(&suggestion, nt_layer_at(i)->name);
  if (advice != NULL)
    snprintf(message, sizeof message, "%.100s %s", name, advice);
  else
    snprintf(message, sizeof message, "unknown layer '%.100s'%s (ntmpi layers lists them)", name,
             nt_suggestion_text(&suggestion, hint, sizeof hint));
  nt_cli_complain(message);
  return 2;
}

/* Of "stax.Relu()" the name alone. */
static void take_name(const char *word, char *out, size_t size)
{
  if (strncmp(word, "stax.", 5) == 0) word += 5;
  const int length = (int)strcspn(word, "( ");
  snprintf(out, size, "%.*s", length > 0 ? length : (int)size, word);
}

int nt_cli_layers(int argc, char **argv)
{
  nt_error err = {0};
  nt_cli_options options;
  if (nt_cli_help_wanted(argc, argv)) return nt_cli_print_help(&syntax);
  if (nt_cli_parse(&err, &syntax, argc, argv, &options) != NT_OK) {
    nt_cli_complain(err.message);
    return 2;
  }
  if (options.markdown) {
    print_markdown();
  } else if (options.n_operands == 0) {
    print_table();
  } else {
    char name[100];
    take_name(options.operand[0], name, sizeof name);
    const nt_layer_ops *ops = nt_layer_find(name);
    if (ops != NULL)
      print_layer(ops);
    else if (!print_combination(name))
      return complain_about(name);
  }
  return 0;
}

#include "cli/bench.h"

#include "base/check.h"
#include "base/suggest.h"
#include "cli/cli.h"
#include "cli/json.h"
#include "cli/placement.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct bench_case {
  const char *name;
  nt_status (*run)(nt_bench *b);
  const char *text;
} bench_case;

static const bench_case cases[] = {
    {"gemm", nt_bench_gemm, "dgemm on all ranks at once: the limit of dense arithmetic"},
    {"syrk", nt_bench_syrk, "dsyrk on all ranks at once: the limit of input covariances"},
    {"relu-map", nt_bench_relu_map, "kappa0 and kappa1 of ReLU, against as many roots and FMAs"},
    {"maps", nt_bench_maps, "every elementwise layer, NNGP and NTK, against ReLU"},
    {"fc", nt_bench_fc, "NNGP and NTK of a fully connected network, against dsyrk alone"},
    {"cnn-gap", nt_bench_images, "21 convolutions, global average pooling, against their loops"},
    {"cnn-flatten", nt_bench_images, "the same with Flatten"},
    {"myrtle5", nt_bench_images, "Myrtle-5"},
    {"myrtle7", nt_bench_images, "Myrtle-7"},
    {"myrtle10", nt_bench_images, "Myrtle-10"},
    {"wide-resnet", nt_bench_images, "WideResNet of two blocks a group"},
    {"resnet-like", nt_bench_images, "residual blocks with LayerNorm and GELU"},
    {"conv1d", nt_bench_images, "10 convolutions on sequences of length 256"},
    {"attention", nt_bench_images, "attention over small images"},
    {"cholesky", nt_bench_cholesky, "Cholesky factorisation, against dgemm"},
    {"solve", nt_bench_solve, "inference with a kernel, against its factorisation alone"},
    {"pcg", nt_bench_pcg, "an iteration over a stored kernel, against reading it"},
    {"eigen", nt_bench_eigen, "eigendecomposition, against LAPACK on as many cores"},
    {"write", nt_bench_write, "a kernel into an HDF5 file, against plain writing"},
    {0}};

void nt_bench_row(nt_bench *b, const char *name, const char *size, const char *what, double value,
                  const char *unit, const char *limit_what, double limit)
{
  if (nt_ctx_rank(b->ctx) != 0) return;
  if (b->to_stdout) {
    printf("%-11s %-34s %-22s %10.4g %-8s", name, size, what, value, unit);
    if (limit > 0) printf("  %.3f of %s (%.4g)", value / limit, limit_what, limit);
    printf("\n");
    (void)fflush(stdout);
  }
  if (b->json == NULL) return;
  cJSON *row = cJSON_CreateObject();
  cJSON_AddStringToObject(row, "case", name);
  cJSON_AddStringToObject(row, "size", size);
  cJSON_AddStringToObject(row, "figure", what);
  cJSON_AddNumberToObject(row, "value", value);
  cJSON_AddStringToObject(row, "unit", unit);
  if (limit > 0) {
    cJSON_AddStringToObject(row, "limit", limit_what);
    cJSON_AddNumberToObject(row, "limit_value", limit);
    cJSON_AddNumberToObject(row, "ratio", value / limit);
  }
  cJSON_AddItemToArray(b->json, row);
}

nt_status nt_bench_time(nt_bench *b, nt_bench_work work, void *arg, double *seconds)
{
  nt_status status = NT_OK;
  *seconds = 0;
  for (int r = 0; r <= b->repeat; r++) {
    NT_TRY_MPI(b->ctx, MPI_Barrier(nt_ctx_comm(b->ctx)));
    double time = -MPI_Wtime();
    const nt_status local = work(arg);
    time += MPI_Wtime();
    NT_TRY_ALL(b->ctx, local);
    NT_TRY_MPI(b->ctx,
               MPI_Allreduce(MPI_IN_PLACE, &time, 1, MPI_DOUBLE, MPI_MAX, nt_ctx_comm(b->ctx)));
    if (r == 1 || (r > 1 && time < *seconds)) *seconds = time;
  }
done:
  return status;
}

/* Words of the command line. */
typedef struct nt_words {
  nt_bench bench;
  const char *json_file;
  int threads;
  bool allow_singleton;
} nt_words;

static void help(void)
{
  printf("Usage: ntmpi bench [OPTION...] [CASE...]\n"
         "Time named workloads, each beside the limit of this machine measured in the same run.\n\n"
         "Cases (all, when none is named):\n");
  for (const bench_case *c = cases; c->name != NULL; c++) {
    printf("  %-11s %s\n", c->name, c->text);
  }
  printf(
      "\n      --samples=N     size of the matrices (default: the case's own)\n"
      "      --features=D    numbers in a sample, for fc (default: 784)\n"
      "      --depth=L       hidden layers, for fc (default: 3)\n"
      "      --repeat=R      runs, of which the fastest counts (default: 5)\n"
      "      --search        for cholesky and solve: every grid and blocks of 32 to 256 beside the "
      "solver's own\n"
      "      --threads=T     threads of a rank\n"
      "      --allow-singleton   go on when a launcher started several programs of one rank each\n"
      "      --json=FILE     rows for machines; -: on stdout, instead of the table\n"
      "      --help          this text\n");
}

static nt_status parse_number(nt_error *err, const char *option, const char *text, int64_t *out)
{
  nt_status status = NT_OK;
  char *end;
  const long long v = strtoll(text, &end, 10);
  NT_CHECK(*text != '\0' && *end == '\0' && v >= 1 && v <= 1000000, err, NT_ERR_ARG,
           "--%s takes a whole number from 1 to 1000000, not '%s'", option, text);
  *out = v;
done:
  return status;
}

static nt_status parse(nt_error *err, int argc, char **argv, nt_words *w)
{
  static const struct option longs[] = {{"samples", 1, NULL, 'n'},
                                        {"features", 1, NULL, 'd'},
                                        {"depth", 1, NULL, 'l'},
                                        {"repeat", 1, NULL, 'r'},
                                        {"threads", 1, NULL, 't'},
                                        {"json", 1, NULL, 'j'},
                                        {"help", 0, NULL, 'h'},
                                        {"search", 0, NULL, 'f'},
                                        {"allow-singleton", 0, NULL, 's'},
                                        {0}};
  nt_status status = NT_OK;
  int letter, which = 0;
  optind = 0;
  opterr = 0;
  while ((letter = getopt_long(argc, argv, "", longs, &which)) != -1) {
    int64_t repeat = 5, threads = 0;
    switch (letter) {
    case 'n':
      NT_TRY(parse_number(err, "samples", optarg, &w->bench.n));
      break;
    case 'd':
      NT_TRY(parse_number(err, "features", optarg, &w->bench.d));
      break;
    case 'l':
      NT_TRY(parse_number(err, "depth", optarg, &w->bench.depth));
      break;
    case 'r':
      NT_TRY(parse_number(err, "repeat", optarg, &repeat));
      w->bench.repeat = (int)repeat;
      break;
    case 't':
      NT_TRY(parse_number(err, "threads", optarg, &threads));
      w->threads = (int)threads;
      break;
    case 's':
      w->allow_singleton = true;
      break;
    case 'f':
      w->bench.search = true;
      break;
    case 'j':
      NT_CHECK(optarg[0] != '\0', err, NT_ERR_ARG, "--json '': must be a text that is not empty");
      w->json_file = optarg;
      break;
    default:
      NT_FAIL(err, NT_ERR_ARG, "unknown option '%s', or its value is missing (ntmpi bench --help)",
              argv[optind - 1]);
    }
  }
done:
  return status;
}

static nt_status find_case(nt_error *err, const char *name, const bench_case **found)
{
  nt_status status = NT_OK;
  nt_suggestion suggestion = {.word = name};
  char hint[100];
  for (*found = cases; (*found)->name != NULL; ++*found) {
    if (strcmp((*found)->name, name) == 0) return NT_OK;
    nt_suggest(&suggestion, (*found)->name);
  }
  NT_FAIL(err, NT_ERR_ARG, "unknown case '%.100s'%s (ntmpi bench --help lists them)", name,
          nt_suggestion_text(&suggestion, hint, sizeof hint));
done:
  return status;
}

static nt_status run_case(nt_bench *b, const bench_case *found)
{
  b->name = found->name;
  return found->run(b);
}

static nt_status run_cases(nt_bench *b, int n, char **names)
{
  nt_status status = NT_OK;
  const bench_case *found;
  for (int i = 0; i < n; i++)
    NT_TRY(find_case(nt_ctx_error(b->ctx), names[i], &found));
  if (n == 0) {
    for (found = cases; found->name != NULL; found++)
      NT_TRY(run_case(b, found));
  }
  for (int i = 0; i < n; i++) {
    NT_TRY(find_case(nt_ctx_error(b->ctx), names[i], &found));
    NT_TRY(run_case(b, found));
  }
done:
  return status;
}

static nt_status run(nt_ctx *ctx, nt_words *w, int argc, char **argv)
{
  nt_status status = NT_OK;
  nt_bench *b = &w->bench;
  nt_placement placement;
  b->ctx = ctx;
  b->to_stdout = w->json_file == NULL || strcmp(w->json_file, "-") != 0;
  if (!w->allow_singleton) NT_TRY(nt_placement_check_launcher(ctx));
  NT_TRY(nt_placement_use(ctx, w->threads, false, &placement));
  if (w->json_file != NULL && nt_ctx_rank(ctx) == 0) b->json = cJSON_CreateArray();
  NT_TRY_ALL(ctx, b->json != NULL ? nt_json_check(nt_ctx_error(ctx), w->json_file) : NT_OK);
  NT_TRY(nt_grid_create(ctx, 0, 0, &b->grid));
  NT_TRY(run_cases(b, argc - optind, argv + optind));
  NT_TRY_ALL(ctx,
             b->json != NULL ? nt_json_write(nt_ctx_error(ctx), w->json_file, b->json) : NT_OK);
done:
  cJSON_Delete(b->json);
  nt_grid_destroy(&b->grid);
  return status;
}

int nt_cli_bench(int argc, char **argv)
{
  nt_words words = {.bench = {.repeat = 5}};
  nt_ctx *ctx = NULL;
  int provided;
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "--help") == 0) {
      help();
      return 0;
    }
  }
  const int launcher_rank = nt_cli_launcher_rank(); /* before MPI may set it */
  nt_cli_survive_writing();
  (void)MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided);
  nt_status status = nt_ctx_create(MPI_COMM_WORLD, &ctx);
  /* Not before MPI: a rank that leaves would end the others before the message is out. */
  if (status == NT_OK) status = parse(nt_ctx_error(ctx), argc, argv, &words);
  if (status == NT_OK) status = run(ctx, &words, argc, argv);
  if (status == NT_OK) status = nt_cli_flush(nt_ctx_error(ctx));
  if (status != NT_OK && launcher_rank == 0 && (ctx == NULL || nt_ctx_rank(ctx) == 0)) {
    nt_cli_complain(ctx == NULL ? nt_status_text(status) : nt_ctx_error(ctx)->message);
  }
  (void)nt_ctx_destroy(&ctx);
  (void)MPI_Finalize();
  return nt_status_exit_code(status);
}

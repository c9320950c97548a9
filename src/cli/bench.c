#include "cli/bench.h"

#include "base/check.h"
#include "base/suggest.h"
#include "cli/cli.h"
#include "cli/results.h"
#include "cli/tables.h"
#include "cli/work.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

typedef struct bench_case {
  const char *name;
  nt_status (*run)(nt_bench *b);
  nt_status (*need)(nt_bench *b, nt_bench_need *need); /* NULL: what fits in a cache */
  const char *text;
} bench_case;

static const bench_case cases[] = {
    {"gemm", nt_bench_gemm, nt_bench_gemm_need,
     "dgemm on all ranks at once: the limit of dense arithmetic"},
    {"syrk", nt_bench_syrk, nt_bench_syrk_need,
     "dsyrk on all ranks at once: the limit of input covariances"},
    {"relu-map", nt_bench_relu_map, NULL,
     "kappa0 and kappa1 of ReLU, against as many roots and FMAs"},
    {"maps", nt_bench_maps, NULL, "every elementwise layer, NNGP and NTK, against ReLU"},
    {"fc", nt_bench_fc, nt_bench_fc_need,
     "NNGP and NTK of a fully connected network, against dsyrk alone"},
    {"cnn-gap", nt_bench_images, nt_bench_images_need,
     "21 convolutions, global average pooling, against their loops"},
    {"cnn-flatten", nt_bench_images, nt_bench_images_need, "the same with Flatten"},
    {"myrtle5", nt_bench_images, nt_bench_images_need, "Myrtle-5"},
    {"myrtle7", nt_bench_images, nt_bench_images_need, "Myrtle-7"},
    {"myrtle10", nt_bench_images, nt_bench_images_need, "Myrtle-10"},
    {"wide-resnet", nt_bench_images, nt_bench_images_need, "WideResNet of two blocks a group"},
    {"resnet-like", nt_bench_images, nt_bench_images_need,
     "residual blocks with LayerNorm and GELU"},
    {"conv1d", nt_bench_images, nt_bench_images_need, "10 convolutions on sequences of length 256"},
    {"attention", nt_bench_images, nt_bench_images_need, "attention over small images"},
    {"cholesky", nt_bench_cholesky, nt_bench_cholesky_need,
     "Cholesky factorisation, against dgemm"},
    {"solve", nt_bench_solve, nt_bench_solve_need,
     "inference with a kernel, against its factorisation alone"},
    {"pcg", nt_bench_pcg, nt_bench_pcg_need,
     "an iteration over a stored kernel, against reading it"},
    {"eigen", nt_bench_eigen, nt_bench_eigen_need,
     "eigendecomposition, against LAPACK on as many cores"},
    {"write", nt_bench_write, nt_bench_write_need,
     "a kernel into an HDF5 file, against plain writing"},
    {0}};

void nt_bench_row(nt_bench *b, const char *name, const char *size, const char *what, double value,
                  const char *unit, const char *limit_what, double limit)
{
  if (nt_ctx_rank(b->ctx) != 0) return;
  if (nt_shows_tables(&b->s)) {
    printf("%-11s %-34s %-22s %10.4g %-8s", name, size, what, value, unit);
    if (limit > 0) printf("  %.3f of %s (%.4g)", value / limit, limit_what, limit);
    printf("\n");
    (void)fflush(stdout);
  }
  if (b->s.json == NULL) return;
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
  cJSON_AddItemToArray(b->s.json, row);
}

static int64_t bytes_of(nt_bench_need need) { return need.share + need.own + need.samples; }

nt_bench_need nt_bench_larger(nt_bench_need a, nt_bench_need b)
{
  return bytes_of(a) > bytes_of(b) ? a : b;
}

int64_t nt_bench_part(const nt_grid *grid, int64_t M, int64_t N, int64_t nb)
{
  return nt_numroc(M, nb, 0, nt_grid_P(grid)) * nt_numroc(N, nb, 0, nt_grid_Q(grid)) *
         (int64_t)sizeof(double);
}

nt_status nt_bench_time(nt_bench *b, nt_bench_work work, void *arg, double *seconds)
{
  nt_status status = NT_OK;
  *seconds = 0;
  for (int64_t r = 0; r <= b->repeat; r++) {
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

static const nt_cli_option rows[] = {
    {"samples", 0, "N", nt_read_count, FIELD(samples),
     "size of the matrices (default: the case's own)"},
    {"features", 0, "D", nt_read_count, FIELD(features),
     "numbers in a sample, for syrk, fc and solve (default: 784)"},
    {"depth", 0, "L", nt_read_count, FIELD(depth), "hidden layers, for fc (default: 3)"},
    {"repeat", 0, "R", nt_read_count, FIELD(repeat),
     "runs, of which the fastest counts (default: 5)"},
    {"search", 0, NULL, nt_read_flag, FIELD(search),
     "for cholesky and solve: every grid and blocks of 32 to 256 beside the solver's own"},
    {"threads", 0, "T", nt_read_count, FIELD(threads),
     "threads of a rank (default: OMP_NUM_THREADS, else its share of the cores)"},
    {"allow-singleton", 0, NULL, nt_read_flag, FIELD(allow_singleton),
     "go on when a launcher started several programs of one rank each"},
    END};
static const nt_cli_group own = {"Bench:", rows};
static const nt_cli_group *const groups[] = {&own, &nt_cli_messages, NULL};

static const nt_cli_syntax syntax = {
    .name = "bench",
    .operands = "[CASE...]",
    .text = "Time named workloads, each beside the limit of this machine measured in the same run. "
            "With --json the summary is a list of rows.",
    .most_operands = INT_MAX,
    .groups = groups};

static int print_help(void)
{
  char list[2000];
  size_t used = (size_t)snprintf(list, sizeof list, "Cases (all, when none is named):\n");
  for (const bench_case *c = cases; c->name != NULL && used < sizeof list; c++)
    used += (size_t)snprintf(list + used, sizeof list - used, "  %-11s %s\n", c->name, c->text);
  nt_cli_syntax with_cases = syntax;
  with_cases.epilogue = list;
  return nt_cli_print_help(&with_cases);
}

static nt_status check_words(nt_error *err, const nt_cli_options *o)
{
  enum { MOST = 1000000 };
  nt_status status = NT_OK;
  const bench_case *found;
  const struct {
    const char *name;
    int64_t value;
  } sizes[] = {{"samples", o->samples}, {"features", o->features}, {"depth", o->depth}};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
    NT_CHECK(sizes[i].value <= MOST, err, NT_ERR_ARG, "--%s %lld: must be an integer from 1 to %d",
             sizes[i].name, (long long)sizes[i].value, MOST);
  for (int i = 0; i < o->n_operands; i++)
    NT_TRY(find_case(err, o->operand[i], &found));
done:
  return status;
}

/* The case that is run as number i: of those that were named, or of all; NULL behind the last. */
static const bench_case *case_at(const nt_cli_options *o, int i)
{
  const bench_case *found;
  if (o->n_operands == 0) return cases[i].name == NULL ? NULL : &cases[i];
  return i < o->n_operands && find_case(NULL, o->operand[i], &found) == NT_OK ? found : NULL;
}

/* A message about memory tells which case is meant. */
static nt_status blame(nt_bench *b, const bench_case *c, nt_status status)
{
  const nt_error own = *nt_ctx_error(b->ctx);
  if (status != NT_ERR_NOMEM || c == NULL) return status;
  nt_ctx_clear_error(b->ctx);
  return nt_fail(nt_ctx_error(b->ctx), status, __FILE__, __LINE__, __func__, "%s: %s", c->name,
                 own.message);
}

/* Refuse what does not fit before the first case is run. */
static nt_status check_memory(nt_bench *b)
{
  nt_status status = NT_OK;
  const bench_case *c, *largest = NULL;
  nt_bench_need most = {0}, need = {0};
  for (int i = 0; (c = case_at(&b->s.options, i)) != NULL; i++) {
    b->name = c->name;
    if (c->need != NULL) NT_TRY(blame(b, c, c->need(b, &need)));
    if (bytes_of(need) <= bytes_of(most)) continue;
    most = need;
    largest = c;
  }
  nt_budget budget = {.results = most.share,
                      .samples = most.samples,
                      .work = most.own,
                      .seen = most.seen,
                      .less = "fewer --samples"};
  NT_TRY(blame(b, largest, nt_work_announce(&b->s, &budget)));
done:
  return status;
}

static nt_status run_cases(nt_bench *b)
{
  nt_status status = NT_OK;
  const bench_case *c;
  for (int i = 0; (c = case_at(&b->s.options, i)) != NULL; i++) {
    b->name = c->name;
    NT_TRY(c->run(b));
  }
done:
  return status;
}

static nt_status run(nt_bench *b, int argc, char **argv)
{
  nt_status status = NT_OK;
  int64_t peak;
  nt_session *s = &b->s;
  const nt_cli_options *o = &s->options;
  NT_TRY(nt_session_begin(s, &syntax, argc, argv));
  b->ctx = s->ctx;
  b->grid = s->grid;
  b->n = o->samples;
  b->d = o->features;
  b->depth = o->depth;
  b->repeat = o->repeat > 0 ? o->repeat : 5;
  b->search = o->search;
  NT_TRY_ALL(s->ctx, check_words(nt_ctx_error(s->ctx), o));
  NT_TRY(check_memory(b));
  if (s->json != NULL) { /* rows take the place of the summary */
    cJSON_Delete(s->json);
    s->json = cJSON_CreateArray();
  }
  NT_TRY(run_cases(b));
  NT_TRY(nt_work_tell_memory(s, &peak));
  NT_TRY(nt_summary_write(s));
done:
  return status;
}

int nt_cli_bench(int argc, char **argv)
{
  nt_bench b = {.n = 0};
  if (nt_cli_help_wanted(argc, argv)) return print_help();
  const nt_status status = run(&b, argc, argv);
  return nt_session_end(&b.s, status);
}

#include "cli/work.h"

#include "base/check.h"
#include "base/memory.h"
#include "cli/plan_report.h"
#include "kernel/barrier.h"
#include "kernel/digits.h"
#include "layer/math.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of a data set, or the part of it that is meant. */
static nt_shape shape_of(const nt_inputs *x, int l)
{
  const nt_dataset_info *info = nt_dataset_about(x->set[l]);
  nt_shape shape = info->shape;
  shape.dim[info->batch_axis] = x->n;
  return shape;
}

static nt_input input_of(const nt_inputs *x1, const nt_inputs *x2, int l, bool masked)
{
  const nt_shape a = shape_of(x1, l);
  return (nt_input){.shape1 = a,
                    .shape2 = x2 == NULL ? a : shape_of(x2, l),
                    .has_x2 = x2 != NULL,
                    .masked1 = masked,
                    .masked2 = masked,
                    .x1_is_x2 = x2 == NULL};
}

/* Few numbers are nearly opposite so often that the root of what rounding leaves of 1 + cos(theta)
 * shows in float32: float64 takes its place, in which samples are read then. */
static bool is_refined(nt_session *s, const nt_plan *plan)
{
  enum { FEW = 6 };
  const int64_t numbers = nt_plan_fewest_numbers(plan);
  if (plan->request.dtype != NT_FLOAT32 || numbers > FEW) return false;
  s->options.dtype = NT_FLOAT64;
  s->few_numbers = numbers;
  return true;
}

const char *nt_work_arithmetic(const nt_session *s, const nt_plan *plan, char *out, size_t size)
{
  if (plan->request.dtype == NT_FLOAT32) return "float32";
  if (s->few_numbers == 0) return "float64";
  snprintf(out, size, "float64 (not float32: an activation sees no more than %lld number%s)",
           (long long)s->few_numbers, s->few_numbers == 1 ? "" : "s");
  return out;
}

nt_status nt_work_plan(nt_session *s, const nt_cli_net *net, const nt_inputs *x1,
                       const nt_inputs *x2, unsigned get, const nt_kernel_options *options,
                       nt_kernel_job **job)
{
  nt_status status = NT_OK;
  nt_input *inputs = NULL;
  NT_TRY_ALL(s->ctx,
             nt_alloc(nt_ctx_error(s->ctx), x1->n_leaves, sizeof(nt_input), "inputs", &inputs));
  for (int l = 0; l < x1->n_leaves; l++)
    inputs[l] = input_of(x1, x2, l, s->options.mask_constant.given);
  NT_TRY(nt_kernel_job_create(s->grid, net->layer, x1->tree, inputs, get, options, job));
  if (is_refined(s, (*job)->plan)) {
    nt_kernel_options again = *options;
    again.dtype = s->options.dtype;
    nt_kernel_job_destroy(job);
    NT_TRY(nt_kernel_job_create(s->grid, net->layer, x1->tree, inputs, get, &again, job));
  }
  nt_shape one, two;
  const nt_inputs *const last = x2 == NULL ? x1 : x2;
  const char *const text = s->options.pattern;
  const nt_patterns patterns = {nt_inputs_pattern_shape(x1, &one) ? &one : NULL,
                                nt_inputs_pattern_shape(last, &two) ? &two : NULL,
                                text != NULL && strcmp(text, "none") == 0};
  NT_TRY_ALL(s->ctx, nt_kernel_job_patterns(*job, &patterns));
done:
  free(inputs);
  return status;
}

static void add_number(cJSON *object, const char *name, double value)
{
  (void)cJSON_AddNumberToObject(object, name, value);
}

static void store_budget(const nt_session *s, const nt_budget *b)
{
  if (s->json == NULL) return;
  cJSON *memory = cJSON_AddObjectToObject(s->json, "memory");
  add_number(memory, "process", (double)b->process);
  add_number(memory, "results", (double)b->results);
  add_number(memory, "samples", (double)b->samples);
  add_number(memory, "work", (double)b->work);
  add_number(memory, "writing", (double)b->writing);
  add_number(memory, "announced", (double)s->announced);
  add_number(memory, "limit", (double)s->limit.bytes);
  if (b->output > 0) add_number(s->json, "output_bytes", (double)b->output);
}

static void store_advice(const nt_session *s, const nt_advice *advice)
{
  if (s->json == NULL) return;
  add_number(s->json, "ranks_that_do", advice->ranks);
  if (advice->tile > 0) add_number(s->json, "tile_that_does", (double)advice->tile);
}

static nt_status refuse(nt_session *s, const nt_budget *b, int64_t need)
{
  char needed[32], have[32], text[300];
  nt_error *err = nt_ctx_error(s->ctx);
  nt_bytes_text(need, needed, sizeof needed);
  nt_bytes_text(s->limit.bytes, have, sizeof have);
  if (s->limit.bytes == 0)
    return nt_fail(err, NT_ERR_NOMEM, __FILE__, __LINE__, __func__,
                   "a rank would need %s beside the %s that the process takes, but %s leaves it "
                   "none: raise the limit",
                   needed, nt_bytes_text(b->process, have, sizeof have), s->limit.source);
  if (b->sized != NULL) {
    const int there = nt_ctx_size(s->ctx);
    const nt_advice advice = nt_memory_advise(b->sized, there, s->limit.bytes);
    store_advice(s, &advice);
    return nt_fail(err, NT_ERR_NOMEM, __FILE__, __LINE__, __func__,
                   "a rank would need %s beside what the process takes, but %s leaves it %s: %s",
                   needed, s->limit.source, have,
                   nt_advice_text(&advice, there, " with as much each", text, sizeof text));
  }
  return nt_fail(
      err, NT_ERR_NOMEM, __FILE__, __LINE__, __func__,
      "a rank would need %s beside what the process takes, but %s leaves it %s: use %s, or "
      "raise the limit",
      needed, s->limit.source, have, b->less);
}

/* Pages of libraries that are first touched later, and by writing; buffers of messages, which are
 * small beside few samples: as was seen. */
enum { LATER_BYTES = 4 << 20, LEAST_MESSAGES = 1 << 20, MOST_MESSAGES = 6 << 20 };

static int64_t shared_with_others(const nt_budget *b)
{
  return NT_MIN(LEAST_MESSAGES + b->samples, MOST_MESSAGES) + b->seen;
}

static int64_t need_of(const nt_budget *b)
{
  return b->results + b->samples + NT_MAX(b->work, b->writing);
}

bool nt_work_fits(const nt_session *s, const nt_budget *b) { return need_of(b) <= s->limit.bytes; }

nt_status nt_work_announce(nt_session *s, nt_budget *b)
{
  nt_status status = NT_OK;
  char text[6][32];
  b->work =
      NT_MAX(b->work, s->unpacked - b->results); /* samples are read before there are results */
  b->process = nt_resident_bytes() + LATER_BYTES;
  if (nt_ctx_size(s->ctx) > 1) b->process += shared_with_others(b);
  NT_TRY(nt_ctx_largest(s->ctx, &b->process));
  const int64_t need = need_of(b);
  s->announced = b->process + need;
  nt_say(s,
         "memory of a rank: %s at most = results %s + samples %s + work %s (or writing %s) + "
         "process %s; %s leaves %s",
         nt_bytes_text(s->announced, text[0], 32), nt_bytes_text(b->results, text[1], 32),
         nt_bytes_text(b->samples, text[2], 32), nt_bytes_text(b->work, text[3], 32),
         nt_bytes_text(b->writing, text[4], 32), nt_bytes_text(b->process, text[5], 32),
         s->limit.source, nt_bytes_text(s->limit.bytes, (char[32]){0}, 32));
  if (nt_ctx_is_planned(s->ctx)) nt_plan_report_budget(s, b);
  store_budget(s, b);
  if (need > s->limit.bytes) status = refuse(s, b, need);
done:
  return status;
}

int64_t nt_work_tiles(const nt_kernel_job *job)
{
  const nt_plan *plan = job->plan;
  int64_t tiles = 0;
  for (int s = 0; s < job->stages.n; s++)
    tiles += nt_work_tiles(job->stage[s]);
  if (job->stage != NULL) return tiles;
  const nt_facts *facts = &plan->node[0].facts;
  const int64_t t1 = (nt_facts_samples(facts, 0) + plan->tile - 1) / plan->tile;
  const int64_t t2 = (nt_facts_samples(facts, 1) + plan->tile - 1) / plan->tile;
  return job->symmetric ? t1 * (t1 + 1) / 2 : t1 * t2;
}

/* Layers on samples, between two stages of the work. */
static void describe_barriers(nt_session *s, const nt_kernel_job *job)
{
  char text[300];
  for (int n = 0; job->stage != NULL && n < job->plan->n_nodes; n++)
    if (nt_barrier_text(job->plan, job->stages.cut, n, text, sizeof text) != NULL)
      nt_say(s, "  %s", text);
}

int nt_work_digits(const nt_plan *plan)
{
  for (int l = 0; l < plan->n_leaves; l++) {
    const nt_digits *digits = nt_panel_digits(plan, l);
    if (digits != NULL) return digits->digits;
  }
  return 0;
}

nt_status nt_work_describe(nt_session *s, const nt_kernel_job *job, const char *what)
{
  if (nt_ctx_is_planned(s->ctx)) return nt_plan_report(s, job, what);
  const nt_plan *plan = job->plan;
  char one[128], two[128], arithmetic[100];
  const nt_facts *facts = &plan->node[0].facts;
  const int64_t tiles = nt_work_tiles(job);
  nt_say(s, "%s: %lld x %lld samples%s, %lld tile%s of %lld x %lld, %s, layout %s%s", what,
         (long long)nt_facts_samples(facts, 0), (long long)nt_facts_samples(facts, 1),
         job->symmetric ? " (symmetric)" : "", (long long)tiles, tiles == 1 ? "" : "s",
         (long long)plan->tile, (long long)plan->tile,
         nt_work_arithmetic(s, plan, arithmetic, sizeof arithmetic),
         plan->layout.diagonal_spatial ? "diagonal" : "full",
         nt_work_digits(plan) > 0 ? ", inputs multiplied as digits" : "");
  describe_barriers(s, job);
  for (int o = 0; o < plan->n_outputs && s->options.verbose; o++) {
    facts = &plan->node[plan->output[o]].facts;
    nt_say(s, "  output %d: shapes %s and %s", o, nt_shape_text(&facts->shape1, one, sizeof one),
           nt_shape_text(&facts->shape2, two, sizeof two));
  }
  return NT_OK;
}

static double tile_seconds(const nt_kernel_job *job)
{
  double seconds = job->tile_seconds;
  for (int k = 0; k < job->stages.n && job->stage != NULL; k++)
    seconds += tile_seconds(job->stage[k]);
  return seconds;
}

nt_status nt_work_run(nt_session *s, nt_kernel_job *job, const nt_inputs *x1, const nt_inputs *x2,
                      const char *what, nt_tree **kernels)
{
  const nt_side one = nt_inputs_side(x1), two = nt_inputs_side(x2 == NULL ? x1 : x2);
  nt_cli_progress progress;
  nt_cli_progress_begin(&progress, what, !s->options.quiet && nt_ctx_rank(s->ctx) == 0);
  job->progress = &progress.callback;
  const nt_status status = nt_kernel_job_run(job, &one, x2 == NULL ? NULL : &two, kernels);
  nt_cli_progress_end(&progress);
  job->progress = NULL;
  s->tile_seconds += tile_seconds(job);
  return status;
}

/* How evenly ranks were busy with tiles. */
static nt_status tell_balance(nt_session *s)
{
  nt_status status = NT_OK;
  const int ranks = nt_ctx_size(s->ctx);
  double mean = s->tile_seconds, most = s->tile_seconds;
  int rank = nt_ctx_rank(s->ctx);
  NT_TRY(nt_ctx_sum(s->ctx, 1, &mean));
  mean /= ranks;
  NT_TRY(nt_ctx_largest_at(s->ctx, &most, &rank));
  if (ranks > 1 && most > 0)
    nt_say(s, "tiles of a rank: %.2f s in the mean, %.2f s at most (rank %d)", mean, most, rank);
  if (s->json == NULL) return NT_OK;
  cJSON *seconds = cJSON_AddObjectToObject(s->json, "tile_seconds");
  add_number(seconds, "mean", mean);
  add_number(seconds, "most", most);
  add_number(seconds, "rank", rank);
done:
  return status;
}

nt_status nt_work_tell_memory(nt_session *s, int64_t *peak)
{
  nt_status status = NT_OK;
  char used[32], said[32];
  *peak = nt_peak_bytes();
  NT_TRY(nt_ctx_largest(s->ctx, peak));
  nt_say(s, "memory of a rank: %s used at most, %s announced",
         nt_bytes_text(*peak, used, sizeof used), nt_bytes_text(s->announced, said, sizeof said));
done:
  return status;
}

nt_status nt_work_summary(nt_session *s)
{
  nt_status status = NT_OK;
  int64_t peak;
  char line[400] = "";
  size_t length = 0;
  cJSON *seconds = s->json == NULL ? NULL : cJSON_AddObjectToObject(s->json, "seconds");
  for (int i = 0; i < s->n_phases; i++) {
    length += (size_t)snprintf(line + length, sizeof line - length, "%s%s %.2f s",
                               i > 0 ? ", " : "", s->phase[i].name, s->phase[i].seconds);
    if (seconds != NULL) add_number(seconds, s->phase[i].name, s->phase[i].seconds);
  }
  const double total = MPI_Wtime() - s->started;
  nt_say(s, "time: %s; %.2f s in all", line, total);
  NT_TRY(tell_balance(s));
  NT_TRY(nt_work_tell_memory(s, &peak));
  if (seconds != NULL) {
    add_number(seconds, "total", total);
    add_number(cJSON_GetObjectItem(s->json, "memory"), "peak", (double)peak);
  }
done:
  return status;
}

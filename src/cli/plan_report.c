#include "cli/plan_report.h"

#include "base/check.h"
#include "base/memory.h"
#include "cli/json.h"
#include "kernel/barrier.h"
#include "kernel/calibrate.h"
#include "kernel/near.h"
#include "kernel/tile.h"
#include "layer/math.h"
#include "net/net_impl.h"
#include "plan/outline.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One kernel in the making. */
typedef struct nt_report {
  const nt_session *s;
  const nt_kernel_job *job;
  const nt_plan *plan;
  nt_machine machine;
  nt_outline *outline; /* [n_regions] */
  nt_rates rates;
  nt_share share;
  nt_memory memory;
  bool timed;  /* on this machine */
  bool shown;  /* to people, on stdout */
  cJSON *json; /* NULL: none */
} nt_report;

static void number(cJSON *object, const char *name, double value)
{
  if (object != NULL) (void)cJSON_AddNumberToObject(object, name, value);
}

static void text(cJSON *object, const char *name, const char *value)
{
  if (object != NULL) (void)cJSON_AddStringToObject(object, name, value);
}

static const char *duration(double seconds, char *out, size_t size)
{
  if (seconds < 120)
    snprintf(out, size, "%.3g s", seconds);
  else if (seconds < 7200)
    snprintf(out, size, "%.1f min", seconds / 60);
  else if (seconds < 172800)
    snprintf(out, size, "%.1f h", seconds / 3600);
  else
    snprintf(out, size, "%.1f days", seconds / 86400);
  return out;
}

static const char *bytes(int64_t n, char *out) { return nt_bytes_text(n, out, 32); }

static int64_t size_of(const nt_plan *plan) { return plan->request.dtype == NT_FLOAT64 ? 8 : 4; }

static const char *name_of(nt_dtype dtype)
{
  static const char *const name[NT_DTYPES] = {"float64", "float32", "long double"};
  return name[dtype];
}

static void report_head(const nt_report *r, const char *what)
{
  const nt_plan *plan = r->plan;
  const long long n1 = nt_plan_samples(plan, 0), n2 = nt_plan_samples(plan, 1);
  char arithmetic[100];
  const char *const dtype = nt_work_arithmetic(r->s, plan, arithmetic, sizeof arithmetic);
  const char *layout = plan->layout.diagonal_spatial ? "equal positions" : "all pairs of positions";
  text(r->json, "kernel", what);
  number(r->json, "n1", (double)n1);
  number(r->json, "n2", (double)n2);
  if (r->json != NULL) (void)cJSON_AddBoolToObject(r->json, "symmetric", r->job->symmetric);
  text(r->json, "dtype", name_of(plan->request.dtype));
  number(r->json, "digits", nt_work_digits(plan));
  text(r->json, "layout", plan->layout.diagonal_spatial ? "diagonal" : "full");
  if (r->shown)
    printf("%s: %lld x %lld samples%s, %s, results of %s%s\n", what, n1, n2,
           r->job->symmetric ? " (symmetric: half is computed)" : "", dtype, layout,
           nt_work_digits(plan) > 0 ? ", inputs multiplied as digits" : "");
}

static const char *planes_text(const nt_outline *o, char *out, size_t size)
{
  if (o->space.rank == 0)
    snprintf(out, size, "-");
  else if (o->planes == o->all_planes)
    snprintf(out, size, "all %lld", (long long)o->planes);
  else if (o->planes == 1)
    snprintf(out, size, "diagonal of %lld", (long long)o->all_planes);
  else
    snprintf(out, size, "%lld of %lld", (long long)o->planes, (long long)o->all_planes);
  return out;
}

static void report_segment(const nt_report *r, int region, cJSON *list)
{
  char space[100], planes[60], end[140], tables[32], time[32] = "-", own[40] = "";
  const nt_outline o = r->outline[region];
  const double ms = r->timed ? 1e3 * r->rates.region[region] : NAN;
  if (r->timed) snprintf(time, sizeof time, "%.3g", ms);
  if (o.own_planes > 0) snprintf(own, sizeof own, " (*%lld)", (long long)o.own_planes);
  nt_outline_end(r->plan, &o, end, sizeof end);
  nt_shape_text(&o.space, space, sizeof space);
  if (r->shown)
    printf("  %2d %-14s %-16s %6d %4d %7d %6lld %5d %10s %10s  %s%s\n", region + 1,
           o.space.rank == 0 ? "pairs" : space, planes_text(&o, planes, sizeof planes), o.layers,
           o.maps, o.windows, (long long)o.lanes, o.slots,
           bytes(o.tables * size_of(r->plan), tables), time, end, own);
  if (list == NULL) return;
  cJSON *row = cJSON_CreateObject();
  text(row, "space", space);
  number(row, "planes", (double)o.planes);
  number(row, "all_planes", (double)o.all_planes);
  number(row, "layers", o.layers);
  number(row, "maps", o.maps);
  number(row, "windows", o.windows);
  number(row, "lanes", (double)o.lanes);
  number(row, "slots", o.slots);
  number(row, "tables_bytes_per_sample", (double)(o.tables * size_of(r->plan)));
  number(row, "elements_per_pair", o.elements);
  number(row, "ms_per_pair", ms);
  text(row, "end", end);
  number(row, "own_planes", (double)o.own_planes);
  (void)cJSON_AddItemToArray(list, row);
}

static void report_segments(const nt_report *r)
{
  cJSON *list = r->json == NULL ? NULL : cJSON_AddArrayToObject(r->json, "segments");
  const int n_regions = r->plan->program->n_regions;
  if (r->shown && n_regions == 0)
    printf("segments: none, variances alone\n");
  else if (r->shown)
    printf("segments, each carried through all its layers in cache:\n"
           "   # %-14s %-16s %6s %4s %7s %6s %5s %10s %10s  %s\n",
           "positions", "planes", "layers", "maps", "windows", "lanes", "slots", "tables",
           "ms/pair", "left at its end");
  for (int region = 0; region < n_regions; region++)
    report_segment(r, region, list);
  int variances = 0;
  for (int n = 0; n < r->plan->n_nodes; n++)
    variances += r->plan->node[n].want_v;
  const bool own = nt_plan_last_own(r->plan) >= 0;
  number(r->json, "variances", variances);
  if (r->shown)
    printf("sample pass: variances at %d of %d values%s\n", variances, r->plan->n_nodes,
           own ? "; (*n) also on n planes of each sample with itself" : "");
}

/* Pairs that are computed again. */
static void report_near(const nt_report *r)
{
  char t[32];
  const nt_plan *near = r->plan->near;
  const double below = near == NULL ? 0 : r->plan->near_below;
  const int64_t thread = nt_near_bytes(r->plan) + nt_near_kept_bytes(r->plan);
  number(r->json, "near_below", below);
  number(r->json, "near_thread", (double)thread);
  if (r->shown && near != NULL)
    printf("near pairs: those with 1 - |cos| < %g of the inputs again in %s, %s of a thread\n",
           below, name_of(near->request.dtype), bytes(thread, t));
}

/* What layers have to say of themselves: the accuracy of a quadrature. Once
 * for each, also if repeated. */
static void report_notes(const nt_report *r)
{
  cJSON *list = r->json == NULL ? NULL : cJSON_AddArrayToObject(r->json, "notes");
  for (int n = 0; n < r->plan->n_nodes; n++) {
    const nt_node *node = &r->plan->node[n];
    char where[200], note[200];
    bool said = node->ops == NULL || node->ops->describe == NULL;
    for (int m = 0; m < n && !said; m++)
      said = r->plan->node[m].layer == node->layer;
    if (said) continue;
    nt_layer_where(node->layer, where, sizeof where);
    node->ops->describe(node->cfg, note, sizeof note);
    if (r->shown) printf("%s: %s\n", where, note);
    if (list == NULL) continue;
    cJSON *row = cJSON_CreateObject();
    text(row, "layer", where);
    text(row, "note", note);
    (void)cJSON_AddItemToArray(list, row);
  }
}

static void report_tiles(const nt_report *r)
{
  const long long tile = r->plan->tile, tiles = nt_work_tiles(r->job);
  number(r->json, "tile", (double)tile);
  number(r->json, "tiles", (double)tiles);
  number(r->json, "tiles_per_rank", (double)r->share.tiles);
  number(r->json, "pairs_per_rank", (double)r->share.pairs);
  number(r->json, "pairs_together", (double)nt_tile_together(r->plan));
  if (r->shown)
    printf(
        "tiles: %lld of %lld x %lld samples; a rank computes %lld at most, %lld pairs, %lld at a "
        "time\n",
        tiles, tile, tile, (long long)r->share.tiles, (long long)r->share.pairs,
        (long long)nt_tile_together(r->plan));
}

static void report_memory(const nt_report *r)
{
  const nt_memory *m = &r->memory;
  const int64_t frames = nt_frames_bytes(&r->plan->program->frames);
  const int threads = r->machine.threads;
  char t[6][32];
  if (r->shown)
    printf("memory of a rank: results %s, samples %s, panels with tables %s, %d thread%s of %s, "
           "mirror tiles %s, frames %s\n",
           bytes(m->results, t[0]), bytes(m->samples, t[1]), bytes(m->panels, t[2]), threads,
           threads == 1 ? "" : "s", bytes(m->threads / threads, t[3]), bytes(m->mirror, t[4]),
           bytes(frames, t[5]));
  if (r->json == NULL) return;
  const int64_t thread = m->threads / threads;
  cJSON *memory = cJSON_AddObjectToObject(r->json, "memory");
  number(memory, "results", (double)m->results);
  number(memory, "samples", (double)m->samples);
  number(memory, "panels", (double)m->panels);
  number(memory, "thread", (double)thread);
  number(memory, "mirror", (double)m->mirror);
  number(memory, "frames", (double)frames);
}

static void report_no_time(const nt_report *r)
{
  char t[32];
  number(r->json, "ms_per_pair", NAN);
  number(r->json, "seconds", NAN);
  if (r->shown)
    printf("time: not measured, since a pair takes %s\n", bytes(nt_calibrate_bytes(r->plan), t));
}

static void report_time(const nt_report *r)
{
  char t[32], rate[64] = "";
  double elements = 0;
  for (int region = 0; region < r->plan->program->n_regions; region++)
    elements += r->outline[region].elements;
  if (elements > 0)
    (void)snprintf(rate, sizeof rate, ", %.3g elements of %.2f ns", elements,
                   1e9 * r->rates.pair / elements);
  const double seconds =
      ((double)r->share.pairs * r->rates.pair + (double)r->share.samples * r->rates.sample) /
      r->machine.threads;
  number(r->json, "elements_per_pair", elements);
  number(r->json, "ms_per_pair", 1e3 * r->rates.pair);
  number(r->json, "seconds", seconds);
  if (r->shown)
    printf("time: about %s on %d rank%s x %d thread%s with a core each, as fast as one here now: "
           "%.3g ms a pair%s\n",
           duration(seconds, t, sizeof t), r->machine.P * r->machine.Q,
           r->machine.P * r->machine.Q == 1 ? "" : "s", r->machine.threads,
           r->machine.threads == 1 ? "" : "s", 1e3 * r->rates.pair, rate);
}

/* Layers that act on the samples, behind a stage. */
static void report_barriers(const nt_report *r, const nt_cut *cut, int stage)
{
  char line[300];
  cJSON *list = NULL;
  for (int n = 0; cut != NULL && n < cut->whole->n_nodes; n++) {
    if (cut->stage[n] != stage || nt_barrier_text(cut->whole, cut, n, line, sizeof line) == NULL)
      continue;
    if (r->shown) printf("%s\n", line);
    if (r->json == NULL) continue;
    if (list == NULL) list = cJSON_AddArrayToObject(r->json, "barriers");
    (void)cJSON_AddItemToArray(list, cJSON_CreateString(line));
  }
}

/* One plan: a network, or a stage of one that is cut. */
static nt_status report_plan(nt_session *s, const nt_kernel_job *job, const char *what,
                             const nt_cut *cut, int stage)
{
  nt_status status = NT_OK;
  const nt_demand demand = nt_kernel_job_demand(job);
  nt_report r = {.s = s, .job = job, .plan = job->plan, .shown = nt_shows_tables(s)};
  r.machine = (nt_machine){nt_grid_P(s->grid), nt_grid_Q(s->grid), nt_ctx_threads(s->ctx)};
  r.memory = nt_memory_of(&demand, r.machine);
  r.share = nt_share_of(&demand, r.machine);
  NT_TRY(nt_outlines_of(nt_ctx_error(s->ctx), r.plan, &r.outline));
  r.timed = nt_calibrate_bytes(r.plan) < NT_MIN(s->limit.bytes, nt_memory_limit(0, 1).bytes);
  if (r.timed) NT_TRY(nt_calibrate(nt_ctx_error(s->ctx), r.plan, &r.rates));
  r.json = nt_json_item(s->json, "kernels");
  report_head(&r, what);
  report_segments(&r);
  report_near(&r);
  report_notes(&r);
  report_tiles(&r);
  report_memory(&r);
  (r.timed ? report_time : report_no_time)(&r);
  report_barriers(&r, cut, stage);
done:
  free(r.outline);
  nt_rates_free(&r.rates);
  return status;
}

nt_status nt_plan_report(nt_session *s, const nt_kernel_job *job, const char *what)
{
  nt_status status = NT_OK;
  char name[100];
  if (job->stage == NULL) return report_plan(s, job, what, NULL, 0);
  for (int k = 0; k < job->stages.n; k++) {
    (void)snprintf(name, sizeof name, "%s, stage %d of %d", what, k + 1, job->stages.n);
    NT_TRY(report_plan(s, job->stage[k], name, job->stages.cut, k));
  }
done:
  return status;
}

void nt_plan_report_budget(const nt_session *s, const nt_budget *b)
{
  char t[4][32];
  if (!nt_shows_tables(s)) return;
  printf("in all: a rank of %d x %d needs %s, with the process itself; %s leaves %s\n",
         nt_grid_P(s->grid), nt_grid_Q(s->grid), bytes(s->announced, t[0]), s->limit.source,
         bytes(s->limit.bytes, t[1]));
  if (b->output > 0) printf("output: %s\n", bytes(b->output, t[2]));
}

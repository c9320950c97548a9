#include "cli/problem.h"

#include "base/check.h"
#include "base/memory.h"
#include "predict/targets.h"

#include <stdlib.h>
#include <string.h>

int64_t nt_set_size(const nt_problem *p, nt_set set) { return set == NT_ON_TEST ? p->m : p->n; }

const nt_trace *nt_set_trace(const nt_problem *p, nt_set set)
{
  return set == NT_ON_TEST ? &p->test_trace : &p->trace;
}

nt_shape nt_trace_rows(const nt_trace *trace)
{
  nt_shape rows = {0};
  for (int a = 0; a < trace->shape.rank; a++)
    if (!trace->traced[a]) rows.dim[rows.rank++] = trace->shape.dim[a];
  return rows;
}

nt_shape nt_shape_join(const nt_shape *lead, const nt_shape *tail)
{
  nt_shape shape = *lead;
  for (int a = 0; a < tail->rank; a++)
    shape.dim[shape.rank++] = tail->dim[a];
  return shape;
}

/* Whether rows and columns of the matrix follow each other as the axes of the outputs do. */
static bool is_plain(const nt_trace *trace)
{
  bool traced = false;
  for (int a = 0; a < trace->shape.rank; a++) {
    if (trace->shape.dim[a] == 1) continue;
    if (traced && !trace->traced[a]) return false;
    traced = trace->traced[a];
  }
  return true;
}

static nt_status check_rows(nt_error *err, const nt_cli_options *o, const nt_problem *p,
                            int64_t rows)
{
  nt_status status = NT_OK;
  char shape[120];
  const char *const stored = o->kernel[NT_TRAIN_TRAIN];
  NT_CHECK(rows == 0 || rows == p->trace.rows || o->train == NULL || p->unit > 1, err, NT_ERR_DATA,
           "%s: holds the kernel of %lld training samples, but %s has %lld",
           stored != NULL ? stored : "the train-train matrix", (long long)rows, o->train,
           (long long)p->trace.rows);
  NT_CHECK(rows == 0 || rows == p->trace.rows, err, NT_ERR_DATA,
           "the train-train kernel has %lld rows, but targets of shape %s with these trace axes "
           "need %lld: --trace-axes names the axes of the targets along which the kernel is the "
           "same (default -1, the last)",
           (long long)rows, nt_shape_text(&p->trace.shape, shape, sizeof shape),
           (long long)p->trace.rows);
  NT_CHECK(!o->matrix_free || p->unit == 1, err, NT_ERR_UNSUPPORTED,
           "--matrix-free needs a row of the kernel for each sample, and there are %lld",
           (long long)p->unit);
  NT_CHECK(p->trace.traced[0] == false || (o->train == NULL && o->train_rows == NULL), err,
           NT_ERR_ARG,
           "--trace-axes: axis 0 counts the samples, and %s has a row for each; only stored "
           "matrices can be the same for all samples",
           o->train != NULL ? "the kernel of a network" : "a kernel whose rows are chosen");
done:
  return status;
}

/* Which axes are traced, by --trace-axes or the last one. */
static nt_status trace_axes(nt_error *err, const nt_cli_options *o, nt_problem *p)
{
  const nt_ints channels = {1, {-1}};
  nt_error own = {0};
  const nt_ints *const axes = o->trace_axes.text != NULL ? &o->trace_axes.list : &channels;
  if (nt_trace_create(&own, &p->train->shape, axes, &p->trace) == NT_OK) return NT_OK;
  return nt_read_refused(err, "--trace-axes", o->trace_axes.text, &own);
}

/* Axes that results have before those of the targets: regularisations and times. */
enum { MOST_LEADING = 2 };

nt_status nt_problem_lay_out(nt_session *s, nt_problem *p, int64_t rows, int64_t test,
                             int64_t test_samples)
{
  nt_status status = NT_OK;
  nt_error *err = nt_ctx_error(s->ctx);
  const nt_cli_options *o = &s->options;
  char shape[120];
  NT_CHECK(p->train->shape.rank <= NT_MAX_RANK - MOST_LEADING, err, NT_ERR_DATA,
           "targets of shape %s: at most %d axes",
           nt_shape_text(&p->train->shape, shape, sizeof shape), NT_MAX_RANK - MOST_LEADING);
  NT_TRY(trace_axes(err, o, p));
  p->n = p->trace.rows;
  p->c = p->trace.cols;
  p->unit = p->trace.traced[0] ? p->n : p->n / p->trace.shape.dim[0];
  NT_TRY(check_rows(err, o, p, rows));
  NT_CHECK(test == 0 || test_samples == 0 || test == test_samples * p->unit, err, NT_ERR_DATA,
           "%s has %lld samples, but the stored kernels have %lld test samples", o->test,
           (long long)test_samples, (long long)(test / p->unit));
  p->m = test > 0 ? test : test_samples * p->unit;
  if (p->m > 0) NT_TRY(nt_trace_like(err, &p->trace, p->m, &p->test_trace));
done:
  return status;
}

int64_t nt_problem_bytes(const nt_problem *p)
{
  const int64_t tested = p->test == NULL ? 0 : p->m;
  return (2 * p->n + tested) * p->c * (int64_t)sizeof(double);
}

nt_status nt_problem_fill(nt_session *s, nt_problem *p, const nt_labels *labels,
                          const nt_labels *test_labels)
{
  nt_status status = NT_OK;
  nt_error *err = nt_ctx_error(s->ctx);
  NT_TRY_ALL(s->ctx, nt_targets_fill(err, labels, p->train));
  if (p->test != NULL) NT_TRY_ALL(s->ctx, nt_targets_fill(err, test_labels, p->test));
  NT_TRY_ALL(s->ctx, nt_alloc(err, p->n * p->c, sizeof(double), "targets", &p->y));
  nt_trace_to_matrix(&p->trace, p->train->y, p->y);
done:
  return status;
}

/* Samples of the fold that has most. */
static nt_status largest_fold(nt_error *err, const nt_folds *folds, int64_t *largest)
{
  nt_status status = NT_OK;
  int64_t *sizes = NULL;
  NT_TRY(nt_calloc(err, folds->count, sizeof(int64_t), "sizes of folds", &sizes));
  *largest = 0;
  for (int64_t i = 0; i < folds->n; i++) {
    const int64_t size = ++sizes[folds->fold[i]];
    *largest = size > *largest ? size : *largest;
  }
done:
  free(sizes);
  return status;
}

nt_status nt_problem_spread_folds(nt_error *err, nt_problem *p)
{
  nt_status status = NT_OK;
  int64_t *fold = NULL;
  NT_TRY(largest_fold(err, p->folds, &p->largest_fold));
  p->largest_fold *= p->unit;
  if (p->unit == 1) return NT_OK;
  NT_TRY(nt_alloc(err, p->n, sizeof(int64_t), "folds", &fold));
  for (int64_t i = 0; i < p->n; i++)
    fold[i] = p->folds->fold[i / p->unit];
  free(p->folds->fold);
  p->folds->fold = fold;
  p->folds->n = p->n;
done:
  return status;
}

void nt_problem_free(nt_problem *p)
{
  nt_targets_destroy(&p->train);
  nt_targets_destroy(&p->test);
  nt_folds_destroy(&p->folds);
  free(p->y);
  *p = (nt_problem){0};
}

static nt_status arrange(nt_error *err, const nt_trace *trace, double *v)
{
  nt_status status = NT_OK;
  const int64_t size = trace->rows * trace->cols;
  void *matrix = NULL;
  if (is_plain(trace)) return NT_OK;
  NT_TRY(nt_alloc(err, size, sizeof(double), "predictions", &matrix));
  memcpy(matrix, v, (size_t)size * sizeof(double));
  nt_trace_from_matrix(trace, matrix, v);
done:
  free(matrix);
  return status;
}

static const nt_targets *targets_of(const nt_problem *p, nt_set set)
{
  return set == NT_ON_TEST ? p->test : p->train;
}

nt_status nt_set_score(nt_error *err, const nt_problem *p, nt_set set, double *mean,
                       nt_metrics *metrics)
{
  nt_status status = NT_OK;
  NT_TRY(arrange(err, nt_set_trace(p, set), mean));
  if (targets_of(p, set) != NULL) *metrics = nt_metrics_compute(targets_of(p, set), mean);
done:
  return status;
}

nt_status nt_set_nll(nt_error *err, const nt_problem *p, nt_set set, const double *mean,
                     const double *variance, double noise, double *each, nt_metrics *metrics)
{
  nt_status status = NT_OK;
  const nt_trace *trace = nt_set_trace(p, set);
  const int64_t size = trace->rows * trace->cols;
  double *f = NULL;
  NT_TRY(nt_alloc(err, 2 * size, sizeof(double), "negative log likelihoods", &f));
  const nt_targets rows = {.n = trace->rows, .c = trace->cols, .y = f + size};
  nt_trace_to_matrix(trace, mean, f);
  nt_trace_to_matrix(trace, targets_of(p, set)->y, rows.y);
  metrics->has_nll = true;
  metrics->nll = nt_nll_compute(&rows, f, variance, noise, each);
done:
  free(f);
  return status;
}

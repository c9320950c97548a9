/* Steps of preprocessing applied to samples. */
#include "io/preprocess.h"

#include "base/blas.h"
#include "base/check.h"
#include "base/memory.h"
#include "io/hash.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int64_t nt_preprocess_rows(int64_t d)
{
  enum { WORKING_SET = 1 << 19 };
  const int64_t rows = WORKING_SET / d;
  return rows < 1 ? 1 : rows > NT_SAMPLE_BLOCK ? NT_SAMPLE_BLOCK : rows;
}

static void scale_row(const nt_preprocess_step *step, int64_t d, double *x)
{
  for (int64_t e = 0; e < d; e++)
    x[e] *= step->value;
}

static void shift_row(const nt_preprocess_step *step, int64_t d, double *x)
{
  for (int64_t e = 0; e < d; e += step->n)
    for (int64_t c = 0; c < step->n; c++)
      x[e + c] -= step->mean[c];
}

static void divide_row(const nt_preprocess_step *step, int64_t d, double *x)
{
  for (int64_t e = 0; e < d; e += step->n)
    for (int64_t c = 0; c < step->n; c++)
      x[e + c] /= step->std[c];
}

/* The largest entry is taken out first, so that no square overflows or vanishes. */
static void norm_row(const nt_preprocess_step *step, int64_t d, double *x)
{
  double largest = 0;
  long double sum = 0;
  for (int64_t e = 0; e < d; e++)
    largest = fmax(largest, fabs(x[e]));
  if (largest == 0) return;
  int exponent;
  (void)frexp(largest, &exponent);
  const long double unit = ldexpl(1, -exponent);
  for (int64_t e = 0; e < d; e++)
    sum += (unit * x[e]) * (unit * x[e]);
  const long double factor = step->value / sqrtl(sum) * unit;
  for (int64_t e = 0; e < d; e++)
    x[e] = (double)(factor * x[e]);
}

static void apply_row(const nt_preprocess_step *step, int64_t d, double *x)
{
  if (step->kind == NT_PREPROCESS_SCALE) scale_row(step, d, x);
  if (step->mean != NULL) shift_row(step, d, x);
  if (step->kind == NT_PREPROCESS_STANDARDIZE) divide_row(step, d, x);
  if (step->kind == NT_PREPROCESS_NORM) norm_row(step, d, x);
}

static void clear_masked(const unsigned char *mask, int64_t count, double *x)
{
  for (int64_t e = 0; mask != NULL && e < count; e++)
    if (mask[e]) x[e] = 0;
}

void nt_preprocess_load(const nt_preprocess *p, int steps, const nt_samples *s, int64_t i,
                        int64_t rows, double *x, double *work)
{
  const int64_t d = s->positions * s->channels;
  const void *const from = nt_samples_row(s, i);
  const unsigned char *const mask = nt_samples_mask_row(s, i);
  for (int64_t e = 0; e < rows * d; e++)
    x[e] = s->dtype == NT_FLOAT32 ? (double)((const float *)from)[e] : ((const double *)from)[e];
  for (int k = 0; k < steps; k++) {
    for (int64_t row = 0; row < rows; row++)
      apply_row(&p->step[k], d, x + row * d);
    clear_masked(mask, rows * d, x);
    if (p->step[k].kind != NT_PREPROCESS_ZCA) continue;
    nt_zca_apply(p->step[k].matrix, d, rows, x, work);
    memcpy(x, work, (size_t)(rows * d) * sizeof *x);
    clear_masked(mask, rows * d, x);
  }
}

static nt_status store(nt_error *err, const nt_preprocess *p, nt_samples *s, int64_t i,
                       int64_t rows, const double *x)
{
  nt_status status = NT_OK;
  const int64_t d = s->positions * s->channels;
  void *const to = nt_samples_row(s, i);
  for (int64_t e = 0; e < rows * d; e++) {
    const double v = s->dtype == NT_FLOAT32 ? (double)(float)x[e] : x[e];
    NT_CHECK(isfinite(v), err, NT_ERR_NUMERIC,
             "preprocessing %s makes entry %lld of sample %lld %g", p->text, (long long)(e % d),
             (long long)(i + e / d), x[e]);
    if (s->dtype == NT_FLOAT32)
      ((float *)to)[e] = (float)v;
    else
      ((double *)to)[e] = v;
  }
done:
  return status;
}

static nt_status apply_local(nt_error *err, const nt_preprocess *p, nt_samples *s)
{
  nt_status status = NT_OK;
  const int64_t d = s->positions * s->channels, step = nt_preprocess_rows(d);
  const int size = nt_ctx_size(s->ctx);
  void *x = NULL;
  NT_TRY(nt_alloc(err, 2 * step * d, sizeof(double), "a buffer for preprocessing", &x));
  for (int64_t b = nt_ctx_rank(s->ctx); b * NT_SAMPLE_BLOCK < s->n; b += size) {
    const int64_t first = b * NT_SAMPLE_BLOCK, left = s->n - first;
    const int64_t end = first + (left < NT_SAMPLE_BLOCK ? left : NT_SAMPLE_BLOCK);
    for (int64_t i = first; i < end; i += step) {
      const int64_t rows = end - i < step ? end - i : step;
      nt_preprocess_load(p, p->n_steps, s, i, rows, x, (double *)x + step * d);
      NT_TRY(store(err, p, s, i, rows, x));
    }
  }
done:
  free(x);
  return status;
}

nt_status nt_preprocess_apply(nt_ctx *ctx, const nt_preprocess *p, nt_samples *s)
{
  nt_status status = NT_OK;
  const int threads = nt_blas_set_threads(1); /* so that bits do not depend on them */
  if (p->n_steps == 0 || s->positions * s->channels == 0) goto done;
  if (nt_preprocess_has_statistics(p)) {
    NT_CHECK(p->positions > 0, nt_ctx_error(ctx), NT_ERR_ARG,
             "preprocessing %s needs the statistics of a training set", p->text);
    NT_CHECK(p->positions == s->positions && p->channels == s->channels, nt_ctx_error(ctx),
             NT_ERR_SHAPE,
             "preprocessing %s: the statistics are of %lld positions with %lld channels, these "
             "samples have %lld with %lld",
             p->text, (long long)p->positions, (long long)p->channels, (long long)s->positions,
             (long long)s->channels);
  }
  NT_TRY_ALL(ctx, apply_local(nt_ctx_error(ctx), p, s));
done:
  (void)nt_blas_set_threads(threads);
  return status;
}

nt_status nt_preprocess_fit_apply(nt_ctx *ctx, nt_preprocess *p, nt_samples *training)
{
  const nt_status status = nt_preprocess_fit(ctx, p, training);
  return status == NT_OK ? nt_preprocess_apply(ctx, p, training) : status;
}

/* The statistics of a step that it has, as (name, array, length). */
static int arrays_of(const nt_preprocess *p, int k, const char *name[3], const double *array[3],
                     int64_t length[3])
{
  const nt_preprocess_step *const step = &p->step[k];
  const int64_t d = p->positions * p->channels;
  const char *const names[3] = {"mean", "std", "matrix"};
  const double *const arrays[3] = {step->mean, step->std, step->matrix};
  const int64_t lengths[3] = {step->n, step->n, d * d};
  int n = 0;
  for (int i = 0; i < 3; i++) {
    if (arrays[i] == NULL) continue;
    name[n] = names[i];
    array[n] = arrays[i];
    length[n++] = lengths[i];
  }
  return n;
}

nt_status nt_preprocess_hash(nt_error *err, const nt_preprocess *p, char hash[65])
{
  nt_status status = NT_OK;
  unsigned char chain[2 * NT_DIGEST];
  const char *name[3];
  const double *array[3];
  int64_t length[3];
  NT_TRY(nt_sha256(err, p->text, (int64_t)strlen(p->text), chain));
  for (int k = 0; k < p->n_steps; k++) {
    const int n = arrays_of(p, k, name, array, length);
    for (int i = 0; i < n; i++) {
      NT_TRY(nt_sha256(err, array[i], length[i] * (int64_t)sizeof(double), chain + NT_DIGEST));
      NT_TRY(nt_sha256(err, chain, sizeof chain, chain));
    }
  }
  nt_sha256_text(chain, hash);
done:
  return status;
}

nt_status nt_preprocess_store(nt_ctx *ctx, const nt_preprocess *p, nt_output *out)
{
  nt_status status = NT_OK;
  char hash[65], path[80];
  const char *name[3];
  const double *array[3];
  int64_t length[3];
  NT_TRY_ALL(ctx, nt_preprocess_hash(nt_ctx_error(ctx), p, hash));
  NT_TRY(nt_output_attr_text(out, "", "preprocess", p->text));
  NT_TRY(nt_output_attr_text(out, "", "preprocess_hash", hash));
  for (int k = 0; k < p->n_steps; k++) {
    const int n = arrays_of(p, k, name, array, length);
    for (int i = 0; i < n; i++) {
      nt_shape shape = {.rank = 1, .dim = {length[i]}};
      if (array[i] == p->step[k].matrix) {
        const int64_t d = p->positions * p->channels;
        shape = (nt_shape){.rank = 2, .dim = {d, d}};
      }
      (void)snprintf(path, sizeof path, "preprocess_statistics/%d-%s/%s", k + 1,
                     nt_preprocess_step_name(p->step[k].kind), name[i]);
      NT_TRY(nt_output_write_meta(out, path, &shape, array[i]));
    }
  }
done:
  return status;
}

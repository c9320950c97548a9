/** Targets: what regression fits, made from labels. */
#include "predict/targets.h"

#include "base/check.h"
#include "base/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* More outputs than this are no classes, whatever the labels say: it also
 * keeps (int64_t) defined. */
static const double MOST_CLASSES = 1e9;

static const char *const mode_names[] = {"auto", "raw", "one-hot", "centered"};

nt_status nt_target_mode_parse(nt_error *err, const char *text, nt_target_mode *mode)
{
  nt_status status = NT_OK;
  for (int i = 0; i < (int)(sizeof mode_names / sizeof *mode_names); i++) {
    if (strcmp(text, mode_names[i]) == 0) {
      *mode = (nt_target_mode)i;
      return NT_OK;
    }
  }
  NT_FAIL(err, NT_ERR_ARG, "targets '%s' are not known: auto, raw, one-hot or centered", text);
done:
  return status;
}

/* What messages call the labels. */
static const char *name_of(const nt_labels *labels)
{
  return labels->name[0] != '\0' ? labels->name : "labels";
}

/* Axes of the labels; (n,) counts as (n, 1). */
static nt_shape shape_of(const nt_labels *labels)
{
  if (labels->shape.rank > 1) return labels->shape;
  return (nt_shape){2, {labels->n, labels->k}};
}

/* Check that label i is a whole number from 0 on, and below `classes` when that is given. */
static nt_status check_label(nt_error *err, const nt_labels *labels, int64_t i, int64_t classes)
{
  nt_status status = NT_OK;
  const double v = labels->y[i];
  NT_CHECK(v == floor(v) && v < MOST_CLASSES, err, NT_ERR_DATA,
           "%s[%lld] is %.17g, not a class number: classes are whole numbers from 0 on, below 1e9; "
           "for real-valued targets use --targets raw",
           name_of(labels), (long long)i, v);
  NT_CHECK(v >= 0, err, NT_ERR_DATA,
           "%s[%lld] is %.0f: class numbers begin at 0; if these labels are values to fit, "
           "use --targets raw",
           name_of(labels), (long long)i, v);
  NT_CHECK(classes == 0 || v < (double)classes, err, NT_ERR_DATA,
           "%s[%lld] is %.0f, but there are %lld classes, 0 ... %lld: use --classes %.0f or more "
           "(or --targets raw)",
           name_of(labels), (long long)i, v, (long long)classes, (long long)classes - 1, v + 1);
done:
  return status;
}

/* Number of classes: as given, or the largest label plus one. `at`: the first that is so large. */
static nt_status count_classes(nt_error *err, const nt_labels *labels, int64_t given,
                               int64_t *classes, int64_t *at)
{
  nt_status status = NT_OK;
  *at = 0;
  for (int64_t i = 0; i < labels->n; i++) {
    NT_TRY(check_label(err, labels, i, given));
    if (labels->y[i] > labels->y[*at]) *at = i;
  }
  *classes = given > 0 ? given : (int64_t)labels->y[*at] + 1;
  NT_CHECK(*classes > 1, err, NT_ERR_DATA,
           "%s: all %lld labels are 0: one class alone leaves nothing to learn; "
           "give the number of classes with --classes C, or use --targets raw",
           name_of(labels), (long long)labels->n);
done:
  return status;
}

/* The first class that no sample has, or `classes`. */
static nt_status first_missing(nt_error *err, const nt_labels *labels, int64_t classes,
                               int64_t *missing)
{
  nt_status status = NT_OK;
  char *seen = NULL;
  /* By the pigeonhole principle a class up to n is missing, if any: larger ones need no marks. */
  int64_t marks = classes < labels->n + 1 ? classes : labels->n + 1;
  NT_TRY(nt_calloc(err, marks, 1, "marks of classes", &seen));
  for (int64_t i = 0; i < labels->n; i++) {
    if (labels->y[i] < (double)marks) seen[(int64_t)labels->y[i]] = 1;
  }
  *missing = 0;
  while (*missing < marks && seen[*missing])
    ++*missing;
done:
  free(seen);
  return status;
}

/* What `auto` means for these labels. */
static nt_status decide(nt_error *err, const nt_labels *labels, int64_t classes,
                        nt_target_mode *mode)
{
  nt_status status = NT_OK;
  int64_t counted = 0, missing = 0, at = 0;
  char text[120];
  if (!labels->is_integer) {
    *mode = NT_TARGETS_RAW;
    return NT_OK;
  }
  const nt_shape shape = shape_of(labels);
  NT_CHECK(labels->is_vector, err, NT_ERR_DATA,
           "%s: integer labels of shape %s are no class numbers, which have shape (%lld,): "
           "use --targets raw to fit them as they are",
           name_of(labels), nt_shape_text(&shape, text, sizeof text), (long long)labels->n);
  NT_TRY(count_classes(err, labels, classes, &counted, &at));
  *mode = NT_TARGETS_CENTERED;
  if (classes > 0) goto done;
  NT_TRY(first_missing(err, labels, counted, &missing));
  NT_CHECK(missing == counted, err, NT_ERR_DATA,
           "%s: integer labels up to %lld, that of sample %lld, but none is %lld: if they are "
           "classes, say --classes %lld; if they are values to fit, --targets raw",
           name_of(labels), (long long)counted - 1, (long long)at, (long long)missing,
           (long long)counted);
done:
  return status;
}

/* Without values. */
static nt_status new_targets(nt_error *err, int64_t n, int64_t c, nt_target_mode mode,
                             nt_targets **out)
{
  nt_status status = NT_OK;
  NT_CHECK(c <= INT64_MAX / (n > 0 ? n : 1), err, NT_ERR_NOMEM,
           "targets of %lld samples and %lld outputs are too many", (long long)n, (long long)c);
  NT_TRY(nt_calloc(err, 1, sizeof(nt_targets), "targets", out));
  **out = (nt_targets){.n = n, .c = c, .shape = {2, {n, c}}, .mode = mode};
done:
  return status;
}

static nt_status raw(nt_error *err, const nt_labels *labels, int64_t classes, nt_targets **out)
{
  nt_status status = NT_OK;
  int64_t size = labels->n * labels->k;
  NT_CHECK(
      classes == 0, err, NT_ERR_ARG,
      "--classes %lld does not go with raw targets: for classes use --targets one-hot or centered",
      (long long)classes);
  for (int64_t i = 0; i < size; i++) {
    NT_CHECK(isfinite(labels->y[i]), err, NT_ERR_DATA,
             "%s: sample %lld, column %lld is %g, not a finite number", name_of(labels),
             (long long)(i / labels->k), (long long)(i % labels->k), labels->y[i]);
  }
  NT_TRY(new_targets(err, labels->n, labels->k, NT_TARGETS_RAW, out));
  (*out)->shape = shape_of(labels);
  (void)snprintf((*out)->text, sizeof(*out)->text, "raw, %lld output%s", (long long)labels->k,
                 labels->k == 1 ? "" : "s");
done:
  return status;
}

/* For people: "10 classes, one-hot; no sample of class 3". */
static void describe(nt_targets *t, int64_t missing)
{
  long long c = (long long)t->c;
  int used =
      t->mode == NT_TARGETS_CENTERED
          ? snprintf(t->text, sizeof t->text, "%lld classes, centered (one-hot minus 1/%lld)", c, c)
          : snprintf(t->text, sizeof t->text, "%lld classes, one-hot", c);
  if (missing == t->c || used < 0) return;
  (void)snprintf(t->text + used, sizeof t->text - (size_t)used, "; no sample of class %lld",
                 (long long)missing);
}

static nt_status encode(nt_error *err, const nt_labels *labels, nt_target_mode mode, int64_t given,
                        nt_targets **out)
{
  nt_status status = NT_OK;
  int64_t c = 0, missing = 0, at = 0;
  char text[120];
  const nt_shape shape = shape_of(labels);
  NT_CHECK(labels->k == 1, err, NT_ERR_DATA,
           "%s: %s targets need one class number a sample, shape (n,), but the labels have shape "
           "%s: use --targets raw for labels that are encoded already",
           name_of(labels), mode_names[mode], nt_shape_text(&shape, text, sizeof text));
  NT_TRY(count_classes(err, labels, given, &c, &at));
  NT_TRY(first_missing(err, labels, c, &missing));
  NT_TRY(new_targets(err, labels->n, c, mode, out));
  nt_targets *t = *out;
  NT_TRY(nt_alloc(err, t->n, sizeof(int64_t), "class numbers", &t->label));
  for (int64_t i = 0; i < t->n; i++)
    t->label[i] = (int64_t)labels->y[i];
  describe(t, missing);
done:
  return status;
}

nt_status nt_targets_decide(nt_error *err, const nt_labels *labels, nt_target_mode mode,
                            int64_t classes, nt_targets **out)
{
  nt_status status = NT_OK;
  *out = NULL;
  NT_CHECK(labels->n > 0 && labels->k > 0, err, NT_ERR_DATA,
           "%s: labels of shape (%lld, %lld): at least one sample and one column are needed",
           name_of(labels), (long long)labels->n, (long long)labels->k);
  NT_CHECK(classes == 0 || classes > 1, err, NT_ERR_ARG,
           "the number of classes must be 2 or more, got %lld", (long long)classes);
  if (mode == NT_TARGETS_AUTO) NT_TRY(decide(err, labels, classes, &mode));
  NT_TRY(mode == NT_TARGETS_RAW ? raw(err, labels, classes, out)
                                : encode(err, labels, mode, classes, out));
done:
  if (status != NT_OK) nt_targets_destroy(out);
  return status;
}

nt_status nt_targets_decide_like(nt_error *err, const nt_labels *labels, const nt_targets *like,
                                 nt_targets **out)
{
  nt_status status = NT_OK;
  const bool is_raw = like->mode == NT_TARGETS_RAW;
  const nt_shape shape = shape_of(labels);
  char test[120], train[120];
  *out = NULL;
  bool alike = shape.rank == like->shape.rank;
  for (int a = 1; alike && a < shape.rank; a++)
    alike = shape.dim[a] == like->shape.dim[a];
  NT_CHECK(!is_raw || alike, err, NT_ERR_DATA,
           "%s: test labels have the shape %s, the training labels %s: all axes but the first must "
           "be the same",
           name_of(labels), nt_shape_text(&shape, test, sizeof test),
           nt_shape_text(&like->shape, train, sizeof train));
  NT_TRY(nt_targets_decide(err, labels, like->mode, is_raw ? 0 : like->c, out));
done:
  return status;
}

nt_status nt_targets_fill(nt_error *err, const nt_labels *labels, nt_targets *t)
{
  nt_status status = NT_OK;
  const int64_t size = t->n * t->c;
  const double off = t->mode == NT_TARGETS_CENTERED ? -1.0 / (double)t->c : 0.0;
  NT_TRY(nt_alloc(err, size, sizeof(double), "the array of targets", &t->y));
  for (int64_t i = 0; i < size; i++)
    t->y[i] = t->label == NULL ? labels->y[i] : off;
  for (int64_t i = 0; t->label != NULL && i < t->n; i++)
    t->y[i * t->c + t->label[i]] = 1.0 + off;
done:
  return status;
}

/* With values, once their kind is decided. */
static nt_status filled(nt_error *err, const nt_labels *labels, nt_status decided, nt_targets **out)
{
  nt_status status = decided;
  if (status == NT_OK) status = nt_targets_fill(err, labels, *out);
  if (status != NT_OK) nt_targets_destroy(out);
  return status;
}

nt_status nt_targets_create(nt_error *err, const nt_labels *labels, nt_target_mode mode,
                            int64_t classes, nt_targets **out)
{
  return filled(err, labels, nt_targets_decide(err, labels, mode, classes, out), out);
}

nt_status nt_targets_create_like(nt_error *err, const nt_labels *labels, const nt_targets *like,
                                 nt_targets **out)
{
  return filled(err, labels, nt_targets_decide_like(err, labels, like, out), out);
}

void nt_targets_destroy(nt_targets **targets)
{
  if (*targets == NULL) return;
  free((*targets)->y);
  free((*targets)->label);
  free(*targets);
  *targets = NULL;
}

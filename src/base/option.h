/** Reading, checking and printing the fields that option tables describe. */
#ifndef NT_BASE_OPTION_H
#define NT_BASE_OPTION_H

#include "nt/option.h"

#include <math.h>
#include <stdio.h>

/** Whether the numbers of an option have a range. Parallel: Local. */
static inline bool nt_opt_has_range(const nt_opt *opt) { return opt->min != 0 || opt->max != 0; }

/** The largest number of its range, or infinity. Parallel: Local. */
static inline double nt_opt_most(const nt_opt *opt)
{
  return opt->max < opt->min ? INFINITY : opt->max;
}

/** Whether the field of `opt` is in its range, a known choice, of the right length.
 * Parallel: Local. \return NT_ERR_ARG with "W_std = -1: must be a number of at least 0". */
nt_status nt_opt_check(nt_error *err, const nt_opt *opt, const void *cfg) NT_WARN_UNUSED;

/** Whether the fields of `opt` in two structs are equal. Parallel: Local. */
bool nt_opt_equal(const nt_opt *opt, const void *a, const void *b);

/** Value of the field as the network language writes it, into `out`; returns `out`. Local. */
const char *nt_opt_value_text(const nt_opt *opt, const void *cfg, char *out, size_t size);

/** The same into a file, of any length. Parallel: Local. */
void nt_opt_write(const nt_opt *opt, const void *cfg, FILE *file);

/** What the field may be, in words: "a number of at least 0, or None". Parallel: Local. */
const char *nt_opt_type_text(const nt_opt *opt, char *out, size_t size);

/** Number of choice `word` (not terminated, of `length` bytes), or -1. Parallel: Local. */
int nt_opt_choice(const nt_opt *opt, const char *word, size_t length);

/** Copy choice number `index` into `out`; NULL when there are not so many. Parallel: Local. */
const char *nt_opt_choice_text(const nt_opt *opt, int index, char *out, size_t size);

/** The shortest text that reads back to `x`, which is finite: "0.1", "2". Parallel: Local. */
const char *nt_shortest_text(double x, char *out, size_t size);

/** The same of any number, with a point or an exponent: "0.1", "2.0". Parallel: Local. */
const char *nt_real_text(double x, char *out, size_t size);

#endif

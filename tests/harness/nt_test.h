/** Test harness: CUnit under MPI. A test program is one file:
 *
 *     #include "nt_test.h"
 *
 *     static void test_sum(void) { NT_TEST(1 + 1 == 2); }
 *
 *     static const CU_TestInfo tests[] = {
 *       {"one and one is two", test_sum},
 *       CU_TEST_INFO_NULL
 *     };
 *     NT_TEST_MAIN("base.sum", tests)
 *
 * Every assertion is collective: all ranks make the same calls in the same order, and all see the
 * verdict of the worst, so a failure on one rank never leaves another waiting. In loops over
 * elements collect the worst case first, then assert once. A word on the command line selects the
 * tests whose names contain it. Only rank 0 writes to stdout; the exit code is 1 on all ranks when
 * anything failed, or when objects of a context are still alive at the end. */
#ifndef NT_TEST_H
#define NT_TEST_H

#include "nt/context.h"
#include "nt/grid.h"

#include <CUnit/CUnit.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** All ranks: `cond` must hold on each. */
#define NT_TEST(cond) nt_test_check((cond), __FILE__, __LINE__, #cond, " ")
/** The same; a rank where it does not hold says a printf text, with its number. */
#define NT_TEST_MSG(cond, ...) nt_test_check((cond), __FILE__, __LINE__, #cond, __VA_ARGS__)
/** A call that must return NT_OK on all ranks; prints the error of the test contexts if not. */
#define NT_TEST_OK(call) nt_test_status((call), NT_OK, NULL, __FILE__, __LINE__, #call)
/** The same for a call that reports into `err`, which is cleared. */
#define NT_TEST_OK_ERR(call, err) nt_test_status((call), NT_OK, (err), __FILE__, __LINE__, #call)
/** A call that must return the status `code` on all ranks. The error is cleared. */
#define NT_TEST_FAILS(call, code) nt_test_status((call), (code), NULL, __FILE__, __LINE__, #call)
/** The same for a call that reports into `err`. It is kept: look at err->message, then clear it. */
#define NT_TEST_FAILS_ERR(call, code, err)                                                         \
  nt_test_status((call), (code), (err), __FILE__, __LINE__, #call)
/** Both numbers are close on all ranks: see nt_test_close. */
#define NT_TEST_CLOSE(a, b, tol)                                                                   \
  nt_test_check_close((a), (b), (tol), __FILE__, __LINE__, #a " ~ " #b)
/** `text` contains `part` on all ranks. */
#define NT_TEST_CONTAINS(text, part)                                                               \
  nt_test_check_contains((text), (part), __FILE__, __LINE__, #text)

/** The main function of a test program; `table` ends with CU_TEST_INFO_NULL. */
#define NT_TEST_MAIN(suite, table)                                                                 \
  int main(int argc, char **argv) { return nt_test_main(argc, argv, (suite), (table)); }

int nt_test_main(int argc, char **argv, const char *suite, const CU_TestInfo *table);

/** Context on all ranks, borrowed. */
nt_ctx *nt_test_world(void);
/** Context on this rank alone (MPI_COMM_SELF), borrowed. */
nt_ctx *nt_test_self(void);
/** Call `body` on every grid of all ranks, P x Q for each divisor P of their number.
 * Collective on all ranks. */
void nt_test_on_all_grids(void (*body)(nt_grid *grid));

/** Assertions behind the macros; return the verdict. Collective on all ranks. */
bool nt_test_check(bool cond, const char *file, int line, const char *text, const char *format, ...)
    NT_PRINTF(5, 6);
bool nt_test_status(nt_status got, nt_status want, nt_error *err, const char *file, int line,
                    const char *text);
bool nt_test_check_close(double a, double b, double tol, const char *file, int line,
                         const char *text);
bool nt_test_check_contains(const char *text, const char *part, const char *file, int line,
                            const char *name);

/** |a - b| <= tol max(1, |a|, |b|); equal infinities are close, NaN never. Local. */
bool nt_test_close(double a, double b, double tol);
/** max |got - want| / max |want| over [n] (the plain difference where want is all zero); infinite
 * when an element is not finite. Local. */
double nt_test_max_error(int64_t n, const double *got, const double *want);
/** Uniform in [-1, 1), a function of its arguments alone: the same data on any grid. Local. */
double nt_test_uniform(uint64_t seed, int64_t i, int64_t j);

/** Path of `name` in a temporary folder that all ranks share and that is removed at the end
 * ("" is the folder itself). The text lives until the 16th next call. Collective. */
const char *nt_test_path(const char *name);
/** Path of a file in tests/data, with the same life. Local. */
const char *nt_test_data(const char *name);
/** Write a file (rank 0), then wait for it. Collective. */
void nt_test_write(const char *path, const void *bytes, size_t size);
/** The same for a text. Collective. */
void nt_test_write_text(const char *path, const char *text);
/** Whole file, with a 0 byte behind it; NULL if it cannot be read. Freed by the caller. Local. */
char *nt_test_read(const char *path, size_t *size);
/** Whether two files hold the same bytes. Local. */
bool nt_test_same_files(const char *a, const char *b);

#endif

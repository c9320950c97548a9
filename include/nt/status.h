/** Status codes, and the record that says what went wrong and where. */
#ifndef NT_STATUS_H
#define NT_STATUS_H

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define NT_WARN_UNUSED __attribute__((warn_unused_result))
#define NT_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define NT_WARN_UNUSED
#define NT_PRINTF(fmt, args)
#endif

/** The one list of status codes: name, exit code of the program, text. */
#define NT_STATUS_LIST(X)                                                                          \
  X(OK, 0, "success")                                                                              \
  X(ARG, 2, "wrong argument")                                                                      \
  X(NETWORK, 2, "wrong network text")                                                              \
  X(SHAPE, 2, "shapes do not fit")                                                                 \
  X(UNSUPPORTED, 2, "not supported")                                                               \
  X(DATA, 3, "wrong input data")                                                                   \
  X(OUTPUT, 4, "output exists or cannot be written")                                               \
  X(NOMEM, 5, "does not fit in memory")                                                            \
  X(NUMERIC, 6, "numerical failure")                                                               \
  X(DIST, 7, "wrong distribution over ranks")                                                      \
  X(MPI, 7, "MPI failure")                                                                         \
  X(SCALAPACK, 7, "ScaLAPACK failure")                                                             \
  X(INTERNAL, 7, "internal error")

#define NT_STATUS_ENUM(name, code, text) NT_STATUS_##name,
#define NT_ERR_ALIAS(name) NT_ERR_##name = NT_STATUS_##name
typedef enum nt_status_id { NT_STATUS_LIST(NT_STATUS_ENUM) NT_STATUS_COUNT } nt_status_id;
#undef NT_STATUS_ENUM

enum {
  NT_OK = NT_STATUS_OK,
  NT_ERR_ALIAS(ARG),
  NT_ERR_ALIAS(NETWORK),
  NT_ERR_ALIAS(SHAPE),
  NT_ERR_ALIAS(UNSUPPORTED),
  NT_ERR_ALIAS(DATA),
  NT_ERR_ALIAS(OUTPUT),
  NT_ERR_ALIAS(NOMEM),
  NT_ERR_ALIAS(NUMERIC),
  NT_ERR_ALIAS(DIST),
  NT_ERR_ALIAS(MPI),
  NT_ERR_ALIAS(SCALAPACK),
  NT_ERR_ALIAS(INTERNAL)
};
#undef NT_ERR_ALIAS

/** NT_OK or one of NT_ERR_...; every function that can fail returns one. NT_ERR_NOMEM, and of
 * collective functions NT_ERR_MPI, is possible wherever nothing else is said. */
typedef int nt_status;

/** What went wrong: filled by the function that noticed, in words for the user. */
typedef struct nt_error {
  nt_status status;
  char message[1900]; /**< What was found, where, and what would be right. */
  char where[100];    /**< Source position "file:line function", for developers. */
} nt_error;

/** Short text of a status code, for example "numerical failure". Local. */
const char *nt_status_text(nt_status status);

/** Exit code of the program `ntmpi` for a status (0, 2, 3, 4, 5, 6 or 7). Local. */
int nt_status_exit_code(nt_status status);

/** Record an error (`err` may be NULL) and return `status`. The first record is kept. Local. */
nt_status nt_fail(nt_error *err, nt_status status, const char *file, int line, const char *function,
                  const char *format, ...) NT_PRINTF(6, 7);

#ifdef __cplusplus
}
#endif
#endif

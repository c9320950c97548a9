/** Values of the network language. All of a text's values live until its pool is freed. */
#ifndef NT_NET_VALUE_H
#define NT_NET_VALUE_H

#include "base/function.h"
#include "net/net_impl.h"

/** Elements of all sequences, arrays and texts of a network text together, at most. */
enum { NT_MAX_ELEMENTS = 4000000 };

typedef enum nt_value_kind {
  NT_VALUE_NONE,
  NT_VALUE_BOOL,     /**< as.integer */
  NT_VALUE_INT,      /**< as.integer */
  NT_VALUE_REAL,     /**< as.real */
  NT_VALUE_ELLIPSIS, /**< ... */
  NT_VALUE_STRING,
  NT_VALUE_TUPLE,
  NT_VALUE_LIST,
  NT_VALUE_SLICE,
  NT_VALUE_ARRAY,
  NT_VALUE_FUNCTION,
  NT_VALUE_LAYER
} nt_value_kind;

typedef struct nt_text {
  size_t length;
  char text[]; /**< With a zero behind it. */
} nt_text;

typedef struct nt_value nt_value;
typedef struct nt_sequence nt_sequence;

struct nt_value {
  nt_value_kind kind;
  union {
    int64_t integer;
    double real;
    nt_text *text;
    nt_sequence *sequence;
    nt_slice *slice;
    nt_array *array;
    nt_function *function;
    nt_layer *layer;
    void *any;
  } as;
};

struct nt_sequence {
  int64_t n;
  nt_value value[];
};

/** Owner of what values point to. */
typedef struct nt_pool {
  nt_value *owned;
  int64_t n, elements;
} nt_pool;

/** Hand a value to the pool: it is freed (a layer is released) with the pool, and here on failure.
 * Parallel: Local. */
nt_status nt_pool_own(nt_error *err, nt_pool *pool, nt_value value) NT_WARN_UNUSED;
/** Count `n` elements. \return NT_ERR_NETWORK when there are too many of them. Parallel: Local. */
nt_status nt_pool_count(nt_error *err, nt_pool *pool, int64_t n) NT_WARN_UNUSED;
/** A sequence of n values, not initialised. Parallel: Local. */
nt_status nt_pool_sequence(nt_error *err, nt_pool *pool, int64_t n,
                           nt_sequence **out) NT_WARN_UNUSED;
void nt_pool_free(nt_pool *pool);

static inline bool nt_value_is_number(nt_value v)
{
  return v.kind == NT_VALUE_INT || v.kind == NT_VALUE_REAL;
}
/** Also True and False, which count as 1 and 0 where Python wants a float. */
static inline bool nt_value_is_real(nt_value v)
{
  return nt_value_is_number(v) || v.kind == NT_VALUE_BOOL;
}
static inline bool nt_value_is_sequence(nt_value v)
{
  return v.kind == NT_VALUE_TUPLE || v.kind == NT_VALUE_LIST;
}
/** A number as double. Parallel: Local. */
static inline double nt_value_real(nt_value v)
{
  return v.kind == NT_VALUE_REAL ? v.as.real : (double)v.as.integer;
}

/** What a value is, for errors: "the float 0.5", "a list of 3 values", into `out`. Local. */
const char *nt_value_describe(nt_value value, char *out, size_t size);

#endif

/** Outputs with several axes as matrices: rows over the axes that remain,
 * columns over the traced. */
#include "nt/predictor.h"

#include "base/check.h"

static void count(nt_trace *t)
{
  t->rows = t->cols = 1;
  for (int a = 0; a < t->shape.rank; a++)
    *(t->traced[a] ? &t->cols : &t->rows) *= t->shape.dim[a];
}

nt_status nt_trace_create(nt_error *err, const nt_shape *outputs, const nt_ints *axes,
                          nt_trace *trace)
{
  nt_status status = NT_OK;
  char text[120];
  *trace = (nt_trace){.shape = *outputs};
  for (int i = 0; i < axes->n; i++) {
    const int axis = nt_axis_resolve(axes->v[i], outputs->rank);
    NT_CHECK(axis >= 0, err, NT_ERR_ARG, "trace axis %lld: targets of shape %s have axes %d to %d",
             (long long)axes->v[i], nt_shape_text(outputs, text, sizeof text), -outputs->rank,
             outputs->rank - 1);
    trace->traced[axis] = true;
  }
  count(trace);
done:
  return status;
}

nt_status nt_trace_like(nt_error *err, const nt_trace *trace, int64_t rows, nt_trace *other)
{
  nt_status status = NT_OK;
  char text[120];
  *other = *trace;
  if (other->shape.rank > 0 && !other->traced[0]) {
    const int64_t a_sample = trace->rows / trace->shape.dim[0];
    other->shape.dim[0] = rows / a_sample;
  }
  count(other);
  NT_CHECK(other->rows == rows, err, NT_ERR_SHAPE,
           "a kernel of %lld rows does not belong to outputs such as %s: %lld rows a sample",
           (long long)rows, nt_shape_text(&trace->shape, text, sizeof text),
           (long long)(trace->traced[0] ? trace->rows : trace->rows / trace->shape.dim[0]));
done:
  return status;
}

/* Where entry `index` of the outputs (row-major) lies in the matrix. */
static int64_t place(const nt_trace *t, int64_t index)
{
  int64_t row = 0, col = 0, row_size = 1, col_size = 1;
  for (int a = t->shape.rank - 1; a >= 0; a--) {
    const int64_t i = index % t->shape.dim[a];
    index /= t->shape.dim[a];
    int64_t *const at = t->traced[a] ? &col : &row, *const size =
                                                        t->traced[a] ? &col_size : &row_size;
    *at += i * *size;
    *size *= t->shape.dim[a];
  }
  return row * t->cols + col;
}

void nt_trace_to_matrix(const nt_trace *trace, const double *outputs, double *matrix)
{
  for (int64_t i = 0; i < trace->rows * trace->cols; i++)
    matrix[place(trace, i)] = outputs[i];
}

void nt_trace_from_matrix(const nt_trace *trace, const double *matrix, double *outputs)
{
  for (int64_t i = 0; i < trace->rows * trace->cols; i++)
    outputs[i] = matrix[place(trace, i)];
}

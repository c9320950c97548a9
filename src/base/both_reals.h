/* Includes NT_TEMPLATE twice: `real` is double and NAME(x) x_f64, then float and x_f32.
 *
 *     #define NT_TEMPLATE "layer/series_template.h"
 *     #include "base/both_reals.h"
 */
#define real double
#define NAME(x) x##_f64
#include NT_TEMPLATE
#undef real
#undef NAME
#define real float
#define NAME(x) x##_f32
#include NT_TEMPLATE
#undef real
#undef NAME
#undef NT_TEMPLATE

#include "kernel/gram.h"

#include "base/clones.h"

#include <stdbool.h>
#include <string.h>

#define real double
#define NAME(x) x##_f64
#include "kernel/gram_template.h"
#undef real
#undef NAME

#define real float
#define NAME(x) x##_f32
#include "kernel/gram_template.h"

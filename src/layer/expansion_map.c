/* The map of expansion.h. */
#include "base/clones.h"
#include "layer/expansion.h"
#include "layer/math.h"

/* Pairs at a time, whose rows stay in the first cache; terms that are added to a sum in registers. */
enum { CHUNK = 8 * NT_LANES, TOGETHER = 4, STEPS = NT_EXPANSION_STEPS };

#define real double
#define NAME(x) x##_f64
#include "layer/expansion_template.h"
#undef real
#undef NAME
#define real float
#define NAME(x) x##_f32
#include "layer/expansion_template.h"
#undef real
#undef NAME

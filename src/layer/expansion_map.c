/* The map of expansion.h. */
#include "base/clones.h"
#include "layer/expansion.h"
#include "layer/map.h"

/* Pairs at a time, so that of each row a few lines are read on end; terms that are
 * added to a sum in registers. */
enum { CHUNK = 16 * NT_LANES, MANY = 8, FEW = 4 };

/* Sums for a pair: F and its derivative, F and Fdot of rows of their own, F alone. */
typedef enum nt_sums { NT_SUM_SLOPE, NT_SUM_TWO, NT_SUM_ONE } nt_sums;

#define NT_TEMPLATE "layer/expansion_template.h"
#include "base/both_reals.h"

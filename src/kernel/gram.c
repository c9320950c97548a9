#include "kernel/gram.h"

#include "base/clones.h"

#include <stdbool.h>
#include <string.h>

#define NT_TEMPLATE "kernel/gram_template.h"
#include "base/both_reals.h"

#include "layer/registry.h"

#include <string.h>

static const nt_layer_ops *const layers[] = {
#define NT_LAYER(name) &nt_layer_##name,
#include "layer/layers.def"
#undef NT_LAYER
};

enum { COUNT = sizeof layers / sizeof layers[0] };

const nt_layer_ops *nt_layer_find(const char *name)
{
  for (int i = 0; i < COUNT; i++) {
    if (strcmp(layers[i]->name, name) == 0) return layers[i];
  }
  return NULL;
}

int nt_layer_count(void) { return COUNT; }

const nt_layer_ops *nt_layer_at(int index) { return layers[index]; }

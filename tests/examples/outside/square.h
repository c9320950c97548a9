/* phi(x) = x^2 as a layer of ntmpi; without arguments. */
#ifndef SQUARE_H
#define SQUARE_H

#include <nt/nt.h>

extern const nt_layer_ops square;

#endif

/** Maps of layers over a grid of variances and correlations, and how far two results are apart. */
#ifndef TEST_LAYER_PAIR_GRID_H
#define TEST_LAYER_PAIR_GRID_H

#include "map_run.h"

#include "nt/stax.h"

enum { PAIR_GRID_RHOS = 8, PAIR_GRID_SCALES = 4 };

/** A network of one layer, from its text; NULL, and a failed test, when it is none. */
nt_layer *pair_grid_parse(const char *text);
/** Correlation number i of the grid. */
double pair_grid_rho(int i);
/** All pairs of variances and correlations; K. */
void pair_grid_make(map_run *run);
/** The map of a layer that takes K, from its text. */
void pair_grid_go(map_run *run, const char *text, nt_dtype dtype);
/** The kernels of a layer that takes D, as K. */
void pair_grid_closed_form(map_run *run, const char *text);
/** The largest difference, over the root of the product of the two variances behind the layer. */
double pair_grid_distance(const map_run *a, const map_run *b);

#endif

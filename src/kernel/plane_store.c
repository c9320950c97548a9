/** Where planes go into an output: a matrix over (sample, position), or the diagonal of it. */
#include "base/check.h"
#include "kernel/plane.h"

nt_places nt_plane_row_major(const nt_plane *p, const nt_step *step, int64_t one, int64_t two)
{
  const nt_frames *frames = &p->program->frames;
  nt_places at = {.rank = nt_plane_frame(p, step)->rank};
  int64_t stride = 1;
  for (int a = at.rank - 1; a >= 0; a--) {
    const nt_cells *cells = nt_plane_cells(p, step->frame, a);
    int64_t *place = p->ws->place + a * p->ws->most_cells;
    for (int32_t c = 0; c < cells->n; c++)
      place[c] = stride * (cells->x1[c] * one + cells->x2[c] * two);
    at.n[a] = cells->n;
    at.at[a] = place;
    stride *= nt_frame_line(frames, step->frame, a)->size;
  }
  return at;
}

/* Of a sample with itself at the same position all is known, in double. */
static void own_values(const nt_plane *p, nt_target to, int64_t n, const double *own, bool diagonal)
{
  for (int64_t k = 0; k < n; k++) {
    if (p->tile->self_only)
      to.a[p->i * to.ld + (diagonal ? k : k * n + k)] = own[k];
    else if (diagonal)
      to.a[p->i + (p->j * n + k) * to.ld] = own[k];
    else
      to.a[p->i * n + k + (p->j * n + k) * to.ld] = own[k];
  }
}

/* One target: rows (i, p) and columns (j, p'), or row i and columns (j, p) of the diagonal.
 * `mirror`: the arguments change places. Returns whether all values are finite. */
static bool put_target(const nt_plane *p, const nt_step *step, const void *in, nt_target to,
                       bool mirror, bool diagonal)
{
  const int64_t n = nt_facts_positions(&p->tile->plan->node[step->node].facts);
  const int64_t lanes = nt_plane_count(p, step->frame, 0, nt_plane_frame(p, step)->rank);
  bool finite = true;
  for (int64_t b = 0; b < p->batch; b++) {
    const int64_t i = mirror ? p->j : p->i + b, j = mirror ? p->i + b : p->j;
    int64_t one = diagonal ? 0 : 1, two = to.ld, base = i * (diagonal ? 1 : n) + j * n * to.ld;
    if (p->tile->self_only) {
      base = i * to.ld;
      one = diagonal ? 1 : n;
      two = diagonal ? 0 : 1;
    }
    const nt_places at = nt_plane_row_major(p, step, mirror ? two : one, mirror ? one : two);
    finite &= p->ws->cells->put_double(&at, nt_plane_lane(p, (void *)(uintptr_t)in, b * lanes),
                                       to.a + base);
  }
  return finite;
}

static nt_status store_field(nt_error *err, const nt_plane *p, const nt_step *step, const void *in,
                             int field)
{
  const nt_tile *tile = p->tile;
  const nt_node *node = &tile->plan->node[step->node];
  const nt_tile_output *output = &tile->output[step->out];
  const nt_target to = field == 0 ? output->k : output->t;
  const nt_target mirror = field == 0 ? output->mirror_k : output->mirror_t;
  const bool diagonal = node->facts.diagonal_spatial;
  const int64_t n = nt_facts_positions(&node->facts);
  bool finite = true;
  if (to.a != NULL) finite &= put_target(p, step, in, to, false, diagonal);
  if (tile->self_only ? p->twice && to.a != NULL : mirror.a != NULL) {
    finite &= put_target(p, step, in, tile->self_only ? to : mirror, true, diagonal);
  }
  if (!finite) return nt_not_finite(err, tile, step->node, p->i, p->j);
  if (p->self && node->want_v && to.a != NULL && nt_plane_is_zero(p)) {
    const double *own = field == 0 ? tile->rows->q[step->out] : tile->rows->t[step->out];
    own_values(p, to, n, own + p->i * n, diagonal);
  }
  return NT_OK;
}

/* Of a sample with itself both triangles are there, by different lanes where a ring is its own
 * mirror image: one of them counts. */
static void make_symmetric(nt_target to, int64_t n)
{
  for (int64_t p = 0; p < n; p++) {
    for (int64_t q = 0; q < p; q++)
      to.a[q + p * to.ld] = to.a[p + q * to.ld];
  }
}

static nt_target own_block(const nt_plane *p, nt_target to, int64_t n)
{
  if (p->tile->self_only) return (nt_target){to.a + p->i * to.ld, n};
  return (nt_target){to.a + p->i * n + p->j * n * to.ld, to.ld};
}

void nt_plane_end_stores(const nt_plane *p)
{
  for (int s = 0; p->self && p->tile->output != NULL && s < p->region->n_steps; s++) {
    const nt_step *step = &p->region->step[s];
    const nt_facts *facts = &p->tile->plan->node[step->node].facts;
    if (step->kind != NT_STEP_STORE || facts->diagonal_spatial) continue;
    const nt_tile_output *output = &p->tile->output[step->out];
    const int64_t n = nt_facts_positions(facts);
    if (step->k && output->k.a != NULL) make_symmetric(own_block(p, output->k, n), n);
    if (step->t && output->t.a != NULL) make_symmetric(own_block(p, output->t, n), n);
  }
}

nt_status nt_plane_store(nt_error *err, const nt_plane *p, const nt_step *step, nt_lane_value in)
{
  nt_status status = NT_OK;
  if (p->tile->output == NULL) return NT_OK; /* own planes */
  if (step->k) NT_TRY(store_field(err, p, step, in.k, 0));
  if (step->t) NT_TRY(store_field(err, p, step, in.t, 1));
done:
  return status;
}

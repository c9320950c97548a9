/** Mirror tiles of a symmetric kernel: which rank has the place of one, where this rank leaves it,
 * which ones other ranks will send, and the room that they take on the way (kernel/mirror.h). */
#include "kernel/pair_pass_impl.h"

#include "base/check.h"

/* Mirror tiles that wait in one box, but for one tile. */
enum { BOX_BYTES = 16 << 20 };

void nt_pair_extent(const nt_plan *plan, int output, int64_t *per_row, int64_t *per_col)
{
  const nt_facts *facts = &plan->node[plan->output[output]].facts;
  *per_col = nt_facts_positions(facts);
  *per_row = facts->diagonal_spatial ? 1 : *per_col;
}

int nt_pair_fields(const nt_plan *plan)
{
  int n = 0;
  for (int o = 0; o < plan->n_outputs; o++) {
    const nt_node *node = &plan->node[plan->output[o]];
    n += node->want_k + node->want_t;
  }
  return n;
}

/* A tag that comes again does no harm: messages between two ranks keep their order for one tag, and
 * both sides post in the same order, that of the sender's steps. */
static int tag_of(const nt_runner *r, int64_t I, int64_t J, int field)
{
  const int64_t fields = 2 * r->pass->plan->n_outputs;
  return (int)(((I * r->schedule.tiles[1] + J) * fields + field) % r->tags);
}

int nt_pair_mirror_owner(const nt_runner *r, int64_t I, int64_t J)
{
  const nt_grid *grid = r->pass->grid;
  if (!nt_pair_is_symmetric(r->pass)) return nt_ctx_rank(r->ctx);
  return nt_grid_rank(grid, (int)(J % nt_grid_P(grid)), (int)(I % nt_grid_Q(grid)));
}

nt_target nt_pair_mirror_target(nt_runner *r, nt_outbox *box, int64_t I, int64_t J,
                                const nt_dmatrix *m, int field, int64_t per_row, int64_t per_col)
{
  const nt_plan *plan = r->pass->plan;
  if (m == NULL || !nt_pair_is_symmetric(r->pass)) return (nt_target){NULL, 0};
  const int owner = nt_pair_mirror_owner(r, I, J);
  if (owner == nt_ctx_rank(r->ctx))
    return nt_pair_place(m, J * plan->tile * per_row, I * plan->tile * per_col);
  const nt_panel *rows = r->panel1[I], *cols = r->panel2[J];
  return nt_outbox_pack(&r->mirror, box, cols->count * per_row, rows->count * per_col, owner,
                        tag_of(r, I, J, field));
}

/* Mirror tiles that other ranks will send to this one, straight into the results. */
static nt_status expect_one(nt_runner *r, int64_t I, int64_t J)
{
  nt_status status = NT_OK;
  const nt_plan *plan = r->pass->plan;
  const nt_grid *grid = r->pass->grid;
  const int64_t tile = plan->tile, n = r->pass->side1->n;
  const int source = nt_grid_rank(grid, (int)(I % nt_grid_P(grid)), (int)(J % nt_grid_Q(grid)));
  const int64_t rows = n - J * tile < tile ? n - J * tile : tile;
  const int64_t cols = n - I * tile < tile ? n - I * tile : tile;
  for (int f = 0; f < 2 * plan->n_outputs; f++) {
    int64_t pr, pc;
    const nt_dmatrix *m = f % 2 == 0 ? r->pass->k[f / 2] : r->pass->t[f / 2];
    nt_pair_extent(plan, f / 2, &pr, &pc);
    if (m == NULL) continue;
    NT_TRY(nt_mirror_receive(nt_ctx_error(r->ctx), &r->mirror, m, J * tile * pr, I * tile * pc,
                             rows * pr, cols * pc, source, tag_of(r, I, J, f)));
  }
done:
  return status;
}

/* The first number from `from` on that is `place` modulo `places`. */
static int64_t next_of(int64_t from, int place, int places)
{
  return from + ((place - from) % places + places) % places;
}

/* Those of one step of the senders. */
static nt_status expect_step(nt_runner *r, int64_t group_row, int64_t group_col)
{
  nt_status status = NT_OK;
  const nt_schedule *s = &r->schedule;
  const nt_grid *grid = r->pass->grid;
  const int P = nt_grid_P(grid), Q = nt_grid_Q(grid), p = nt_grid_p(grid), q = nt_grid_q(grid);
  const int64_t rows = s->group[0] * P, cols = s->group[1] * Q, T = s->tiles[0];
  for (int64_t J = next_of(group_col * cols, p, P); J < (group_col + 1) * cols && J < T; J += P) {
    for (int64_t I = next_of(group_row * rows, q, Q); I < (group_row + 1) * rows && I < T; I += Q) {
      const bool mine = I % P == p && J % Q == q;
      if (I != J && !mine && nt_tile_is_computed(I, J, T)) NT_TRY(expect_one(r, I, J));
    }
  }
done:
  return status;
}

/* How many come in at most: all tiles of this rank, in all fields. */
static int count_expected(const nt_runner *r)
{
  const nt_schedule *s = &r->schedule;
  const nt_grid *grid = r->pass->grid;
  if (!s->symmetric || nt_ctx_size(r->ctx) == 1) return 0;
  return (int)(nt_numroc(s->tiles[0], 1, nt_grid_p(grid), nt_grid_P(grid)) *
               nt_numroc(s->tiles[1], 1, nt_grid_q(grid), nt_grid_Q(grid)) *
               nt_pair_fields(r->pass->plan));
}

nt_status nt_pair_mirror_expect(nt_runner *r)
{
  nt_status status = NT_OK;
  for (int64_t col = 0; col < r->schedule.groups[1]; col++) {
    for (int64_t row = 0; row < r->schedule.groups[0]; row++)
      NT_TRY(expect_step(r, row, col));
  }
done:
  return status;
}

/* Elements of the largest mirror tile, in whole cache lines. */
static int64_t slot_size(const nt_plan *plan, int64_t n)
{
  const int64_t side = n < plan->tile ? n : plan->tile;
  int64_t most = 0;
  for (int o = 0; o < plan->n_outputs; o++) {
    int64_t per_row, per_col;
    nt_pair_extent(plan, o, &per_row, &per_col);
    if (side * side * per_row * per_col > most) most = side * side * per_row * per_col;
  }
  return (most + NT_LANES - 1) / NT_LANES * NT_LANES;
}

/* Slots of a box: those of one tile for one thread, of more for more. None without other ranks, and
 * none of a single tile, which is its own mirror image. */
static int slots_of(const nt_plan *plan, const nt_schedule *s, int threads)
{
  const int64_t local = nt_numroc(s->tiles[0], 1, 0, s->P) * nt_numroc(s->tiles[1], 1, 0, s->Q);
  const int fields = nt_pair_fields(plan);
  int64_t tiles = 1;
  if (!s->symmetric || fields == 0 || s->P * s->Q == 1 || s->tiles[0] == 1) return 0;
  const int64_t bytes = slot_size(plan, s->n[0]) * fields * (int64_t)sizeof(double);
  if (threads > 1 && bytes > 0) tiles = BOX_BYTES / bytes;
  if (tiles < threads) tiles = threads;
  if (tiles > local) tiles = local;
  return (int)tiles * fields;
}

nt_status nt_pair_mirror_open(nt_runner *r)
{
  nt_status status = NT_OK;
  const nt_plan *plan = r->pass->plan;
  const int slots = slots_of(plan, &r->schedule, r->threads);
  int *largest, found;
  NT_TRY(nt_mirror_open(r->ctx, slots, slot_size(plan, r->schedule.n[0]), count_expected(r),
                        &r->mirror));
  NT_TRY_MPI(r->ctx, MPI_Comm_get_attr(MPI_COMM_WORLD, MPI_TAG_UB, &largest, &found));
  r->tags = found ? (int64_t)*largest + 1 : 32768; /* what the standard grants */
done:
  return status;
}

int64_t nt_pair_mirror_bytes(const nt_plan *plan, const nt_schedule *s, int threads)
{
  /* (I, J) mirrors into row J mod P and column I mod Q of the grid, for J = q mod Q and I = p mod
   * P: as many ranks as P Q / gcd(P, Q)^2. */
  int a = s->P, b = s->Q;
  const int ranks = a * b;
  while (b != 0) {
    const int rest = a % b;
    a = b;
    b = rest;
  }
  return 2 * slots_of(plan, s, threads) * slot_size(plan, s->n[0]) * (int64_t)sizeof(double) *
         (1 + ranks / a / a);
}

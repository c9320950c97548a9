/** Samples to the ranks that work on them: each panel comes from the home blocks that it covers,
 * those of other ranks first, and lives only as long as the tiles that read it; and what one rank
 * has made of them, to the others. */
#include "base/check.h"
#include "base/memory.h"
#include "kernel/digits.h"
#include "kernel/lanes.h"
#include "kernel/panel.h"

#include <stdlib.h>
#include <string.h>

/* The part of a panel that lies in one home block of one leaf. */
typedef struct nt_piece {
  int64_t first, count; /* samples */
  int owner;
} nt_piece;

typedef struct nt_exchange {
  MPI_Comm comm;
  const nt_wanted *wanted;
  const nt_side *side; /* of samples */
  int64_t tile;        /* of what was made of them */
  const int *maker;
  nt_panel *const *panel;
  bool counts; /* messages before any is posted, so that none stays open without memory */
  MPI_Request *request;
  int n;
  int code; /* first MPI error */
} nt_exchange;

/* One message; a message of one sample is well below 1 GiB, and longer ones are cut at it. */
static void post(nt_exchange *x, void *data, int64_t bytes, int rank, int tag, bool send)
{
  enum { PIECE = 1 << 30 };
  for (int64_t done = 0; done < bytes && x->code == MPI_SUCCESS; done += PIECE) {
    const int count = (int)(bytes - done < PIECE ? bytes - done : PIECE);
    if (x->counts) {
      x->n++;
      continue;
    }
    char *from = (char *)data + done;
    x->code = send ? MPI_Isend(from, count, MPI_BYTE, rank, tag, x->comm, &x->request[x->n])
                   : MPI_Irecv(from, count, MPI_BYTE, rank, tag, x->comm, &x->request[x->n]);
    if (x->code == MPI_SUCCESS) x->n++;
  }
}

static nt_piece next_piece(const nt_samples *samples, const nt_sample_range *range, int64_t done)
{
  const int64_t first = range->first + done;
  const int64_t block_end = (first / NT_SAMPLE_BLOCK + 1) * NT_SAMPLE_BLOCK;
  const int64_t end = range->first + range->count;
  return (nt_piece){first, (end < block_end ? end : block_end) - first,
                    nt_samples_owner(samples, first)};
}

/* One array of samples, and how they are sent: as digits, or as they are. */
typedef struct nt_source {
  const nt_samples *samples;
  const char *digits; /* of those at home; NULL: as they are */
  size_t bytes;       /* of a sample, without its mask */
  size_t entries;     /* of its mask */
} nt_source;

static nt_source source_of(const nt_samples *samples, const char *digits)
{
  const int64_t entries = samples->positions * samples->channels;
  return (nt_source){.samples = samples,
                     .digits = digits,
                     .bytes = digits == NULL
                                  ? (size_t)entries * nt_lanes_of(samples->dtype)->size
                                  : (size_t)nt_digits_sample(nt_digits_of(samples->dtype), entries),
                     .entries = (size_t)entries};
}

/* Sample i, which is at home here. */
static const char *row_of(const nt_source *from, int64_t i)
{
  if (from->digits == NULL) return nt_samples_row(from->samples, i);
  const int64_t local = nt_global_to_local(i, NT_SAMPLE_BLOCK, nt_ctx_size(from->samples->ctx));
  return from->digits + (size_t)local * from->bytes;
}

static void send_panel(nt_exchange *x, const nt_source *from, int me, int rank,
                       const nt_sample_range *range)
{
  for (int64_t done = 0; done < range->count;) {
    const nt_piece piece = next_piece(from->samples, range, done);
    done += piece.count;
    if (piece.owner != me || rank == me) continue;
    post(x, (void *)row_of(from, piece.first), piece.count * (int64_t)from->bytes, rank, 0, true);
    if (from->samples->mask == NULL) continue;
    post(x, nt_samples_mask_row(from->samples, piece.first), piece.count * (int64_t)from->entries,
         rank, 1, true);
  }
}

typedef enum nt_panel_part { NT_DATA, NT_OWN, NT_PATTERN } nt_panel_part;

/* Where the samples of an array go in a panel. */
typedef struct nt_place {
  char *data;
  unsigned char *mask; /* NULL: without */
} nt_place;

static nt_place place_of(const nt_panel *panel, nt_panel_part part, int leaf)
{
  return (nt_place){.data = part == NT_DATA  ? panel->data[leaf]
                            : part == NT_OWN ? (char *)panel->own[leaf]
                                             : (char *)panel->pattern,
                    .mask = part == NT_DATA ? panel->mask[leaf] : NULL};
}

static void receive_panel(nt_exchange *x, const nt_source *from, int me,
                          const nt_sample_range *range, nt_place to)
{
  for (int64_t done = 0; done < range->count;) {
    const nt_piece piece = next_piece(from->samples, range, done);
    const size_t at = (size_t)done;
    done += piece.count;
    if (piece.owner == me) continue;
    post(x, to.data + at * from->bytes, piece.count * (int64_t)from->bytes, piece.owner, 0, false);
    if (to.mask == NULL) continue;
    post(x, to.mask + at * from->entries, piece.count * (int64_t)from->entries, piece.owner, 1,
         false);
  }
}

/* Digits stay where they are, for arrange. */
static void copy_home(const nt_source *from, int me, const nt_sample_range *range, nt_place to)
{
  for (int64_t done = 0; done < range->count;) {
    const nt_piece piece = next_piece(from->samples, range, done);
    const size_t at = (size_t)done, count = (size_t)piece.count;
    done += piece.count;
    if (piece.owner != me) continue;
    if (from->digits == NULL)
      memcpy(to.data + at * from->bytes, row_of(from, piece.first), count * from->bytes);
    if (to.mask == NULL) continue;
    memcpy(to.mask + at * from->entries, nt_samples_mask_row(from->samples, piece.first),
           count * from->entries);
  }
}

/* Strips of rows in place of the digits that have come; `came` has room for those of one strip.
 * Beyond the last sample zeros stand for digits. */
static void arrange(const nt_source *from, int me, const nt_sample_range *range, char *strips,
                    char *came)
{
  const nt_digits *digits = nt_digits_of(from->samples->dtype);
  const void *sample[NT_DIGITS_STRIP];
  for (int64_t done = 0; done < range->count; done += NT_DIGITS_STRIP) {
    char *const strip = strips + (size_t)done * from->bytes;
    for (int64_t l = 0; l < NT_DIGITS_STRIP; l++) {
      const int64_t i = range->first + done + l;
      const size_t at = (size_t)l * from->bytes;
      const bool here = done + l < range->count && nt_samples_owner(from->samples, i) == me;
      sample[l] = here ? row_of(from, i) : memcpy(came + at, strip + at, from->bytes);
    }
    digits->arrange((int64_t)from->entries, sample, strip);
  }
}

/* One array of samples, for the panels of all ranks: messages between two ranks arrive in the order
 * of posting, which is the same on both. */
static void exchange(nt_exchange *x, nt_source from, nt_panel_part part, int leaf)
{
  const nt_wanted *w = x->wanted;
  for (int i = 0; i < w->n[w->me]; i++)
    receive_panel(x, &from, w->me, &w->range[w->me][i], place_of(x->panel[i], part, leaf));
  for (int r = 0; r < w->ranks; r++) {
    for (int i = 0; i < w->n[r]; i++)
      send_panel(x, &from, w->me, r, &w->range[r][i]);
  }
}

/* The samples of a leaf. */
static nt_source leaf_of(const nt_side *side, int leaf)
{
  return source_of(side->leaf[leaf], side->digits == NULL ? NULL : side->digits[leaf]);
}

/* Own pairs of positions of given kernels; NULL: none. */
static const nt_samples *own_of(const nt_side *side, int leaf)
{
  return side->given == NULL ? NULL : side->given[leaf].own;
}

/* The patterns, where they hold numbers. */
static const nt_samples *pattern_of(const nt_side *side)
{
  return side->pattern == NULL || side->pattern->channels == 0 ? NULL : side->pattern;
}

/* All arrays of the side. */
static void exchange_samples(nt_exchange *x)
{
  const nt_side *side = x->side;
  for (int l = 0; l < side->n_leaves; l++) {
    const nt_samples *own = own_of(side, l);
    if (side->leaf[l] != NULL) exchange(x, leaf_of(side, l), NT_DATA, l);
    if (own != NULL) exchange(x, source_of(own, NULL), NT_OWN, l);
  }
  if (pattern_of(side) != NULL) exchange(x, source_of(side->pattern, NULL), NT_PATTERN, 0);
}

/* The tables of a panel and all that follows them, to or from another rank. */
static void post_made(nt_exchange *x, const nt_sample_range *range, int rank, bool send)
{
  enum { TAG = 2 };
  const nt_panel *panel = x->panel[range->first / x->tile];
  post(x, panel->table[0], panel->end - panel->table[0], rank, TAG, send);
}

static void exchange_made(nt_exchange *x)
{
  const nt_wanted *w = x->wanted;
  for (int r = 0; r < w->ranks; r++) {
    for (int i = 0; i < w->n[r]; i++) {
      const nt_sample_range *range = &w->range[r][i];
      const int maker = x->maker[range->first / x->tile];
      if (r == w->me && maker != w->me) post_made(x, range, maker, false);
      if (r != w->me && maker == w->me) post_made(x, range, r, true);
    }
  }
}

/* All messages, and until they have come. */
static nt_status run(nt_ctx *ctx, nt_exchange *x, void (*post_all)(nt_exchange *))
{
  nt_status status = NT_OK;
  x->comm = nt_ctx_comm(ctx);
  x->code = MPI_SUCCESS;
  x->counts = true;
  post_all(x);
  x->request = malloc((size_t)(x->n + 1) * sizeof *x->request);
  NT_CHECK_ALL(ctx, x->request != NULL, NT_ERR_NOMEM, "no memory for %d messages of samples", x->n);
  x->counts = false;
  x->n = 0;
  post_all(x);
  NT_CHECK_ALL(ctx, x->code == MPI_SUCCESS, NT_ERR_MPI,
               "the exchange of samples failed (MPI error %d)", x->code);
  NT_TRY_MPI(ctx, MPI_Waitall(x->n, x->request, MPI_STATUSES_IGNORE));
done:
  free(x->request);
  return status;
}

nt_status nt_panels_fetch(nt_ctx *ctx, const nt_side *side, const nt_wanted *wanted,
                          nt_panel *const *panel)
{
  nt_exchange x = {.wanted = wanted, .side = side, .panel = panel};
  return run(ctx, &x, exchange_samples);
}

nt_status nt_panels_share(nt_ctx *ctx, const nt_wanted *wanted, int64_t tile, const int *maker,
                          nt_panel *const *panel)
{
  nt_exchange x = {.wanted = wanted, .tile = tile, .maker = maker, .panel = panel};
  return run(ctx, &x, exchange_made);
}

/* The samples of a leaf: those of here into their places, or all into strips. */
static nt_status take_leaf(nt_error *err, const nt_source *from, int me,
                           const nt_sample_range *range, nt_place to)
{
  nt_status status = NT_OK;
  void *came = NULL;
  copy_home(from, me, range, to);
  if (from->digits == NULL) return NT_OK;
  NT_TRY(nt_alloc(err, NT_DIGITS_STRIP, from->bytes, "a strip of samples", &came));
  arrange(from, me, range, to.data, came);
done:
  free(came);
  return status;
}

nt_status nt_panel_take_home(nt_error *err, const nt_ctx *ctx, const nt_plan *plan,
                             const nt_side *side, nt_panel *panel)
{
  nt_status status = NT_OK;
  const int me = nt_ctx_rank(ctx);
  const nt_sample_range range = {panel->first, panel->count};
  for (int l = 0; l < side->n_leaves; l++) {
    const nt_samples *own = own_of(side, l);
    const nt_source data = side->leaf[l] == NULL ? (nt_source){0} : leaf_of(side, l);
    if (data.samples != NULL)
      NT_TRY(take_leaf(err, &data, me, &range, place_of(panel, NT_DATA, l)));
    if (own == NULL) continue;
    const nt_source pairs = source_of(own, NULL);
    copy_home(&pairs, me, &range, place_of(panel, NT_OWN, l));
  }
  NT_TRY(nt_panel_cut(err, plan, panel));
  if (pattern_of(side) == NULL) goto done;
  const nt_source pattern = source_of(side->pattern, NULL);
  copy_home(&pattern, me, &range, place_of(panel, NT_PATTERN, 0));
done:
  return status;
}

nt_status nt_panel_each(nt_ctx *ctx, const nt_plan *plan, const nt_side *side,
                        nt_sample_range *range, nt_panel **panel)
{
  nt_status status = NT_OK;
  const int ranks = nt_ctx_size(ctx), me = nt_ctx_rank(ctx);
  int *n = calloc((size_t)ranks, sizeof *n);
  nt_sample_range **list = calloc((size_t)ranks, sizeof *list);
  *panel = NULL;
  NT_CHECK_ALL(ctx, n != NULL && list != NULL, NT_ERR_NOMEM, "no memory for a panel");
  for (int r = 0; r < ranks; r++) {
    list[r] = &range[r];
    n[r] = range[r].count > 0;
  }
  if (n[me] > 0) {
    status =
        nt_panel_create(nt_ctx_error(ctx), plan, side, range[me].first, range[me].count, panel);
  }
  NT_TRY_ALL(ctx, status);
  if (*panel != NULL) nt_panel_clear(plan, *panel);
  const nt_wanted wanted = {ranks, me, n, list};
  NT_TRY(nt_panels_fetch(ctx, side, &wanted, panel));
  if (*panel != NULL) status = nt_panel_take_home(nt_ctx_error(ctx), ctx, plan, side, *panel);
  NT_TRY_ALL(ctx, status);
done:
  free(n);
  free(list);
  return status;
}

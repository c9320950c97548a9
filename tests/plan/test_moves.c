/* Moves of windows and pools, cell by cell, against the taps that they are made of. */
#include "nt_test.h"
#include "plan_run.h"

#include <stdlib.h>

/* Weights of input cells in output cell `cell` of a move, one by one; false: not those of taps. */
static bool is_sum(const nt_moves *moves, const nt_cells *in, const nt_cells *out, int32_t cell,
                   const double *weight)
{
  const nt_taps *taps = moves->taps;
  const int32_t *t1 = taps->in + out->x1[cell] * taps->n, *t2 = taps->in + out->x2[cell] * taps->n;
  bool same = true;
  for (int32_t c = 0; c < in->n; c++) {
    double sum = 0;
    for (int s = 0; s < taps->n; s++) {
      for (int t = moves->pool ? 0 : s; t < (moves->pool ? taps->n : s + 1); t++) {
        if (t1[s] != in->x1[c] || t2[t] != in->x2[c]) continue;
        sum += taps->weight == NULL
                   ? 1
                   : taps->weight[t1 + s - taps->in] * taps->weight[t2 + t - taps->in];
      }
    }
    same = same && sum - weight[c] < 1e-14 && weight[c] - sum < 1e-14;
  }
  return same;
}

/* Whether the padding cells of an output cell, from fill *f on, are those of its taps, in order. */
static bool is_padded(const nt_moves *moves, const nt_move *move, const nt_cells *out, int32_t cell,
                      int *f)
{
  const nt_taps *taps = moves->taps;
  bool same = true;
  for (int t = 0; !moves->pool && t < taps->n; t++) {
    const int32_t x1 = taps->in[out->x1[cell] * taps->n + t];
    const int32_t x2 = taps->in[out->x2[cell] * taps->n + t];
    if ((x1 < 0) == (x2 < 0)) continue;
    const nt_padding_cell *fill = &move->fill[*f];
    same = same && *f < move->n_fills && fill->out == cell && fill->second == (x1 < 0) &&
           fill->position == (x1 < 0 ? x2 : x1);
    ++*f;
  }
  return same;
}

static void check_group(const char *network, const nt_moves *moves, const nt_move *move,
                        const nt_cells *in, const nt_cells *out)
{
  double *weight = calloc((size_t)in->n + 1, sizeof *weight);
  bool same = weight != NULL;
  int32_t cell = 0;
  int fills = 0;
  for (int r = 0; same && r < move->n_runs; r++) {
    const nt_cell_run *run = &move->run[r];
    same = run->out == cell;
    for (int32_t c = 0; same && c < run->n; c++, cell++) {
      for (int32_t i = 0; i < in->n; i++)
        weight[i] = 0;
      for (int32_t t = run->first; t < run->first + run->taps; t++)
        weight[move->in[t] + c] += move->weight[t];
      same = is_sum(moves, in, out, cell, weight) && is_padded(moves, move, out, cell, &fills);
    }
  }
  NT_TEST_MSG(same && cell == out->n && fills == move->n_fills, "%s: cell %d", network, (int)cell);
  free(weight);
}

/* What place `place` of a track has, against a tap of both arguments. */
static bool is_tap(const nt_move *move, const nt_cells *in, int32_t place, int32_t x1, int32_t x2)
{
  const nt_track *track = &move->track;
  int found = 0;
  bool same = true;
  for (int s = 0; s < track->n_in; s++) {
    const int32_t i = place - track->in[s].place, c = track->in[s].cell + i;
    if (i < 0 || i >= track->in[s].n) continue;
    same = same && in->x1[c] == x1 && in->x2[c] == x2;
    found++;
  }
  for (int f = 0; f < move->n_fills; f++) {
    const nt_padding_cell *fill = &move->fill[f];
    if (fill->out != place) continue;
    same = same && (x1 < 0) != (x2 < 0) && fill->second == (x1 < 0) &&
           fill->position == (x1 < 0 ? x2 : x1);
    found++;
  }
  return same && found == (x1 >= 0 || x2 >= 0);
}

static void check_track(const char *network, const nt_moves *moves, const nt_move *move,
                        const nt_cells *in, const nt_cells *out)
{
  const nt_taps *taps = moves->taps;
  const nt_track *track = &move->track;
  bool same = move->n_runs == 0 && track->width == taps->n && !moves->pool;
  int32_t cell = 0, end = 0;
  for (int s = 0; s < track->n_out; s++) {
    const nt_span *span = &track->out[s];
    same = same && span->cell == cell && span->place == end;
    for (int32_t i = 0; same && i < span->n; i++, cell++) {
      for (int t = 0; same && t < taps->n; t++) {
        same = is_tap(move, in, span->place + i * track->step + t,
                      taps->in[out->x1[cell] * taps->n + t], taps->in[out->x2[cell] * taps->n + t]);
      }
    }
    end += (span->n - 1) * track->step + track->width;
  }
  NT_TEST_MSG(same && cell == out->n && end == track->n, "%s: cell %d", network, (int)cell);
}

static nt_planned make(const char *network, nt_shape shape)
{
  nt_error err = {0};
  nt_planned p;
  const nt_request request = {
      .get = NT_GET_NNGP, .diagonal_batch = NT_AUTO, .diagonal_spatial = NT_AUTO};
  const nt_input input = nt_input_of(shape);
  NT_TEST_OK_ERR(nt_make_plan(&err, network, 1, &input, &request, &p), &err);
  return p;
}

/* All moves of a network; returns how many there are, and how many groups have tracks. */
static int check_moves(const char *network, nt_shape shape, int *tracks)
{
  nt_planned p = make(network, shape);
  const nt_frames *frames = &p.plan->program->frames;
  const int n = frames->n_moves;
  *tracks = 0;
  for (int m = 0; m < frames->n_moves; m++) {
    const nt_moves *moves = &frames->moves[m];
    const nt_line *in = &frames->line[moves->in], *out = &frames->line[moves->out];
    for (int g = 0; g < in->groups; g++) {
      const bool is_track = moves->group[g].track.n > 0;
      (is_track ? check_track : check_group)(network, moves, &moves->group[g], &in->group[g],
                                             &out->group[g]);
      *tracks += is_track;
    }
  }
  nt_free_plan(&p);
  return n;
}

/* Along the only axis, and along the last one of two. */
static void test_tracks(void)
{
  const nt_shape line = {3, {2, 40, 3}}, longer = {3, {2, 150, 3}}, plane = {4, {2, 20, 30, 3}};
  const struct {
    const char *network;
    nt_shape shape;
    int tracks;
  } cases[] = {
      {"serial(Dense(1), Conv(1, (3,), padding='SAME'), GlobalAvgPool())", line, 0},
      {"serial(Dense(1), Conv(1, (3,), padding='CIRCULAR'), GlobalAvgPool())", line, 0},
      {"serial(Dense(1), Conv(1, (3,), padding='SAME'), GlobalAvgPool())", longer, 150},
      {"serial(Dense(1), Conv(1, (3,)), GlobalAvgPool())", line, 38},
      {"serial(Dense(1), Conv(1, (7,), (2,), padding='SAME'), GlobalAvgPool())", line, 20},
      {"serial(Dense(1), Conv(1, (9,), (3,), padding='CIRCULAR'), GlobalAvgPool())", line, 14},
      {"serial(Dense(1), Conv(1, (60,), padding='SAME'), GlobalAvgPool())", line, 40},
      {"serial(Dense(1), Conv(1, (17,), padding='CIRCULAR'), GlobalAvgPool())", line, 40},
      {"serial(Dense(1), Conv(1, (5,), padding='SAME'), Flatten())", line, 0},
      {"serial(Dense(1), Conv(1, (17,), padding='SAME'), Flatten())", line, 1},
      {"serial(Dense(1), ConvTranspose(1, (5,), (2,), padding='SAME'), GlobalAvgPool())", line, 80},
      /* Both arguments read by the same taps at even offsets, by others at odd ones. */
      {"serial(Dense(1), ConvTranspose(1, (2,), (2,), padding='SAME'), GlobalAvgPool())", line, 40},
      {"serial(Dense(1), Conv(1, (3, 3), padding='SAME'), GlobalAvgPool())", plane, 0},
      {"serial(Dense(1), Conv(1, (5, 5), padding='CIRCULAR'), GlobalAvgPool())", plane, 0},
      {"serial(Dense(1), Conv(1, (2, 3)), GlobalAvgPool())", plane, 28},
      {"serial(Dense(1), Conv(1, (13, 15), padding='SAME'), Flatten())", plane, 2},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    int tracks;
    NT_TEST(check_moves(cases[i].network, cases[i].shape, &tracks) > 0);
    NT_TEST_MSG(tracks == cases[i].tracks, "%s: %d tracks", cases[i].network, tracks);
  }
}

/* Of a first convolution only whose windows cover the input side by side there is nothing to add. */
static void test_patches(void)
{
  static const struct {
    const char *network;
    bool moves;
  } cases[] = {
      {"serial(Conv(1, (5,), (5,)), Relu(), GlobalAvgPool())", false},
      {"serial(Conv(1, (8,), (8,), 'SAME'), Relu(), GlobalAvgPool())", false},
      {"serial(Conv(1, (40,)), Relu(), GlobalAvgPool())", false},
      {"serial(Conv(1, (3,), (3,)), Relu(), GlobalAvgPool())", true},
      {"serial(Conv(1, (5,), (4,), 'SAME'), Relu(), GlobalAvgPool())", true},
      {"serial(ConvLocal(1, (5,), (5,)), Relu(), GlobalAvgPool())", true},
      {"serial(Conv(1, (1,)), Relu(), Conv(1, (5,), (5,)), GlobalAvgPool())", true},
      {"serial(FanOut(2), parallel(Conv(1, (5,), (5,)), Conv(1, (8,), (5,), 'SAME')), FanInSum())",
       true},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    int tracks;
    const bool moves = check_moves(cases[i].network, (nt_shape){3, {2, 40, 3}}, &tracks) > 0;
    NT_TEST_MSG(moves == cases[i].moves, "%s", cases[i].network);
  }
}

static void test_moves(void)
{
  static const char *const networks[] = {
      "serial(Dense(1), Conv(1, (3,), padding='SAME'), GlobalAvgPool())",
      "serial(Dense(1), Conv(1, (4,), padding='VALID'), GlobalAvgPool())",
      "serial(Dense(1), Conv(1, (5,), padding='CIRCULAR'), GlobalAvgPool())",
      "serial(Dense(1), Conv(1, (20,), padding='CIRCULAR'), GlobalAvgPool())",
      "serial(Dense(1), Conv(1, (20,), padding='SAME'), GlobalAvgPool())",
      "serial(Dense(1), Conv(1, (5,), (2,), padding='SAME'), GlobalAvgPool())",
      "serial(Dense(1), Conv(1, (2,), (3,), padding='VALID'), GlobalAvgPool())",
      "serial(Dense(1), ConvTranspose(1, (3,), (2,), padding='SAME'), GlobalAvgPool())",
      "serial(Dense(1), ConvTranspose(1, (4,), (1,), padding='VALID'), GlobalAvgPool())",
      "serial(Dense(1), AvgPool((4,)))",
      "serial(Dense(1), AvgPool((4,), padding='SAME', normalize_edges=True))",
      "serial(Dense(1), SumPool((5,), padding='CIRCULAR'))",
      "serial(Dense(1), SumPool((5,), (2,), padding='SAME'))",
      "serial(Dense(1), AvgPool((2,), (2,)), GlobalAvgPool())",
      "serial(Dense(1), AvgPool((4,)), Flatten())",
      "serial(Dense(1), AvgPool((3,)), AvgPool((3,), padding='SAME'), Flatten())",
      "serial(Dense(1), Index(Slice[:, ::-1]), GlobalAvgPool())",
      "serial(Dense(1), ImageResize((-1, 20, -1), 'linear'), GlobalAvgPool())",
  };
  const size_t n = sizeof networks / sizeof networks[0];
  for (size_t i = 0; i < n; i++) {
    int tracks;
    NT_TEST(check_moves(networks[i], (nt_shape){3, {2, 11, 3}}, &tracks) > 0 || i + 2 >= n);
  }
}

/* Windows of three that wrap around are rings along the last axis, and no others. */
static void test_rings(void)
{
  static const struct {
    const char *network;
    int rings;
  } cases[] = {{"serial(Dense(1), Conv(1, (1, 3), padding='CIRCULAR'), GlobalAvgPool())", 7},
               {"serial(Dense(1), Conv(1, (1, 3), padding='SAME'), GlobalAvgPool())", 0},
               {"serial(Dense(1), Conv(1, (1, 5), padding='CIRCULAR'), GlobalAvgPool())", 0},
               {"serial(Dense(1), AvgPool((1, 3), padding='CIRCULAR'), GlobalAvgPool())", 0}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    nt_planned p = make(cases[i].network, (nt_shape){4, {2, 6, 7, 3}});
    const nt_frames *frames = &p.plan->program->frames;
    int rings = 0;
    for (int m = 0; m < frames->n_moves; m++) {
      for (int g = 0; g < frames->line[frames->moves[m].in].groups; g++) {
        const nt_move *move = &frames->moves[m].group[g];
        rings += move->ring;
        NT_TEST(!move->ring || (move->n_pieces == 1 && move->piece[1] == 7));
      }
    }
    NT_TEST_MSG(rings == cases[i].rings, "%s: %d rings", cases[i].network, rings);
    nt_free_plan(&p);
  }
}

/* A pool that is read at equal positions alone has cells for no others. */
static void test_pool_cells(void)
{
  nt_planned p = make("serial(Dense(1), AvgPool((3,)), Flatten())", (nt_shape){3, {2, 11, 3}});
  const nt_frames *frames = &p.plan->program->frames;
  for (int m = 0; m < frames->n_moves; m++) {
    const nt_line *out = &frames->line[frames->moves[m].out];
    for (int g = 0; frames->moves[m].pool && g < out->groups; g++) {
      for (int32_t c = 0; c < out->group[g].n; c++)
        NT_TEST(out->group[g].x1[c] == out->group[g].x2[c]);
    }
  }
  NT_TEST(frames->n_moves == 1 && frames->moves[0].pool);
  nt_free_plan(&p);
}

static const CU_TestInfo tests[] = {{"moves are sums over taps", test_moves},
                                    {"windows along tracks", test_tracks},
                                    {"a first convolution of patches", test_patches},
                                    {"windows of three on rings", test_rings},
                                    {"cells of a pool", test_pool_cells},
                                    CU_TEST_INFO_NULL};

NT_TEST_MAIN("plan.moves", tests)

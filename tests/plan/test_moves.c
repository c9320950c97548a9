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
  for (size_t i = 0; i < sizeof networks / sizeof networks[0]; i++) {
    nt_planned p = make(networks[i], (nt_shape){3, {2, 11, 3}});
    const nt_frames *frames = &p.plan->program->frames;
    for (int m = 0; m < frames->n_moves; m++) {
      const nt_moves *moves = &frames->moves[m];
      const nt_line *in = &frames->line[moves->in], *out = &frames->line[moves->out];
      for (int g = 0; g < in->groups; g++)
        check_group(networks[i], moves, &moves->group[g], &in->group[g], &out->group[g]);
    }
    NT_TEST(frames->n_moves > 0 || i + 2 >= sizeof networks / sizeof networks[0]);
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
                                    {"cells of a pool", test_pool_cells},
                                    CU_TEST_INFO_NULL};

NT_TEST_MAIN("plan.moves", tests)

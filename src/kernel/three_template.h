/* Included by three_avx512.c and three_avx2.c once for each type: `real`, vectors of WIDE of them,
 * V(op) an operation on them, and what three_avx512_template.h and three_avx2_template.h have in
 * common. */

/* What the vectors of a block of columns need in every row. The fills of a row are loaded together,
 * and permuted to their lanes; but for NT_THREE_FILLS lanes they are 0. */
typedef struct NAME(block) {
  vector before[NT_MOST_VECTORS], behind[NT_MOST_VECTORS]; /* 1 where they count, else 0 */
  int64_t n_valid;                                         /* of a vector that is not whole */
  mask valid;
  const real *fill_from[2];
  int64_t n_fills[2];
  NAME(place) place[2][NT_MOST_VECTORS];
} NAME(block);

/* Of a lane of a block of columns; 0: of another one. */
NT_INLINE uint64_t NAME(bit)(int64_t lane, const int vectors)
{
  return lane >= 0 && lane < vectors * WIDE ? (uint64_t)1 << lane : 0;
}

NT_INLINE void NAME(find_neighbours)(const nt_three *three, int64_t first, const int vectors,
                                     NAME(block) * block)
{
  const int64_t lanes = vectors * WIDE;
  const nt_pieces *pieces = &three->column_pieces;
  const int64_t left = three->columns - first - (lanes - WIDE);
  block->n_valid = NT_MIN(left, (int64_t)WIDE);
  block->valid = NAME(first_lanes)(left);
  uint64_t before = UINT64_MAX, behind = UINT64_MAX; /* bits of lanes */
  for (int p = 0; p < pieces->n; p++) {
    before &= ~NAME(bit)(pieces->first[p] - first, vectors);
    behind &= ~NAME(bit)(pieces->first[p + 1] - first - 1, vectors);
  }
#pragma GCC unroll 4
  for (int v = 0; v < vectors; v++) {
    block->before[v] = NAME(ones)(before >> v * WIDE);
    block->behind[v] = NAME(ones)(behind >> v * WIDE);
  }
}

NT_INLINE void NAME(find_fills)(const nt_three *three, int64_t first, const int vectors,
                                const nt_extra extra, NAME(block) * block)
{
#pragma GCC unroll 4
  for (int v = 0; v < vectors; v++)
    block->place[0][v] = block->place[1][v] = NAME(no_place)();
  const nt_fills *all = &three->column_fills;
  for (int a = 0; a < 2; a++) {
    NAME(place) *place = block->place[extra == NT_TWO_FILLS ? a : 0];
    int64_t n = 0;
    for (int f = 0; f < all->n; f++) {
      if (all->cell[f].second != (a == 1)) continue;
      const uint64_t at = NAME(bit)(all->cell[f].out - first, vectors);
#pragma GCC unroll 4
      for (int v = 0; v < vectors; v++)
        place[v] = NAME(add_place)(place[v], at >> v * WIDE, n, a == 1, block->n_fills[0]);
      n++;
    }
    block->fill_from[a] = all->from[a];
    block->n_fills[a] = n;
  }
}

/* What is left of a row is a block of its own, of one vector that is not whole. */
NT_INLINE vector NAME(load)(const NAME(block) * block, const bool whole, const real *from)
{
  return whole ? V(loadu)(from) : NAME(load_some)(block->valid, from);
}

/* s of a row of a block. The lane before the block has been overwritten where in = out, so that
 * every block leaves its last lane in `edge` for the next one. Lanes that are not there are
 * loaded as 0, since they are multiplied with 0. Times one, since sums and products are
 * computed by different units. */
NT_INLINE void NAME(sum_row)(const NAME(block) * block, const real *in, bool is_first, bool is_last,
                             const int vectors, const bool whole, const nt_extra extra, int64_t row,
                             real *edge, vector *sum)
{
  vector before = is_first ? V(setzero)() : V(set1)(edge[row]);
  vector here = NAME(load)(block, whole, in);
  if (!is_last) edge[row] = in[vectors * WIDE - 1];
  NAME(fills) fills;
  if (extra >= NT_ONE_FILL) {
    const int64_t first = block->n_fills[0], second = block->n_fills[1];
    fills = NAME(load_fills)(block->fill_from[0] + row * first, first,
                             block->fill_from[1] + row * second, second);
  }
#pragma GCC unroll 4
  for (int v = 0; v < vectors; v++) {
    const real *next = in + (v + 1) * WIDE;
    const vector behind = v < vectors - 1 ? V(loadu)(next)
                          : is_last       ? V(setzero)()
                                          : V(set1)(*next);
    vector s = V(fmadd)(NAME(before)(before, here), block->before[v], here);
    s = V(fmadd)(NAME(behind)(here, behind), block->behind[v], s);
    if (extra >= NT_ONE_FILL) s = V(add)(s, NAME(pick_fills)(fills, block->place[0][v]));
    if (extra == NT_TWO_FILLS) s = V(add)(s, NAME(pick_fills)(fills, block->place[1][v]));
    sum[v] = s;
    before = here;
    here = behind;
  }
}

NT_INLINE void NAME(store)(const NAME(block) * block, const int vectors, const bool whole,
                           const nt_extra extra, const vector *above, const vector *here,
                           const vector *below, vector constant, real *out)
{
#pragma GCC unroll 4
  for (int v = 0; v < vectors; v++) {
    vector s = extra == NT_CONSTANT ? V(add)(below[v], constant) : below[v];
    s = V(fmadd)(above[v], V(set1)(1), V(add)(here[v], s));
    if (whole)
      V(storeu)(out + v * WIDE, s);
    else
      NAME(store_first)(out + v * WIDE, block->n_valid, s);
  }
}

/* The padding of a row in place of the sums of the one that is not there; 0 without. */
NT_INLINE void NAME(load_fill)(const NAME(block) * block, const int vectors, const bool whole,
                               const real *fill, vector *sum)
{
#pragma GCC unroll 4
  for (int v = 0; v < vectors; v++)
    sum[v] = fill == NULL ? V(setzero)() : NAME(load)(block, whole, fill + v * WIDE);
}

/* The next fill, if it is one of this row; or NULL. */
NT_INLINE const real *NAME(next_fill)(const nt_three *three, int64_t row, int64_t first, int *next)
{
  const nt_padding_cell *cell = three->row_fills.cell + *next;
  if (*next >= three->row_fills.n || cell->out != row) return NULL;
  ++*next;
  return (const real *)three->row_fills.from[cell->second] + cell->position * three->columns +
         first;
}

/* Rows from `row` to `end` - 1 of a block, a piece of neighbours. */
NT_INLINE void NAME(run_piece)(const nt_three *three, const NAME(block) * block, const real *in,
                               real *out, int64_t first, const int vectors, const bool whole,
                               const nt_extra extra, int64_t row, int64_t end, int *fill)
{
  const int64_t columns = three->columns;
  const bool is_first = first == 0, is_last = first + vectors * WIDE >= columns;
  const vector constant = V(set1)((real)three->constant);
  const real *const before = NAME(next_fill)(three, row, first, fill);
  const real *const behind = NAME(next_fill)(three, end - 1, first, fill);
  vector above[NT_MOST_VECTORS], here[NT_MOST_VECTORS], below[NT_MOST_VECTORS];
  NAME(load_fill)(block, vectors, whole, before, above);
  in += row * columns + first;
  out += row * columns + first;
  NAME(sum_row)(block, in, is_first, is_last, vectors, whole, extra, row, three->edge, here);
#pragma GCC unroll 1
  while (++row < end) {
    in += columns;
    NAME(sum_row)(block, in, is_first, is_last, vectors, whole, extra, row, three->edge, below);
    NAME(store)(block, vectors, whole, extra, above, here, below, constant, out);
    out += columns;
#pragma GCC unroll 4
    for (int v = 0; v < vectors; v++) {
      above[v] = here[v];
      here[v] = below[v];
    }
  }
  NAME(load_fill)(block, vectors, whole, behind, below);
  NAME(store)(block, vectors, whole, extra, above, here, below, constant, out);
}

NT_INLINE void NAME(run_block)(const nt_three *three, const real *in, real *out, int64_t first,
                               const int vectors, const bool whole, const nt_extra extra)
{
  const nt_pieces *pieces = &three->row_pieces;
  NAME(block) block;
  NAME(find_neighbours)(three, first, vectors, &block);
  if (extra >= NT_ONE_FILL) NAME(find_fills)(three, first, vectors, extra, &block);
  const int64_t n = pieces->n > 0 ? pieces->n : three->rows;
  int fill = 0;
#pragma GCC unroll 1
  for (int64_t p = 0; p < n; p++) {
    const int64_t begin = pieces->n > 0 ? pieces->first[p] : p;
    const int64_t end = pieces->n > 0 ? pieces->first[p + 1] : p + 1;
    NAME(run_piece)(three, &block, in, out, first, vectors, whole, extra, begin, end, &fill);
  }
}

/* Blocks of columns from left to right: whole vectors, up to NT_MOST_VECTORS, or what is left. */
NT_INLINE void NAME(run)(const nt_three *three, const real *in, real *out, const nt_extra extra)
{
  const int64_t columns = three->columns;
  for (int64_t first = 0, n; first < columns; first += n * WIDE) {
    n = NT_MIN((columns - first) / WIDE, (int64_t)NT_MOST_VECTORS);
    switch (n) {
    case 0:
      n = 1;
      NAME(run_block)(three, in, out, first, 1, false, extra);
      break;
    case 1:
      NAME(run_block)(three, in, out, first, 1, true, extra);
      break;
    case 2:
      NAME(run_block)(three, in, out, first, 2, true, extra);
      break;
    case 3:
      NAME(run_block)(three, in, out, first, 3, true, extra);
      break;
    default:
      NAME(run_block)(three, in, out, first, NT_MOST_VECTORS, true, extra);
      break;
    }
  }
}

NT_TARGET void RUN(const nt_three *three, const void *in, void *out)
{
  switch (nt_three_extra(three)) {
  case NT_NO_EXTRA:
    NAME(run)(three, in, out, NT_NO_EXTRA);
    break;
  case NT_CONSTANT:
    NAME(run)(three, in, out, NT_CONSTANT);
    break;
  case NT_ONE_FILL:
    NAME(run)(three, in, out, NT_ONE_FILL);
    break;
  default:
    NAME(run)(three, in, out, NT_TWO_FILLS);
    break;
  }
}

#undef NAME
#undef RUN
#undef real
#undef WIDE
#undef vector
#undef V

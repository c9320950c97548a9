/* Included by three_simd.c once for each type: `real`, vectors of WIDE of them with their masks,
 * V(op) an operation on them, NEXT(low, high, n) the vector n lanes behind `low`. */

/* What the vectors of a block of columns need in every row. The fills of a row are
 * loaded into a vector, the second argument's behind the first's, and permuted to their
 * lanes; its last lane is 0. */
typedef struct NAME(block) {
  vector before[MOST_VECTORS], behind[MOST_VECTORS]; /* 1 where that neighbour counts, else 0 */
  mask valid;                                        /* of the last vector */
  mask fills[2];
  const real *fill_from[2];
  int64_t fill_stride[2];
  __m512i place[2][MOST_VECTORS];
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
  block->valid = (mask)(left >= WIDE ? -1 : (1 << left) - 1);
  uint64_t before = UINT64_MAX, behind = UINT64_MAX; /* bits of lanes */
  for (int p = 0; p < pieces->n; p++) {
    before &= ~NAME(bit)(pieces->first[p] - first, vectors);
    behind &= ~NAME(bit)(pieces->first[p + 1] - first - 1, vectors);
  }
#pragma GCC unroll 4
  for (int v = 0; v < vectors; v++) {
    block->before[v] = V(maskz_mov)((mask)(before >> v * WIDE), V(set1)(1));
    block->behind[v] = V(maskz_mov)((mask)(behind >> v * WIDE), V(set1)(1));
  }
}

NT_INLINE void NAME(find_fills)(const nt_three *three, int64_t first, const int vectors,
                                const nt_extra extra, NAME(block) * block)
{
#pragma GCC unroll 4
  for (int v = 0; v < vectors; v++)
    block->place[0][v] = block->place[1][v] = I(set1)(WIDE - 1);
  for (int a = 0, n = 0; a < 2; a++) {
    const nt_column_fills *all = &three->column_fills[a];
    __m512i *place = block->place[extra == TWO_FILLS ? a : 0];
    block->fills[a] = (mask)(((1 << all->n) - 1) << n);
    block->fill_from[a] = (const real *)all->from - n;
    block->fill_stride[a] = all->n;
    for (int f = 0; f < all->n; f++, n++) {
      const uint64_t at = NAME(bit)(all->column[f] - first, vectors);
#pragma GCC unroll 4
      for (int v = 0; v < vectors; v++)
        place[v] = I(mask_set1)(place[v], (mask)(at >> v * WIDE), n);
    }
  }
}

/* s of a row of a block. The lane before the block has been overwritten where in = out, so that
 * every block leaves its last lane in `edge` for the next one. Lanes that are not there are
 * loaded as 0, since they are multiplied with 0. Times one, since sums and products are
 * computed by different units. */
NT_INLINE void NAME(sum_row)(const NAME(block) * block, const real *in, bool is_first, bool is_last,
                             const int vectors, const nt_extra extra, int64_t row, real *edge,
                             vector *sum)
{
  vector before = is_first ? V(setzero)() : V(set1)(edge[row]);
  vector here = vectors > 1 ? V(loadu)(in) : V(maskz_loadu)(block->valid, in);
  if (!is_last) edge[row] = in[vectors * WIDE - 1];
  vector fills = V(setzero)();
  if (extra >= ONE_FILL) {
    fills = V(maskz_loadu)(block->fills[0], block->fill_from[0] + row * block->fill_stride[0]);
    fills =
        V(mask_loadu)(fills, block->fills[1], block->fill_from[1] + row * block->fill_stride[1]);
  }
#pragma GCC unroll 4
  for (int v = 0; v < vectors; v++) {
    const real *next = in + (v + 1) * WIDE;
    const vector behind = v < vectors - 2   ? V(loadu)(next)
                          : v < vectors - 1 ? V(maskz_loadu)(block->valid, next)
                          : is_last         ? V(setzero)()
                                            : V(set1)(*next);
    vector s = V(fmadd)(NEXT(before, here, WIDE - 1), block->before[v], here);
    s = V(fmadd)(NEXT(here, behind, 1), block->behind[v], s);
    if (extra >= ONE_FILL) s = V(add)(s, V(permutexvar)(block->place[0][v], fills));
    if (extra == TWO_FILLS) s = V(add)(s, V(permutexvar)(block->place[1][v], fills));
    sum[v] = s;
    before = here;
    here = behind;
  }
}

/* A vector is whole, but for the last one. */
NT_INLINE void NAME(store)(const NAME(block) * block, const int vectors, const nt_extra extra,
                           const vector *above, const vector *here, const vector *below,
                           vector constant, real *out)
{
#pragma GCC unroll 4
  for (int v = 0; v < vectors; v++) {
    vector s = extra == CONSTANT ? V(add)(below[v], constant) : below[v];
    s = V(fmadd)(above[v], V(set1)(1), V(add)(here[v], s));
    if (v < vectors - 1)
      V(storeu)(out + v * WIDE, s);
    else
      V(mask_storeu)(out + v * WIDE, block->valid, s);
  }
}

/* Rows from `row` to `end` - 1 of a block, a piece of neighbours. */
NT_INLINE void NAME(run_piece)(const nt_three *three, const NAME(block) * block, const real *in,
                               real *out, int64_t first, const int vectors, const nt_extra extra,
                               int64_t row, int64_t end)
{
  const int64_t columns = three->columns;
  const bool is_first = first == 0, is_last = first + vectors * WIDE >= columns;
  const vector constant = V(set1)((real)three->constant);
  vector above[MOST_VECTORS], here[MOST_VECTORS], below[MOST_VECTORS];
#pragma GCC unroll 4
  for (int v = 0; v < vectors; v++)
    above[v] = V(setzero)();
  in += row * columns + first;
  out += row * columns + first;
  NAME(sum_row)(block, in, is_first, is_last, vectors, extra, row, three->edge, here);
#pragma GCC unroll 1
  while (++row < end) {
    in += columns;
    NAME(sum_row)(block, in, is_first, is_last, vectors, extra, row, three->edge, below);
    NAME(store)(block, vectors, extra, above, here, below, constant, out);
    out += columns;
#pragma GCC unroll 4
    for (int v = 0; v < vectors; v++) {
      above[v] = here[v];
      here[v] = below[v];
    }
  }
#pragma GCC unroll 4
  for (int v = 0; v < vectors; v++)
    below[v] = V(setzero)();
  NAME(store)(block, vectors, extra, above, here, below, constant, out);
}

NT_INLINE void NAME(run_block)(const nt_three *three, const real *in, real *out, int64_t first,
                               const int vectors, const nt_extra extra)
{
  const nt_pieces *pieces = &three->row_pieces;
  NAME(block) block;
  NAME(find_neighbours)(three, first, vectors, &block);
  if (extra >= ONE_FILL) NAME(find_fills)(three, first, vectors, extra, &block);
  const int64_t n = pieces->n > 0 ? pieces->n : three->rows;
#pragma GCC unroll 1
  for (int64_t p = 0; p < n; p++) {
    const int64_t begin = pieces->n > 0 ? pieces->first[p] : p;
    const int64_t end = pieces->n > 0 ? pieces->first[p + 1] : p + 1;
    NAME(run_piece)(three, &block, in, out, first, vectors, extra, begin, end);
  }
}

NT_INLINE void NAME(run)(const nt_three *three, const real *in, real *out, const nt_extra extra)
{
  const int64_t vectors = (three->columns + WIDE - 1) / WIDE;
  for (int64_t done = 0; done < vectors; done += MOST_VECTORS) {
    switch (vectors - done) {
    case 1:
      NAME(run_block)(three, in, out, done * WIDE, 1, extra);
      break;
    case 2:
      NAME(run_block)(three, in, out, done * WIDE, 2, extra);
      break;
    case 3:
      NAME(run_block)(three, in, out, done * WIDE, 3, extra);
      break;
    default:
      NAME(run_block)(three, in, out, done * WIDE, MOST_VECTORS, extra);
      break;
    }
  }
}

/* Rows are short: the last vector in part, rather than lane by lane. */
NT_INLINE void NAME(add_row)(int64_t columns, const real *from, real *to)
{
  for (; columns >= WIDE; columns -= WIDE, from += WIDE, to += WIDE)
    V(storeu)(to, V(add)(V(loadu)(to), V(loadu)(from)));
  const mask rest = (mask)((1 << columns) - 1);
  if (columns > 0)
    V(mask_storeu)(to, rest, V(add)(V(maskz_loadu)(rest, to), V(maskz_loadu)(rest, from)));
}

NT_AVX512 void NAME(nt_three)(const nt_three *three, const void *in, void *out)
{
  switch (extra_of(three)) {
  case NO_EXTRA:
    NAME(run)(three, in, out, NO_EXTRA);
    break;
  case CONSTANT:
    NAME(run)(three, in, out, CONSTANT);
    break;
  case ONE_FILL:
    NAME(run)(three, in, out, ONE_FILL);
    break;
  default:
    NAME(run)(three, in, out, TWO_FILLS);
    break;
  }
  for (int f = 0; f < three->n_row_fills; f++) {
    const real *from = three->row_fill[f].from;
    NAME(add_row)
    (three->columns, from, (real *)out + three->row_fill[f].row * three->columns);
  }
}

/* Included by three_avx512.c once for each type, before three_template.h: what that needs of
 * vectors with masks. */

typedef struct NAME(fills) {
  vector from[2];
} NAME(fills);

typedef __m512i NAME(place);

NT_INLINE mask NAME(first_lanes)(int64_t n) { return (mask)(n >= WIDE ? -1 : (1 << n) - 1); }

NT_INLINE vector NAME(ones)(uint64_t bits) { return V(maskz_mov)((mask)bits, V(set1)(1)); }

NT_INLINE vector NAME(load_some)(mask lanes, const real *from)
{
  return V(maskz_loadu)(lanes, from);
}

NT_INLINE void NAME(store_first)(real *to, int64_t n, vector x)
{
  V(mask_storeu)(to, NAME(first_lanes)(n), x);
}

NT_INLINE vector NAME(before)(vector low, vector high) { return NEXT(low, high, WIDE - 1); }

NT_INLINE vector NAME(behind)(vector low, vector high) { return NEXT(low, high, 1); }

/* Lanes without a fill are those of the last number, which is 0. */
NT_INLINE NAME(place) NAME(no_place)(void) { return INDEX(set1)(WIDE - 1); }

NT_INLINE NAME(place)
    NAME(add_place)(NAME(place) place, uint64_t bits, int64_t n, bool is_second, int64_t n_first)
{
  (void)n_first;
  const int64_t number = is_second ? WIDE + n : n;
  return INDEX(mask_set1)(place, (mask)bits, (integer)number);
}

NT_INLINE NAME(fills)
    NAME(load_fills)(const real *first, int64_t n_first, const real *second, int64_t n_second)
{
  (void)n_first, (void)n_second;
  return (NAME(fills)){{FOUR(FEW(loadu)(first)), FOUR(FEW(loadu)(second))}};
}

NT_INLINE vector NAME(pick_fills)(NAME(fills) fills, NAME(place) place)
{
  return V(permutex2var)(fills.from[0], place, fills.from[1]);
}

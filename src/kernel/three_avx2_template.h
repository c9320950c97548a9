/* Included by three_avx2.c once for each type, before three_template.h: what that needs of vectors
 * whose masks are vectors too. */

/* Those of the first argument, and behind them those of the second one. */
typedef vector NAME(fills);

typedef struct NAME(place) {
  __m256i words, is_there;
} NAME(place);

#define NUMBER(lane) (lane)
#define BIT(lane) (1 << (lane))

NT_INLINE mask NAME(first_lanes)(int64_t n)
{
  return COMPARE(gt, EACH((integer)NT_MIN(n, (int64_t)WIDE)), LANES(NUMBER));
}

NT_INLINE mask NAME(lanes_of)(uint64_t bits)
{
  return COMPARE(eq, _mm256_and_si256(EACH((integer)bits), LANES(BIT)), LANES(BIT));
}

NT_INLINE vector NAME(ones)(uint64_t bits)
{
  return V(and)(BITS_TO_VECTOR(NAME(lanes_of)(bits)), V(set1)(1));
}

NT_INLINE vector NAME(load_some)(mask lanes, const real *from) { return V(maskload)(from, lanes); }

/* A store with a mask takes up to eighteen clocks (Zen 3). */
NT_INLINE void NAME(store_first)(real *to, int64_t n, vector x)
{
  store_words((float *)to, n * (int64_t)(sizeof(real) / sizeof(float)), TO_WORDS(x));
}

/* The upper half of `low`, and the lower half of `high`. */
NT_INLINE vector NAME(between)(vector low, vector high) { return V(permute2f128)(low, high, 0x21); }

NT_INLINE vector NAME(before)(vector low, vector high)
{
  return BEFORE(NAME(between)(low, high), high);
}

NT_INLINE vector NAME(behind)(vector low, vector high)
{
  return BEHIND(low, NAME(between)(low, high));
}

NT_INLINE NAME(place) NAME(no_place)(void)
{
  return (NAME(place)){_mm256_setzero_si256(), _mm256_setzero_si256()};
}

NT_INLINE NAME(place)
    NAME(add_place)(NAME(place) place, uint64_t bits, int64_t n, bool is_second, int64_t n_first)
{
  const integer number = (integer)(is_second ? n_first + n : n);
  const mask lanes = NAME(lanes_of)(bits);
  return (NAME(place)){_mm256_blendv_epi8(place.words, EACH(WORDS_OF(number)), lanes),
                       _mm256_or_si256(place.is_there, lanes)};
}

NT_INLINE NAME(fills)
    NAME(load_fills)(const real *first, int64_t n_first, const real *second, int64_t n_second)
{
  const mask is_first = NAME(first_lanes)(n_first), all = NAME(first_lanes)(n_first + n_second);
  return V(or)(V(maskload)(first, is_first),
               V(maskload)(second - n_first, _mm256_andnot_si256(is_first, all)));
}

NT_INLINE vector NAME(pick_fills)(NAME(fills) fills, NAME(place) place)
{
  const __m256 picked = _mm256_permutevar8x32_ps(TO_WORDS(fills), place.words);
  return V(and)(FROM_WORDS(picked), BITS_TO_VECTOR(place.is_there));
}

#undef NUMBER
#undef BIT

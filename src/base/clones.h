/** Vector loops in clones for several instruction sets, with dispatch at run time. */
#ifndef NT_BASE_CLONES_H
#define NT_BASE_CLONES_H

/* Levels of the x86-64 psABI, not CPU models, which fail on other makers' processors. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(NT_NO_CLONES)
#define NT_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define NT_CLONES
#endif

/** Bytes of the vectors of the clone that runs. */
static inline int nt_vector_bytes(void)
{
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(NT_NO_CLONES)
  if (__builtin_cpu_supports("x86-64-v4")) return 64;
  return __builtin_cpu_supports("x86-64-v3") ? 32 : 16;
#elif defined(__AVX512F__)
  return 64;
#elif defined(__AVX2__)
  return 32;
#else
  return 16;
#endif
}

/* The iterations of the next loop are independent, also where its arrays coincide. */
#if defined(__clang__)
#define NT_VECTOR_LOOP _Pragma("clang loop vectorize(assume_safety)")
#elif defined(__GNUC__)
#define NT_VECTOR_LOOP _Pragma("GCC ivdep")
#else
#define NT_VECTOR_LOOP
#endif

#endif

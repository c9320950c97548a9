/** Vector loops in clones for several instruction sets, with dispatch at run time. */
#ifndef NT_BASE_CLONES_H
#define NT_BASE_CLONES_H

/* Levels of the x86-64 psABI, not CPU models, which fail on other makers' processors. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(NT_NO_CLONES)
#define NT_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
/* Whether the clone that runs has 32 vectors of 64 bytes. */
#define NT_HAS_LARGE_VECTORS (__builtin_cpu_supports("x86-64-v4") != 0)
#else
#define NT_CLONES
#define NT_HAS_LARGE_VECTORS false
#endif

/* The iterations of the next loop are independent, also where its arrays coincide. */
#if defined(__clang__)
#define NT_VECTOR_LOOP _Pragma("clang loop vectorize(assume_safety)")
#elif defined(__GNUC__)
#define NT_VECTOR_LOOP _Pragma("GCC ivdep")
#else
#define NT_VECTOR_LOOP
#endif

#endif

/** Texts of networks that are drawn by chance, the same on every rank. */
#ifndef NT_TEST_KERNEL_DRAW_H
#define NT_TEST_KERNEL_DRAW_H

#include "base/check.h"

#include <stdint.h>

/** A text that is being written, and the numbers that decide how it goes on. */
typedef struct nt_draw {
  uint64_t seed;
  int64_t stream; /**< Texts of different streams have nothing in common. */
  int64_t drawn;  /**< Numbers so far. */
  char text[2000];
} nt_draw;

/** One of 0 … n - 1. Parallel: Local. */
int nt_draw_below(nt_draw *d, int n);
/** Write behind the text. Parallel: Local. */
void nt_draw_add(nt_draw *d, const char *format, ...) NT_PRINTF(2, 3);
/** One of the words. Parallel: Local. */
const char *nt_draw_word(nt_draw *d, int n, const char *const *words);

/** One of the words that follow. */
#define NT_DRAW_WORD(d, ...)                                                                       \
  nt_draw_word(d, (int)(sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *)),                   \
               (const char *const[]){__VA_ARGS__})

#endif

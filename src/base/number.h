/** Element types of files: booleans, integers and floating-point numbers of 1 to 8 bytes. */
#ifndef NT_BASE_NUMBER_H
#define NT_BASE_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

typedef struct nt_number {
  char kind; /**< 'b' boolean, 'i' signed, 'u' unsigned, 'f' floating point. */
  int size;  /**< Bytes: 1, 2, 4 or 8. */
  bool swap; /**< The file has the other byte order. */
} nt_number;

/** Whether ntmpi reads the type (byte order aside). Parallel: Local. */
bool nt_number_known(nt_number type);
/** numpy's name of a known type: "uint8". Parallel: Local. */
const char *nt_number_name(nt_number type);
/** Decode n elements to doubles. `raw` is clobbered if the bytes must be swapped. Local. */
void nt_number_decode(nt_number type, void *raw, int64_t n, double *out);
/** `v` rounded to the floating-point type (as it is for integers). Parallel: Local. */
double nt_number_round(nt_number type, double v);

#endif

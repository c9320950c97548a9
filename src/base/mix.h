/** A hash of 64 bits. */
#ifndef NT_BASE_MIX_H
#define NT_BASE_MIX_H

#include <stdint.h>

/** The finaliser of splitmix64 (Steele, Lea, Flood 2014). Parallel: Local. */
static inline uint64_t nt_mix(uint64_t z)
{
  z += 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

#endif

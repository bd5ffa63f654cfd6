// Sixteen numbers at a time, for kernels that tile a matrix by hand.
#pragma once
#pragma clang diagnostic ignored "-Wpsabi"
#include "vector.h"

// Sixteen lanes, whatever the CPU's registers: the compiler splits them where they are narrower.
typedef float lanes __attribute__((vector_size(64), aligned(4)));

SEQ_INLINE lanes load(const float *p) {
  lanes x;
  memcpy(&x, p, sizeof x);
  return x;
}
SEQ_INLINE void store(float *p, lanes x) { memcpy(p, &x, sizeof x); }

// Whether 24 sums of sixteen lanes fit into the registers: with AVX-512 they are 24 of 32, with AVX2
// they would be 48 of 16, and spilling them costs more than a narrower tile.
SEQ_INLINE bool has_wide_registers(void) {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512f");
#else
  return false;
#endif
}

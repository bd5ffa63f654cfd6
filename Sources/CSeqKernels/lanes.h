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

typedef int32_t lane_masks __attribute__((vector_size(64)));

// Lane by lane the larger of two, `most` where one of them is not a number. Compilers make no vector
// instructions of a loop that does this to one number, since their order would matter to NaN.
SEQ_INLINE void keep_larger(lanes *most, const float *p) {
  lanes x = load(p), y = *most;
  lane_masks more = x > y;
  *most = (lanes)((more & (lane_masks)x) | (~more & (lane_masks)y));
}
SEQ_INLINE void keep_smaller(lanes *least, const float *p) {
  lanes x = load(p), y = *least;
  lane_masks less = x < y;
  *least = (lanes)((less & (lane_masks)x) | (~less & (lane_masks)y));
}

// The largest of the lanes, of which none is not a number.
SEQ_INLINE float largest_lane(const lanes *x) {
  float y[16];
  store(y, *x);
  for (int half = 8; half > 0; half /= 2) {
    for (int i = 0; i < half; i++) y[i] = y[i] > y[i + half] ? y[i] : y[i + half];
  }
  return y[0];
}

// Whether 24 sums of sixteen lanes fit into the registers: with AVX-512 they are 24 of 32, with AVX2
// they would be 48 of 16, and spilling them costs more than a narrower tile.
SEQ_INLINE bool has_wide_registers(void) {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512f");
#else
  return false;
#endif
}

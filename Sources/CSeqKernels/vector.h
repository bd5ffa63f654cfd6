// What every kernel file needs: the clones attribute, and mathematics that vectorises.
#pragma once

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "CSeqKernels.h"

#if defined(__x86_64__) && defined(__linux__) && defined(__GLIBC__)
#define SEQ_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define SEQ_CLONES
#endif
#define SEQ_INLINE static inline __attribute__((always_inline))

// A sum over a loop may be reordered inside this block, so that it vectorises.
#define SEQ_REASSOCIATE _Pragma("clang fp reassociate(on)")

// The loop that follows reads no element that another of its rounds writes. Its rows may be the same ones,
// in place, which the compiler otherwise finds out while running and then goes number by number.
#define SEQ_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")

SEQ_INLINE float seq_from_bits(uint32_t bits) {
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

SEQ_INLINE uint32_t seq_bits(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

// √x. The library's function keeps loops from becoming vector instructions: it may set errno.
SEQ_INLINE float seq_sqrt(float x) { return __builtin_elementwise_sqrt(x); }

// eˣ for x up to 88, such as the difference of a logit to the largest: relative error below 2e-7 down to −87;
// less than −88 gives 0, and what is not a number stays so.
//
// x = n·ln 2 + r with |r| ≤ ln 2 / 2, and a polynomial of degree 6 for eʳ, of which the largest relative error
// is the smallest there is, 4e-9, given the first two coefficients.
SEQ_INLINE float seq_exp_below(float x) {
  // With −88 the exponent below becomes that of 0.
  float clamped = x < -88.0f ? -88.0f : x;
  // Adding and subtracting 1.5·2²³ rounds to the nearest whole number; 127 is the exponent of 1.
  const float shift = 12582912.0f + 127.0f;
  float shifted = clamped * 1.44269504f + shift;
  float n = shifted - shift;
  float r = clamped - n * 0.693359375f;
  r = r + n * 2.12194440e-4f;
  float p = 1.3814264676e-3f;
  p = p * r + 8.3688786253e-3f;
  p = p * r + 4.1668403894e-2f;
  p = p * r + 1.6666519642e-1f;
  p = p * r + 4.9999994040e-1f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  // n + 127 is in the low bits of the shifted number; the bits above leave at the left.
  return p * seq_from_bits(seq_bits(shifted) << 23);
}

// The same for any x; more than 88 gives e⁸⁸.
SEQ_INLINE float seq_exp(float x) { return seq_exp_below(x > 88.0f ? 88.0f : x); }

// ln x for positive normal x, relative error below 2e-7 (coefficients of Cephes' logf, Moshier 1989).
//
// x = 2ⁿ·m with m between √½ and √2, and a polynomial for ln m.
SEQ_INLINE float seq_log(float x) {
  int32_t exponent = (int32_t)(seq_bits(x) - 0x3f3504f3u) >> 23;
  float n = (float)exponent;
  float r = seq_from_bits(seq_bits(x) - ((uint32_t)exponent << 23)) - 1.0f;
  float p = 7.0376836292e-2f;
  p = p * r - 1.1514610310e-1f;
  p = p * r + 1.1676998740e-1f;
  p = p * r - 1.2420140846e-1f;
  p = p * r + 1.4249322787e-1f;
  p = p * r - 1.6668057665e-1f;
  p = p * r + 2.0000714765e-1f;
  p = p * r - 2.4999993993e-1f;
  p = p * r + 3.3333331174e-1f;
  float square = r * r;
  float y = p * r * square - 2.12194440e-4f * n - 0.5f * square;
  return r + y + 0.693359375f * n;
}

// tanh x, absolute error below 3e-7: odd polynomial (Cephes) near 0, through eˣ elsewhere.
SEQ_INLINE float seq_tanh(float x) {
  float a = fabsf(x);
  float z = x * x;
  float p = -5.70498872745e-3f;
  p = p * z + 2.06390887954e-2f;
  p = p * z - 5.37397155531e-2f;
  p = p * z + 1.33314422036e-1f;
  p = p * z - 3.33332819422e-1f;
  float small = p * z * x + x;
  float large = copysignf(1.0f - 2.0f / (seq_exp(2.0f * a) + 1.0f), x);
  return a < 0.625f ? small : large;
}

SEQ_INLINE float seq_sigmoid(float x) { return 1.0f / (1.0f + seq_exp(-x)); }

// Φ(x), the normal distribution function, absolute error below 3e-7: Abramowitz & Stegun 7.1.26
// for erf. The density times √(2π), e^(−x²/2), comes along for the derivative.
SEQ_INLINE float seq_normal(float x, float *gaussian) {
  float a = fabsf(x) * 0.707106781f;
  float e = seq_exp(-a * a);
  float t = 1.0f / (1.0f + 0.3275911f * a);
  float p = 1.061405429f;
  p = p * t - 1.453152027f;
  p = p * t + 1.421413741f;
  p = p * t - 0.284496736f;
  p = p * t + 0.254829592f;
  float tail = 0.5f * p * t * e;
  *gaussian = e;
  return x < 0.0f ? tail : 1.0f - tail;
}

// A 32-bit word for (keys, row, column pair): two rounds of the lowbias32 mixer (Wellons 2018) with
// a key before each.
SEQ_INLINE uint32_t seq_mix(uint32_t x) {
  x ^= x >> 16;
  x *= 0x7feb352du;
  x ^= x >> 15;
  x *= 0x846ca68bu;
  x ^= x >> 16;
  return x;
}

// The part of a draw that a whole row shares.
SEQ_INLINE uint32_t seq_row_key(seq_dropout dropout, uint32_t row_id) {
  return seq_mix(row_id * 0x9e3779b9u + dropout.key0) ^ dropout.key1;
}

// The factors, 0 or dropout.scale, of the 32 columns of block `block`. Columns i and i + 16 of a block
// share a word, so that the loop vectorises.
SEQ_INLINE void seq_dropout_block(
    seq_dropout dropout, uint32_t row_key, uint32_t block, float factors[32]) {
  for (uint32_t lane = 0; lane < 16; lane++) {
    uint32_t word = seq_mix((block * 16 + lane) * 0x85ebca6bu + row_key);
    factors[lane] = (word & 0xffffu) < dropout.threshold ? dropout.scale : 0.0f;
    factors[lane + 16] = (word >> 16) < dropout.threshold ? dropout.scale : 0.0f;
  }
}

SEQ_INLINE bool seq_drops(seq_dropout dropout) { return dropout.threshold < 65536u; }

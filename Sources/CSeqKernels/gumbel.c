// Gumbel noise: what makes the largest of some logits a draw from their distribution.
#include "vector.h"

// ln x for positive normal x, relative error below 2e-7 (coefficients of Cephes' logf, Moshier 1989).
//
// x = 2ⁿ·m with m between √½ and √2, and a polynomial for ln m.
SEQ_INLINE float natural_logarithm(float x) {
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

SEQ_CLONES void seq_add_gumbel(
    const float *x, float *y, const uint32_t *row_ids, int64_t rows, int64_t columns,
    uint32_t key0, uint32_t key1, float scale) {
  for (int64_t r = 0; r < rows; r++) {
    uint32_t row_key = seq_mix(row_ids[r] * 0x9e3779b9u + key0) ^ key1;
    const float *in = x + r * columns;
    float *out = y + r * columns;
    for (int64_t c = 0; c < columns; c++) {
      uint32_t word = seq_mix((uint32_t)c * 0x85ebca6bu + row_key);
      // The middle of one of 2²³ parts of 0–1: neither end can come, and 1 − 2⁻²⁴ is a float.
      float u = ((float)(word >> 9) + 0.5f) * 0x1p-23f;
      out[c] = (in[c] - natural_logarithm(-natural_logarithm(u))) * scale;
    }
  }
}

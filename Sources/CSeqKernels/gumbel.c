// Gumbel noise: what makes the largest of some logits a draw from their distribution.
#include "vector.h"

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
      out[c] = (in[c] - seq_log(-seq_log(u))) * scale;
    }
  }
}

// What every attention does with a row of scores or weights.
#pragma once
#include "rows.h"

// Multiplies the first `columns` elements of a row by their dropout factors.
SEQ_INLINE void drop_row(
    const float *x, float *y, int64_t columns, seq_dropout dropout, uint32_t row_id,
    uint32_t head) {
  // Heads of one row draw apart.
  uint32_t key = seq_row_key(dropout, row_id) + head * 0xc2b2ae35u;
  float factors[32];
  for (int64_t c = 0; c < columns; c += 32) {
    seq_dropout_block(dropout, key, (uint32_t)(c / 32), factors);
    int64_t end = columns - c < 32 ? columns - c : 32;
    for (int64_t i = 0; i < end; i++) y[c + i] = x[c + i] * factors[i];
  }
}

// The softmax of the first `end` elements, those `masked` left out; zeros up to `row`.
SEQ_INLINE void softmax_row(float *x, const uint8_t *masked, int64_t end, int64_t row) {
  SEQ_REASSOCIATE
  if (masked) {
    for (int64_t c = 0; c < end; c++) x[c] = masked[c] ? -INFINITY : x[c];
  }
  float m = maximum(x, end);
  if (!(m > -INFINITY)) m = 0;
  float sum = 0;
  for (int64_t c = 0; c < end; c++) {
    float e = seq_exp_below(x[c] - m);
    x[c] = e;
    sum += e;
  }
  // A row with nothing to attend to is all zeros; one that is not a number stays so, lest it pass
  // unnoticed.
  float inverse = sum == 0 ? 0 : 1.0f / sum;
  for (int64_t c = 0; c < end; c++) x[c] *= inverse;
  for (int64_t c = end; c < row; c++) x[c] = 0;
}

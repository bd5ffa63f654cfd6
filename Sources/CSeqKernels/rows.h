// What is asked of a row of logits again and again.
#pragma once
#include "lanes.h"

// −∞ for an empty row; what is not a number is passed over.
SEQ_INLINE float maximum(const float *x, int64_t columns) {
  float m = -INFINITY;
  if (columns < 16) {
    for (int64_t c = 0; c < columns; c++) m = x[c] > m ? x[c] : m;
    return m;
  }
  lanes most = m - (lanes){0};
  for (int64_t c = 0; c + 16 <= columns; c += 16) keep_larger(&most, x + c);
  keep_larger(&most, x + columns - 16);
  return largest_lane(&most);
}

// Σ exp(x − m).
SEQ_INLINE float exponential_sum(const float *x, float m, int64_t columns) {
  SEQ_REASSOCIATE
  float sum = 0;
  for (int64_t c = 0; c < columns; c++) sum += seq_exp_below(x[c] - m);
  return sum;
}

// What is asked of a row of logits again and again.
#pragma once
#include "vector.h"

SEQ_INLINE float maximum(const float *x, int64_t columns) {
  SEQ_REASSOCIATE
  float m = -INFINITY;
  for (int64_t c = 0; c < columns; c++) m = x[c] > m ? x[c] : m;
  return m;
}

// Σ exp(x − m).
SEQ_INLINE float exponential_sum(const float *x, float m, int64_t columns) {
  SEQ_REASSOCIATE
  float sum = 0;
  for (int64_t c = 0; c < columns; c++) sum += seq_exp(x[c] - m);
  return sum;
}

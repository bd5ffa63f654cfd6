// Exponential moving averages of parameters.
#include "vector.h"

// average ← average + share · (value − average)
SEQ_CLONES void seq_average_toward(
    float *average, const float *value, int64_t count, float share) {
  for (int64_t i = 0; i < count; i++) average[i] += share * (value[i] - average[i]);
}

SEQ_CLONES void seq_exchange(float *first, float *second, int64_t count) {
  for (int64_t i = 0; i < count; i++) {
    float x = first[i];
    first[i] = second[i];
    second[i] = x;
  }
}

// Stochastic gradient descent with momentum, one pass over memory.
#include "vector.h"

// g ← scale·g + decay·w,  b ← momentum·b + (1 − dampening)·g (at first b ← g),  and
// w ← w − rate·b, or w ← w − rate·(g + momentum·b) with Nesterov's look ahead.
SEQ_CLONES void seq_sgd(
    float *value, const float *gradient, float *velocity, int64_t count, seq_sgd_step s) {
  for (int64_t i = 0; i < count; i++) {
    float w = value[i];
    float g = gradient[i] * s.gradient_scale + s.gradient_decay * w;
    if (velocity) {
      float b = s.is_first ? g : s.momentum * velocity[i] + s.gradient_share * g;
      velocity[i] = b;
      g = s.nesterov ? g + s.momentum * b : b;
    }
    value[i] = w - s.rate * g;
  }
}

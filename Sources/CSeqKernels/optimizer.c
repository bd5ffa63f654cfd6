// Parameter updates, one pass over memory.
#include "vector.h"

// m ← β₁m + (1 − β₁)g,  v ← β₂v + (1 − β₂)g²,  w ← w − decay·w − step·m / (√(v / (1 − β₂ᵗ)) + ε)
SEQ_CLONES void seq_adam(
    float *value, const float *gradient, float *first_moment, float *second_moment, int64_t count,
    seq_adam_step s) {
  for (int64_t i = 0; i < count; i++) {
    float w = value[i];
    float g = gradient[i] * s.gradient_scale + s.gradient_decay * w;
    float m = s.beta1 * first_moment[i] + (1 - s.beta1) * g;
    float v = s.beta2 * second_moment[i] + (1 - s.beta2) * g * g;
    first_moment[i] = m;
    second_moment[i] = v;
    value[i] = w - s.decay * w - s.step_size * m / (seq_sqrt(v * s.second_moment_scale) + s.epsilon);
  }
}

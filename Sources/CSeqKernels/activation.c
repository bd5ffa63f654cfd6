// Activations with the bias before them, and their gradients with the bias' gradient.
#include "vector.h"

// The argument of the hyperbolic tangent in GELU's approximation, √(2/π)·(x + 0.044715·x³).
SEQ_INLINE float gelu_argument(float x) {
  return 0.797884561f * (x + 0.044715f * x * x * x);
}

SEQ_INLINE float apply(float z, seq_activation f) {
  float unused;
  switch (f) {
    case SEQ_IDENTITY: return z;
    case SEQ_RELU: return z < 0 ? 0 : z;  // what is not a number stays so
    case SEQ_GELU: return z * seq_normal(z, &unused);
    case SEQ_TANH: return seq_tanh(z);
    case SEQ_SIGMOID: return seq_sigmoid(z);
    case SEQ_SWISH: return z * seq_sigmoid(z);
    case SEQ_GELU_TANH: return 0.5f * z * (1 + seq_tanh(gelu_argument(z)));
  }
  return z;
}

// f′ from what the forward pass saved.
SEQ_INLINE float derivative(float saved, seq_activation f) {
  switch (f) {
    case SEQ_IDENTITY: return 1;
    case SEQ_RELU: return saved > 0 ? 1 : 0;
    case SEQ_GELU: {
      float gaussian;
      float phi = seq_normal(saved, &gaussian);
      return phi + saved * 0.398942280f * gaussian;  // Φ(x) + x·φ(x), φ = e^(−x²/2) / √(2π)
    }
    case SEQ_TANH: return 1 - saved * saved;
    case SEQ_SIGMOID: return saved * (1 - saved);
    case SEQ_SWISH: {
      float s = seq_sigmoid(saved);
      return s * (1 + saved * (1 - s));
    }
    case SEQ_GELU_TANH: {
      float t = seq_tanh(gelu_argument(saved));
      float slope = 0.797884561f * (1 + 3 * 0.044715f * saved * saved);
      return 0.5f * (1 + t) + 0.5f * saved * (1 - t * t) * slope;
    }
  }
  return 1;
}

// Instantiated once per activation, so that the inner loops have no branch.
SEQ_INLINE void forward(
    const float *x, const float *bias, float *y, int64_t rows, int64_t columns, seq_activation f) {
  for (int64_t r = 0; r < rows; r++) {
    const float *in = x + r * columns;
    float *out = y + r * columns;
    if (bias) {
      SEQ_INDEPENDENT
      for (int64_t c = 0; c < columns; c++) out[c] = apply(in[c] + bias[c], f);
    } else {
      SEQ_INDEPENDENT
      for (int64_t c = 0; c < columns; c++) out[c] = apply(in[c], f);
    }
  }
}

SEQ_INLINE void backward(
    const float *dy, const float *saved, float *dx, float *bias_gradient, int64_t rows,
    int64_t columns, seq_activation f) {
  for (int64_t r = 0; r < rows; r++) {
    const float *in = dy + r * columns, *keep = saved + r * columns;
    float *out = dx + r * columns;
    SEQ_INDEPENDENT
    for (int64_t c = 0; c < columns; c++) out[c] = in[c] * derivative(keep[c], f);
    if (bias_gradient) {
      for (int64_t c = 0; c < columns; c++) bias_gradient[c] += out[c];
    }
  }
}

SEQ_CLONES void seq_bias_activation(
    const float *x, const float *bias, float *y, int64_t rows, int64_t columns, seq_activation f) {
  switch (f) {
    case SEQ_IDENTITY: forward(x, bias, y, rows, columns, SEQ_IDENTITY); break;
    case SEQ_RELU: forward(x, bias, y, rows, columns, SEQ_RELU); break;
    case SEQ_GELU: forward(x, bias, y, rows, columns, SEQ_GELU); break;
    case SEQ_TANH: forward(x, bias, y, rows, columns, SEQ_TANH); break;
    case SEQ_SIGMOID: forward(x, bias, y, rows, columns, SEQ_SIGMOID); break;
    case SEQ_SWISH: forward(x, bias, y, rows, columns, SEQ_SWISH); break;
    case SEQ_GELU_TANH: forward(x, bias, y, rows, columns, SEQ_GELU_TANH); break;
  }
}

SEQ_CLONES void seq_bias_activation_backward(
    const float *dy, const float *saved, float *dx, float *bias_gradient, int64_t rows,
    int64_t columns, seq_activation f) {
  switch (f) {
    case SEQ_IDENTITY:
      backward(dy, dy, dx, bias_gradient, rows, columns, SEQ_IDENTITY);
      break;
    case SEQ_RELU: backward(dy, saved, dx, bias_gradient, rows, columns, SEQ_RELU); break;
    case SEQ_GELU: backward(dy, saved, dx, bias_gradient, rows, columns, SEQ_GELU); break;
    case SEQ_TANH: backward(dy, saved, dx, bias_gradient, rows, columns, SEQ_TANH); break;
    case SEQ_SIGMOID: backward(dy, saved, dx, bias_gradient, rows, columns, SEQ_SIGMOID); break;
    case SEQ_SWISH: backward(dy, saved, dx, bias_gradient, rows, columns, SEQ_SWISH); break;
    case SEQ_GELU_TANH:
      backward(dy, saved, dx, bias_gradient, rows, columns, SEQ_GELU_TANH);
      break;
  }
}

// MARK: Gates

// y = f(a) · b, where a row of x is a, then b.
SEQ_INLINE void gate(
    const float *x, float *y, int64_t rows, int64_t columns, seq_activation f) {
  for (int64_t r = 0; r < rows; r++) {
    const float *a = x + r * 2 * columns, *b = a + columns;
    float *out = y + r * columns;
    for (int64_t c = 0; c < columns; c++) out[c] = apply(a[c], f) * b[c];
  }
}

// da = dy · b · f′(a),  db = dy · f(a).
SEQ_INLINE void gate_backward(
    const float *dy, const float *x, float *dx, int64_t rows, int64_t columns, seq_activation f) {
  for (int64_t r = 0; r < rows; r++) {
    const float *a = x + r * 2 * columns, *b = a + columns, *in = dy + r * columns;
    float *da = dx + r * 2 * columns, *db = da + columns;
    for (int64_t c = 0; c < columns; c++) {
      da[c] += in[c] * b[c] * derivative(a[c], f);
      db[c] += in[c] * apply(a[c], f);
    }
  }
}

SEQ_CLONES void seq_gate(
    const float *x, float *y, int64_t rows, int64_t columns, seq_activation f) {
  if (f == SEQ_GELU) {
    gate(x, y, rows, columns, SEQ_GELU);
  } else if (f == SEQ_GELU_TANH) {
    gate(x, y, rows, columns, SEQ_GELU_TANH);
  } else {
    gate(x, y, rows, columns, SEQ_SWISH);
  }
}

SEQ_CLONES void seq_gate_backward(
    const float *dy, const float *x, float *dx, int64_t rows, int64_t columns, seq_activation f) {
  if (f == SEQ_GELU) {
    gate_backward(dy, x, dx, rows, columns, SEQ_GELU);
  } else if (f == SEQ_GELU_TANH) {
    gate_backward(dy, x, dx, rows, columns, SEQ_GELU_TANH);
  } else {
    gate_backward(dy, x, dx, rows, columns, SEQ_SWISH);
  }
}

// Layer normalisation, alone and fused with the residual connection and dropout before it. Without a
// bias there is no mean either: what remains divides by the root of the mean square (RMS norm).
#include "vector.h"

// out = normalised(x) · weight + bias for one row.
SEQ_INLINE void normalize(
    const float *x, const float *weight, const float *bias, float *out, float *mean,
    float *inverse_deviation, int64_t columns, float epsilon) {
  SEQ_REASSOCIATE
  float sum = 0;
  if (bias) {
    for (int64_t c = 0; c < columns; c++) sum += x[c];
  }
  float m = sum / (float)columns;
  float squares = 0;
  for (int64_t c = 0; c < columns; c++) squares += (x[c] - m) * (x[c] - m);
  float r = 1.0f / seq_sqrt(squares / (float)columns + epsilon);
  if (bias) {
    for (int64_t c = 0; c < columns; c++) out[c] = (x[c] - m) * r * weight[c] + bias[c];
  } else {
    for (int64_t c = 0; c < columns; c++) out[c] = x[c] * r * weight[c];
  }
  *mean = m;
  *inverse_deviation = r;
}

// h = residual + dropout(x) for one row.
SEQ_INLINE void add_residual(
    const float *residual, const float *x, float *h, uint32_t row_key, int64_t columns,
    seq_dropout dropout) {
  float factors[32];
  int64_t c = 0;
  for (; c + 32 <= columns; c += 32) {
    seq_dropout_block(dropout, row_key, (uint32_t)(c / 32), factors);
    for (int i = 0; i < 32; i++) h[c + i] = residual[c + i] + x[c + i] * factors[i];
  }
  if (c < columns) {
    seq_dropout_block(dropout, row_key, (uint32_t)(c / 32), factors);
    for (int64_t i = 0; c + i < columns; i++) h[c + i] = residual[c + i] + x[c + i] * factors[i];
  }
}

SEQ_CLONES void seq_layer_norm(
    const float *x, const float *weight, const float *bias, float *y, float *mean,
    float *inverse_deviation, int64_t rows, int64_t columns, float epsilon) {
  for (int64_t r = 0; r < rows; r++) {
    normalize(
        x + r * columns, weight, bias, y + r * columns, mean + r, inverse_deviation + r, columns,
        epsilon);
  }
}

SEQ_CLONES void seq_residual_dropout(
    const float *residual, const float *x, float *h, const uint32_t *row_ids, int64_t rows,
    int64_t columns, seq_dropout dropout) {
  if (!seq_drops(dropout)) {
    for (int64_t i = 0; i < rows * columns; i++) h[i] = residual[i] + x[i];
    return;
  }
  for (int64_t r = 0; r < rows; r++) {
    int64_t at = r * columns;
    add_residual(
        residual + at, x + at, h + at, seq_row_key(dropout, row_ids[r]), columns, dropout);
  }
}

SEQ_CLONES void seq_residual_dropout_norm(
    const float *residual, const float *x, float *h, const uint32_t *row_ids, seq_dropout dropout,
    const float *weight, const float *bias, float *y, float *mean, float *inverse_deviation,
    int64_t rows, int64_t columns, float epsilon) {
  for (int64_t r = 0; r < rows; r++) {
    int64_t at = r * columns;
    if (seq_drops(dropout)) {
      add_residual(
          residual + at, x + at, h + at, seq_row_key(dropout, row_ids[r]), columns, dropout);
    } else {
      for (int64_t c = 0; c < columns; c++) h[at + c] = residual[at + c] + x[at + c];
    }
    normalize(
        h + at, weight, bias, y + at, mean + r, inverse_deviation + r, columns, epsilon);
  }
}

// With n = (x − mean)·r and g = dy·weight:  dx = r · (g − mean(g) − n · mean(g·n)), without mean(g)
// where there is no mean.
SEQ_CLONES void seq_layer_norm_backward(
    const float *x, const float *weight, const float *mean, const float *inverse_deviation,
    const float *dy, float *dx, float *weight_gradient, float *bias_gradient, int64_t rows,
    int64_t columns, bool accumulate) {
  SEQ_REASSOCIATE
  for (int64_t row = 0; row < rows; row++) {
    const float *in = x + row * columns, *up = dy + row * columns;
    float *down = dx + row * columns;
    float m = mean[row], r = inverse_deviation[row];
    float sum = 0, product = 0;
    for (int64_t c = 0; c < columns; c++) {
      float n = (in[c] - m) * r;
      float g = up[c] * weight[c];
      sum += g;
      product += g * n;
      weight_gradient[c] += up[c] * n;
    }
    if (bias_gradient) {
      for (int64_t c = 0; c < columns; c++) bias_gradient[c] += up[c];
    } else {
      sum = 0;
    }
    sum /= (float)columns;
    product /= (float)columns;
    if (accumulate) {
      for (int64_t c = 0; c < columns; c++) {
        down[c] += r * (up[c] * weight[c] - sum - (in[c] - m) * r * product);
      }
    } else {
      for (int64_t c = 0; c < columns; c++) {
        down[c] = r * (up[c] * weight[c] - sum - (in[c] - m) * r * product);
      }
    }
  }
}

// Softmax, the vocabulary's cross-entropy, and mixtures of distributions.
#include "rows.h"

SEQ_CLONES void seq_softmax(const float *x, float *y, int64_t rows, int64_t columns) {
  SEQ_REASSOCIATE
  for (int64_t r = 0; r < rows; r++) {
    const float *in = x + r * columns;
    float *out = y + r * columns;
    float m = maximum(in, columns);
    float sum = 0;
    for (int64_t c = 0; c < columns; c++) {
      float e = seq_exp_below(in[c] - m);
      out[c] = e;
      sum += e;
    }
    float inverse = 1.0f / sum;
    for (int64_t c = 0; c < columns; c++) out[c] *= inverse;
  }
}

SEQ_CLONES void seq_softmax_backward(
    const float *y, const float *dy, float *dx, int64_t rows, int64_t columns) {
  SEQ_REASSOCIATE
  for (int64_t r = 0; r < rows; r++) {
    const float *out = y + r * columns, *up = dy + r * columns;
    float *down = dx + r * columns;
    float dot = 0;
    for (int64_t c = 0; c < columns; c++) dot += up[c] * out[c];
    for (int64_t c = 0; c < columns; c++) down[c] += out[c] * (up[c] - dot);
  }
}

// Whether `label` is the first column that holds the maximum `m`: of equal ones the lowest counts, as
// in seq_best.
SEQ_INLINE bool is_likeliest(const float *x, int32_t label, float m) {
  if (!(x[label] >= m)) return false;
  for (int32_t c = 0; c < label; c++) {
    if (x[c] >= m) return false;
  }
  return true;
}

// With p = softmax(x), ε the smoothing and V columns:
//   loss = log Σ eˣ − (1 − ε)·x[label] − ε/V · Σ x,   ∂loss/∂x = p − ε/V − (1 − ε)·onehot(label).
SEQ_CLONES seq_loss seq_cross_entropy(
    float *logits, const int32_t *labels, int64_t rows, int64_t columns, float smoothing,
    bool gradient, float scale) {
  SEQ_REASSOCIATE
  seq_loss result = {0, 0, 0};
  float uniform = smoothing / (float)columns;
  for (int64_t r = 0; r < rows; r++) {
    float *x = logits + r * columns;
    float gold = x[labels[r]];
    float m = maximum(x, columns);
    result.correct += is_likeliest(x, labels[r], m);
    float total = 0, sum = 0;
    if (gradient) {
      for (int64_t c = 0; c < columns; c++) {
        float e = seq_exp_below(x[c] - m);
        total += x[c];
        sum += e;
        x[c] = e;
      }
      float factor = scale / sum;
      for (int64_t c = 0; c < columns; c++) x[c] = x[c] * factor - scale * uniform;
      x[labels[r]] -= scale * (1 - smoothing);
    } else {
      for (int64_t c = 0; c < columns; c++) {
        total += x[c];
        sum += seq_exp_below(x[c] - m);
      }
    }
    double normalizer = (double)m + log((double)sum);
    result.likelihood += normalizer - gold;
    result.loss += normalizer - (1 - (double)smoothing) * gold - (double)uniform * total;
  }
  return result;
}

// Around the largest, so that what is unlikely everywhere keeps its logarithm, and rows that are equal
// come out as they are.
SEQ_CLONES void seq_log_mixture(
    const float *const *rows, const float *weights, int64_t count, float *y, int64_t columns) {
  enum { block = 64 };
  for (int64_t start = 0; start < columns; start += block) {
    int64_t size = start + block < columns ? block : columns - start;
    float m[block], sum[block], fault[block];
    for (int64_t c = 0; c < size; c++) {
      m[c] = -INFINITY;
      sum[c] = 0;
      fault[c] = 0;
    }
    for (int64_t r = 0; r < count; r++) {
      const float *x = rows[r] + start;
      for (int64_t c = 0; c < size; c++) {
        m[c] = x[c] > m[c] ? x[c] : m[c];
        fault[c] = x[c] != x[c] ? NAN : fault[c];
      }
    }
    for (int64_t r = 0; r < count; r++) {
      const float *x = rows[r] + start;
      for (int64_t c = 0; c < size; c++) sum[c] += weights[r] * seq_exp_below(x[c] - m[c]);
    }
    for (int64_t c = 0; c < size; c++) {
      float mean = m[c] == -INFINITY ? m[c] : m[c] + seq_log(sum[c]);
      y[start + c] = mean + fault[c];
    }
  }
}

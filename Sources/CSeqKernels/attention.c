// Scaled dot-product attention of one head of one sequence, forward and backward, and one step of
// cached decoding.
#include "attention_rows.h"
#include "tiles.h"

// MARK: Masks

int64_t seq_attention_row(int64_t key_count) { return (key_count + 15) / 16 * 16; }

int64_t seq_attention_scratch(const seq_attention *s) {
  // Transposed keys or values, and two matrices of the probabilities' shape.
  int64_t row = seq_attention_row(s->key_count);
  return s->head_size * row + 2 * s->query_count * row;
}

// The keys that query i may see lie before this one; `masked` may hide more of them.
SEQ_INLINE int64_t visible(const seq_attention *s, int64_t i) {
  if (!s->causal) return s->key_count;
  int64_t end = i + 1 + s->key_count - s->query_count;
  return end < 0 ? 0 : (end > s->key_count ? s->key_count : end);
}

// MARK: Forward

SEQ_CLONES void seq_attention_forward(
    const seq_attention *s, const float *query, const float *key, const float *value,
    float *output, float *probabilities, float *scratch) {
  int64_t row = seq_attention_row(s->key_count);
  float *transposed = scratch;
  float *dropped = scratch + s->head_size * row;
  product_of_rows(
      s->query_count, s->key_count, s->head_size, query, s->query_stride, key, s->key_stride,
      probabilities, row, s->scale, transposed);
  if (s->bias) {
    for (int64_t p = 0; p < s->query_count * row; p++) probabilities[p] += s->bias[p];
  }
  for (int64_t i = 0; i < s->query_count; i++) {
    const uint8_t *masked = s->masked ? s->masked + i * s->key_count : NULL;
    softmax_row(probabilities + i * row, masked, visible(s, i), row);
  }
  const float *weights = probabilities;
  if (seq_drops(s->dropout)) {
    for (int64_t i = 0; i < s->query_count; i++) {
      drop_row(
          probabilities + i * row, dropped + i * row, row, s->dropout, s->row_ids[i], s->head);
    }
    weights = dropped;
  }
  product(
      s->query_count, s->head_size, s->key_count, weights, row, 1, value, s->value_stride, output,
      s->output_stride, 1, false);
}

// MARK: Backward

float *seq_attention_score_gradient(const seq_attention *s, float *scratch) {
  return scratch + s->head_size * seq_attention_row(s->key_count);
}

// With P the probabilities, D the dropout factors and O = (P∘D)·V:
//   dV = (P∘D)ᵀ·dO,  dP = (dO·Vᵀ)∘D,  dS = P∘(dP − Σ dP∘P),  dQ = scale·dS·K,  dK = scale·dSᵀ·Q.
SEQ_CLONES void seq_attention_backward(
    const seq_attention *s, const float *query, const float *key, const float *value,
    const float *probabilities, const float *output_gradient, float *query_gradient,
    float *key_gradient, float *value_gradient, bool accumulate, float *scratch) {
  SEQ_REASSOCIATE
  int64_t row = seq_attention_row(s->key_count);
  float *transposed = scratch;
  float *scores = seq_attention_score_gradient(s, scratch);
  float *dropped = scores + s->query_count * row;
  bool drops = seq_drops(s->dropout);
  product_of_rows(
      s->query_count, s->key_count, s->head_size, output_gradient, s->output_stride, value,
      s->value_stride, scores, row, 1, transposed);
  for (int64_t i = 0; i < s->query_count; i++) {
    const float *p = probabilities + i * row;
    float *g = scores + i * row;
    if (drops) {
      drop_row(p, dropped + i * row, row, s->dropout, s->row_ids[i], s->head);
      drop_row(g, g, row, s->dropout, s->row_ids[i], s->head);
    }
    float dot = 0;
    for (int64_t c = 0; c < row; c++) dot += g[c] * p[c];
    for (int64_t c = 0; c < row; c++) g[c] = p[c] * (g[c] - dot);
  }
  const float *weights = drops ? dropped : probabilities;
  product(
      s->key_count, s->head_size, s->query_count, weights, 1, row, output_gradient,
      s->output_stride, value_gradient, s->value_stride, 1, accumulate);
  product(
      s->query_count, s->head_size, s->key_count, scores, row, 1, key, s->key_stride,
      query_gradient, s->query_stride, s->scale, accumulate);
  product(
      s->key_count, s->head_size, s->query_count, scores, 1, row, query, s->query_stride,
      key_gradient, s->key_stride, s->scale, accumulate);
}

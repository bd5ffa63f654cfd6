// Attention by a small network: the score of key k for query q is Σ v·tanh(q + k).
#include "attention_rows.h"
#include "tiles.h"

// tanh(q + k) = 1 − 2 / (1 + e²ᑫ·e²ᵏ): with the powers of all queries and keys taken beforehand, a
// pair of them costs a product and a division. The arguments are kept within ±40, so that a power is
// neither infinite nor zero; a product may be, and then tanh is 1 or −1.
SEQ_CLONES void seq_additive_attention_powers(
    const float *x, int64_t stride, float *y, int64_t rows, int64_t size) {
  for (int64_t r = 0; r < rows; r++) {
    for (int64_t c = 0; c < size; c++) {
      float a = x[r * stride + c];
      a = a > 40.0f ? 40.0f : a;
      a = a < -40.0f ? -40.0f : a;
      y[r * size + c] = seq_exp(2.0f * a);
    }
  }
}

int64_t seq_additive_attention_scratch(const seq_additive_attention *s) {
  // Powers of the queries, transposed values, and two matrices of the probabilities' shape.
  int64_t row = seq_attention_row(s->key_count);
  return s->query_count * s->size + s->value_size * row + 2 * s->query_count * row;
}

// MARK: Forward

SEQ_CLONES void seq_additive_attention_forward(
    const seq_additive_attention *s, const float *query, const float *k, const float *vector,
    const float *value, float *output, float *probabilities, float *scratch) {
  SEQ_REASSOCIATE
  int64_t row = seq_attention_row(s->key_count), size = s->size;
  float *q = scratch, *dropped = q + s->query_count * size;
  seq_additive_attention_powers(query, s->query_stride, q, s->query_count, size);
  for (int64_t i = 0; i < s->query_count; i++) {
    float *scores = probabilities + i * row;
    const float *a = q + i * size;
    for (int64_t j = 0; j < s->key_count; j++) {
      const float *b = k + j * size;
      float sum = 0;
      for (int64_t c = 0; c < size; c++) {
        sum += vector[c] * (1.0f - 2.0f / (1.0f + a[c] * b[c]));
      }
      scores[j] = sum;
    }
    softmax_row(scores, NULL, s->key_count, row);
  }
  const float *weights = probabilities;
  if (seq_drops(s->dropout)) {
    for (int64_t i = 0; i < s->query_count; i++) {
      drop_row(probabilities + i * row, dropped + i * row, row, s->dropout, s->row_ids[i], 0);
    }
    weights = dropped;
  }
  product(
      s->query_count, s->value_size, s->key_count, weights, row, 1, value, s->value_stride, output,
      s->output_stride, 1, false);
}

// MARK: Backward

// With P the probabilities, D the dropout factors, O = (P∘D)·V and t = tanh(q + k):
//   dV = (P∘D)ᵀ·dO,  dP = (dO·Vᵀ)∘D,  dS = P∘(dP − Σ dP∘P),  dv = Σ dS·t,
//   dq = Σₖ dS·v·(1 − t²),  dk = Σᑫ dS·v·(1 − t²).
// t is computed once more: keeping it would take queries × keys × size floats.
SEQ_CLONES void seq_additive_attention_backward(
    const seq_additive_attention *s, const float *query, const float *k, const float *vector,
    const float *value, const float *probabilities, const float *output_gradient,
    float *query_gradient, float *key_gradient, float *vector_gradient, float *value_gradient,
    float *scratch) {
  SEQ_REASSOCIATE
  int64_t row = seq_attention_row(s->key_count), size = s->size;
  float *q = scratch, *transposed = q + s->query_count * size;
  float *scores = transposed + s->value_size * row, *dropped = scores + s->query_count * row;
  bool drops = seq_drops(s->dropout);
  seq_additive_attention_powers(query, s->query_stride, q, s->query_count, size);
  product_of_rows(
      s->query_count, s->key_count, s->value_size, output_gradient, s->output_stride, value,
      s->value_stride, scores, row, 1, transposed);
  for (int64_t i = 0; i < s->query_count; i++) {
    const float *p = probabilities + i * row;
    float *g = scores + i * row;
    if (drops) {
      drop_row(p, dropped + i * row, row, s->dropout, s->row_ids[i], 0);
      drop_row(g, g, row, s->dropout, s->row_ids[i], 0);
    }
    float dot = 0;
    for (int64_t c = 0; c < row; c++) dot += g[c] * p[c];
    for (int64_t c = 0; c < row; c++) g[c] = p[c] * (g[c] - dot);
  }
  product(
      s->key_count, s->value_size, s->query_count, drops ? dropped : probabilities, 1, row,
      output_gradient, s->output_stride, value_gradient, s->value_stride, 1, true);
  for (int64_t i = 0; i < s->query_count; i++) {
    const float *a = q + i * size;
    float *dq = query_gradient + i * s->query_stride;
    for (int64_t j = 0; j < s->key_count; j++) {
      const float *b = k + j * size;
      float *dk = key_gradient + j * s->key_stride;
      float g = scores[i * row + j];
      // The three gradients are no one else's memory.
#pragma clang loop vectorize(assume_safety)
      for (int64_t c = 0; c < size; c++) {
        // t = 1 − 2r and 1 − t² = 4r·(1 − r)
        float r = 1.0f / (1.0f + a[c] * b[c]);
        float d = g * vector[c] * 4.0f * r * (1.0f - r);
        vector_gradient[c] += g * (1.0f - 2.0f * r);
        dq[c] += d;
        dk[c] += d;
      }
    }
  }
}

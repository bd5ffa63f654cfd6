// Scaled dot-product attention of one head of one sequence, forward and backward, and one step of
// cached decoding.
#pragma clang diagnostic ignored "-Wpsabi"
#include "vector.h"

// MARK: A small matrix product

// Sixteen lanes, whatever the CPU's registers: the compiler splits them where they are narrower.
typedef float lanes __attribute__((vector_size(64), aligned(4)));

SEQ_INLINE lanes load(const float *p) {
  lanes x;
  memcpy(&x, p, sizeof x);
  return x;
}
SEQ_INLINE void store(float *p, lanes x) { memcpy(p, &x, sizeof x); }

// A tile of `height` rows and 16·`width` columns: C = A·B (+ C), where A's element (i, p) lies at
// a[i·row + p·step] and B's row p at b + p·ldb.
SEQ_INLINE void tile(
    int height, int width, int64_t inner, const float *a, int64_t row, int64_t step,
    const float *b, int64_t ldb, float *c, int64_t ldc, float alpha, bool accumulate) {
  lanes sum[6][2];
  for (int i = 0; i < height; i++) {
    for (int j = 0; j < width; j++) sum[i][j] = (lanes){0};
  }
  for (int64_t p = 0; p < inner; p++) {
    lanes line[2];
    for (int j = 0; j < width; j++) line[j] = load(b + p * ldb + 16 * j);
    for (int i = 0; i < height; i++) {
      float factor = a[i * row + p * step];
      for (int j = 0; j < width; j++) sum[i][j] += factor * line[j];
    }
  }
  for (int i = 0; i < height; i++) {
    for (int j = 0; j < width; j++) {
      float *out = c + i * ldc + 16 * j;
      lanes y = alpha * sum[i][j];
      store(out, accumulate ? load(out) + y : y);
    }
  }
}

// The last, narrower columns.
SEQ_INLINE void edge(
    int64_t rows, int64_t columns, int64_t inner, const float *a, int64_t row, int64_t step,
    const float *b, int64_t ldb, float *c, int64_t ldc, float alpha, bool accumulate) {
  for (int64_t i = 0; i < rows; i++) {
    float sum[16] = {0};
    for (int64_t p = 0; p < inner; p++) {
      float factor = a[i * row + p * step];
      for (int64_t j = 0; j < columns; j++) sum[j] += factor * b[p * ldb + j];
    }
    for (int64_t j = 0; j < columns; j++) {
      c[i * ldc + j] = accumulate ? c[i * ldc + j] + alpha * sum[j] : alpha * sum[j];
    }
  }
}

// Whether twelve sums of sixteen lanes fit into the registers: with AVX-512 they are twelve of 32,
// with AVX2 they would be 24 of 16, and spilling them costs more than the narrower tile.
SEQ_INLINE bool has_wide_registers(void) {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512f");
#else
  return false;
#endif
}

// Every row is summed in the same order whatever the extents of its tile.
SEQ_INLINE void product(
    int64_t rows, int64_t columns, int64_t inner, const float *a, int64_t row, int64_t step,
    const float *b, int64_t ldb, float *c, int64_t ldc, float alpha, bool accumulate) {
  int64_t j = 0;
  int64_t pairs = has_wide_registers() ? columns / 32 * 32 : 0;
  for (; j < pairs; j += 32) {
    int64_t i = 0;
    for (; i + 6 <= rows; i += 6) {
      tile(6, 2, inner, a + i * row, row, step, b + j, ldb, c + i * ldc + j, ldc, alpha, accumulate);
    }
    for (; i + 2 <= rows; i += 2) {
      tile(2, 2, inner, a + i * row, row, step, b + j, ldb, c + i * ldc + j, ldc, alpha, accumulate);
    }
    for (; i < rows; i++) {
      tile(1, 2, inner, a + i * row, row, step, b + j, ldb, c + i * ldc + j, ldc, alpha, accumulate);
    }
  }
  for (; j + 16 <= columns; j += 16) {
    int64_t i = 0;
    for (; i + 6 <= rows; i += 6) {
      tile(6, 1, inner, a + i * row, row, step, b + j, ldb, c + i * ldc + j, ldc, alpha, accumulate);
    }
    for (; i + 2 <= rows; i += 2) {
      tile(2, 1, inner, a + i * row, row, step, b + j, ldb, c + i * ldc + j, ldc, alpha, accumulate);
    }
    for (; i < rows; i++) {
      tile(1, 1, inner, a + i * row, row, step, b + j, ldb, c + i * ldc + j, ldc, alpha, accumulate);
    }
  }
  if (j < columns) {
    edge(rows, columns - j, inner, a, row, step, b + j, ldb, c + j, ldc, alpha, accumulate);
  }
}

// y[c, r] = x[r, c], rows of y padded with zeros to `ldy`.
SEQ_INLINE void transpose(
    const float *x, int64_t ldx, int64_t rows, int64_t columns, float *y, int64_t ldy) {
  for (int64_t c = 0; c < columns; c++) {
    float *out = y + c * ldy;
    for (int64_t r = 0; r < rows; r++) out[r] = x[r * ldx + c];
    for (int64_t r = rows; r < ldy; r++) out[r] = 0;
  }
}

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

// Multiplies the first `columns` elements of a row by their dropout factors.
SEQ_INLINE void drop_row(
    const float *x, float *y, int64_t columns, const seq_attention *s, int64_t query) {
  // Heads of one row draw apart.
  uint32_t key = seq_row_key(s->dropout, s->row_ids[query]) + s->head * 0xc2b2ae35u;
  float factors[32];
  for (int64_t c = 0; c < columns; c += 32) {
    seq_dropout_block(s->dropout, key, (uint32_t)(c / 32), factors);
    int64_t end = columns - c < 32 ? columns - c : 32;
    for (int64_t i = 0; i < end; i++) y[c + i] = x[c + i] * factors[i];
  }
}

// MARK: Forward

SEQ_INLINE void softmax_row(float *x, const uint8_t *masked, int64_t end, int64_t row) {
  SEQ_REASSOCIATE
  if (masked) {
    for (int64_t c = 0; c < end; c++) x[c] = masked[c] ? -INFINITY : x[c];
  }
  float m = -INFINITY;
  for (int64_t c = 0; c < end; c++) m = x[c] > m ? x[c] : m;
  if (!(m > -INFINITY)) m = 0;
  float sum = 0;
  for (int64_t c = 0; c < end; c++) {
    float e = seq_exp(x[c] - m);
    x[c] = e;
    sum += e;
  }
  // A row with nothing to attend to is all zeros; one that is not a number stays so, lest it pass
  // unnoticed.
  float inverse = sum == 0 ? 0 : 1.0f / sum;
  for (int64_t c = 0; c < end; c++) x[c] *= inverse;
  for (int64_t c = end; c < row; c++) x[c] = 0;
}

SEQ_CLONES void seq_attention_forward(
    const seq_attention *s, const float *query, const float *key, const float *value,
    float *output, float *probabilities, float *scratch) {
  int64_t row = seq_attention_row(s->key_count);
  float *transposed = scratch;
  float *dropped = scratch + s->head_size * row;
  transpose(key, s->key_stride, s->key_count, s->head_size, transposed, row);
  product(
      s->query_count, row, s->head_size, query, s->query_stride, 1, transposed, row,
      probabilities, row, s->scale, false);
  for (int64_t i = 0; i < s->query_count; i++) {
    const uint8_t *masked = s->masked ? s->masked + i * s->key_count : NULL;
    softmax_row(probabilities + i * row, masked, visible(s, i), row);
  }
  const float *weights = probabilities;
  if (seq_drops(s->dropout)) {
    for (int64_t i = 0; i < s->query_count; i++) {
      drop_row(probabilities + i * row, dropped + i * row, row, s, i);
    }
    weights = dropped;
  }
  product(
      s->query_count, s->head_size, s->key_count, weights, row, 1, value, s->value_stride, output,
      s->output_stride, 1, false);
}

// MARK: Backward

// With P the probabilities, D the dropout factors and O = (P∘D)·V:
//   dV = (P∘D)ᵀ·dO,  dP = (dO·Vᵀ)∘D,  dS = P∘(dP − Σ dP∘P),  dQ = scale·dS·K,  dK = scale·dSᵀ·Q.
SEQ_CLONES void seq_attention_backward(
    const seq_attention *s, const float *query, const float *key, const float *value,
    const float *probabilities, const float *output_gradient, float *query_gradient,
    float *key_gradient, float *value_gradient, bool accumulate, float *scratch) {
  SEQ_REASSOCIATE
  int64_t row = seq_attention_row(s->key_count);
  float *transposed = scratch;
  float *scores = transposed + s->head_size * row;
  float *dropped = scores + s->query_count * row;
  bool drops = seq_drops(s->dropout);
  transpose(value, s->value_stride, s->key_count, s->head_size, transposed, row);
  product(
      s->query_count, row, s->head_size, output_gradient, s->output_stride, 1, transposed, row,
      scores, row, 1, false);
  for (int64_t i = 0; i < s->query_count; i++) {
    const float *p = probabilities + i * row;
    float *g = scores + i * row;
    if (drops) {
      drop_row(p, dropped + i * row, row, s, i);
      drop_row(g, g, row, s, i);
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

// MARK: One step of decoding

SEQ_CLONES void seq_attention_step(
    const float *query, const float *const *keys, int64_t key_count, int64_t value_offset,
    int64_t head_count, int64_t head_size, float scale, float *output, float *scores) {
  SEQ_REASSOCIATE
  for (int64_t j = 0; j < key_count; j++) {
    for (int64_t h = 0; h < head_count; h++) {
      const float *q = query + h * head_size, *k = keys[j] + h * head_size;
      float dot = 0;
      for (int64_t c = 0; c < head_size; c++) dot += q[c] * k[c];
      scores[h * key_count + j] = dot * scale;
    }
  }
  for (int64_t h = 0; h < head_count; h++) {
    softmax_row(scores + h * key_count, NULL, key_count, key_count);
  }
  for (int64_t c = 0; c < head_count * head_size; c++) output[c] = 0;
  for (int64_t j = 0; j < key_count; j++) {
    const float *v = keys[j] + value_offset;
    for (int64_t h = 0; h < head_count; h++) {
      float weight = scores[h * key_count + j];
      for (int64_t c = 0; c < head_size; c++) {
        output[h * head_size + c] += weight * v[h * head_size + c];
      }
    }
  }
}

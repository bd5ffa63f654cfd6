// Elementwise loops and plain sums.
#include "vector.h"

SEQ_CLONES void seq_fill(float *y, int64_t count, float value) {
  for (int64_t i = 0; i < count; i++) y[i] = value;
}

SEQ_CLONES void seq_add(const float *a, const float *b, float *y, int64_t count) {
  SEQ_INDEPENDENT
  for (int64_t i = 0; i < count; i++) y[i] = a[i] + b[i];
}

SEQ_CLONES void seq_subtract(const float *a, const float *b, float *y, int64_t count) {
  SEQ_INDEPENDENT
  for (int64_t i = 0; i < count; i++) y[i] = a[i] - b[i];
}

SEQ_CLONES void seq_multiply(const float *a, const float *b, float *y, int64_t count) {
  SEQ_INDEPENDENT
  for (int64_t i = 0; i < count; i++) y[i] = a[i] * b[i];
}

SEQ_CLONES void seq_accumulate(const float *x, float alpha, float *y, int64_t count) {
  for (int64_t i = 0; i < count; i++) y[i] += alpha * x[i];
}

SEQ_CLONES void seq_accumulate_product(const float *a, const float *b, float *y, int64_t count) {
  for (int64_t i = 0; i < count; i++) y[i] += a[i] * b[i];
}

SEQ_CLONES void seq_scale(const float *x, float alpha, float *y, int64_t count) {
  SEQ_INDEPENDENT
  for (int64_t i = 0; i < count; i++) y[i] = alpha * x[i];
}

SEQ_CLONES double seq_sum(const float *x, int64_t count) {
  SEQ_REASSOCIATE
  double sum = 0;
  for (int64_t i = 0; i < count; i++) sum += x[i];
  return sum;
}

SEQ_CLONES double seq_sum_squares(const float *x, int64_t count) {
  SEQ_REASSOCIATE
  double sum = 0;
  for (int64_t i = 0; i < count; i++) sum += (double)x[i] * x[i];
  return sum;
}

SEQ_CLONES double seq_dot(const float *a, const float *b, int64_t count) {
  SEQ_REASSOCIATE
  double sum = 0;
  for (int64_t i = 0; i < count; i++) sum += (double)a[i] * b[i];
  return sum;
}

SEQ_CLONES void seq_accumulate_columns(const float *x, float *y, int64_t rows, int64_t columns) {
  for (int64_t r = 0; r < rows; r++) {
    const float *row = x + r * columns;
    for (int64_t c = 0; c < columns; c++) y[c] += row[c];
  }
}

SEQ_CLONES void seq_dropout_rows(
    const float *x, float *y, const uint32_t *row_ids, int64_t rows, int64_t columns,
    seq_dropout dropout) {
  for (int64_t r = 0; r < rows; r++) {
    uint32_t key = seq_row_key(dropout, row_ids[r]);
    const float *in = x + r * columns;
    float *out = y + r * columns;
    float factors[32];
    int64_t c = 0;
    for (; c + 32 <= columns; c += 32) {
      seq_dropout_block(dropout, key, (uint32_t)(c / 32), factors);
      SEQ_INDEPENDENT
      for (int i = 0; i < 32; i++) out[c + i] = in[c + i] * factors[i];
    }
    if (c < columns) {
      seq_dropout_block(dropout, key, (uint32_t)(c / 32), factors);
      for (int64_t i = 0; c + i < columns; i++) out[c + i] = in[c + i] * factors[i];
    }
  }
}

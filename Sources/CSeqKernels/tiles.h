// A matrix product for matrices as small as one head of one sentence, which it reads where they lie.
#pragma once
#include "lanes.h"

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

// C = alpha · A·Bᵀ for `rows` rows of A and `columns` rows of B, the rows of C padded with zeros to
// `ldc`. A few rows of A are multiplied one by one, their sums taken in another order: to transpose B,
// into `transposed`, costs more than that.
SEQ_INLINE void product_of_rows(
    int64_t rows, int64_t columns, int64_t inner, const float *a, int64_t lda, const float *b,
    int64_t ldb, float *c, int64_t ldc, float alpha, float *transposed) {
  if (rows >= 4) {
    transpose(b, ldb, columns, inner, transposed, ldc);
    product(rows, ldc, inner, a, lda, 1, transposed, ldc, c, ldc, alpha, false);
    return;
  }
  for (int64_t i = 0; i < rows; i++) {
    SEQ_REASSOCIATE
    for (int64_t j = 0; j < columns; j++) {
      const float *x = a + i * lda, *y = b + j * ldb;
      float sum = 0;
      for (int64_t p = 0; p < inner; p++) sum += x[p] * y[p];
      c[i * ldc + j] = alpha * sum;
    }
    for (int64_t j = columns; j < ldc; j++) c[i * ldc + j] = 0;
  }
}

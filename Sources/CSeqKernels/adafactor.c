// The passes of Adafactor over one matrix; a vector is a matrix of one row.
#include "vector.h"

// row_sums[r] = Σ_c g², column_sums[c] = Σ_r g², with g = scale·gradient.
SEQ_CLONES void seq_adafactor_squares(
    const float *gradient, int64_t rows, int64_t columns, float scale, float *row_sums,
    float *column_sums) {
  SEQ_REASSOCIATE
  for (int64_t c = 0; c < columns; c++) column_sums[c] = 0;
  for (int64_t r = 0; r < rows; r++) {
    const float *g = gradient + r * columns;
    float sum = 0;
    for (int64_t c = 0; c < columns; c++) {
      float square = (g[c] * scale) * (g[c] * scale);
      sum += square;
      column_sums[c] += square;
    }
    row_sums[r] = sum;
  }
}

// u = scale·g / √max(row[r]·column[c], floor)
SEQ_INLINE float update(float g, float scale, float row, float column, float floor) {
  float variance = row * column;
  return g * scale / seq_sqrt(variance > floor ? variance : floor);
}

// Σ u²
SEQ_CLONES double seq_adafactor_update_squares(
    const float *gradient, const float *row, const float *column, int64_t rows, int64_t columns,
    float scale, float floor) {
  SEQ_REASSOCIATE
  double total = 0;
  for (int64_t r = 0; r < rows; r++) {
    const float *g = gradient + r * columns;
    float sum = 0;
    for (int64_t c = 0; c < columns; c++) {
      float u = update(g[c], scale, row[r], column[c], floor);
      sum += u * u;
    }
    total += (double)sum;
  }
  return total;
}

// w ← keep·w − step·u
SEQ_CLONES void seq_adafactor_apply(
    float *value, const float *gradient, const float *row, const float *column, int64_t rows,
    int64_t columns, float scale, float floor, float keep, float step) {
  for (int64_t r = 0; r < rows; r++) {
    const float *g = gradient + r * columns;
    float *w = value + r * columns;
    for (int64_t c = 0; c < columns; c++) {
      w[c] = keep * w[c] - step * update(g[c], scale, row[r], column[c], floor);
    }
  }
}

// Products of few rows with a matrix that stays the same from product to product: the recurrent part
// of a layer, step after step.
//
// The matrix is cut once into panels of sixteen columns, each stored row after row, so that a product
// reads it from front to back and packs nothing. Under AVX2 that is a tenth faster than a general
// product at 32 rows and two fifths at 8 (256 × 1024, oneDNN 2.6), and every row is summed in the same
// order whatever the number of rows.
#include "lanes.h"

SEQ_INLINE int64_t panel_count(int64_t columns) { return (columns + 15) / 16; }

int64_t seq_panels_size(int64_t inner, int64_t columns) { return panel_count(columns) * 16 * inner; }

SEQ_CLONES void seq_panels_pack(
    const float *x, int64_t inner, int64_t columns, bool transposed, float *panels) {
  for (int64_t j = 0; j < panel_count(columns); j++) {
    float *panel = panels + j * 16 * inner;
    int64_t width = columns - 16 * j < 16 ? columns - 16 * j : 16;
    for (int64_t p = 0; p < inner; p++) {
      for (int64_t c = 0; c < width; c++) {
        panel[p * 16 + c] = transposed ? x[(16 * j + c) * inner + p] : x[p * columns + 16 * j + c];
      }
      for (int64_t c = width; c < 16; c++) panel[p * 16 + c] = 0;
    }
  }
}

// `height` rows and `width` neighbouring panels, `size` floats apart: y = x·panels (+ y).
SEQ_INLINE void tile(
    int height, int width, int64_t inner, const float *x, int64_t ldx, const float *panel,
    int64_t size, float *y, int64_t ldy, bool accumulate) {
  lanes sum[6][2];
  for (int i = 0; i < height; i++) {
    for (int j = 0; j < width; j++) sum[i][j] = (lanes){0};
  }
  for (int64_t p = 0; p < inner; p++) {
    lanes line[2];
    for (int j = 0; j < width; j++) line[j] = load(panel + j * size + p * 16);
    for (int i = 0; i < height; i++) {
      float factor = x[i * ldx + p];
      for (int j = 0; j < width; j++) sum[i][j] += factor * line[j];
    }
  }
  for (int i = 0; i < height; i++) {
    for (int j = 0; j < width; j++) {
      float *out = y + i * ldy + 16 * j;
      store(out, accumulate ? load(out) + sum[i][j] : sum[i][j]);
    }
  }
}

// All rows of `width` panels.
SEQ_INLINE void strip(
    int width, int64_t rows, int64_t inner, const float *x, int64_t ldx, const float *panel,
    int64_t size, float *y, int64_t ldy, bool accumulate) {
  int64_t i = 0;
  while (i < rows) {
    const float *a = x + i * ldx;
    float *c = y + i * ldy;
    int64_t left = rows - i;
    // Seven and eight rows go as 4 + 3 and 4 + 4: tiles of one or two leave the arithmetic waiting.
    int64_t height = left == 7 || left == 8 ? 4 : (left < 6 ? left : 6);
    switch (height) {
      case 6: tile(6, width, inner, a, ldx, panel, size, c, ldy, accumulate); break;
      case 5: tile(5, width, inner, a, ldx, panel, size, c, ldy, accumulate); break;
      case 4: tile(4, width, inner, a, ldx, panel, size, c, ldy, accumulate); break;
      case 3: tile(3, width, inner, a, ldx, panel, size, c, ldy, accumulate); break;
      case 2: tile(2, width, inner, a, ldx, panel, size, c, ldy, accumulate); break;
      default: tile(1, width, inner, a, ldx, panel, size, c, ldy, accumulate); break;
    }
    i += height;
  }
}

SEQ_CLONES void seq_panels_product(
    const float *x, int64_t x_stride, const float *panels, float *y, int64_t y_stride, int64_t rows,
    int64_t inner, int64_t columns, bool accumulate) {
  int64_t size = 16 * inner, count = panel_count(columns), j = 0;
  if (has_wide_registers()) {
    for (; j + 2 <= count; j += 2) {
      strip(
          2, rows, inner, x, x_stride, panels + j * size, size, y + 16 * j, y_stride, accumulate);
    }
  }
  for (; j < count; j++) {
    strip(1, rows, inner, x, x_stride, panels + j * size, size, y + 16 * j, y_stride, accumulate);
  }
}

// Products with float32 panels: of few rows with a matrix that stays the same from product to
// product.
//
// Under AVX2 they are faster than a general product at every number of rows: by 5 % at 640, twice as
// fast at 8 (512 × 2048, oneDNN 2.6).
#include "panels.h"

typedef float panel_number;
SEQ_INLINE lanes load_line(const float *p) { return load(p); }
#include "panels_linear.h"

bool seq_has_avx512(void) { return has_wide_registers(); }

int64_t seq_panels_size(int64_t inner, int64_t columns) {
  return panel_count(columns) * panel_width * inner;
}

SEQ_CLONES void seq_panels_pack(
    const float *x, int64_t inner, int64_t columns, bool transposed, float *panels) {
  for (int64_t j = 0; j < panel_count(columns); j++) {
    float *panel = panels + j * panel_width * inner;
    int64_t width = smaller(columns - panel_width * j, panel_width);
    for (int64_t p = 0; p < inner; p++) {
      for (int64_t c = 0; c < width; c++) {
        int64_t column = panel_width * j + c;
        panel[p * panel_width + c] = transposed ? x[column * inner + p] : x[p * columns + column];
      }
      for (int64_t c = width; c < panel_width; c++) panel[p * panel_width + c] = 0;
    }
  }
}

// MARK: Whole panels, y = x·panels (+ y)

SEQ_INLINE void product_tile(
    int height, int width, int64_t inner, const float *x, int64_t ldx, const float *panel,
    int64_t size, upcoming next, float *y, int64_t ldy, bool accumulate) {
  lanes sum[6][widest_tile];
  sums(height, width, inner, x, ldx, panel, size, next, sum);
  for (int i = 0; i < height; i++) {
    for (int j = 0; j < width; j++) {
      float *out = y + i * ldy + panel_width * j;
      store(out, accumulate ? load(out) + sum[i][j] : sum[i][j]);
    }
  }
}

SEQ_INLINE void product_strip(
    int width, int64_t rows, int64_t inner, const float *x, int64_t ldx, const float *panel,
    int64_t size, float *y, int64_t ldy, bool accumulate) {
  const int64_t ahead = bytes_ahead(rows, width, size);
#define TILE(i, height)                                                                           \
  product_tile(                                                                                   \
      height, width, inner, x + (i)*ldx, ldx, panel, size,                                        \
      share_of_next(panel, ahead, i, height, rows, inner / steps_at_once), y + (i)*ldy, ldy, accumulate)
  SEQ_FOR_ROW_TILES(rows, TILE)
#undef TILE
}

SEQ_CLONES void seq_panels_product(
    const float *x, int64_t x_stride, const float *panels, float *y, int64_t y_stride, int64_t rows,
    int64_t inner, int64_t columns, bool accumulate) {
  int64_t size = panel_width * inner, count = panel_count(columns), j = 0;
  if (has_wide_registers()) {
    for (; j + widest_tile <= count; j += widest_tile) {
      product_strip(
          widest_tile, rows, inner, x, x_stride, panels + j * size, size, y + panel_width * j,
          y_stride, accumulate);
    }
  }
  for (; j < count; j++) {
    product_strip(
        1, rows, inner, x, x_stride, panels + j * size, size, y + panel_width * j, y_stride,
        accumulate);
  }
}

SEQ_CLONES void seq_panels_linear(
    const float *x, const float *panels, const float *bias, bool relu, float *y, int64_t y_stride,
    int64_t rows, int64_t inner, int64_t columns) {
  linear(x, panels, bias, relu, y, y_stride, rows, inner, columns);
}

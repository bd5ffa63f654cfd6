// Products with bfloat16 panels: float32 rows and sums, the matrix rounded to the upper half of its
// floats, so that half as much is read where reading decides.
#include "panels.h"

typedef uint16_t halves __attribute__((vector_size(32)));
typedef uint32_t words __attribute__((vector_size(64)));

// The nearest bfloat16, of two equally near the even one; what is not a number stays so.
SEQ_INLINE uint16_t rounded(float x) {
  uint32_t bits = seq_bits(x);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return (uint16_t)(bits >> 16 | 0x40u);
  return (uint16_t)((bits + 0x7fffu + (bits >> 16 & 1)) >> 16);
}

SEQ_CLONES void seq_bfloat16_round(const float *x, uint16_t *y, int64_t count) {
  for (int64_t i = 0; i < count; i++) y[i] = rounded(x[i]);
}

SEQ_CLONES void seq_bfloat16_round_rows(
    const float *x, int64_t x_stride, float *y, int64_t y_stride, int64_t rows, int64_t columns) {
  for (int64_t i = 0; i < rows; i++) {
    for (int64_t j = 0; j < columns; j++) {
      y[i * y_stride + j] = seq_from_bits((uint32_t)rounded(x[i * x_stride + j]) << 16);
    }
  }
}

void seq_bfloat16_widen(const uint16_t *x, float *y, int64_t count) {
  for (int64_t i = 0; i < count; i++) y[i] = seq_from_bits((uint32_t)x[i] << 16);
}

SEQ_CLONES void seq_panels_bfloat16_pack(
    const uint16_t *x, int64_t inner, int64_t columns, uint16_t *panels) {
  for (int64_t j = 0; j < panel_count(columns); j++) {
    uint16_t *panel = panels + j * panel_width * inner;
    int64_t width = smaller(columns - panel_width * j, panel_width);
    for (int64_t p = 0; p < inner; p++) {
      for (int64_t c = 0; c < width; c++) {
        panel[p * panel_width + c] = x[(panel_width * j + c) * inner + p];
      }
      for (int64_t c = width; c < panel_width; c++) panel[p * panel_width + c] = 0;
    }
  }
}

SEQ_INLINE lanes load_line(const uint16_t *p) {
  halves narrow;
  memcpy(&narrow, p, sizeof narrow);
  words wide = __builtin_convertvector(narrow, words) << 16;
  lanes out;
  memcpy(&out, &wide, sizeof out);
  return out;
}

typedef uint16_t panel_number;
#include "panels_linear.h"

SEQ_CLONES void seq_panels_bfloat16_linear(
    const float *x, const uint16_t *panels, const float *bias, bool relu, float *y,
    int64_t y_stride, int64_t rows, int64_t inner, int64_t columns) {
  linear(x, panels, bias, relu, y, y_stride, rows, inner, columns);
}

// Products of int8 with int8 panels, summed exactly in 32-bit integers and scaled back to float32.
//
// A whole number −127…127 times a scale stands for each number: one scale a row of x, one a column of
// the matrix. Sums of integers have no order, so every row has the same bits on every machine.
#include "panels_int8_tiles.h"

int64_t seq_panels_int8_row_size(int64_t inner) { return group_bytes * group_count(inner); }
int64_t seq_panels_int8_column_size(int64_t inner) { return panel_bytes(inner) / panel_width; }

// MARK: Quantising

// A scale such that the largest number becomes 127, and what to multiply by. A row that holds what is
// not finite has no scale: NaN, which shows in every product.
SEQ_INLINE float scale_of_row(const float *x, int64_t columns, float *inverse) {
  SEQ_REASSOCIATE
  float largest = 0, fault = 0;
  for (int64_t c = 0; c < columns; c++) {
    float a = fabsf(x[c]);
    largest = a > largest ? a : largest;
    fault += x[c] * 0.0f;
  }
  *inverse = largest > 0 ? 127.0f / largest : 0;
  // Numbers too small for their reciprocal count as zeros.
  if (!(*inverse < INFINITY)) *inverse = 0;
  return largest / 127.0f + fault;
}

// The nearest whole number, of two equally near the even one, for |x| < 2²².
SEQ_INLINE int32_t nearest(float x) {
  float shifted = x + 12582912.0f;
  return (int32_t)(seq_bits(shifted) - 0x4b400000u);
}

SEQ_CLONES void seq_quantize_rows(
    const float *x, int64_t rows, int64_t columns, int8_t *y, float *scales) {
  for (int64_t r = 0; r < rows; r++) {
    const float *in = x + r * columns;
    float inverse;
    scales[r] = scale_of_row(in, columns, &inverse);
    for (int64_t c = 0; c < columns; c++) y[r * columns + c] = (int8_t)nearest(in[c] * inverse);
  }
}

void seq_dequantize_rows(
    const int8_t *x, const float *scales, int64_t rows, int64_t columns, float *y) {
  for (int64_t r = 0; r < rows; r++) {
    for (int64_t c = 0; c < columns; c++) y[r * columns + c] = x[r * columns + c] * scales[r];
  }
}

SEQ_CLONES void seq_panels_int8_round(
    const float *x, int64_t rows, int64_t inner, void *y, float *scales) {
  bool quads = has_quads();
  int64_t stride = seq_panels_int8_row_size(inner);
  for (int64_t r = 0; r < rows; r++) {
    const float *in = x + r * inner;
    uint8_t *bytes = (uint8_t *)y + r * stride;
    float inverse;
    scales[r] = scale_of_row(in, inner, &inverse);
    if (quads) {
      for (int64_t c = 0; c < inner; c++) bytes[c] = (uint8_t)(nearest(in[c] * inverse) + 128);
      for (int64_t c = inner; c < stride; c++) bytes[c] = 128;
    } else {
      int16_t *wide = (int16_t *)bytes;
      for (int64_t c = 0; c < inner; c++) wide[c] = (int16_t)nearest(in[c] * inverse);
      if (inner % 2) wide[inner] = 0;
    }
  }
}

// MARK: Packing

// TRANSPOSE turns sixteen bytes each of sixteen rows of `x` into columns of sixteen groups, one after
// the other in `out`: four rounds, each of which interleaves the first rows with the others.
#define ROUND(from, to, LOW, HIGH)              \
  for (int i = 0; i < 8; i++) {                 \
    to[2 * i] = LOW(from[i], from[i + 8]);      \
    to[2 * i + 1] = HIGH(from[i], from[i + 8]); \
  }
#define TRANSPOSE(group, LOW, HIGH)                               \
  group a[16], b[16];                                             \
  for (int i = 0; i < 16; i++) memcpy(&a[i], x + i * stride, 16); \
  ROUND(a, b, LOW, HIGH)                                          \
  ROUND(b, a, LOW, HIGH)                                          \
  ROUND(a, b, LOW, HIGH)                                          \
  ROUND(b, a, LOW, HIGH)                                          \
  memcpy(out, a, sizeof a);

typedef uint16_t eight_pairs __attribute__((vector_size(16)));
typedef uint32_t four_quads __attribute__((vector_size(16)));

SEQ_INLINE void transpose_pairs(const int8_t *x, int64_t stride, int8_t *out) {
#define LOW(x, y) __builtin_shufflevector(x, y, 0, 8, 1, 9, 2, 10, 3, 11)
#define HIGH(x, y) __builtin_shufflevector(x, y, 4, 12, 5, 13, 6, 14, 7, 15)
  TRANSPOSE(eight_pairs, LOW, HIGH)
#undef LOW
#undef HIGH
}

SEQ_INLINE void transpose_quads(const int8_t *x, int64_t stride, int8_t *out) {
#define LOW(x, y) __builtin_shufflevector(x, y, 0, 4, 1, 5)
#define HIGH(x, y) __builtin_shufflevector(x, y, 2, 6, 3, 7)
  TRANSPOSE(four_quads, LOW, HIGH)
#undef LOW
#undef HIGH
}

// What quads of one column sum up to where every number of x is 128 too much, taken away.
SEQ_INLINE int32_t excess(const int8_t *line, int64_t inner) {
  int32_t sum = 0;
  for (int64_t p = 0; p < inner; p++) sum += line[p];
  return -128 * sum;
}

SEQ_CLONES void seq_panels_int8_pack(
    const int8_t *x, int64_t inner, int64_t columns, int8_t *panels) {
  bool quads = has_quads();
  int64_t size = panel_bytes(inner), group = group_size();
  for (int64_t j = 0; j < panel_count(columns); j++) {
    const int8_t *lines = x + panel_width * j * inner;
    int8_t *panel = panels + j * size;
    int64_t width = smaller(columns - panel_width * j, panel_width);
    if (width < panel_width || inner % group) memset(panel, 0, (size_t)size);
    if (quads) {
      for (int64_t c = 0; c < width; c++) {
        int32_t sum = excess(lines + c * inner, inner);
        memcpy(panel + c * sizeof sum, &sum, sizeof sum);
      }
      panel += quad_head_bytes;
    }
    int64_t done = 0;
    if (width == panel_width) {
      for (; done + 16 <= inner; done += 16) {
        int8_t *out = panel + panel_width * done;
        quads ? transpose_quads(lines + done, inner, out) : transpose_pairs(lines + done, inner, out);
      }
    }
    for (int64_t c = 0; c < width; c++) {
      for (int64_t p = done; p < inner; p++) {
        panel[(p / group * panel_width + c) * group + p % group] = lines[c * inner + p];
      }
    }
  }
}

void seq_panels_int8_linear(
    const void *x, const float *x_scales, const int8_t *panels, const float *scales,
    const float *bias, bool relu, float *y, int64_t y_stride, int64_t rows, int64_t inner,
    int64_t columns) {
  call s = {
      x, x_scales, panels, scales, bias, relu, y, y_stride, rows, group_count(inner), columns,
      panel_bytes(inner)};
  product(&s);
}

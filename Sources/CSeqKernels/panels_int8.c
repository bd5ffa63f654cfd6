// Products of int8 with int8 panels, summed exactly in 32-bit integers and scaled back to float32.
//
// A whole number −127…127 times a scale stands for each number of the matrix, one scale a column. A row
// of x has a scale and a zero: bytes go from its smallest number to its largest, so that rows without
// negative numbers, such as those after ReLU, use all of them. Sums are exact: a row has the same bits
// whatever its neighbours and whatever the instructions, except that there are more bytes with VNNI.
#include "panels_int8_tiles.h"

int64_t seq_panels_int8_row_size(int64_t inner) { return row_bytes(inner); }
int64_t seq_panels_int8_column_size(int64_t inner) { return panel_bytes(inner) / panel_width; }

// MARK: Quantising

// The smallest and the largest number of a row, or 0, and NaN for `fault` where the row holds what is not
// finite, else 0.
typedef struct {
  float low, high, fault;
} range;

SEQ_INLINE range range_of_row(const float *x, int64_t columns) {
  lanes least = {0}, most = {0}, fault = {0}, rest = {0};
  int64_t c = 0;
  for (; c + 16 <= columns; c += 16) {
    keep_smaller(&least, x + c);
    keep_larger(&most, x + c);
    fault += load(x + c) * 0.0f;
  }
  memcpy(&rest, x + c, (size_t)(columns - c) * sizeof(float));
  keep_smaller(&least, (const float *)&rest);
  keep_larger(&most, (const float *)&rest);
  fault += rest * 0.0f;
  least = -least;
  range found = {-largest_lane(&least), largest_lane(&most), 0};
  for (int i = 0; i < 16; i++) found.fault += fault[i];
  return found;
}

// A scale such that the largest number becomes 127, and what to multiply by. A row that holds what is
// not finite has no scale: NaN, which shows in every product.
SEQ_INLINE float scale_of_row(const float *x, int64_t columns, float *inverse) {
  range found = range_of_row(x, columns);
  float largest = found.high > -found.low ? found.high : -found.low;
  *inverse = largest > 0 ? 127.0f / largest : 0;
  // Numbers too small for their reciprocal count as zeros.
  if (!(*inverse < INFINITY)) *inverse = 0;
  return largest / 127.0f + found.fault;
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

// The scale that spreads the bytes from the smallest number to the largest, zero among them.
SEQ_INLINE row_head head_of_row(const float *x, int64_t columns, float *inverse) {
  range found = range_of_row(x, columns);
  float largest = (float)largest_byte(), scale = found.high / largest - found.low / largest;
  *inverse = 1 / scale;
  // Numbers too small for their reciprocal count as zeros, and so do infinite ones, whose scale is NaN.
  if (!(*inverse < INFINITY)) *inverse = 0;
  int32_t zero = *inverse > 0 ? nearest(-found.low * *inverse) : 0;
  return (row_head){scale + found.fault, zero};
}

SEQ_CLONES void seq_panels_int8_round(const float *x, int64_t rows, int64_t inner, void *y) {
  int32_t largest = largest_byte();
  int64_t stride = row_bytes(inner);
  for (int64_t r = 0; r < rows; r++) {
    const float *in = x + r * inner;
    char *row = (char *)y + r * stride;
    uint8_t *bytes = (uint8_t *)(row + sizeof(row_head));
    float inverse;
    row_head head = head_of_row(in, inner, &inverse);
    memcpy(row, &head, sizeof head);
    for (int64_t c = 0; c < inner; c++) {
      // Both ends may round outwards.
      int32_t byte = nearest(in[c] * inverse) + head.zero;
      bytes[c] = (uint8_t)(byte < 0 ? 0 : byte > largest ? largest : byte);
    }
    for (int64_t c = inner; c < quad * quad_count(inner); c++) bytes[c] = 0;
  }
}

// MARK: Packing

typedef uint32_t four_quads __attribute__((vector_size(16)));

// Turns sixteen bytes each of sixteen columns of `x` into four lines of sixteen quads, one after the
// other in `out`: four rounds, each of which interleaves the first rows with the others.
SEQ_INLINE void transpose(const int8_t *x, int64_t stride, int8_t *out) {
  four_quads a[16], b[16];
  for (int i = 0; i < 16; i++) memcpy(&a[i], x + i * stride, sizeof a[i]);
#define ROUND(from, to)                                                        \
  for (int i = 0; i < 8; i++) {                                                \
    to[2 * i] = __builtin_shufflevector(from[i], from[i + 8], 0, 4, 1, 5);     \
    to[2 * i + 1] = __builtin_shufflevector(from[i], from[i + 8], 2, 6, 3, 7); \
  }
  ROUND(a, b)
  ROUND(b, a)
  ROUND(a, b)
  ROUND(b, a)
#undef ROUND
  memcpy(out, a, sizeof a);
}

SEQ_CLONES void seq_panels_int8_pack(
    const int8_t *x, int64_t inner, int64_t columns, int8_t *panels) {
  int64_t size = panel_bytes(inner);
  for (int64_t j = 0; j < panel_count(columns); j++) {
    const int8_t *lines = x + panel_width * j * inner;
    int8_t *panel = panels + j * size;
    int64_t width = smaller(columns - panel_width * j, panel_width);
    if (width < panel_width || inner % quad) memset(panel, 0, (size_t)size);
    for (int64_t c = 0; c < width; c++) {
      int32_t sum = 0;
      for (int64_t p = 0; p < inner; p++) sum += lines[c * inner + p];
      memcpy(panel + c * (int64_t)sizeof sum, &sum, sizeof sum);
    }
    int8_t *quads = panel + panel_head;
    int64_t done = 0;
    if (width == panel_width) {
      for (; done + 16 <= inner; done += 16) transpose(lines + done, inner, quads + panel_width * done);
    }
    for (int64_t c = 0; c < width; c++) {
      for (int64_t p = done; p < inner; p++) {
        quads[(p / quad * panel_width + c) * quad + p % quad] = lines[c * inner + p];
      }
    }
  }
}

void seq_panels_int8_linear(
    const void *x, const int8_t *panels, const float *scales, const float *bias, bool relu, float *y,
    int64_t y_stride, int64_t rows, int64_t inner, int64_t columns) {
  call s = {
      x,       panels,          scales,           bias, relu, y, y_stride, rows, quad_count(inner),
      columns, row_bytes(inner), panel_bytes(inner)};
  product(&s);
}

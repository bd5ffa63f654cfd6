// Products of int8 with int8 panels, summed exactly in 32-bit integers and scaled back to float32.
//
// A whole number −127…127 times a scale stands for each number: one scale a row of x, one a column of
// the matrix. Sums of integers have no order, so every row has the same bits on every machine.
//
// Columns of a panel lie in pairs of neighbouring rows, because one instruction of x86 multiplies
// sixteen bits, adds neighbours and keeps all 32 bits of the sum; the rows of x are therefore widened
// to sixteen bits when they are quantised. The shorter way through saturating sums of bytes has no
// higher peak under AVX2 and is not exact.
#include "panels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define SEQ_AVX2 __attribute__((target("avx2,fma")))
#define SEQ_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq")))
#endif

SEQ_INLINE int64_t pair_count(int64_t inner) { return (inner + 1) / 2; }

int64_t seq_panels_int8_size(int64_t inner, int64_t columns) {
  return panel_count(columns) * panel_width * 2 * pair_count(inner);
}

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

SEQ_CLONES void seq_quantize_widened(
    const float *x, int64_t rows, int64_t columns, int16_t *y, float *scales) {
  int64_t stride = 2 * pair_count(columns);
  for (int64_t r = 0; r < rows; r++) {
    const float *in = x + r * columns;
    int16_t *out = y + r * stride;
    float inverse;
    scales[r] = scale_of_row(in, columns, &inverse);
    for (int64_t c = 0; c < columns; c++) out[c] = (int16_t)nearest(in[c] * inverse);
    for (int64_t c = columns; c < stride; c++) out[c] = 0;
  }
}

typedef uint16_t eight_pairs __attribute__((vector_size(16)));

// out[p] = the pairs p of sixteen rows, for eight p: a transposition of sixteen by eight in four rounds,
// each of which interleaves the first rows with the others.
SEQ_INLINE void transpose_pairs(const int8_t *x, int64_t stride, int8_t *out) {
  eight_pairs a[16], b[16];
  for (int i = 0; i < 16; i++) memcpy(&a[i], x + i * stride, sizeof a[i]);
#define LOW(x, y) __builtin_shufflevector(x, y, 0, 8, 1, 9, 2, 10, 3, 11)
#define HIGH(x, y) __builtin_shufflevector(x, y, 4, 12, 5, 13, 6, 14, 7, 15)
  for (int i = 0; i < 8; i++) b[2 * i] = LOW(a[i], a[i + 8]), b[2 * i + 1] = HIGH(a[i], a[i + 8]);
  for (int i = 0; i < 8; i++) a[2 * i] = LOW(b[i], b[i + 8]), a[2 * i + 1] = HIGH(b[i], b[i + 8]);
  for (int i = 0; i < 8; i++) b[2 * i] = LOW(a[i], a[i + 8]), b[2 * i + 1] = HIGH(a[i], a[i + 8]);
  for (int i = 0; i < 8; i++) a[2 * i] = LOW(b[i], b[i + 8]), a[2 * i + 1] = HIGH(b[i], b[i + 8]);
#undef LOW
#undef HIGH
  memcpy(out, a, sizeof a);
}

SEQ_CLONES void seq_panels_int8_pack(const int8_t *x, int64_t inner, int64_t columns, int8_t *panels) {
  int64_t pairs = pair_count(inner), size = panel_width * 2 * pairs;
  for (int64_t j = 0; j < panel_count(columns); j++) {
    int8_t *panel = panels + j * size;
    int64_t width = smaller(columns - panel_width * j, panel_width);
    if (width < panel_width || inner % 2) memset(panel, 0, (size_t)size);
    int64_t done = 0;
    if (width == panel_width) {
      for (; done + 8 <= inner / 2; done += 8) {
        transpose_pairs(x + panel_width * j * inner + 2 * done, inner, panel + 32 * done);
      }
    }
    for (int64_t c = 0; c < width; c++) {
      const int8_t *line = x + (panel_width * j + c) * inner;
      for (int64_t p = done; p < inner / 2; p++) memcpy(panel + 32 * p + 2 * c, line + 2 * p, 2);
      if (inner % 2) panel[32 * (pairs - 1) + 2 * c] = line[inner - 1];
    }
  }
}

// MARK: Products

typedef int32_t whole_lanes __attribute__((vector_size(64), aligned(4)));

// What one call computes.
typedef struct {
  const int16_t *x;       // [rows, 2 · pairs]
  const float *x_scales;  // [rows]
  const int8_t *panels;
  const float *scales, *bias;  // [columns], readable for whole panels; bias null for none
  bool relu;
  float *y;
  int64_t y_stride, rows, pairs, columns;
} call;

// The sums of a tile back to float32: y = sum · x_scale · scale + bias.
SEQ_INLINE void scale_back(
    const call *s, int64_t row, int64_t column, const whole_lanes *sum) {
  lanes out = __builtin_convertvector(*sum, lanes) * s->x_scales[row] * load(s->scales + column);
  finish(
      &out, s->bias ? s->bias + column : NULL, s->relu, s->y + row * s->y_stride + column,
      s->columns - column);
}

SEQ_INLINE int32_t pair_of(const call *s, int64_t row, int64_t p) {
  int32_t pair;
  memcpy(&pair, s->x + row * 2 * s->pairs + 2 * p, sizeof pair);
  return pair;
}

SEQ_INLINE void plain_tile(int height, const call *s, int64_t row, int64_t column) {
  const int8_t *panel = s->panels + column * 2 * s->pairs;
  whole_lanes sum[6];
  for (int i = 0; i < height; i++) sum[i] = (whole_lanes){0};
  for (int64_t p = 0; p < s->pairs; p++) {
    const int8_t *line = panel + 32 * p;
    for (int i = 0; i < height; i++) {
      const int16_t *x = s->x + (row + i) * 2 * s->pairs + 2 * p;
      for (int c = 0; c < panel_width; c++) {
        sum[i][c] += (int32_t)x[0] * line[2 * c] + (int32_t)x[1] * line[2 * c + 1];
      }
    }
  }
  for (int i = 0; i < height; i++) scale_back(s, row + i, column, &sum[i]);
}

static void plain_product(const call *s) {
  for (int64_t column = 0; column < s->columns; column += panel_width) {
#define TILE(i, height) plain_tile(height, s, i, column)
    SEQ_FOR_ROW_TILES(s->rows, TILE)
#undef TILE
  }
}

#if defined(__x86_64__)
SEQ_INLINE SEQ_AVX2 void avx2_tile(int height, const call *s, int64_t row, int64_t column) {
  const int8_t *panel = s->panels + column * 2 * s->pairs;
  __m256i sum[6][2];
  for (int i = 0; i < height; i++) sum[i][0] = sum[i][1] = _mm256_setzero_si256();
  for (int64_t p = 0; p < s->pairs; p++) {
    const __m128i *line = (const __m128i *)(panel + 32 * p);
    __m256i first = _mm256_cvtepi8_epi16(_mm_loadu_si128(line));
    __m256i second = _mm256_cvtepi8_epi16(_mm_loadu_si128(line + 1));
    for (int i = 0; i < height; i++) {
      __m256i pair = _mm256_set1_epi32(pair_of(s, row + i, p));
      sum[i][0] = _mm256_add_epi32(sum[i][0], _mm256_madd_epi16(pair, first));
      sum[i][1] = _mm256_add_epi32(sum[i][1], _mm256_madd_epi16(pair, second));
    }
  }
  for (int i = 0; i < height; i++) {
    whole_lanes whole;
    memcpy(&whole, sum[i], sizeof whole);
    scale_back(s, row + i, column, &whole);
  }
}

static SEQ_AVX2 void avx2_product(const call *s) {
  for (int64_t column = 0; column < s->columns; column += panel_width) {
#define TILE(i, height) avx2_tile(height, s, i, column)
    SEQ_FOR_ROW_TILES(s->rows, TILE)
#undef TILE
  }
}

SEQ_INLINE SEQ_AVX512 void avx512_tile(
    int height, int width, const call *s, int64_t row, int64_t column) {
  int64_t size = panel_width * 2 * s->pairs;
  const int8_t *panel = s->panels + column * 2 * s->pairs;
  __m512i sum[6][2];
  for (int i = 0; i < height; i++) {
    for (int j = 0; j < width; j++) sum[i][j] = _mm512_setzero_si512();
  }
  for (int64_t p = 0; p < s->pairs; p++) {
    __m512i line[2];
    for (int j = 0; j < width; j++) {
      line[j] =
          _mm512_cvtepi8_epi16(_mm256_loadu_si256((const __m256i *)(panel + j * size + 32 * p)));
    }
    for (int i = 0; i < height; i++) {
      __m512i pair = _mm512_set1_epi32(pair_of(s, row + i, p));
      for (int j = 0; j < width; j++) {
        sum[i][j] = _mm512_add_epi32(sum[i][j], _mm512_madd_epi16(pair, line[j]));
      }
    }
  }
  for (int i = 0; i < height; i++) {
    for (int j = 0; j < width; j++) {
      whole_lanes whole;
      memcpy(&whole, &sum[i][j], sizeof whole);
      scale_back(s, row + i, column + panel_width * j, &whole);
    }
  }
}

static SEQ_AVX512 void avx512_product(const call *s) {
  int64_t column = 0;
  for (; column + panel_width < s->columns; column += 2 * panel_width) {
#define TILE(i, height) avx512_tile(height, 2, s, i, column)
    SEQ_FOR_ROW_TILES(s->rows, TILE)
#undef TILE
  }
  for (; column < s->columns; column += panel_width) {
#define TILE(i, height) avx512_tile(height, 1, s, i, column)
    SEQ_FOR_ROW_TILES(s->rows, TILE)
#undef TILE
  }
}
#endif

void seq_panels_int8_linear(
    const int16_t *x, const float *x_scales, const int8_t *panels, const float *scales,
    const float *bias, bool relu, float *y, int64_t y_stride, int64_t rows, int64_t inner,
    int64_t columns) {
  call s = {x, x_scales, panels, scales, bias, relu, y, y_stride, rows, pair_count(inner), columns};
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")) {
    avx512_product(&s);
    return;
  }
  if (__builtin_cpu_supports("avx2")) {
    avx2_product(&s);
    return;
  }
#endif
  plain_product(&s);
}

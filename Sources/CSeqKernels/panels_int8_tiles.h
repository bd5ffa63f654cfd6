// Sums of whole numbers with int8 panels, a way for each set of instructions.
//
// A panel holds groups of neighbouring rows as one instruction multiplies and adds them:
//
// - pairs, where rows of x have sixteen bits: x86 multiplies sixteen bits, adds neighbours and keeps
//   all 32 bits of the sum. The shorter way through saturating sums of bytes has no higher peak under
//   AVX2 and is not exact.
// - quads, where AVX-512 VNNI adds four products of bytes to 32 bits, those of x without a sign. They
//   are therefore 128 more than they stand for, and each panel begins with what is too much.
//
// Sums of integers have no order, so all ways give the same bits.
#pragma once
#include "panels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define SEQ_AVX2 __attribute__((target("avx2,fma")))
#define SEQ_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq")))
#define SEQ_VNNI __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")))
#endif

// Whether panels hold quads; they hold pairs otherwise.
SEQ_INLINE bool has_quads(void) {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl");
#else
  return false;
#endif
}

// Four bytes either way: a pair of sixteen bits of x, or a quad of eight.
enum { group_bytes = 4, quad_head_bytes = panel_width * sizeof(int32_t) };

SEQ_INLINE int64_t group_size(void) { return has_quads() ? 4 : 2; }
SEQ_INLINE int64_t group_count(int64_t inner) {
  return (inner + group_size() - 1) / group_size();
}

// Bytes of a panel.
SEQ_INLINE int64_t panel_bytes(int64_t inner) {
  return (has_quads() ? quad_head_bytes : 0) + panel_width * group_size() * group_count(inner);
}

typedef int32_t whole_lanes __attribute__((vector_size(64), aligned(4)));

// What one call computes.
typedef struct {
  const char *x;          // [rows, groups]
  const float *x_scales;  // [rows]
  const int8_t *panels;
  const float *scales, *bias;  // [columns], readable for whole panels; bias null for none
  bool relu;
  float *y;
  int64_t y_stride, rows, groups, columns;
  int64_t panel;  // bytes
} call;

// The sums of a tile back to float32: y = sum · x_scale · scale + bias.
SEQ_INLINE void scale_back(
    const call *s, int64_t row, int64_t column, const whole_lanes *sum) {
  lanes out = __builtin_convertvector(*sum, lanes) * s->x_scales[row] * load(s->scales + column);
  finish(
      &out, s->bias ? s->bias + column : NULL, s->relu, s->y + row * s->y_stride + column,
      s->columns - column);
}

SEQ_INLINE const int8_t *panel_at(const call *s, int64_t column) {
  return s->panels + column / panel_width * s->panel;
}

SEQ_INLINE int32_t group_at(const call *s, int64_t row, int64_t p) {
  int32_t group;
  memcpy(&group, s->x + (row * s->groups + p) * group_bytes, sizeof group);
  return group;
}

SEQ_INLINE void plain_tile(int height, const call *s, int64_t row, int64_t column) {
  const int8_t *panel = panel_at(s, column);
  whole_lanes sum[6];
  for (int i = 0; i < height; i++) sum[i] = (whole_lanes){0};
  for (int64_t p = 0; p < s->groups; p++) {
    const int8_t *line = panel + 2 * panel_width * p;
    for (int i = 0; i < height; i++) {
      int32_t pair = group_at(s, row + i, p);
      int16_t x[2];
      memcpy(x, &pair, sizeof x);
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
  const int8_t *panel = panel_at(s, column);
  __m256i sum[6][2];
  for (int i = 0; i < height; i++) sum[i][0] = sum[i][1] = _mm256_setzero_si256();
  for (int64_t p = 0; p < s->groups; p++) {
    const __m128i *line = (const __m128i *)(panel + 2 * panel_width * p);
    __m256i first = _mm256_cvtepi8_epi16(_mm_loadu_si128(line));
    __m256i second = _mm256_cvtepi8_epi16(_mm_loadu_si128(line + 1));
    for (int i = 0; i < height; i++) {
      __m256i pair = _mm256_set1_epi32(group_at(s, row + i, p));
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

SEQ_INLINE SEQ_AVX512 void scale_back_tile(
    int height, int width, const call *s, int64_t row, int64_t column, __m512i sum[6][widest_tile]) {
  for (int i = 0; i < height; i++) {
    for (int j = 0; j < width; j++) {
      whole_lanes whole;
      memcpy(&whole, &sum[i][j], sizeof whole);
      scale_back(s, row + i, column + panel_width * j, &whole);
    }
  }
}

SEQ_INLINE SEQ_AVX512 void avx512_tile(
    int height, int width, const call *s, int64_t row, int64_t column) {
  const int8_t *panel = panel_at(s, column);
  __m512i sum[6][widest_tile];
  for (int i = 0; i < height; i++) {
    for (int j = 0; j < width; j++) sum[i][j] = _mm512_setzero_si512();
  }
  for (int64_t p = 0; p < s->groups; p++) {
    __m512i line[widest_tile];
    for (int j = 0; j < width; j++) {
      const void *pairs = panel + j * s->panel + 2 * panel_width * p;
      line[j] = _mm512_cvtepi8_epi16(_mm256_loadu_si256(pairs));
    }
    for (int i = 0; i < height; i++) {
      __m512i pair = _mm512_set1_epi32(group_at(s, row + i, p));
      for (int j = 0; j < width; j++) {
        sum[i][j] = _mm512_add_epi32(sum[i][j], _mm512_madd_epi16(pair, line[j]));
      }
    }
  }
  scale_back_tile(height, width, s, row, column, sum);
}

SEQ_INLINE SEQ_VNNI void vnni_tile(
    int height, int width, const call *s, int64_t row, int64_t column) {
  const int8_t *panel = panel_at(s, column);
  __m512i sum[6][widest_tile];
  for (int i = 0; i < height; i++) {
    for (int j = 0; j < width; j++) sum[i][j] = _mm512_loadu_si512(panel + j * s->panel);
  }
  const int8_t *quads = panel + quad_head_bytes;
  for (int64_t p = 0; p < s->groups; p++) {
    __m512i line[widest_tile];
    for (int j = 0; j < width; j++) {
      line[j] = _mm512_loadu_si512(quads + j * s->panel + 4 * panel_width * p);
    }
    for (int i = 0; i < height; i++) {
      __m512i quad = _mm512_set1_epi32(group_at(s, row + i, p));
      for (int j = 0; j < width; j++) sum[i][j] = _mm512_dpbusd_epi32(sum[i][j], quad, line[j]);
    }
  }
  scale_back_tile(height, width, s, row, column, sum);
}

// Calls TILE for four panels at a time, while there are as many, and then for one.
#define FOR_PANELS(TILE)                                                                \
  int64_t column = 0;                                                                   \
  for (; column + (widest_tile - 1) * panel_width < s->columns;                         \
       column += widest_tile * panel_width) {                                           \
    enum { width = widest_tile };                                                       \
    SEQ_FOR_ROW_TILES(s->rows, TILE)                                                    \
  }                                                                                     \
  for (; column < s->columns; column += panel_width) {                                  \
    enum { width = 1 };                                                                 \
    SEQ_FOR_ROW_TILES(s->rows, TILE)                                                    \
  }

static SEQ_AVX512 void avx512_product(const call *s) {
#define TILE(i, height) avx512_tile(height, width, s, i, column)
  FOR_PANELS(TILE)
#undef TILE
}

static SEQ_VNNI void vnni_product(const call *s) {
#define TILE(i, height) vnni_tile(height, width, s, i, column)
  FOR_PANELS(TILE)
#undef TILE
}
#endif

// The fastest way that this processor has.
static void product(const call *s) {
#if defined(__x86_64__)
  if (has_quads()) return vnni_product(s);
  if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")) {
    return avx512_product(s);
  }
  if (__builtin_cpu_supports("avx2")) return avx2_product(s);
#endif
  plain_product(s);
}

// Sums of whole numbers with int8 panels, a way for each set of instructions.
//
// A panel begins with what each of its columns sums up to; quads of neighbouring rows follow. Numbers of x
// are bytes without a sign, more by their row's zero than what they stand for. They have
//
// - eight bits with AVX-512 VNNI, which adds four products to 32 bits;
// - seven bits without: instructions then add two products to sixteen bits, saturating, and two of seven
//   by eight bits always fit (2 · 127 · 127 < 2¹⁵). PyTorch's `reduce_range` does the same. Eight bits
//   would have to be widened first, at twice the instructions.
//
// Sums of integers have no order, so all ways give the same bits for the same bytes; those of up to 65,536
// rows fit into 32 bits.
#pragma once
#include "panels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define SEQ_AVX2 __attribute__((target("avx2,fma")))
#define SEQ_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq")))
#define SEQ_VNNI __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")))
#endif

SEQ_INLINE bool has_vnni(void) {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl");
#else
  return false;
#endif
}

// The largest byte of x.
SEQ_INLINE int32_t largest_byte(void) { return has_vnni() ? 255 : 127; }

enum { quad = 4, panel_head = panel_width * sizeof(int32_t) };

SEQ_INLINE int64_t quad_count(int64_t inner) { return (inner + quad - 1) / quad; }

SEQ_INLINE int64_t panel_bytes(int64_t inner) {
  return panel_head + panel_width * quad * quad_count(inner);
}

// What a row of x begins with; its bytes follow, x ≈ scale · (byte − zero).
typedef struct {
  float scale;
  int32_t zero;
} row_head;

SEQ_INLINE int64_t row_bytes(int64_t inner) {
  return (int64_t)sizeof(row_head) + quad * quad_count(inner);
}

typedef int32_t whole_lanes __attribute__((vector_size(64), aligned(4)));

// What one call computes.
typedef struct {
  const char *x;  // [rows], each of row_bytes
  const int8_t *panels;
  const float *scales, *bias;  // [columns], readable for whole panels; bias null for none
  bool relu;
  float *y;
  int64_t y_stride, rows, quads, columns;
  int64_t row, panel;  // bytes
} call;

SEQ_INLINE const int8_t *panel_at(const call *s, int64_t column) {
  return s->panels + column / panel_width * s->panel;
}

// The bytes of `height` rows from row `row` on.
SEQ_INLINE void point_to_bytes(int height, const call *s, int64_t row, const char *rows[6]) {
  point_to_rows(height, s->x + row * s->row + sizeof(row_head), s->row, rows);
}

SEQ_INLINE int32_t quad_at(const char *row, int64_t p) {
  int32_t bytes;
  memcpy(&bytes, row + p * quad, sizeof bytes);
  return bytes;
}

// What a tile fetches of the panels behind its `width`: of few rows, too, since bytes are computed with
// sooner than they are read, but not of one, for which reading is all there is.
SEQ_INLINE upcoming next_share(
    const call *s, int64_t row, int64_t height, int64_t column, int width) {
  return share_of_next(
      panel_at(s, column), s->rows > 1 ? width * s->panel : 0, row, height, s->rows,
      s->quads / steps_at_once);
}

// The sums of a tile back to float32: y = (sum − zero · Σ column) · x_scale · scale + bias.
SEQ_INLINE void scale_back(
    const call *s, int64_t row, int64_t column, const whole_lanes *sum) {
  row_head head;
  memcpy(&head, s->x + row * s->row, sizeof head);
  whole_lanes column_sums;
  memcpy(&column_sums, panel_at(s, column), sizeof column_sums);
  whole_lanes exact = *sum - column_sums * head.zero;
  lanes out = __builtin_convertvector(exact, lanes) * head.scale * load(s->scales + column);
  finish(
      &out, s->bias ? s->bias + column : NULL, s->relu, s->y + row * s->y_stride + column,
      s->columns - column);
}

SEQ_INLINE void plain_tile(int height, const call *s, int64_t row, int64_t column) {
  const int8_t *quads = panel_at(s, column) + panel_head;
  whole_lanes sum[6];
  const char *rows[6];
  point_to_bytes(height, s, row, rows);
  for (int i = 0; i < height; i++) sum[i] = (whole_lanes){0};
  for (int64_t p = 0; p < s->quads; p++) {
    const int8_t *line = quads + quad * panel_width * p;
    for (int i = 0; i < height; i++) {
      int32_t bytes = quad_at(rows[i], p);
      uint8_t x[quad];
      memcpy(x, &bytes, sizeof x);
      for (int c = 0; c < panel_width; c++) {
        for (int k = 0; k < quad; k++) sum[i][c] += (int32_t)x[k] * line[quad * c + k];
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
// Adds the products of quads `p` to the sums of a tile.
SEQ_INLINE SEQ_AVX2 void avx2_add(
    int height, const char *const rows[6], int64_t p, const int8_t *quads, __m256i sum[6][2]) {
  const __m256i *halves = (const __m256i *)(quads + quad * panel_width * p);
  __m256i line[2] = {_mm256_loadu_si256(halves), _mm256_loadu_si256(halves + 1)};
  for (int i = 0; i < height; i++) {
    __m256i bytes = _mm256_set1_epi32(quad_at(rows[i], p));
    for (int j = 0; j < 2; j++) {
      __m256i pairs = _mm256_maddubs_epi16(bytes, line[j]);
      sum[i][j] = _mm256_add_epi32(sum[i][j], _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
      // Sums of several steps would be added up among themselves first, and fill registers meanwhile.
      __asm__("" : "+x"(sum[i][j]));
    }
  }
}

SEQ_INLINE SEQ_AVX2 void avx2_tile(int height, const call *s, int64_t row, int64_t column) {
  const int8_t *quads = panel_at(s, column) + panel_head;
  upcoming next = next_share(s, row, height, column, 1);
  const char *rows[6];
  point_to_bytes(height, s, row, rows);
  __m256i sum[6][2];
  for (int i = 0; i < height; i++) sum[i][0] = sum[i][1] = _mm256_setzero_si256();
  int64_t p = 0;
#define STEP(p) avx2_add(height, rows, p, quads, sum);
  for (; p + steps_at_once <= s->quads; p += steps_at_once) {
    fetch(next, p / steps_at_once, steps_at_once);
    SEQ_STEPS(p, STEP)
  }
  for (; p < s->quads; p++) STEP(p)
#undef STEP
  whole_lanes total[6];
  for (int i = 0; i < height; i++) memcpy(&total[i], sum[i], sizeof total[i]);
  for (int i = 0; i < height; i++) scale_back(s, row + i, column, &total[i]);
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
  whole_lanes total[6][widest_tile];
  for (int i = 0; i < height; i++) memcpy(total[i], sum[i], (size_t)width * sizeof total[i][0]);
  for (int i = 0; i < height; i++) {
    for (int j = 0; j < width; j++) scale_back(s, row + i, column + panel_width * j, &total[i][j]);
  }
}

// Adds the products of quads `p` to the sums of a tile; `add` adds those of one quad to 32 bits.
#define ADD_QUADS(p, height, width, add)                                           \
  for (int j = 0; j < width; j++) {                                                \
    line[j] = _mm512_loadu_si512(quads + j * s->panel + quad * panel_width * (p)); \
  }                                                                                \
  for (int i = 0; i < height; i++) {                                               \
    __m512i bytes = _mm512_set1_epi32(quad_at(rows[i], p));                        \
    for (int j = 0; j < width; j++) sum[i][j] = add(sum[i][j], bytes, line[j]);    \
  }

// How a tile of AVX-512 sums quads, with STEP(p) for ADD_QUADS.
#define SUM_QUADS(height, width, STEP)                                  \
  const int8_t *quads = panel_at(s, column) + panel_head;               \
  upcoming next = next_share(s, row, height, column, width);            \
  const char *rows[6];                                                  \
  point_to_bytes(height, s, row, rows);                                 \
  __m512i sum[6][widest_tile], line[widest_tile];                       \
  for (int i = 0; i < height; i++) {                                    \
    for (int j = 0; j < width; j++) sum[i][j] = _mm512_setzero_si512(); \
  }                                                                     \
  int64_t p = 0;                                                        \
  for (; p + steps_at_once <= s->quads; p += steps_at_once) {           \
    fetch(next, p / steps_at_once, steps_at_once * width);              \
    SEQ_STEPS(p, STEP)                                                  \
  }                                                                     \
  for (; p < s->quads; p++) {                                           \
    STEP(p)                                                             \
  }                                                                     \
  scale_back_tile(height, width, s, row, column, sum);

SEQ_INLINE SEQ_AVX512 __m512i add_by_pairs(__m512i sum, __m512i bytes, __m512i line) {
  __m512i pairs = _mm512_maddubs_epi16(bytes, line);
  return _mm512_add_epi32(sum, _mm512_madd_epi16(pairs, _mm512_set1_epi16(1)));
}

SEQ_INLINE SEQ_AVX512 void avx512_tile(
    int height, int width, const call *s, int64_t row, int64_t column) {
#define STEP(p) ADD_QUADS(p, height, width, add_by_pairs)
  SUM_QUADS(height, width, STEP)
#undef STEP
}

SEQ_INLINE SEQ_VNNI void vnni_tile(
    int height, int width, const call *s, int64_t row, int64_t column) {
#define STEP(p) ADD_QUADS(p, height, width, _mm512_dpbusd_epi32)
  SUM_QUADS(height, width, STEP)
#undef STEP
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
  if (has_vnni()) return vnni_product(s);
  if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")) {
    return avx512_product(s);
  }
  if (__builtin_cpu_supports("avx2")) return avx2_product(s);
#endif
  plain_product(s);
}

// A linear map over panels of one type of number: y = f(x·panels + bias), no column too many.
//
// For files that have said what a panel_number is and how load_line makes lanes of sixteen of them.
#pragma once
#include "panels.h"

// The bytes that follow `width` panels and are worth fetching: fewer rows read as fast as they compute, and
// fetching early only takes turns from them where the matrix is in the cache. Of twelve
// rows a tile of six has half a line a panel to fetch at each step.
SEQ_INLINE int64_t bytes_ahead(int64_t rows, int width, int64_t size) {
  return rows >= 12 ? width * size * (int64_t)sizeof(panel_number) : 0;
}

// Adds a step's products to the sums of a tile.
SEQ_INLINE void add_step(
    int height, int width, const char *const rows[6], int64_t p, const panel_number *panel, int64_t size,
    lanes sum[6][widest_tile]) {
  lanes line[widest_tile];
  for (int j = 0; j < width; j++) line[j] = load_line(panel + j * size + p * panel_width);
  for (int i = 0; i < height; i++) {
    float factor = ((const float *)rows[i])[p];
    for (int j = 0; j < width; j++) sum[i][j] += factor * line[j];
  }
}

// The sums of `height` rows and `width` neighbouring panels, `size` numbers apart; what is done with them
// reads them from memory, so they are written there once.
SEQ_INLINE void sums(
    int height, int width, int64_t inner, const float *x, int64_t ldx, const panel_number *panel,
    int64_t size, upcoming next, lanes total[6][widest_tile]) {
  lanes sum[6][widest_tile];
  for (int i = 0; i < height; i++) {
    for (int j = 0; j < width; j++) sum[i][j] = (lanes){0};
  }
  const char *rows[6];
  point_to_rows(height, x, ldx * (int64_t)sizeof(float), rows);
  int64_t p = 0;
#define STEP(p) add_step(height, width, rows, p, panel, size, sum);
  for (; p + steps_at_once <= inner; p += steps_at_once) {
    fetch(next, p / steps_at_once, 2 * width);
    SEQ_STEPS(p, STEP)
  }
  for (; p < inner; p++) STEP(p)
#undef STEP
  for (int i = 0; i < height; i++) {
    for (int j = 0; j < width; j++) total[i][j] = sum[i][j];
  }
}

SEQ_INLINE void linear_tile(
    int height, int width, int64_t inner, const float *x, const panel_number *panel, int64_t size,
    upcoming next, const float *bias, bool relu, float *y, int64_t ldy, int64_t columns) {
  lanes sum[6][widest_tile];
  sums(height, width, inner, x, inner, panel, size, next, sum);
  for (int i = 0; i < height; i++) {
    for (int j = 0; j < width; j++) {
      finish(
          &sum[i][j], bias ? bias + panel_width * j : NULL, relu, y + i * ldy + panel_width * j,
          columns - panel_width * j);
    }
  }
}

SEQ_INLINE void linear_strip(
    int width, int64_t rows, int64_t inner, const float *x, const panel_number *panel, int64_t size,
    const float *bias, bool relu, float *y, int64_t ldy, int64_t columns) {
  const int64_t ahead = bytes_ahead(rows, width, size);
#define TILE(i, height)                                                                          \
  linear_tile(                                                                                   \
      height, width, inner, x + (i)*inner, panel, size,                                          \
      share_of_next(panel, ahead, i, height, rows, inner / steps_at_once), bias, relu,           \
      y + (i)*ldy, ldy, columns)
  SEQ_FOR_ROW_TILES(rows, TILE)
#undef TILE
}

SEQ_INLINE void linear(
    const float *x, const panel_number *panels, const float *bias, bool relu, float *y,
    int64_t y_stride, int64_t rows, int64_t inner, int64_t columns) {
  int64_t size = panel_width * inner, count = panel_count(columns), j = 0;
  if (has_wide_registers()) {
    for (; j + widest_tile <= count; j += widest_tile) {
      int64_t first = panel_width * j;
      linear_strip(
          widest_tile, rows, inner, x, panels + j * size, size, bias ? bias + first : NULL, relu, y + first,
          y_stride, columns - first);
    }
  }
  for (; j < count; j++) {
    int64_t first = panel_width * j;
    linear_strip(
        1, rows, inner, x, panels + j * size, size, bias ? bias + first : NULL, relu, y + first,
        y_stride, columns - first);
  }
}

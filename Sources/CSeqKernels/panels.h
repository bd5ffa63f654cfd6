// What products with panels have in common, whatever the type of their numbers.
//
// A matrix is cut once into panels of sixteen columns, each stored row after row, so that a product
// reads it from front to back and packs nothing. Every row of a product is summed in the same order
// whatever the number of rows.
#pragma once
#include "lanes.h"

// A tile takes up to four neighbouring panels where its sums fit into the registers.
enum { panel_width = 16, widest_tile = 4 };

// The steps that a tile takes at once, spelt out: compilers unroll loops of such size too late to keep sums in
// registers.
enum { steps_at_once = 4 };
#define SEQ_STEPS(p, STEP) STEP((p)) STEP((p) + 1) STEP((p) + 2) STEP((p) + 3)

SEQ_INLINE int64_t panel_count(int64_t columns) { return (columns + panel_width - 1) / panel_width; }

SEQ_INLINE int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

// Seven and eight rows go as 4 + 3 and 4 + 4: tiles of one or two leave the arithmetic waiting.
SEQ_INLINE int64_t tile_height(int64_t rows) {
  return rows == 7 || rows == 8 ? 4 : (rows < 6 ? rows : 6);
}

// Cuts `rows` rows into tiles and calls TILE(first row, height) for each, the height a constant so
// that the sums of a tile stay in registers.
#define SEQ_FOR_ROW_TILES(rows, TILE)            \
  for (int64_t seq_i = 0; seq_i < (rows);) {     \
    int64_t height = tile_height((rows) - seq_i); \
    switch (height) {                            \
      case 6: TILE(seq_i, 6); break;             \
      case 5: TILE(seq_i, 5); break;             \
      case 4: TILE(seq_i, 4); break;             \
      case 3: TILE(seq_i, 3); break;             \
      case 2: TILE(seq_i, 2); break;             \
      default: TILE(seq_i, 1); break;            \
    }                                            \
    seq_i += height;                             \
  }

// What a tile fetches into the cache while it computes: its rows' share of the panels behind its own. Where
// a matrix comes from memory, the first tile of every panel waits for it otherwise, and the others fetch
// nothing: processors look ahead no further than a page.
typedef struct {
  uintptr_t address;  // behind the last panel nothing is there, which fetching does not mind
  int64_t step;
} upcoming;

// The share of `height` rows from row `first` on in as many bytes behind `bytes` of panels, fetched in so
// many steps; of no bytes nothing is fetched.
SEQ_INLINE upcoming share_of_next(
    const void *panels, int64_t bytes, int64_t first, int64_t height, int64_t rows, int64_t steps) {
  uintptr_t next = (uintptr_t)panels + (uintptr_t)bytes;
  int64_t step = steps > 0 ? bytes * height / (rows * steps) : 0;
  return (upcoming){next + (uintptr_t)(bytes * first / rows), step};
}

// Fetches what is due at a step, within so many lines of the cache.
SEQ_INLINE void fetch(upcoming next, int64_t step, int lines) {
  for (int i = 0; i < lines; i++) {
    __builtin_prefetch((const void *)(next.address + (uintptr_t)(step * next.step + 64 * i)), 0, 2);
  }
}

// Rows of x, `stride` bytes apart, each with a pointer that stays in a register: compilers would rather
// compute all from the first one's anew at every step, and where processors share what issues
// instructions with neighbours, that is up to a sixth of the time.
SEQ_INLINE void point_to_rows(int height, const void *x, int64_t stride, const char *rows[6]) {
  for (int i = 0; i < height; i++) {
    rows[i] = (const char *)x + i * stride;
    __asm__("" : "+r"(rows[i]));
  }
}

// Writes max(sum + bias, 0), or without relu the sum, of the first `width` columns; what is not a
// number stays so. The bias, null for none, can be read for a whole panel.
SEQ_INLINE void finish(const lanes *sum, const float *bias, bool relu, float *y, int64_t width) {
  lanes out = *sum;
  if (bias) out += load(bias);
  if (relu) {
    for (int c = 0; c < panel_width; c++) out[c] = out[c] < 0 ? 0 : out[c];
  }
  if (width >= panel_width) {
    store(y, out);
  } else {
    memcpy(y, &out, (size_t)width * sizeof(float));
  }
}

// Rows of an embedding table, scaled, with positions and dropout, and their gradient.
#include "vector.h"

SEQ_INLINE void drop_in_place(float *x, uint32_t row_key, int64_t columns, seq_dropout dropout) {
  float factors[32];
  int64_t c = 0;
  for (; c + 32 <= columns; c += 32) {
    seq_dropout_block(dropout, row_key, (uint32_t)(c / 32), factors);
    for (int i = 0; i < 32; i++) x[c + i] *= factors[i];
  }
  if (c < columns) {
    seq_dropout_block(dropout, row_key, (uint32_t)(c / 32), factors);
    for (int64_t i = 0; c + i < columns; i++) x[c + i] *= factors[i];
  }
}

SEQ_CLONES void seq_embed(
    const float *table, const int32_t *ids, float scale, const float *positions,
    const int32_t *position_ids, float *y, const uint32_t *row_ids, int64_t rows, int64_t columns,
    seq_dropout dropout) {
  for (int64_t r = 0; r < rows; r++) {
    float *out = y + r * columns;
    if (ids[r] < 0) {
      const float *position = positions ? positions + position_ids[r] * columns : NULL;
      for (int64_t c = 0; c < columns; c++) out[c] = position ? position[c] : 0;
      continue;
    }
    const float *entry = table + ids[r] * columns;
    if (positions) {
      const float *position = positions + position_ids[r] * columns;
      for (int64_t c = 0; c < columns; c++) out[c] = entry[c] * scale + position[c];
    } else {
      for (int64_t c = 0; c < columns; c++) out[c] = entry[c] * scale;
    }
    if (seq_drops(dropout)) {
      drop_in_place(out, seq_row_key(dropout, row_ids[r]), columns, dropout);
    }
  }
}

SEQ_CLONES void seq_embed_backward(
    float *dy, const int32_t *ids, float scale, float *table_gradient, const int32_t *position_ids,
    float *positions_gradient, const uint32_t *row_ids, int64_t rows, int64_t columns,
    seq_dropout dropout) {
  for (int64_t r = 0; r < rows; r++) {
    float *up = dy + r * columns;
    if (seq_drops(dropout)) {
      drop_in_place(up, seq_row_key(dropout, row_ids[r]), columns, dropout);
    }
    if (ids[r] >= 0) {
      float *entry = table_gradient + ids[r] * columns;
      for (int64_t c = 0; c < columns; c++) entry[c] += up[c] * scale;
    }
    if (positions_gradient) {
      float *position = positions_gradient + position_ids[r] * columns;
      for (int64_t c = 0; c < columns; c++) position[c] += up[c];
    }
  }
}

// What the distance between a query and a key adds to the score of the pair, for one head of one
// sequence, and the ways back.
//
// Query i stands at position i + key_count − query_count among the keys. What belongs to the pair
// (i, j) lies at index j − i + query_count − 1 of everything that is ordered by distance.
#include "attention_rows.h"
#include "tiles.h"

void seq_relative_add_line(
    const float *line, float *bias, int64_t query_count, int64_t key_count, int64_t row) {
  for (int64_t i = 0; i < query_count; i++) {
    const float *from = line + query_count - 1 - i;
    float *to = bias + i * row;
    for (int64_t j = 0; j < key_count; j++) to[j] += from[j];
  }
}

void seq_relative_line_gradient(
    const float *score_gradient, float *line_gradient, int64_t query_count, int64_t key_count,
    int64_t row) {
  for (int64_t i = 0; i < query_count; i++) {
    const float *from = score_gradient + i * row;
    float *to = line_gradient + query_count - 1 - i;
    for (int64_t j = 0; j < key_count; j++) to[j] += from[j];
  }
}

// MARK: Products with a table of distances

static int64_t bucket_row(int64_t bucket_count) { return (bucket_count + 15) / 16 * 16; }

int64_t seq_relative_scratch(const seq_relative_table *t, int64_t row_count) {
  return (t->head_size + row_count) * bucket_row(t->bucket_count);
}

// The pair's place in `products`, whose rows are queries or keys.
SEQ_INLINE int64_t place(
    const seq_relative_table *t, int64_t i, int64_t j, int64_t query_count, int64_t row) {
  return (t->by_key ? j : i) * row + t->buckets[j - i + query_count - 1];
}

SEQ_CLONES void seq_relative_add_products(
    const seq_relative_table *t, const float *x, int64_t x_stride, float *bias,
    int64_t query_count, int64_t key_count, int64_t row, float *scratch) {
  int64_t width = bucket_row(t->bucket_count);
  float *products = scratch + t->head_size * width;
  product_of_rows(
      t->by_key ? key_count : query_count, t->bucket_count, t->head_size, x, x_stride, t->table,
      t->table_stride, products, width, t->scale, scratch);
  for (int64_t i = 0; i < query_count; i++) {
    for (int64_t j = 0; j < key_count; j++) {
      bias[i * row + j] += products[place(t, i, j, query_count, width)];
    }
  }
}

// With G the gradients of scores summed by row of x and bucket:  dx += scale·G·T,  dT += scale·Gᵀ·x.
SEQ_CLONES void seq_relative_products_backward(
    const seq_relative_table *t, const float *x, int64_t x_stride, const float *score_gradient,
    float *x_gradient, float *table_gradient, int64_t query_count, int64_t key_count, int64_t row,
    float *scratch) {
  int64_t width = bucket_row(t->bucket_count);
  int64_t row_count = t->by_key ? key_count : query_count;
  for (int64_t p = 0; p < row_count * width; p++) scratch[p] = 0;
  for (int64_t i = 0; i < query_count; i++) {
    for (int64_t j = 0; j < key_count; j++) {
      scratch[place(t, i, j, query_count, width)] += score_gradient[i * row + j];
    }
  }
  product(
      row_count, t->head_size, t->bucket_count, scratch, width, 1, t->table, t->table_stride,
      x_gradient, x_stride, t->scale, true);
  product(
      t->bucket_count, t->head_size, row_count, scratch, 1, width, x, x_stride, table_gradient,
      t->table_stride, t->scale, true);
}

// MARK: A step of decoding

SEQ_CLONES void seq_relative_step(
    const float *query, const float *const *pages, int64_t key_count, const float *table,
    int64_t table_stride, bool is_shared, const int32_t *buckets, int64_t head_count,
    int64_t head_size, float scale, float *bias) {
  SEQ_REASSOCIATE
  for (int64_t h = 0; h < head_count; h++) {
    const float *rows = table + (is_shared ? 0 : h * head_size);
    float last = 0;
    for (int64_t j = 0; j < key_count; j++) {
      // Far away one bucket holds many keys.
      if (pages || j == 0 || buckets[j] != buckets[j - 1]) {
        int64_t token = h * SEQ_PAGE_TOKENS + j % SEQ_PAGE_TOKENS;
        const float *x = pages ? pages[j / SEQ_PAGE_TOKENS] + token * head_size : query + h * head_size;
        const float *y = rows + buckets[j] * table_stride;
        last = 0;
        for (int64_t c = 0; c < head_size; c++) last += x[c] * y[c];
      }
      bias[h * key_count + j] += scale * last;
    }
  }
}

// MARK: Rotation

SEQ_CLONES void seq_rotate(
    const float *x, int64_t x_stride, const int32_t *positions, const float *turns, float direction,
    float *y, int64_t y_stride, int64_t rows, int64_t head_count, int64_t head_size) {
  int64_t half = head_size / 2;
  for (int64_t i = 0; i < rows; i++) {
    const float *cosines = turns + positions[i] * head_size, *sines = cosines + half;
    for (int64_t h = 0; h < head_count; h++) {
      const float *from = x + i * x_stride + h * head_size;
      float *to = y + i * y_stride + h * head_size;
      for (int64_t c = 0; c < half; c++) {
        float a = from[c], b = from[half + c], s = direction * sines[c];
        to[c] = a * cosines[c] - b * s;
        to[half + c] = b * cosines[c] + a * s;
      }
    }
  }
}

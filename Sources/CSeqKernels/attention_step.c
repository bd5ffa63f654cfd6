// One step of cached decoding: a query row, all heads, over keys and values in pages.
#include "attention_rows.h"
#include "lanes.h"

enum { lane_count = 16, keys_at_once = 4 };

typedef float eight __attribute__((vector_size(32)));
typedef float four __attribute__((vector_size(16)));

SEQ_INLINE void add_halves(const lanes *x, eight *y) {
  *y = __builtin_shufflevector(*x, *x, 0, 1, 2, 3, 4, 5, 6, 7) +
       __builtin_shufflevector(*x, *x, 8, 9, 10, 11, 12, 13, 14, 15);
}

// The sums over the lanes of four vectors, side by side: neighbours are added twice, then halves.
SEQ_INLINE void add_up(const lanes sum[keys_at_once], float scale, float *out) {
  eight a, b, c, d;
  add_halves(&sum[0], &a);
  add_halves(&sum[1], &b);
  add_halves(&sum[2], &c);
  add_halves(&sum[3], &d);
  eight ab = __builtin_shufflevector(a, b, 0, 8, 2, 10, 4, 12, 6, 14) +
             __builtin_shufflevector(a, b, 1, 9, 3, 11, 5, 13, 7, 15);
  eight cd = __builtin_shufflevector(c, d, 0, 8, 2, 10, 4, 12, 6, 14) +
             __builtin_shufflevector(c, d, 1, 9, 3, 11, 5, 13, 7, 15);
  eight all = __builtin_shufflevector(ab, cd, 0, 1, 8, 9, 4, 5, 12, 13) +
              __builtin_shufflevector(ab, cd, 2, 3, 10, 11, 6, 7, 14, 15);
  four total = __builtin_shufflevector(all, all, 0, 1, 2, 3) +
               __builtin_shufflevector(all, all, 4, 5, 6, 7);
  total *= scale;
  memcpy(out, &total, sizeof total);
}

SEQ_INLINE void add_bias(const float *bias, int64_t count, float *scores) {
  if (!bias) return;
  for (int64_t j = 0; j < count; j++) scores[j] += bias[j];
}

// The tokens of page `p`, of so many in all.
SEQ_INLINE int64_t page_tokens(int64_t p, int64_t key_count) {
  int64_t left = key_count - p * SEQ_PAGE_TOKENS;
  return left < SEQ_PAGE_TOKENS ? left : SEQ_PAGE_TOKENS;
}

// Asks for what the next page has in the place of what is read in this one.
SEQ_INLINE void prefetch(int width, const float *row) {
  for (int c = 0; c < width; c++) __builtin_prefetch(row + lane_count * c);
}

// A head of 16·`width` columns, which are kept in registers; `offset` is where its keys begin in a
// page, `value_offset` how much further its values do.
SEQ_INLINE void narrow_head(
    int width, const float *query, const float *const *pages, int64_t key_count, int64_t offset,
    int64_t value_offset, float scale, const float *bias, float *output, float *scores) {
  int64_t size = lane_count * width;
  int64_t page_count = (key_count + SEQ_PAGE_TOKENS - 1) / SEQ_PAGE_TOKENS;
  lanes q[4];
  for (int c = 0; c < width; c++) q[c] = load(query + lane_count * c);
  for (int64_t p = 0; p < page_count; p++) {
    const float *keys = pages[p] + offset;
    const float *later = (p + 1 < page_count ? pages[p + 1] : pages[0] + value_offset) + offset;
    float *found = scores + p * SEQ_PAGE_TOKENS;
    int64_t count = page_tokens(p, key_count);
    for (int64_t j = 0; j < count; j += keys_at_once) {
      lanes sum[keys_at_once];
      // Behind the last key a page holds anything; the score is thrown away.
      for (int i = 0; i < keys_at_once; i++) {
        const float *key = keys + (j + i) * size;
        prefetch(width, later + (j + i) * size);
        sum[i] = q[0] * load(key);
        for (int c = 1; c < width; c++) sum[i] += q[c] * load(key + lane_count * c);
      }
      float four_scores[keys_at_once];
      add_up(sum, scale, four_scores);
      int64_t end = count - j < keys_at_once ? count - j : keys_at_once;
      for (int64_t i = 0; i < end; i++) found[j + i] = four_scores[i];
    }
  }
  add_bias(bias, key_count, scores);
  softmax_row(scores, NULL, key_count, key_count);
  lanes sum[4];
  for (int c = 0; c < width; c++) sum[c] = (lanes){0};
  for (int64_t p = 0; p < page_count; p++) {
    const float *values = pages[p] + offset + value_offset;
    const float *later = pages[p + 1 < page_count ? p + 1 : p] + offset + value_offset;
    const float *weights = scores + p * SEQ_PAGE_TOKENS;
    int64_t count = page_tokens(p, key_count);
    for (int64_t j = 0; j < count; j++) {
      prefetch(width, later + j * size);
      for (int c = 0; c < width; c++) {
        sum[c] += weights[j] * load(values + j * size + lane_count * c);
      }
    }
  }
  for (int c = 0; c < width; c++) store(output + lane_count * c, sum[c]);
}

// A head of any size.
SEQ_INLINE void any_head(
    const float *query, const float *const *pages, int64_t key_count, int64_t offset,
    int64_t head_size, int64_t value_offset, float scale, const float *bias, float *output,
    float *scores) {
  SEQ_REASSOCIATE
  for (int64_t j = 0; j < key_count; j++) {
    const float *key =
        pages[j / SEQ_PAGE_TOKENS] + offset + j % SEQ_PAGE_TOKENS * head_size;
    float dot = 0;
    for (int64_t c = 0; c < head_size; c++) dot += query[c] * key[c];
    scores[j] = dot * scale;
  }
  add_bias(bias, key_count, scores);
  softmax_row(scores, NULL, key_count, key_count);
  for (int64_t c = 0; c < head_size; c++) output[c] = 0;
  for (int64_t j = 0; j < key_count; j++) {
    const float *value =
        pages[j / SEQ_PAGE_TOKENS] + offset + value_offset + j % SEQ_PAGE_TOKENS * head_size;
    for (int64_t c = 0; c < head_size; c++) output[c] += scores[j] * value[c];
  }
}

SEQ_CLONES void seq_attention_step(
    const float *query, const float *const *pages, int64_t key_count, int64_t head_count,
    int64_t head_size, float scale, const float *bias, float *output, float *scores) {
  int64_t page = SEQ_PAGE_TOKENS * head_size, values = head_count * page;
  for (int64_t h = 0; h < head_count; h++) {
    const float *q = query + h * head_size;
    float *out = output + h * head_size, *w = scores + h * key_count;
    const float *b = bias ? bias + h * key_count : NULL;
    switch (key_count > 0 ? head_size : 0) {
      case 16: narrow_head(1, q, pages, key_count, h * page, values, scale, b, out, w); break;
      case 32: narrow_head(2, q, pages, key_count, h * page, values, scale, b, out, w); break;
      case 64: narrow_head(4, q, pages, key_count, h * page, values, scale, b, out, w); break;
      default: any_head(q, pages, key_count, h * page, head_size, values, scale, b, out, w);
    }
  }
}

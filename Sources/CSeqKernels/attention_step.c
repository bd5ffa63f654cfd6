// One step of cached decoding: a query row, all heads, over keys and values that lie anywhere.
#include "attention_rows.h"
#include "lanes.h"

enum { lane_count = 16, keys_at_once = 4, keys_ahead = 8 };

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

// A head of 16·`width` columns, which are kept in registers.
SEQ_INLINE void narrow_head(
    int width, const float *query, const float *const *keys, int64_t key_count, int64_t offset,
    int64_t value_offset, float scale, const float *bias, float *output, float *scores) {
  lanes q[4];
  for (int c = 0; c < width; c++) q[c] = load(query + lane_count * c);
  for (int64_t j = 0; j < key_count; j += keys_at_once) {
    int64_t count = key_count - j < keys_at_once ? key_count - j : keys_at_once;
    lanes sum[keys_at_once];
    for (int64_t i = 0; i < keys_at_once; i++) {
      // Past the end the last key is taken again, and its score thrown away.
      const float *key = keys[j + (i < count ? i : count - 1)] + offset;
      if (j + i + keys_ahead < key_count) {
        const float *later = keys[j + i + keys_ahead] + offset;
        for (int c = 0; c < width; c++) __builtin_prefetch(later + lane_count * c);
      }
      sum[i] = q[0] * load(key);
      for (int c = 1; c < width; c++) sum[i] += q[c] * load(key + lane_count * c);
    }
    float found[keys_at_once];
    add_up(sum, scale, found);
    for (int64_t i = 0; i < count; i++) scores[j + i] = found[i];
  }
  add_bias(bias, key_count, scores);
  softmax_row(scores, NULL, key_count, key_count);
  lanes sum[4];
  for (int c = 0; c < width; c++) sum[c] = (lanes){0};
  for (int64_t j = 0; j < key_count; j++) {
    const float *value = keys[j] + offset + value_offset;
    if (j + keys_ahead < key_count) {
      const float *later = keys[j + keys_ahead] + offset + value_offset;
      for (int c = 0; c < width; c++) __builtin_prefetch(later + lane_count * c);
    }
    for (int c = 0; c < width; c++) sum[c] += scores[j] * load(value + lane_count * c);
  }
  for (int c = 0; c < width; c++) store(output + lane_count * c, sum[c]);
}

// A head of any size.
SEQ_INLINE void any_head(
    const float *query, const float *const *keys, int64_t key_count, int64_t offset,
    int64_t head_size, int64_t value_offset, float scale, const float *bias, float *output,
    float *scores) {
  SEQ_REASSOCIATE
  for (int64_t j = 0; j < key_count; j++) {
    const float *key = keys[j] + offset;
    float dot = 0;
    for (int64_t c = 0; c < head_size; c++) dot += query[c] * key[c];
    scores[j] = dot * scale;
  }
  add_bias(bias, key_count, scores);
  softmax_row(scores, NULL, key_count, key_count);
  for (int64_t c = 0; c < head_size; c++) output[c] = 0;
  for (int64_t j = 0; j < key_count; j++) {
    const float *value = keys[j] + offset + value_offset;
    for (int64_t c = 0; c < head_size; c++) output[c] += scores[j] * value[c];
  }
}

SEQ_CLONES void seq_attention_step(
    const float *query, const float *const *keys, int64_t key_count, int64_t value_offset,
    int64_t head_count, int64_t head_size, float scale, const float *bias, float *output,
    float *scores) {
  for (int64_t h = 0; h < head_count; h++) {
    int64_t offset = h * head_size;
    const float *q = query + offset;
    float *out = output + offset, *w = scores + h * key_count;
    const float *b = bias ? bias + h * key_count : NULL;
    switch (key_count > 0 ? head_size : 0) {
      case 16: narrow_head(1, q, keys, key_count, offset, value_offset, scale, b, out, w); break;
      case 32: narrow_head(2, q, keys, key_count, offset, value_offset, scale, b, out, w); break;
      case 64: narrow_head(4, q, keys, key_count, offset, value_offset, scale, b, out, w); break;
      default: any_head(q, keys, key_count, offset, head_size, value_offset, scale, b, out, w);
    }
  }
}

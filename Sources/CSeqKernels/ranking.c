// The best tokens of a row of logits and their probabilities, from a row that is whole or that comes
// block by block, so that it is never stored.
#include "rows.h"

// MARK: The normaliser

// Columns summed at once. The sums of blocks are put together in their order, so that a row has the
// same normaliser, to the last bit, however it came.
enum { block_size = 512 };

int64_t seq_ranking_block(void) { return block_size; }

// Σ exp(x) as sum · exp(maximum).
SEQ_INLINE seq_exponentials exponentials(const float *x, int64_t columns) {
  seq_exponentials found = {maximum(x, columns), 0};
  found.sum = exponential_sum(x, found.maximum > -INFINITY ? found.maximum : 0, columns);
  return found;
}

SEQ_INLINE void add(seq_exponentials *total, seq_exponentials more) {
  if (more.maximum > total->maximum) {
    total->sum = total->sum * seq_exp(total->maximum - more.maximum) + more.sum;
    total->maximum = more.maximum;
  } else if (more.maximum > -INFINITY) {
    total->sum += more.sum * seq_exp(more.maximum - total->maximum);
  } else {
    // Nothing, or what is not a number and must stay visible.
    total->sum += more.sum;
  }
}

SEQ_CLONES void seq_log_softmax(const float *x, float *y, int64_t columns) {
  seq_exponentials total = {-INFINITY, 0};
  for (int64_t c = 0; c < columns; c += block_size) {
    add(&total, exponentials(x + c, columns - c < block_size ? columns - c : block_size));
  }
  // Differences first: they are small where the probability is not, whatever the logits' offset.
  float normalizer = logf(total.sum);
  for (int64_t c = 0; c < columns; c++) y[c] = (x[c] - total.maximum) - normalizer;
}

// MARK: The largest

// Insertion into a sorted list of k, of which `found` are there: the threshold rises quickly, so nearly
// every element costs one comparison, and stretches with no candidate are passed over by their maximum.
// Gives the number that are there afterwards.
SEQ_INLINE int64_t largest(
    const float *row, int64_t columns, int64_t first, int64_t k, int64_t found, int32_t *best,
    float *values) {
  for (int64_t start = 0; start < columns; start += 64) {
    int64_t end = start + 64 < columns ? start + 64 : columns;
    if (found == k && !(maximum(row + start, end - start) > values[k - 1])) continue;
    for (int64_t c = start; c < end; c++) {
      if (found == k && !(row[c] > values[k - 1])) continue;
      int64_t at = found < k ? found++ : k - 1;
      while (at > 0 && row[c] > values[at - 1]) {
        values[at] = values[at - 1];
        best[at] = best[at - 1];
        at--;
      }
      values[at] = row[c];
      best[at] = (int32_t)(first + c);
    }
  }
  return found;
}

SEQ_CLONES void seq_largest(
    const float *row, int64_t columns, int64_t k, int32_t *best, float *values) {
  largest(row, columns, 0, k, 0, best, values);
}

// MARK: Both

SEQ_CLONES void seq_ranking_add(
    const float *x, int64_t x_stride, int64_t rows, int64_t columns, int64_t first, int64_t k,
    seq_exponentials *blocks, int64_t block_count, int64_t *found, int32_t *best, float *values) {
  for (int64_t r = 0; r < rows; r++) {
    const float *row = x + r * x_stride;
    for (int64_t c = 0; c < columns; c += block_size) {
      int64_t width = columns - c < block_size ? columns - c : block_size;
      blocks[r * block_count + (first + c) / block_size] = exponentials(row + c, width);
      found[r] = largest(row + c, width, first + c, k, found[r], best + r * k, values + r * k);
    }
  }
}

void seq_ranking_merge(
    int64_t rows, int64_t k, const int64_t *more_found, const int32_t *more_best,
    const float *more_values, int64_t *found, int32_t *best, float *values) {
  for (int64_t r = 0; r < rows; r++) {
    for (int64_t i = r * k; i < r * k + more_found[r]; i++) {
      found[r] = largest(
          more_values + i, 1, more_best[i], k, found[r], best + r * k, values + r * k);
    }
  }
}

void seq_ranking_finish(
    const seq_exponentials *blocks, int64_t block_count, int64_t rows, int64_t k, float *values) {
  for (int64_t r = 0; r < rows; r++) {
    seq_exponentials total = {-INFINITY, 0};
    for (int64_t b = 0; b < block_count; b++) add(&total, blocks[r * block_count + b]);
    float normalizer = logf(total.sum);
    for (int64_t i = r * k; i < (r + 1) * k; i++) {
      values[i] = (values[i] - total.maximum) - normalizer;
    }
  }
}

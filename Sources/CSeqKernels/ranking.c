// The best tokens of a row of logits and their probabilities, from a row that is whole or that comes
// block by block, so that it is never stored.
#include "rows.h"

// MARK: The normaliser

// Columns summed at once. Whole rows are cut in the same way, so that a row has the same normaliser,
// to the last bit, however it came.
enum { block_size = 512 };

int64_t seq_ranking_block(void) { return block_size; }

// Adds at most a block to Σ exp(x), which is kept as sum · exp(maximum).
SEQ_INLINE void add_exponentials(seq_ranking *state, const float *x, int64_t columns) {
  float m = maximum(x, columns);
  float sum = exponential_sum(x, m > -INFINITY ? m : 0, columns);
  if (m > state->maximum) {
    state->sum = state->sum * seq_exp(state->maximum - m) + sum;
    state->maximum = m;
  } else if (m > -INFINITY) {
    state->sum += sum * seq_exp(m - state->maximum);
  } else {
    // Nothing, or what is not a number and must stay visible.
    state->sum += sum;
  }
}

static const seq_ranking nothing = {-INFINITY, 0, 0};

SEQ_CLONES void seq_log_softmax(const float *x, float *y, int64_t columns) {
  seq_ranking state = nothing;
  for (int64_t c = 0; c < columns; c += block_size) {
    add_exponentials(&state, x + c, columns - c < block_size ? columns - c : block_size);
  }
  // Differences first: they are small where the probability is not, whatever the logits' offset.
  float normalizer = logf(state.sum);
  for (int64_t c = 0; c < columns; c++) y[c] = (x[c] - state.maximum) - normalizer;
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

void seq_ranking_start(seq_ranking *states, int64_t rows) {
  for (int64_t r = 0; r < rows; r++) states[r] = nothing;
}

SEQ_CLONES void seq_ranking_add(
    seq_ranking *states, const float *x, int64_t x_stride, int64_t rows, int64_t columns,
    int64_t first, int64_t k, int32_t *best, float *values) {
  for (int64_t r = 0; r < rows; r++) {
    const float *row = x + r * x_stride;
    for (int64_t c = 0; c < columns; c += block_size) {
      int64_t width = columns - c < block_size ? columns - c : block_size;
      add_exponentials(&states[r], row + c, width);
      states[r].found = largest(
          row + c, width, first + c, k, states[r].found, best + r * k, values + r * k);
    }
  }
}

void seq_ranking_finish(const seq_ranking *states, int64_t rows, int64_t k, float *values) {
  for (int64_t r = 0; r < rows; r++) {
    float normalizer = logf(states[r].sum);
    for (int64_t i = r * k; i < (r + 1) * k; i++) {
      values[i] = (values[i] - states[r].maximum) - normalizer;
    }
  }
}

// Loops over float buffers that the compiler vectorises for every CPU level, chosen at run time.
//
// Shapes are row-major; `rows` and `columns` are element counts. No function allocates, blocks or
// keeps state. Reductions run in an order that depends on the shape of one row alone, so a row's result
// does not depend on the batch around it; with one exception, the sums of products inside an attention,
// whose order is another for fewer than four queries of a sequence than for more.
#pragma once

#include <stdbool.h>
#include <stdint.h>

// MARK: Randomness

// Which elements a dropout keeps. One 32-bit word is drawn for two neighbouring elements; its halves
// are compared with `threshold`. A draw depends on the keys, the row's id and the column alone.
typedef struct {
  uint32_t key0, key1;  // from seed, step and operation
  uint32_t threshold;   // an element is kept if its 16 bits are below this; 65536 keeps all
  float scale;          // 65536 / threshold: what kept elements are multiplied by
} seq_dropout;

// MARK: Elementwise

typedef enum {
  SEQ_IDENTITY = 0,
  SEQ_RELU = 1,
  SEQ_GELU = 2,
  SEQ_TANH = 3,
  SEQ_SIGMOID = 4,
  SEQ_SWISH = 5,
  SEQ_GELU_TANH = 6,  // GELU by the hyperbolic tangent
} seq_activation;

// y = f(a) · b, where a row of x is a, then b, `columns` each; f is GELU,
// either form, or swish.
void seq_gate(const float *x, float *y, int64_t rows, int64_t columns, seq_activation f);
// Adds to dx.
void seq_gate_backward(
    const float *dy, const float *x, float *dx, int64_t rows, int64_t columns, seq_activation f);

void seq_fill(float *y, int64_t count, float value);
void seq_add(const float *a, const float *b, float *y, int64_t count);
void seq_subtract(const float *a, const float *b, float *y, int64_t count);
void seq_multiply(const float *a, const float *b, float *y, int64_t count);
// y += alpha · x
void seq_accumulate(const float *x, float alpha, float *y, int64_t count);
// y += a · b
void seq_accumulate_product(const float *a, const float *b, float *y, int64_t count);
// y = alpha · x
void seq_scale(const float *x, float alpha, float *y, int64_t count);
// Sums in double precision.
double seq_sum(const float *x, int64_t count);
double seq_sum_squares(const float *x, int64_t count);
double seq_dot(const float *a, const float *b, int64_t count);

// y = f(x + bias); bias may be null. `x` and `y` may be the same buffer.
void seq_bias_activation(
    const float *x, const float *bias, float *y, int64_t rows, int64_t columns, seq_activation f);
// dx = dy · f′, where `saved` is f's argument for GELU and swish and its result for the others;
// biasGradient (may be null) += column sums of dx. `dy` and `dx` may be the same buffer.
void seq_bias_activation_backward(
    const float *dy, const float *saved, float *dx, float *bias_gradient, int64_t rows,
    int64_t columns, seq_activation f);
// y += column sums of x.
void seq_accumulate_columns(const float *x, float *y, int64_t rows, int64_t columns);

// y = dropout(x); rows have the ids given.
void seq_dropout_rows(
    const float *x, float *y, const uint32_t *row_ids, int64_t rows, int64_t columns,
    seq_dropout dropout);

// Each row: y = softmax(x).
void seq_softmax(const float *x, float *y, int64_t rows, int64_t columns);
// dx += y · (dy − Σ dy·y)
void seq_softmax_backward(
    const float *y, const float *dy, float *dx, int64_t rows, int64_t columns);

// y = scale · (x + g) with Gumbel noise g, a function of the keys, the row's id and the column.
void seq_add_gumbel(
    const float *x, float *y, const uint32_t *row_ids, int64_t rows, int64_t columns,
    uint32_t key0, uint32_t key1, float scale);

// MARK: Normalisation

// y = (x − mean) · inverseDeviation · weight + bias, row by row; mean and inverseDeviation [rows]
// are kept for the gradient.
void seq_layer_norm(
    const float *x, const float *weight, const float *bias, float *y, float *mean,
    float *inverse_deviation, int64_t rows, int64_t columns, float epsilon);
// dx = (accumulate ? dx : 0) + gradient; weight and bias gradients accumulate. A bias is null for RMS
// norm, which subtracts no mean; then its gradient is null too.
void seq_layer_norm_backward(
    const float *x, const float *weight, const float *mean, const float *inverse_deviation,
    const float *dy, float *dx, float *weight_gradient, float *bias_gradient, int64_t rows,
    int64_t columns, bool accumulate);
// h = residual + dropout(x); y = layer norm of h. `h` may be the buffer of `x`.
void seq_residual_dropout_norm(
    const float *residual, const float *x, float *h, const uint32_t *row_ids, seq_dropout dropout,
    const float *weight, const float *bias, float *y, float *mean, float *inverse_deviation,
    int64_t rows, int64_t columns, float epsilon);
// h = residual + dropout(x).
void seq_residual_dropout(
    const float *residual, const float *x, float *h, const uint32_t *row_ids, int64_t rows,
    int64_t columns, seq_dropout dropout);

// MARK: Embedding

// y[r] = dropout(scale · table[ids[r]] + positions[position_ids[r]]); positions may be null.
// A negative id reads nothing of the table and drops nothing.
void seq_embed(
    const float *table, const int32_t *ids, float scale, const float *positions,
    const int32_t *position_ids, float *y, const uint32_t *row_ids, int64_t rows, int64_t columns,
    seq_dropout dropout);
// The gradient of the above: dy is overwritten with its undropped form, and added, times scale, to
// the rows of the table's gradient; positions_gradient may be null.
void seq_embed_backward(
    float *dy, const int32_t *ids, float scale, float *table_gradient, const int32_t *position_ids,
    float *positions_gradient, const uint32_t *row_ids, int64_t rows, int64_t columns,
    seq_dropout dropout);

// MARK: Loss

typedef struct {
  double loss;      // sum over rows, label smoothing included, nats
  double likelihood; // sum over rows of −log p(label), nats
  int64_t correct;  // rows whose label is the likeliest, of equal ones the first
} seq_loss;

// Cross-entropy of each row of logits with (1 − smoothing) · onehot(label) + smoothing / columns.
// With `gradient`, logits are overwritten by scale · ∂loss/∂logits.
seq_loss seq_cross_entropy(
    float *logits, const int32_t *labels, int64_t rows, int64_t columns, float smoothing,
    bool gradient, float scale);

// MARK: Attention

// One head of one sequence: out = dropout(softmax(scale · Q Kᵀ, masked)) · V.
typedef struct {
  int64_t query_count, key_count, head_size;
  int64_t query_stride, key_stride, value_stride, output_stride;  // floats between rows
  float scale;
  bool causal;            // query i sees keys 0 ... i + key_count − query_count
  const uint8_t *masked;  // [query_count, key_count], nonzero = masked out; may be null
  seq_dropout dropout;
  const uint32_t *row_ids;  // [query_count]; null without dropout
  uint32_t head;
  // Added to the scores, laid out as probabilities; null adds nothing.
  const float *bias;
} seq_attention;

// Floats of scratch that the functions below need.
int64_t seq_attention_scratch(const seq_attention *shape);
// Floats between rows of saved probabilities.
int64_t seq_attention_row(int64_t key_count);
// probabilities: [query_count, seq_attention_row(key_count)], kept for the gradient.
void seq_attention_forward(
    const seq_attention *shape, const float *query, const float *key, const float *value,
    float *output, float *probabilities, float *scratch);
void seq_attention_backward(
    const seq_attention *shape, const float *query, const float *key, const float *value,
    const float *probabilities, const float *output_gradient, float *query_gradient,
    float *key_gradient, float *value_gradient, bool accumulate, float *scratch);
// Where the function before leaves the gradient of the scores in its scratch, laid out as
// probabilities.
float *seq_attention_score_gradient(const seq_attention *shape, float *scratch);

// One sequence: out = dropout(softmax(Σ v·tanh(q + k))) · V.
typedef struct {
  int64_t query_count, key_count;
  int64_t size;        // columns of queries and keys
  int64_t value_size;  // columns of values and output
  int64_t query_stride, value_stride, output_stride;  // floats between rows
  int64_t key_stride;  // of the keys' gradient
  seq_dropout dropout;
  const uint32_t *row_ids;  // [query_count]; null without dropout
} seq_additive_attention;

// Floats of scratch that the functions below need.
int64_t seq_additive_attention_scratch(const seq_additive_attention *shape);
// y = e²ˣ, dense [rows, size], of what is kept within ±40.
void seq_additive_attention_powers(
    const float *x, int64_t stride, float *y, int64_t rows, int64_t size);
// probabilities: as above. key_powers: of the keys, by the function before. vector: [size].
void seq_additive_attention_forward(
    const seq_additive_attention *shape, const float *query, const float *key_powers,
    const float *vector,
    const float *value, float *output, float *probabilities, float *scratch);
// All gradients accumulate.
void seq_additive_attention_backward(
    const seq_additive_attention *shape, const float *query, const float *key_powers,
    const float *vector,
    const float *value, const float *probabilities, const float *output_gradient,
    float *query_gradient, float *key_gradient, float *vector_gradient, float *value_gradient,
    float *scratch);

// Tokens of a page of keys and values: [head_count, SEQ_PAGE_TOKENS, head_size] keys, then as many
// values.
enum { SEQ_PAGE_TOKENS = 16 };

// One query row, all heads, over `key_count` keys in pages: a step of decoding. All pages but the last
// are full; what is in it behind the last key is read and without effect.
// bias: [head_count, key_count], added to the scores; null adds nothing. scores: scratch of
// head_count · key_count floats, on return the attention weights [head_count, key_count].
void seq_attention_step(
    const float *query, const float *const *pages, int64_t key_count, int64_t head_count,
    int64_t head_size, float scale, const float *bias, float *output, float *scores);

// MARK: Pointers

// Additive attention of one sequence whose scores may know what was covered before.
typedef struct {
  int64_t query_count, key_count, size;
  // Whether a query's coverage is the sum of the weights of those before it; otherwise it is given.
  bool accumulates;
} seq_pointer_attention;

// weights = softmax(Σ v·tanh(q + k + w·c)), dense [query_count, key_count], as coverage is. Both
// coverage and its vector w are null where there is none.
void seq_pointer_attention_forward(
    const seq_pointer_attention *shape, const float *query, const float *key, const float *vector,
    const float *coverage_vector, float *coverage, float *weights);
// The weights' gradient is consumed, all others accumulate. scratch: [key_count]. Where there is
// coverage it accumulates.
void seq_pointer_attention_backward(
    const seq_pointer_attention *shape, const float *query, const float *key, const float *vector,
    const float *coverage_vector, const float *coverage, const float *weights,
    float *weights_gradient, float *query_gradient, float *key_gradient, float *vector_gradient,
    float *coverage_vector_gradient, float *scratch);

// One row of log-probabilities of words that are generated or copied, y: [columns]. x are the logits
// of the first `vocabulary` words, gate is a logit too, and token i of the source, which is the word
// ids[i], has the weight weights[i], of which none counts as less than the least normal number.
void seq_copy_log_probabilities(
    const float *x, int64_t vocabulary, float gate, const float *weights, const int32_t *ids,
    int64_t count, float *y, int64_t columns);
// Adds the gradient to those of logits, gate and weights.
void seq_copy_log_probabilities_backward(
    const float *x, int64_t vocabulary, float gate, const int32_t *ids, int64_t count,
    const float *y, const float *dy, int64_t columns, float *x_gradient, float *gate_gradient,
    float *weights_gradient);
// The cross-entropy of one such row. masses: a zero for every word, zeros on return. With `gradient`
// the logits are overwritten by scale · ∂loss/∂logits, and the other two gradients are written.
seq_loss seq_copy_cross_entropy(
    float *x, int64_t vocabulary, int32_t label, float gate, const float *weights,
    const int32_t *ids, int64_t count, float smoothing, float *masses, bool gradient, float scale,
    float *gate_gradient, float *weights_gradient);

// MARK: Relative positions

// Rows of a table, one for each bucket of distances, that rows of queries or of keys are multiplied by.
typedef struct {
  const float *table;      // [bucket_count, head_size], rows table_stride apart
  int64_t table_stride, bucket_count, head_size;
  // For each distance, key minus query, from 1 − key_count to query_count − 1.
  const int32_t *buckets;
  bool by_key;             // x is the keys, not the queries
  float scale;
} seq_relative_table;

// bias[i, j] += line[distance]; rows of bias `row` floats apart.
void seq_relative_add_line(
    const float *line, float *bias, int64_t query_count, int64_t key_count, int64_t row);
// line_gradient[distance] += score_gradient[i, j].
void seq_relative_line_gradient(
    const float *score_gradient, float *line_gradient, int64_t query_count, int64_t key_count,
    int64_t row);
// Floats of scratch for so many rows of x.
int64_t seq_relative_scratch(const seq_relative_table *table, int64_t row_count);
// bias[i, j] += scale · x[i or j] · table[bucket of the distance].
void seq_relative_add_products(
    const seq_relative_table *table, const float *x, int64_t x_stride, float *bias,
    int64_t query_count, int64_t key_count, int64_t row, float *scratch);
// Adds to both gradients, which have the strides of what they belong to.
void seq_relative_products_backward(
    const seq_relative_table *table, const float *x, int64_t x_stride, const float *score_gradient,
    float *x_gradient, float *table_gradient, int64_t query_count, int64_t key_count, int64_t row,
    float *scratch);
// The same for one query row of decoding, all heads: bias[head, key] += scale · x · table[bucket],
// x the query, or the keys if their pages are given. buckets: [key_count]. A shared table has the
// columns of one head.
void seq_relative_step(
    const float *query, const float *const *pages, int64_t key_count, const float *table,
    int64_t table_stride, bool is_shared, const int32_t *buckets, int64_t head_count,
    int64_t head_size, float scale, float *bias);
// Turns every head by its row's position: the halves of a head are the two sides of its planes.
// turns: a row [cosines, sines] of head_size floats for each position; direction −1 turns back.
void seq_rotate(
    const float *x, int64_t x_stride, const int32_t *positions, const float *turns, float direction,
    float *y, int64_t y_stride, int64_t rows, int64_t head_count, int64_t head_size);

// MARK: Products with panels

// Tells the CPU that the thread only waits.
void seq_pause(void);
// Whether the CPU has the registers of AVX-512.
bool seq_has_avx512(void);

// A matrix [inner, columns] cut into panels of sixteen columns; missing columns are zeros.
int64_t seq_panels_size(int64_t inner, int64_t columns);
// `x` is [inner, columns], or [columns, inner] if transposed.
void seq_panels_pack(
    const float *x, int64_t inner, int64_t columns, bool transposed, float *panels);
// y = x · panels (+ y); whole panels are written, so rows of y have room for a multiple of sixteen.
void seq_panels_product(
    const float *x, int64_t x_stride, const float *panels, float *y, int64_t y_stride, int64_t rows,
    int64_t inner, int64_t columns, bool accumulate);
// y = f(x · panels + bias), x dense; only `columns` are written. `bias`, null for none, can be read
// for whole panels.
void seq_panels_linear(
    const float *x, const float *panels, const float *bias, bool relu, float *y, int64_t y_stride,
    int64_t rows, int64_t inner, int64_t columns);

// The upper halves of floats, rounded to nearest even.
void seq_bfloat16_round(const float *x, uint16_t *y, int64_t count);
void seq_bfloat16_widen(const uint16_t *x, float *y, int64_t count);
// The floats nearest to those of x that bfloat16 has.
void seq_bfloat16_round_rows(
    const float *x, int64_t x_stride, float *y, int64_t y_stride, int64_t rows, int64_t columns);
// The same with bfloat16 panels, as many numbers as float32 panels; `x` is [columns, inner].
void seq_panels_bfloat16_pack(
    const uint16_t *x, int64_t inner, int64_t columns, uint16_t *panels);
void seq_panels_bfloat16_linear(
    const float *x, const uint16_t *panels, const float *bias, bool relu, float *y,
    int64_t y_stride, int64_t rows, int64_t inner, int64_t columns);

// Whole numbers −127…127 and a scale for every row: x ≈ y · scale. A row that holds what is not finite
// has the scale NaN.
void seq_quantize_rows(
    const float *x, int64_t rows, int64_t columns, int8_t *y, float *scales);
void seq_dequantize_rows(
    const int8_t *x, const float *scales, int64_t rows, int64_t columns, float *y);
// Bytes of a rounded row of x and of a column of int8 panels: both lie as the processor's instructions
// take them.
int64_t seq_panels_int8_row_size(int64_t inner);
int64_t seq_panels_int8_column_size(int64_t inner);
// `x` is [columns, inner].
void seq_panels_int8_pack(const int8_t *x, int64_t inner, int64_t columns, int8_t *panels);
// Rounds rows to 128 values each, 256 with AVX-512 VNNI, evenly from the smallest number of a row, or 0, to
// its largest, or 0. A row that holds what is not finite becomes NaN in every product. `y` is aligned to
// four bytes.
void seq_panels_int8_round(const float *x, int64_t rows, int64_t inner, void *y);
// y = f((x · panels) · scales + bias) with x of seq_panels_int8_round. `scales` and `bias`, null for none,
// can be read for whole panels.
void seq_panels_int8_linear(
    const void *x, const int8_t *panels, const float *scales, const float *bias, bool relu, float *y,
    int64_t y_stride, int64_t rows, int64_t inner, int64_t columns);

// MARK: Recurrence

typedef enum {
  SEQ_CELL_TANH = 0,
  SEQ_CELL_RELU = 1,
  SEQ_CELL_LSTM = 2,
  SEQ_CELL_GRU = 3,
} seq_cell;

// One step of a recurrent cell over some rows. Gates lie side by side, `size` floats each, in the
// order i, f, g, o (LSTM) and r, z, n (GRU).
typedef struct {
  seq_cell kind;
  int64_t size;            // units
  const float *input;      // W x, may be the buffer `gates`
  const float *product;    // U h₋₁
  const float *bias;       // of all gates
  const float *hidden_bias;  // GRU: added to the candidate's U h₋₁
  const float *state_before;  // h₋₁; GRU alone reads it
  const float *cell_before;   // c₋₁; LSTM
  float *gates;            // the gates after their functions, kept for the gradient
  float *candidate;        // GRU: the candidate's U h₋₁ + bias, kept for the gradient
  float *state;            // h
  float *cell;             // c; LSTM
  int64_t input_stride, product_stride, gate_stride;  // floats between rows
  int64_t state_stride;    // of states, cells and candidates
} seq_recurrent;

// Gradients of that step, with the strides of what they belong to.
typedef struct {
  const float *output;        // dh from the results of this step
  const int32_t *output_rows;  // which rows of it; null: 0, 1, 2 ...
  int64_t output_stride;
  float *state;  // in: dh from the steps after; out, GRU: the part of dh₋₁ that takes no product
  float *cell;   // in: dc; out: dc₋₁; LSTM
  float *gates;  // out: the gradient of W x; may be the buffer of the gates
  float *hidden_gates;  // out, GRU: the gradient of U h₋₁, elsewhere the same as that of W x
  float *bias, *hidden_bias;  // accumulate
} seq_recurrent_gradient;

void seq_recurrent_forward(const seq_recurrent *step, int64_t rows);
void seq_recurrent_backward(
    const seq_recurrent *step, const seq_recurrent_gradient *gradient, int64_t rows);

// MARK: Search

// Σ exp(x) over a block of columns, which is sum · exp(maximum).
typedef struct {
  float maximum, sum;
} seq_exponentials;

// Columns of a block: what is ranked begins at a multiple of it.
int64_t seq_ranking_block(void);
// Ranks some columns of every row, from `first` on: their sums go to blocks [rows, block_count], their
// `k` largest among those `found` so far, [rows], to best and values [rows, k], best first, equal ones
// by lower index.
void seq_ranking_add(
    const float *x, int64_t x_stride, int64_t rows, int64_t columns, int64_t first, int64_t k,
    seq_exponentials *blocks, int64_t block_count, int64_t *found, int32_t *best, float *values);
// Takes into the largest those that were found of later columns.
void seq_ranking_merge(
    int64_t rows, int64_t k, const int64_t *more_found, const int32_t *more_best,
    const float *more_values, int64_t *found, int32_t *best, float *values);
// When every block has come: values become the logarithms of their probabilities. k ≤ columns.
void seq_ranking_finish(
    const seq_exponentials *blocks, int64_t block_count, int64_t rows, int64_t k, float *values);
// The `k` largest entries of one row as they are.
void seq_largest(const float *row, int64_t columns, int64_t k, int32_t *best, float *values);
// y = log Σ wᵢ exp(xᵢ), column by column, over `count` rows; weights are positive.
void seq_log_mixture(
    const float *const *rows, const float *weights, int64_t count, float *y, int64_t columns);
// y = x − log Σ exp(x), one row.
void seq_log_softmax(const float *x, float *y, int64_t columns);

// MARK: Optimisers

typedef struct {
  float gradient_scale;  // multiplies the gradient first
  float beta1, beta2, epsilon;
  float step_size;              // learning rate / (1 − β₁ᵗ)
  float second_moment_scale;    // 1 / (1 − β₂ᵗ)
  float decay;                  // AdamW: learning rate · weight decay; 0 without
  float gradient_decay;         // Adam: weight decay added to the gradient; 0 without
} seq_adam_step;

void seq_adam(
    float *value, const float *gradient, float *first_moment, float *second_moment, int64_t count,
    seq_adam_step step);

typedef struct {
  float gradient_scale;  // first factor of the gradient: 1 / tokens, and clipping
  float gradient_decay;  // weight decay added to the gradient
  float momentum;
  float gradient_share;  // 1 − dampening
  float rate;
  bool nesterov;
  bool is_first;         // the velocity begins as the gradient
} seq_sgd_step;

// The velocity may be NULL: no momentum.
void seq_sgd(
    float *value, const float *gradient, float *velocity, int64_t count, seq_sgd_step step);

void seq_adafactor_squares(
    const float *gradient, int64_t rows, int64_t columns, float scale, float *row_sums,
    float *column_sums);
double seq_adafactor_update_squares(
    const float *gradient, const float *row, const float *column, int64_t rows, int64_t columns,
    float scale, float floor);
void seq_adafactor_apply(
    float *value, const float *gradient, const float *row, const float *column, int64_t rows,
    int64_t columns, float scale, float floor, float keep, float step);

void seq_average_toward(float *average, const float *value, int64_t count, float share);
void seq_exchange(float *first, float *second, int64_t count);

// Matrix products through oneDNN, 2.x or 3.x. Everything computes on the calling thread, whose
// OpenMP setting becomes one thread.
#pragma once

#include <stdbool.h>
#include <stdint.h>

// "2.6.3", the library that runs.
const char *seq_onednn_version(void);

// C = alpha · op(A) · op(B) + beta · C, row-major; op(A) is [rows, inner], op(B) [inner, columns].
// `a_stride`, `b_stride`, `c_stride`: floats between stored rows. 0 on success.
//
// For training: the bits of a row may depend on the number of rows.
int seq_onednn_sgemm(
    bool transpose_a, bool transpose_b, int64_t rows, int64_t columns, int64_t inner, float alpha,
    const float *a, int64_t a_stride, const float *b, int64_t b_stride, float beta, float *c,
    int64_t c_stride);

// Whether the processor multiplies bfloat16 numbers by instructions of its own.
bool seq_onednn_multiplies_bfloat16(void);

// C = op(A) · op(B) (+ C), as above, of bfloat16 numbers, or of floats if `wide`; sums and C are
// float32. 0 on success.
int seq_onednn_matmul(
    bool wide, bool transpose_a, bool transpose_b, int64_t rows, int64_t columns, int64_t inner,
    const void *a, int64_t a_stride, const void *b, int64_t b_stride, bool accumulate, float *c,
    int64_t c_stride);

// A linear layer prepared for inference: its weight packed for the CPU, and a primitive for every
// number of rows it has met. Threads may share one.
typedef struct seq_onednn_linear seq_onednn_linear;

// weight is [output, input], copied; bias [output] is copied, null for none; `relu` applies
// max(x, 0) last, which may make 0 of what is not a number. Null when oneDNN refuses or memory is short.
seq_onednn_linear *seq_onednn_linear_create(
    const float *weight, const float *bias, int64_t output, int64_t input, bool relu);

// y = x · weightᵀ + bias. x is [rows, input], y is [rows, output]; 0 on success.
int seq_onednn_linear_run(
    seq_onednn_linear *linear, const float *x, int64_t rows, float *y);

void seq_onednn_linear_destroy(seq_onednn_linear *linear);

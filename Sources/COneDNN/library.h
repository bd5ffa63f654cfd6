// What the products through dnnl_matmul share: the engine, a queue and scratch memory for each thread,
// and one spelling for oneDNN 2.x and 3.x.
#pragma once

#include <dnnl.h>
#include <stdbool.h>
#include <stddef.h>

#include "thread.h"

#if DNNL_VERSION_MAJOR >= 3
typedef dnnl_memory_desc_t shape_argument;
#define SHAPE(x) (x)
#else
typedef const dnnl_memory_desc_t *shape_argument;
#define SHAPE(x) (&(x))
#endif

// The processor; null when oneDNN refuses.
dnnl_engine_t seq_onednn_engine(void);

// What a thread that computes keeps until it ends: a queue, and scratch memory grown as needed.
typedef struct {
  dnnl_stream_t stream;
  void *scratch;
  size_t capacity;
} seq_onednn_thread;

// The calling thread's, with at least `scratch_size` bytes; null when memory is short.
seq_onednn_thread *seq_onednn_thread_with_scratch(size_t scratch_size);

// Copies what a primitive wants of one of its arguments; to be dropped.
bool seq_onednn_clone_shape(
    dnnl_memory_desc_t *copy, const_dnnl_primitive_desc_t from, dnnl_query_t what);
// One of zeros, which was never made, may be dropped too.
void seq_onednn_drop_shape(dnnl_memory_desc_t *shape);
// Bytes.
size_t seq_onednn_shape_size(dnnl_memory_desc_t *shape);
// Memory of a shape at an address.
bool seq_onednn_make_memory(dnnl_memory_t *memory, dnnl_memory_desc_t *shape, void *data);

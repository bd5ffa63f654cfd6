// The product that inference uses: packed weights, primitives by number of rows.
//
// dnnl_matmul, not dnnl_sgemm, because on AVX-512 it gives a row the same bits whatever the number
// of rows around it.
#if defined(__linux__)
#include "COneDNN.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "library.h"

typedef struct {
  int64_t rows;
  dnnl_primitive_t primitive;
  dnnl_memory_desc_t source, destination, scratch;
  size_t scratch_size;
} entry;

struct seq_onednn_linear {
  int64_t output, input;
  bool has_bias, relu;
  dnnl_memory_desc_t weight_shape, bias_shape;
  dnnl_memory_t weight, bias;
  pthread_mutex_t lock;
  entry **entries;
  int64_t entry_count;
};

static bool make_shape(
    dnnl_memory_desc_t *shape, int64_t rows, int64_t columns, dnnl_format_tag_t tag) {
  dnnl_dims_t sizes = {rows, columns};
#if DNNL_VERSION_MAJOR >= 3
  return dnnl_memory_desc_create_with_tag(shape, 2, sizes, dnnl_f32, tag) == dnnl_success;
#else
  return dnnl_memory_desc_init_by_tag(shape, 2, sizes, dnnl_f32, tag) == dnnl_success;
#endif
}

// A description of y = x·w + b, ReLU after it, with scratch memory of the caller's.
static bool describe(
    dnnl_primitive_desc_t *description, const seq_onednn_linear *linear, shape_argument source,
    shape_argument weight, shape_argument destination) {
  dnnl_primitive_attr_t attributes;
  if (dnnl_primitive_attr_create(&attributes) != dnnl_success) return false;
  bool good =
      dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_user) ==
      dnnl_success;
  if (linear->relu) {
    dnnl_post_ops_t after;
    good = good && dnnl_post_ops_create(&after) == dnnl_success;
    if (good) {
#if DNNL_VERSION_MAJOR >= 3
      good = dnnl_post_ops_append_eltwise(after, dnnl_eltwise_relu, 0, 0) == dnnl_success;
#else
      good = dnnl_post_ops_append_eltwise(after, 1, dnnl_eltwise_relu, 0, 0) == dnnl_success;
#endif
      good = good && dnnl_primitive_attr_set_post_ops(attributes, after) == dnnl_success;
      dnnl_post_ops_destroy(after);
    }
  }
  shape_argument bias = linear->has_bias ? SHAPE(linear->bias_shape) : NULL;
#if DNNL_VERSION_MAJOR >= 3
  good = good && dnnl_matmul_primitive_desc_create(
                     description, seq_onednn_engine(), source, weight, bias, destination,
                     attributes) == dnnl_success;
#else
  dnnl_matmul_desc_t operation;
  good = good && dnnl_matmul_desc_init(&operation, source, weight, bias, destination) ==
                     dnnl_success;
  good = good && dnnl_primitive_desc_create(
                     description, &operation, attributes, seq_onednn_engine(), NULL) ==
                     dnnl_success;
#endif
  dnnl_primitive_attr_destroy(attributes);
  return good;
}

seq_onednn_linear *seq_onednn_linear_create(
    const float *weight, const float *bias, int64_t output, int64_t input, bool relu) {
  if (!seq_onednn_engine()) return NULL;
  seq_onednn_linear *linear = calloc(1, sizeof *linear);
  if (!linear) return NULL;
  pthread_mutex_init(&linear->lock, NULL);
  linear->output = output;
  linear->input = input;
  linear->has_bias = bias != NULL;
  linear->relu = relu;

  // The library chooses the packed form, asked with as many rows as a small batch has.
  struct { dnnl_memory_desc_t source, any, plain, destination; } shapes;
  memset(&shapes, 0, sizeof shapes);
  dnnl_primitive_desc_t description = NULL, reorder_description = NULL;
  dnnl_primitive_t reorder = NULL;
  dnnl_memory_t given = NULL;
  seq_onednn_thread *thread = seq_onednn_thread_with_scratch(0);
  bool good = thread && make_shape(&shapes.source, 16, input, dnnl_ab) &&
              make_shape(&shapes.any, input, output, dnnl_format_tag_any) &&
              make_shape(&shapes.plain, input, output, dnnl_ba) &&
              make_shape(&shapes.destination, 16, output, dnnl_ab) &&
              make_shape(&linear->bias_shape, 1, output, dnnl_ab) &&
              describe(
                  &description, linear, SHAPE(shapes.source), SHAPE(shapes.any),
                  SHAPE(shapes.destination)) &&
              seq_onednn_clone_shape(&linear->weight_shape, description, dnnl_query_weights_md) &&
              seq_onednn_make_memory(&linear->weight, &linear->weight_shape, DNNL_MEMORY_ALLOCATE) &&
              seq_onednn_make_memory(&given, &shapes.plain, (void *)weight) &&
              dnnl_reorder_primitive_desc_create(
                  &reorder_description, SHAPE(shapes.plain), seq_onednn_engine(),
                  SHAPE(linear->weight_shape), seq_onednn_engine(), NULL) == dnnl_success &&
              dnnl_primitive_create(&reorder, reorder_description) == dnnl_success;
  if (good) {
    dnnl_exec_arg_t arguments[] = {{DNNL_ARG_FROM, given}, {DNNL_ARG_TO, linear->weight}};
    good = dnnl_primitive_execute(reorder, thread->stream, 2, arguments) == dnnl_success &&
           dnnl_stream_wait(thread->stream) == dnnl_success;
  }
  if (reorder) dnnl_primitive_destroy(reorder);
  if (reorder_description) dnnl_primitive_desc_destroy(reorder_description);
  if (given) dnnl_memory_destroy(given);
  if (description) dnnl_primitive_desc_destroy(description);
  seq_onednn_drop_shape(&shapes.source);
  seq_onednn_drop_shape(&shapes.any);
  seq_onednn_drop_shape(&shapes.plain);
  seq_onednn_drop_shape(&shapes.destination);
  if (good && bias) {
    good = seq_onednn_make_memory(&linear->bias, &linear->bias_shape, DNNL_MEMORY_ALLOCATE);
    void *data = NULL;
    good = good && dnnl_memory_get_data_handle(linear->bias, &data) == dnnl_success;
    if (good) {
      for (int64_t i = 0; i < output; i++) ((float *)data)[i] = bias[i];
    }
  }
  if (!good) {
    seq_onednn_linear_destroy(linear);
    return NULL;
  }
  return linear;
}

static void drop_entry(entry *entry) {
  if (entry->primitive) dnnl_primitive_destroy(entry->primitive);
  seq_onednn_drop_shape(&entry->source);
  seq_onednn_drop_shape(&entry->destination);
  seq_onednn_drop_shape(&entry->scratch);
  free(entry);
}

static entry *make_entry(seq_onednn_linear *linear, int64_t rows) {
  entry *made = calloc(1, sizeof *made);
  if (!made) return NULL;
  made->rows = rows;
  dnnl_primitive_desc_t description;
  if (!make_shape(&made->source, rows, linear->input, dnnl_ab) ||
      !make_shape(&made->destination, rows, linear->output, dnnl_ab) ||
      !describe(
          &description, linear, SHAPE(made->source), SHAPE(linear->weight_shape),
          SHAPE(made->destination))) {
    drop_entry(made);
    return NULL;
  }
  bool good = dnnl_primitive_create(&made->primitive, description) == dnnl_success &&
              seq_onednn_clone_shape(&made->scratch, description, dnnl_query_scratchpad_md);
  dnnl_primitive_desc_destroy(description);
  if (!good) {
    drop_entry(made);
    return NULL;
  }
  made->scratch_size = seq_onednn_shape_size(&made->scratch);
  return made;
}

static entry *find_entry(seq_onednn_linear *linear, int64_t rows) {
  pthread_mutex_lock(&linear->lock);
  entry *found = NULL;
  for (int64_t i = 0; i < linear->entry_count && !found; i++) {
    if (linear->entries[i]->rows == rows) found = linear->entries[i];
  }
  if (!found) {
    entry *made = make_entry(linear, rows);
    entry **grown =
        made ? realloc(linear->entries, (size_t)(linear->entry_count + 1) * sizeof *grown) : NULL;
    if (grown) {
      grown[linear->entry_count++] = made;
      linear->entries = grown;
      found = made;
    } else if (made) {
      drop_entry(made);
    }
  }
  pthread_mutex_unlock(&linear->lock);
  return found;
}

int seq_onednn_linear_run(
    seq_onednn_linear *linear, const float *x, int64_t rows, float *y) {
  entry *entry = find_entry(linear, rows);
  seq_onednn_thread *thread = entry ? seq_onednn_thread_with_scratch(entry->scratch_size) : NULL;
  if (!thread) return 1;
  dnnl_memory_t source = NULL, destination = NULL, scratch = NULL;
  bool good = seq_onednn_make_memory(&source, &entry->source, (void *)x) &&
              seq_onednn_make_memory(&destination, &entry->destination, y) &&
              seq_onednn_make_memory(&scratch, &entry->scratch, thread->scratch);
  if (good) {
    dnnl_exec_arg_t arguments[] = {
        {DNNL_ARG_SRC, source},
        {DNNL_ARG_WEIGHTS, linear->weight},
        {DNNL_ARG_DST, destination},
        {DNNL_ARG_SCRATCHPAD, scratch},
        {DNNL_ARG_BIAS, linear->bias},
    };
    good = dnnl_primitive_execute(
               entry->primitive, thread->stream, linear->has_bias ? 5 : 4, arguments) == dnnl_success &&
           dnnl_stream_wait(thread->stream) == dnnl_success;
  }
  if (source) dnnl_memory_destroy(source);
  if (destination) dnnl_memory_destroy(destination);
  if (scratch) dnnl_memory_destroy(scratch);
  return good ? 0 : 1;
}

void seq_onednn_linear_destroy(seq_onednn_linear *linear) {
  if (!linear) return;
  for (int64_t i = 0; i < linear->entry_count; i++) drop_entry(linear->entries[i]);
  free(linear->entries);
  if (linear->weight) dnnl_memory_destroy(linear->weight);
  if (linear->bias) dnnl_memory_destroy(linear->bias);
  seq_onednn_drop_shape(&linear->weight_shape);
  seq_onednn_drop_shape(&linear->bias_shape);
  pthread_mutex_destroy(&linear->lock);
  free(linear);
}
#endif

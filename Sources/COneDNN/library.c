// The engine, threads and shapes behind the products through dnnl_matmul.
#if defined(__linux__)
#include "library.h"

#include <pthread.h>
#include <stdlib.h>

static dnnl_engine_t engine;
static pthread_once_t engine_once = PTHREAD_ONCE_INIT;
static void make_engine(void) {
  if (dnnl_engine_create(&engine, dnnl_cpu, 0) != dnnl_success) engine = NULL;
}

dnnl_engine_t seq_onednn_engine(void) {
  pthread_once(&engine_once, make_engine);
  return engine;
}

static pthread_key_t thread_key;
static pthread_once_t thread_key_once = PTHREAD_ONCE_INIT;
static bool thread_key_made;

static void drop_thread(void *pointer) {
  seq_onednn_thread *thread = pointer;
  if (thread->stream) dnnl_stream_destroy(thread->stream);
  free(thread->scratch);
  free(thread);
}

static void make_thread_key(void) {
  thread_key_made = pthread_key_create(&thread_key, drop_thread) == 0;
}

seq_onednn_thread *seq_onednn_thread_with_scratch(size_t scratch_size) {
  seq_onednn_use_calling_thread();
  pthread_once(&thread_key_once, make_thread_key);
  if (!thread_key_made || !seq_onednn_engine()) return NULL;
  seq_onednn_thread *thread = pthread_getspecific(thread_key);
  if (!thread) {
    thread = calloc(1, sizeof *thread);
    if (!thread) return NULL;
    if (dnnl_stream_create(&thread->stream, engine, dnnl_stream_default_flags) != dnnl_success ||
        pthread_setspecific(thread_key, thread) != 0) {
      drop_thread(thread);
      return NULL;
    }
  }
  if (scratch_size > thread->capacity) {
    free(thread->scratch);
    thread->scratch = aligned_alloc(64, (scratch_size + 63) / 64 * 64);
    thread->capacity = thread->scratch ? scratch_size : 0;
    if (!thread->scratch) return NULL;
  }
  return thread;
}

bool seq_onednn_clone_shape(
    dnnl_memory_desc_t *copy, const_dnnl_primitive_desc_t from, dnnl_query_t what) {
#if DNNL_VERSION_MAJOR >= 3
  const_dnnl_memory_desc_t found = dnnl_primitive_desc_query_md(from, what, 0);
  return found && dnnl_memory_desc_clone(copy, found) == dnnl_success;
#else
  const dnnl_memory_desc_t *found = dnnl_primitive_desc_query_md(from, what, 0);
  if (!found) return false;
  *copy = *found;
  return true;
#endif
}

void seq_onednn_drop_shape(dnnl_memory_desc_t *shape) {
#if DNNL_VERSION_MAJOR >= 3
  dnnl_memory_desc_destroy(*shape);
#else
  (void)shape;
#endif
}

size_t seq_onednn_shape_size(dnnl_memory_desc_t *shape) {
#if DNNL_VERSION_MAJOR >= 3
  return dnnl_memory_desc_get_size(*shape);
#else
  return dnnl_memory_desc_get_size(shape);
#endif
}

bool seq_onednn_make_memory(dnnl_memory_t *memory, dnnl_memory_desc_t *shape, void *data) {
  return dnnl_memory_create(memory, SHAPE(*shape), engine, data) == dnnl_success;
}
#endif

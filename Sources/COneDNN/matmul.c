// Products of matrices of any place and type into float32, for training in bfloat16.
//
// The sizes of a training step change with every batch and a primitive costs 0.1 ms, so there is one
// for each type and way to store, which is told the sizes when it runs.
#if defined(__linux__)
#include "COneDNN.h"

#include <pthread.h>
#include <string.h>

#include "library.h"

// Sizes and distances that are known only when the product runs.
static bool make_open_shape(dnnl_memory_desc_t *shape, dnnl_data_type_t type, bool dense_rows) {
  dnnl_dims_t sizes = {DNNL_RUNTIME_DIM_VAL, DNNL_RUNTIME_DIM_VAL};
  dnnl_dims_t strides = {DNNL_RUNTIME_DIM_VAL, dense_rows ? 1 : DNNL_RUNTIME_DIM_VAL};
#if DNNL_VERSION_MAJOR >= 3
  return dnnl_memory_desc_create_with_strides(shape, 2, sizes, type, strides) == dnnl_success;
#else
  return dnnl_memory_desc_init_by_strides(shape, 2, sizes, type, strides) == dnnl_success;
#endif
}

// op(x) [rows, columns], where x has its own rows `stride` numbers apart.
static bool make_shape(
    dnnl_memory_desc_t *shape, dnnl_data_type_t type, int64_t rows, int64_t columns,
    int64_t stride, bool transposed) {
  dnnl_dims_t sizes = {rows, columns};
  dnnl_dims_t strides = {transposed ? 1 : stride, transposed ? stride : 1};
#if DNNL_VERSION_MAJOR >= 3
  return dnnl_memory_desc_create_with_strides(shape, 2, sizes, type, strides) == dnnl_success;
#else
  return dnnl_memory_desc_init_by_strides(shape, 2, sizes, type, strides) == dnnl_success;
#endif
}

typedef struct {
  dnnl_primitive_t primitive;
  dnnl_memory_desc_t scratch;
  size_t scratch_size;
} product;

static bool make_product(product *made, dnnl_data_type_t type, bool accumulate) {
  dnnl_primitive_attr_t attributes;
  if (!seq_onednn_engine() || dnnl_primitive_attr_create(&attributes) != dnnl_success) return false;
  struct { dnnl_memory_desc_t operand, result; } shapes;
  memset(&shapes, 0, sizeof shapes);
  bool good =
      dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_user) ==
          dnnl_success &&
      make_open_shape(&shapes.operand, type, false) &&
      make_open_shape(&shapes.result, dnnl_f32, true);
  if (good && accumulate) {
    dnnl_post_ops_t after;
    good = dnnl_post_ops_create(&after) == dnnl_success;
    if (good) {
#if DNNL_VERSION_MAJOR >= 3
      good = dnnl_post_ops_append_sum(after, 1, 0, dnnl_data_type_undef) == dnnl_success;
#else
      good = dnnl_post_ops_append_sum(after, 1) == dnnl_success;
#endif
      good = good && dnnl_primitive_attr_set_post_ops(attributes, after) == dnnl_success;
      dnnl_post_ops_destroy(after);
    }
  }
  dnnl_primitive_desc_t description = NULL;
#if DNNL_VERSION_MAJOR >= 3
  good = good && dnnl_matmul_primitive_desc_create(
                     &description, seq_onednn_engine(), SHAPE(shapes.operand),
                     SHAPE(shapes.operand), NULL, SHAPE(shapes.result), attributes) ==
                     dnnl_success;
#else
  dnnl_matmul_desc_t operation;
  good = good && dnnl_matmul_desc_init(
                     &operation, SHAPE(shapes.operand), SHAPE(shapes.operand), NULL,
                     SHAPE(shapes.result)) == dnnl_success;
  good = good && dnnl_primitive_desc_create(
                     &description, &operation, attributes, seq_onednn_engine(), NULL) ==
                     dnnl_success;
#endif
  good = good && dnnl_primitive_create(&made->primitive, description) == dnnl_success &&
         seq_onednn_clone_shape(&made->scratch, description, dnnl_query_scratchpad_md);
  if (description) dnnl_primitive_desc_destroy(description);
  dnnl_primitive_attr_destroy(attributes);
  seq_onednn_drop_shape(&shapes.operand);
  seq_onednn_drop_shape(&shapes.result);
  if (good) made->scratch_size = seq_onednn_shape_size(&made->scratch);
  return good;
}

static product products[2][2];
static bool are_products[2];
static bool multiplies_bfloat16;
static pthread_once_t products_once = PTHREAD_ONCE_INIT;

static void make_products(void) {
  for (int wide = 0; wide < 2; wide++) {
    are_products[wide] = true;
    for (int accumulate = 0; accumulate < 2; accumulate++) {
      are_products[wide] = are_products[wide] &&
          make_product(&products[wide][accumulate], wide ? dnnl_f32 : dnnl_bf16, accumulate);
    }
  }
  // Without the instructions the library takes such products apart, slower than float32.
  dnnl_cpu_isa_t isa = dnnl_get_effective_cpu_isa();
  multiplies_bfloat16 =
      are_products[0] && (isa & dnnl_cpu_isa_avx512_core_bf16) == dnnl_cpu_isa_avx512_core_bf16;
}

bool seq_onednn_multiplies_bfloat16(void) {
  pthread_once(&products_once, make_products);
  return multiplies_bfloat16;
}

int seq_onednn_matmul(
    bool wide, bool transpose_a, bool transpose_b, int64_t rows, int64_t columns, int64_t inner,
    const void *a, int64_t a_stride, const void *b, int64_t b_stride, bool accumulate, float *c,
    int64_t c_stride) {
  pthread_once(&products_once, make_products);
  if (!are_products[wide]) return 1;
  product *product = &products[wide][accumulate];
  seq_onednn_thread *thread = seq_onednn_thread_with_scratch(product->scratch_size);
  if (!thread) return 1;
  dnnl_data_type_t type = wide ? dnnl_f32 : dnnl_bf16;
  dnnl_memory_desc_t shapes[3];
  int shape_count = 0;
  bool good = make_shape(&shapes[0], type, rows, inner, a_stride, transpose_a) && ++shape_count &&
              make_shape(&shapes[1], type, inner, columns, b_stride, transpose_b) &&
              ++shape_count &&
              make_shape(&shapes[2], dnnl_f32, rows, columns, c_stride, false) && ++shape_count;
  dnnl_memory_t left = NULL, right = NULL, result = NULL, scratch = NULL;
  good = good && seq_onednn_make_memory(&left, &shapes[0], (void *)a) &&
         seq_onednn_make_memory(&right, &shapes[1], (void *)b) &&
         seq_onednn_make_memory(&result, &shapes[2], c) &&
         seq_onednn_make_memory(&scratch, &product->scratch, thread->scratch);
  if (good) {
    dnnl_exec_arg_t arguments[] = {
        {DNNL_ARG_SRC, left},
        {DNNL_ARG_WEIGHTS, right},
        {DNNL_ARG_DST, result},
        {DNNL_ARG_SCRATCHPAD, scratch},
    };
    good = dnnl_primitive_execute(product->primitive, thread->stream, 4, arguments) ==
               dnnl_success &&
           dnnl_stream_wait(thread->stream) == dnnl_success;
  }
  if (left) dnnl_memory_destroy(left);
  if (right) dnnl_memory_destroy(right);
  if (result) dnnl_memory_destroy(result);
  if (scratch) dnnl_memory_destroy(scratch);
  while (shape_count > 0) seq_onednn_drop_shape(&shapes[--shape_count]);
  return good ? 0 : 1;
}
#endif

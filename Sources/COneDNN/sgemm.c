// The product that training uses, and the library's version.
#if defined(__linux__)
#include "COneDNN.h"

#include <dnnl.h>
#include <stdio.h>

#include "thread.h"

const char *seq_onednn_version(void) {
  static _Thread_local char text[32];
  const dnnl_version_t *version = dnnl_version();
  snprintf(text, sizeof text, "%d.%d.%d", version->major, version->minor, version->patch);
  return text;
}

int seq_onednn_sgemm(
    bool transpose_a, bool transpose_b, int64_t rows, int64_t columns, int64_t inner, float alpha,
    const float *a, int64_t a_stride, const float *b, int64_t b_stride, float beta, float *c,
    int64_t c_stride) {
  seq_onednn_use_calling_thread();
  return dnnl_sgemm(
      transpose_a ? 'T' : 'N', transpose_b ? 'T' : 'N', rows, columns, inner, alpha, a, a_stride, b,
      b_stride, beta, c, c_stride);
}
#endif

// What a recurrent cell does to every unit by itself, once the products are done; forward and
// backward.
#include "vector.h"

// Elements do not depend on one another, though a buffer may be read and overwritten.
#define ELEMENTWISE _Pragma("clang loop vectorize(assume_safety) interleave(disable)")

// MARK: Forward

// h = tanh z or max(z, 0), with z = W x + b + U h₋₁
SEQ_INLINE void simple_row(const seq_recurrent *s, int64_t r, bool is_relu) {
  int64_t size = s->size;
  const float *x = s->input + r * s->input_stride, *u = s->product + r * s->product_stride;
  const float *b = s->bias;
  float *a = s->gates + r * s->gate_stride, *h = s->state + r * s->state_stride;
  ELEMENTWISE for (int64_t c = 0; c < size; c++) {
    float z = x[c] + b[c] + u[c];
    float y = is_relu ? (z < 0 ? 0 : z) : seq_tanh(z);
    a[c] = y;
    h[c] = y;
  }
}

// c = σ(f)·c₋₁ + σ(i)·tanh g,  h = σ(o)·tanh c, gates in the order i, f, g, o
SEQ_INLINE void lstm_row(const seq_recurrent *s, int64_t r) {
  int64_t size = s->size;
  const float *x = s->input + r * s->input_stride, *u = s->product + r * s->product_stride;
  const float *b = s->bias, *before = s->cell_before + r * s->state_stride;
  float *a = s->gates + r * s->gate_stride;
  float *h = s->state + r * s->state_stride, *cell = s->cell + r * s->state_stride;
  ELEMENTWISE for (int64_t c = 0; c < size; c++) {
    float i = seq_sigmoid(x[c] + b[c] + u[c]);
    float f = seq_sigmoid(x[size + c] + b[size + c] + u[size + c]);
    float g = seq_tanh(x[2 * size + c] + b[2 * size + c] + u[2 * size + c]);
    float o = seq_sigmoid(x[3 * size + c] + b[3 * size + c] + u[3 * size + c]);
    float y = f * before[c] + i * g;
    a[c] = i;
    a[size + c] = f;
    a[2 * size + c] = g;
    a[3 * size + c] = o;
    cell[c] = y;
    h[c] = o * seq_tanh(y);
  }
}

// n = tanh(W x + b + σ(r)·(U h₋₁ + d)),  h = (1 − σ(z))·n + σ(z)·h₋₁, gates in the order r, z, n
SEQ_INLINE void gru_row(const seq_recurrent *s, int64_t r) {
  int64_t size = s->size;
  const float *x = s->input + r * s->input_stride, *u = s->product + r * s->product_stride;
  const float *b = s->bias, *d = s->hidden_bias, *before = s->state_before + r * s->state_stride;
  float *a = s->gates + r * s->gate_stride, *q = s->candidate + r * s->state_stride;
  float *h = s->state + r * s->state_stride;
  ELEMENTWISE for (int64_t c = 0; c < size; c++) {
    float reset = seq_sigmoid(x[c] + b[c] + u[c]);
    float z = seq_sigmoid(x[size + c] + b[size + c] + u[size + c]);
    float inner = u[2 * size + c] + d[c];
    float n = seq_tanh(x[2 * size + c] + b[2 * size + c] + reset * inner);
    a[c] = reset;
    a[size + c] = z;
    a[2 * size + c] = n;
    q[c] = inner;
    h[c] = n + z * (before[c] - n);
  }
}

SEQ_CLONES void seq_recurrent_forward(const seq_recurrent *s, int64_t rows) {
  for (int64_t r = 0; r < rows; r++) {
    switch (s->kind) {
      case SEQ_CELL_TANH: simple_row(s, r, false); break;
      case SEQ_CELL_RELU: simple_row(s, r, true); break;
      case SEQ_CELL_LSTM: lstm_row(s, r); break;
      case SEQ_CELL_GRU: gru_row(s, r); break;
    }
  }
}

// MARK: Backward

// dz = dh·(1 − h²), or dh where h > 0
SEQ_INLINE void simple_back(
    const seq_recurrent *s, int64_t r, const float *dy, const float *dh, float *dz, float *db,
    bool is_relu) {
  int64_t size = s->size;
  const float *a = s->gates + r * s->gate_stride;
  ELEMENTWISE for (int64_t c = 0; c < size; c++) {
    float g = (dh[c] + dy[c]) * (is_relu ? (a[c] > 0 ? 1.0f : 0.0f) : 1 - a[c] * a[c]);
    dz[c] = g;
    db[c] += g;
  }
}

// With t = tanh c:  dc += dh·o·(1 − t²),  di = dc·g·i(1−i),  df = dc·c₋₁·f(1−f),
//   dg = dc·i·(1 − g²),  do = dh·t·o(1−o),  dc₋₁ = dc·f
SEQ_INLINE void lstm_back(
    const seq_recurrent *s, int64_t r, const float *dy, const float *dh, float *dc, float *dz,
    float *db) {
  int64_t size = s->size;
  const float *a = s->gates + r * s->gate_stride;
  const float *cell = s->cell + r * s->state_stride, *before = s->cell_before + r * s->state_stride;
  ELEMENTWISE for (int64_t c = 0; c < size; c++) {
    float i = a[c], f = a[size + c], g = a[2 * size + c], o = a[3 * size + c];
    float t = seq_tanh(cell[c]), d = dh[c] + dy[c];
    float e = dc[c] + d * o * (1 - t * t);
    float di = e * g * i * (1 - i), df = e * before[c] * f * (1 - f);
    float dg = e * i * (1 - g * g), dout = d * t * o * (1 - o);
    dc[c] = e * f;
    dz[c] = di;
    dz[size + c] = df;
    dz[2 * size + c] = dg;
    dz[3 * size + c] = dout;
    db[c] += di;
    db[size + c] += df;
    db[2 * size + c] += dg;
    db[3 * size + c] += dout;
  }
}

// With q = U h₋₁ + d:  dn = dh·(1 − z)·(1 − n²),  dz = dh·(h₋₁ − n)·z(1−z),  dr = dn·q·r(1−r),
//   dq = dn·r, and the direct part of dh₋₁ is dh·z. On the hidden side dq stands in the place of dn.
SEQ_INLINE void gru_back(
    const seq_recurrent *s, int64_t r, const float *dy, float *dh, float *dz, float *hidden_dz,
    float *db, float *dd) {
  int64_t size = s->size;
  const float *a = s->gates + r * s->gate_stride, *q = s->candidate + r * s->state_stride;
  const float *before = s->state_before + r * s->state_stride;
  ELEMENTWISE for (int64_t c = 0; c < size; c++) {
    float reset = a[c], z = a[size + c], n = a[2 * size + c], d = dh[c] + dy[c];
    float dn = d * (1 - z) * (1 - n * n);
    float update = d * (before[c] - n) * z * (1 - z);
    float dr = dn * q[c] * reset * (1 - reset), dq = dn * reset;
    dh[c] = d * z;
    dz[c] = dr;
    dz[size + c] = update;
    dz[2 * size + c] = dn;
    hidden_dz[c] = dr;
    hidden_dz[size + c] = update;
    hidden_dz[2 * size + c] = dq;
    db[c] += dr;
    db[size + c] += update;
    db[2 * size + c] += dn;
    dd[c] += dq;
  }
}

SEQ_CLONES void seq_recurrent_backward(
    const seq_recurrent *s, const seq_recurrent_gradient *g, int64_t rows) {
  for (int64_t r = 0; r < rows; r++) {
    const float *dy = g->output + (g->output_rows ? g->output_rows[r] : r) * g->output_stride;
    float *dh = g->state + r * s->state_stride, *dz = g->gates + r * s->gate_stride;
    switch (s->kind) {
      case SEQ_CELL_TANH: simple_back(s, r, dy, dh, dz, g->bias, false); break;
      case SEQ_CELL_RELU: simple_back(s, r, dy, dh, dz, g->bias, true); break;
      case SEQ_CELL_LSTM:
        lstm_back(s, r, dy, dh, g->cell + r * s->state_stride, dz, g->bias);
        break;
      case SEQ_CELL_GRU:
        gru_back(
            s, r, dy, dh, dz, g->hidden_gates + r * s->gate_stride, g->bias, g->hidden_bias);
        break;
    }
  }
}

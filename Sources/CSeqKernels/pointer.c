// What a pointer network adds: additive attention that knows what it has covered, and words that are
// generated or copied.
#include <float.h>

#include "rows.h"

// MARK: Attention

// With x = q + k + w·c for query q, key k and coverage c, scores are Σ v·tanh(x), and
// tanh x = 1 − 2r, 1 − tanh² x = 4r·(1 − r) for r = 1 / (1 + e²ˣ).
SEQ_INLINE float rest_of_tanh(float x) { return 1.0f / (1.0f + seq_exp(2.0f * x)); }

SEQ_CLONES void seq_pointer_attention_forward(
    const seq_pointer_attention *s, const float *query, const float *key, const float *vector,
    const float *coverage_vector, float *coverage, float *weights) {
  SEQ_REASSOCIATE
  int64_t keys = s->key_count, size = s->size;
  for (int64_t i = 0; i < s->query_count; i++) {
    const float *q = query + i * size;
    float *row = weights + i * keys, *covered = coverage ? coverage + i * keys : NULL;
    if (covered && s->accumulates) {
      for (int64_t j = 0; j < keys; j++) {
        covered[j] = i == 0 ? 0.0f : covered[j - keys] + row[j - keys];
      }
    }
    for (int64_t j = 0; j < keys; j++) {
      const float *k = key + j * size;
      float sum = 0;
      if (covered) {
        for (int64_t c = 0; c < size; c++) {
          sum += vector[c]
              * (1.0f - 2.0f * rest_of_tanh(q[c] + k[c] + coverage_vector[c] * covered[j]));
        }
      } else {
        for (int64_t c = 0; c < size; c++) {
          sum += vector[c] * (1.0f - 2.0f * rest_of_tanh(q[c] + k[c]));
        }
      }
      row[j] = sum;
    }
    if (keys == 0) continue;
    float m = maximum(row, keys), total = 0;
    for (int64_t j = 0; j < keys; j++) {
      row[j] = seq_exp_below(row[j] - m);
      total += row[j];
    }
    for (int64_t j = 0; j < keys; j++) row[j] /= total;
  }
}

// With A the weights and C the coverage, Cᵢ₊₁ = Cᵢ + Aᵢ, from the last query to the first:
//   dAᵢ += dCᵢ₊₁,  dS = A∘(dA − Σ dA∘A),  dx = dS·v·(1 − tanh² x),  dv = Σ dS·tanh x,
//   dq = Σₖ dx,  dk = Σᑫ dx,  dw = Σ dx·c,  dCᵢ = dCᵢ₊₁ + Σ dx·w.
SEQ_CLONES void seq_pointer_attention_backward(
    const seq_pointer_attention *s, const float *query, const float *key, const float *vector,
    const float *coverage_vector, const float *coverage, const float *weights,
    float *weights_gradient, float *query_gradient, float *key_gradient, float *vector_gradient,
    float *coverage_vector_gradient, float *scratch) {
  SEQ_REASSOCIATE
  int64_t keys = s->key_count, size = s->size;
  float *after = scratch;
  for (int64_t j = 0; j < keys; j++) after[j] = 0;
  for (int64_t i = s->query_count - 1; i >= 0; i--) {
    const float *q = query + i * size, *a = weights + i * keys;
    const float *covered = coverage ? coverage + i * keys : NULL;
    float *g = weights_gradient + i * keys, *dq = query_gradient + i * size;
    float dot = 0;
    for (int64_t j = 0; j < keys; j++) {
      g[j] += after[j];
      dot += g[j] * a[j];
    }
    for (int64_t j = 0; j < keys; j++) {
      const float *k = key + j * size;
      float *dk = key_gradient + j * size;
      float score = a[j] * (g[j] - dot), back = 0;
      if (covered) {
        float c_j = covered[j];
        // The four gradients are no one else's memory.
#pragma clang loop vectorize(assume_safety)
        for (int64_t c = 0; c < size; c++) {
          float r = rest_of_tanh(q[c] + k[c] + coverage_vector[c] * c_j);
          float d = score * vector[c] * 4.0f * r * (1.0f - r);
          vector_gradient[c] += score * (1.0f - 2.0f * r);
          coverage_vector_gradient[c] += d * c_j;
          dq[c] += d;
          dk[c] += d;
          back += d * coverage_vector[c];
        }
        after[j] += back;
      } else {
#pragma clang loop vectorize(assume_safety)
        for (int64_t c = 0; c < size; c++) {
          float r = rest_of_tanh(q[c] + k[c]);
          float d = score * vector[c] * 4.0f * r * (1.0f - r);
          vector_gradient[c] += score * (1.0f - 2.0f * r);
          dq[c] += d;
          dk[c] += d;
        }
      }
    }
  }
}

// MARK: Generated or copied
//
// With p the generator's distribution, g = σ(z) how far it is trusted, and c the weights of the source
// tokens that are a word, a word has the probability P = g·p + (1 − g)·c. Logarithms are added, so
// that nothing underflows. m = g·p / P is the generator's share of a word.

// A weight that vanished costs much and not infinitely much; what is not a number stays so.
SEQ_INLINE float kept(float weight) { return weight < FLT_MIN ? FLT_MIN : weight; }

// ln σ(z) and ln(1 − σ(z)).
typedef struct { double generated, copied; } gate_logarithms;

SEQ_INLINE gate_logarithms logarithms_of_gate(float z) {
  double rest = log1p(exp(-fabs((double)z)));
  return (gate_logarithms){z < 0 ? z - rest : -rest, z < 0 ? -rest : -z - rest};
}

SEQ_INLINE double log_of_sum(double a, double b) {
  if (a < b) {
    double swapped = a;
    a = b;
    b = swapped;
  }
  return b == -INFINITY ? a : a + log1p(exp(b - a));
}

SEQ_INLINE double log_normalizer(const float *x, int64_t count) {
  SEQ_REASSOCIATE
  float m = maximum(x, count), sum = 0;
  for (int64_t c = 0; c < count; c++) sum += seq_exp_below(x[c] - m);
  return (double)m + log((double)sum);
}

SEQ_CLONES void seq_copy_log_probabilities(
    const float *x, int64_t vocabulary, float gate, const float *weights, const int32_t *ids,
    int64_t count, float *y, int64_t columns) {
  gate_logarithms gates = logarithms_of_gate(gate);
  float shift = (float)(gates.generated - log_normalizer(x, vocabulary));
  for (int64_t c = 0; c < vocabulary; c++) y[c] = x[c] + shift;
  for (int64_t c = vocabulary; c < columns; c++) y[c] = -INFINITY;
  for (int64_t i = 0; i < count; i++) {
    double copied = gates.copied + log((double)kept(weights[i]));
    y[ids[i]] = (float)log_of_sum(y[ids[i]], copied);
  }
}

// With G the gradient of the logarithms of P:
//   dx = m·G − p·Σ m·G,  dz = Σ G·(m − g),  daᵢ = G·(1 − g) / P of the word that token i is.
SEQ_CLONES void seq_copy_log_probabilities_backward(
    const float *x, int64_t vocabulary, float gate, const int32_t *ids, int64_t count,
    const float *y, const float *dy, int64_t columns, float *x_gradient, float *gate_gradient,
    float *weights_gradient) {
  SEQ_REASSOCIATE
  gate_logarithms gates = logarithms_of_gate(gate);
  float g = (float)exp(gates.generated);
  double normalizer = log_normalizer(x, vocabulary);
  float shift = (float)(gates.generated - normalizer);
  float generated = 0, upstream = 0;
  for (int64_t c = 0; c < vocabulary; c++) {
    generated += dy[c] * seq_exp(x[c] + shift - y[c]);
    upstream += dy[c];
  }
  for (int64_t c = vocabulary; c < columns; c++) upstream += dy[c];
  *gate_gradient += generated - g * upstream;
  for (int64_t c = 0; c < vocabulary; c++) {
    float p = seq_exp_below(x[c] - (float)normalizer);
    x_gradient[c] += dy[c] * seq_exp(x[c] + shift - y[c]) - p * generated;
  }
  for (int64_t i = 0; i < count; i++) {
    float word = dy[ids[i]];
    if (word == 0) continue;
    weights_gradient[i] += word * (float)exp(gates.copied - (double)y[ids[i]]);
  }
}

// Whether no word has a larger probability than the label, of equal ones the lowest counting.
SEQ_INLINE bool is_likeliest_word(
    const float *x, int64_t vocabulary, int32_t label, double shift, double likelihood,
    gate_logarithms gates, const int32_t *ids, int64_t count, const float *masses) {
  for (int64_t i = 0; i < count; i++) {
    int32_t id = ids[i];
    if (id == label) continue;
    double word = gates.copied + log((double)masses[id]);
    if (id < vocabulary) word = log_of_sum(word, (double)x[id] + shift);
    if (word > likelihood || (word == likelihood && id < label)) return false;
  }
  // What is only generated.
  for (int64_t c = 0; c < vocabulary; c++) {
    double word = (double)x[c] + shift;
    if (c != label && (word > likelihood || (word == likelihood && c < label))) return false;
  }
  return true;
}

// With ε the smoothing, which is the generator's alone, and V columns:
//   loss = −(1 − ε)·ln P(label) − ε/V · Σ ln p,
//   dx = p·((1 − ε)·m + ε) − ε/V − (1 − ε)·m·onehot(label),  dz = (1 − ε)·(g − m),
//   daᵢ = −(1 − ε)·(1 − g) / P where token i is the label.
SEQ_CLONES seq_loss seq_copy_cross_entropy(
    float *x, int64_t vocabulary, int32_t label, float gate, const float *weights,
    const int32_t *ids, int64_t count, float smoothing, float *masses, bool gradient, float scale,
    float *gate_gradient, float *weights_gradient) {
  SEQ_REASSOCIATE
  gate_logarithms gates = logarithms_of_gate(gate);
  double normalizer = log_normalizer(x, vocabulary), shift = gates.generated - normalizer;
  for (int64_t i = 0; i < count; i++) masses[ids[i]] += kept(weights[i]);
  double generated = label < vocabulary ? x[label] + shift : -INFINITY;
  double likelihood = log_of_sum(generated, gates.copied + log((double)masses[label]));
  seq_loss result = {0, -likelihood, 0};
  result.correct =
      is_likeliest_word(x, vocabulary, label, shift, likelihood, gates, ids, count, masses);
  for (int64_t i = 0; i < count; i++) masses[ids[i]] = 0;
  float total = 0;
  for (int64_t c = 0; c < vocabulary; c++) total += x[c];
  double uniform = (double)smoothing / (double)vocabulary, gold = 1 - (double)smoothing;
  result.loss =
      -gold * likelihood + (double)smoothing * normalizer - uniform * (double)total;
  if (!gradient) return result;
  double share = exp(generated - likelihood);
  float factor = scale * (float)(gold * share + smoothing);
  for (int64_t c = 0; c < vocabulary; c++) {
    x[c] = factor * seq_exp_below(x[c] - (float)normalizer) - scale * (float)uniform;
  }
  if (label < vocabulary) x[label] -= scale * (float)(gold * share);
  *gate_gradient = scale * (float)(gold * (exp(gates.generated) - share));
  float copied = -scale * (float)(gold * exp(gates.copied - likelihood));
  for (int64_t i = 0; i < count; i++) weights_gradient[i] = ids[i] == label ? copied : 0.0f;
  return result;
}

// SentencePiece behind C: an opaque model, status codes, messages in the caller's buffer.
// No C++ exception leaves these functions.
#ifndef C_SENTENCE_PIECE_H
#define C_SENTENCE_PIECE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A loaded model. Every function that takes it const may be called from many threads at once.
typedef struct csp_model csp_model;

typedef enum csp_status {
  CSP_OK = 0,
  /// The line source reported a failure of its own.
  CSP_LINES_FAILED = 1,
  /// SentencePiece refused; the message says why.
  CSP_REFUSED = 2,
  /// Memory or another resource ran out inside the library.
  CSP_FAILED = 3,
} csp_status;

typedef enum csp_piece_type {
  CSP_PIECE_NORMAL = 0,
  CSP_PIECE_UNKNOWN = 1,
  CSP_PIECE_CONTROL = 2,
  CSP_PIECE_UNUSED = 3,
  CSP_PIECE_BYTE = 4,
} csp_piece_type;

typedef enum csp_model_type {
  CSP_MODEL_UNIGRAM = 0,
  CSP_MODEL_BPE = 1,
} csp_model_type;

/// Bytes owned by the library until `csp_bytes_free`.
typedef struct csp_bytes {
  char *data;
  size_t size;
} csp_bytes;

/// Ids owned by the library until `csp_ids_free`.
typedef struct csp_ids {
  int32_t *data;
  size_t count;
} csp_ids;

/// Where an error is described: a buffer the caller owns, always zero-terminated.
typedef struct csp_message {
  char *data;
  size_t capacity;
} csp_message;

typedef struct csp_training {
  csp_model_type type;
  int32_t vocabulary_size;
  double character_coverage;
  int32_t byte_fallback;
  /// Whether a line is not a line of text but a piece of one, a tab, and how often it occurs.
  int32_t is_counted;
} csp_training;

/// Gives the next training line: 1 and the line, 0 at the end, -1 on failure. The bytes must stay
/// valid until the next call.
typedef int (*csp_next_line)(void *context, const char **line, size_t *size);

/// Trains on the lines and gives the serialised model. One thread, so the same lines give the
/// same model. Ids: 0 <pad>, 1 <s>, 2 </s>, 3 <unk>. Text is taken as it is, spaces included.
csp_status csp_train(const csp_training *options, csp_next_line next, void *context,
                     csp_bytes *model, csp_message message);

/// Loads a serialised model; free it with `csp_model_free`.
csp_status csp_model_load(const char *data, size_t size, csp_model **model, csp_message message);
void csp_model_free(csp_model *model);

int32_t csp_model_piece_count(const csp_model *model);
/// The piece's bytes, owned by the model; `id` is below the piece count.
const char *csp_model_piece(const csp_model *model, int32_t id, size_t *size);
float csp_model_score(const csp_model *model, int32_t id);
csp_piece_type csp_model_piece_type(const csp_model *model, int32_t id);
/// The ids of special pieces, -1 where the model has none.
int32_t csp_model_pad_id(const csp_model *model);
int32_t csp_model_begin_id(const csp_model *model);
int32_t csp_model_end_id(const csp_model *model);
int32_t csp_model_unknown_id(const csp_model *model);

csp_status csp_model_encode(const csp_model *model, const char *text, size_t size, csp_ids *ids,
                            csp_message message);
csp_status csp_model_decode(const csp_model *model, const int32_t *ids, size_t count,
                            csp_bytes *text, csp_message message);
/// The pieces of a text by the model's own encoding, unknown ones as the text has them: for each its
/// size, four bytes in the machine's order, and its bytes.
csp_status csp_model_encode_pieces(const csp_model *model, const char *text, size_t size,
                                   csp_bytes *pieces, csp_message message);
/// The text as the model's own normaliser leaves it: the surfaces that encoding would segment.
csp_status csp_model_normalize(const csp_model *model, const char *text, size_t size,
                               csp_bytes *normalized, csp_message message);

void csp_bytes_free(csp_bytes bytes);
void csp_ids_free(csp_ids ids);

#ifdef __cplusplus
}
#endif

#endif

#include "CSentencePiece.h"

#include <sentencepiece_processor.h>
#include <sentencepiece_trainer.h>

#include <cstdlib>
#include <cstring>
#include <exception>
#include <mutex>
#include <new>
#include <string>
#include <unordered_map>
#include <vector>

struct csp_model {
  sentencepiece::SentencePieceProcessor processor;
};

namespace {

using sentencepiece::util::Status;
using sentencepiece::util::StatusCode;

void Describe(csp_message message, const char *text) {
  if (message.data == nullptr || message.capacity == 0) return;
  std::strncpy(message.data, text, message.capacity - 1);
  message.data[message.capacity - 1] = '\0';
}

/// Runs the body; an exception becomes a status with its words.
template <typename Body>
csp_status Guarded(csp_message message, Body body) noexcept {
  try {
    Describe(message, "");
    return body();
  } catch (const std::exception &error) {
    Describe(message, error.what());
  } catch (...) {
    Describe(message, "unknown C++ exception");
  }
  return CSP_FAILED;
}

/// OK, or REFUSED with the library's words.
csp_status Refused(const Status &status, csp_message message) {
  if (status.ok()) return CSP_OK;
  Describe(message, status.error_message());
  return CSP_REFUSED;
}

csp_bytes Copied(const std::string &text) {
  char *data = static_cast<char *>(std::malloc(text.empty() ? 1 : text.size()));
  if (data == nullptr) throw std::bad_alloc();
  if (!text.empty()) std::memcpy(data, text.data(), text.size());
  return {data, text.size()};
}

/// The caller's lines as the trainer wants them. The trainer asks for `value` after construction
/// and after every `Next`.
class Lines final : public sentencepiece::SentenceIterator {
 public:
  Lines(csp_next_line next, void *context) : next_(next), context_(context) { Next(); }

  bool done() const override { return done_; }
  const std::string &value() const override { return value_; }
  bool failed() const { return failed_; }

  Status status() const override {
    return failed_ ? Status(StatusCode::kAborted, "reading the training lines failed") : Status();
  }

  void Next() override {
    const char *line = nullptr;
    size_t size = 0;
    const int result = next_(context_, &line, &size);
    failed_ = result < 0;
    done_ = result <= 0;
    if (done_) {
      value_.clear();
    } else {
      value_.assign(line, size);
    }
  }

 private:
  csp_next_line next_;
  void *context_;
  std::string value_;
  bool done_ = false;
  bool failed_ = false;
};

/// The trainer's log level and random seed are global, so trainings take turns.
std::mutex &TrainingTurn() {
  static std::mutex turn;
  return turn;
}

}  // namespace

csp_status csp_train(const csp_training *options, csp_next_line next, void *context,
                     csp_bytes *model, csp_message message) {
  return Guarded(message, [&] {
    const std::unordered_map<std::string, std::string> arguments = {
        {"model_type", options->type == CSP_MODEL_BPE ? "bpe" : "unigram"},
        {"vocab_size", std::to_string(options->vocabulary_size)},
        {"character_coverage", std::to_string(options->character_coverage)},
        {"byte_fallback", options->byte_fallback != 0 ? "true" : "false"},
        {"input_format", options->is_counted != 0 ? "tsv" : "text"},
        {"hard_vocab_limit", "true"},
        {"normalization_rule_name", "identity"},
        {"remove_extra_whitespaces", "false"},
        {"add_dummy_prefix", "true"},
        {"pad_id", "0"},
        {"bos_id", "1"},
        {"eos_id", "2"},
        {"unk_id", "3"},
        {"pad_piece", "<pad>"},
        {"bos_piece", "<s>"},
        {"eos_piece", "</s>"},
        {"unk_piece", "<unk>"},
        {"num_threads", "1"},
        // Longer lines would be left out in silence (the default is 4192 bytes).
        {"max_sentence_length", "1048576"},
        // Above FATAL: the library writes nothing to the standard error stream.
        {"minloglevel", "4"},
    };
    std::lock_guard<std::mutex> turn(TrainingTurn());
    sentencepiece::SetRandomGeneratorSeed(1);
    Lines lines(next, context);
    std::string serialized;
    const Status status =
        sentencepiece::SentencePieceTrainer::Train(arguments, &lines, &serialized);
    if (lines.failed()) return CSP_LINES_FAILED;
    if (!status.ok()) return Refused(status, message);
    *model = Copied(serialized);
    return CSP_OK;
  });
}

csp_status csp_model_load(const char *data, size_t size, csp_model **model, csp_message message) {
  return Guarded(message, [&] {
    auto loaded = std::make_unique<csp_model>();
    const Status status = loaded->processor.LoadFromSerializedProto({data, size});
    if (!status.ok()) return Refused(status, message);
    *model = loaded.release();
    return CSP_OK;
  });
}

void csp_model_free(csp_model *model) { delete model; }

int32_t csp_model_piece_count(const csp_model *model) { return model->processor.GetPieceSize(); }

const char *csp_model_piece(const csp_model *model, int32_t id, size_t *size) {
  const std::string &piece = model->processor.IdToPiece(id);
  *size = piece.size();
  return piece.data();
}

float csp_model_score(const csp_model *model, int32_t id) { return model->processor.GetScore(id); }

csp_piece_type csp_model_piece_type(const csp_model *model, int32_t id) {
  const auto &processor = model->processor;
  if (processor.IsUnknown(id)) return CSP_PIECE_UNKNOWN;
  if (processor.IsControl(id)) return CSP_PIECE_CONTROL;
  if (processor.IsUnused(id)) return CSP_PIECE_UNUSED;
  if (processor.IsByte(id)) return CSP_PIECE_BYTE;
  return CSP_PIECE_NORMAL;
}

int32_t csp_model_pad_id(const csp_model *model) { return model->processor.pad_id(); }
int32_t csp_model_begin_id(const csp_model *model) { return model->processor.bos_id(); }
int32_t csp_model_end_id(const csp_model *model) { return model->processor.eos_id(); }
int32_t csp_model_unknown_id(const csp_model *model) { return model->processor.unk_id(); }

csp_status csp_model_encode(const csp_model *model, const char *text, size_t size, csp_ids *ids,
                            csp_message message) {
  return Guarded(message, [&] {
    std::vector<int> found;
    const Status status = model->processor.Encode(absl::string_view(text, size), &found);
    if (!status.ok()) return Refused(status, message);
    auto *data = static_cast<int32_t *>(std::malloc((found.size() + 1) * sizeof(int32_t)));
    if (data == nullptr) throw std::bad_alloc();
    for (size_t i = 0; i < found.size(); ++i) data[i] = found[i];
    *ids = {data, found.size()};
    return CSP_OK;
  });
}

csp_status csp_model_decode(const csp_model *model, const int32_t *ids, size_t count,
                            csp_bytes *text, csp_message message) {
  return Guarded(message, [&] {
    const std::vector<int> wanted(ids, ids + count);
    std::string decoded;
    const Status status = model->processor.Decode(wanted, &decoded);
    if (!status.ok()) return Refused(status, message);
    *text = Copied(decoded);
    return CSP_OK;
  });
}

csp_status csp_model_encode_pieces(const csp_model *model, const char *text, size_t size,
                                   csp_bytes *pieces, csp_message message) {
  return Guarded(message, [&] {
    std::vector<std::string> found;
    const Status status = model->processor.Encode(absl::string_view(text, size), &found);
    if (!status.ok()) return Refused(status, message);
    std::string joined;
    for (const std::string &piece : found) {
      const auto count = static_cast<uint32_t>(piece.size());
      joined.append(reinterpret_cast<const char *>(&count), sizeof count);
      joined += piece;
    }
    *pieces = Copied(joined);
    return CSP_OK;
  });
}

csp_status csp_model_normalize(const csp_model *model, const char *text, size_t size,
                               csp_bytes *normalized, csp_message message) {
  return Guarded(message, [&] {
    const auto encoded =
        model->processor.EncodeAsImmutableProto(absl::string_view(text, size));
    std::string joined;
    for (size_t i = 0; i < encoded.pieces_size(); ++i) {
      const auto piece = encoded.pieces(static_cast<int>(i));
      if (!model->processor.IsByte(static_cast<int>(piece.id()))) {
        joined += piece.piece();
      } else {
        // "<0xE2>": a byte outside the vocabulary.
        joined += static_cast<char>(std::stoi(piece.piece().substr(3, 2), nullptr, 16));
      }
    }
    *normalized = Copied(joined);
    return CSP_OK;
  });
}

void csp_bytes_free(csp_bytes bytes) { std::free(bytes.data); }
void csp_ids_free(csp_ids ids) { std::free(ids.data); }

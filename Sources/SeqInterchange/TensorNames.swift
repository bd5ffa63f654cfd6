internal import SeqModels

/// One of our parameters and the tensors of another toolkit that it is made of, laid one below the
/// other.
///
/// A product here computes queries, keys and values at once, where others have a matrix for each: ours
/// is theirs stacked.
struct TensorNames: Hashable {
  /// The parameter's name.
  let own: String
  /// The tensors' names, top to bottom; all have the same shape.
  let others: [String]
}

/// What the tensors of a model are called elsewhere.
struct TensorTable {
  /// Every parameter, in the order in which they are written.
  private(set) var rows: [TensorNames] = []
  /// Names under which files hold a tensor once more, by the name that counts.
  private(set) var copies: [String: [String]] = [:]
  /// Names of tables of sines and cosines, which a file may hold and nobody needs.
  private(set) var sinusoids: [String] = []

  mutating func add(_ own: String, _ others: String...) {
    rows.append(TensorNames(own: own, others: others))
  }

  /// Adds weight and bias of a linear map or a norm.
  mutating func addPair(_ own: String, _ others: [String], hasBias: Bool = true) {
    for kind in hasBias ? ["weight", "bias"] : ["weight"] {
      rows.append(TensorNames(own: "\(own).\(kind)", others: others.map { "\($0).\(kind)" }))
    }
  }

  mutating func addCopies(of name: String, _ copies: String...) {
    self.copies[name, default: []] += copies
  }

  mutating func addSinusoids(_ names: String...) { sinusoids += names }
}

extension TensorTable {
  /// The names that the family gives to the parameters of a model of these sizes.
  init(_ family: HuggingFaceFamily, _ configuration: ModelConfiguration) {
    guard let (encoder, decoder) = configuration.transformerHalves else { return }
    if family.isT5 {
      addT5(encoder, decoder)
    } else {
      addBART(encoder, decoder)
    }
  }

  private mutating func addBART(
    _ encoder: TransformerConfiguration, _ decoder: TransformerConfiguration
  ) {
    if decoder.tying.sharesEmbeddings {
      add("embedding.weight", "model.shared.weight")
      addCopies(
        of: "model.shared.weight", "model.encoder.embed_tokens.weight",
        "model.decoder.embed_tokens.weight")
    } else {
      add("source_embedding.weight", "model.encoder.embed_tokens.weight")
      add("target_embedding.weight", "model.decoder.embed_tokens.weight")
    }
    if decoder.tying.sharesProjection {
      addCopies(
        of: decoder.tying.sharesEmbeddings
          ? "model.shared.weight" : "model.decoder.embed_tokens.weight", "lm_head.weight")
    } else {
      add("output.weight", "lm_head.weight")
    }
    add("output.bias", "final_logits_bias")
    for (side, half) in [("encoder", encoder), ("decoder", decoder)] {
      let other = "model.\(side)"
      if half.positions == .learned {
        add("\(side).positions.weight", "\(other).embed_positions.weight")
      } else {
        addSinusoids("\(other).embed_positions.weight")
      }
      if half.conventions.embeddingNorm {
        addPair("\(side).embedding_norm", ["\(other).layernorm_embedding"])
      }
      let count = side == "encoder" ? half.encoderLayerCount : half.decoderLayerCount
      for index in 0..<count {
        let (own, other) = ("\(side).layers.\(index)", "\(other).layers.\(index)")
        func projections(_ kinds: String...) -> [String] { kinds.map { "\(other).\($0)_proj" } }
        addPair(
          "\(own).self_attention.input",
          projections("self_attn.q", "self_attn.k", "self_attn.v"))
        addPair("\(own).self_attention.output", projections("self_attn.out"))
        addPair("\(own).self_attention_norm", ["\(other).self_attn_layer_norm"])
        if side == "decoder" {
          addPair("\(own).cross_attention.query", projections("encoder_attn.q"))
          addPair(
            "\(own).cross_attention.memory", projections("encoder_attn.k", "encoder_attn.v"))
          addPair("\(own).cross_attention.output", projections("encoder_attn.out"))
          addPair("\(own).cross_attention_norm", ["\(other).encoder_attn_layer_norm"])
        }
        addPair("\(own).feed_forward.inner", ["\(other).fc1"])
        addPair("\(own).feed_forward.outer", ["\(other).fc2"])
        addPair("\(own).feed_forward_norm", ["\(other).final_layer_norm"])
      }
      if half.norm == .pre { addPair("\(side).norm", ["\(other).layer_norm"]) }
    }
  }

  private mutating func addT5(
    _ encoder: TransformerConfiguration, _ decoder: TransformerConfiguration
  ) {
    add("embedding.weight", "shared.weight")
    addCopies(of: "shared.weight", "encoder.embed_tokens.weight", "decoder.embed_tokens.weight")
    if decoder.tying.sharesProjection {
      addCopies(of: "shared.weight", "lm_head.weight")
    } else {
      add("output.weight", "lm_head.weight")
    }
    for (side, half) in [("encoder", encoder), ("decoder", decoder)] {
      let count = side == "encoder" ? half.encoderLayerCount : half.decoderLayerCount
      for index in 0..<count {
        let (own, other) = ("\(side).layers.\(index)", "\(side).block.\(index).layer")
        func maps(_ place: String, _ names: String...) -> [String] {
          names.map { "\(other).\(place).\($0)" }
        }
        addPair(
          "\(own).self_attention.input", maps("0.SelfAttention", "q", "k", "v"), hasBias: false)
        addPair("\(own).self_attention.output", maps("0.SelfAttention", "o"), hasBias: false)
        addPair("\(own).self_attention_norm", maps("0", "layer_norm"), hasBias: false)
        if side == "decoder" {
          addPair("\(own).cross_attention.query", maps("1.EncDecAttention", "q"), hasBias: false)
          addPair(
            "\(own).cross_attention.memory", maps("1.EncDecAttention", "k", "v"), hasBias: false)
          addPair("\(own).cross_attention.output", maps("1.EncDecAttention", "o"), hasBias: false)
          addPair("\(own).cross_attention_norm", maps("1", "layer_norm"), hasBias: false)
        }
        let last = side == "encoder" ? 1 : 2
        addPair(
          "\(own).feed_forward.inner",
          half.activation.isGated
            ? maps("\(last).DenseReluDense", "wi_0", "wi_1")
            : maps("\(last).DenseReluDense", "wi"), hasBias: false)
        addPair(
          "\(own).feed_forward.outer", maps("\(last).DenseReluDense", "wo"), hasBias: false)
        addPair("\(own).feed_forward_norm", maps("\(last)", "layer_norm"), hasBias: false)
        if index == 0 {
          add(
            "\(side).relative_positions.weight",
            "\(other).0.SelfAttention.relative_attention_bias.weight")
        }
      }
      addPair("\(side).norm", ["\(side).final_layer_norm"], hasBias: false)
    }
  }
}

extension ModelConfiguration {
  /// The halves of a model that is a Transformer on both sides.
  var transformerHalves: (encoder: TransformerConfiguration, decoder: TransformerConfiguration)? {
    switch self {
    case .transformer(let whole): return (whole, whole)
    case .recurrent: return nil
    case .mixed(let mixed):
      guard case .transformer(let encoder) = mixed.encoder,
        case .transformer(let decoder) = mixed.decoder
      else { return nil }
      return (encoder, decoder)
    }
  }
}

package import SeqTensors

// What makes long sources cheap: a window in the encoder's self-attention, latents in the place of
// tokens, fewer rows for the decoder to attend to.

extension TransformerConfiguration {
  /// What a token of the encoder sees; nil is the whole source.
  package var window: AttentionWindow? {
    attentionWindow.map {
      AttentionWindow(before: $0 / 2, after: $0 / 2, globalCount: globalTokenCount ?? 0)
    }
  }

  /// ``latentReadEvery``, or what it is where nothing is said.
  package var readInterval: Int { latentReadEvery ?? 1 }

  /// Whether latents read the source in an encoder layer, counted from 0.
  package func readsSource(inLayer index: Int) -> Bool {
    latentCount != nil && index % readInterval == 0
  }

  /// How many encoder layers read the source.
  var readCount: Int { (encoderLayerCount - 1) / readInterval + 1 }

  /// What a row of the encoder's memory stands for.
  package var memoryRows: MemoryRows {
    if latentCount != nil { return .latents }
    return memoryCompression.map { .groups($0) } ?? .tokens
  }

  /// Where the sizes for long inputs are none, or do not go together: a key, and what is to be said of
  /// it.
  package var longInputProblems: [(key: String, message: String)] {
    var problems: [(key: String, message: String)] = []
    func check(_ key: String, _ value: Int?, atLeast minimum: Int) {
      guard let value, value < minimum else { return }
      problems.append((key, "is \(value), below \(minimum)"))
    }
    func refuse(_ key: String, _ value: Int?, _ reason: String) {
      if value != nil { problems.append((key, reason)) }
    }
    check("attention_window", attentionWindow, atLeast: 2)
    check("global_token_count", globalTokenCount, atLeast: 0)
    check("latent_count", latentCount, atLeast: 1)
    check("latent_read_every", latentReadEvery, atLeast: 1)
    check("memory_compression", memoryCompression, atLeast: 2)
    guard problems.isEmpty else { return problems }
    if let attentionWindow, attentionWindow % 2 != 0 {
      problems.append(
        ("attention_window", "is \(attentionWindow): half of it is on each side, so it is even"))
    }
    if latentCount != nil {
      let reason = "has no effect with latent_count: "
      refuse("attention_window", attentionWindow, reason + "latents see all of the source")
      refuse(
        "memory_compression", memoryCompression, reason + "the decoder attends to latents alone")
      if !positions.isAbsolute {
        problems.append(
          (
            "latent_count",
            "does not go with positions: \(positions.rawValue), which self-attention adds between "
              + "tokens; latents find order in embeddings alone, with sinusoidal or learned"
          ))
      }
    } else {
      refuse("latent_read_every", latentReadEvery, "has no effect without latent_count")
    }
    if attentionWindow == nil {
      refuse("global_token_count", globalTokenCount, "has no effect without attention_window")
    } else if !positions.isAbsolute, positions != .rotary {
      problems.append(
        (
          "attention_window",
          "does not go with positions: \(positions.rawValue), which add to the score of every pair; "
            + "use sinusoidal, learned or rotary"
        ))
    }
    return problems + (pointingProblem(copying: copying).map { [$0] } ?? [])
  }

  /// Why a model that copies cannot point at what it copies: rows of the memory are no tokens.
  package func pointingProblem(
    copying: CopyingConfiguration?
  ) -> (key: String, message: String)? {
    guard copying != nil else { return nil }
    let message = "does not go with copying, which points at single source tokens"
    return switch memoryRows {
    case .tokens: nil
    case .groups: ("memory_compression", message)
    case .latents: ("latent_count", message)
    }
  }
}

extension ModelConfiguration {
  /// What a row of the memory, that the decoder is given of the source, stands for.
  public var memoryRows: MemoryRows {
    switch self {
    case .transformer(let configuration): configuration.memoryRows
    case .recurrent: .tokens
    case .mixed(let configuration):
      switch configuration.encoder {
      case .transformer(let half): half.memoryRows
      case .recurrent: .tokens
      }
    }
  }

  /// What a token of the encoder sees where its attention has a window; nil where it has none.
  package var window: AttentionWindow? {
    switch self {
    case .transformer(let configuration): configuration.window
    case .recurrent: nil
    case .mixed(let configuration):
      switch configuration.encoder {
      case .transformer(let half): half.window
      case .recurrent: nil
      }
    }
  }
}

/// What a row of an encoder's memory stands for.
public enum MemoryRows: Hashable, Sendable {
  /// A source token.
  case tokens
  /// So many neighbouring source tokens; the last group of a source may have fewer.
  case groups(Int)
  /// A latent, which belongs to no token.
  case latents
}

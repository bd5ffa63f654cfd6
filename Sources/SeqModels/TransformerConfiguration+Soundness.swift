extension TransformerConfiguration {
  /// What stands in the way of a model of these sizes, in words.
  ///
  /// For configurations from outside: the initialiser of ``Transformer`` traps on most of them.
  ///
  /// - Parameters:
  ///   - vocabularies: how many ids each side is to know.
  ///   - bytesPerParameter: the memory that each trained number is going to take.
  /// - Returns: the problems, none when there can be such a model.
  public func problems(vocabularies: VocabularySizes, bytesPerParameter: Int = 4) -> [String] {
    let problems = sizeProblems
    guard problems.isEmpty else { return problems }
    return tying.problems(vocabularies, embeddingSize: embeddingSize, stateSize: embeddingSize)
      + (copying?.problems(vocabularies) ?? [])
      + memoryProblems(
        parameterCount: parameterCount(vocabularies: vocabularies),
        bytesPerParameter: bytesPerParameter)
  }

  /// Sizes and shares that are none, or do not go together.
  var sizeProblems: [String] {
    var problems = copying?.problems ?? []
    let sizes = [
      ("encoder_layer_count", encoderLayerCount), ("decoder_layer_count", decoderLayerCount),
      ("embedding_size", embeddingSize), ("feed_forward_size", feedForwardSize),
      ("head_count", headCount), ("max_positions", maxPositions), ("max_distance", distanceLimit),
      ("bucket_count", bucketLimit), ("head_size", headSize ?? 1),
    ]
    for (key, size) in sizes where size < 1 { problems.append("\(key) is \(size), below 1") }
    let shares = [
      ("dropout", dropout), ("attention_dropout", attentionDropout),
      ("activation_dropout", activationDropout),
    ]
    for (key, share) in shares where !(0..<1).contains(share) {
      problems.append("\(key) is \(share), not from 0 up to 1")
    }
    guard problems.isEmpty else { return problems }
    if headSize == nil, embeddingSize % headCount != 0 {
      problems.append("head_count \(headCount) does not divide embedding_size \(embeddingSize)")
    }
    if positions.isSinusoidal, embeddingSize % 2 != 0 {
      problems.append("sinusoidal positions need an even embedding_size, not \(embeddingSize)")
    }
    if positions == .rotary, columnsPerHead % 2 != 0 {
      problems.append(
        "rotary positions need heads of an even size, not \(columnsPerHead)")
    }
    if positions == .alibi, headCount < 2 {
      problems.append(
        "alibi positions need a head_count of at least 2: in the encoder one head looks back and "
          + "another ahead")
    }
    if positions == .t5, bucketLimit < 4 || distanceLimit <= bucketLimit / 2 {
      problems.append(
        "t5 positions need a bucket_count of at least 4 and a max_distance above half of it, not "
          + "\(bucketLimit) and \(distanceLimit)")
    }
    return problems
      + (longInputProblems + documentProblems).map { "\($0.key) \($0.message)" }
      + conventions.problems(self).map { "conventions.\($0.key) \($0.message)" }
  }

  /// How many numbers are trained; in floating point, since sizes from outside may be absurd.
  package func parameterCount(vocabularies: VocabularySizes) -> Double {
    encoderParameterCount
      + decoderParameterCount(
        memorySize: Double(embeddingSize), readsParagraphs: documentLayerCount != nil)
      + tying.parameterCount(
        vocabularies, sourceSize: embeddingSize, targetSize: embeddingSize,
        stateSize: embeddingSize, hasBias: outputBias)
  }

  var encoderParameterCount: Double {
    Double(encoderLayerCount) * encoderLayerParameterCount + sideCount + latentParameterCount
      + documentParameterCount + compressionParameterCount
  }

  private var encoderLayerParameterCount: Double {
    attentionCount + positionCount + feedForwardCount + 2 * normCount
  }

  /// Of the layers among paragraphs, what pools, its norm, and the way back to tokens.
  private var documentParameterCount: Double {
    guard let documentLayerCount else { return 0 }
    let size = Double(embeddingSize)
    return Double(documentLayerCount) * encoderLayerParameterCount + sideCount
      - (conventions.embeddingNorm ? normCount : 0) + size + attentionCount + normCount
      + size * size + size
  }

  /// Of the latents, the norm of what they read, and what reads.
  private var latentParameterCount: Double {
    guard let latentCount else { return 0 }
    let size = Double(embeddingSize)
    return Double(latentCount) * size + normCount
      + Double(readCount) * (attentionCount + normCount)
  }

  private var compressionParameterCount: Double {
    let size = Double(embeddingSize)
    return memoryCompression.map { size * Double($0) * size + size } ?? 0
  }

  func decoderParameterCount(memorySize: Double, readsParagraphs: Bool) -> Double {
    let size = Double(embeddingSize)
    return Double(decoderLayerCount)
      * (2 * attentionCount + positionCount + feedForwardCount + 3 * normCount
        + (readsParagraphs ? attentionCount + normCount : 0))
      + sideCount + (memorySize == size ? 0 : size * (memorySize + 1))
      + (copying?.parameterCount(stateSize: size, memorySize: memorySize) ?? 0)
  }

  private var normCount: Double { (normType == .layer ? 2 : 1) * Double(embeddingSize) }

  /// Columns of all heads.
  private var columnCount: Double { Double(headCount) * Double(columnsPerHead) }

  private var attentionCount: Double {
    let (size, columns) = (Double(embeddingSize), columnCount)
    return 4 * size * columns + (conventions.linearBias ? 3 * columns + size : 0)
  }

  private var feedForwardCount: Double {
    let (size, inner) = (Double(embeddingSize), Double(feedForwardSize))
    let first = (activation.isGated ? 2 : 1) * inner
    return (first + inner) * size + (conventions.linearBias ? first + size : 0)
  }

  /// What a self-attention has for positions of its own.
  private var positionCount: Double {
    let size = Double(embeddingSize)
    switch positions {
    case .shaw: return (2 * Double(distanceLimit) + 1) * Double(columnsPerHead)
    case .disentangled:
      return 2 * size * columnCount + (conventions.linearBias ? columnCount : 0)
    case .sinusoidal, .paperSinusoidal, .learned, .t5, .rotary, .alibi: return 0
    }
  }

  /// What a side has beside its layers.
  private var sideCount: Double {
    let table: Double =
      switch positions {
      case .learned: Double(maxPositions) * Double(embeddingSize)
      case .t5: Double(bucketLimit) * Double(headCount)
      case .disentangled: 2 * Double(distanceLimit) * Double(embeddingSize)
      case .sinusoidal, .paperSinusoidal, .shaw, .rotary, .alibi: 0
      }
    let norms = (norm == .pre ? 1.0 : 0) + (conventions.embeddingNorm ? 1 : 0)
    return norms * normCount + table
  }
}

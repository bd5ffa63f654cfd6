internal import SeqLayers

extension RecurrentConfiguration {
  /// What stands in the way of a model of these sizes, in words.
  ///
  /// For configurations from outside: the initialiser of ``RecurrentModel`` traps on most of them.
  ///
  /// - Parameters:
  ///   - vocabularies: how many ids each side is to know.
  ///   - bytesPerParameter: the memory that each trained number is going to take.
  /// - Returns: the problems, none when there can be such a model.
  public func problems(vocabularies: VocabularySizes, bytesPerParameter: Int = 4) -> [String] {
    let problems = sizeProblems
    guard problems.isEmpty else { return problems }
    let finals = FinalStates(cell: cell, layerCount: encoderLayerCount)
    return decoderProblems(memorySize: memorySize, finalStates: finals).map { key, message in
      "\(key): \(message)"
    }
      + tying.problems(vocabularies, embeddingSize: embeddingSize, stateSize: hiddenSize)
      + (copying?.problems(vocabularies) ?? [])
      + memoryProblems(
        parameterCount: parameterCount(vocabularies: vocabularies),
        bytesPerParameter: bytesPerParameter)
  }

  /// Sizes and shares that are none.
  var sizeProblems: [String] {
    var problems = copying?.problems ?? []
    let sizes = [
      ("encoder_layer_count", encoderLayerCount), ("decoder_layer_count", decoderLayerCount),
      ("embedding_size", embeddingSize), ("hidden_size", hiddenSize),
      ("attention.size", attention?.size ?? 1), ("attention.head_count", attention?.headCount ?? 1),
    ]
    for (key, size) in sizes where size < 1 { problems.append("\(key) is \(size), below 1") }
    if !(0..<1).contains(dropout) {
      problems.append("dropout is \(dropout), not from 0 up to 1")
    }
    if let deviation = embeddingDeviation, !(deviation > 0 && deviation.isFinite) {
      problems.append("embedding_deviation is \(deviation), no number above 0")
    }
    if !forgetBias.isFinite { problems.append("forget_bias is \(forgetBias), no number") }
    return problems
  }

  /// What the decoder cannot do with such an encoder, and the keys that say so.
  package func decoderProblems(memorySize: Int, finalStates: FinalStates?)
    -> [(key: String, message: String)]
  {
    var problems: [(key: String, message: String)] = []
    if let attention {
      if let problem = attention.score.problem(
        querySize: hiddenSize, memorySize: memorySize, size: attention.size ?? hiddenSize,
        headCount: attention.headCount)
      {
        problems.append(("attention.score", problem))
      }
      if attention.inputFeeding, attention.placement == .before {
        problems.append(
          (
            "attention.input_feeding",
            "needs placement: after; before the step the context enters the cell already"
          ))
      }
    }
    if bridge == .copy {
      if finalStates?.cell != cell {
        problems.append(("bridge", "copy needs an encoder of the same cell, \(cell.rawValue)"))
      }
      if memorySize != hiddenSize {
        problems.append(
          (
            "bridge",
            "copy needs final states of the decoder's size, not \(memorySize) and \(hiddenSize); "
              + "an encoder of both directions gives twice its hidden_size"
          ))
      }
    }
    return problems
  }

  /// How many numbers are trained; in floating point, since sizes from outside may be absurd.
  package func parameterCount(vocabularies: VocabularySizes) -> Double {
    encoderParameterCount + decoderParameterCount(memorySize: Double(memorySize))
      + tying.parameterCount(
        vocabularies, sourceSize: embeddingSize, targetSize: embeddingSize, stateSize: hiddenSize,
        hasBias: outputBias)
  }

  private func layerParameterCount(inputSize: Double) -> Double {
    let (gates, hidden) = (Double(cell.gateCount), Double(hiddenSize))
    return gates * hidden * (inputSize + hidden + 1) + (cell == .gru ? hidden : 0)
  }

  var encoderParameterCount: Double {
    let directions: Double = direction == .bidirectional ? 2 : 1
    let upper = layerParameterCount(inputSize: directions * Double(hiddenSize))
    return directions
      * (layerParameterCount(inputSize: Double(embeddingSize))
        + Double(encoderLayerCount - 1) * upper)
  }

  func decoderParameterCount(memorySize: Double) -> Double {
    let (hidden, embedding) = (Double(hiddenSize), Double(embeddingSize))
    let maps: Double =
      bridge == .copy ? 0 : Double(decoderLayerCount) * (cell.hasCellState ? 2 : 1)
    let score =
      attention.map {
        $0.score.sizes(
          querySize: hidden, memorySize: memorySize, size: Double($0.size ?? hiddenSize))
      } ?? (parameterCount: 0, contextSize: memorySize)
    let inputs = CellInputs(self)
    let second =
      inputs.contextEntersCell ? score.contextSize : inputs.stateIsFed ? hidden : 0
    let combined =
      attention == nil && contextUse == .start
      ? 0
      : hidden
        * (score.contextSize + hidden + (inputs.contextEntersCell ? embedding : 0) + 1)
    let layers =
      layerParameterCount(inputSize: embedding + second)
      + Double(decoderLayerCount - 1) * layerParameterCount(inputSize: hidden)
    let pointer = copying?.parameterCount(stateSize: hidden, memorySize: memorySize) ?? 0
    return layers + maps * (memorySize * hidden + hidden) + score.parameterCount + combined
      + pointer
  }
}

extension AttentionScoreKind {
  /// How many numbers a score has and how many columns its context; in floating point.
  fileprivate func sizes(querySize: Double, memorySize: Double, size: Double)
    -> (parameterCount: Double, contextSize: Double)
  {
    switch self {
    case .dot: (0, memorySize)
    case .general: (querySize * memorySize, memorySize)
    case .concat, .additive: (size * (querySize + memorySize + 1), memorySize)
    case .scaledDot: (size * (querySize + 1) + 2 * size * (memorySize + 1), size)
    case .multiHead:
      (size * (querySize + 1) + 2 * size * (memorySize + 1) + size * (size + 1), size)
    }
  }
}

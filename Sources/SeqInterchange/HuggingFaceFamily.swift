/// The families of encoder–decoders of Hugging Face's transformers that have a counterpart here; the raw
/// value is `model_type` of their `config.json`.
public enum HuggingFaceFamily: String, Hashable, Sendable, CaseIterable {
  /// MarianMT, the OPUS-MT models: post-norm, sinusoidal positions.
  case marian
  /// BART: post-norm, learned positions, a norm after the embeddings (Lewis et al. 2020,
  /// arXiv:1910.13461).
  case bart
  /// mBART: BART with norms before the blocks (Liu et al. 2020, arXiv:2001.08210).
  case mbart
  /// Pegasus: norms before the blocks, sinusoidal positions (Zhang et al. 2020, arXiv:1912.08777).
  case pegasus
  /// T5 and its second form, v1.1 (Raffel et al. 2020, arXiv:1910.10683).
  case t5
  /// mT5: T5 v1.1 in many languages (Xue et al. 2021, arXiv:2010.11934).
  case mt5

  /// Whether tensors are named as T5's are, and not as BART's.
  var isT5: Bool { self == .t5 || self == .mt5 }

  /// The class that `architectures` names.
  var architecture: String {
    switch self {
    case .marian: "MarianMTModel"
    case .bart: "BartForConditionalGeneration"
    case .mbart: "MBartForConditionalGeneration"
    case .pegasus: "PegasusForConditionalGeneration"
    case .t5: "T5ForConditionalGeneration"
    case .mt5: "MT5ForConditionalGeneration"
    }
  }
}

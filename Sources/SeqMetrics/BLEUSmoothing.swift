extension BLEU {
  /// What stands in for the precision of an order without any match, whose logarithm has no value.
  ///
  /// - SeeAlso: Chen and Cherry 2014, <https://aclanthology.org/W14-3346>.
  public enum Smoothing: Hashable, Sendable {
    /// Nothing: one such order makes the score 0.
    case none
    /// This many matches instead of none (method 1), usually 0.1; at least 0.
    case floor(Double)
    /// This many further matches and n-grams in every order above the first (method 2), usually
    /// 1; at least 0.
    case addK(Double)
    /// Half a match in the first such order, a quarter in the second, and so on (method 3, as in
    /// mteval-v13a).
    case exponential

    /// Floor smoothing with the value that is used unless another is named.
    public static let floor = Smoothing.floor(0.1)
    /// Add-k smoothing with the value that is used unless another is named.
    public static let addK = Smoothing.addK(1)

    /// The name in a signature, with the value where there is one: `exp`, `floor[0.10]`.
    var signatureName: String {
      switch self {
      case .none: "none"
      case .floor(let value): "floor[\(fixed(value, 2))]"
      case .addK(let value): "add-k[\(fixed(value, 2))]"
      case .exponential: "exp"
      }
    }
  }
}

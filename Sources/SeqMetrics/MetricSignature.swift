/// The settings behind a figure, printed beside it so that others can compute the same one.
///
///     nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0
///
/// The form is sacreBLEU's (Post 2018, arXiv:1804.08771): figures are comparable when their
/// signatures are equal.
public struct MetricSignature: Hashable, Sendable {
  /// One setting and its value.
  public struct Field: Hashable, Sendable {
    /// What is set, such as `tok`.
    public var name: String
    /// What it is set to, such as `13a`.
    public var value: String

    /// A setting, neither part of which may hold `:` or `|`.
    public init(name: String, value: String) {
      self.name = name
      self.value = value
    }
  }

  /// In the order in which they are printed.
  public var fields: [Field]

  /// A signature of the fields in the order given.
  public init(fields: [Field]) {
    self.fields = fields
  }
}

extension MetricSignature {
  /// The signature of figures with significance: `nrefs:1|bs:1000|seed:12345|…`.
  public func adding(_ resampling: Resampling) -> MetricSignature {
    var fields = fields
    let place = fields.first?.name == "nrefs" ? 1 : 0
    fields.insert(
      contentsOf: [
        Field(name: resampling.method.rawValue, value: "\(resampling.count)"),
        Field(name: "seed", value: "\(resampling.seed)"),
      ], at: place)
    return MetricSignature(fields: fields)
  }
}

extension MetricSignature: ExpressibleByDictionaryLiteral {
  /// Keeps the order of the literal.
  public init(dictionaryLiteral fields: (String, String)...) {
    self.init(fields: fields.map { Field(name: $0.0, value: $0.1) })
  }
}

extension MetricSignature: CustomStringConvertible {
  /// The fields as `name:value`, with `|` between them.
  public var description: String {
    fields.map { "\($0.name):\($0.value)" }.joined(separator: "|")
  }
}

/// How long a sentence must be to show all that depends on length, and how long it can be.
struct TellingLength {
  /// Tokens of the longest sentence examined.
  let longest: Int
  /// What so few tokens do not show; nil where they show everything.
  let note: String?

  /// Attention is looked at pair by pair: more tokens would take too long.
  private static let most = 160

  init(of model: any ExaminedModel) {
    // Here a page of a cache holds sixteen steps.
    var demands = [(length: 40, what: "a third page of a cache")]
    if let reach = model.encoderReach {
      let length = reach + model.encoderGlobalCount + 2
      // A long source has two paragraphs, each with windows and distances of its own.
      demands.append(
        (model.paragraphEnd == nil ? length : 2 * length, "source tokens outside a window"))
    }
    if let distance = model.distanceLimit {
      demands.append(
        (
          model.paragraphEnd == nil ? distance + 2 : 2 * distance + 4,
          "distances above \(distance)"
        ))
    }
    let limit = model.lengthLimit ?? .max
    let longest = min(demands.map(\.length).max() ?? 0, limit, Self.most)
    let missing = demands.filter { $0.length > longest }.map(\.what)
    self.longest = longest
    note =
      missing.isEmpty
      ? nil
      : "sentences had at most \(longest) tokens, "
        + (longest == limit ? "the limit of the model" : "the most that are examined")
        + ": too few for " + missing.joined(separator: ", ")
  }
}

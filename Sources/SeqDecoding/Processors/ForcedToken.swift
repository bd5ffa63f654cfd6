/// Lets one token come and no other: how a search follows a forced prefix.
///
/// The token keeps its own log-probability, so a forced target has the score that the model gives.
struct ForcedToken: ScoreProcessor {
  let token: Int32

  func change(after hypothesis: PartialHypothesis) -> ScoreChange {
    .rewrite { [token] row in
      for other in row.indices where other != Int(token) { row[other] = -.infinity }
    }
  }
}

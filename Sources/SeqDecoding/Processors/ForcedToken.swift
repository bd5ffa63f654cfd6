/// Lets one token come and no other: how a search follows a forced prefix.
///
/// The token keeps its own log-probability, so a forced target has the score that the model gives.
struct ForcedToken {
  let token: Int32

  func change() -> ScoreChange {
    .rewrite { [token] row in
      for other in row.indices where other != Int(token) { row[other] = -.infinity }
    }
  }
}

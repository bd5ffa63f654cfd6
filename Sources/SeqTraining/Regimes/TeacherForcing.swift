internal import SeqModels

/// The decoder reads the gold token at every position, whatever it would have said itself.
struct TeacherForcing: TrainingRegime {
  func learn(from slice: TrainingSlice) -> LearningSums { slice.learnLabels() }
}

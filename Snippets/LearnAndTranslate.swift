import Foundation
import SeqKit

let configuration = RunConfiguration(
  data: CorpusConfiguration(train: .parallel(source: "train.en", target: "train.de")),
  tokenizer: TokenizerConfiguration(type: .bpe, vocabularySize: 8000),
  model: .transformer(
    TransformerConfiguration(encoderLayerCount: 4, decoderLayerCount: 4, embeddingSize: 128)),
  training: TrainingConfiguration(maxEpochs: 30))
try TrainingJob(configuration, output: URL(filePath: "runs/en-de")).run()

let loaded = try ModelDirectory.load(URL(filePath: "runs/en-de"))
let translator = try Translator(
  loaded.model, options: SearchOptions(beamSize: 5), pool: ComputePool(store: loaded.model.store))
let source = loaded.codec.encodeSource(Array("A man rides a horse.".utf8))
print(loaded.codec.decodeTarget(try translator([source])[0].best.tokens))

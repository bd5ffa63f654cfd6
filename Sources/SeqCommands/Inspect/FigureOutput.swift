import ArgumentParser
import Foundation
import SeqKit

/// How a figure is shown and where it goes.
struct FigureOutput: ParsableArguments {
  @Option(help: "text for a terminal, svg, or jsonl for programs.")
  var format: Format = .text

  @Option(
    help: ArgumentHelp(
      "Where it goes, written when complete; - is standard output.", valueName: "file"))
  var output: String?

  @Option(
    help: "When text is coloured: auto (on a terminal, unless NO_COLOR is set), always, never.")
  var color: ColorChoice = .auto

  enum Format: String, CaseIterable, ExpressibleByArgument {
    case text, svg, jsonl
  }

  enum ColorChoice: String, CaseIterable, ExpressibleByArgument {
    case auto, always, never
  }

  /// Draws figures below one another, as text or SVG; `text` follows the figures in text.
  func draw(_ figures: [any Figure], followedBy text: () -> String = { "" }) throws {
    let sheet = FigureSheet(figures)
    try withOutput(output) { write in
      try write(
        format == .svg ? sheet.svg() : sheet.terminal(width: width, color: terminalColor) + text())
    }
  }

  /// Writes an object a line.
  func write(_ objects: [some Encodable]) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    try withOutput(output) { write in
      for object in objects {
        try write(String(decoding: try encoder.encode(object), as: UTF8.self) + "\n")
      }
    }
  }

  private var goesToTerminal: Bool { [nil, "-"].contains(output) && isatty(1) == 1 }

  var terminalColor: TerminalColor {
    let environment = ProcessInfo.processInfo.environment
    switch color {
    case .always: return .palette
    case .never: return .none
    case .auto:
      let isPlain = ["", "dumb"].contains(environment["TERM"] ?? "")
      return goesToTerminal && !isPlain && environment["NO_COLOR"] ?? "" == "" ? .palette : .none
    }
  }

  /// Columns of the terminal, of `COLUMNS`, or 100 where nobody says.
  var width: Int {
    if goesToTerminal, let width = terminalWidth(of: 1) { return max(20, width) }
    let columns = ProcessInfo.processInfo.environment["COLUMNS"].flatMap { Int($0) }
    return max(20, columns ?? 100)
  }
}

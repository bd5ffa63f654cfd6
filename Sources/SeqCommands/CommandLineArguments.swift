import ArgumentParser
import Foundation

/// The words of a command line, before ArgumentParser sees them.
struct CommandLineArguments {
  /// Without the program's own name.
  var words: [String]

  /// The words with a negative number joined to the option before it, `--min-length=-1`; parted
  /// from it, it would be taken for an option of its own.
  var joiningNegativeNumbers: [String] {
    var joined: [String] = []
    for word in words {
      if let last = joined.last, last.hasPrefix("--"), last != "--", !last.contains("="),
        word.hasPrefix("-"), Double(word) != nil
      {
        joined[joined.count - 1] = "\(last)=\(word)"
      } else {
        joined.append(word)
      }
    }
    return joined
  }

  /// A word in the place of a subcommand that none bears, with what there is instead.
  func unknownCommand(of root: any ParsableCommand.Type) -> String? {
    var command = root
    for word in words {
      let subcommands = command.configuration.subcommands
      if subcommands.isEmpty || word.hasPrefix("-") { return nil }
      let names = subcommands.map { $0._commandName }
      // ArgumentParser's own.
      if word == "help" { return nil }
      if let index = names.firstIndex(of: word) {
        command = subcommands[index]
        continue
      }
      let hint =
        nearestName(to: word, among: names).map { "did you mean '\($0)'?" }
        ?? "the commands are \(names.joined(separator: ", "))"
      return "there is no command '\(word)'; \(hint)"
    }
    return nil
  }
}

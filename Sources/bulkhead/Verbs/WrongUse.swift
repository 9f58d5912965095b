import ArgumentParser
import Glibc

/// A command line that is not understood, told as the other failures are.
enum WrongUse {
  /// Ends the process with 64 when the error is wrong use: for people with what to do, and with `--json` as the
  /// error object. Returns for every other error.
  static func end(_ error: any Error, arguments: [String] = Array(CommandLine.arguments.dropFirst())) {
    // An `ExitCode` of that number was thrown by a verb that has told its failure already.
    guard !(error is ExitCode), Bulkhead.exitCode(for: error) == .validationFailure else { return }
    let words = arguments.prefix(while: { $0 != "--" })
    let message = explain(Bulkhead.message(for: error), words)
    end(message: message, cure: cure(Bulkhead.fullMessage(for: error)), words)
  }

  /// Ends the process with 64 when an argument is not UTF-8: Swift would have put another text in its place, and
  /// nobody would have noticed. To be called before anything looks at the arguments.
  static func refuseUnreadable() {
    let count = Int(CommandLine.argc)
    // SAFETY: the process's own argument vector, which has `argc` texts and is never written to.
    let raw = (1..<max(1, count)).map { CommandLine.unsafeArgv[$0] }
    for (index, argument) in raw.enumerated() {
      guard let argument, String(validatingCString: argument) == nil else { continue }
      let message =
        "argument \(index + 1) is not UTF-8: \"\(SafeText.escape(String(cString: argument)))\" "
        + "(\u{FFFD} stands for what cannot be read)"
      let cure = "write it in UTF-8; a file with another name has to be renamed"
      end(message: message, cure: cure, CommandLine.arguments.dropFirst().prefix { $0 != "--" })
    }
  }

  private static func end(message: String, cure: String, _ words: ArraySlice<String>) -> Never {
    if words.contains("--json") {
      Terminal.output.line(Failure.document(code: "usage", message: message, cure: cure).text)
    } else {
      Terminal.errors.lines(Failure.lines(message: message, cure: cure, colour: Terminal.errors.usesColour))
    }
    exit(ExitStatus.usage)
  }

  /// The parser's sentence, made plainer: a negative number was meant as a job id, not as an option; and where
  /// the reason is given, that the value is invalid need not be said before it.
  static func explain(_ message: String, _ arguments: some Sequence<String>) -> String {
    let isAboutID =
      message.hasPrefix("Missing expected argument '<id>") || message.hasPrefix("Unknown option '-")
    if isAboutID, let number = arguments.first(where: { $0.hasPrefix("-") && Int64($0) != nil }) {
      return JobArgument.problem(number)
    }
    if message.hasPrefix("The value '"), let end = message.firstRange(of: ">': ") {
      return String(message[end.upperBound...])
    }
    return message
  }

  /// The help to look at.
  private static func cure(_ fullMessage: String) -> String {
    let usage = fullMessage.split(separator: "\n").first { $0.hasPrefix("Usage: ") } ?? ""
    let words = usage.dropFirst("Usage: ".count).split(separator: " ")
    let command = words.prefix(while: { $0.first?.isLetter == true }).joined(separator: " ")
    return "see `\(command.isEmpty ? "bulkhead" : command) --help`"
  }
}

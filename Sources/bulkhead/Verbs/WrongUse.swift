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
    let cure = cure(Bulkhead.fullMessage(for: error))
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

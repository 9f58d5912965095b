import ArgumentParser
import Glibc

/// A command line that is not understood, told as the other failures are.
enum WrongUse {
  /// Ends the process with 64 when the error is wrong use: for people with what to do, and with `--json` as the
  /// error object. Returns for every other error.
  static func end(_ error: any Error, arguments: [String] = Array(CommandLine.arguments.dropFirst())) {
    guard Bulkhead.exitCode(for: error) == .validationFailure else { return }
    let (message, cure) = explain(Bulkhead.message(for: error), Bulkhead.fullMessage(for: error))
    if arguments.prefix(while: { $0 != "--" }).contains("--json") {
      Terminal.output.line(Failure.document(code: "usage", message: message, cure: cure).text)
    } else {
      Terminal.errors.lines(Failure.lines(message: message, cure: cure, colour: Terminal.errors.usesColour))
    }
    exit(ExitStatus.usage)
  }

  /// The sentence, and the help to look at. A negative number is taken for an option by the parser: it was meant
  /// as a job id.
  static func explain(_ message: String, _ full: String) -> (message: String, cure: String) {
    var text = message
    if let option = unknownOption(in: message), Int64(option) != nil { text = JobArgument.problem(option) }
    let usage = full.split(separator: "\n").first { $0.hasPrefix("Usage: ") }
    let words = usage?.dropFirst("Usage: ".count).split(separator: " ") ?? []
    let command = words.prefix(while: { $0.first?.isLetter == true }).joined(separator: " ")
    return (text, "see `\(command.isEmpty ? "bulkhead" : command) --help`")
  }

  private static func unknownOption(in message: String) -> String? {
    let start = "Unknown option '"
    guard message.hasPrefix(start) else { return nil }
    return String(message.dropFirst(start.count).prefix(while: { $0 != "'" }))
  }
}

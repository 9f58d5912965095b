import CBulkheadPlugin
import DataModel

/// Why a run failed, as it came to be known. Pure.
struct RunFailure {
  static let lineLimit = 16

  private var lines: [String] = []
  private var dropped = 0
  /// The newest host call that did not work, and its number among the run's calls.
  private var cause: HostError?
  private var causeCall: Int64 = 0

  /// How often something was said.
  var count: Int { lines.count + dropped }

  /// Adds what the plug-in or the host says, with the reason that the host knows: of the same code, and nothing was called
  /// since (`call` is the number of this call). One that did not work earlier may have been dealt with long ago, and would
  /// name a wrong cause. The first line is the job's failure, the others are chained to it.
  mutating func add(_ line: String, code: Int32, call: Int64) {
    guard let cause, cause.code == code, call - causeCall <= 1 else { return append(line) }
    append(FailureWords.join(line, cause.message, code: code))
    self.cause = nil
  }

  /// Remembers why the host call with that number did not work. It is told only if the run fails of it: a plug-in may
  /// well ask for a record that is not there.
  mutating func note(_ error: HostError, call: Int64) {
    cause = error
    causeCall = call
  }

  /// A later call worked: what did not work before it is no reason any more.
  mutating func forget() { cause = nil }

  /// All that is to be told of a run that returned `code`, one failure a line.
  func text(code: Int32) -> String {
    var all = lines
    if all.isEmpty, code < 0, let cause, cause.code == code { all = [cause.message] }
    if dropped > 0 { all.append("… and \(dropped) more") }
    return all.joined(separator: "\n")
  }

  /// Lines tell failures apart: a break inside of one, of a file's name for example, is written as `\n`.
  private mutating func append(_ text: String) {
    let line = text.split(whereSeparator: \.isNewline).joined(separator: "\\n")
    guard !line.isEmpty, lines.last != line else { return }
    if lines.count < Self.lineLimit { lines.append(line) } else { dropped += 1 }
  }
}

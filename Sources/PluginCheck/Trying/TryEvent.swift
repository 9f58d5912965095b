import Foundation
import PluginHost

/// What a trying child says, one JSON object a line, as soon as it is so.
package enum TryEvent: Codable, Sendable, Equatable {
  /// The plug-in is loaded.
  case loaded
  /// It could not be: why, and what to do.
  case refused(rule: String, cure: String)
  /// A run is about to begin.
  case began
  case log(level: UInt8, text: String)
  case progress(done: UInt64, total: UInt64, text: String)
  /// What was written to standard output or standard error, as it comes.
  case wrote(String)
  /// The run has ended by itself.
  case ended(TryReport)

  var line: String {
    let data = (try? JSONEncoder().encode(self)) ?? Data()
    return String(decoding: data, as: UTF8.self) + "\n"
  }

  /// Nil for a line that is something else.
  init?(line: some StringProtocol) {
    guard let event = try? JSONDecoder().decode(TryEvent.self, from: Data(line.utf8)) else { return nil }
    self = event
  }
}

/// What a child whose code faulted writes before it dies (`bhrt_trace_crashes`).
enum CrashLine {
  /// `overflow`: whose stack was too small, "stack" or "run-stack"; empty: it was something else.
  case signal(Int32, overflow: String)
  case frame(CodePlace)

  init?(line: some StringProtocol) {
    let words = line.split(separator: " ", maxSplits: 3)
    if words.count == 2 || words.count == 3, words[0] == "!signal", let number = Int32(words[1]) {
      self = .signal(number, overflow: words.count == 3 ? String(words[2]) : "")
    } else if words.count == 4, words[0] == "!frame", let offset = UInt64(words[1], radix: 16) {
      let symbol = words[2] == "-" ? "" : String(words[2])
      self = .frame(CodePlace(module: String(words[3]), offset: offset, symbol: symbol))
    } else {
      return nil
    }
  }
}

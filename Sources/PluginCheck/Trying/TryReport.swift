package import DataModel
package import PluginHost

/// What came of one `TryRun`.
package struct TryReport: Codable, Sendable, Equatable {
  package enum Ending: Codable, Sendable, Equatable {
    /// The entry returned this code.
    case returned(Int32)
    /// The process was ended by this signal while the run was on.
    case signalled(Int32)
    /// The process ended itself with this exit code while the run was on.
    case exited(Int32)
    /// The run took longer than the plan allows; the process was killed.
    case outOfTime
    /// The run could not begin: why.
    case notRun(String)
  }

  package struct LogLine: Codable, Sendable, Equatable {
    package var level: UInt8
    package var text: String
    package init(level: UInt8, text: String) {
      self.level = level
      self.text = text
    }
  }

  /// Memory of the run as the allocator hooks counted it; nil where they are not available.
  package struct Memory: Codable, Sendable, Equatable {
    /// Blocks asked for by the plug-in's code and the libraries it called.
    package var allocations: Int64 = 0
    package var allocatedBytes: Int64 = 0
    package var peakBytes: Int64 = 0
    /// Not freed when the run ended.
    package var liveBytes: Int64 = 0
    package var liveBlocks: Int64 = 0
    package init() {}
  }

  package var ending: Ending
  /// The failure's text, one failure a line.
  package var message = ""
  /// JSON text of the result, nil when none was set.
  package var result: String?
  package var leftBehind: [String] = []
  /// The job's number in the store that it ran on; 0 when it did not come to its end.
  package var job: Int64 = 0
  /// What it made and changed in the data model, as it is after the run; at most `recordLimit`.
  package var records: [RecordFacts] = []
  package var logs: [LogLine] = []
  package var progressReports = 0
  /// What was wrong with the progress: "went back from 7 to 3"; nil when nothing was.
  package var progressFault: String?
  package var wallNanoseconds: Int64 = 0
  package var cpuNanoseconds: Int64 = 0
  package var hostCalls: Int64 = 0
  /// Cancel points that the entry passed.
  package var cancelPoints = 0
  /// The longest time between two cancel points (or the ends of the run), nanoseconds; 0 when not measured.
  package var worstGapNanoseconds: Int64 = 0
  /// Where the worst gap ended, as `function (file:line)` where there is debug information.
  package var worstGapPlace = ""
  /// The same as the child saw it: what `worstGapPlace` was made of.
  package var worstGapAt: [CodePlace] = []
  /// From the stop's bit to the entry's return, nanoseconds; nil when nothing was raised.
  package var stopLatencyNanoseconds: Int64?
  /// The hold count when the entry returned.
  package var holdsLeft = 0
  /// How often `bh_alloc` was called.
  package var hostAllocations = 0
  package var memory: Memory?
  /// Threads and descriptors that were there after the run and not before; descriptors with what they are.
  package var threadsLeft = 0
  package var descriptorsLeft: [String] = []
  /// How the engine judges the run; nil when it did not come to its end.
  package var outcome: String?
  /// A reconcile entry returned without an answer and without a failure.
  package var forgotToAnswer = false
  /// Where the process was when a signal ended it, innermost first: "function (file:line)".
  package var trace: [String] = []
  /// The same as the child saw it: what `trace` was made of.
  package var tracePlaces: [CodePlace] = []
  /// What a signal was about, where that can be told: "stack overflow: …"; else empty.
  package var reason = ""
  /// The innermost of `trace` that is in the plug-in's own sources, not in what the SDK brings; empty when there is none.
  package var ownPlace = ""
  /// The allocation that was refused, and where the plug-in asked for it.
  package var refused: RefusedBlock?
  package var refusedPlace = ""
  /// Paths below the plan's scratch folder that the run made and left.
  package var newFiles: [String] = []
  /// What the process wrote to standard error, cut at 64 KiB.
  package var errors = ""

  package static let recordLimit = 100

  package init(ending: Ending) { self.ending = ending }
}

package import DataModel
import PluginHost

/// Where claimed jobs are run: plug-ins on job threads in the product, scripts in the simulation.
package protocol RunPlace: AnyObject, Sendable {
  /// The kinds of jobs that can be run here now.
  var kinds: [JobKind] { get }
  /// The store's list of plug-ins that `kinds` was made from.
  var revision: Int64 { get }
  /// What makes runs of that kind, from now on the same for one claimed job; nil when its plug-in has gone.
  func maker(_ kind: JobKind) -> RunMaker?
}

/// Makes the run of a claimed job whose start is committed.
package typealias RunMaker = @Sendable (ActiveRun) -> any EnteredRun

/// One run of one job, as the engine sees it. Any thread may call.
package protocol EnteredRun: AnyObject, Sendable {
  /// Runs it as soon as there is a thread for it, once. `began` is called right before its entry and `ended` after its
  /// clean-up, both on the run's thread.
  func enter(began: @escaping @Sendable () -> Void, ended: @escaping @Sendable (RunEnd) -> Void)
  /// Asks it to stop (`StopBits`).
  func raise(_ bits: UInt32)
  /// Whether it is to be given more time although its grace is over: always while it waits for its thread, and once
  /// while its clean-up runs.
  func takeCleanupGrace() -> Bool
  /// Gives up on it: its slot is another's from now on.
  func abandon()
}

/// Does things at their time, on a thread of its own. Actions are short.
package protocol RunTimer: AnyObject, Sendable {
  /// Does `action` after so many milliseconds, unless its owner's entries are cancelled before.
  func schedule(
    afterMilliseconds milliseconds: Int64, owner: ObjectIdentifier, _ action: @escaping @Sendable () -> Void)
  func cancel(owner: ObjectIdentifier)
}

extension DeadlineTimer: RunTimer {}

/// The lines that a worker's logic writes to its log; none in the simulation.
package struct WorkerLog: Sendable {
  let isOn: Bool

  package static let standardError = WorkerLog(isOn: true)
  package static let none = WorkerLog(isOn: false)

  func info(_ text: @autoclosure () -> String) {
    if isOn { EngineLog.info(text()) }
  }

  func error(_ text: @autoclosure () -> String) {
    if isOn { EngineLog.error(text()) }
  }
}

import CPluginRuntime
import Foundation
import Glibc
import PluginHost
package import Storage
import Synchronization
import Threading

/// The child's side of a `TryProcess`: loads the file, runs the action as often as the plan says, each run a job of a
/// store of its own, and tells what came of each.
package final class TryChild: Sendable {
  /// Beside what the process has at its start: enough for any runtime, too little to take the machine along.
  private static let memoryLimit: UInt = 16 << 30
  /// From here on descriptors are ours and nobody's else.
  private static let firstOwn: Int32 = 100

  private let report: Int32
  private let control: Int32
  private let output = Mutex(())
  private let current = Mutex<TryRunner?>(nil)

  /// Takes the descriptors over: standard output is the report's pipe, standard input brings the plan and orders.
  private init() {
    report = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, Self.firstOwn)
    control = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, Self.firstOwn)
    dup2(STDERR_FILENO, STDOUT_FILENO)
    let nothing = open("/dev/null", O_RDONLY | O_CLOEXEC)
    dup2(nothing, STDIN_FILENO)
    close(nothing)
  }

  /// Does what the plan on the standard input says. The caller ends the process at once with what this returns,
  /// without running destructors.
  /// `makeStore` is given the path of the store that the plan names, if it names one.
  package static func run(makeStore: (String?) throws(StoreError) -> any Store) -> Int32 {
    let child = TryChild()
    guard let plan = child.readPlan() else { return 64 }
    TrialLoad.limitMemory(bytes: memoryLimit)
    bhrt_trace_crashes(child.report)
    OSThread("bh-orders") { child.obey() }
    do throws(Objection) {
      let secondFile = plan.secondFile == nil ? nil : TryProcess.secondFileNumber
      let runner = try TryRunner(
        plan, file: TryProcess.fileNumber, secondFile: secondFile,
        makeStore: { () throws(StoreError) in try makeStore(plan.store) }
      ) { child.say($0) }
      child.current.withLock { $0 = runner }
      for run in plan.runs {
        let report = runner.perform(run)
        fflush(nil)
        child.tell(TryTalk.errorMark, to: STDERR_FILENO)
        child.say(.ended(report))
      }
    } catch {
      child.say(.refused(rule: error.rule, cure: error.cure))
    }
    return 0
  }

  // MARK: the parent

  private func say(_ event: TryEvent) {
    output.withLock { _ in tell(Array(event.line.utf8), to: report) }
  }

  private func tell(_ text: [UInt8], to descriptor: Int32) {
    var bytes = text[...]
    while !bytes.isEmpty {
      let count = write(descriptor, Array(bytes), bytes.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return }
      bytes = bytes.dropFirst(count)
    }
  }

  private func readPlan() -> TryPlan? {
    guard let line = readLine() else { return nil }
    return try? JSONDecoder().decode(TryPlan.self, from: Data(line))
  }

  /// A line from the parent: an order. When there is none any more, the parent has gone, and so do we.
  private func obey() {
    while readLine() != nil { current.withLock { $0 }?.cancel() }
    kill(0, SIGKILL)
  }

  private func readLine() -> [UInt8]? {
    var line: [UInt8] = []
    var byte: UInt8 = 0
    while true {
      let count = read(control, &byte, 1)
      if count < 0, errno == EINTR { continue }
      guard count == 1 else { return nil }
      if byte == UInt8(ascii: "\n") { return line }
      line.append(byte)
    }
  }
}

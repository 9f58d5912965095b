import CBulkheadPlugin
import DataModel
import Synchronization
import TestSupport
import Threading

@testable import PluginHost

/// The engine's side of a run, which keeps all that it was told and lets a test wait for it.
final class RecordingContext: JobContext {
  struct Told: Sendable {
    var lines: [String] = []
    var levels: [UInt8] = []
    var progress: [String] = []
  }

  /// Longest wait of a test: only reached when something is broken.
  static let patience: Int64 = 30_000

  let told = Threading.Condition(Told())
  let store: MemoryRecords
  let journal: MemorySteps
  var records: any RecordFacade { store }
  var steps: any StepFacade { journal }

  init(_ store: MemoryRecords = MemoryRecords(), journal: MemorySteps = MemorySteps()) {
    self.store = store
    self.journal = journal
  }

  func log(level: UInt8, text: String) {
    told.update {
      $0.lines.append(text)
      $0.levels.append(level)
    }
  }

  func progress(done: UInt64, total: UInt64, text: String) {
    told.update { $0.progress.append("\(done)/\(total) \(text)") }
  }

  var all: Told { told.withLock { $0 } }
  var lines: [String] { all.lines }

  /// Waits until the plug-in has logged that line; false when it never did.
  @discardableResult
  func wait(for line: String) -> Bool {
    told.wait(milliseconds: Self.patience) { $0.lines.contains(line) ? true : nil } ?? false
  }
}

/// The data model in memory: versions, natural keys and refusals as the store has them.
final class MemoryRecords: RecordFacade {
  let catalogue = Catalogue.standard
  let rows = Mutex<[Int64: RecordRow]>([:])
  /// Thrown by the next call.
  let refusal = Mutex<HostError?>(nil)
  /// Called by the next call, inside it.
  let hook = Mutex<(@Sendable () -> Void)?>(nil)

  var count: Int { rows.withLock { $0.count } }

  private func enter() throws(HostError) {
    hook.withLock { $0 }?()
    let refusal = refusal.withLock { refusal in
      defer { refusal = nil }
      return refusal
    }
    if let refusal { throw refusal }
  }

  func get(entity: UInt32, id: Int64, fields: [UInt32]) throws(HostError) -> RecordRow? {
    try enter()
    return rows.withLock { $0[id] }
  }

  func find(entity: UInt32, match: FieldAssignment, limit: Int) throws(HostError) -> [Int64] {
    try enter()
    return rows.withLock { rows in
      rows.values.filter { $0.values.contains(match) }.map(\.id).sorted().prefix(limit).map { $0 }
    }
  }

  func create(entity: UInt32, values: [FieldAssignment]) throws(HostError) -> Int64 {
    try enter()
    let id = rows.withLock { rows -> Int64? in
      if let key = values.first, rows.values.contains(where: { $0.values.contains(key) }) { return nil }
      let id = Int64(rows.count + 1)
      rows[id] = RecordRow(id: id, version: 1, values: values)
      return id
    }
    guard let id else { throw HostError(code: BH_CONFLICT, message: "the hostname is taken") }
    return id
  }

  func set(entity: UInt32, id: Int64, version: Int64, values: [FieldAssignment]) throws(HostError) -> Int64 {
    try enter()
    let new = rows.withLock { rows -> Int64? in
      guard var row = rows[id], version == 0 || version == row.version else { return nil }
      for value in values {
        row.values.removeAll { $0.field == value.field }
        row.values.append(value)
      }
      row.version += 1
      rows[id] = row
      return row.version
    }
    guard let new else { throw HostError(code: BH_CONFLICT, message: "somebody else changed it") }
    return new
  }

  func delete(entity: UInt32, id: Int64, version: Int64) throws(HostError) {
    try enter()
    rows.withLock { $0[id] = nil }
  }
}

/// The record of a job's steps in memory, kept over its runs by the test.
final class MemorySteps: StepFacade {
  /// Nil: begun.
  let rows = Mutex<[String: String?]>([:])
  /// Thrown by the next call of `begin`, and of `record`.
  let beginRefusal = Mutex<HostError?>(nil)
  let recordRefusal = Mutex<HostError?>(nil)
  /// Called inside `begin`.
  let hook = Mutex<(@Sendable () -> Void)?>(nil)

  init(_ rows: [String: String?] = [:]) { self.rows.withLock { $0 = rows } }

  subscript(name: String) -> String?? { rows.withLock { $0[name] } }

  func begin(_ name: String) throws(HostError) -> StepStart {
    hook.withLock { $0 }?()
    if let refusal = beginRefusal.withLock({ $0 }) { throw refusal }
    return rows.withLock { rows in
      guard let row = rows[name] else {
        rows[name] = .some(nil)
        return .fresh
      }
      return row.map { .done($0) } ?? .begun
    }
  }

  func record(_ name: String, result: String) throws(HostError) {
    if let refusal = recordRefusal.withLock({ $0 }) { throw refusal }
    rows.withLock { $0[name] = result }
  }

  func token(_ name: String) -> String { "token-of-\(name)" }
}

/// Runs `run` on a thread with a job's stack while `during` happens on another, and waits for its end.
func execute(
  _ run: PluginRun, during: @escaping @Sendable (PluginRun) throws -> Void = { _ in }
) async throws -> RunEnd {
  try await onThread {
    let done = Threading.Condition<RunEnd?>(nil)
    let memory = try SlotMemory()
    let thread = try SlotThread(name: "test-run", memory: memory) {
      let end = run.execute()
      done.update { $0 = end }
    }
    try during(run)
    guard let end = done.wait(milliseconds: RecordingContext.patience, { $0 }) else {
      throw InlinePlugin.Failure(description: "the run did not end")
    }
    thread.join()
    memory.unmap()
    return end
  }
}

/// A result as numbers by name.
func numbers(_ end: RunEnd) throws -> [String: Int64] {
  try JSONValue(parsing: end.result ?? "{}").objectValue?.compactMapValues(\.integerValue) ?? [:]
}

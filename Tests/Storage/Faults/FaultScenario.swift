import DataModel
import Storage
import TestSupport

/// What an engine asks of its store in the life of some jobs, as steps that may each be asked again.
// SAFETY: used by one test thread at a time.
final class FaultScenario: @unchecked Sendable {
  static let jobs = 12
  private let batch = TestStore.batchID()
  private var ids: [JobID] = []
  private var node = NodeID(0)
  private var leases: [Lease] = []
  private var record: Int64 { leases[0].run.job.rawValue << 24 }

  /// Each step with its name. The clock of the store does not move.
  var steps: [(name: String, step: (TestStore) throws -> Void)] {
    [
      ("submit", submit), ("hello", hello), ("claim", claim), ("start", start), ("records", records),
      ("logs", logs), ("finish", finish), ("plug-in", plugin), ("prune", prune),
    ]
  }

  /// What must be there at the end, whatever failed on the way.
  func facts(_ test: TestStore) throws -> [String] {
    let counts = try test.store.perform(CountJobs())
    var lines = ["succeeded \(counts["succeeded"] ?? 0)", "ready \(counts["ready"] ?? 0)"]
    for id in ids {
      guard let row = try test.store.perform(GetJob(job: id)) else {
        lines.append("job \(id) is removed")
        continue
      }
      let reasons = try test.reasons(id).map(\.rawValue)
      let log = try test.store.perform(ListLogLines(job: id)).map(\.text)
      lines.append("job \(id) \(row.status.name) \(reasons) \(log.count) \(row.progress?.done ?? 0)")
    }
    let found = try test.store.perform(ReadRecord(entity: 3, id: record, fields: [1, 2]))
    lines.append("record \(found.map { "\($0.version) \($0.values.map(\.value))" } ?? "none")")
    return lines + (try test.store.perform(ListPlugins()).files.map(\.file))
  }

  private func submit(_ test: TestStore) throws {
    let params = #"{"text":""# + String(repeating: "x", count: 2000) + #""}"#
    let request = JobRequest(kind: TestStore.kind, params: params)
    ids = try test.store.perform(
      SubmitJobs(batchID: batch, jobs: Array(repeating: request, count: Self.jobs)))
  }

  private func hello(_ test: TestStore) throws { node = try test.makeNode() }

  private func claim(_ test: TestStore) throws { leases = try test.claim(node, limit: Self.jobs - 2) }

  private func start(_ test: TestStore) throws {
    _ = try test.store.perform(WriteRuns(node: node, items: leases.map { RunWrite($0.run, .start) }))
  }

  private func records(_ test: TestStore) throws {
    let values = [
      FieldAssignment(field: 1, value: .string("web-1")),
      FieldAssignment(field: 2, value: .string("10.0.0.1")),
    ]
    let create = RecordChange.create(entity: 3, id: record, values: values)
    _ = try test.store.perform(WriteRecord(run: leases[0].run, sequence: 1, change: create))
  }

  private func logs(_ test: TestStore) throws {
    let items = leases.flatMap { lease -> [RunWrite] in
      let lines = (1...3).map {
        LogLine(id: $0, at: test.now, level: 1, text: String(repeating: "log", count: 200))
      }
      let progress = JobProgress(done: 5, total: 10, message: "half", at: test.now)
      return [RunWrite(lease.run, .log(lines)), RunWrite(lease.run, .progress(progress))]
    }
    _ = try test.store.perform(WriteRuns(node: node, items: items))
  }

  private func finish(_ test: TestStore) throws {
    let items = leases.map { RunWrite($0.run, .finish(RunEnd(code: 0, result: #"{"n":1}"#))) }
    let answers = try test.store.perform(WriteRuns(node: node, items: items))
    guard answers.allSatisfy({ $0 == .done }) else { throw StoreError(.fenced, "a finish was not taken") }
  }

  private func plugin(_ test: TestStore) throws {
    let file = PluginFile(
      file: "a.so", state: .active, pluginID: "a", version: "1", sha256: "aa",
      manifest: String(repeating: "m", count: 5000), image: "/a")
    _ = try test.store.perform(PutPluginFile(file))
  }

  /// Removes some of them: an old part of the history.
  private func prune(_ test: TestStore) throws {
    _ = try test.store.perform(PruneHistory(jobsBefore: test.now + 1, logsBefore: test.now + 1, rows: 30))
  }
}

import DataModel
import Foundation
import JobEngine
import Storage
import Supervision
import TestSupport
import Threading

/// A real engine with the sample `orders`, whose outside world is a folder that a test looks into and takes away.
struct OrderEngine: Sendable {
  let engine: RunningEngine
  let spool: String
  /// A wait that takes longer has forgotten something.
  static let limitMilliseconds: Int64 = 60_000

  /// `fault` arms the first worker.
  static func run(fault: String? = nil, _ body: @escaping @Sendable (OrderEngine) throws -> Void) async throws
  {
    try await onThread {
      let engine = try RunningEngine()
      defer { engine.end() }
      let orders = OrderEngine(engine: engine, spool: engine.folder + "/spool")
      try FileManager.default.createDirectory(atPath: orders.spool, withIntermediateDirectories: true)
      try engine.install(Sample.build("SamplePlugins/orders/orders.c"), as: "orders.so")
      try engine.start(environment: fault.map { ["BULKHEAD_WORKER_FAULT": $0] } ?? [:])
      try engine.waitForPlugin("orders")
      try body(orders)
    }
  }

  func submit(_ action: String, items: Int = 1, lingerMilliseconds: Int = 0) throws -> JobID {
    let params: [String: JSONValue] = [
      "spool": .string(spool), "items": .int(Int64(items)), "linger_ms": .int(Int64(lingerMilliseconds)),
    ]
    let submission = Submission(action: "orders:" + action, json: JSONValue.object(params).text)
    return try engine.client().submit(submission)[0]
  }

  /// The labels of all parcels that were really sent.
  func labels() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: spool).filter { $0.hasPrefix("parcel-") }.map {
      try String(contentsOfFile: spool + "/" + $0, encoding: .utf8)
    }.sorted()
  }

  /// Waits until so many parcels with labels are in the spool: they are on their way then.
  func waitForParcels(_ count: Int) throws {
    let pause = Bell()
    let _: Bool = try until("\(count) parcels") {
      if try labels().filter({ !$0.isEmpty }).count >= count { return true }
      pause.wait(milliseconds: 10)
      return nil
    }
  }

  /// SIGKILL for the worker, as the kernel would when memory is out.
  func killWorker() throws {
    for worker in try engine.workers() {
      worker.signal(SIGKILL)
      _ = worker.waitForEnd(milliseconds: Int32(Self.limitMilliseconds))
    }
  }

  /// Waits until the job is as wanted.
  @discardableResult
  func wait(_ id: JobID, _ isWanted: (JobRow) throws -> Bool) throws -> JobRow {
    let store = try engine.connect()
    let client = JobClient(store: store)
    let bell = Bell()
    let observation = try store.observe(.job(id)) { _ in bell.ring() }
    defer { observation.cancel() }
    return try until("job \(id)") {
      let row = try client.job(id)
      if try isWanted(row) { return row }
      bell.wait(milliseconds: 200)
      return nil
    }
  }

  func ended(_ id: JobID) throws -> (JobRow, JobEnd) {
    let row = try wait(id) { if case .ended = $0.status { true } else { false } }
    guard case .ended(let end) = row.status else { throw RunningEngine.Failure("job \(id) did not end") }
    return (row, end)
  }

  func lost(_ id: JobID) throws -> JobRow { try wait(id) { $0.status == .live(.lost) } }

  /// Takes the outside world away, or brings it back.
  func move(away: Bool) throws {
    let (from, to) = away ? (spool, spool + ".away") : (spool + ".away", spool)
    try FileManager.default.moveItem(atPath: from, toPath: to)
  }

  func reasons(_ id: JobID) throws -> [ReasonCode] { try engine.client().events(id).map(\.reason) }

  func command(_ arguments: String...) throws -> CommandRun {
    try CommandRun(arguments + ["--store", engine.storeArgument])
  }

  private func until<R>(_ what: String, _ body: () throws -> R?) throws -> R {
    let limit = MonotonicClock.nanoseconds + Self.limitMilliseconds * 1_000_000
    while MonotonicClock.nanoseconds < limit {
      if let result = try body() { return result }
    }
    throw RunningEngine.Failure("waited for \(what) in vain:\n" + String(engine.output.suffix(3000)))
  }
}

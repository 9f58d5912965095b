import DataModel
import Foundation
import JobEngine
import Storage
import TestSupport
import Testing
import Threading

/// A real engine with some plug-ins, and jobs in it.
struct PluginEngine: Sendable {
  let engine: RunningEngine

  /// Runs `body` on a thread of its own with a fresh engine, which is ended after. `plugins` are `.so` files by id,
  /// built on that thread as well.
  static func run(
    _ plugins: @autoclosure @escaping @Sendable () throws -> [String: String],
    environment: [String: String] = [:],
    _ body: @escaping @Sendable (PluginEngine) throws -> Void
  ) async throws {
    try await onThread {
      let engine = try RunningEngine()
      defer { engine.end() }
      let plugins = try plugins()
      for (id, file) in plugins { try engine.install(file, as: id + ".so") }
      try engine.start(environment: environment)
      for id in plugins.keys { try engine.waitForPlugin(id) }
      try body(PluginEngine(engine: engine))
    }
  }

  /// How one job ended, with its log.
  struct Ended {
    let state: String
    let code: Int32
    let message: String
    let result: JSONValue
    let leftBehind: [String]
    let log: [String]
  }

  @discardableResult
  func run(_ action: String, _ json: String = "{}") throws -> Ended {
    let client = try engine.client()
    return try end(try client.submit(Submission(action: action, json: json))[0], client)
  }

  /// Submits, waits until the job has logged `line`, cancels it and waits for its end.
  func cancelled(_ action: String, _ json: String = "{}", after line: String) throws -> Ended {
    let client = try engine.client()
    let id = try client.submit(Submission(action: action, json: json))[0]
    let store = try engine.connect()
    let limit = Date(timeIntervalSinceNow: 20)
    let bell = Bell()
    let observation = try store.observe(.job(id)) { _ in bell.ring() }
    defer { observation.cancel() }
    while try !lines(id).contains(line) {
      guard Date() < limit else { throw RunningEngine.Failure("job \(id) never logged \(line)") }
      bell.wait(milliseconds: 50)
    }
    _ = try client.cancel(id)
    return try end(id, client)
  }

  /// Submits a job that becomes lost, and waits until its plug-in's reconcile entry has said what came of it.
  func decided(_ action: String, _ json: String) throws -> Ended {
    let client = try engine.client()
    let id = try client.submit(Submission(action: action, json: json))[0]
    let limit = Date(timeIntervalSinceNow: 20)
    let bell = Bell()
    let observation = try engine.connect().observe(.job(id)) { _ in bell.ring() }
    defer { observation.cancel() }
    while true {
      if case .ended = try client.watch(id, { _ in true }).status { return try end(id, client) }
      guard Date() < limit else { throw RunningEngine.Failure("nobody has decided job \(id)") }
      bell.wait(milliseconds: 50)
    }
  }

  private func end(_ id: JobID, _ client: JobClient) throws -> Ended {
    let row = try client.watch(id) { _ in true }
    guard case .ended(let end) = row.status else {
      throw RunningEngine.Failure("job \(id) has no end: \(row.status.name)")
    }
    return Ended(
      state: row.status.name, code: end.code, message: end.message,
      result: end.result.flatMap { try? JSONValue(parsing: $0) } ?? .null, leftBehind: end.leftBehind,
      log: try lines(id))
  }

  private func lines(_ id: JobID) throws -> [String] {
    try engine.connect().perform(ListLogLines(job: id)).map(\.text)
  }

  /// Twenty jobs at once that all want one server: they all succeed, one has made it, and it is the same for all. The
  /// member of its result that says so is `is_new` or `isNew`.
  func reserveAtOnce(_ action: String, isNew: JSONValue) throws {
    let client = try engine.client()
    let jobs = try client.submit(Submission(action: action, json: #"{"hostname": "web-1"}"#), count: 20)
    let ends = try jobs.map { try end($0, client) }
    #expect(ends.allSatisfy { $0.state == "succeeded" }, "\(Set(ends.map(\.message)))")
    #expect(Set(ends.compactMap { $0.result["id"]?.integerValue }).count == 1)
    #expect(ends.count { ($0.result["is_new"] ?? $0.result["isNew"]) == isNew } == 1)
    #expect(try server("web-1")?["cpus"] == .int(2))
  }

  /// The texts and numbers of a server record, by field; nil when there is none of that host name.
  func server(_ hostname: String) throws -> [String: FieldValue]? {
    let catalogue = Catalogue.standard
    let store = try engine.connect()
    guard let entity = catalogue.entityID(named: "server"), let definition = catalogue.entity(entity) else {
      throw RunningEngine.Failure("the catalogue has no servers")
    }
    let match = FieldAssignment(field: 1, value: .string(hostname))
    guard let id = try store.perform(FindRecords(entity: entity, match: match, limit: 1)).first else {
      return nil
    }
    let fields = (1...definition.fields.count).map { UInt32($0) }
    let row = try store.perform(ReadRecord(entity: entity, id: id, fields: fields))
    let pairs = (row?.values ?? []).map { (definition.fields[Int($0.field) - 1].name, $0.value) }
    return Dictionary(pairs) { $1 }
  }
}

import DataModel
import Foundation
import JobEngine
import Storage
import TestSupport

/// An engine with the libvirt sample, for tests of the machines of one connection.
struct LibvirtServers: Sendable {
  let engine: RunningEngine
  let uri: String

  /// Runs `body` with a libvirtd of its own and as many engines as asked for, each with a store of its own: what one
  /// of them does to a machine, the others learn from libvirt alone.
  static func run(
    _ count: Int = 1, _ body: @escaping @Sendable ([LibvirtServers], PrivateLibvirt) throws -> Void
  ) async throws {
    try await onThread {
      let daemon = try PrivateLibvirt()
      defer { daemon.end() }
      let engines = try (0..<count).map { _ in try RunningEngine() }
      defer { engines.forEach { $0.end() } }
      let servers = try engines.map { try LibvirtServers(starting: $0, uri: daemon.uri) }
      try body(servers, daemon)
    }
  }

  init(starting engine: RunningEngine, uri: String, environment: [String: String] = [:]) throws {
    self.engine = engine
    self.uri = uri
    let flags = ["-I", PackageRoot.path + "/SamplePlugins/libvirt", "-lvirt"]
    try engine.install(Sample.build("SamplePlugins/libvirt/libvirt.c", flags: flags), as: "libvirt.so")
    try engine.start(environment: environment)
    try engine.waitForPlugin("libvirt")
  }

  /// Starts the engine again, under other variables.
  func restart(environment: [String: String]) throws {
    engine.killServe(SIGTERM)
    try engine.start(environment: environment)
    try engine.waitForPlugin("libvirt")
  }

  struct Ended {
    let state: String
    let code: Int32
    let message: String
    let result: JSONValue?
  }

  @discardableResult
  func run(_ action: String, _ parameters: [String: String] = [:]) throws -> Ended {
    let client = try engine.client()
    let words = parameters.merging(["uri": uri]) { given, _ in given }.map { (name: $0.key, text: $0.value) }
    let id = try client.submit(Submission(action: "libvirt:" + action, assignments: words))[0]
    let row = try client.watch(id) { _ in true }
    guard case .ended(let end) = row.status else {
      throw RunningEngine.Failure("\(action) has no end: \(row.status.name)")
    }
    return Ended(
      state: row.status.name, code: end.code, message: end.message,
      result: end.result.flatMap { try? JSONValue(parsing: $0) })
  }

  /// The server record of that host name, by field; nil when there is none.
  func record(_ hostname: String) throws -> [String: FieldValue]? {
    let catalogue = Catalogue.standard
    let store = try engine.connect()
    guard let entity = catalogue.entityID(named: "server"), let fields = catalogue.entity(entity)?.fields,
      let key = catalogue.fieldID(entity: entity, named: "hostname")
    else { throw RunningEngine.Failure("the catalogue has no servers") }
    let match = FieldAssignment(field: key, value: .string(hostname))
    guard let id = try store.perform(FindRecords(entity: entity, match: match, limit: 1)).first else {
      return nil
    }
    let ids = (1...fields.count).map { UInt32($0) }
    let row = try store.perform(ReadRecord(entity: entity, id: id, fields: ids))
    return Dictionary((row?.values ?? []).map { (fields[Int($0.field) - 1].name, $0.value) }) { $1 }
  }

  /// One text of a record.
  func text(_ hostname: String, _ field: String) throws -> String? {
    guard case .string(let text) = try record(hostname)?[field] else { return nil }
    return text
  }
}

import DataModel
import Foundation
import JobEngine
import Storage
import Supervision
import TestSupport
import Testing

/// The libvirt sample through a real engine and a real libvirtd with its test driver: machines outlive jobs and
/// workers, and what an undone job leaves is looked up on both sides.
@Suite(.serialized) struct LibvirtTests {
  @Test("a server is created and deleted, and both sides agree at each step")
  func createAndDelete() async throws {
    try await withLibvirt { engine, daemon in
      try engine.start()
      try engine.waitForPlugin("libvirt")
      let client = try engine.client()
      let created = try run(client, "libvirt:server.create", daemon)
      #expect(created.status.name == "succeeded", "\(created.status)")
      #expect(try daemon.machines().contains("web-1"))
      #expect(try records(engine).count == 1)
      let again = try run(client, "libvirt:server.create", daemon)
      #expect(again.status.name == "failed")
      #expect(try daemon.machines().contains("web-1"), "a conflict must not harm the machine that is there")
      #expect(try records(engine).count == 1)
      for _ in 0..<2 {
        #expect(try run(client, "libvirt:server.delete", daemon).status.name == "succeeded")
        #expect(try !daemon.machines().contains("web-1"))
        #expect(try records(engine).isEmpty)
      }
    }
  }

  @Test("cancelled at each of its checkpoints, server.create leaves neither machine nor record")
  func cancelEverywhere() async throws {
    try await withLibvirt { engine, daemon in
      var point = 0
      while point < 100 {
        point += 1
        try engine.start(environment: ["BULKHEAD_CANCEL_AT": String(point)])
        try engine.waitForPlugin("libvirt")
        let job = try run(engine.client(), "libvirt:server.create", daemon)
        if job.status.name == "succeeded" { break }
        #expect(job.status.name == "cancelled", "at point \(point): \(job.status)")
        try expectNothingLeft(job, engine, daemon, point)
        engine.serve?.signal(SIGTERM)
        _ = engine.serve?.waitForEnd(milliseconds: 20_000)
      }
      #expect((6..<100).contains(point), "server.create has \(point - 1) points to be cancelled at")
    }
  }

  /// No machine and no record; or a record that names what is left, and the job says so.
  private func expectNothingLeft(
    _ job: JobRow, _ engine: RunningEngine, _ daemon: PrivateLibvirt, _ point: Int
  ) throws {
    guard case .ended(let end) = job.status else { return }
    let hasMachine = try daemon.machines().contains("web-1")
    let records = try records(engine)
    if hasMachine || !records.isEmpty {
      #expect(!end.leftBehind.isEmpty, "at point \(point) something is left and nobody says so")
      #expect(records.contains { $0.values.contains { $0.value == .string("left_behind") } })
    } else {
      #expect(end.leftBehind.isEmpty, "at point \(point): \(end.leftBehind)")
    }
  }

  private func records(_ engine: RunningEngine) throws -> [RecordRow] {
    let catalogue = Catalogue.standard
    let store = try engine.connect()
    guard let entity = catalogue.entityID(named: "server"),
      let hostname = catalogue.fieldID(entity: entity, named: "hostname"),
      let status = catalogue.fieldID(entity: entity, named: "status")
    else { throw RunningEngine.Failure("the catalogue has no servers") }
    let match = FieldAssignment(field: hostname, value: .string("web-1"))
    return try store.perform(FindRecords(entity: entity, match: match, limit: 10)).compactMap { id in
      try store.perform(ReadRecord(entity: entity, id: id, fields: [status]))
    }
  }

  private func run(_ client: JobClient, _ action: String, _ daemon: PrivateLibvirt) throws -> JobRow {
    let id = try client.submit(
      Submission(
        action: action, assignments: [(name: "name", text: "web-1"), (name: "uri", text: daemon.uri)]))[0]
    return try client.watch(id) { _ in true }
  }

  private func withLibvirt(
    _ body: @escaping @Sendable (RunningEngine, PrivateLibvirt) throws -> Void
  ) async throws {
    try await onThread {
      let daemon = try PrivateLibvirt()
      defer { daemon.end() }
      let engine = try RunningEngine()
      defer { engine.end() }
      let flags = ["-I", PackageRoot.path + "/SamplePlugins/libvirt", "-lvirt"]
      try engine.install(Sample.build("SamplePlugins/libvirt/libvirt.c", flags: flags), as: "libvirt.so")
      try body(engine, daemon)
    }
  }
}

/// A libvirtd of the test's own, started and ended by the script that the demo uses.
struct PrivateLibvirt {
  let folder: String
  let uri: String

  init() throws {
    folder = "/tmp/bulkhead-libvirt-" + UUID().uuidString.prefix(8)
    uri = try Self.script("start", folder).trimmingCharacters(in: .whitespacesAndNewlines)
  }

  func machines() throws -> Set<String> {
    Set(try Self.script("list", folder).split(separator: "\n").map(String.init))
  }

  func end() { _ = try? Self.script("stop", folder) }

  private static func script(_ verb: String, _ folder: String) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: PackageRoot.path + "/scripts/private-libvirtd.sh")
    process.arguments = [verb, folder]
    let out = folder + "." + verb + ".out"
    try Data().write(to: URL(fileURLWithPath: out))
    defer { try? FileManager.default.removeItem(atPath: out) }
    process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: out))
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw RunningEngine.Failure("private-libvirtd.sh \(verb) \(folder) failed")
    }
    return try String(contentsOfFile: out, encoding: .utf8)
  }
}

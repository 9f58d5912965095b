import DataModel
import Foundation
import JobEngine
import Storage
import TestSupport
import Testing

/// Plug-ins that do wrong while they run: the job says what it did, and the engine goes on.
@Suite(.serialized) struct MisbehavingTests {
  @Test("a job that ignores its cancel becomes a zombie after its grace time; returned, it ends as cancelled")
  func zombie() async throws {
    try await withEngine("ignores_cancel", id: "ignores-cancel") { engine, client in
      let request = JobRequest(
        kind: JobKind(plugin: "ignores-cancel", action: "busy"), params: "{\"seconds\":2}",
        graceMilliseconds: 100)
      let id = try submit(engine, request)
      _ = try client.watch(id) { $0.progress == nil }  // it was entered
      #expect(try client.cancel(id) == .cancelling)
      let zombie = try client.watch(id) { $0.status != .live(.zombie) }
      try #require(zombie.status == .live(.zombie))
      #expect(try client.cancel(id) == .unreachable(.zombie))
      let job = try client.watch(id) { _ in true }
      #expect(job.status.name == "cancelled")
      #expect(
        try client.events(id).map(\.reason) == [
          .submitted, .claimed, .started, .cancelRequested, .graceOver, .zombieReturned,
        ])
    }
  }

  @Test("with one slot, a zombie's slot is replaced: the next job does not wait for it")
  func slotIsReplaced() async throws {
    try await withEngine("ignores_cancel", id: "ignores-cancel", arguments: ["--slots", "1"]) {
      engine, client in
      let kind = JobKind(plugin: "ignores-cancel", action: "busy")
      let stuck = try submit(
        engine, JobRequest(kind: kind, params: "{\"seconds\":60}", graceMilliseconds: 100))
      _ = try client.watch(stuck) { $0.progress == nil }  // it was entered
      let next = try submit(engine, JobRequest(kind: kind, params: "{\"seconds\":0}"))
      _ = try client.cancel(stuck)
      #expect(try client.watch(next) { _ in true }.status.name == "succeeded")
      #expect(try client.job(stuck).status == .live(.zombie))
    }
  }

  @Test("a code that the ABI does not have is a failure that names it")
  func garbage() async throws {
    try await withEngine("garbage_code", id: "garbage-code") { engine, client in
      for (action, code) in [("negative", "-999"), ("positive", "77")] {
        let id = try submit(engine, JobRequest(kind: JobKind(plugin: "garbage-code", action: action)))
        let job = try client.watch(id) { _ in true }
        guard case .ended(let end) = job.status else {
          Issue.record("\(action) has not ended: \(job.status)")
          continue
        }
        #expect(end.outcome == .failed)
        #expect(end.message.contains(code), "\(end.message)")
      }
    }
  }

  private func submit(_ engine: RunningEngine, _ request: JobRequest) throws -> JobID {
    try engine.connect().perform(SubmitJobs(batchID: JobClient.random16(), jobs: [request]))[0]
  }

  private func withEngine(
    _ source: String, id: String, arguments: [String] = [],
    _ body: @escaping @Sendable (RunningEngine, JobClient) throws -> Void
  ) async throws {
    try await onThread {
      let engine = try RunningEngine(serveArguments: arguments)
      defer { engine.end() }
      try engine.install(Sample.build("SamplePlugins/Misbehaving/\(source).c"), as: source + ".so")
      try engine.start()
      try engine.waitForPlugin(id)
      try body(engine, engine.client())
    }
  }
}

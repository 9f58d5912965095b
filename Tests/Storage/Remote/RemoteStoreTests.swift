import DataModel
import Glibc
import Storage
import TestSupport
import Testing
import Threading

@Suite("Remote store")
struct RemoteStoreTests {
  @Test("without an engine the error names the store and how to start one")
  func noEngine() throws {
    let folder = try TestStore.makeFolder()
    defer { rmdir(folder) }
    let error = refusal { try RemoteStore.connect(path: folder + "/jobs.db.sock", onEnd: {}) }
    #expect(error?.code == .noEngine)
    #expect(error?.message == "no engine is serving \(folder)/jobs.db")
    #expect(error?.cure == "start one: bulkhead serve --store sqlite:\(folder)/jobs.db")
  }

  @Test("many threads ask over one connection, and each gets its own answer")
  func threads() throws {
    try TestStore.with(.remote) { test in
      let ids = try test.submit(400)
      let wrong = Threading.Condition(0)
      let threads = (0..<8).map { number in
        OSThread("asker") {
          for index in stride(from: number, to: ids.count, by: 8) {
            let row = try? test.store.perform(GetJob(job: ids[index]))
            let answer = index % 5 == 0 ? try? test.store.perform(RequestCancel(job: ids[index])) : .cancelled
            if row?.id != ids[index] || answer != .cancelled { wrong.update { $0 += 1 } }
          }
        }
      }
      for thread in threads { thread.join() }
      #expect(wrong.withLock { $0 } == 0)
      #expect(try test.store.perform(CountJobs())["cancelled"] == 80)
    }
  }

  @Test("an engine that ends: who waits is in doubt, who asks later is told, and the owner once")
  func engineEnds() throws {
    let entered = Threading.Condition(false)
    let release = Threading.Condition(false)
    var handlers = ServerHandlers()
    handlers.handle(ServeStatus.self) { _ throws(StoreError) in
      entered.update { $0 = true }
      _ = release.wait(milliseconds: 20_000) { $0 ? true : nil }
      throw StoreError(.closed, "too late to matter")
    }
    let test = try TestStore(.direct)
    defer { test.end() }
    let path = test.folder + "/s.sock"
    let server = try StoreServer(store: test.direct, path: path)
    try server.start(handlers)
    let ends = Threading.Condition(0)
    let store = try RemoteStore.connect(path: path) { ends.update { $0 += 1 } }
    let answer = Threading.Condition<StoreError?>(nil)
    let asker = OSThread("asker") {
      let error = refusal { try store.perform(ServeStatus()) }
      answer.update { $0 = error }
    }
    #expect(entered.wait(milliseconds: 10_000) { $0 ? true : nil } == true)
    // The connection goes first: its answer can no longer come.
    store.close()
    asker.join()
    #expect(answer.withLock { $0 }?.code == .inDoubt)
    release.update { $0 = true }
    server.stop()
    #expect(ends.wait(milliseconds: 10_000) { $0 == 1 ? true : nil } == true)
    let later = refusal { try store.perform(ListNodes()) }
    #expect(later?.code == .closed && later?.cure == "connect again")
    #expect(refusal { try store.observe(.plugins) { _ in } }?.code == .closed)
    #expect(refusal { try RemoteStore.connect(path: path, onEnd: {}) }?.code == .noEngine)
  }

  @Test("a server that stops answers what it took")
  func stopAnswers() throws {
    let test = try TestStore(.direct)
    defer { test.end() }
    let path = test.folder + "/s.sock"
    let server = try StoreServer(store: test.direct, path: path)
    try server.start()
    let stored = Threading.Condition(0)
    let threads = try (0..<4).map { _ in
      let store = try RemoteStore.connect(path: path, onEnd: {})
      return OSThread("asker") {
        while true {
          let batch = SubmitJobs(batchID: TestStore.batchID(), jobs: [JobRequest(kind: TestStore.kind)])
          guard (try? store.perform(batch)) != nil else { return }
          stored.update { $0 += 1 }
        }
      }
    }
    #expect(stored.wait(milliseconds: 20_000) { $0 > 50 ? true : nil } == true)
    server.stop()
    for thread in threads { #expect(thread.join(milliseconds: 10_000)) }
    // What was said to be stored is; what was not answered may be.
    let ready = try #require(try test.direct.perform(CountJobs())["ready"])
    #expect(ready >= stored.withLock { $0 } && ready <= stored.withLock { $0 } + 4)
  }

  @Test("what waits for a store that closes is told")
  func closedStore() throws {
    let test = try TestStore(.remote)
    defer { test.end() }
    test.direct.close()
    #expect(refusal { try test.submit() }?.code == .closed)
    #expect(refusal { try test.store.perform(ListNodes()) }?.code == .closed)
  }

  @Test("a request that is too long is refused without harm to the connection")
  func tooLong() throws {
    try TestStore.with(.remote) { test throws in
      let request = JobRequest(kind: TestStore.kind, params: String(repeating: "x", count: 1 << 20))
      let batch = SubmitJobs(batchID: TestStore.batchID(), jobs: Array(repeating: request, count: 17))
      let error = refusal { try test.store.perform(batch) }
      #expect(error?.code == .invalid && error?.cure == "send or ask for less at once")
      #expect(try test.submit().count == 1)
    }
  }

  @Test("a remote store that nobody holds closes its connection")
  func dropped() throws {
    let ended = Threading.Condition(0)
    var handlers = ServerHandlers()
    handlers.onEnd = { _, _, _ in ended.update { $0 += 1 } }
    let test = try TestStore(.remote, handlers: handlers)
    defer { test.end() }
    let path = try #require(test.server).path
    for _ in 0..<3 { _ = try RemoteStore.connect(path: path, onEnd: {}).perform(ListNodes()) }
    #expect(ended.wait(milliseconds: 10_000) { $0 == 3 ? true : nil } == true)
  }
}

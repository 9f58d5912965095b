import DataModel
import Glibc
import Storage
import TestSupport
import Testing
import Threading

@Suite("Server: bad and unlucky clients")
struct StoreServerTests {
  private func serve(
    _ handlers: ServerHandlers = ServerHandlers(), _ body: (TestStore, String) throws -> Void
  ) throws {
    let test = try TestStore(.remote, handlers: handlers)
    defer { test.end() }
    try body(test, try #require(test.server).path)
    // Whatever a client did, the others are served.
    #expect(try test.submit().count == 1)
  }

  @Test("what a stranger sends ends his connection and nobody else's")
  func strangers() throws {
    try serve { test, path in
      var short = WireWriter()
      short.put(UInt32(3))
      let list = try Frame.bytes(id: 1, code: ListNodes.code) { _ in }
      let wrongMark = try Frame.bytes(id: 1, code: Frame.Code.handshake) { $0.put(UInt64(0)) }
      for bytes in [Array("GET / HTTP/1.1\r\n\r\n".utf8), short.bytes, list, wrongMark] {
        let stranger = try RawSocket(path)
        stranger.send(bytes)
        #expect(try RawSocket.error(stranger.read())?.code == .badFrame)
        #expect(try stranger.read() == nil)
      }
    }
  }

  @Test("a program of another version is told which versions there are")
  func otherVersion() throws {
    try serve { _, path in
      let newer = try RawSocket(path)
      newer.send(
        try Frame.bytes(id: 1, code: Frame.Code.handshake) {
          Handshake(minimum: 2, maximum: 3).encode(to: &$0)
        })
      let error = try RawSocket.error(newer.read())
      #expect(error?.message == "the engine speaks protocol 1 to 1, this program 2 to 3")
      #expect(error?.cure.contains("same version") == true)
      #expect(try newer.read() == nil)
      let both = try RawSocket(path)
      both.send(
        try Frame.bytes(id: 1, code: Frame.Code.handshake) {
          Handshake(minimum: 0, maximum: 9).encode(to: &$0)
        })
      #expect(try both.read()?.code == Frame.Code.handshake)
    }
  }

  @Test("a request that is not understood is answered, and the connection goes on")
  func notUnderstood() throws {
    try serve { _, path in
      let client = try RawSocket.greeted(path)
      client.send(try Frame.bytes(id: 2, code: 999) { _ in })
      #expect(try RawSocket.error(client.read())?.message.contains("999") == true)
      for code: UInt16 in 1...32 {
        client.send(try Frame.bytes(id: 3, code: code) { $0.put([UInt8](repeating: 0xff, count: 7)) })
        #expect(try RawSocket.error(client.read())?.code == .badFrame, "\(code)")
      }
      client.send(try Frame.bytes(id: 4, code: Frame.Code.observe) { $0.put(UInt32(1)) })
      #expect(try RawSocket.error(client.read())?.code == .badFrame)
      try client.send(ListNodes(), id: 5)
      let answer = try #require(try client.read())
      #expect(answer.id == 5 && answer.code == ListNodes.code)
    }
  }

  @Test("a request that comes byte by byte is answered when it is whole")
  func slowly() throws {
    try serve { _, path in
      let client = try RawSocket.greeted(path)
      let bytes = try Frame.bytes(id: 7, code: GetJob.code) { GetJob(job: JobID(1)).encode(to: &$0) }
      for byte in bytes { client.send([byte]) }
      #expect(try client.read()?.id == 7)
      client.send(Array(bytes.dropLast()))  // half a frame, and then silence
    }
  }

  @Test("thousands of requests at once are all answered, in the order of each kind")
  func pipelined() throws {
    try serve { test, path in
      let client = try RawSocket.greeted(path)
      let sender = OSThread("sender") {
        for id: UInt32 in 1...5000 { try? client.send(RequestCancel(job: JobID(1)), id: id) }
      }
      var ids: [UInt32] = []
      while ids.count < 5000, let frame = try client.read() { ids.append(frame.id) }
      #expect(ids == Array(1...5000))
      sender.join()
    }
  }

  @Test("a client that never reads is dropped, and holds nobody up")
  func neverReads() throws {
    let ended = Threading.Condition(0)
    var handlers = ServerHandlers()
    handlers.onEnd = { _, _, _ in ended.update { $0 += 1 } }
    try serve(handlers) { test, path in
      let request = JobRequest(kind: TestStore.kind, params: String(repeating: "x", count: 1 << 20))
      let large = try test.store.perform(
        SubmitJobs(batchID: TestStore.batchID(), jobs: Array(repeating: request, count: 4)))
      let query = ListJobs(before: JobID(large[3].rawValue + 1), limit: 4)
      let client = try RawSocket.greeted(path)
      for id: UInt32 in 1...30 { try client.send(query, id: id) }
      for _ in 0..<20 { #expect(try test.submit().count == 1) }
      let isDropped = ended.wait(milliseconds: 20_000) { $0 == 1 ? true : nil }
      #expect(isDropped == true)
    }
  }

  @Test("a client that says nothing holds nobody up")
  func silent() throws {
    try serve { test, path in
      let silent = try (0..<20).map { _ in try RawSocket(path) }
      for _ in 0..<5 { #expect(try test.submit().count == 1) }
      #expect(silent.count == 20)
    }
  }

  @Test("a hello drops what its node's old connection still wanted")
  func helloReplaces() throws {
    let gate = Threading.Condition((isEntered: false, isOpen: false))
    var handlers = ServerHandlers()
    handlers.gate = { _ in
      gate.update { $0.isEntered = true }
      _ = gate.wait(milliseconds: 20_000) { $0.isOpen ? true : nil }
    }
    let told = Threading.Condition<[String]>([])
    handlers.onHello = { _, node, process in told.update { $0.append("hello \(node) \(process.pid)") } }
    handlers.onEnd = { _, node, _ in told.update { $0.append("end \(node?.description ?? "-")") } }
    let test = try TestStore(.remote, handlers: handlers)
    defer { test.end() }
    let path = try #require(test.server).path
    let old = try RemoteStore.connect(path: path, onEnd: {})
    let node = try old.perform(Hello(node: nil, process: TestStore.process(), inventory: [])).node
    #expect(told.wait(milliseconds: 10_000) { $0 == ["hello w1 4711"] ? true : nil } == true)
    let answer = Threading.Condition<StoreError?>(nil)
    let asker = OSThread("asker") {
      let batch = SubmitJobs(batchID: TestStore.batchID(), jobs: [JobRequest(kind: TestStore.kind)])
      let error = refusal { try old.perform(batch) }
      answer.update { $0 = error }
    }
    #expect(gate.wait(milliseconds: 10_000) { $0.isEntered ? true : nil } == true)
    let new = try RemoteStore.connect(path: path, onEnd: {})
    let again = try new.perform(Hello(node: node, process: TestStore.process(), inventory: []))
    #expect(again.node == node)
    asker.join()
    #expect(answer.withLock { $0 }?.code == .inDoubt)
    gate.update { $0.isOpen = true }
    // The queue is one line: when this is answered, the old submit would have been done.
    let counts = try new.perform(CountJobs())
    #expect(try new.perform(OrderNode(node: node, order: .run)) == 0)
    #expect(counts["ready"] == 0)
    // The end of the connection that gave way is nobody's: the node lives on.
    #expect(told.wait(milliseconds: 10_000) { $0.contains("end -") ? true : nil } == true)
    new.close()
    #expect(told.wait(milliseconds: 10_000) { $0.contains("end w1") ? true : nil } == true)
    #expect(try test.store.perform(CountJobs())["ready"] == 0)
  }

  @Test("the gate refuses a submit, with its own words")
  func gate() throws {
    var handlers = ServerHandlers()
    handlers.gate = { batch throws(StoreError) in
      if batch.jobs.count > 1 { throw StoreError(.invalid, "params.name is missing", cure: "give a name") }
    }
    try serve(handlers) { test, _ throws in
      let error = refusal { try test.submit(2) }
      #expect(error == StoreError(.invalid, "params.name is missing", cure: "give a name"))
      #expect(try test.store.perform(CountJobs())["ready"] == 0)
      #expect(try test.submit().count == 1)
    }
  }

  @Test("serve's own verbs are answered by their handlers")
  func ownVerbs() throws {
    let modes = Threading.Condition<[ServeStop.Mode]>([])
    var handlers = ServerHandlers()
    handlers.handle(ServeStop.self) { verb throws(StoreError) in
      modes.update { $0.append(verb.mode) }
      return ServeStop.Reply(activeJobs: 12)
    }
    try serve(handlers) { test, path in
      let client = try RemoteStore.connect(path: path, onEnd: {})
      #expect(try client.perform(ServeStop(mode: .cancel)).activeJobs == 12)
      #expect(modes.withLock { $0 } == [.cancel])
      #expect(refusal { try client.perform(ServeStatus()) }?.code == .badFrame)
    }
  }

  @Test("the socket is its owner's alone, and what is in its way is left alone")
  func socketFile() throws {
    let test = try TestStore()
    defer { test.end() }
    let path = test.folder + "/s.sock"
    for _ in 0..<2 {
      // The second time the socket of an earlier process is in the way.
      let server = try StoreServer(store: test.direct, path: path)
      try server.start()
      var facts = stat()
      #expect(lstat(path, &facts) == 0 && facts.st_mode & 0o777 == 0o600)
      let copy = test.folder + "/copy.sock"
      #expect(link(path, copy) == 0)
      server.stop()
      #expect(lstat(path, &facts) != 0)
      #expect(rename(copy, path) == 0)
    }
    let file = test.folder + "/test.db"
    #expect(
      refusal { try StoreServer(store: test.direct, path: file).start() }?.message.contains("no socket")
        == true)
    let long = test.folder + "/" + String(repeating: "x", count: 100)
    #expect(refusal { try StoreServer(store: test.direct, path: long) }?.message.contains("longer") == true)
  }
}

import DataModel
import Glibc
import Storage
import Synchronization
import TestSupport
import Testing
import Threading

@Suite("Server: clients that mean harm or are broken", .serialized)
struct HostileClientTests {
  /// A server with these bounds; afterwards another client is served as always.
  private func serve(
    _ settings: ServerSettings = ServerSettings(), _ handlers: ServerHandlers = ServerHandlers(),
    _ body: (TestStore, String) throws -> Void
  ) throws {
    let test = try TestStore()
    defer { test.end() }
    let server = try StoreServer(store: test.direct, path: test.folder + "/s.sock", settings: settings)
    try server.start(handlers)
    defer { server.stop() }
    try body(test, server.path)
    try served(server.path)
  }

  /// Another client's verbs are answered.
  private func served(_ path: String) throws {
    let good = try RemoteStore.connect(path: path, onEnd: {})
    let batch = SubmitJobs(batchID: TestStore.batchID(), jobs: [JobRequest(kind: TestStore.kind)])
    #expect(try good.perform(batch).count == 1)
    #expect(try good.perform(ListNodes()).isEmpty)
    good.close()
  }

  private func settings(_ change: (inout ServerSettings) -> Void) -> ServerSettings {
    var settings = ServerSettings()
    change(&settings)
    return settings
  }

  @Test(
    "a length that no message has ends the connection with a message",
    arguments: [0, 1, 5, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff] as [UInt32])
  func lengths(_ length: UInt32) throws {
    try serve { _, path in
      let client = try RawSocket.greeted(path)
      var writer = WireWriter()
      writer.put(length)
      client.send(writer.bytes)
      let error = try RawSocket.error(client.read())
      #expect(error?.code == .badFrame && error?.message.contains("\(length) bytes long") == true)
      #expect(try client.read() == nil)
    }
  }

  @Test("every verb with garbage for its body is answered, and the connection goes on")
  func garbage() throws {
    try serve { _, path in
      let client = try RawSocket.greeted(path)
      var random = SplitMix64(seed: 5)
      for code: UInt16 in 1...130 {
        let bytes = (0..<Int.random(in: 1...40, using: &random)).map { _ in
          UInt8.random(in: 128...255, using: &random)
        }
        client.send(try Frame.bytes(id: 9, code: code) { writer in for byte in bytes { writer.put(byte) } })
        // A verb of a number takes any eight bytes: then the answer is one, not an error.
        let answer = try client.read()
        #expect(answer?.id == 9, "\(code)")
        if let error = try RawSocket.error(answer) { #expect(error.code != .database, "\(code): \(error)") }
      }
      try client.send(ListNodes(), id: 10)
      #expect(try client.read()?.id == 10)
    }
  }

  @Test("a message that is begun and never ended is given up after a time, and its sender told")
  func halfMessage() throws {
    try serve(settings { $0.messageMilliseconds = 50 }) { _, path in
      let client = try RawSocket.greeted(path)
      var writer = WireWriter()
      writer.put(UInt32(1 << 20))
      writer.put(UInt64(0))
      client.send(writer.bytes)
      try served(path)
      #expect(try RawSocket.error(client.read())?.message.contains("begun and not ended") == true)
      #expect(try client.read() == nil)
    }
  }

  @Test("a client that is silent after its handshake is left alone: it may be watching")
  func silentButGreeted() throws {
    try serve(settings { $0.messageMilliseconds = 1 }) { _, path in
      let client = try RawSocket.greeted(path)
      try served(path)
      Bell().wait(milliseconds: 700)  // longer than the server looks away
      try client.send(ListNodes(), id: 2)
      #expect(try client.read()?.id == 2)
    }
  }

  @Test("who does not shake hands is told so and let go")
  func idleHandshake() throws {
    try serve(settings { $0.greetingMilliseconds = 50 }) { _, path in
      let client = try RawSocket(path)
      #expect(try RawSocket.error(client.read())?.message == "no handshake came within 50 ms")
      #expect(try client.read() == nil)
    }
  }

  @Test("a thousand silent connections keep nobody out: the oldest makes room")
  func thousandSilent() throws {
    try serve(settings { $0.connections = 200 }) { _, path in
      var silent: [RawSocket] = []
      for _ in 0..<1000 { silent.append(try RawSocket(path)) }
      try served(path)
      #expect(try RawSocket.error(silent[0].read())?.message.contains("200 connections") == true)
      #expect(try silent[0].read() == nil)
    }
  }

  @Test(
    "with all places taken by clients that speak, one more is refused in words, and let in when one has gone")
  func limit() throws {
    try serve(settings { $0.connections = 5 }) { _, path in
      var clients = try (0..<5).map { _ in try RawSocket.greeted(path) }
      // Often: whether the reason or the first word comes first is chance.
      for _ in 0..<200 {
        let error = refusal { try RemoteStore.connect(path: path, onEnd: {}) }
        #expect(error?.message == "the engine has 5 connections already and takes no more")
      }
      let error = refusal { try RemoteStore.connect(path: path, onEnd: {}) }
      #expect(error?.code == .noEngine && error?.cure.isEmpty == false)
      try clients[4].send(ListNodes(), id: 7)
      #expect(try clients[4].read()?.id == 7)
      clients.removeAll()
      let limit = MonotonicClock.nanoseconds + 10_000_000_000
      while refusal({ try RemoteStore.connect(path: path, onEnd: {}) }) != nil,
        MonotonicClock.nanoseconds < limit
      { Bell().wait(milliseconds: 5) }
    }
  }

  @Test("a storm of connections that come and go disturbs nobody")
  func storm() throws {
    try serve { _, path in
      let good = try RemoteStore.connect(path: path, onEnd: {})
      let isOver = Atomic(false)
      let storm = (0..<3).map { _ in
        OSThread("storm") {
          while !isOver.load(ordering: .relaxed) { _ = try? RawSocket(path) }
        }
      }
      for _ in 0..<200 { #expect(try good.perform(ListNodes()).isEmpty) }
      isOver.store(true, ordering: .relaxed)
      for thread in storm { thread.join() }
    }
  }

  @Test("memory is bounded for all clients together: whoever holds most is dropped, with a reason")
  func memory() throws {
    let told = Mutex<[String]>([])
    var handlers = ServerHandlers()
    handlers.log = { line in told.withLock { $0.append(line) } }
    try serve(settings { $0.heldBytes = 4 << 20 }, handlers) { _, path in
      var writer = WireWriter()
      writer.put(UInt32(15 << 20))
      let small = try RawSocket.greeted(path)
      small.send(writer.bytes + [UInt8](repeating: 0, count: 1 << 10))
      let large = try RawSocket.greeted(path)
      large.send(writer.bytes)
      let block = [UInt8](repeating: 0, count: 1 << 20)
      for _ in 0..<12 where large.send(block) {}
      #expect(told.withLock { $0.contains { $0.contains("is dropped") } })
      // The small one was not meant: it still has its place.
      try served(path)
      #expect(small.send([0]))
    }
  }

  @Test("a client that asks for much and never reads is dropped, and others are answered meanwhile")
  func neverReads() throws {
    try serve(settings { $0.heldBytes = 8 << 20 }) { test, path in
      let request = JobRequest(kind: TestStore.kind, params: String(repeating: "x", count: 1 << 20))
      let large = try test.store.perform(
        SubmitJobs(batchID: TestStore.batchID(), jobs: Array(repeating: request, count: 4)))
      let query = ListJobs(before: JobID(large[3].rawValue + 1), limit: 4)
      let greedy = try RawSocket.greeted(path)
      for id: UInt32 in 1...40 { try greedy.send(query, id: id) }
      try served(path)
      let limit = MonotonicClock.nanoseconds + 20_000_000_000
      var isDropped = false
      while !isDropped, MonotonicClock.nanoseconds < limit { isDropped = !greedy.send([0]) }
      #expect(isDropped)
    }
  }

  @Test("a failing poll is tried again; one that stays ends the server, and its owner is told")
  func poll() throws {
    let failures = Atomic(3)
    var bounds = ServerSettings()
    bounds.poll = { files, count, timeout in
      if failures.load(ordering: .relaxed) > 0 {
        failures.subtract(1, ordering: .relaxed)
        errno = ENOMEM
        return -1
      }
      return Glibc.poll(files, count, timeout)
    }
    try serve(bounds) { _, path in try served(path) }
    #expect(failures.load(ordering: .relaxed) == 0)

    let test = try TestStore()
    defer { test.end() }
    let heard = Threading.Condition<String?>(nil)
    var handlers = ServerHandlers()
    handlers.onFailure = { message in heard.update { $0 = message } }
    bounds.pollFailures = 3
    failures.store(.max, ordering: .relaxed)
    let server = try StoreServer(store: test.direct, path: test.folder + "/s.sock", settings: bounds)
    try server.start(handlers)
    #expect(heard.wait(milliseconds: 10_000) { $0 }?.contains("cannot be watched") == true)
    server.stop()
  }

  @Test("a user who may nothing is refused in words; a worker's user may run jobs and nothing else")
  func admission() throws {
    let answer = Mutex(ServerAdmission.nothing)
    var handlers = ServerHandlers()
    handlers.admit = { _ in answer.withLock { $0 } }
    let test = try TestStore()
    defer { test.end() }
    let server = try StoreServer(store: test.direct, path: test.folder + "/s.sock")
    try server.start(handlers)
    defer { server.stop() }
    #expect(
      refusal { try RemoteStore.connect(path: server.path, onEnd: {}) }?.message.contains("may not") == true)
    answer.withLock { $0 = .workersVerbs }
    let worker = try RemoteStore.connect(path: server.path, onEnd: {})
    #expect(refusal { try worker.perform(CountJobs()) }?.message.contains("may not ask") == true)
    #expect(refusal { try worker.perform(EndNode(node: NodeID(1), detail: "x")) }?.code == .invalid)
    let other = TestStore.process(1)
    #expect(
      refusal { try worker.perform(Hello(node: nil, process: other, inventory: [])) }?.message.contains(
        "speak for")
        == true)
    let own = TestStore.process(getpid())
    let node = try worker.perform(Hello(node: nil, process: own, inventory: [])).node
    #expect(try worker.perform(ClaimJobs(node: node, kinds: [], limit: 0)).leases.isEmpty)
    #expect(
      refusal { try worker.perform(ClaimJobs(node: NodeID(99), kinds: [], limit: 0)) }?.code == .invalid)
    #expect(try worker.perform(ListPlugins()).files.isEmpty)
    // Its plug-ins have steps and reconcile entries as all others have.
    let run = JobRun(job: JobID(99), fence: 1)
    #expect(try worker.perform(BeginStep(run: run, name: "a")) == .fenced)
    #expect(try !worker.perform(EndStep(run: run, name: "a", result: "")))
    let lost = ClaimReconciles(node: node, kinds: [], asking: [], limit: 1)
    #expect(try worker.perform(lost).leases.isEmpty)
    #expect(try !worker.perform(FinishReconcile(ask: 1, job: run.job, answer: nil)))
    let stolen = ClaimReconciles(node: NodeID(99), kinds: [], asking: [], limit: 1)
    #expect(refusal { try worker.perform(stolen) }?.message.contains("speak for") == true)
  }

  @Test("a worker of another user does not become another node by a hello that is refused")
  func usurper() throws {
    var handlers = ServerHandlers()
    handlers.admit = { _ in .workersVerbs }
    let test = try TestStore()
    defer { test.end() }
    let server = try StoreServer(store: test.direct, path: test.folder + "/s.sock")
    try server.start(handlers)
    defer { server.stop() }
    let victim = try test.direct.perform(
      Hello(node: nil, process: TestStore.process(1), inventory: [])
    ).node
    let worker = try RemoteStore.connect(path: server.path, onEnd: {})
    let hello = Hello(node: victim, process: TestStore.process(getpid()), inventory: [])
    #expect(refusal { try worker.perform(hello) }?.code == .fenced)
    let claim = ClaimJobs(node: victim, kinds: [TestStore.kind], limit: 10)
    #expect(refusal { try worker.perform(claim) }?.message.contains("speak for") == true)
    // Its own node it can have again, on another connection too.
    let own = try worker.perform(Hello(node: nil, process: hello.process, inventory: [])).node
    let next = try RemoteStore.connect(path: server.path, onEnd: {})
    #expect(try next.perform(Hello(node: own, process: hello.process, inventory: [])).node == own)
    #expect(try next.perform(ClaimJobs(node: own, kinds: [], limit: 0)).leases.isEmpty)
  }

  @Test("a worker of another user changes nothing about the jobs that another worker holds")
  func foreignJobs() throws {
    var handlers = ServerHandlers()
    handlers.admit = { _ in .workersVerbs }
    let test = try TestStore()
    defer { test.end() }
    let server = try StoreServer(store: test.direct, path: test.folder + "/s.sock")
    try server.start(handlers)
    defer { server.stop() }
    let victim = try test.makeNode(pid: 1)
    let run = try test.running(victim)
    let worker = try RemoteStore.connect(path: server.path, onEnd: {})
    let step = BeginStep(run: run, name: "a")
    #expect(refusal { try worker.perform(step) }?.message.contains("say hello") == true)
    let process = TestStore.process(getpid())
    let node = try worker.perform(Hello(node: nil, process: process, inventory: [])).node
    #expect(try worker.perform(step) == .fenced)
    let foreign: [RunWrite.Act] = [.finish(RunEnd(code: 0)), .endGrace, .log([])]
    let answers = try worker.perform(WriteRuns(node: node, items: foreign.map { RunWrite(run, $0) }))
    #expect(answers == [.fenced, .fenced, .fenced])
    #expect(try test.state(run.job) == "running")
    // Its own it starts and ends as any worker.
    let job = try test.submit()[0]
    let own = try worker.perform(ClaimJobs(node: node, kinds: [TestStore.kind], limit: 1)).leases[0].run
    let acts: [RunWrite.Act] = [.start, .finish(RunEnd(code: 0))]
    for act in acts {
      #expect(try worker.perform(WriteRuns(node: node, items: [RunWrite(own, act)])) == [.done])
    }
    #expect(try test.state(job) == "succeeded")
  }

  @Test("how long a node has been silent is known, and nothing of it counts while its request is being done")
  func silence() throws {
    let test = try TestStore()
    defer { test.end() }
    let server = try StoreServer(store: test.direct, path: test.folder + "/s.sock")
    try server.start()
    defer { server.stop() }
    #expect(server.silence(of: NodeID(1)) == nil)
    let worker = try RemoteStore.connect(path: server.path, onEnd: {})
    let node = try worker.perform(Hello(node: nil, process: TestStore.process(), inventory: [])).node
    Bell().wait(milliseconds: 30)
    #expect(try #require(server.silence(of: node)) >= 20)
    worker.close()
    let limit = MonotonicClock.nanoseconds + 10_000_000_000
    while server.silence(of: node) != nil, MonotonicClock.nanoseconds < limit { Bell().wait(milliseconds: 5) }
    #expect(server.silence(of: node) == nil)
  }
}

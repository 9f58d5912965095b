import DataModel
import Storage
import TestSupport
import Testing

@Suite("Wire: every message, whole, cut and garbled")
struct WireTests {
  /// A message with a way to read it back, without its type.
  struct Example: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let bytes: [UInt8]
    /// Reads bytes and writes what was read.
    let again: @Sendable ([UInt8]) throws -> [UInt8]

    init<Value: WireCodable & Sendable>(_ value: Value, _ note: String = "") {
      testDescription = "\(Value.self) \(note)"
      bytes = Self.encode(value)
      again = { bytes in
        var reader = WireReader(bytes)
        let value = try reader.value(Value.self)
        try reader.finish()
        return Self.encode(value)
      }
    }

    private static func encode<Value: WireCodable>(_ value: Value) -> [UInt8] {
      var writer = WireWriter()
      writer.put(value)
      return writer.bytes
    }
  }

  static let kind = JobKind(plugin: "libvirt", action: "server.create")
  static let run = JobRun(job: JobID(7), fence: 3)
  static let process = ProcessIdentity(pid: 12, startTicks: 34, bootID: "b-00t")
  static let end = RunEnd(
    code: -8, message: "no\ndisk", result: "{}", leftBehind: ["a", "é"], stopBits: 0x41,
    usage: Usage(cpuNanoseconds: 1, wallNanoseconds: 2, hostCalls: 3, memory: memory))
  static let memory = MemoryUsage(
    allocations: 4, allocatedBytes: 5, peakBytes: 6, liveBytes: 7, liveBlocks: 8)
  static let progress = JobProgress(done: 1, total: UInt64.max, message: "½", at: 5)
  static let request = JobRequest(
    kind: kind, params: #"{"a":1}"#, repeatRule: .idempotent, deadlineMilliseconds: 9)
  static let file = PluginFile(
    file: "a.so", state: .refused, pluginID: "p", version: "1", sha256: "ab", manifest: "{}", image: "/x",
    message: "no", generation: 4, changedAt: 5)
  static let values: [FieldAssignment] = [
    .null, .bool(true), .int(-1), .real(2.5), .string("x"), .instant(9), .ref(4),
  ].enumerated().map { FieldAssignment(field: UInt32($0.offset), value: $0.element) }

  static func row(_ status: JobStatus) -> JobRow {
    JobRow(
      id: JobID(1), kind: kind, params: "{}", repeatRule: .never, deadlineMilliseconds: 1, submittedAt: 2,
      status: status, fence: 3, attempt: 4, node: NodeID(5), startedAt: nil, cancelRequested: true,
      progress: progress, reason: .started)
  }

  static let ended = JobStatus.ended(
    JobEnd(
      outcome: .timedOut, code: -2, message: "late", result: nil, leftBehind: ["vm"], usage: Usage(),
      finishedAt: 8))
  static let acts: [RunWrite.Act] = [
    .start, .handBack, .passDeadline, .endGrace, .zombieReturned, .finish(end), .progress(progress),
    .log([LogLine(id: 1, at: 2, level: 3, text: "x"), LogLine(at: 0, level: 0, text: "")]),
  ]
  static let phases: [InventoryEntry.Phase] = [.leased, .starting, .running, .zombie, .finished(end)]
  static let lease = Lease(
    run: run, kind: kind, params: "{}", attempt: 2, deadlineMilliseconds: 1, cleanupMilliseconds: 2,
    graceMilliseconds: 3, submittedAt: 4)
  static let step = StepRow(name: "a", token: "bh-1-0", result: "r", begunAt: 1, doneAt: 2)
  static let openStep = StepRow(name: "é", token: "bh-1-1", result: nil, begunAt: 1, doneAt: nil)
  static let lost = LostRow(
    job: JobID(1), since: 2, runEnded: true, message: "m", leftBehind: ["x"], tries: 3, dueAt: 4, answer: "a",
    answeredAt: 5)
  static let reconcileLease = ReconcileLease(
    ask: 1, run: run, kind: kind, params: "{}", attempt: 2, submittedAt: 3, reason: "r", leftBehind: ["x"],
    steps: [step, openStep])
  static let answers: [ReconcileAnswer] = [
    .done("d", result: "{}"), .done("", result: nil), .failed("f"), .notStarted("n"), .unknown("u"),
  ]

  static let lostVerbs: [Example] =
    [
      Example(BeginStep(run: run, name: "a")), Example(EndStep(run: run, name: "a", result: "r")),
      Example(ListSteps(job: JobID(1))), Example(GetLost(job: JobID(1))),
      Example(ClaimReconciles(node: NodeID(1), kinds: [kind], asking: [1, 2], limit: 3)),
      Example(FinishReconcile(ask: 1, job: JobID(2), answer: nil), "not asked"),
      Example(RequestReconcile(job: JobID(1))), Example(ListAudit(before: 1, limit: 2)),
      Example(
        ResolveJob(
          job: JobID(1), resolution: Resolution(.rerun, reason: "r", attestsRunEnded: true), result: "{}")),
      Example(true), Example([step, openStep]), Example(lost as LostRow?),
      Example(ReconcileClaims(leases: [reconcileLease], nextDueInMilliseconds: 7)),
      Example(ReconcileClaims(leases: [], nextDueInMilliseconds: nil), "nothing"),
      Example([AuditRow(id: 1, at: 2, who: "w", verb: "v", subject: "s", detail: "d")]),
    ]
    + answers.map {
      Example(
        FinishReconcile(ask: 1, job: JobID(2), answer: $0, logs: [LogLine(at: 1, level: 2, text: "x")]),
        "\($0)")
    }
    + [BeginStepAnswer.fresh, .begun, .done(result: "r"), .fenced, .full].map { Example($0, "\($0)") }
    + [LostJobAnswer.done, .notFound, .notLost("running"), .needsProof].map { Example($0, "\($0)") }

  static let verbs: [Example] = [
    Example(
      SubmitJobs(
        batchID: [1, 2], jobs: [request, request, JobRequest(kind: JobKind(plugin: "", action: ""))])),
    Example(RequestCancel(job: JobID(-1))), Example(GetJob(job: JobID(Int64.max))),
    Example(ListJobs(states: ["ready", "failed"], kind: kind, before: JobID(9), limit: 3)),
    Example(ListEvents(job: JobID(1), after: 2, limit: 3)),
    Example(ListLogLines(job: JobID(1), after: 2, limit: 3)), Example(CountJobs()),
    Example(
      Hello(
        node: NodeID(1), process: process,
        inventory: phases.map { InventoryEntry(job: JobID(1), fence: 2, phase: $0) })),
    Example(Hello(node: nil, process: process, inventory: []), "first"),
    Example(ClaimJobs(node: NodeID(1), kinds: [kind, kind], limit: 5)),
    Example(WriteRuns(node: NodeID(1), items: acts.map { RunWrite(run, $0) })),
    Example(EndNode(node: NodeID(1), detail: "killed")), Example(OrderNode(node: nil, order: .drain)),
    Example(ListNodes()), Example(CancelNodeJobs(node: NodeID(3))), Example(PutPluginFile(file)),
    Example(ListPlugins()),
    Example(ReportPlugin(PluginReport(node: NodeID(1), sha256: "ab", isLoaded: false, message: "no"))),
    Example(WriteRecord(run: run, sequence: 1, change: .create(entity: 1, id: 2, values: values)), "create"),
    Example(
      WriteRecord(run: run, sequence: 1, change: .set(entity: 1, id: 2, version: 3, values: values)), "set"),
    Example(WriteRecord(run: run, sequence: 1, change: .delete(entity: 1, id: 2, version: 3)), "delete"),
    Example(ReadRecord(entity: 1, id: 2, fields: [3, 4])),
    Example(FindRecords(entity: 1, match: values[4], limit: 7)), Example(ServeStatus()),
    Example(ListRecords(entity: 1, matches: values, after: 5, limit: 7)), Example(GetRecord(id: 9)),
    Example(ListJobRecords(job: JobID(3), limit: 4)),
    Example(ServeStop(mode: .cancel)), Example(CheckStore()), Example(FindPrunedJob(job: JobID(7))),
    Example(PruneHistory(jobsBefore: 1, logsBefore: nil, batchesBefore: 3, keptFor: 4, rows: 5)),
    Example(ServeBackup(path: "/backup/a.db")),
    Example(Hello(node: nil, process: process, inventory: [], group: "own"), "group"),
    Example(AcceptVersion(sha256: "ab", pluginID: "p", version: "1", probationRuns: 20)),
    Example(ListVersions()),
    Example(PlacePlugin(file: "a.so", sha256: "ab", group: "g")), Example(ListWorkers()),
    Example(CommandWorker(node: NodeID(3), mode: .kill)), Example(ServeRestart()),
  ]

  static let replies: [Example] = [
    Example([JobID(1), JobID(2)]), Example(CancelAnswer.notFound),
    Example(CancelAnswer.alreadyEnded(.failed)),
    Example(CancelAnswer.cancelled), Example(CancelAnswer.cancelling),
    Example(CancelAnswer.unreachable(.lost)),
    Example(row(.live(.zombie)) as JobRow?), Example(nil as JobRow?, "nil"), Example([row(ended)]),
    Example([
      JobEvent(
        id: 1, job: JobID(2), at: 3, from: "", to: "ready", reason: .submitted, fence: 4, detail: "x")
    ]),
    Example([LogLine(id: 1, at: 2, level: 3, text: "x")]), Example(["ready": 1, "failed": 2]),
    Example(HelloAnswer(node: NodeID(1), verdicts: [.keep, .enter, .startAgain, .stored, .fenced, .cancel])),
    Example(ClaimAnswer(leases: [lease, lease], cancels: [run], order: .drain, pluginRevision: 4)),
    Example([RunAnswer.done, .fenced]), Example(EndNodeAnswer(requeued: 1, lost: 2, ended: 3)), Example(5),
    Example([NodeRow(id: NodeID(1), process: process, order: .run, activeJobs: 2, since: 3)]), Example(file),
    Example(
      PluginList(
        revision: 1, files: [file],
        reports: [PluginReport(node: NodeID(1), sha256: "ab", isLoaded: true, message: "")])),
    Example([RecordFacts(entity: 1, row: RecordRow(id: 2, version: 3, values: values), changedBy: 4)]),
    Example(nil as RecordFacts?, "no record"),
    Example(Nothing()), Example(RecordAnswer.done(version: 1)), Example(RecordAnswer.notFound),
    Example(RecordAnswer.conflict("x")), Example(RecordAnswer.invalid("x")), Example(RecordAnswer.fenced),
    Example(RecordRow(id: 1, version: 2, values: values) as RecordRow?), Example([Int64(1), -1]),
    Example(ServeStop.Reply(activeJobs: 3)),
    Example(StoreReport(problems: ["x"], schema: 2, jobs: 3, bytes: 4)),
    Example(PruneAnswer(jobs: 1, logLines: 2, isDone: false, newest: 3)), Example(5 as Milliseconds?),
    Example(ServeRestart.Reply(version: "1.2.3")),
    Example([
      PluginVersion(sha256: "ab", pluginID: "p", version: "1", cleanRuns: 1, strikes: 2, probationRuns: 3)
    ]),
    Example(
      ListWorkers.Reply(
        workers: [
          WorkerFacts(
            node: NodeRow(
              id: NodeID(1), process: process, order: .run, activeJobs: 2, since: 3, group: "g"),
            state: .unresponsive, silentSince: 5, silence: "x", limits: ["a"], gaps: ["b"])
        ], mechanism: "memory by cgroup v2")),
    Example(
      ServeStatus.Reply(
        process: process, version: "1.0", store: "sqlite:x", nodes: [], counts: ["ready": 1], since: 4,
        isDraining: true)),
    Example(StoreError(.fenced, "message", cure: "cure")), Example(Handshake(minimum: 1, maximum: 2)),
    Example(StoreSignal.jobChanged(JobID(1))), Example(StoreSignal.nodeCalled(NodeID(1))),
    Example(StoreSignal.jobsReady), Example(StoreSignal.pluginsChanged),
    Example(StoreInterest.worker(NodeID(1))),
    Example(StoreInterest.job(JobID(4))),
  ]

  @Test("a message is read as it was written", arguments: verbs + lostVerbs + replies)
  func roundTrip(_ example: Example) throws {
    #expect(try example.again(example.bytes) == example.bytes)
  }

  @Test("a message that is cut, or goes on too long, is a bad frame", arguments: verbs + lostVerbs + replies)
  func cut(_ example: Example) {
    for length in 0..<example.bytes.count {
      #expect(refusal { try example.again(Array(example.bytes[..<length])) }?.code == .badFrame, "\(length)")
    }
    #expect(refusal { try example.again(example.bytes + [0]) }?.code == .badFrame)
  }

  @Test("garbled messages are read or refused, never more", arguments: verbs + lostVerbs + replies)
  func garbled(_ example: Example) throws {
    var random = SplitMix64(seed: UInt64(example.bytes.count) + 1)
    for _ in 0..<300 {
      var bytes = example.bytes
      for _ in 0..<Int.random(in: 1...3, using: &random) where !bytes.isEmpty {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        bytes[place] =
          [0, 1, 0x7f, 0x80, 0xff, UInt8.random(in: 0...255, using: &random)].randomElement(
            using: &random) ?? 0
      }
      expectStable(example, bytes)
    }
    for _ in 0..<100 {
      let count = Int.random(in: 0...64, using: &random)
      expectStable(example, (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) })
    }
  }

  /// Either a bad frame, or a value that is written and read the same from then on.
  private func expectStable(_ example: Example, _ bytes: [UInt8]) {
    do {
      let written = try example.again(bytes)
      let again = try example.again(written)
      #expect(again == written)
    } catch {
      #expect((error as? StoreError)?.code == .badFrame, "\(error)")
    }
  }

  @Test("a count that the message cannot pay for is refused before anything is made")
  func hostileCount() {
    var writer = WireWriter()
    writer.put(UInt32.max)
    writer.put(UInt64(0))
    var reader = WireReader(writer.bytes)
    #expect(refusal { try reader.value([JobID].self) }?.code == .badFrame)
    reader = WireReader(writer.bytes)
    #expect(refusal { try reader.string() }?.code == .badFrame)
  }

  @Test("frames are cut from any pieces of a stream")
  func pieces() throws {
    var stream: [UInt8] = []
    for id: UInt32 in 1...50 {
      stream += try Frame.bytes(id: id, code: UInt16(id)) {
        $0.put(String(repeating: "x", count: Int(id * id)))
      }
    }
    var random = SplitMix64(seed: 3)
    var cutter = FrameCutter()
    var ids: [UInt32] = []
    var place = 0
    while place < stream.count {
      let end = min(stream.count, place + Int.random(in: 1...400, using: &random))
      cutter.append(stream[place..<end])
      place = end
      while let frame = try cutter.next() {
        #expect(frame.payload.count == 4 + Int(frame.id * frame.id))
        ids.append(frame.id)
      }
    }
    #expect(ids == Array(1...50))
  }

  @Test("lengths that no frame has are refused at once", arguments: [0, 1, 5, 17 << 20, UInt32.max])
  func lengths(_ length: UInt32) {
    var writer = WireWriter()
    writer.put(length)
    var cutter = FrameCutter()
    cutter.append(writer.bytes[...])
    #expect(refusal { try cutter.next() }?.code == .badFrame)
  }

  @Test("an error always fits a frame, also when its text is one endless character")
  func longError() throws {
    let text = "e" + String(repeating: "\u{301}", count: 9 << 20)
    for error in [StoreError(.invalid, text), StoreError(.invalid, "short", cure: text)] {
      var cutter = FrameCutter()
      cutter.append(Frame.error(id: 7, error)[...])
      let frame = try #require(try cutter.next())
      var reader = WireReader(frame.payload)
      let read = try reader.value(StoreError.self)
      #expect(frame.id == 7 && read.code == .invalid && !read.message.isEmpty)
    }
  }

  @Test("a message that is too long is refused where it is made")
  func tooLong() {
    let error = refusal {
      try Frame.bytes(id: 1, code: 1) { $0.put(String(repeating: "x", count: Frame.maximumPayload)) }
    }
    #expect(error?.code == .invalid && error?.cure.isEmpty == false)
  }
}

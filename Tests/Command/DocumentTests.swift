import DataModel
import JobEngine
import Storage
import Testing

@testable import bulkhead

@Suite struct JSONTextTests {
  @Test("members keep their order, and the document stays on one line")
  func order() {
    let document: JSONText = [
      "b": .integer(Int64.max), "a": .list([.null, .bool(true), "x"]), "c": .object([]),
    ]
    #expect(document.text == #"{"b":9223372036854775807,"a":[null,true,"x"],"c":{}}"#)
  }

  @Test("strings are escaped so that no terminal acts on them")
  func escapes() {
    #expect(JSONText.string("a\"\\\n\u{1B}\u{9B}\u{202E}é").text == #""a\"\\\n\u001b\u009b\u202eé""#)
  }

  @Test("stored JSON is passed on, made safe for one line; what is not JSON becomes a string")
  func verbatim() {
    #expect(JobDocument.json("{\n \"a\": \"\u{9B}\"}").text == "{  \"a\": \"\\u009b\"}")
    #expect(JobDocument.json("{broken").text == #""{broken""#)
  }

  @Test("nanoseconds become milliseconds with three decimals")
  func milliseconds() {
    #expect(JSONText.milliseconds(nanoseconds: 1_234_567).text == "1.234")
    #expect(JSONText.milliseconds(nanoseconds: 5_000).text == "0.005")
    #expect(JSONText.milliseconds(nanoseconds: -1).text == "0.000")
  }
}

@Suite struct JobDocumentTests {
  @Test("a job that has ended has every field")
  func ended() throws {
    let document = JobDocument.one(SampleJob.succeeded, catalogue: ActionCatalogue([])).text
    #expect(
      document
        == #"{"id":17,"kind":"checksum:tree","state":"succeeded","reason":"returned","params":{"path":"/tmp"},"#
        + #""repeat":"idempotent","deadline_ms":0,"cancel_requested":false,"attempt":1,"fence":1,"worker":3,"#
        + #""submitted_at":"1970-01-01T00:00:01.000Z","started_at":"1970-01-01T00:00:02.000Z","#
        + #""progress":{"done":5,"total":10,"message":"half","at":"1970-01-01T00:00:02.500Z"},"#
        + #""outcome":{"name":"succeeded","code":0,"code_name":"ok","message":"","result":{"files":1},"#
        + #""left_behind":[],"finished_at":"1970-01-01T00:00:05.250Z","cpu_ms":1.500,"wall_ms":3250.000,"#
        + #""host_calls":42,"memory":{"allocations":1204,"allocated_bytes":20000000,"peak_bytes":12897485,"#
        + #""live_bytes":640,"live_blocks":2}}}"#)
    #expect((try? JSONValue(parsing: document)) != nil)
  }

  @Test("a job that waits has null where there is nothing yet")
  func waiting() throws {
    let value = try JSONValue(parsing: JobDocument.one(SampleJob.ready, catalogue: ActionCatalogue([])).text)
    for name in ["worker", "started_at", "progress", "outcome"] { #expect(value[name] == .null) }
  }

  @Test("a password is never printed")
  func password() {
    let manifest = """
      {"id":"checksum","version":"1","abi":{"built":1},"actions":[{"name":"tree","parameters":{"type":"object",\
      "properties":{"user":{"type":"string"},"secret":{"type":"string","format":"password"},\
      "hosts":{"type":"array","items":{"type":"object","properties":{"key":{"type":"string","format":"password"}}}}\
      }}}]}
      """
    let file = PluginFile(file: "c.so", state: .active, pluginID: "checksum", manifest: manifest)
    let catalogue = ActionCatalogue(PluginList(revision: 1, files: [file], reports: []))
    var job = SampleJob.ready
    job.params = #"{"user":"u","secret":"hunter2","hosts":[{"key":"k1"}]}"#
    let shown = ParameterMask.params(of: job, catalogue: catalogue)
    #expect(shown == #"{"hosts":[{"key":"***"}],"secret":"***","user":"u"}"#)
  }
}

@Suite struct FailureTests {
  @Test("an error says what is wrong, each problem, and what to do")
  func lines() {
    let one = EngineError(.notFound, "there is no job 5", cure: "see `bulkhead jobs list`")
    #expect(Failure.lines(one, colour: false) == ["error: there is no job 5", "  see `bulkhead jobs list`"])
    let many = EngineError(
      .invalidParameters, "a:b: x: is missing; and 1 more problem",
      problems: [
        ParameterProblem(path: "x", message: "is missing"), ParameterProblem(path: "y", message: "z\u{7}"),
      ])
    #expect(
      Failure.lines(many, colour: false)
        == ["error: a:b: x: is missing; and 1 more problem", "  - x: is missing", "  - y: z\\x07"])
  }

  @Test("for programs an error is one object")
  func document() {
    let error = EngineError(
      .invalidParameters, "m", cure: "c", problems: [ParameterProblem(path: "x", message: "is missing")])
    #expect(
      Failure.document(error).text
        == #"{"error":{"code":"invalid_parameters","message":"m","cure":"c","problems":[{"path":"x","message":"is missing"}]}}"#
    )
  }

  @Test("exit codes are the documented ones")
  func exitCodes() {
    let expected: [EngineError.Code: Int32] = [
      .notFound: 6, .unknownAction: 6, .ambiguousAction: 64, .invalidParameters: 64, .refused: 7,
      .noEngine: 69,
      .store: 7,
    ]
    for code in EngineError.Code.allCases { #expect(ExitStatus.of(code) == expected[code]) }
    let outcomes: [(Outcome, Int32)] = [
      (.succeeded, 0), (.failed, 1), (.warning, 2), (.cancelled, 3), (.timedOut, 4),
    ]
    for (outcome, code) in outcomes { #expect(ExitStatus.of(SampleJob.ended(outcome).status) == code) }
    #expect(ExitStatus.of(.live(.lost)) == 5)
  }

  @Test("of several jobs the gravest decides")
  func gravest() {
    let ended = { (outcomes: [Outcome]) in outcomes.map { SampleJob.ended($0).status } }
    #expect(ExitStatus.gravest(ended([.succeeded, .succeeded])) == 0)
    #expect(ExitStatus.gravest(ended([.succeeded, .warning])) == 2)
    #expect(ExitStatus.gravest(ended([.warning, .cancelled, .timedOut])) == 4)
    #expect(ExitStatus.gravest(ended([.timedOut, .failed])) == 1)
    #expect(ExitStatus.gravest(ended([.failed]) + [.live(.lost)]) == 5)
  }

  @Test("wrong use is explained in plain words")
  func wrongUse() {
    #expect(
      WrongUse.explain("Unknown option '-1'", ["jobs", "show", "-1"])
        == "\"-1\" is no job id: a job id is a whole number above 0, such as 17")
    #expect(
      WrongUse.explain("Missing expected argument '<id>'", ["jobs", "show", "-1"]).hasPrefix(
        "\"-1\" is no job id"))
    #expect(
      WrongUse.explain("Missing expected argument '<id>'", ["jobs", "show"])
        == "Missing expected argument '<id>'")
    #expect(
      WrongUse.explain("The value 'x' is invalid for '<id>': \"x\" is no job id", []) == "\"x\" is no job id")
    #expect(
      WrongUse.explain("The value 'x' is invalid for '--count <n>'", [])
        == "The value 'x' is invalid for '--count <n>'")
  }

  @Test(
    "a job id is a whole number above 0",
    arguments: ["abc", "-1", "0", "", "1.5", "+1", "9223372036854775808", " 1", "٣"])
  func jobID(text: String) { #expect(throws: (any Error).self) { try JobArgument.parse(text) } }
}

/// Jobs to print.
enum SampleJob {
  static let ready = JobRow(
    id: JobID(17), kind: JobKind(plugin: "checksum", action: "tree"), params: #"{"path":"/tmp"}"#,
    repeatRule: .idempotent, deadlineMilliseconds: 0, submittedAt: 1000, status: .live(.ready), fence: 0,
    attempt: 0,
    node: nil, startedAt: nil, cancelRequested: false, progress: nil, reason: .submitted)

  static let succeeded = ended(.succeeded, result: #"{"files":1}"#)

  static func running(_ message: String, done: UInt64 = 5, total: UInt64 = 10) -> JobRow {
    var job = ready
    job.status = .live(.running)
    job.startedAt = 2000
    job.attempt = 1
    job.fence = 1
    job.node = NodeID(3)
    job.progress = JobProgress(done: done, total: total, message: message, at: 2500)
    return job
  }

  static func ended(
    _ outcome: Outcome, message: String = "", result: String? = nil, leftBehind: [String] = []
  ) -> JobRow {
    var job = running("half")
    job.reason = .returned
    job.status = .ended(
      JobEnd(
        outcome: outcome, code: outcome == .succeeded ? 0 : -8, message: message, result: result,
        leftBehind: leftBehind,
        usage: Usage(
          cpuNanoseconds: 1_500_000, wallNanoseconds: 3_250_000_000, hostCalls: 42,
          memory: MemoryUsage(
            allocations: 1204, allocatedBytes: 20_000_000, peakBytes: 12_897_485, liveBytes: 640,
            liveBlocks: 2)),
        finishedAt: 5250))
    return job
  }
}

@Suite struct StepTextTests {
  private static let steps = [
    StepRow(name: "a\u{1B}", token: "bh-1-0", result: "r\n2", begunAt: 1000, doneAt: 2000),
    StepRow(name: "b", token: "bh-1-1", result: nil, begunAt: 1000, doneAt: nil),
  ]
  private static let lost = LostRow(
    job: JobID(17), since: 1000, runEnded: false, message: "who knows", leftBehind: ["VM web-1"], tries: 2,
    dueAt: nil, answer: "unknown: away", answeredAt: 3000)

  @Test("steps and the question about a lost job stand behind the job's own fields")
  func whole() throws {
    let text = JobDocument.whole(
      SampleJob.ready, catalogue: ActionCatalogue([]), steps: Self.steps, lost: Self.lost
    ).text
    let value = try JSONValue(parsing: text)
    #expect(value["state"]?.stringValue == "ready")
    #expect(value["steps"]?.arrayValue?.map { $0["state"]?.stringValue } == ["done", "begun"])
    #expect(value["steps"]?.arrayValue?[1]["result"] == .null)
    #expect(value["lost"]?["answer"]?.stringValue == "unknown: away" && value["lost"]?["due_at"] == .null)
    let plain = JobDocument.whole(SampleJob.ready, catalogue: ActionCatalogue([]), steps: [], lost: nil).text
    #expect(plain.hasSuffix(#","steps":[],"lost":null,"records":[]}"#))
  }

  @Test("for people: a table of steps, safe for a terminal, and what is known of the question")
  func text() {
    let table = JobText.steps(Self.steps, width: nil, colour: false)
    #expect(table.count == 4 && table[1].hasPrefix("STEP") && table[3].contains("begun"))
    #expect(!table.joined().contains("\u{1B}"))
    #expect(JobText.steps([], width: nil, colour: false).isEmpty)
    let lines = JobText.lost(Self.lost, now: 5000).joined(separator: "\n")
    #expect(lines.contains("VM web-1") && lines.contains("nothing proves") && lines.contains("2 time(s)"))
    #expect(JobText.lost(nil, now: 5000).isEmpty)
  }
}

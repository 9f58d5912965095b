import DataModel
import JobEngine
import Storage
import Testing

@testable import bulkhead

@Suite struct ProgressLinesTests {
  @Test("a line per new state, per new message, and for progress that has come further")
  func lines() {
    var told = ProgressLines()
    let rows = [
      SampleJob.ready, SampleJob.ready, SampleJob.running(""), SampleJob.running("a"),
      SampleJob.running("a", done: 5), SampleJob.running("a", done: 6),
      SampleJob.running("b\u{7}", done: 7), SampleJob.succeeded,
    ]
    #expect(
      rows.map { told.line(for: $0, now: 0) } == [
        "job 17: ready", nil, "job 17: running  50%", "job 17: running  50%  a", nil,
        "job 17: running  60%  a", "job 17: running  70%  b\\x07", nil,
      ])
    // A little progress is told when nothing was for some seconds.
    var slow = ProgressLines()
    _ = slow.line(for: SampleJob.running("a", done: 500, total: 1000), now: 0)
    let little = SampleJob.running("a", done: 501, total: 1000)
    #expect(slow.line(for: little, now: 2999) == nil)
    #expect(slow.line(for: little, now: 3000) == "job 17: running  50%  a")
    #expect(slow.line(for: little, now: 9000) == nil, "nothing has changed")
  }
}

@Suite struct JobTextTests {
  @Test("the end of a job is its outcome, its message, what was left behind, and the result alone at last")
  func end() {
    #expect(
      JobText.end(SampleJob.succeeded, colour: false) == ["job 17: succeeded in 3.2s", #"{"files":1}"#])
    let failed = SampleJob.ended(
      .failed, message: "no host\nconnect: refused\u{1B}", leftBehind: ["delete VM web-1"])
    #expect(
      JobText.end(failed, colour: false) == [
        "job 17: failed in 3.2s: no host", "  connect: refused\\x1b", "  left behind: delete VM web-1",
      ])
  }

  @Test("a lost job says that nobody knows, and where to look")
  func lost() {
    var job = SampleJob.running("")
    job.status = .live(.lost)
    #expect(JobText.end(job, colour: false).first?.hasSuffix("see `bulkhead jobs why 17`") == true)
  }

  @Test("show has a line for each fact, values aligned")
  func show() {
    let lines = JobsShowCommand.lines(SampleJob.succeeded, params: "{}", now: 65_000, colour: false)
    #expect(
      lines == [
        "job 17  checksum:tree",
        "  state      succeeded (returned)",
        "  params     {}",
        "  submitted  1970-01-01 00:00:01Z (1m 04s ago)",
        "  started    1970-01-01 00:00:02Z (1m 03s ago)",
        "  run        worker w3, attempt 1, fence 1",
        "  repeat     idempotent",
        "  finished   1970-01-01 00:00:05Z (59s ago), took 3.2s",
        "  returned   0 (ok)",
        "  used       1ms of a processor, 3.2s in all, 42 host calls",
        "  memory     peak 12.3 MiB, 1,204 allocations, 640 B left in 2 blocks",
        #"  result     {"files":1}"#,
      ])
  }

  @Test("a list is a table, aligned, cut to the terminal's width")
  func list() {
    let rows = [SampleJob.running("half way through a long message"), SampleJob.ready]
    let lines = JobsListCommand.table(rows, now: 4000).lines(width: 70, colour: false)
    #expect(
      lines == [
        "ID  ACTION         STATE    DONE   RUN  AGE  MESSAGE",
        "17  checksum:tree  running   50%  2.0s   3s  half way through a long …",
        "17  checksum:tree  ready                 3s",
      ])
  }

  @Test("a log entry is one line, whatever stands in it")
  func log() {
    let line = LogLine(id: 1, at: 0, level: 2, text: "first\nsecond\t.\n")
    #expect(
      JobsLogsCommand.text(line, colour: false) == "1970-01-01 00:00:00.000Z  warn   first\\nsecond\\t.")
  }

  @Test("why is a list of reasons; the job's message has a line for each failure")
  func why() {
    let lines = [WhyLine("queued", "it waits for a\nb"), WhyLine("message", "first\nsecond")]
    #expect(
      JobsWhyCommand.text(SampleJob.ready, lines, colour: false)
        == ["job 17 is ready", "  - it waits for a\\nb", "  - first", "    second"])
  }
}

@Suite struct ParameterTableTests {
  private let schema = """
    {"type":"object","required":["name"],"properties":{
      "name":{"type":"string","minLength":1,"maxLength":63,"pattern":"^[a-z]+$","description":"Its name. Unique."},
      "memory_mib":{"type":"integer","minimum":64,"maximum":65536,"default":512},
      "size":{"type":"string","enum":["small","big"],"default":"small"},
      "ratio":{"type":"number","exclusiveMinimum":0},
      "tags":{"type":"array","items":{"type":"string","maxLength":9},"maxItems":4},
      "disks":{"type":"array","items":{"type":"object","required":["gib"],"properties":{"gib":{"type":"integer","minimum":1}}}}
    }}
    """

  @Test("required fields come first, nested ones by their path, with their bounds in words")
  func rows() throws {
    let manifest = try Manifest(
      text: #"{"id":"p","version":"1","abi":{"built":1},"actions":[{"name":"a","parameters":\#(schema)}]}"#)
    let rows = ParameterTable.rows(manifest.actions[0].parameters)
    let shown = rows.map {
      "\($0.path) | \($0.type) | \($0.isRequired) | \($0.defaultText) | \($0.bounds) | \($0.description)"
    }
    #expect(
      shown == [
        "name | string | true |  | 1 to 63 characters, matches ^[a-z]+$ | Its name.",
        "disks | list of object | false |  |  | ", "disks[].gib | integer | true |  | at least 1 | ",
        "memory_mib | integer | false | 512 | 64 to 65536 | ", "ratio | number | false |  | more than 0 | ",
        #"size | string | false | "small" | one of "small" "big" | "#,
        "tags | list of string | false |  | at most 4 elements, each at most 9 characters | ",
      ])
  }
}

@Suite struct PluginsListTests {
  @Test("refused files stand in the table, and their sentences below it")
  func refused() {
    let list = PluginList(
      revision: 1,
      files: [
        PluginFile(
          file: "bad.so", state: .refused, message: "bad.so is a text file; build it with cc -shared"),
        PluginFile(
          file: "checksum.so", state: .active, pluginID: "checksum", version: "1.0.0", sha256: "aa",
          manifest: #"{"id":"checksum","version":"1.0.0","abi":{"built":1},"actions":[{"name":"tree"}]}"#,
          generation: 2),
      ],
      reports: [
        PluginReport(node: NodeID(1), sha256: "aa", isLoaded: true, message: ""),
        PluginReport(node: NodeID(2), sha256: "aa", isLoaded: false, message: "no memory"),
      ])
    #expect(
      PluginsListCommand.lines(PluginDocument.all(list), width: nil, colour: false) == [
        "PLUG-IN   VERSION  STATE    GENERATION  RUNS IN  WORKERS             FILE         ACTIONS",
        "checksum  1.0.0    active            2  shared   1 loaded, 1 failed  checksum.so  tree",
        "-         -        refused           -  -        -                   bad.so",
        "",
        "checksum.so: worker w2 could not load it: no memory",
        "bad.so is a text file; build it with cc -shared",
      ])
  }
}

@Suite struct StopTextTests {
  @Test("stop says how many jobs run")
  func told() {
    #expect(
      StopText.told(.drain, jobs: 3, further: "x") == "draining: 3 jobs running; `x` cancels them")
    #expect(StopText.told(.drain, jobs: 0, further: "x") == "draining: 0 jobs running")
    #expect(StopText.told(.cancel, jobs: 1, further: "x") == "cancelling 1 job, with their clean-up")
  }

  @Test("status leaves out states without jobs")
  func status() {
    #expect(StatusCommand.jobs(["running": 3, "ready": 0, "succeeded": 120]) == "3 running, 120 succeeded")
    #expect(StatusCommand.jobs([:]) == "none yet")
  }

  @Test("hints repeat the store that was named, as a shell takes it")
  func hints() {
    #expect(Hint.line("jobs list", store: nil) == "bulkhead jobs list")
    #expect(
      Hint.line("jobs list", store: "sqlite:/a b/it's.db")
        == #"bulkhead jobs list --store 'sqlite:/a b/it'\''s.db'"#)
  }
}

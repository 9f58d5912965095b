import DataModel
import JobEngine
import Storage
import Testing

/// The first reason that `why` gives for each way in which a job can wait.
@Suite struct WhyTests {
  static func ready(_ kind: JobKind = JobKind(plugin: "a", action: "one")) -> JobRow {
    JobRow(
      id: JobID(1), kind: kind, params: "{}", repeatRule: .never, deadlineMilliseconds: 0, submittedAt: 0,
      status: .live(.ready), fence: 0, attempt: 0, node: nil, startedAt: nil, cancelRequested: false,
      progress: nil, reason: .submitted)
  }

  static func node(_ order: NodeOrder = .run) -> NodeRow {
    NodeRow(
      id: NodeID(1), process: ProcessIdentity(pid: 1, startTicks: 1, bootID: "b"), order: order,
      activeJobs: 0,
      since: 0)
  }

  static func first(
    _ files: [PluginFile], reports: [PluginReport] = [], nodes: [NodeRow] = [node()], job: JobRow = ready()
  ) -> String? {
    let list = PluginList(revision: 1, files: files, reports: reports)
    return Why.explain(job, plugins: list, nodes: nodes, events: []).first?.code
  }

  @Test("a ready job says what it waits for")
  func waiting() {
    let active = ActionCatalogueTests.file("a", ["one"])
    let loaded = PluginReport(node: NodeID(1), sha256: "abc", isLoaded: true, message: "")
    let failed = PluginReport(node: NodeID(1), sha256: "abc", isLoaded: false, message: "no libx")
    #expect(Self.first([]) == "plugin_absent")
    #expect(Self.first([ActionCatalogueTests.file("a", ["one"], .removed)]) == "plugin_removed")
    #expect(Self.first([ActionCatalogueTests.file("a", ["one"], .refused)]) == "plugin_refused")
    #expect(Self.first([ActionCatalogueTests.file("a", ["two"])]) == "action_gone")
    #expect(Self.first([active], nodes: []) == "no_worker")
    #expect(Self.first([active], nodes: [Self.node(.drain)]) == "draining")
    #expect(Self.first([active]) == "not_loaded")
    #expect(Self.first([active], reports: [failed]) == "not_loaded")
    #expect(Self.first([active], reports: [loaded]) == "queued")
  }

  @Test("every state has an answer")
  func states() {
    for state in JobState.allCases {
      var job = Self.ready()
      job.status = .live(state)
      #expect(Self.first([], job: job) != nil, "\(state)")
    }
  }
}

/// What a person is told about a lost job.
@Suite struct WhyLostTests {
  private static func codes(_ lost: LostRow?, manifest: String = "") -> [String] {
    var job = WhyTests.ready()
    job.status = .live(.lost)
    var files: [PluginFile] = []
    if !manifest.isEmpty {
      files = [PluginFile(file: "a.so", state: .active, pluginID: "a", version: "1", manifest: manifest)]
    }
    let events = [
      JobEvent(
        id: 3, job: job.id, at: 3, from: "running", to: "lost", reason: .workerEnded, fence: 1, detail: "x"),
      JobEvent(
        id: 4, job: job.id, at: 4, from: "lost", to: "lost", reason: .reconciled, fence: 1, detail: "y"),
    ]
    let list = PluginList(revision: 1, files: files, reports: [])
    return Why.explain(job, plugins: list, nodes: [], events: events, lost: lost).map(\.code)
  }

  private static func row(runEnded: Bool = true, answer: String = "") -> LostRow {
    LostRow(
      job: JobID(1), since: 1, runEnded: runEnded, message: "", leftBehind: ["VM web-1"],
      tries: answer.isEmpty ? 0 : 2, dueAt: 5, answer: answer, answeredAt: nil)
  }

  private static let asking = #"""
    {"id": "a", "version": "1", "abi": {"built": 1}, "actions": [
      {"name": "one"}, {"name": "look", "kind": "reconcile", "reconciles": ["one"]}]}
    """#

  @Test("a lost job says why it is lost, what it left, who is asked, and how to decide")
  func lost() {
    #expect(
      Self.codes(Self.row(), manifest: Self.asking) == [
        "lost", "worker_ended", "left_behind", "reconcile", "resolve",
      ])
    #expect(
      Self.codes(Self.row(runEnded: false, answer: "not_started: x"), manifest: Self.asking)
        == ["lost", "worker_ended", "left_behind", "reconcile", "answer", "no_proof", "resolve"])
    #expect(Self.codes(Self.row()) == ["lost", "worker_ended", "left_behind", "no_reconcile", "resolve"])
    #expect(Self.codes(nil) == ["lost", "worker_ended"])
  }
}

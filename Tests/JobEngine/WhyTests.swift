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

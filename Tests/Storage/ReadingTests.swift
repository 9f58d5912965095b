import DataModel
import Storage
import TestSupport
import Testing

@Suite("Conformance: reading and plug-ins")
struct ReadingTests {
  private func list(_ test: TestStore, _ query: ListJobs) throws -> [JobID] {
    try test.store.perform(query).map(\.id)
  }

  @Test("what does not exist is nil or empty", arguments: StoreFlavour.allCases)
  func nothing(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let job = try test.store.perform(GetJob(job: JobID(1)))
      #expect(job == nil)
      #expect(try test.store.perform(ListJobs()).isEmpty)
      #expect(try test.store.perform(ListEvents(job: JobID(1))).isEmpty)
      #expect(try test.store.perform(ListLogLines(job: JobID(1))).isEmpty)
      let counts = try test.store.perform(CountJobs())
      let names = JobState.allCases.map(\.name) + Outcome.allCases.map(\.name)
      #expect(counts == Dictionary(uniqueKeysWithValues: names.map { ($0, 0) }))
    }
  }

  @Test("jobs are listed newest first, by state, kind and page", arguments: StoreFlavour.allCases)
  func lists(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let node = try test.makeNode()
      var jobs: [JobID] = []
      for state in [JobState.running, .cancelling, .zombie, .leased, .lost] {
        jobs.append(try test.job(in: state, node).job)
      }
      let done = try test.running(node)
      _ = try test.write(node, done, .finish(RunEnd(code: 0)))
      let failed = try test.running(node)
      _ = try test.write(node, failed, .finish(RunEnd(code: -8)))
      let other = JobKind(plugin: "test", action: "other")
      let waiting = try test.submit(2, kind: other)
      let all = (jobs + [done.job, failed.job] + waiting).sorted(by: >)
      #expect(try list(test, ListJobs()) == all)
      #expect(try list(test, ListJobs(limit: 3)) == Array(all[..<3]))
      #expect(try list(test, ListJobs(before: all[2], limit: 3)) == Array(all[3..<6]))
      #expect(try list(test, ListJobs(limit: 0)).isEmpty)
      #expect(try list(test, ListJobs(states: ["running"])) == [jobs[0]])
      #expect(try list(test, ListJobs(states: ["leased", "zombie"])) == [jobs[3], jobs[2]])
      #expect(try list(test, ListJobs(states: ["ready", "lost"])) == [waiting[1], waiting[0], jobs[4]])
      #expect(try list(test, ListJobs(states: ["succeeded"])) == [done.job])
      #expect(try list(test, ListJobs(states: ["failed", "running"])) == [failed.job, jobs[0]])
      #expect(try list(test, ListJobs(kind: other)) == [waiting[1], waiting[0]])
      #expect(try list(test, ListJobs(states: ["ready"], kind: other, before: waiting[1])) == [waiting[0]])
      #expect(try list(test, ListJobs(states: ["ready"], kind: TestStore.kind)).isEmpty)
      let error = refusal { try test.store.perform(ListJobs(states: ["ready", "asleep"])) }
      #expect(error?.code == .invalid && error?.message.contains("asleep") == true)
      #expect(error?.cure.contains("timed_out") == true)
    }
  }

  @Test("a long list ends early rather than being too long for an answer", arguments: StoreFlavour.allCases)
  func longList(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let request = JobRequest(kind: TestStore.kind, params: String(repeating: "x", count: 1 << 20))
      var ids: [JobID] = []
      for _ in 0..<3 {
        ids += try test.store.perform(
          SubmitJobs(batchID: TestStore.batchID(), jobs: Array(repeating: request, count: 3)))
      }
      var listed: [JobID] = []
      while true {
        let page = try list(test, ListJobs(before: listed.last ?? JobID(0), limit: 100))
        if page.isEmpty { break }
        #expect(page.count <= 4)
        listed += page
      }
      #expect(listed == ids.sorted(by: >))
    }
  }

  @Test("events come in pages", arguments: StoreFlavour.allCases)
  func events(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let run = try test.running(try test.makeNode())
      let first = try test.store.perform(ListEvents(job: run.job, limit: 2))
      #expect(first.map(\.reason) == [.submitted, .claimed])
      let rest = try test.store.perform(ListEvents(job: run.job, after: first[1].id))
      #expect(rest.map(\.reason) == [.started])
    }
  }

  @Test("counters follow every way of a job", arguments: StoreFlavour.allCases)
  func counters(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let node = try test.makeNode()
      // The ready one last: the others claim what they submit.
      for state in JobState.allCases.reversed() { _ = try test.job(in: state, node, .idempotent) }
      let counts = try test.store.perform(CountJobs())
      for state in JobState.allCases { #expect(counts[state.name] == 1, "\(state)") }
      _ = try test.store.perform(EndNode(node: node, detail: "x"))
      let after = try test.store.perform(CountJobs())
      #expect(after["ready"] == 3 && after["cancelled"] == 2 && after["lost"] == 1)
    }
  }

  static func file(_ sha: String, state: PluginFile.State = .active, name: String = "a.so") -> PluginFile {
    PluginFile(
      file: name, state: state, pluginID: "libvirt", version: "1.0", sha256: sha, manifest: "{}",
      image: "/p/\(sha)")
  }

  @Test(
    "a plug-in's generation rises with its bytes, whatever happens to its file",
    arguments: StoreFlavour.allCases)
  func generations(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let put = { (file: PluginFile) throws in try test.store.perform(PutPluginFile(file)) }
      let first = try put(Self.file("aa"))
      #expect(first.generation == 1 && first.changedAt == test.now)
      test.pass(milliseconds: 5)
      #expect(try put(Self.file("aa")) == first)
      #expect(try test.store.perform(ListPlugins()).revision == 1)
      let refused = try put(PluginFile(file: "a.so", state: .refused, message: "a.so is cut short"))
      #expect(refused.message == "a.so is cut short" && refused.changedAt == test.now)
      #expect(try put(Self.file("bb")).generation == 2)
      #expect(try put(Self.file("bb", state: .removed)).generation == 2)
      #expect(try put(Self.file("bb")).generation == 2)
      #expect(try put(Self.file("aa", name: "b.so")).generation == 3)
      let list = try test.store.perform(ListPlugins())
      #expect(list.revision == 6 && list.files.map(\.file) == ["a.so", "b.so"])
      let node = try test.makeNode()
      #expect(try test.store.perform(ClaimJobs(node: node, kinds: [], limit: 0)).pluginRevision == 6)
    }
  }

  @Test("reports are kept for living nodes", arguments: StoreFlavour.allCases)
  func reports(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let (node, other) = (try test.makeNode(), try test.makeNode(pid: 5))
      let report = { (node: NodeID, loaded: Bool) in
        PluginReport(node: node, sha256: "aa", isLoaded: loaded, message: loaded ? "" : "no symbol x")
      }
      _ = try test.store.perform(ReportPlugin(report(node, false)))
      _ = try test.store.perform(ReportPlugin(report(other, true)))
      _ = try test.store.perform(ReportPlugin(report(node, true)))
      #expect(try test.store.perform(ListPlugins()).reports == [report(node, true), report(other, true)])
      _ = try test.store.perform(EndNode(node: node, detail: "x"))
      #expect(try test.store.perform(ListPlugins()).reports == [report(other, true)])
      #expect(refusal { try test.store.perform(ReportPlugin(report(node, true))) }?.code == .fenced)
    }
  }
}

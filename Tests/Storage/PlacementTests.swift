import DataModel
import Storage
import Synchronization
import TestSupport
import Testing

@Suite("Placement: which worker's group runs a plug-in, and the probation of new versions")
struct PlacementTests {
  private static let sha = String(repeating: "ab", count: 32)
  private static let kind = JobKind(plugin: "libvirt", action: "create")

  private static func file(_ group: String, state: PluginFile.State = .active) -> PluginFile {
    PluginFile(
      file: "a.so", state: state, pluginID: "libvirt", version: "1.0", sha256: sha, manifest: "{}",
      image: "/p",
      group: group)
  }

  private func node(_ test: TestStore, _ group: String, pid: Int32) throws -> NodeID {
    try test.store.perform(
      Hello(node: nil, process: TestStore.process(pid), inventory: [], group: group)
    ).node
  }

  @Test("jobs are given to a worker of the plug-in's group and to no other", arguments: StoreFlavour.allCases)
  func claims(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let shared = try node(test, WorkerGroup.shared, pid: 1)
      let own = try node(test, "libvirt", pid: 2)
      _ = try test.store.perform(PutPluginFile(Self.file("libvirt")))
      let jobs = try test.submit(2, kind: Self.kind)
      #expect(try test.claim(shared, kinds: [Self.kind]).isEmpty)
      #expect(try test.claim(own, limit: 1, kinds: [Self.kind]).map(\.run.job) == [jobs[0]])
      // Moved: from the next claim on the other one is given them, however old the list is that it claims by.
      let revision = try test.store.perform(ListPlugins()).revision
      let move = PlacePlugin(file: "a.so", sha256: Self.sha, group: WorkerGroup.shared)
      #expect(try test.store.perform(move))
      #expect(try !test.store.perform(move))
      #expect(try test.store.perform(ListPlugins()).revision == revision + 1)
      #expect(try test.claim(own, kinds: [Self.kind]).isEmpty)
      #expect(try test.claim(shared, kinds: [Self.kind]).map(\.run.job) == [jobs[1]])
      // What ran when it moved is not touched.
      #expect(try test.row(jobs[0]).node == own)
    }
  }

  @Test("a plug-in whose file is removed or replaced is not moved", arguments: StoreFlavour.allCases)
  func moveOnlyActive(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      _ = try test.store.perform(PutPluginFile(Self.file("")))
      #expect(try !test.store.perform(PlacePlugin(file: "a.so", sha256: "other", group: "g")))
      _ = try test.store.perform(PutPluginFile(Self.file("", state: .removed)))
      #expect(try !test.store.perform(PlacePlugin(file: "a.so", sha256: Self.sha, group: "g")))
    }
  }

  @Test(
    "a plug-in that is refused or gone is given no job, however old the list of the worker is",
    arguments: StoreFlavour.allCases)
  func onlyActive(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let shared = try test.makeNode()
      let other = try node(test, "g", pid: 1)
      _ = try test.submit(2, kind: Self.kind)
      for state in [PluginFile.State.refused, .removed] {
        _ = try test.store.perform(PutPluginFile(Self.file("", state: state)))
        #expect(try test.claim(shared, kinds: [Self.kind]).isEmpty, "\(state)")
        #expect(try test.claim(other, kinds: [Self.kind]).isEmpty, "\(state)")
      }
      // Of two files with its id one is enough.
      var second = Self.file("")
      second.file = "b.so"
      _ = try test.store.perform(PutPluginFile(second))
      #expect(try test.claim(shared, limit: 1, kinds: [Self.kind]).count == 1)
      _ = try test.store.perform(PutPluginFile(Self.file("")))
      #expect(try test.claim(shared, kinds: [Self.kind]).count == 1)
    }
  }

  @Test("workers are listed with their groups", arguments: StoreFlavour.allCases)
  func groups(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      _ = try node(test, "g", pid: 1)
      _ = try test.makeNode(pid: 2)
      #expect(try test.store.perform(ListNodes()).map(\.group) == ["g", ""])
    }
  }

  @Test("a known version's probation is only ever shortened", arguments: StoreFlavour.allCases)
  func accept(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let first = try accept(test, 20)
      #expect(first.isOnProbation)
      #expect(try accept(test, 30).probationRuns == 20)
      #expect(try !accept(test, 0).isOnProbation)
      #expect(try accept(test, 20).probationRuns == 0)
      #expect(try test.store.perform(ListVersions()).map(\.pluginID) == ["libvirt"])
    }
  }

  @Test("runs that come back count, a death under a run begins anew", arguments: StoreFlavour.allCases)
  func counting(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let group = WorkerGroup.probation(sha256: Self.sha)
      _ = try test.store.perform(
        AcceptVersion(sha256: Self.sha, pluginID: "libvirt", version: "1.0", probationRuns: 3))
      _ = try test.store.perform(PutPluginFile(Self.file(group)))
      let (first, second) = (try node(test, group, pid: 1), try node(test, group, pid: 2))
      try run(test, first, code: 0)
      try run(test, first, code: -5)  // a failed job came back as well as any
      #expect(try version(test).cleanRuns == 2)
      // Nothing was started: nothing is said against the version.
      _ = try test.submit(kind: Self.kind)
      _ = try test.claim(second, kinds: [Self.kind])
      _ = try test.store.perform(EndNode(node: second, detail: "killed by signal 9"))
      #expect(try version(test).cleanRuns == 2 && version(test).strikes == 0)
      let started = try #require(try test.claim(first, kinds: [Self.kind]).first?.run)
      _ = try test.write(first, started, .start)
      _ = try test.store.perform(EndNode(node: first, detail: "killed by signal 9"))
      #expect(try version(test).cleanRuns == 0 && version(test).strikes == 1)
      let third = try node(test, group, pid: 3)
      for _ in 0..<3 { try run(test, third, code: 0) }
      #expect(try !version(test).isOnProbation)
      // Runs of the shared worker are nobody's probation.
      let shared = try test.makeNode(pid: 4)
      _ = try test.store.perform(PlacePlugin(file: "a.so", sha256: Self.sha, group: ""))
      try run(test, shared, code: 0)
      #expect(try version(test).cleanRuns == 3)
    }
  }

  @Test("whoever places plug-ins is told of the last run that a version needed")
  func told() throws {
    try TestStore.with(.direct) { test in
      let group = WorkerGroup.probation(sha256: Self.sha)
      _ = try test.store.perform(
        AcceptVersion(sha256: Self.sha, pluginID: "libvirt", version: "1.0", probationRuns: 2))
      _ = try test.store.perform(PutPluginFile(Self.file(group)))
      let node = try node(test, group, pid: 1)
      let heard = Heard()
      let observation = try test.store.observe(.plugins) { _ in heard.add() }
      defer { observation.cancel() }
      try run(test, node, code: 0)
      #expect(heard.count == 0)
      try run(test, node, code: 0)
      #expect(heard.count == 1)
      try run(test, node, code: 0)
      #expect(heard.count == 1)
    }
  }

  private func accept(_ test: TestStore, _ runs: Int) throws -> PluginVersion {
    try test.store.perform(
      AcceptVersion(sha256: Self.sha, pluginID: "libvirt", version: "1.0", probationRuns: runs))
  }

  private func version(_ test: TestStore) throws -> PluginVersion {
    try #require(try test.store.perform(ListVersions()).first)
  }

  /// A whole life of a job in that node.
  private func run(_ test: TestStore, _ node: NodeID, code: Int32) throws {
    _ = try test.submit(kind: Self.kind)
    let run = try #require(try test.claim(node, limit: 1, kinds: [Self.kind]).first?.run)
    _ = try test.write(node, run, .start)
    #expect(try test.write(node, run, .finish(RunEnd(code: code))) == .done)
    // A finish that is sent again is no second run.
    #expect(try test.write(node, run, .finish(RunEnd(code: code))) == .done)
  }
}

/// Counts what an observer hears.
private final class Heard: Sendable {
  private let state = Mutex(0)
  var count: Int { state.withLock { $0 } }
  func add() { state.withLock { $0 += 1 } }
}

import Storage
import Supervision
import Testing

@testable import bulkhead

@Suite("Where plug-ins run: the rules")
struct PlacementRuleTests {
  private static func placement(_ workers: [String: PluginWorker]) throws -> Placement {
    var configuration = EngineConfiguration(location: try StoreLocation("sqlite:/tmp/x.db"))
    configuration.plugins.workers = workers
    configuration.limits = WorkerLimits(memoryBytes: 7)
    return Placement(configuration)
  }

  private static func version(_ id: String, clean: Int = 0, of runs: Int = 0) -> PluginVersion {
    PluginVersion(
      sha256: id + "-sha-0123456789", pluginID: id, version: "1", cleanRuns: clean, strikes: 0,
      probationRuns: runs)
  }

  private static func file(_ id: String, _ group: String = "", state: PluginFile.State = .active)
    -> PluginFile
  {
    PluginFile(
      file: id + ".so", state: state, pluginID: id, version: "1", sha256: id + "-sha-0123456789", group: group
    )
  }

  @Test("own is a group named by the plug-in, others share by name, the rest is shared")
  func homes() throws {
    let placement = try Self.placement([
      "a": PluginWorker(group: "own"), "b": PluginWorker(group: "net"), "c": PluginWorker(group: "shared"),
    ])
    #expect(["a", "b", "c", "d"].map(placement.home) == ["a", "net", "", ""])
  }

  @Test("a version on probation runs alone, with no more than its plug-in is allowed; then it moves home")
  func probation() throws {
    let placement = try Self.placement([
      "a": PluginWorker(group: "own", limits: WorkerLimits(memoryBytes: 100, tasks: 5))
    ])
    let group = placement.group(of: Self.version("a", clean: 19, of: 20))
    #expect(WorkerGroup.isProbation(group))
    #expect(placement.group(of: Self.version("a", clean: 20, of: 20)) == "a")
    #expect(placement.groups([Self.file("a", group)])[group] == WorkerLimits(memoryBytes: 100, tasks: 5))
    let other = placement.group(of: Self.version("x", of: 20))
    #expect(placement.groups([Self.file("x", other)])[other] == WorkerLimits(memoryBytes: 7))
  }

  @Test("only active files that stand elsewhere are moved, and only when their version is known")
  func moves() throws {
    let placement = try Self.placement(["a": PluginWorker(group: "own")])
    let files = [
      Self.file("a"), Self.file("b"), Self.file("c", "old"), Self.file("d", "old", state: .removed),
      Self.file("e", "x"),
    ]
    let moves = placement.moves(files, ["a", "b", "c", "d"].map { Self.version($0) })
    #expect(moves.map(\.file) == ["a.so", "c.so"])
    #expect(moves.map(\.group) == ["a", ""])
  }

  @Test(
    "of several plug-ins in one worker the strictest limit counts, and there is one worker a group in use")
  func groups() throws {
    let placement = try Self.placement([
      "a": PluginWorker(group: "net", limits: WorkerLimits(memoryBytes: 100, tasks: 5, user: "u")),
      "b": PluginWorker(group: "net", limits: WorkerLimits(memoryBytes: 50, processors: 2)),
      "unused": PluginWorker(group: "own"),
    ])
    let groups = placement.groups([Self.file("a", "net"), Self.file("z")])
    #expect(groups.keys.sorted() == ["", "net"])
    #expect(groups["net"] == WorkerLimits(memoryBytes: 50, processors: 2, tasks: 5, user: "u"))
    #expect(placement.problem == nil)
  }

  @Test("two users in one worker cannot be")
  func users() throws {
    let placement = try Self.placement([
      "a": PluginWorker(group: "net", limits: WorkerLimits(user: "u")),
      "b": PluginWorker(group: "net", limits: WorkerLimits(user: "v")),
    ])
    #expect(placement.problem?.contains("a and b share the worker net") == true)
  }

  @Test("silence is told by what is known: a stopped process at once, a missing connection after a while")
  func silence() {
    func silence(_ milliseconds: Int64, _ isConnected: Bool, _ isStopped: Bool) -> String? {
      WorkerRoster.silence(milliseconds: milliseconds, isConnected: isConnected, isStopped: isStopped)
    }
    #expect(silence(0, true, true) == "its process is stopped")
    #expect(silence(5000, false, false) == nil && silence(5000, true, false) == nil)
    #expect(silence(7000, false, false)?.contains("no connection") == true)
    #expect(silence(7000, true, false)?.contains("says nothing") == true)
  }
}

import DataModel
import JobEngine
import PluginHost
import Storage
import Supervision
import Testing

@testable import bulkhead

/// Facts in, outcomes out.
@Suite("Doctor: the judgement")
struct DoctorTests {
  private static let now: Milliseconds = 1_800_000_000_000

  private static func outcome(_ checks: [HealthCheck], _ subject: HealthSubject) -> HealthCheck.Outcome? {
    checks.first { $0.subject == subject }?.outcome
  }

  private static func store(_ change: (inout StoreFacts) -> Void) -> [HealthCheck] {
    var facts = StoreFacts()
    change(&facts)
    return StoreChecks.judge(facts)
  }

  @Test("a store in order is ok in every check")
  func wholeStore() {
    #expect(HealthCheck.worst(Self.store { _ in }) == .ok)
  }

  @Test(
    "free space: a warning below 1 GiB, a fault below 64 MiB",
    arguments: [
      (1 << 30, HealthCheck.Outcome.ok), ((1 << 30) - 1, .warning), (64 << 20, .warning),
      ((64 << 20) - 1, .fault), (0, .fault),
    ])
  func disk(bytes: Int64, outcome: HealthCheck.Outcome) {
    #expect(Self.outcome(Self.store { $0.freeBytes = bytes }, .storeDisk) == outcome)
  }

  @Test("the store's folder: missing, closed to this user, open to everybody")
  func folder() {
    let missing = Self.store { $0.folderExists = false }
    #expect(missing.map(\.subject) == [.storeFolder] && missing[0].outcome == .fault)
    #expect(Self.outcome(Self.store { $0.folderIsWritable = false }, .storeFolder) == .fault)
    #expect(Self.outcome(Self.store { $0.folderIsOpen = true }, .storeFolder) == .warning)
  }

  @Test("the store's file: none yet, no file, closed, open to others, a log that grew")
  func file() {
    #expect(Self.outcome(Self.store { $0.fileExists = false }, .storeFile) == .note)
    #expect(Self.outcome(Self.store { $0.fileIsRegular = false }, .storeFile) == .fault)
    #expect(Self.outcome(Self.store { $0.fileIsWritable = false }, .storeFile) == .fault)
    #expect(Self.outcome(Self.store { $0.fileMode = 0o644 }, .storeFile) == .warning)
    #expect(Self.outcome(Self.store { $0.walBytes = 16 << 20 }, .storeLog) == .ok)
    #expect(Self.outcome(Self.store { $0.walBytes = 1 << 30 }, .storeLog) == .warning)
    #expect(Self.outcome(Self.store { $0.backups = [.init(name: "a", bytes: 1)] }, .storeBackups) == .note)
  }

  @Test(
    "file systems that cannot hold a store",
    arguments: [
      ("nfs4", false, HealthCheck.Outcome.fault), ("cifs", false, .fault), ("tmpfs", false, .warning),
      ("overlay", false, .note), ("overlay", true, .fault), ("ext4", true, .fault), ("xfs", false, .ok),
    ])
  func fileSystem(kind: String, isReadOnly: Bool, outcome: HealthCheck.Outcome) {
    let checks = Self.store {
      $0.fileSystem = kind
      $0.isReadOnly = isReadOnly
    }
    #expect(Self.outcome(checks, .storeFileSystem) == outcome)
  }

  @Test("the file system of a folder is that of the nearest mount above it")
  func mounts() {
    let mounts = """
      22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
      40 22 0:33 / /srv rw shared:5 - xfs /dev/vdb rw
      41 40 0:34 / /srv/my\\040jobs rw shared:5 master:2 - nfs4 host:/jobs rw
      """
    #expect(StoreFacts.fileSystem(of: "/srv/my jobs/a", mounts: mounts) == "nfs4")
    #expect(StoreFacts.fileSystem(of: "/srv/my", mounts: mounts) == "xfs")
    #expect(StoreFacts.fileSystem(of: "/srvx", mounts: mounts) == "ext4")
  }

  @Test(
    "damage and schemas: by the mark, by what was read, older, newer, and one that an engine begins to serve")
  func inside() {
    let broken = StoreReport(problems: ["page 7 is torn"], schema: 2, jobs: 1, bytes: 1)
    #expect(Self.outcome(Self.store { $0.damage = "" }, .storeDamage) == .fault)
    #expect(Self.outcome(Self.store { $0.inside = .report(broken) }, .storeDamage) == .fault)
    for (code, outcome) in [
      (StoreError.Code.olderSchema, HealthCheck.Outcome.note), (.newerSchema, .fault), (.database, .fault),
    ] {
      let checks = Self.store { $0.inside = .failure(StoreError(code, "told", cure: "do")) }
      #expect(Self.outcome(checks, .storeSchema) == outcome, "\(code)")
    }
    #expect(Self.outcome(Self.store { $0.inside = .locked("by process 7") }, .storeSchema) == .warning)
    #expect(Self.outcome(Self.store { $0.inside = .slow }, .storeSchema) == .warning)
    #expect(Self.outcome(Self.store { $0.inside = .large(1 << 40) }, .storeSchema) == .note)
  }

  @Test("the socket: none, in the way, forbidden, left by an engine that was killed, served")
  func socket() {
    var facts = SocketFacts()
    facts.path = "/store/bulkhead.db.sock"
    var answers = EngineAnswers()
    #expect(SocketChecks.judge(facts, answers).map(\.subject) == [.socketPath])
    facts.exists = true
    #expect(Self.outcome(SocketChecks.judge(facts, answers), .socketFile) == .fault)
    facts.isSocket = true
    #expect(Self.outcome(SocketChecks.judge(facts, answers), .socketFile) == .warning)
    answers.contact = .whole
    #expect(Self.outcome(SocketChecks.judge(facts, answers), .socketFile) == .ok)
    facts.isForbidden = true
    #expect(Self.outcome(SocketChecks.judge(facts, answers), .socketFile) == .fault)
    facts.isElsewhere = true
    #expect(Self.outcome(SocketChecks.judge(facts, answers), .socketPath) == .note)
    facts.problem = "no folder"
    #expect(Self.outcome(SocketChecks.judge(facts, answers), .socketPath) == .fault)
  }

  // MARK: an engine's answers

  private static func worker(
    _ id: Int64, group: String = "", order: NodeOrder = .run, state: WorkerFacts.State = .running,
    gaps: [String] = []
  ) -> WorkerFacts {
    let process = ProcessIdentity(pid: 7, startTicks: 1, bootID: "b")
    let node = NodeRow(
      id: NodeID(id), process: process, order: order, activeJobs: 2, since: now - 1000, group: group)
    return WorkerFacts(node: node, state: state, silence: "its process is stopped", gaps: gaps)
  }

  private static func plugin(_ id: String, _ state: PluginFile.State = .active, group: String = "")
    -> PluginFile
  {
    PluginFile(
      file: id + ".so", state: state, pluginID: id, version: "1", sha256: id + "-sha",
      manifest:
        #"{"id":"\#(id)","version":"1.0.0","abi":{"built":1,"min_host":1},"actions":[{"name":"run"}]}"#,
      message: state == .refused ? "it is open to others" : "", group: group)
  }

  private static func answers(
    _ counts: [String: Int] = [:], version: String = "1.0", isDraining: Bool = false,
    workers: [WorkerFacts] = [worker(1)], plugins: [PluginFile] = [], reports: [PluginReport] = []
  ) -> EngineAnswers {
    var answers = EngineAnswers()
    answers.contact = .whole
    answers.serving = ServeStatus.Reply(
      process: ProcessIdentity(pid: 7, startTicks: 1, bootID: "b"), version: version, store: "sqlite:/a",
      nodes: [], counts: counts, since: now - 5000, isDraining: isDraining)
    answers.workers = ListWorkers.Reply(workers: workers, mechanism: "")
    answers.plugins = PluginList(revision: 1, files: plugins, reports: reports)
    return answers
  }

  private static func job(_ id: Int64, _ kind: String, _ state: JobState) -> JobRow {
    JobRow(
      id: JobID(id), kind: JobKind(kind) ?? JobKind(plugin: "p", action: "a"), params: "{}",
      repeatRule: .never,
      deadlineMilliseconds: 0, submittedAt: now - 60_000 * id, status: .live(state), fence: 1, attempt: 1,
      node: nil, startedAt: nil, cancelRequested: false, progress: nil, reason: .submitted)
  }

  @Test(
    "an engine: none is a note, one that is silent or fails a fault, another version a note, draining a warning"
  )
  func engine() throws {
    let location = try StoreLocation("sqlite:/a")
    let judge = { EngineChecks.judge($0, location: location, program: "1.0") }
    #expect(Self.outcome(judge(EngineAnswers()), .engineServes) == .note)
    var silent = EngineAnswers()
    silent.contact = .silent("workers")
    #expect(Self.outcome(judge(silent), .engineServes) == .fault)
    #expect(judge(silent)[0].evidence[0].contains("workers"))
    silent.contact = .failed("no", cure: "")
    #expect(Self.outcome(judge(silent), .engineServes) == .fault)
    #expect(HealthCheck.worst(judge(Self.answers())) == .ok)
    #expect(Self.outcome(judge(Self.answers(version: "2.0")), .engineVersion) == .note)
    #expect(Self.outcome(judge(Self.answers(isDraining: true)), .engineDraining) == .warning)
  }

  @Test("workers: none, unresponsive, without a limit, a group whose only worker drains")
  func workers() {
    #expect(HealthCheck.worst(WorkerChecks.judge(Self.answers())) == .ok)
    let judge = { WorkerChecks.judge(Self.answers(workers: $0, plugins: [Self.plugin("a", group: "slow")])) }
    #expect(Self.outcome(judge([]), .workersPresent) == .fault)
    #expect(Self.outcome(judge([Self.worker(1, state: .unresponsive)]), .workersResponsive) == .fault)
    #expect(Self.outcome(judge([Self.worker(1, gaps: ["memory: no"])]), .workersLimits) == .warning)
    #expect(Self.outcome(judge([Self.worker(1)]), .workersGroups) == .fault)
    #expect(Self.outcome(judge([Self.worker(1, group: "slow", order: .drain)]), .workersGroups) == .fault)
    #expect(Self.outcome(judge([Self.worker(1, group: "slow")]), .workersGroups) == .ok)
  }

  @Test("plug-ins: folder, keys, refused, not loaded, revoked and in use")
  func plugins() throws {
    let settings = EngineConfiguration(location: try StoreLocation("sqlite:/a"))
    let loaded = PluginReport(node: NodeID(1), sha256: "a-sha", isLoaded: true, message: "")
    let failed = PluginReport(node: NodeID(1), sha256: "a-sha", isLoaded: false, message: "no symbol")
    let good = Self.answers(plugins: [Self.plugin("a")], reports: [loaded])
    var facts = PluginFolderFacts()
    let judge = { PluginChecks.judge(facts, $0, settings) }
    #expect(HealthCheck.worst(judge(good)) == .ok)
    #expect(judge(EngineAnswers()).map(\.subject) == [.pluginsDirectory])
    #expect(
      Self.outcome(judge(Self.answers(plugins: [Self.plugin("a", .refused)])), .pluginsRefused) == .warning)
    #expect(Self.outcome(judge(Self.answers(plugins: [Self.plugin("a")])), .pluginsLoaded) == .warning)
    let broken = judge(Self.answers(plugins: [Self.plugin("a")], reports: [failed]))
    #expect(broken.contains { $0.subject == .pluginsLoaded && $0.evidence[0].contains("no symbol") })
    var revoked = good
    revoked.revocations = [Revocation(sha256: "a-sha", who: "me", reason: "bad")]
    #expect(Self.outcome(judge(revoked), .pluginsRevoked) == .fault)
    revoked.plugins?.files = []
    #expect(Self.outcome(judge(revoked), .pluginsRevoked) == .note)
    facts.keys = []
    facts.objection = Objection("it is open", cure: "close it")
    #expect(Self.outcome(PluginChecks.judge(facts, good, settings), .pluginsKeys) == .fault)
    #expect(Self.outcome(PluginChecks.judge(facts, good, settings), .pluginsDirectory) == .fault)
    facts.exists = false
    #expect(Self.outcome(PluginChecks.judge(facts, good, settings), .pluginsDirectory) == .note)
  }

  @Test("jobs: lost, zombies, waiting with and without a plug-in")
  func jobs() {
    let loaded = PluginReport(node: NodeID(1), sha256: "a-sha", isLoaded: true, message: "")
    var answers = Self.answers(["ready": 2], plugins: [Self.plugin("a")], reports: [loaded])
    answers.ready = [Self.job(2, "a:run", .ready), Self.job(3, "a:run", .ready)]
    #expect(HealthCheck.worst(JobChecks.judge(answers, now: Self.now)) == .note)
    #expect(
      JobChecks.judge(answers, now: Self.now).contains {
        $0.subject == .jobsWaiting && $0.evidence[0].contains("job 3, for 3m 00s")
      })
    answers.ready = [Self.job(2, "gone:run", .ready), Self.job(3, "a:run", .ready)]
    let stuck = JobChecks.judge(answers, now: Self.now).first { $0.subject == .jobsStuck }
    #expect(stuck?.outcome == .warning && stuck?.evidence[1].contains("1 of gone:run") == true)
    answers.serving?.counts = ["lost": 1, "zombie": 3]
    answers.lost = [Self.job(9, "a:run", .lost)]
    let checks = JobChecks.judge(answers, now: Self.now)
    #expect(Self.outcome(checks, .jobsLost) == .warning && Self.outcome(checks, .jobsZombies) == .warning)
    #expect(checks.contains { $0.cure.contains("bulkhead jobs resolve 9") })
    #expect(JobChecks.judge(EngineAnswers(), now: Self.now).isEmpty)
  }

  @Test("the machine: threads, files, clock")
  func machine() {
    var facts = MachineFacts()
    facts.threads = ThreadLimits(
      pidMax: 32768, threadsMax: nil, maxMapCount: nil, userProcesses: nil, cgroupPids: nil,
      guardsSplit: false)
    let judge = { (now: Milliseconds) in MachineChecks.judge(facts, Self.answers(), now: now) }
    #expect(HealthCheck.worst(judge(Self.now)) == .note)
    #expect(Self.outcome(judge(Self.now - 3_600_000), .machineClock) == .warning)
    #expect(Self.outcome(judge(5), .machineClock) == .fault)
    facts.slots = 20_000
    facts.openFiles = 256
    facts.controllers = [.init(name: "cpu", version: nil, reason: "not delegated")]
    let checks = MachineChecks.judge(facts, Self.answers(), now: Self.now)
    #expect(
      Self.outcome(checks, .machineThreads) == .fault && Self.outcome(checks, .machineFiles) == .warning)
    #expect(Self.outcome(checks, .machineGroups) == .note)
    #expect(MachineFacts.openFiles("Max open files            1024        4096    files\n") == 1024)
    #expect(MachineFacts.openFiles("Max open files            unlimited   unlimited    files\n") == nil)
  }

  @Test("texts from outside cannot act on the terminal, and ids are told apart")
  func text() {
    let check = HealthCheck(.jobsLost, .fault, ["a\u{1B}[2J", "b"], cure: "c\nd")
    #expect(
      HealthText.lines([check], colour: false) == [
        "✗ jobs.lost  a\\x1b[2J", "             b", "             → c", "               d",
        "1 checks: 1 fault, 0 warnings",
      ])
    #expect(Set(HealthSubject.allCases.map(\.rawValue)).count == HealthSubject.allCases.count)
  }
}

import DataModel
import Foundation
import PluginHost
import Storage
import Supervision

/// The machine as a process of the engine finds it.
struct MachineFacts: Sendable {
  var threads = ThreadLimits(
    pidMax: nil, threadsMax: nil, maxMapCount: nil, userProcesses: nil, cgroupPids: nil, guardsSplit: false)
  var slots = 1000
  /// Soft limit of open files; nil: none.
  var openFiles: Int?
  /// By kind of limit: what holds it, nil with the reason when nothing does.
  var controllers: [Controller] = []
  /// When the store was last written; 0: not known.
  var storeWritten: Milliseconds = 0
  /// Name and value, for people.
  var system: [String] = []

  struct Controller: Sendable, Equatable {
    var name: String
    /// 1 or 2; nil: it cannot be used.
    var version: Int?
    var reason: String
  }

  init() {}

  /// `engine`: the process that serves, whose limits count; else this one's.
  init(engine: Int32?, slots: Int, store: String) {
    threads = ThreadLimits.read()
    self.slots = ServingProcess.option("--slots", of: engine).flatMap { Int($0) } ?? slots
    let process = engine.map { "\($0)" } ?? "self"
    openFiles = Self.openFiles(Self.text("/proc/\(process)/limits") ?? Self.text("/proc/self/limits") ?? "")
    let groups = ControlGroups.detect()
    controllers = ControlGroups.Controller.allCases.map { controller in
      Controller(
        name: controller.rawValue, version: groups.place(controller)?.version,
        reason: groups.reasons[controller] ?? "no control group has it")
    }
    var file = stat()
    if stat(store, &file) == 0 { storeWritten = Milliseconds(file.st_mtim.tv_sec) * 1000 }
    system = Self.system()
  }

  /// The soft limit in a text of /proc/PID/limits.
  static func openFiles(_ limits: String) -> Int? {
    let line = limits.split(separator: "\n").first { $0.hasPrefix("Max open files") }
    return line?.dropFirst("Max open files".count).split(separator: " ").first.flatMap { Int($0) }
  }

  private static func system() -> [String] {
    var glibc = [CChar](repeating: 0, count: 64)
    confstr(Int32(_CS_GNU_LIBC_VERSION), &glibc, glibc.count)
    let name = String(decoding: glibc.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let kernel = (text("/proc/sys/kernel/osrelease") ?? "?").trimmingCharacters(in: .whitespacesAndNewlines)
    let release = (text("/etc/os-release") ?? "").split(separator: "\n").first {
      $0.hasPrefix("PRETTY_NAME=")
    }
    let memory = Int64(sysconf(Int32(_SC_PHYS_PAGES))) * Int64(sysconf(Int32(_SC_PAGESIZE)))
    return [
      "bulkhead \(Bulkhead.version)", "Linux \(kernel)", name,
      release.map { String($0.dropFirst("PRETTY_NAME=".count)).replacing("\"", with: "") } ?? "",
      "\(sysconf(Int32(_SC_NPROCESSORS_ONLN))) processors", ByteText.text(bytes: memory), "uid \(geteuid())",
    ].filter { !$0.isEmpty }
  }

  private static func text(_ path: String) -> String? {
    FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
  }
}

enum MachineChecks {
  /// 2025-01-01: no clock that was ever set is before.
  private static let earliest: Milliseconds = 1_735_689_600_000
  private static let tolerance: Milliseconds = 60_000

  static func judge(_ facts: MachineFacts, _ answers: EngineAnswers, now: Milliseconds) -> [HealthCheck] {
    [
      threads(facts), files(facts), groups(facts), clock(facts, answers, now: now),
      HealthCheck(.machineSystem, .note, facts.system.joined(separator: ", ")),
    ]
  }

  private static func threads(_ facts: MachineFacts) -> HealthCheck {
    guard facts.threads.cap < facts.slots else {
      return HealthCheck(
        .machineThreads, .ok, "\(facts.threads.statement), \(facts.slots) slots are configured")
    }
    let short = facts.threads.sources.filter { $0.threads < facts.slots }
    return HealthCheck(
      .machineThreads, .fault,
      ["\(facts.slots) slots are configured, and this machine has room for \(facts.threads.cap) job threads"]
        + short.map { "\($0.name) = \($0.value) leaves \(max($0.threads, 0))" },
      cure: "set worker.slots to \(facts.threads.cap) or less, or raise "
        + short.map(\.name).joined(separator: ", "))
  }

  private static func files(_ facts: MachineFacts) -> HealthCheck {
    guard let files = facts.openFiles else { return HealthCheck(.machineFiles, .ok, "no limit") }
    guard files < 1024 else { return HealthCheck(.machineFiles, .ok, "up to \(files) in each process") }
    return HealthCheck(
      .machineFiles, .warning,
      "only \(files) files may be open in each process: clients and plug-ins need some each",
      cure: "raise it: ulimit -n 4096, or LimitNOFILE=4096 in the unit of systemd")
  }

  private static func groups(_ facts: MachineFacts) -> HealthCheck {
    let missing = facts.controllers.filter { $0.version == nil }
    let lines = facts.controllers.map { controller in
      controller.version.map { "\(controller.name): cgroup v\($0)" }
        ?? "\(controller.name): \(controller.reason)"
    }
    guard !missing.isEmpty else { return HealthCheck(.machineGroups, .ok, lines.joined(separator: ", ")) }
    return HealthCheck(
      .machineGroups, .note, lines,
      cure: "only needed for limits of workers: systemd's Delegate=yes and DelegateSubgroup=serve")
  }

  private static func clock(_ facts: MachineFacts, _ answers: EngineAnswers, now: Milliseconds) -> HealthCheck
  {
    guard now >= earliest else {
      return HealthCheck(
        .machineClock, .fault, "it says \(TimeText.short(now))",
        cure: "set it, and let it be kept: timedatectl set-ntp on")
    }
    var times = [facts.storeWritten, answers.serving?.since ?? 0, answers.newest?.submittedAt ?? 0]
    times += answers.workers?.workers.map(\.node.since) ?? []
    if let newest = answers.newest, case .ended(let end) = newest.status { times.append(end.finishedAt) }
    guard let latest = times.max(), latest > now + tolerance else {
      return HealthCheck(.machineClock, .ok, TimeText.short(now))
    }
    return HealthCheck(
      .machineClock, .warning,
      "it says \(TimeText.short(now)), and the store knows of \(TimeText.short(latest)): it was set back",
      cure: "set it right; until then ages and what is kept for how long are wrong, jobs are not")
  }
}

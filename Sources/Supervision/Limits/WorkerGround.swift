import DataModel
import Glibc
import Synchronization
import Threading

/// What this machine can hold workers to, found once at the start; makes the folders that workers run in.
package final class WorkerGround: Sendable {
  private let groups: ControlGroups
  private let isRoot: Bool
  private let made = Atomic<Int>(0)
  /// Why a controller could not be switched on after all.
  private let failures = Mutex<[ControlGroups.Controller: String]>([:])
  private let isOpen = Mutex(false)

  package init(_ groups: ControlGroups = .detect(), isRoot: Bool = geteuid() == 0) {
    self.groups = groups
    self.isRoot = isRoot
    for place in places { Self.removeAbandoned(in: place.folder) }
  }

  private var places: [ControlGroups.Place] { (groups.unified.map { [$0] } ?? []) + groups.legacy }

  /// One line for the log and `status`: which mechanism holds each kind of limit.
  package var statement: String {
    let words = ControlGroups.Controller.allCases.map { controller -> String in
      switch groups.place(controller) {
      case .some(let place): "\(Self.title(controller)) by cgroup v\(place.version)"
      case nil: "\(Self.title(controller)) \(fallback(controller))"
      }
    }
    return words.joined(separator: ", ")
      + (groups.unified == nil ? "; what leaves a worker's session cannot be found" : "")
  }

  private static func title(_ controller: ControlGroups.Controller) -> String {
    switch controller {
    case .cpu: "processors"
    case .memory: "memory"
    case .pids: "tasks"
    }
  }

  private func fallback(_ controller: ControlGroups.Controller) -> String {
    let why = groups.reasons[controller] ?? "no control group has it"
    switch controller {
    case .cpu: return "cannot be limited (\(why))"
    case .memory: return "by rlimit for each process alone (\(why))"
    case .pids: return "by rlimit, for a worker with a user of its own only (\(why))"
    }
  }

  /// Makes what a new worker is to be held by: its folders, with the limits written, and the words for its command
  /// line. Throws what cannot be done and must be: a user that is not there.
  package func prepare(_ limits: WorkerLimits) throws(ChildProcess.Failure) -> WorkerCage {
    var cage = WorkerCage()
    var wanted: Set<ControlGroups.Controller> = []
    if limits.memoryBytes > 0 { wanted.insert(.memory) }
    if limits.processors > 0 { wanted.insert(.cpu) }
    if limits.tasks > 0 { wanted.insert(.pids) }
    if !wanted.isEmpty { switchOn() }
    let name = "bulkhead-\(getpid())-"
    for place in places {
      let mine = place.controllers.intersection(wanted).filter { groups.place($0) == place }
      // Without a limit only the hierarchy that can kill a whole group is of use.
      if mine.isEmpty && place.version == 1 { continue }
      guard let folder = makeFolder(in: place.folder, name) else { continue }
      cage.folders.append(folder)
      for controller in mine.sorted() {
        if let problem = write(controller, limits, folder, place.version) {
          cage.gaps.append("\(Self.title(controller)): \(problem)")
        } else {
          wanted.remove(controller)
          cage.limits.append(Self.sentence(controller, limits) + " (cgroup v\(place.version))")
        }
      }
    }
    for controller in wanted.sorted() { fallBack(controller, limits, &cage) }
    if !limits.user.isEmpty { try setUser(limits.user, &cage) }
    return cage
  }

  private func setUser(_ name: String, _ cage: inout WorkerCage) throws(ChildProcess.Failure) {
    guard let account = UserAccount(name) else {
      throw ChildProcess.Failure(description: "there is no user \(name) on this machine to run a worker as")
    }
    guard isRoot else {
      throw ChildProcess.Failure(
        description: "only root can run a worker as another user (\(name)); start serve as root")
    }
    cage.account = account
    cage.limits.append("runs as user \(name)")
  }

  /// Passes the controllers on to folders made here. This process has to leave first: only leaves hold processes.
  private func switchOn() {
    isOpen.withLock { isOpen in
      if isOpen { return }
      isOpen = true
      guard let place = groups.unified, !place.toSwitchOn.isEmpty else { return }
      if place.mustLeave {
        let leaf = place.folder + "/" + ControlGroups.ownFolder
        _ = mkdir(leaf, 0o755)
        _ = TextFile.write("\(getpid())", to: leaf + "/cgroup.procs")
      }
      for controller in place.toSwitchOn {
        let problem = TextFile.write("+\(controller)", to: place.folder + "/cgroup.subtree_control")
        if let problem { failures.withLock { $0[controller] = problem } }
      }
    }
  }

  private func makeFolder(in parent: String, _ prefix: String) -> String? {
    while true {
      let folder = parent + "/" + prefix + String(made.add(1, ordering: .relaxed).newValue)
      if mkdir(folder, 0o755) == 0 { return folder }
      if errno != EEXIST { return nil }
    }
  }

  private func write(
    _ controller: ControlGroups.Controller, _ limits: WorkerLimits, _ folder: String, _ version: Int
  ) -> String? {
    if let failure = failures.withLock({ $0[controller] }) { return failure }
    switch (controller, version) {
    case (.memory, 1):
      let text = "\(limits.memoryBytes)"
      if let problem = TextFile.write(text, to: folder + "/memory.limit_in_bytes") { return problem }
      // Without it what does not fit goes to swap. Not every kernel counts that.
      _ = TextFile.write(text, to: folder + "/memory.memsw.limit_in_bytes")
      return nil
    case (.memory, _):
      if let problem = TextFile.write("\(limits.memoryBytes)", to: folder + "/memory.max") { return problem }
      _ = TextFile.write("0", to: folder + "/memory.swap.max")
      // The worker and all that it started end together: a half-killed one helps nobody.
      _ = TextFile.write("1", to: folder + "/memory.oom.group")
      return nil
    case (.cpu, 1):
      if let problem = TextFile.write("\(Self.period)", to: folder + "/cpu.cfs_period_us") { return problem }
      return TextFile.write("\(Self.quota(limits))", to: folder + "/cpu.cfs_quota_us")
    case (.cpu, _): return TextFile.write("\(Self.quota(limits)) \(Self.period)", to: folder + "/cpu.max")
    case (.pids, _): return TextFile.write("\(limits.tasks)", to: folder + "/pids.max")
    }
  }

  private static let period = 100_000

  /// The kernel takes no less than a millisecond of each period.
  private static func quota(_ limits: WorkerLimits) -> Int {
    max(1000, Int((limits.processors * Double(period)).rounded()))
  }

  /// What no control group holds: by a resource limit of the process, where that means about the same.
  private func fallBack(
    _ controller: ControlGroups.Controller, _ limits: WorkerLimits, _ cage: inout WorkerCage
  ) {
    let why = groups.reasons[controller] ?? "no control group has it"
    switch controller {
    case .memory:
      cage.dataBytes = limits.memoryBytes
      cage.limits.append(Self.sentence(.memory, limits) + " in each process alone (rlimit, because \(why))")
    case .pids where !limits.user.isEmpty && limits.user != "root":
      cage.processes = limits.tasks
      cage.limits.append(
        Self.sentence(.pids, limits) + ", all of user \(limits.user) counted (rlimit, because \(why))")
    case .pids:
      cage.gaps.append(
        "tasks: \(why), and an rlimit would count all processes of this user; give the worker a user of its own"
      )
    case .cpu: cage.gaps.append("processors: \(why)")
    }
  }

  private static func sentence(_ controller: ControlGroups.Controller, _ limits: WorkerLimits) -> String {
    switch controller {
    case .memory: "memory at most \(limits.memoryBytes) bytes"
    case .cpu: "processors at most \(limits.processors)"
    case .pids: "tasks at most \(limits.tasks)"
    }
  }

  /// Folders that an engine left when it was killed together with its workers. One that is in use cannot be
  /// removed; one that was made just now may be about to be entered, and is left alone.
  private static func removeAbandoned(in parent: String) {
    guard let list = opendir(parent) else { return }
    defer { closedir(list) }
    while let entry = readdir(list) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      var facts = stat()
      guard name.hasPrefix(WorkerCage.namePrefix), stat(parent + "/" + name, &facts) == 0,
        WallClock.milliseconds / 1000 - Milliseconds(facts.st_mtim.tv_sec) > 60
      else { continue }
      rmdir(parent + "/" + name)
    }
  }
}

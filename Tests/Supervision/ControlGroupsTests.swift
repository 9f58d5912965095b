import Foundation
import Testing

@testable import Supervision

@Suite("Control groups: what is found in /proc and below the mounted hierarchies")
struct ControlGroupsTests {
  /// A file tree that stands for the kernel's.
  private struct Tree {
    let root: String

    init(_ files: [String: String]) throws {
      root = NSTemporaryDirectory() + "bulkhead-groups-" + UUID().uuidString.prefix(8)
      for (path, text) in files {
        let file = URL(fileURLWithPath: root + path)
        try FileManager.default.createDirectory(
          at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try text.write(to: file, atomically: true, encoding: .utf8)
      }
    }

    func end() { try? FileManager.default.removeItem(atPath: root) }
  }

  private static let unifiedMount =
    "30 20 0:27 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
  private static let legacyMounts =
    "36 35 0:30 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n"
    + "37 35 0:31 /lxc/a /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct\n"
    + "38 35 0:32 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n"

  private func detect<R>(_ files: [String: String], _ body: (ControlGroups, String) throws -> R) throws -> R {
    let tree = try Tree(files)
    defer { tree.end() }
    return try body(.detect(root: tree.root), tree.root)
  }

  @Test("a delegated group of version 2 holds all that its parent offers, after this process has left it")
  func delegated() throws {
    let folder = "/sys/fs/cgroup/system.slice/bulkhead.service"
    try detect([
      "/proc/self/cgroup": "0::/system.slice/bulkhead.service\n", "/proc/self/mountinfo": Self.unifiedMount,
      folder + "/cgroup.controllers": "cpuset cpu io memory pids\n", folder + "/cgroup.subtree_control": "\n",
      folder + "/cgroup.procs": "\(getpid())\n", folder + "/cgroup.type": "domain\n",
    ]) { groups, root in
      let place = try #require(groups.unified)
      #expect(place.folder == root + folder)
      #expect(place.controllers == [.cpu, .memory, .pids] && place.toSwitchOn == [.cpu, .memory, .pids])
      #expect(place.mustLeave && groups.legacy.isEmpty && groups.reasons.isEmpty)
    }
  }

  @Test("in a leaf of its own, workers' groups are made beside it")
  func leaf() throws {
    let folder = "/sys/fs/cgroup/system.slice/bulkhead.service"
    try detect([
      "/proc/self/cgroup": "0::/system.slice/bulkhead.service/serve\n",
      "/proc/self/mountinfo": Self.unifiedMount, folder + "/serve/cgroup.procs": "\(getpid())\n",
      folder + "/cgroup.controllers": "cpu memory pids\n", folder + "/cgroup.subtree_control": "cpu memory\n",
      folder + "/cgroup.procs": "", folder + "/cgroup.type": "domain\n",
    ]) { groups, root in
      let place = try #require(groups.unified)
      #expect(place.folder == root + folder)
      #expect(place.toSwitchOn == [.pids] && !place.mustLeave)
    }
  }

  @Test("a group that is shared with others passes no controller on, and the reason is said")
  func shared() throws {
    let folder = "/sys/fs/cgroup/user.slice/session-1.scope"
    try detect([
      "/proc/self/cgroup": "0::/user.slice/session-1.scope\n", "/proc/self/mountinfo": Self.unifiedMount,
      folder + "/cgroup.controllers": "memory pids\n", folder + "/cgroup.subtree_control": "pids\n",
      folder + "/cgroup.procs": "1\n2\n\(getpid())\n", folder + "/cgroup.type": "domain\n",
    ]) { groups, _ in
      #expect(groups.unified?.controllers == [.pids])
      #expect(groups.reasons[.memory]?.contains("2 other processes share the control group") == true)
      #expect(groups.reasons[.cpu]?.contains("no control group has the controller cpu") == true)
      #expect(groups.place(.memory) == nil && groups.place(.pids)?.version == 2)
    }
  }

  @Test("version 1 hierarchies are used where version 2 has no such controller, also inside a container")
  func hybrid() throws {
    try detect([
      "/proc/self/cgroup": "9:name=systemd:/\n4:memory:/a/b\n1:cpu,cpuacct:/lxc/a/own\n0::/\n",
      "/proc/self/mountinfo": Self.legacyMounts,
      "/sys/fs/cgroup/memory/a/b/cgroup.procs": "", "/sys/fs/cgroup/cpu,cpuacct/own/cgroup.procs": "",
      "/sys/fs/cgroup/unified/cgroup.controllers": "hugetlb\n", "/sys/fs/cgroup/unified/cgroup.procs": "1\n",
    ]) { groups, root in
      #expect(groups.unified?.folder == root + "/sys/fs/cgroup/unified" && groups.unified?.controllers == [])
      #expect(groups.place(.memory)?.folder == root + "/sys/fs/cgroup/memory/a/b")
      #expect(groups.place(.cpu)?.folder == root + "/sys/fs/cgroup/cpu,cpuacct/own")
      #expect(groups.place(.pids) == nil && groups.reasons[.pids] != nil)
    }
  }

  @Test("without control groups there is nothing, and it is said what holds instead")
  func none() throws {
    try detect(["/proc/self/cgroup": "", "/proc/self/mountinfo": "garbage\n1 2 3\n"]) { groups, _ in
      #expect(groups.unified == nil && groups.legacy.isEmpty)
      let ground = WorkerGround(groups, isRoot: false)
      #expect(ground.statement.contains("memory by rlimit for each process alone"))
      #expect(ground.statement.contains("processors cannot be limited"))
      let cage = try ground.prepare(WorkerLimits(memoryBytes: 1 << 26, processors: 1.5, tasks: 50))
      #expect(cage.folders.isEmpty && cage.dataBytes == 1 << 26 && cage.processes == 0)
      #expect(cage.gaps.map { $0.prefix(5) } == ["proce", "tasks"])
      #expect(cage.arguments == ["--data-bytes", "67108864"])
    }
  }

  @Test("limits are written into the folder of version 2 as the kernel wants them")
  func written() throws {
    let folder = "/sys/fs/cgroup/bulkhead"
    try detect([
      "/proc/self/cgroup": "0::/bulkhead/serve\n", "/proc/self/mountinfo": Self.unifiedMount,
      folder + "/serve/cgroup.procs": "", folder + "/cgroup.controllers": "cpu memory pids\n",
      folder + "/cgroup.subtree_control": "cpu memory pids\n", folder + "/cgroup.procs": "",
    ]) { groups, root in
      // A folder of the kernel's has its files at once; in this tree they have to be made: all writes fail, and
      // every limit is a gap with its file's name.
      let cage = try WorkerGround(groups, isRoot: true).prepare(
        WorkerLimits(memoryBytes: 1 << 26, processors: 0.5, tasks: 50))
      #expect(cage.folders.count == 1 && cage.folders[0].hasPrefix(root + folder + "/bulkhead-"))
      for name in ["cpu.max", "memory.max", "pids.max"] {
        #expect(cage.gaps.contains { $0.contains(name) }, "\(cage.gaps)")
      }
    }
  }

  @Test("a user that is not there, or that only root could become, is refused")
  func users() throws {
    let ground = WorkerGround(ControlGroups.detect(), isRoot: false)
    #expect(UserAccount("no-such-user-here") == nil)
    for name in ["no-such-user-here", "root"] {
      #expect(throws: ChildProcess.Failure.self) { try ground.prepare(WorkerLimits(user: name)) }
    }
  }
}

import Glibc

/// The machine's control groups as this process may use them: where a folder for a worker can be made, and which
/// controllers hold there. Read from /proc and the mounted hierarchies; `root` is another place to read from.
package struct ControlGroups: Sendable, Equatable {
  package enum Controller: String, Sendable, CaseIterable, Comparable {
    case cpu, memory, pids
    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
  }

  /// A folder below which workers' own folders are made.
  package struct Place: Sendable, Equatable {
    package let folder: String
    /// 1 or 2.
    package let version: Int
    /// Those that hold in folders made here; of version 2 also those that `open` can switch on.
    package let controllers: Set<Controller>
    /// Version 2: those that are not passed on to folders here yet.
    package let toSwitchOn: Set<Controller>
    /// Version 2: this process has to leave `folder` before a controller can be switched on.
    package let mustLeave: Bool
  }

  /// The unified hierarchy, when folders can be made there: what is in one can be killed as a whole.
  package let unified: Place?
  package let legacy: [Place]
  /// Why a controller does not hold here.
  package let reasons: [Controller: String]

  /// The name of the folder that this process moves itself to; systemd's `DelegateSubgroup=serve` makes the same.
  static let ownFolder = "serve"

  package static func detect(root: String = "") -> ControlGroups {
    let groups = paths(TextFile.read(root + "/proc/self/cgroup") ?? "")
    let mounts = Mount.all(TextFile.read(root + "/proc/self/mountinfo") ?? "")
    var reasons: [Controller: String] = [:]
    let unified = unified(root, groups, mounts, &reasons)
    var legacy: [Place] = []
    for controller in Controller.allCases where unified?.controllers.contains(controller) != true {
      guard let mount = mounts.first(where: { $0.controllers.contains(controller.rawValue) }),
        let path = groups[controller.rawValue]
      else {
        if reasons[controller] == nil {
          reasons[controller] = "no control group has the controller \(controller)"
        }
        continue
      }
      let folder = root + mount.folder(of: path)
      guard access(folder, W_OK) == 0 else {
        reasons[controller] = "\(folder) cannot be written by this user"
        continue
      }
      reasons[controller] = nil
      legacy.append(
        Place(folder: folder, version: 1, controllers: [controller], toSwitchOn: [], mustLeave: false))
    }
    return ControlGroups(unified: unified, legacy: legacy, reasons: reasons)
  }

  /// Where a controller holds, nil when it does not.
  package func place(_ controller: Controller) -> Place? {
    if let unified, unified.controllers.contains(controller) { return unified }
    return legacy.first { $0.controllers.contains(controller) }
  }

  private static func unified(
    _ root: String, _ groups: [String: String], _ mounts: [Mount], _ reasons: inout [Controller: String]
  ) -> Place? {
    guard let mount = mounts.first(where: \.isUnified), let path = groups[""] else { return nil }
    let own = root + mount.folder(of: path)
    // In a leaf of its own, made by an earlier serve or by systemd, the folder above is the one that is ours.
    let isLeaf = own.hasSuffix("/" + ownFolder)
    let folder = isLeaf ? String(own.dropLast(ownFolder.count + 1)) : own
    let known = words(TextFile.read(folder + "/cgroup.controllers"))
    guard access(folder, W_OK) == 0, access(folder + "/cgroup.procs", W_OK) == 0 else {
      for controller in Controller.allCases where known.contains(controller.rawValue) {
        reasons[controller] =
          "\(folder) is not delegated to this user (systemd: Delegate=yes and DelegateSubgroup=serve)"
      }
      return nil
    }
    let offered = Set(Controller.allCases.filter { known.contains($0.rawValue) })
    let passedOn = words(TextFile.read(folder + "/cgroup.subtree_control"))
    let missing = offered.filter { !passedOn.contains($0.rawValue) }
    // Only the root of the hierarchy may hold processes and pass controllers on.
    let isTop = access(folder + "/cgroup.type", F_OK) != 0
    let others = pids(TextFile.read(folder + "/cgroup.procs")).filter { $0 != getpid() }
    let isBarred = !missing.isEmpty && !isTop && !others.isEmpty
    if isBarred {
      for controller in missing {
        reasons[controller] =
          "\(others.count) other processes share the control group \(folder): start serve in one of its own"
      }
    }
    return Place(
      folder: folder, version: 2, controllers: isBarred ? offered.subtracting(missing) : offered,
      toSwitchOn: isBarred ? [] : missing, mustLeave: !isLeaf && !isTop)
  }

  /// "4:memory:/a/b" by controller; the unified hierarchy's path under "".
  static func paths(_ text: String) -> [String: String] {
    var paths: [String: String] = [:]
    for line in text.split(separator: "\n") {
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { continue }
      for controller in fields[1].split(separator: ",") { paths[String(controller)] = String(fields[2]) }
      if fields[1].isEmpty { paths[""] = String(fields[2]) }
    }
    return paths
  }

  static func pids(_ text: String?) -> [Int32] {
    (text ?? "").split(separator: "\n").compactMap { Int32($0) }
  }

  private static func words(_ text: String?) -> Set<String> {
    Set((text ?? "").split { $0 == " " || $0 == "\n" }.map(String.init))
  }
}

/// A mounted hierarchy: a line of /proc/self/mountinfo.
private struct Mount {
  let point: String
  /// The group that is seen at `point`.
  let top: String
  let isUnified: Bool
  let controllers: Set<String>

  static func all(_ text: String) -> [Mount] {
    text.split(separator: "\n").compactMap { line in
      guard let dash = line.range(of: " - ") else { return nil }
      let head = line[..<dash.lowerBound].split(separator: " ")
      let tail = line[dash.upperBound...].split(separator: " ")
      guard head.count >= 5, tail.count >= 3, tail[0] == "cgroup2" || tail[0] == "cgroup" else { return nil }
      return Mount(
        point: String(head[4]), top: String(head[3]), isUnified: tail[0] == "cgroup2",
        controllers: tail[0] == "cgroup" ? Set(tail[2].split(separator: ",").map(String.init)) : [])
    }
  }

  /// The folder of a group, without a slash at its end.
  func folder(of group: String) -> String {
    if group == top || group == "/" || !group.hasPrefix(top) { return point }
    let rest = top == "/" ? group : String(group.dropFirst(top.count))
    return point + rest
  }
}

extension Substring {
  /// The first place of a text, without Foundation.
  fileprivate func range(of text: String) -> Range<Substring.Index>? { self.firstRange(of: text) }
}

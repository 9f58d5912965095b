import Glibc
import Threading

/// Watches the plug-in directory and tells what becomes of its files. The directory's listing is the truth;
/// inotify only says when to look, so that lost or unavailable events cost time and nothing else.
package final class PluginDirectory: Sendable {
  /// The longest time without a look at the directory.
  private static let lookMilliseconds: Int64 = 500
  /// Trial loads at once.
  private static let judgeLimit = 4

  private struct Shared {
    var isStopped = false
    var hasTold = false
    var verdicts: [(name: String, signature: FileSignature?, verdict: PluginVerdict)] = []
  }

  private let path: String
  private let scan: PluginScan
  private let watch: FolderWatch
  private let onChange: @Sendable ([PluginFileOutcome]) -> Void
  private let onMissing: @Sendable (Bool) -> Void
  private let shared = Threading.Condition(Shared())
  private let thread = Threading.Condition<OSThread?>(nil)

  /// Watches `path` (made when it is not there) from now on. `cache` is the folder for private copies,
  /// `trial` the command of the trial child. `onChange` is called on the watch's own thread, one call at a
  /// time; the first call tells every file that was found at the start, even when there is none, and later
  /// ones what changed. `onMissing` is told when the directory is gone (true: its files stay as they were) and when it is
  /// back.
  package convenience init(
    path: String, cache: String, trial: [String], trust: TrustRules = TrustRules(),
    onMissing: @escaping @Sendable (Bool) -> Void = { _ in },
    onChange: @escaping @Sendable ([PluginFileOutcome]) -> Void
  ) throws(PluginError) {
    let scan = PluginScan(
      cache: try PluginImageCache(folder: cache), trial: TrialLoad(command: trial), trust: trust)
    try self.init(path: path, scan: scan, onMissing: onMissing, onChange: onChange)
  }

  package init(
    path: String, scan: PluginScan, onMissing: @escaping @Sendable (Bool) -> Void = { _ in },
    onChange: @escaping @Sendable ([PluginFileOutcome]) -> Void
  ) throws(PluginError) {
    self.path = FolderPath.absolute(path)
    self.scan = scan
    self.onChange = onChange
    self.onMissing = onMissing
    watch = try FolderWatch()
    // Not `make every parent`: a mistyped path should not come true.
    if mkdir(path, 0o755) != 0, errno != EEXIST {
      throw PluginError(
        "cannot make the plug-in directory \(path) (\(String(cString: strerror(errno))))",
        cure: "make it, or name another one with --plugins")
    }
    var facts = stat()
    guard stat(path, &facts) == 0, facts.st_mode & S_IFMT == S_IFDIR else {
      throw PluginError("\(path) is no directory", cure: "name the plug-in directory with --plugins")
    }
    thread.update { $0 = OSThread("bh-plugins") { [self] in run() } }
  }

  /// Ends the watch and waits until `onChange` is called no more: not to be called from there. A trial under
  /// way ends by itself.
  package func stop() {
    shared.update { $0.isStopped = true }
    watch.wake()
    thread.withLock { $0 }?.join()
  }

  /// Waits until the first call of `onChange` has returned; false when the time passed first.
  package func waitUntilScanned(milliseconds: Int64) -> Bool {
    shared.wait(milliseconds: milliseconds) { $0.hasTold ? true : nil } ?? false
  }

  private func run() {
    var state = PluginFolderState()
    var watched: (number: Int32, folder: FileSignature)?
    var completed: Set<String> = []
    var waiting: [String] = []
    var judging = 0
    var isMissing = false
    while true {
      let (isStopped, verdicts) = shared.withLock { shared in
        defer { shared.verdicts = [] }
        return (shared.isStopped, shared.verdicts)
      }
      if isStopped { return }
      judging -= verdicts.count
      for (name, signature, verdict) in verdicts { state.judged(name, signature, verdict, now: Self.now()) }
      follow(&watched)
      let listing = FolderListing.plugins(path)
      if isMissing != (listing == nil) {
        isMissing.toggle()
        onMissing(isMissing)
      }
      waiting += state.look(
        listing, completed: completed, circumstances: circumstances(), now: Self.now())
      while judging < Self.judgeLimit, !waiting.isEmpty {
        judge(waiting.removeFirst())
        judging += 1
      }
      tell(state.changes(now: Self.now(), objection: scan.revocation(of:)))
      let limit = min(state.waitMilliseconds(now: Self.now()) ?? Self.lookMilliseconds, Self.lookMilliseconds)
      let events = watch.wait(watched?.number, milliseconds: limit)
      completed = events.completed
      if events.isGone { watched = nil }
    }
  }

  private func tell(_ changes: [PluginFileOutcome]?) {
    guard let changes else { return }
    let isFirst = shared.withLock { !$0.hasTold }
    guard isFirst || !changes.isEmpty else { return }
    onChange(changes)
    shared.update { $0.hasTold = true }
  }

  /// Keeps the watch on the folder that the path names now: it may have gone, come back, or been exchanged.
  private func follow(_ watched: inout (number: Int32, folder: FileSignature)?) {
    let folder = FileSignature(path: path)
    if let old = watched, let folder, old.folder.device == folder.device, old.folder.inode == folder.inode {
      return
    }
    if let old = watched { watch.remove(old.number) }
    watched = nil
    if let folder, let number = watch.add(path) { watched = (number, folder) }
  }

  private func judge(_ name: String) {
    OSThread("bh-judge") { [self] in
      let signature = FileSignature.ofPlugin(path + "/" + name)
      let verdict = scan.judge(name, in: path)
      shared.update { $0.verdicts.append((name, signature, verdict)) }
      watch.wake()
    }
  }

  /// All that verdicts depend on beside the files: the folder's own rights and what libraries are installed.
  private func circumstances() -> String { scan.circumstances(of: path) }

  private static func now() -> Int64 { MonotonicClock.nanoseconds / 1_000_000 }
}

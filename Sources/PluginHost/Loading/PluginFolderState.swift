import DataModel

/// What a watch of the plug-in directory knows, and what follows from it: pure, the time is passed in.
package struct PluginFolderState {
  /// A file whose size and times stay the same for so long is taken although its writer keeps it open.
  static let settleMilliseconds: Int64 = 150
  /// A file that seems cut off is not called so before it was left alone for so long.
  static let patienceMilliseconds: Int64 = 2000
  /// The first answer waits so long for all verdicts: one plug-in that hangs holds up no other for longer.
  static let firstAnswerMilliseconds: Int64 = 1000

  private struct Entry {
    var signature: FileSignature
    /// When the signature was seen first.
    var since: Int64
    /// It is not judged before this time.
    var notBefore: Int64
    /// Its writer closed it, or it came by a rename.
    var isComplete: Bool
    var isBeingJudged = false
    /// Something happened while it was being judged that its signature need not show.
    var isDoubtful = false
    /// The signature that `verdict` is about; nil when it has to be judged again.
    var judged: FileSignature?
    var verdict: PluginVerdict?

    mutating func doubt() {
      judged = nil
      isDoubtful = isBeingJudged
    }
  }

  private var entries: [String: Entry] = [:]
  private var published: [String: PluginFileOutcome] = [:]
  private var circumstances: String?
  /// When the directory was listed first.
  private var firstLook: Int64?
  private var hasLooked: Bool { firstLook != nil }
  private var hasPublished = false

  package init() {}

  /// Takes a listing of the directory (nil: it is not there, and all stays as it was) and gives the files to judge now. `completed`
  /// are names that a writer closed or a rename brought. `circumstances` stand for all else that a verdict
  /// depends on: when they change, everything is judged again.
  package mutating func look(
    _ listing: [String: FileSignature]?, completed: Set<String> = [], circumstances: String = "", now: Int64
  ) -> [String] {
    // A folder that is gone is no order to remove what it had: a mount that failed must not stop every job.
    guard let listing else {
      if firstLook == nil { firstLook = now }
      return []
    }
    for name in entries.keys where listing[name] == nil { entries[name] = nil }
    if self.circumstances != circumstances {
      self.circumstances = circumstances
      for name in entries.keys { entries[name]?.doubt() }
    }
    for (name, signature) in listing { note(name, signature, isComplete: completed.contains(name), now: now) }
    if firstLook == nil { firstLook = now }
    let ready = entries.filter { $0.value.notBefore <= now && Self.waits($0.value) }.keys.sorted()
    for name in ready { entries[name]?.isBeingJudged = true }
    return ready
  }

  private mutating func note(_ name: String, _ signature: FileSignature, isComplete: Bool, now: Int64) {
    let settled = now + Self.settleMilliseconds
    // What was there before the watch began is looked at once: no writer of it is known.
    var entry =
      entries[name]
      ?? Entry(signature: signature, since: now, notBefore: hasLooked ? settled : now, isComplete: false)
    if entry.signature != signature {
      entry.signature = signature
      entry.since = now
      entry.notBefore = settled
      entry.isComplete = false
    }
    if isComplete {
      entry.isComplete = true
      entry.notBefore = now
      // Two writes within one tick of the file system's clock leave one signature.
      entry.doubt()
    }
    entries[name] = entry
  }

  private static func waits(_ entry: Entry) -> Bool {
    !entry.isBeingJudged && entry.judged != entry.signature
  }

  /// Takes the verdict on a file that `look` gave out, with the signature that it had before it was read. A
  /// verdict on another file than the one that is there now is worth nothing, and one on a file that is being
  /// written neither.
  package mutating func judged(
    _ name: String, _ signature: FileSignature?, _ verdict: PluginVerdict, now: Int64
  ) {
    guard var entry = entries[name] else { return }
    entry.isBeingJudged = false
    if signature == entry.signature, !Self.isTooEarly(verdict, entry, now) {
      entry.judged = entry.isDoubtful ? nil : signature
      entry.verdict = verdict
    } else {
      entry.notBefore = now + Self.settleMilliseconds
    }
    entry.isDoubtful = false
    entries[name] = entry
  }

  private static func isTooEarly(_ verdict: PluginVerdict, _ entry: Entry, _ now: Int64) -> Bool {
    switch verdict {
    case .accepted: false
    case .unsettled: true
    case .refused(let refusal):
      refusal.objection.isIncomplete && !entry.isComplete && now - entry.since < patienceMilliseconds
    }
  }

  /// How long until a file may be judged; nil when none waits.
  package func waitMilliseconds(now: Int64) -> Int64? {
    entries.values.filter(Self.waits).map { max(0, $0.notBefore - now) }.min()
  }

  /// What changed since it was asked last: removed ones first, accepted ones last. Nil until every file of
  /// the first listing has its verdict, or a second has passed; the first answer tells all there is by then.
  /// `objection` to a content counts at once, whatever was said of its file: also when the directory is gone, and when the
  /// file is never left alone for long enough to be judged again.
  package mutating func changes(
    now time: Int64 = .min, objection: (_ sha256: String) -> Objection? = { _ in nil }
  ) -> [PluginFileOutcome]? {
    guard let firstLook else { return nil }
    let isLate = time >= firstLook + Self.firstAnswerMilliseconds
    guard hasPublished || isLate || entries.values.allSatisfy({ $0.verdict != nil }) else { return nil }
    hasPublished = true
    var verdicts: [String: PluginVerdict] = [:]
    for (name, entry) in entries { verdicts[name] = Self.standing(name, entry.verdict, objection) }
    let now = outcomes(verdicts)
    let removed = published.keys.filter { entries[$0] == nil }.sorted().map {
      PluginFileOutcome.removed(file: $0)
    }
    let changed = now.filter { published[$0.key] != $0.value }.sorted { $0.key < $1.key }.map(\.value)
    // A file that is there and being judged again keeps what was said of it.
    published = now.merging(published.filter { entries[$0.key] != nil }) { new, _ in new }
    return removed + changed.filter(\.isRefusal) + changed.filter { !$0.isRefusal }
  }

  private static func standing(
    _ name: String, _ verdict: PluginVerdict?, _ objection: (String) -> Objection?
  ) -> PluginVerdict? {
    guard case .accepted(let plugin) = verdict, let objection = objection(plugin.sha256) else {
      return verdict
    }
    return .refused(
      PluginRefusal(file: name, objection, sha256: plugin.sha256, pluginID: plugin.manifest.id))
  }

  /// The verdicts, after the rule that one plug-in id is one file.
  private func outcomes(_ verdicts: [String: PluginVerdict]) -> [String: PluginFileOutcome] {
    var outcomes: [String: PluginFileOutcome] = [:]
    var files: [String: [String: AcceptedPlugin]] = [:]
    for (name, verdict) in verdicts {
      switch verdict {
      case .refused(let refusal): outcomes[name] = .refused(file: name, refusal)
      case .accepted(let plugin): files[plugin.manifest.id, default: [:]][name] = plugin
      case .unsettled: break
      }
    }
    for same in files.values { outcomes.merge(oneOf(same)) { $1 } }
    return outcomes
  }

  /// Of files with one plug-in id: the only one; of several copies the one in use, else the first; or none.
  private func oneOf(_ files: [String: AcceptedPlugin]) -> [String: PluginFileOutcome] {
    let names = files.keys.sorted()
    let areEqual = Set(files.values.map(\.sha256)).count == 1
    let used = names.first { isInUse($0, files[$0]) } ?? names[0]
    var outcomes: [String: PluginFileOutcome] = [:]
    for (name, plugin) in files {
      if areEqual, name == used {
        outcomes[name] = .accepted(file: name, plugin)
        continue
      }
      let others = names.filter { $0 != name }.joined(separator: ", ")
      let objection =
        areEqual
        ? Objection("it has the same bytes as \(used), which is used", cure: "remove \(name)")
        : Objection(
          "it is the plug-in \"\(plugin.manifest.id)\", and so is \(others) with other bytes; none of them is used",
          cure: "keep one of \(names.joined(separator: ", "))")
      outcomes[name] = .refused(
        file: name, PluginRefusal(file: name, objection, sha256: plugin.sha256, pluginID: plugin.manifest.id))
    }
    return outcomes
  }

  private func isInUse(_ name: String, _ plugin: AcceptedPlugin?) -> Bool {
    guard let plugin else { return false }
    return published[name] == .accepted(file: name, plugin)
  }
}

/// What became of a file of the plug-in directory.
package enum PluginFileOutcome: Sendable, Equatable {
  case accepted(file: String, AcceptedPlugin)
  case refused(file: String, PluginRefusal)
  case removed(file: String)

  /// Name in the directory.
  package var file: String {
    switch self {
    case .accepted(let file, _), .refused(let file, _), .removed(let file): file
    }
  }

  var isRefusal: Bool {
    if case .refused = self { true } else { false }
  }
}

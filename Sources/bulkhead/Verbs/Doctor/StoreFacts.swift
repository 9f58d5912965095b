import Foundation
import Storage
import Threading

/// The store as it lies on the disk, looked at from outside: its file is read only while nobody serves it.
struct StoreFacts: Sendable {
  /// What is known of the inside.
  enum Inside: Sendable, Equatable {
    /// There is no file yet.
    case absent
    /// An engine has it open: it knows the schema, and `store check` asks it.
    case served
    /// Nobody serves it, and the lock is held all the same: an engine that begins or ends.
    case locked(String)
    /// Too long to be read here: so many bytes.
    case large(Int64)
    /// It was not read within the time limit.
    case slow
    case report(StoreReport)
    case failure(StoreError)
  }

  var path = "/store/bulkhead.db"
  var folderExists = true
  var folderIsWritable = true
  /// Others than its owner may write the folder, and it is not sticky.
  var folderIsOpen = false
  var fileExists = true
  var fileIsRegular = true
  var fileIsWritable = true
  /// Permission bits.
  var fileMode: UInt32 = 0o600
  var bytes: Int64 = 0
  var walBytes: Int64 = 0
  var freeBytes: Int64 = 1 << 40
  /// The kernel's name of its kind: "ext4".
  var fileSystem = "ext4"
  var isReadOnly = false
  /// The sentence of the mark that says that damage was found.
  var damage: String?
  /// Copies from upgrades beside it: name and bytes.
  var backups: [Backup] = []
  var inside = Inside.absent

  struct Backup: Sendable, Equatable {
    var name: String
    var bytes: Int64
  }

  /// A store that is longer is not read through here.
  static let readLimit: Int64 = 64 << 20

  init() {}

  init(_ location: StoreLocation, isServed: Bool) {
    path = location.path
    let folder = self.folder
    let look = Self.status(folder)
    folderExists = look.map { $0.st_mode & S_IFMT == S_IFDIR } ?? false
    folderIsWritable = access(folder, W_OK | X_OK) == 0
    folderIsOpen = look.map { $0.st_mode & S_IWOTH != 0 && $0.st_mode & S_ISVTX == 0 } ?? false
    let file = Self.status(path)
    fileExists = file != nil
    if let file {
      fileIsRegular = file.st_mode & S_IFMT == S_IFREG
      fileMode = file.st_mode & 0o777
      bytes = Int64(file.st_size)
      fileIsWritable = access(path, R_OK | W_OK) == 0
    }
    walBytes = Int64(Self.status(path + "-wal")?.st_size ?? 0)
    var system = statvfs()
    if statvfs(folder, &system) == 0 {
      freeBytes = Int64(clamping: system.f_bavail) * Int64(clamping: system.f_frsize)
      isReadOnly = system.f_flag & 1 != 0
    }
    let mounts = FileManager.default.contents(atPath: "/proc/self/mountinfo") ?? Data()
    fileSystem = Self.fileSystem(
      of: URL(fileURLWithPath: folder).resolvingSymlinksInPath().path,
      mounts: String(decoding: mounts, as: UTF8.self))
    if Self.status(path + ".damaged") != nil {
      let text = (try? String(contentsOfFile: path + ".damaged", encoding: .utf8)) ?? ""
      damage = text.trimmingCharacters(in: .whitespacesAndNewlines)
    }
    let name = (path as NSString).lastPathComponent
    backups = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
      .filter { $0.hasPrefix(name + ".schema-") && $0.hasSuffix(".backup") }
      .map { Backup(name: $0, bytes: Int64(Self.status(folder + "/" + $0)?.st_size ?? 0)) }
    inside = Self.inside(location, isServed: isServed, self)
  }

  var folder: String { (path as NSString).deletingLastPathComponent }

  /// The kind of the file system that holds a folder, from a text of /proc/self/mountinfo; of several mounts on one
  /// place the last counts.
  static func fileSystem(of folder: String, mounts: String) -> String {
    var found = (length: -1, kind: "an unknown kind")
    for line in mounts.split(separator: "\n") {
      let fields = line.split(separator: " ")
      guard fields.count > 6, let dash = fields.firstIndex(of: "-"), dash + 1 < fields.count else { continue }
      let point = fields[4].replacing("\\040", with: " ")
      let isAbove = point == "/" || folder == point || folder.hasPrefix(point + "/")
      if isAbove, point.count >= found.length { found = (point.count, String(fields[dash + 1])) }
    }
    return found.kind
  }

  private static func inside(_ location: StoreLocation, isServed: Bool, _ facts: StoreFacts) -> Inside {
    if isServed { return .served }
    guard facts.fileExists, facts.fileIsRegular, facts.folderExists else { return .absent }
    guard facts.bytes <= readLimit else { return .large(facts.bytes) }
    let answer = Threading.Condition<Inside?>(nil)
    // On a thread of its own: a disk that hangs is not to hang this command.
    OSThread("bh-store") {
      let found = read(location)
      answer.update { $0 = found }
    }
    return answer.wait(milliseconds: EngineAnswers.limitMilliseconds) { $0 } ?? .slow
  }

  /// Under the store's lock, as an engine would: it is not read while one begins to serve it.
  private static func read(_ location: StoreLocation) -> Inside {
    do throws(StoreError) {
      let lock = try StoreLock(location)
      defer { lock.release() }
      return .report(try StoreFile.check(location))
    } catch {
      return error.code == .alreadyServed ? .locked(error.message) : .failure(error)
    }
  }

  private static func status(_ path: String) -> stat? {
    var facts = stat()
    return stat(path, &facts) == 0 ? facts : nil
  }
}

import Glibc

/// What is in a plug-in that is a folder: `NAME/{NAME.so, lib/…}`. Ordinary files, folders, and links that stay inside.
struct PluginTree {
  enum Kind: Equatable {
    case folder
    case file
    /// A link to a neighbour, as in `libx.so -> libx.so.1`.
    case link(String)
  }

  struct Entry: Equatable {
    /// Below the folder, such as `lib/libx.so.1`.
    let path: String
    let kind: Kind
  }

  static let entryLimit = 1000
  static let depthLimit = 8
  static let byteLimit: Int64 = 1 << 30

  /// In the order of their paths, a folder before what is in it.
  private(set) var entries: [Entry] = []
  private let root: String

  /// Lists the folder and refuses what cannot be part of a plug-in, or could have been put there by others.
  init(_ root: String, rules: FileRules) throws(Objection) {
    self.root = root
    try add("", depth: 0, rules)
  }

  private mutating func add(_ prefix: String, depth: Int, _ rules: FileRules) throws(Objection) {
    let folder = prefix.isEmpty ? root : root + "/" + prefix
    guard depth <= Self.depthLimit else {
      throw Objection("\(folder) is nested deeper than \(Self.depthLimit) folders", cure: "make it flatter")
    }
    try rules.checkFolder(folder)
    guard let names = FolderListing.names(folder) else { throw FileRules.unreadable(folder, errno) }
    for name in names.sorted() {
      let path = prefix.isEmpty ? name : prefix + "/" + name
      guard entries.count < Self.entryLimit else {
        throw Objection("it has more than \(Self.entryLimit) files", cure: "leave out what it does not need")
      }
      try add(path, name, depth: depth, rules)
    }
  }

  private mutating func add(_ path: String, _ name: String, depth: Int, _ rules: FileRules) throws(Objection)
  {
    guard PluginScan.isPlain(name) else {
      throw Objection("a name in it has control characters", cure: "rename it")
    }
    var status = stat()
    guard lstat(root + "/" + path, &status) == 0 else { throw FileRules.unreadable(root + "/" + path, errno) }
    switch status.st_mode & S_IFMT {
    case S_IFDIR:
      entries.append(Entry(path: path, kind: .folder))
      try add(path, depth: depth + 1, rules)
    case S_IFREG: entries.append(Entry(path: path, kind: .file))
    case S_IFLNK: entries.append(Entry(path: path, kind: .link(try target(path))))
    default:
      throw Objection("\(path) in it is neither file nor folder", cure: "leave it out")
    }
  }

  private func target(_ path: String) throws(Objection) -> String {
    var bytes = [UInt8](repeating: 0, count: 256)
    let count = bytes.withUnsafeMutableBytes { buffer in
      buffer.bindMemory(to: CChar.self).baseAddress.map { readlink(root + "/" + path, $0, buffer.count) }
        ?? -1
    }
    let target = String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
    // No space either: a line of the folder's hash could be read in two ways.
    guard count > 0, count < bytes.count, !target.contains("/"), target != "..", target != ".",
      PluginScan.isPlain(target), !target.contains(" ")
    else {
      throw Objection(
        "the link \(path) in it leads elsewhere; only links to a neighbour are taken",
        cure: "copy with \"cp -rL\", which puts the files themselves there")
    }
    return target
  }
}

extension FileSignature {
  /// Of what a plug-in directory holds under that name: a file, or a folder with all that is in it. Nil when there is
  /// nothing.
  static func ofPlugin(_ path: String) -> FileSignature? {
    guard let own = FileSignature(path: path), own.isFolder else { return FileSignature(path: path) }
    var sum = TreeSum(own)
    sum.add(path, depth: 0)
    return sum.signature
  }
}

/// Folds the signatures of a tree into one. Looks at no content, and at no more entries than a plug-in may have.
private struct TreeSum {
  private let own: FileSignature
  private var size: Int64 = 0
  private var modified: Int64
  private var changed: Int64
  private var mix: UInt64 = 0xCBF2_9CE4_8422_2325
  private var entries = 0

  init(_ own: FileSignature) {
    self.own = own
    modified = own.modifiedNanoseconds
    changed = own.changedNanoseconds
  }

  var signature: FileSignature {
    FileSignature(
      device: own.device, inode: own.inode ^ mix, size: size, modifiedNanoseconds: modified,
      changedNanoseconds: changed, isFolder: true)
  }

  mutating func add(_ folder: String, depth: Int) {
    guard depth <= PluginTree.depthLimit else { return }
    for name in (FolderListing.names(folder) ?? []).sorted() {
      entries += 1
      guard entries <= PluginTree.entryLimit, let part = FileSignature(path: folder + "/" + name) else {
        return
      }
      for value in [part.inode, UInt64(bitPattern: part.size), UInt64(bitPattern: part.changedNanoseconds)] {
        mix = (mix ^ value) &* 0x100_0000_01B3
      }
      for byte in name.utf8 { mix = (mix ^ UInt64(byte)) &* 0x100_0000_01B3 }
      size &+= part.size
      modified = max(modified, part.modifiedNanoseconds)
      changed = max(changed, part.changedNanoseconds)
      if part.isFolder { add(folder + "/" + name, depth: depth + 1) }
    }
  }
}

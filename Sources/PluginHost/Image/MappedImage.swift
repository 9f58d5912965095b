import Glibc

/// A private copy that is about to be loaded: its bytes are hashed once more from an open file, and after the load it is
/// made sure that the file that was mapped is that one, unchanged.
struct MappedImage: ~Copyable {
  private let path: String
  private let isTree: Bool
  private let descriptor: Int32
  private let before: FileSignature

  private init(path: String, isTree: Bool, descriptor: Int32, before: FileSignature) {
    self.path = path
    self.isTree = isTree
    self.descriptor = descriptor
    self.before = before
  }

  /// Throws when the copy does not have the content that its name says.
  static func open(_ path: String, _ sha256: String) throws(Objection) -> MappedImage {
    let file = Glibc.open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
    guard path.hasPrefix("/"), file >= 0, let signature = FileSignature(descriptor: file) else {
      if file >= 0 { close(file) }
      throw damaged(path)
    }
    let isTree = PluginImageCache.isTree(path, sha256)
    let isWhole = isTree ? PluginImageCache.holds(path, sha256) : SHA256Digest.ofFile(file)?.hex == sha256
    guard isWhole else {
      close(file)
      throw damaged(path)
    }
    return MappedImage(path: path, isTree: isTree, descriptor: file, before: signature)
  }

  deinit { close(descriptor) }

  /// The libraries that came along, see `LibraryPath.checkTree`; none of a lone file.
  func libraries() throws(Objection) -> [String: String] {
    guard isTree else { return [:] }
    let file = try ELFFile(ByteSource(descriptor: descriptor))
    return try LibraryPath.noneLoaded().checkTree(file, FolderPath.parent(of: path), FileRules())
  }

  /// `address` lies in the library that was loaded from `path`. Throws when that is another file than the one that was
  /// hashed, or was written meanwhile.
  func checkMapped(at address: UnsafeMutableRawPointer?) throws(Objection) {
    let mapped = address.flatMap { Self.file(at: UInt(bitPattern: $0)) }
    if mapped == before.inode, FileSignature(descriptor: descriptor) == before { return }
    throw Objection(
      "its private copy \(path) was exchanged while it was loaded",
      cure: "find out who writes there: only the engine may; then drain this worker, which has run that code")
  }

  /// The inode that is mapped at that address.
  private static func file(at address: UInt) -> UInt64? {
    guard let maps = fopen("/proc/self/maps", "re") else { return nil }
    defer { fclose(maps) }
    var line: UnsafeMutablePointer<CChar>?
    var capacity = 0
    defer { free(line) }
    while getline(&line, &capacity, maps) > 0, let line {
      // start-end rights offset device inode path
      let fields = String(cString: line).split(separator: " ", maxSplits: 5)
      let range = fields[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
      if fields.count >= 5, range.count == 2, range[0] <= address, address < range[1] {
        return UInt64(fields[4])
      }
    }
    return nil
  }

  private static func damaged(_ path: String) -> Objection {
    Objection(
      "its private copy \(path) is missing or damaged", cure: "copy its file into the plug-in directory again"
    )
  }
}

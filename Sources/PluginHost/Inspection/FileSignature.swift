import Glibc

/// What tells that a file is another one, or has other content or rights, than when it was looked at before.
package struct FileSignature: Sendable, Equatable {
  package let device: UInt64
  package let inode: UInt64
  package let size: Int64
  package let modifiedNanoseconds: Int64
  package let changedNanoseconds: Int64
  package let isFolder: Bool

  package init(
    device: UInt64, inode: UInt64, size: Int64, modifiedNanoseconds: Int64, changedNanoseconds: Int64,
    isFolder: Bool = false
  ) {
    self.device = device
    self.inode = inode
    self.size = size
    self.modifiedNanoseconds = modifiedNanoseconds
    self.changedNanoseconds = changedNanoseconds
    self.isFolder = isFolder
  }

  /// Of an open file; nil when it cannot be asked.
  package init?(descriptor: Int32) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return nil }
    self.init(status)
  }

  /// Of a name, symbolic links not followed; nil when there is nothing.
  package init?(path: String) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return nil }
    self.init(status)
  }

  /// Whether an open file is a regular one.
  package static func isRegular(descriptor: Int32) -> Bool {
    var status = stat()
    return fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }

  private init(_ status: stat) {
    self.init(
      device: UInt64(status.st_dev), inode: UInt64(status.st_ino), size: Int64(status.st_size),
      modifiedNanoseconds: Self.nanoseconds(status.st_mtim),
      changedNanoseconds: Self.nanoseconds(status.st_ctim),
      isFolder: status.st_mode & S_IFMT == S_IFDIR)
  }

  private static func nanoseconds(_ time: timespec) -> Int64 {
    Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
  }
}

/// The content of a folder.
enum FolderListing {
  /// All names but "." and ".."; nil when the folder cannot be read.
  static func names(_ folder: String) -> [String]? {
    guard let stream = opendir(folder) else { return nil }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { field in
        field.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: field.pointee)) {
          String(cString: $0)
        }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }

  /// What a plug-in directory has to be judged: `.so` files of any kind and folders, hidden names left out.
  static func plugins(_ folder: String) -> [String: FileSignature]? {
    guard let names = names(folder) else { return nil }
    var files: [String: FileSignature] = [:]
    for name in names where !name.hasPrefix(".") && name != "lost+found" {
      guard let signature = FileSignature.ofPlugin(folder + "/" + name) else { continue }
      if signature.isFolder || name.hasSuffix(".so") { files[name] = signature }
    }
    return files
  }
}

import Glibc

/// Where the system's loader finds libraries by name: a snapshot.
package struct LibraryPath: Sendable, Equatable {
  /// In the loader's cache, or already loaded into this process.
  private let names: Set<String>
  /// Those of them that are loaded into this process, as they are into every worker.
  private let loaded: Set<String>
  /// `LD_LIBRARY_PATH`, and the folders that are looked into without the cache.
  private let folders: [String]

  package init(names: Set<String>, folders: [String], loaded: Set<String> = []) {
    self.names = names.union(loaded)
    self.folders = folders
    self.loaded = loaded
  }

  /// Of this process, now.
  package static func current() -> LibraryPath {
    let variable = getenv("LD_LIBRARY_PATH").map { String(cString: $0) } ?? ""
    let own = variable.split(whereSeparator: { $0 == ":" || $0 == ";" }).map(String.init)
    #if arch(x86_64)
      let multiarch = "x86_64-linux-gnu"
    #else
      let multiarch = "aarch64-linux-gnu"
    #endif
    let standard =
      ["/lib/", "/usr/lib/"].map { $0 + multiarch } + ["/lib64", "/usr/lib64", "/lib", "/usr/lib"]
    return LibraryPath(names: cachedNames(), folders: own + standard, loaded: loadedNames())
  }

  /// Of this process, for a plug-in that may have loaded its own libraries before.
  static func noneLoaded() -> LibraryPath {
    let now = current()
    return LibraryPath(names: now.names, folders: now.folders)
  }

  func isLoaded(_ name: String) -> Bool { loaded.contains(name) }

  package func has(_ name: String) -> Bool {
    names.contains(name) || folders.contains { access($0 + "/" + name, R_OK) == 0 }
  }

  /// Every library that the file needs is found, and found where only root and the serving user can put one.
  /// `folder` is where the file was dropped: what stands beside it does not come with the private copy.
  package func check(_ file: ELFFile, in folder: String, _ rules: FileRules) throws(Objection) {
    let origins = file.runPath.filter(Self.isOrigin).map { folder + $0.drop { $0 != "/" } }
    let search = try searchFolders(file, rules)
    for name in file.needed { try check(name, search, origins, rules) }
  }

  /// The same for a file whose `$ORIGIN` was looked at already: `known` are names that were found there.
  func check(_ file: ELFFile, besides known: Set<String>, _ rules: FileRules) throws(Objection) {
    let search = try searchFolders(file, rules)
    for name in file.needed where !known.contains(name) { try check(name, search, [], rules) }
  }

  private static func isOrigin(_ place: String) -> Bool {
    place.hasPrefix("$ORIGIN") || place.hasPrefix("${ORIGIN}")
  }

  /// The absolute places of its RUNPATH, which have to be safe.
  private func searchFolders(_ file: ELFFile, _ rules: FileRules) throws(Objection) -> [String] {
    var search: [String] = []
    for place in file.runPath where !Self.isOrigin(place) {
      if place.hasPrefix("/") {
        try Self.checkSearchFolder(place, rules)
        search.append(place)
      } else if !place.hasPrefix("$") {
        throw Objection(
          "its RUNPATH has \"\(place)\", which means another folder wherever a worker starts",
          cure: "link it with an absolute -rpath or none (\"patchelf --remove-rpath FILE\")")
      }
    }
    return search
  }

  private func check(
    _ name: String, _ search: [String], _ origins: [String], _ rules: FileRules
  ) throws(Objection) {
    if name.contains("/") { return try Self.checkPath(name, rules) }
    if let place = origins.first(where: { access($0 + "/" + name, F_OK) == 0 }) {
      throw Objection(
        "it brings its own \(name) in \(place) ($ORIGIN in its RUNPATH), and only the lone file is taken",
        cure: "drop a folder instead, NAME/NAME.so with its libraries below it, or link \(name) statically")
    }
    if let place = search.first(where: { access($0 + "/" + name, F_OK) == 0 }) {
      return try Self.checkPath(place + "/" + name, rules)
    }
    if has(name) { return }
    let origin =
      origins.isEmpty ? "" : " ($ORIGIN in its RUNPATH does not help a lone file)"
    throw Objection(
      "it needs \(name), which this machine does not have\(origin)",
      cure: "install the package that has \(name) and run \"ldconfig\", or link \(name) statically")
  }

  private static func checkSearchFolder(_ folder: String, _ rules: FileRules) throws(Objection) {
    do {
      try rules.checkFolder(folder, mayBeMissing: true)
    } catch {
      throw Objection(
        "its RUNPATH has \(folder), where others may put a library: \(error.rule)",
        cure: "\(error.cure), or link it without that -rpath")
    }
  }

  private static func checkPath(_ path: String, _ rules: FileRules) throws(Objection) {
    guard path.hasPrefix("/") else {
      throw Objection(
        "it needs \"\(path)\", which means another file wherever a worker starts",
        cure: "build that library with \"-Wl,-soname,NAME\" and link again")
    }
    guard let real = realpath(path, nil) else {
      throw Objection("it needs \(path), which is not there", cure: "install it, or link it statically")
    }
    defer { free(real) }
    let file = String(cString: real)
    do {
      close(try rules.open(file))
      try rules.checkFolder(FolderPath.parent(of: file))
    } catch {
      throw Objection("it needs \(path), and of that holds: \(error.rule)", cure: error.cure)
    }
  }

  /// Names in `/etc/ld.so.cache` for this kind of machine. Empty when it has another format: the folders
  /// still count.
  private static func cachedNames() -> Set<String> {
    let descriptor = Glibc.open("/etc/ld.so.cache", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return [] }
    defer { close(descriptor) }
    let file = ByteSource(descriptor: descriptor)
    guard file.count <= 64 << 20, let bytes = file.bytes(at: 0, count: file.count) else { return [] }
    return names(ofCache: bytes)
  }

  /// Reads the loader's cache: a header of 48 bytes, then entries of 24 that point to names behind them.
  package static func names(ofCache bytes: [UInt8]) -> Set<String> {
    let source = ByteSource(bytes)
    guard bytes.starts(with: Array("glibc-ld.so.cache1.1".utf8)),
      let header = source.record(at: 0, count: 48),
      let table = source.record(at: 48, count: UInt64(header.u32(20)) * 24)
    else { return [] }
    #if arch(x86_64)
      let machine: UInt32 = 0x0303
    #else
      let machine: UInt32 = 0x0A03
    #endif
    var names: Set<String> = []
    for offset in stride(from: 0, to: table.bytes.count, by: 24) where table.u32(offset) == machine {
      if let name = source.text(at: UInt64(table.u32(offset + 4)), limit: 1024) { names.insert(name) }
    }
    return names
  }

  /// Libraries in this process: a plug-in that needs one of them gets it without any search.
  private static func loadedNames() -> Set<String> {
    guard let maps = fopen("/proc/self/maps", "re") else { return [] }
    defer { fclose(maps) }
    var names: Set<String> = []
    var line: UnsafeMutablePointer<CChar>?
    var capacity = 0
    defer { free(line) }
    while getline(&line, &capacity, maps) > 0, let line {
      let text = String(cString: line)
      guard let name = text.split(separator: "/").last, text.contains(".so") else { continue }
      names.insert(name.trimmingSuffix { $0.isNewline })
    }
    return names
  }
}

extension Substring {
  fileprivate func trimmingSuffix(while predicate: (Character) -> Bool) -> String {
    var end = endIndex
    while end > startIndex, predicate(self[index(before: end)]) { end = index(before: end) }
    return String(self[..<end])
  }
}

import Foundation

/// Plug-ins for tests: compiled when first asked for, as their authors would compile them, and kept under
/// `.build/samples` by a hash of all that goes in. Broken, stripped or old variants are a matter of flags.
package enum Sample {
  /// The root of the package, without a slash at its end.
  package static let root = PackageRoot.path

  /// The folder of the ABI headers.
  package static let headers = root + "/PluginSDK/include"

  /// The folder of the C++ wrapper's headers.
  package static let cppHeaders = root + "/PluginSDK/cpp/include"

  /// The checksum sample: id `checksum`, action `tree`.
  package static func checksum() throws -> String { try build("SamplePlugins/checksum/checksum.c") }

  /// The libvirt sample: id `libvirt`, actions `server.create` and `server.delete`.
  package static func libvirt() throws -> String { try build("SamplePlugins/libvirt/libvirt.c") }

  /// The benchmark sample: id `bench`, actions `noop`, `sleep`, `spin` and `calls`.
  package static func bench() throws -> String { try build("SamplePlugins/noop/noop.c") }

  /// The kill test's fixture: id `witness`, actions `never` and `idempotent`.
  package static func witness() throws -> String { try build("SamplePlugins/witness/witness.c") }

  /// The sample in C++: id `inventory-csv`, action `import`.
  package static func inventoryCSV() throws -> String {
    try buildCpp("SamplePlugins/inventory-csv/inventory-csv.cpp")
  }

  /// As `build`, for C++ and with the wrapper's headers.
  package static func buildCpp(_ source: String, flags: [String] = []) throws -> String {
    let own = ["-std=c++17", "-I", cppHeaders, "-Wl,--version-script=" + root + "/PluginSDK/cpp/exports.map"]
    return try build(source, flags: own + flags, compiler: "g++")
  }

  /// A fixture that the host has to stand, or that the validator has to find: `wrong_abi`, `lost_thread` ...
  package static func misbehaving(_ name: String) throws -> String {
    guard
      let source = misbehavingSources.first(where: {
        URL(fileURLWithPath: $0).deletingPathExtension().lastPathComponent == name
      })
    else { throw ToolFailure("there is no fixture \(name) below SamplePlugins/Misbehaving") }
    return try build(source)
  }

  /// Sources of all fixtures, from the root of the package, sorted.
  package static let misbehavingSources: [String] = {
    let folder = "SamplePlugins/Misbehaving"
    let all = (FileManager.default.subpaths(atPath: root + "/" + folder) ?? [])
    return all.filter { $0.hasSuffix(".c") || $0.hasSuffix(".cpp") }.map { folder + "/" + $0 }.sorted()
  }()

  /// Builds the plug-in of one source, given from the root of the package or absolute, and returns the absolute
  /// path of the `.so`. Libraries come from the source's own `Build:` line, what else is special from its `Flags:`
  /// and `After:` lines. `flags` stand last, so that they win. Safe from many threads and processes at once: the file is moved into place when it is whole.
  package static func build(_ source: String, flags: [String] = [], compiler: String = "cc") throws -> String
  {
    let path = source.hasPrefix("/") ? source : root + "/" + source
    let name = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let driver = path.hasSuffix(".cpp") && compiler == "cc" ? "c++" : compiler
    let arguments =
      [driver, "-O2", "-g"] + requiredFlags + [path] + libraries(in: text) + words(of: "Flags", in: text)
      + flags
    let folder = root + "/.build/samples"
    let product = "\(folder)/\(name)-\(try fingerprint(of: path, arguments)).so"
    if FileManager.default.fileExists(atPath: product) { return product }

    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let unfinished = "\(folder)/\(UUID().uuidString).partial"
    let run = try ToolRun(arguments + ["-o", unfinished])
    guard run.status == 0 else {
      unlink(unfinished)
      throw ToolFailure("\(arguments.joined(separator: " ")): exit \(run.status)\n\(run.output)")
    }
    let after = words(of: "After", in: text)
    if !after.isEmpty {
      let run = try ToolRun(after + [unfinished])
      guard run.status == 0 else {
        throw ToolFailure("\(after.joined(separator: " ")): exit \(run.status)\n\(run.output)")
      }
    }
    guard rename(unfinished, product) == 0 else {
      throw ToolFailure("cannot move \(unfinished) to \(product): \(String(cString: strerror(errno)))")
    }
    return product
  }

  private static let requiredFlags = [
    "-shared", "-fPIC", "-fvisibility=hidden", "-Wl,-z,defs", "-Wl,-z,now", "-I", headers,
  ]

  /// The `-l` words of the line ` * Build: cc ... -o name.so -lthis -lthat`.
  private static func libraries(in text: String) -> [String] {
    let line = text.split(separator: "\n").first { $0.contains("Build: cc ") } ?? ""
    return line.split(separator: " ").filter { $0.hasPrefix("-l") }.map(String.init)
  }

  /// The words of the line ` * NAME: `; they may be in single quotes for the Makefile's shell.
  private static func words(of name: String, in text: String) -> [String] {
    let start = " * \(name): "
    let line = text.split(separator: "\n").first { $0.hasPrefix(start) }?.dropFirst(start.count) ?? ""
    return line.split(separator: " ").map { String($0).replacing("'", with: "") }
  }

  /// A hash of the arguments, the source, the headers beside it and the ABI headers (FNV-1a, twice 64 bits: it
  /// tells builds apart, it protects nothing).
  private static func fingerprint(of path: String, _ arguments: [String]) throws -> String {
    var low: UInt64 = 0xCBF2_9CE4_8422_2325
    var high: UInt64 = 0x6C62_272E_07BB_0142
    func add(_ bytes: some Sequence<UInt8>) {
      for byte in bytes {
        low = (low ^ UInt64(byte)) &* 0x100_0000_01B3
        high = (high ^ UInt64(byte) ^ 0xA5) &* 0x100_0000_01B3
      }
    }
    add(arguments.joined(separator: "\0").utf8)
    let beside = URL(fileURLWithPath: path).deletingLastPathComponent()
    let common = beside.deletingLastPathComponent().path + "/include"
    let nearby =
      try FileManager.default.contentsOfDirectory(atPath: beside.path).map { beside.path + "/" + $0 }
      + ((try? FileManager.default.contentsOfDirectory(atPath: common)) ?? []).map { common + "/" + $0 }
    let ours = [headers, cppHeaders].flatMap { folder in
      (FileManager.default.subpaths(atPath: folder) ?? []).map { folder + "/" + $0 }
    }
    let isHeader = { (file: String) in file.hasSuffix(".h") || file.hasSuffix(".hpp") }
    for file in [path] + (nearby + ours).filter(isHeader).sorted() {
      add(file.utf8)
      add(FileManager.default.contents(atPath: file) ?? Data())
    }
    return String(low, radix: 16) + String(high, radix: 16)
  }
}

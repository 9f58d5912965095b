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

  /// A fixture that the host has to stand: `wrong_abi`, `hang_constructor` ...
  package static func misbehaving(_ name: String) throws -> String {
    try build("SamplePlugins/Misbehaving/\(name).c")
  }

  /// Builds the plug-in of one C source, given from the root of the package or absolute, and returns the absolute
  /// path of the `.so`. Libraries come from the source's own `Build:` line. `flags` stand last, so that they win.
  /// Safe from many threads and processes at once: the file is moved into place when it is whole.
  package static func build(_ source: String, flags: [String] = [], compiler: String = "cc") throws -> String
  {
    let path = source.hasPrefix("/") ? source : root + "/" + source
    let name = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
    let arguments = [compiler, "-O2", "-g"] + requiredFlags + [path] + (try libraries(of: path)) + flags
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
    guard rename(unfinished, product) == 0 else {
      throw ToolFailure("cannot move \(unfinished) to \(product): \(String(cString: strerror(errno)))")
    }
    return product
  }

  private static let requiredFlags = [
    "-shared", "-fPIC", "-fvisibility=hidden", "-Wl,-z,defs", "-Wl,-z,now", "-I", headers,
  ]

  /// The `-l` words of the line ` * Build: cc ... -o name.so -lthis -lthat`.
  private static func libraries(of path: String) throws -> [String] {
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let line = text.split(separator: "\n").first { $0.contains("Build: cc ") } ?? ""
    return line.split(separator: " ").filter { $0.hasPrefix("-l") }.map(String.init)
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
    let beside = URL(fileURLWithPath: path).deletingLastPathComponent().path
    let nearby = try FileManager.default.contentsOfDirectory(atPath: beside).map { beside + "/" + $0 }
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

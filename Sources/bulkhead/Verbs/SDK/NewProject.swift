import DataModel
import Foundation
import Glibc
import JobEngine

/// A plug-in project as it is written: the SDK's template of a language with the plug-in's names in it, and what of
/// the SDK it needs to build.
struct NewProject {
  enum Language: String, CaseIterable, Sendable {
    case c, cpp, swift

    var title: String {
      switch self {
      case .c: "C"
      case .cpp: "C++"
      case .swift: "Swift"
      }
    }

    /// Leaves out what only SwiftPM reads, or only this repository's own build.
    func takes(_ path: String) -> Bool {
      !path.hasSuffix("/abi.c") && (self == .swift || !path.hasSuffix("/module.modulemap"))
    }

    /// What of PluginSDK goes into a project's own copy: folder there, folder in the project.
    var parts: [(from: String, to: String)] {
      switch self {
      case .c: [("include", "include")]
      case .cpp: [("include", "include"), ("cpp/include", "include")]
      case .swift:
        [("swift", "bulkhead-sdk/swift"), ("include", "bulkhead-sdk/swift/Sources/CBulkheadPlugin/include")]
      }
    }
  }

  /// Paths from the project's folder.
  let files: [SDKFiles.File]

  init(files: [SDKFiles.File]) { self.files = files }

  /// Refused when `sdk` names no SDK, or when the command carries no template of the language.
  init(_ id: String, language: Language, sdk: String?) throws(EngineError) {
    let names = NewNames(id)
    var files = SDKFiles.under("template/" + language.rawValue).map {
      SDKFiles.File(path: names.apply($0.path), text: names.apply($0.text))
    }
    guard !files.isEmpty else {
      throw EngineError(
        .refused, "this bulkhead carries no template for \(language.title)", cure: "use --lang c")
    }
    if let sdk {
      let root = try Self.sdkRoot(sdk)
      files = files.map { SDKFiles.File(path: $0.path, text: Self.refer($0, to: root, language)) }
    } else {
      files += language.parts.flatMap { part in
        SDKFiles.under(part.from).map { SDKFiles.File(path: part.to + "/" + $0.path, text: $0.text) }
      }
    }
    if language != .swift {
      files.append(SDKFiles.File(path: "manifest.schema.json", text: SDKFiles.manifestSchema))
    }
    self.files = files.filter { language.takes($0.path) }.sorted { $0.path < $1.path }
  }

  /// What is wrong with a name, nil when nothing is.
  static func problem(withName name: String) -> String? {
    let shown = SafeText.escape(name)
    let rule = "a lower-case letter first, then lower-case letters, digits, '-' or '_'"
    if name.isEmpty { return "the name is empty; a plug-in's id is \(rule)" }
    if name.utf8.count > 64 { return "the name \"\(shown)\" has \(name.utf8.count) bytes; 64 are allowed" }
    guard Names.isPluginID(name) else {
      let lower = name.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" }
      let near = String(String(lower).drop { !$0.isLetter })
      let hint = Names.isPluginID(near) ? "; perhaps \"\(near)\"" : ""
      return "\"\(shown)\" cannot be a plug-in's id, which is \(rule)\(hint)"
    }
    return name == "bulkhead" ? "\"bulkhead\" is the engine's own name; choose another one" : nil
  }

  /// Writes all files. The folder is made; one that is there has to be empty. When it fails, nothing of it is left.
  func write(to folder: String) throws(EngineError) {
    let held = Interrupts.hold()
    defer { Interrupts.release(held) }
    try Self.checkEmpty(folder)
    var made: [String] = []
    do throws(EngineError) {
      for file in files {
        let path = folder + "/" + file.path
        try Self.makeFolders(above: path, &made)
        try TextFile.write(file.text, to: path, mode: 0o644, replaces: false)
        made.append(path)
      }
    } catch {
      for path in made.reversed() { remove(path) }
      throw error
    }
  }

  private static func checkEmpty(_ folder: String) throws(EngineError) {
    guard let directory = opendir(folder) else {
      if errno == ENOENT { return }
      let why = errno == ENOTDIR ? "it is not a folder" : String(cString: strerror(errno))
      throw EngineError(.refused, "cannot make a project in \(folder): \(why)", cure: "name another --output")
    }
    defer { closedir(directory) }
    var count = 0
    while readdir(directory) != nil { count += 1 }
    // "." and ".." are always there.
    guard count <= 2 else {
      throw EngineError(
        .refused, "the folder \(folder) is not empty", cure: "name an --output that is not there yet")
    }
  }

  private static func makeFolders(above path: String, _ made: inout [String]) throws(EngineError) {
    var place = ""
    for name in path.split(separator: "/", omittingEmptySubsequences: false).dropLast() {
      place += name
      defer { place += "/" }
      guard !place.isEmpty, access(place, F_OK) != 0 else { continue }
      guard mkdir(place, 0o755) == 0 else {
        let why = String(cString: strerror(errno))
        throw EngineError(.refused, "cannot make the folder \(place): \(why)", cure: "name another --output")
      }
      made.append(place)
    }
  }

  /// The folder with `include/bulkhead/bulkhead.h`: a checkout's PluginSDK, an unpacked SDK, or /usr.
  private static func sdkRoot(_ sdk: String) throws(EngineError) -> String {
    let root = URL(fileURLWithPath: sdk).standardizedFileURL.path
    guard access(root + "/include/bulkhead/bulkhead.h", R_OK) == 0 else {
      throw EngineError(
        .refused, "\(sdk) is no plug-in SDK: it has no include/bulkhead/bulkhead.h",
        cure: "name the folder of an unpacked SDK, or leave --sdk out")
    }
    return root
  }

  /// A file that names the project's own copy of the SDK names the given one.
  private static func refer(_ file: SDKFiles.File, to root: String, _ language: Language) -> String {
    guard language == .swift else {
      return file.text.replacing("$(wildcard include)", with: root + "/include")
    }
    let installed = root + "/share/bulkhead/sdk/swift"
    let package = access(installed + "/Package.swift", R_OK) == 0 ? installed : root + "/swift"
    return file.text.replacing("\"bulkhead-sdk/swift\"", with: "\"\(package)\"")
  }
}

/// The names of the template, and what they become: `my-plugin` in ids, `my_plugin` in C and file names, `MyPlugin`
/// in Swift.
struct NewNames {
  let id: String
  let c: String
  let swift: String

  init(_ id: String) {
    self.id = id
    c = CName.part(id)
    let words = c.split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    // A module named Swift, Foundation or BulkheadPlugin would hide the one that is meant.
    let isOwn = words.hasSuffix("Plugin") && words != "Plugin" && words != "BulkheadPlugin"
    swift = isOwn ? words : words + "Plugin"
  }

  func apply(_ text: String) -> String {
    text.replacing("my-plugin", with: id).replacing("my_plugin", with: c)
      .replacing("MyPlugin", with: swift).replacing("MY_PLUGIN", with: c.uppercased())
  }
}

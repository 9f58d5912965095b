import PluginHost

/// How a plug-in was compiled and linked, as `plugin inspect` prints it.
enum BuildFacts {
  /// Only what is out of the ordinary, but for languages and glibc.
  static func texts(_ object: ELFFile, _ contents: ELFContents) -> [(String, String)] {
    let special = [
      object.hasStaticTLS ? "static thread-local storage" : nil,
      object.hasTextRelocations ? "text relocations" : nil,
      object.wantsExecutableStack ? "executable stack" : nil,
      object.hasWritableCode ? "writable code" : nil,
      object.isBoundNow ? nil : "binds calls late (no -z now)",
      object.hasReadOnlyRelocations ? nil : "addresses stay writable (no -z relro)",
      contents.hasDebugInformation ? nil : "no debug information",
      object.constructors > 1 ? "\(object.constructors) constructors" : nil,
    ].compactMap(\.self)
    return [
      ("made with", contents.languages.map(\.rawValue).joined(separator: ", ")),
      ("compilers", contents.compilers.joined(separator: "\n")),
      ("glibc", object.glibc.map { "\($0) or later" } ?? ""),
      ("exports", listed(contents.needlessExports)),
      ("unique", listed(contents.symbols.unique)),
      ("drafts", contents.drafts.joined(separator: ", ")),
      ("special", special.joined(separator: ", ")),
    ]
  }

  static func json(_ object: ELFFile, _ contents: ELFContents) -> JSONText {
    [
      "languages": .strings(contents.languages.map(\.rawValue)),
      "compilers": .strings(contents.compilers),
      "glibc": .optional(object.glibc?.description),
      "exports": .strings(contents.symbols.exports),
      "unique_symbols": .strings(contents.symbols.unique),
      "draft_extensions": .strings(contents.drafts),
      "constructors": .integer(Int64(clamping: object.constructors)),
      "static_tls": .bool(object.hasStaticTLS),
      "text_relocations": .bool(object.hasTextRelocations),
      "executable_stack": .bool(object.wantsExecutableStack),
      "writable_code": .bool(object.hasWritableCode),
      "bind_now": .bool(object.isBoundNow),
      "relro": .bool(object.hasReadOnlyRelocations),
      "debug_information": .bool(contents.hasDebugInformation),
    ]
  }

  private static func listed(_ names: [String]) -> String {
    let shown = names.prefix(8).joined(separator: ", ")
    return names.count > 8 ? "\(shown) and \(names.count - 8) more" : shown
  }
}

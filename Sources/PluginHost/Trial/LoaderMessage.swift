/// What the system's loader says, as a rule and a cure.
enum LoaderMessage {
  /// `message` as dlerror gave it for the file at `path`.
  static func objection(_ message: String, path: String) -> Objection {
    var text = message
    if text.hasPrefix(path + ": ") { text.removeFirst(path.utf8.count + 2) }
    if let symbol = rest(text, after: "undefined symbol: ") {
      let name = symbol.prefix { $0 != "," && $0 != " " }
      return Objection(
        "it uses \(name), which none of the libraries that it names has",
        cure: "link it with the library that has \(name), and see \"ldd -r FILE\"")
    }
    if text.contains("cannot open shared object file"), let name = text.split(separator: ":").first {
      return Objection(
        "it needs \(name), which this machine does not have or the user of the trial may not read",
        cure: "install the package that has \(name) and run \"ldconfig\"")
    }
    if text.contains("failed to map segment") {
      return Objection(
        "the system forbids to map it (\(text))",
        cure: "keep the store on a disk that is not mounted noexec, and check the limits of memory")
    }
    if text.contains("static TLS block") {
      return Objection(
        "it wants its thread-local variables in the small static block, which is full",
        cure: "build it without -ftls-model=initial-exec")
    }
    if text.contains("version `"), text.contains("not found") {
      return Objection(
        "it was built for newer libraries than this machine has (\(text))",
        cure: "build it on this system, or on an older one")
    }
    return Objection(
      "the system's loader refuses it (\(text))", cure: "see \"ldd -r FILE\", or build it again")
  }

  private static func rest(_ text: String, after marker: String) -> Substring? {
    text.firstRange(of: marker).map { text[$0.upperBound...] }
  }
}

import DataModel
import Glibc

/// Loads a private copy for the first time in a child process, which dies in our place when a constructor
/// crashes or hangs. A crash inside dlopen in our own process would hold the loader's lock for ever.
package struct TrialLoad: Sendable {
  private let command: [String]
  private let limitMilliseconds: Int64

  /// `command` starts a process that calls `runChild`; `--fd N` is added to it.
  package init(command: [String], limitMilliseconds: Int64 = 10_000) {
    self.command = command
    self.limitMilliseconds = limitMilliseconds
  }

  /// Throws what is wrong with the plug-in. Blocks until the child has ended, at most the time limit.
  /// `isTree`: the copy is a folder, which the child is given whole.
  package func run(imagePath: String, isTree: Bool = false) throws(Objection) {
    let given = isTree ? FolderPath.parent(of: imagePath) : imagePath
    let descriptor = open(given, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | (isTree ? O_DIRECTORY : 0))
    guard descriptor >= 0 else { throw FileRules.unreadable(given, errno) }
    defer { close(descriptor) }
    let name = isTree ? ["--name", String(imagePath.dropFirst(given.count + 1))] : []
    let result: TrialProcess.Result
    do {
      result = try TrialProcess.run(
        command + ["--fd", String(TrialProcess.childDescriptor)] + name, giving: descriptor,
        milliseconds: limitMilliseconds)
    } catch {
      throw Objection(
        "its trial load could not be started: \(error.message)",
        cure: "check the limits of this machine, then \"touch\" the file")
    }
    try Self.judge(result, limitMilliseconds)
  }

  static func judge(_ result: TrialProcess.Result, _ limitMilliseconds: Int64) throws(Objection) {
    let report = TrialReport(result.output)
    if report.isLoaded, result.ending == .exited(0) { return }
    if let objection = report.objection, result.ending == .exited(0) { throw objection }
    let (place, call) = words(report.phase)
    let lastWords = lastLine(result.errors)
    switch result.ending {
    case .outOfTime:
      throw Objection(
        "\(place) did not come back in \(limitMilliseconds / 1000) s\(lastWords)",
        cure: "do no waiting in \(call): begin in the first job")
    case .signalled(let signal):
      throw Objection("\(place) crashed with \(signalName(signal))\(lastWords)", cure: "debug \(call)")
    case .exited(let code):
      throw Objection(
        "\(place) ended the process with exit code \(code)\(lastWords)",
        cure: "return from \(call) instead of ending the process")
    }
  }

  /// Where the child was: for the sentence, and for the cure.
  private static func words(_ phase: TrialReport.Phase) -> (place: String, call: String) {
    switch phase {
    case .start: ("the trial load, before it ran any of its code,", "the installation of bulkhead")
    case .constructors:
      (
        "a constructor, which runs while it is loaded,",
        "its constructors (static objects, __attribute__((constructor)))"
      )
    case .entry: ("its bh_plugin_entry", "bh_plugin_entry")
    }
  }

  /// The last line that it wrote to its standard error, short and printable.
  private static func lastLine(_ errors: String) -> String {
    let lines = errors.split(whereSeparator: \.isNewline).filter { !$0.allSatisfy(\.isWhitespace) }
    guard let line = lines.last else { return "" }
    let shown = line.unicodeScalars.prefix(200).map {
      $0.properties.generalCategory == .control ? " " : Character($0)
    }
    return " (it wrote: \(String(shown)))"
  }

  /// "SIGSEGV".
  package static func signalName(_ signal: Int32) -> String {
    let names: [Int32: String] = [
      SIGSEGV: "SIGSEGV", SIGBUS: "SIGBUS", SIGILL: "SIGILL", SIGFPE: "SIGFPE", SIGABRT: "SIGABRT",
      SIGTRAP: "SIGTRAP",
      SIGSYS: "SIGSYS", SIGKILL: "SIGKILL", SIGTERM: "SIGTERM", SIGXCPU: "SIGXCPU (too much CPU time)",
      SIGXFSZ: "SIGXFSZ (it wrote too large a file)", SIGALRM: "SIGALRM", SIGPIPE: "SIGPIPE",
      SIGINT: "SIGINT",
    ]
    return names[signal] ?? "signal \(signal)"
  }
}

/// What the child says, one JSON object a line.
struct TrialReport {
  enum Phase: String {
    case start
    case constructors
    case entry
  }

  private(set) var phase = Phase.start
  private(set) var isLoaded = false
  private(set) var objection: Objection?

  /// Reads the child's output; lines that are something else are passed over.
  init(_ output: String) {
    for line in output.split(separator: "\n") {
      guard let value = try? JSONValue(parsing: String(line)) else { continue }
      if let name = value["phase"]?.stringValue, let phase = Phase(rawValue: name) { self.phase = phase }
      if value["loaded"]?.boolValue == true { isLoaded = true }
      if let rule = value["rule"]?.stringValue, let cure = value["cure"]?.stringValue {
        objection = Objection(rule, cure: cure)
      }
    }
  }

  static func line(_ phase: Phase) -> String {
    JSONValue.object(["phase": .string(phase.rawValue)]).text + "\n"
  }
  static let loadedLine = JSONValue.object(["loaded": .bool(true)]).text + "\n"
  static func line(_ objection: Objection) -> String {
    JSONValue.object(["rule": .string(objection.rule), "cure": .string(objection.cure)]).text + "\n"
  }
}

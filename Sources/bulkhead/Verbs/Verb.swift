import ArgumentParser
import JobEngine
import Storage

/// One verb of the command. It does its work in `act`; whatever that throws is told and becomes the exit code in
/// one place.
protocol Verb: ParsableCommand {
  var printsJSON: Bool { get }
  /// Throws `EngineError`, `StoreError`, `ExitCode` (already told) or `ValidationError` (wrong use).
  func act() throws
}

extension Verb {
  func run() throws {
    do {
      try act()
    } catch let error as EngineError {
      throw tell(error)
    } catch let error as StoreError {
      throw tell(EngineError(error))
    }
  }

  private func tell(_ error: EngineError) -> ExitCode {
    Failure.tell(error, json: printsJSON)
    return ExitCode(ExitStatus.of(error.code))
  }
}

/// What every verb that speaks to an engine takes.
struct EngineOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The engine's store (default: $BULKHEAD_STORE, else the configuration's, else sqlite:./bulkhead.db).",
      valueName: "location"))
  var store: String?

  @Option(
    help: ArgumentHelp(
      "Configuration file (default: $BULKHEAD_CONFIG, else bulkhead.yaml, else /etc/bulkhead/bulkhead.yaml).",
      valueName: "file"))
  var config: String?

  @Flag(help: "Print JSON for programs instead of text for people.")
  var json = false

  /// Where the store is: the option, else the environment, else the configuration file, else the usual place.
  func location() throws(EngineError) -> String {
    if let store { return store }
    if let named = Environment["BULKHEAD_STORE"], !named.isEmpty { return named }
    return try configuration([]).configuration.location.description
  }

  /// The whole configuration, with these options over it.
  func configuration(
    _ options: [(setting: String, text: String?)]
  ) throws(EngineError) -> LayeredConfiguration {
    let all = [("store", store)] + options
    let given = all.compactMap { name, text in text.map { (setting: name, text: $0) } }
    do {
      return try ConfigurationLayers.read(file: config, options: given)
    } catch {
      throw error.engineError
    }
  }

  /// A command line of ours to try next, for the same store.
  func hint(_ words: String) -> String { Hint.line(words, store: store) }
}

/// A verb that speaks to a running engine.
protocol EngineVerb: Verb {
  var engine: EngineOptions { get }
}

extension EngineVerb {
  var printsJSON: Bool { engine.json }

  func connect() throws(EngineError) -> EngineConnection {
    try EngineConnection(location: engine.location())
  }
}

/// Command lines that a user may copy.
enum Hint {
  static func line(_ words: String, store: String?) -> String {
    "bulkhead " + words + (store.map { " --store " + quoted($0) } ?? "")
  }

  /// The word as a shell takes it.
  private static func quoted(_ word: String) -> String {
    let isPlain = word.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_./:=@%+,".contains($0)) }
    if isPlain, !word.isEmpty { return word }
    return "'" + word.replacing("'", with: "'\\''") + "'"
  }
}

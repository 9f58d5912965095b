import ArgumentParser
import JobEngine

struct ConfigCheckCommand: Verb {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Read the configuration without starting anything: every value and where it comes from.",
    discussion: """
      All faults are told at once, each with file, line and column.

      Example:
        bulkhead config check --config /etc/bulkhead/bulkhead.yaml

      With --json: {"file","settings":[{"name","value","from"}]}.

      Exit codes: 0 it is right, 64 it is not, 70 fault of bulkhead.
      """)

  @Option(
    help: ArgumentHelp(
      "The file (default: $BULKHEAD_CONFIG, else bulkhead.yaml, else /etc/bulkhead/bulkhead.yaml).",
      valueName: "file"))
  var config: String?

  @Flag(help: "Print JSON for programs instead of text for people.")
  var json = false

  var printsJSON: Bool { json }

  func act() throws {
    let layered: LayeredConfiguration
    do {
      layered = try ConfigurationLayers.read(file: config, options: [])
    } catch {
      // One fault has its place in the sentence; several are listed with theirs.
      throw error.engineError
    }
    if json {
      Terminal.output.line(Self.document(layered).text)
    } else {
      Terminal.output.lines(
        Self.lines(layered, width: Terminal.output.width, colour: Terminal.output.usesColour))
    }
  }

  static func document(_ layered: LayeredConfiguration) -> JSONText {
    [
      "file": .optional(layered.file),
      "settings": .list(
        Settings.all.map {
          [
            "name": .string($0.name), "value": .string($0.show(layered.configuration)),
            "from": .string(origin($0, layered).text),
          ]
        }),
    ]
  }

  static func lines(_ layered: LayeredConfiguration, width: Int?, colour: Bool) -> [String] {
    var table = Table("SETTING", "VALUE", "FROM")
    for setting in Settings.all {
      let origin = origin(setting, layered)
      table.add(
        "\(setting.name)", .init(setting.show(layered.configuration)),
        .init(origin.text, style: origin == .standard ? .faint : .plain))
    }
    let head =
      layered.file.map { SafeText.escape($0) + " is right" }
      ?? "no configuration file: defaults and variables"
    return [head] + table.lines(width: width, colour: colour)
  }

  private static func origin(_ setting: Setting, _ layered: LayeredConfiguration) -> ConfigurationOrigin {
    layered.origins[setting.name] ?? .standard
  }
}

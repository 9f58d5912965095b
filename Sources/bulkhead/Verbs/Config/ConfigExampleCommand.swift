import ArgumentParser

struct ConfigExampleCommand: Verb {
  static let configuration = CommandConfiguration(
    commandName: "example",
    abstract: "Print a configuration file with every setting, its meaning and its variable.",
    discussion: """
      Example:
        bulkhead config example > bulkhead.yaml

      With --json: [{"name","variable","option","values","help","example"}].

      Exit codes: 0 done, 64 wrong use.
      """)

  @Flag(help: "Print JSON for programs instead of text for people.")
  var json = false

  var printsJSON: Bool { json }

  func act() throws {
    if json {
      Terminal.output.line(Self.document.text)
    } else {
      Terminal.output.lines(Self.lines)
    }
  }

  static var document: JSONText {
    .list(
      Settings.all.map {
        [
          "name": .string($0.name), "variable": .string($0.variable),
          "option": .optional($0.option.map { "--" + $0 }), "values": .string($0.values),
          "help": .string($0.help),
          "example": .string($0.example),
        ]
      })
  }

  /// Groups as maps, every setting commented out: the file means the defaults until somebody uncomments a line.
  static var lines: [String] {
    var lines = [
      "# Configuration of bulkhead. Every line that is commented out shows an example or the default."
    ]
    var group = ""
    for setting in Settings.all {
      let parts = setting.name.split(separator: ".", maxSplits: 1).map(String.init)
      if parts.count == 2, parts[0] != group {
        lines += ["", parts[0] + ":"]
        group = parts[0]
      } else if parts.count == 1 {
        lines.append("")
      }
      let indent = parts.count == 2 ? "  " : ""
      lines.append("\(indent)# \(setting.help) (\(setting.values))")
      lines.append("\(indent)# $\(setting.variable)" + (setting.option.map { ", serve --\($0)" } ?? ""))
      lines.append("\(indent)# \(parts.last ?? setting.name): \(setting.example)")
    }
    return lines
  }
}

import DataModel
import Foundation
import PluginHost

/// What loading it does.
enum LoadRules {
  static let all: [Rule] = [
    Rule(
      "load.trial", .error, "loads, and gives what its manifest promises",
      description:
        "Its constructors and bh_plugin_entry come back in time, and the functions that it gives are "
        + "the actions of its manifest, no more and no less.",
      reason: "Every host loads it once in a process of its own, and refuses it when that goes wrong.",
      cure: "debug bh_plugin_entry and the constructors", check: .runs { $0.trial() }),
    Rule(
      "load.twice", .error, "two versions at once",
      description: "It loads and runs beside another version of itself, in one process.",
      reason: "A new version is loaded while jobs of the old one still run.",
      cure: "keep nothing in the process that only one may have: environment, locks, names, fixed addresses",
      check: .eachAction(twice)),
  ]

  private static func twice(_ action: ActionCase, _ laboratory: Laboratory) -> ActionVerdict {
    guard action.first.breakdown == nil else { return .skipped("it does not even run alone") }
    guard let copy = laboratory.place("second.so") else { return .skipped("there is no room in /tmp") }
    defer { try? FileManager.default.removeItem(atPath: copy) }
    guard var bytes = FileManager.default.contents(atPath: laboratory.subject.absolutePath) else {
      return .skipped("the file cannot be read any more")
    }
    // One byte more is another content, and the loader does not look at it.
    bytes.append(0)
    guard FileManager.default.createFile(atPath: copy, contents: bytes) else {
      return .skipped("there is no room for a copy in /tmp")
    }
    let runs = [action.run(), action.run()]
    let reports = laboratory.perform(action.action.name, runs, second: copy)
    let bad = reports.first { $0.misconduct != nil && $0.leftBehind.isEmpty }
    guard let found = bad?.misconduct else { return .of([], tried: runs.count) }
    return .of([found.after("loaded beside another version")], tried: runs.count)
  }
}

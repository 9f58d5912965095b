import DataModel
import Storage

/// A configuration with the place where each of its values was said.
struct LayeredConfiguration {
  var configuration: EngineConfiguration
  /// By setting's name; what is missing is the default.
  var origins: [String: ConfigurationOrigin]
  /// The file that was read, nil when there was none.
  var file: String?
}

/// Lays file, environment and options over the defaults, the later over the earlier, and finds every fault at once.
enum ConfigurationLayers {
  /// `options`: those of the command line by setting's name. `file`: the one that was named, nil for the usual ones.
  static func read(
    file named: String?, options: [(setting: String, text: String)],
    environment: (String) -> String? = { Environment[$0] }
  ) throws(ConfigurationError) -> LayeredConfiguration {
    let path = ConfigurationFile.choose(named: named)
    var values: [(name: String, value: ConfigurationValue)] = []
    var problems: [ConfigurationProblem] = []
    if let path {
      flatten(try ConfigurationFile.read(path), under: "", into: &values, &problems)
    }
    for setting in Settings.all {
      if let text = environment(setting.variable), !text.isEmpty {
        values.append((setting.name, ConfigurationValue(.text(text), .environment(setting.variable))))
      }
    }
    for option in options {
      let name = "--" + (Settings.named(option.setting)?.option ?? option.setting)
      values.append((option.setting, ConfigurationValue(.text(option.text), .option(name))))
    }
    return try apply(values, problems, file: path)
  }

  private static func apply(
    _ values: [(name: String, value: ConfigurationValue)], _ found: [ConfigurationProblem], file: String?
  ) throws(ConfigurationError) -> LayeredConfiguration {
    var problems = found
    let location: StoreLocation
    do throws(StoreError) {
      location = try StoreLocation("sqlite:./bulkhead.db")
    } catch {
      throw ConfigurationError([ConfigurationProblem(place: "", message: error.message)])
    }
    var layered = LayeredConfiguration(
      configuration: EngineConfiguration(location: location), origins: [:], file: file)
    for (name, value) in values {
      guard let setting = Settings.named(name) else { continue }
      if let problem = setting.take(value.tree, &layered.configuration) {
        problems.append(value.problem("\(name): \(problem)"))
      }
      layered.origins[name] = value.origin
    }
    guard problems.isEmpty else { throw ConfigurationError(problems) }
    return layered
  }

  /// `worker: {slots: 5}` and `worker.slots: 5` are the same setting.
  private static func flatten(
    _ members: [ConfigurationTree.Member], under prefix: String,
    into values: inout [(name: String, value: ConfigurationValue)], _ problems: inout [ConfigurationProblem]
  ) {
    for member in members {
      let name = prefix + member.name
      if Settings.named(name) != nil {
        values.append((name, member.value))
      } else if case .map(let inner) = member.value.tree, isGroup(name) {
        flatten(inner, under: name + ".", into: &values, &problems)
      } else {
        let known = Settings.all.map(\.name)
        let hint = isGroup(name) ? "; it holds settings, such as \(first(in: name))" : nearest(name, known)
        problems.append(member.value.problem("there is no setting \"\(name)\"" + hint))
      }
    }
  }

  private static func isGroup(_ name: String) -> Bool {
    Settings.all.contains { $0.name.hasPrefix(name + ".") }
  }

  private static func first(in group: String) -> String {
    Settings.all.first { $0.name.hasPrefix(group + ".") }?.name ?? group
  }

  private static func nearest(_ name: String, _ known: [String]) -> String {
    if let near = EditDistance.nearest(to: name, among: known) { return "; did you mean \"\(near)\"?" }
    return "; `bulkhead config example` prints all there are"
  }
}

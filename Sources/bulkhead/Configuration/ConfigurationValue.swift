/// Where a value was given.
enum ConfigurationOrigin: Equatable {
  case standard
  /// File, line and column, both from 1.
  case file(String, Int, Int)
  case environment(String)
  case option(String)

  var text: String {
    switch self {
    case .standard: "default"
    case .file(let path, let line, let column): "\(path):\(line):\(column)"
    case .environment(let name): "$" + name
    case .option(let name): name
    }
  }
}

/// A value as it was written, before it is understood: texts, lists of texts, and maps of them.
indirect enum ConfigurationTree: Equatable {
  case text(String)
  case list([ConfigurationValue])
  case map([Member])

  struct Member: Equatable {
    let name: String
    let value: ConfigurationValue
  }
}

struct ConfigurationValue: Equatable {
  let tree: ConfigurationTree
  let origin: ConfigurationOrigin

  init(_ tree: ConfigurationTree, _ origin: ConfigurationOrigin) {
    self.tree = tree
    self.origin = origin
  }

  func problem(_ message: String) -> ConfigurationProblem {
    ConfigurationProblem(place: origin.text, message: message)
  }
}

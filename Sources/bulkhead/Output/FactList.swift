/// Names with their values, one a line, values aligned. Escapes the values' lines; a value without text is left
/// out.
struct FactList {
  private var facts: [(name: String, lines: [String])] = []

  /// A value of several lines goes on below itself.
  mutating func add(_ name: String, _ value: String, style: Style = .plain, colour: Bool = false) {
    let lines = SafeText.lines(value).map { style.apply($0, colour: colour) }
    if !lines.isEmpty { facts.append((name, lines)) }
  }

  var lines: [String] {
    let width = facts.reduce(0) { max($0, $1.name.count) }
    return facts.flatMap { fact in
      fact.lines.enumerated().map { index, line in
        "  " + DisplayWidth.pad(index == 0 ? fact.name : "", to: width) + "  " + line
      }
    }
  }
}

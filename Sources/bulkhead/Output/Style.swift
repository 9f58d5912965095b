/// How text looks on a terminal with colours.
enum Style: String {
  case plain = ""
  case bold = "1"
  case faint = "2"
  case red = "31"
  case green = "32"
  case yellow = "33"
  case magenta = "35"
  case cyan = "36"

  func apply(_ text: String, colour: Bool) -> String {
    guard colour, self != .plain, !text.isEmpty else { return text }
    return "\u{1B}[" + rawValue + "m" + text + "\u{1B}[0m"
  }

  /// The style of a state's or an outcome's name.
  static func state(_ name: String) -> Style {
    switch name {
    case "succeeded", "active": .green
    case "failed", "timed_out", "lost", "refused": .red
    case "warning", "zombie", "cancelling", "removed": .yellow
    case "running": .cyan
    case "cancelled": .magenta
    default: .plain
    }
  }
}

/// What one line of progress shows.
struct ProgressState: Equatable {
  /// What is waited for: "job 17".
  var label: String
  var state: String
  var done: UInt64 = 0
  /// 0: unknown.
  var total: UInt64 = 0
  var message: String = ""
  var elapsedMilliseconds: Int64 = 0

  /// 0 to 100; nil when the total is not known. 100 only when all is done.
  var percent: Int? {
    guard total > 0 else { return nil }
    if done >= total { return 100 }
    return min(99, Int(Double(done) / Double(total) * 100))
  }
}

/// One line that is drawn over itself. Pure: the same state and width give the same text.
enum ProgressBar {
  /// The line in fewer than `width` columns (a full line would make some terminals wrap). What there is no room
  /// for goes in this order: the message gets shorter, the bar goes, the message goes, the time goes.
  static func render(_ state: ProgressState, width: Int) -> String {
    let limit = max(1, width - 1)
    let head = SafeText.escape(state.label + " " + state.state)
    let time = DurationText.text(milliseconds: state.elapsedMilliseconds)
    var parts = [head]
    if let amount = amount(state) { parts.append(amount) }
    if columns(parts + [time]) > limit {
      return DisplayWidth.truncate(parts.joined(separator: gap), to: limit)
    }
    parts.append(time)

    var spare = limit - columns(parts)
    let cells = min(30, limit / 4)
    let message = SafeText.escape(state.message)
    let room = message.isEmpty ? 0 : gap.count + min(12, DisplayWidth.of(message))
    if cells >= 10, spare >= cells + 4 + room {
      parts.insert(bar(state, cells: cells), at: 1)
      spare -= cells + 4
    }
    if !message.isEmpty, spare >= gap.count + min(8, DisplayWidth.of(message)) {
      parts.insert(DisplayWidth.truncateMiddle(message, to: spare - gap.count), at: parts.count - 1)
    }
    return parts.joined(separator: gap)
  }

  private static let gap = "  "

  /// "45%", or how much is done when the total is not known; nil before the first report.
  private static func amount(_ state: ProgressState) -> String? {
    if let percent = state.percent { return (percent < 10 ? "  " : percent < 100 ? " " : "") + "\(percent)%" }
    return state.done > 0 ? "\(state.done) done" : nil
  }

  /// Filled to the percentage, or with a mark that moves a cell a second when there is none.
  private static func bar(_ state: ProgressState, cells: Int) -> String {
    guard let percent = state.percent else {
      let room = cells - 3
      let step = Int(state.elapsedMilliseconds / 1000) % (2 * room)
      let left = step < room ? step : 2 * room - step
      return "[" + blank(left) + "<=>" + blank(room - left) + "]"
    }
    let filled = cells * percent / 100
    if filled == cells { return "[" + String(repeating: "=", count: cells) + "]" }
    return "[" + String(repeating: "=", count: filled) + ">" + blank(cells - filled - 1) + "]"
  }

  private static func blank(_ count: Int) -> String { String(repeating: " ", count: count) }

  private static func columns(_ parts: [String]) -> Int {
    parts.reduce(gap.count * (parts.count - 1)) { $0 + DisplayWidth.of($1) }
  }
}

/// Rows under a head, aligned by what they take on a terminal, two spaces between columns.
struct Table {
  enum Alignment { case left, right }

  struct Column {
    var title: String
    var alignment: Alignment = .left
  }

  let columns: [Column]
  private(set) var rows: [[Cell]] = []

  /// Text with the style in which it is shown on a terminal.
  struct Cell: ExpressibleByStringInterpolation {
    var text: String
    var style: Style = .plain

    init(_ text: String, style: Style = .plain) {
      self.text = text
      self.style = style
    }

    init(stringLiteral value: String) { self.init(value) }
  }

  /// Titles that begin with ">" are aligned to the right.
  init(_ titles: String...) { self.init(titles) }

  init(_ titles: [String]) {
    columns = titles.map { title in
      title.hasPrefix(">")
        ? Column(title: String(title.dropFirst()), alignment: .right) : Column(title: title)
    }
  }

  /// Text is escaped here; a missing cell at the end of a row is empty.
  mutating func add(_ cells: Cell...) { add(cells) }

  mutating func add(_ cells: [Cell]) {
    rows.append(cells.map { Cell(SafeText.escape($0.text), style: $0.style) })
  }

  /// The lines of the table, `head` the titles first. The last column is cut to fit into `width` (nil: no limit).
  func lines(width: Int?, colour: Bool, head hasHead: Bool = true) -> [String] {
    let widths = columns.indices.map { index in
      rows.reduce(DisplayWidth.of(columns[index].title)) { widest, row in
        index < row.count ? max(widest, DisplayWidth.of(row[index].text)) : widest
      }
    }
    let head = columns.map { Cell($0.title, style: .faint) }
    return ((hasHead ? [head] : []) + rows).map { line($0, widths, width, colour) }
  }

  private func line(_ cells: [Cell], _ widths: [Int], _ limit: Int?, _ colour: Bool) -> String {
    var out = ""
    var used = 0
    for (index, cell) in cells.prefix(columns.count).enumerated() {
      if index > 0 {
        out += "  "
        used += 2
      }
      var text = cell.text
      let isLast = index == columns.count - 1
      // A last column that does not get a few characters is better wrapped by the terminal than cut away.
      if isLast, let limit, limit - used >= 12 { text = DisplayWidth.truncate(text, to: limit - used) }
      let gap = String(repeating: " ", count: max(0, widths[index] - DisplayWidth.of(text)))
      let styled = cell.style.apply(text, colour: colour)
      if columns[index].alignment == .right {
        out += gap + styled
      } else {
        out += isLast ? styled : styled + gap
      }
      used += widths[index]
    }
    while out.hasSuffix(" ") { out.removeLast() }
    return out
  }
}

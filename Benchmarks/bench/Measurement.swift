import Foundation

/// One figure: its runs, the baseline's runs from the same time, and what both come to.
struct Measurement {
  var name: String
  var unit: String
  var values: [Double]
  /// Empty when there is nothing to hold it against.
  var baseline: [Double] = []
  /// What is aimed at, for the table only.
  var aim: String = ""

  var median: Double { Self.percentile(values, 0.5) }
  var baselineMedian: Double? { baseline.isEmpty ? nil : Self.percentile(baseline, 0.5) }
  var ratio: Double? { baselineMedian.map { $0 == 0 ? 0 : median / $0 } }

  static func percentile(_ values: [Double], _ share: Double) -> Double {
    let sorted = values.sorted()
    guard !sorted.isEmpty else { return 0 }
    return sorted[min(sorted.count - 1, Int((Double(sorted.count) * share).rounded(.down)))]
  }

  /// One JSON object on one line.
  var json: String {
    let fields = [
      "\"name\":\"\(name)\"", "\"value\":\(number(median))", "\"unit\":\"\(unit)\"",
      "\"baseline\":\(baselineMedian.map(number) ?? "null")", "\"ratio\":\(ratio.map(number) ?? "null")",
      "\"n\":\(values.count)", "\"min\":\(number(values.min() ?? 0))", "\"max\":\(number(values.max() ?? 0))",
    ]
    return "{" + fields.joined(separator: ",") + "}"
  }

  var row: [String] {
    [
      name, short(median), unit, baselineMedian.map(short) ?? "-", ratio.map(short) ?? "-",
      String(values.count), short(values.min() ?? 0), short(values.max() ?? 0), aim,
    ]
  }

  private func number(_ value: Double) -> String { String(format: "%.6g", value) }
  private func short(_ value: Double) -> String { String(format: "%.4g", value) }
}

/// The table that people read, on standard error, so that standard output stays JSON lines.
enum Table {
  static func text(_ measurements: [Measurement]) -> String {
    let head = ["name", "value", "unit", "baseline", "ratio", "n", "min", "max", "aim"]
    let rows = [head] + measurements.map(\.row)
    let widths = head.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      zip(row, widths).map { $0.padding(toLength: $1, withPad: " ", startingAt: 0) }.joined(separator: "  ")
    }.joined(separator: "\n") + "\n"
  }
}

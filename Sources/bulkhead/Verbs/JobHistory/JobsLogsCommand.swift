import ArgumentParser
import DataModel
import JobEngine
import Storage

struct JobsLogsCommand: HistoryVerb {
  static let configuration = CommandConfiguration(
    commandName: "logs",
    abstract: "Print what a job has logged.",
    discussion: """
      Examples:
        bulkhead jobs logs 17
        bulkhead jobs logs 17 --follow

      With --json: {"job_id":17,"lines":[{"id","at","level","text"},…],"next_after":null}, oldest first; levels are \
      \(Self.levels.joined(separator: ", ")). next_after is what --after takes to go on when --limit was reached.

      Exit codes: 0 done, 6 no such job, 64 wrong use, 69 no engine, 70 fault of bulkhead.
      """)

  static let listName = "lines"
  static let levels = ["debug", "info", "warn", "error"]

  @OptionGroup var job: HistoryOptions
  @OptionGroup var pages: PageOptions
  @OptionGroup var engine: EngineOptions

  func entries(_ client: JobClient, after: Int64, limit: Int) throws(EngineError) -> [LogLine] {
    try client.logLines(job.id, after: after, limit: limit)
  }

  static func number(_ line: LogLine) -> Int64 { line.id }

  static func lines(_ lines: [LogLine], isFirst: Bool) -> [String] {
    lines.map { text($0, colour: Terminal.output.usesColour) }
  }

  /// One line an entry, whatever stands in it: its breaks are shown as `\n`, as in every other list.
  static func text(_ line: LogLine, colour: Bool) -> String {
    let level = levelName(line)
    let style: Style =
      switch level {
      case "error": .red
      case "warn": .yellow
      case "debug": .faint
      default: .plain
      }
    let head = TimeText.precise(line.at) + "  " + DisplayWidth.pad(level, to: 5) + "  "
    return head + style.apply(SafeText.escape(line.text.trimmingBreaks), colour: colour)
  }

  static func document(_ line: LogLine) -> JSONText {
    [
      "id": .integer(line.id), "at": JobDocument.time(line.at), "level": .string(levelName(line)),
      "text": .string(line.text),
    ]
  }

  private static func levelName(_ line: LogLine) -> String {
    Int(line.level) < levels.count ? levels[Int(line.level)] : String(line.level)
  }
}

extension String {
  /// Without the line breaks at its end: a text that a program printed has one.
  var trimmingBreaks: String {
    var text = self[...]
    while text.last?.isNewline == true { text = text.dropLast() }
    return String(text)
  }
}

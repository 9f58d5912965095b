import ArgumentParser
import DataModel
import JobEngine
import Storage

struct JobsLogsCommand: EngineVerb {
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

  @Argument(help: JobArgument.help, completion: LiveCompletion.job, transform: JobArgument.parse) var id:
    JobID

  @Flag(name: [.customShort("f"), .long], help: "Go on until the job has ended.")
  var follow = false

  @OptionGroup var pages: PageOptions
  @OptionGroup var engine: EngineOptions

  static let levels = ["debug", "info", "warn", "error"]

  func validate() throws {
    if follow && engine.json {
      throw ValidationError("--follow is for people: ask again with --json instead")
    }
  }

  func act() throws {
    let connection = try connect()
    let job = try connection.client.job(id)
    var cursor = PageCursor(pages)
    if engine.json {
      var lines: [JSONText] = []
      try read(connection.client, &cursor) { lines += $0.map(Self.document) }
      let document: JSONText = [
        "job_id": .integer(job.id.rawValue), "lines": .list(lines),
        "next_after": .optional(cursor.isFull ? cursor.last : nil),
      ]
      Terminal.output.line(document.text)
      return
    }
    try print(connection.client, &cursor)
    guard follow else { return }
    var failure: EngineError?
    _ = try connection.client.watch(id) { _ in
      do throws(EngineError) {
        try print(connection.client, &cursor)
        return !cursor.isFull
      } catch {
        failure = error
        return false
      }
    }
    if let failure { throw failure }
  }

  private func print(_ client: JobClient, _ cursor: inout PageCursor) throws(EngineError) {
    let colour = Terminal.output.usesColour
    try read(client, &cursor) { lines in
      Terminal.output.lines(lines.map { Self.text($0, colour: colour) })
    }
  }

  private func read(
    _ client: JobClient, _ cursor: inout PageCursor, _ take: ([LogLine]) -> Void
  ) throws(EngineError) {
    try cursor.read(
      id: \.id, { (after, limit) throws(EngineError) in try client.logLines(id, after: after, limit: limit) },
      take: take)
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

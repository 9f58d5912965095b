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

      With --json: {"job_id":17,"lines":[{"id","at","level","text"},…]}, oldest first; levels are \
      \(Self.levels.joined(separator: ", ")).

      Exit codes: 0 done, 6 no such job, 64 wrong use, 69 no engine, 70 fault of bulkhead.
      """)

  @Argument(help: JobArgument.help, completion: LiveCompletion.job, transform: JobArgument.parse) var id:
    JobID

  @Flag(name: [.customShort("f"), .long], help: "Go on until the job has ended.")
  var follow = false

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
    if engine.json {
      let document: JSONText = [
        "job_id": .integer(job.id.rawValue),
        "lines": .list(try read(connection.client, after: 0) { $0.map(Self.document) }),
      ]
      Terminal.output.line(document.text)
      return
    }
    var last: Int64 = 0
    try print(connection.client, &last)
    guard follow else { return }
    var failure: EngineError?
    _ = try connection.client.watch(id) { _ in
      do throws(EngineError) {
        try print(connection.client, &last)
        return true
      } catch {
        failure = error
        return false
      }
    }
    if let failure { throw failure }
  }

  private func print(_ client: JobClient, _ last: inout Int64) throws(EngineError) {
    let colour = Terminal.output.usesColour
    _ = try read(client, after: last) { lines -> [Int] in
      Terminal.output.lines(lines.flatMap { Self.text($0, colour: colour) })
      last = lines.last?.id ?? last
      return []
    }
  }

  /// All lines after an id, a thousand at a time.
  private func read<R>(
    _ client: JobClient, after start: Int64, _ take: ([LogLine]) -> [R]
  ) throws(EngineError) -> [R] {
    var taken: [R] = []
    var after = start
    while true {
      let lines = try client.logLines(id, after: after)
      guard let last = lines.last else { return taken }
      taken += take(lines)
      after = last.id
    }
  }

  /// Further lines of one entry go on below its text.
  static func text(_ line: LogLine, colour: Bool) -> [String] {
    let level = levelName(line)
    let style: Style =
      switch level {
      case "error": .red
      case "warn": .yellow
      case "debug": .faint
      default: .plain
      }
    let head = TimeText.precise(line.at) + "  " + DisplayWidth.pad(level, to: 5) + "  "
    let texts = SafeText.lines(line.text)
    let indent = String(repeating: " ", count: DisplayWidth.of(head))
    return [head + style.apply(texts.first ?? "", colour: colour)]
      + texts.dropFirst().map { indent + style.apply($0, colour: colour) }
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

import ArgumentParser
import DataModel
import JobEngine
import Storage

struct JobsEventsCommand: EngineVerb {
  static let configuration = CommandConfiguration(
    commandName: "events",
    abstract: "Print every change of a job's state, with its reason.",
    discussion: """
      Example:
        bulkhead jobs events 17
        bulkhead jobs events 17 --follow

      With --json: {"job_id":17,"events":[{"id","at","from","to","reason","fence","detail"},…],"next_after":null}, \
      oldest first; from is null for the first. next_after is what --after takes to go on when --limit was reached.

      Exit codes: 0 done, 6 no such job, 64 wrong use, 69 no engine, 70 fault of bulkhead.
      """)

  @Argument(help: JobArgument.help, completion: LiveCompletion.job, transform: JobArgument.parse) var id:
    JobID
  @Flag(name: [.customShort("f"), .long], help: "Go on until the job has ended.")
  var follow = false

  @OptionGroup var pages: PageOptions
  @OptionGroup var engine: EngineOptions

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
      var events: [JSONText] = []
      try read(connection.client, &cursor) { events += $0.map(Self.document) }
      let document: JSONText = [
        "job_id": .integer(job.id.rawValue), "events": .list(events),
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
    var isFirst = cursor.last == pages.after
    try read(client, &cursor) { events in
      let table = Self.table(events)
      Terminal.output.lines(
        table.lines(width: Terminal.output.width, colour: Terminal.output.usesColour, head: isFirst))
      isFirst = false
    }
  }

  private func read(
    _ client: JobClient, _ cursor: inout PageCursor, _ take: ([JobEvent]) -> Void
  ) throws(EngineError) {
    try cursor.read(
      id: \.id, { (after, limit) throws(EngineError) in try client.events(id, after: after, limit: limit) },
      take: take)
  }

  static func table(_ events: [JobEvent]) -> Table {
    var table = Table("AT", "FROM", "TO", "REASON", ">FENCE", "DETAIL")
    for event in events {
      table.add(
        .init(TimeText.precise(event.at)), .init(event.from), .init(event.to, style: .state(event.to)),
        .init(event.reason.rawValue), "\(event.fence)", .init(event.detail))
    }
    return table
  }

  static func document(_ event: JobEvent) -> JSONText {
    [
      "id": .integer(event.id), "at": JobDocument.time(event.at), "from": .nonEmpty(event.from),
      "to": .string(event.to), "reason": .string(event.reason.rawValue), "fence": .integer(event.fence),
      "detail": .string(event.detail),
    ]
  }
}

import ArgumentParser
import DataModel
import JobEngine
import Storage

struct JobsEventsCommand: HistoryVerb {
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

  static let listName = "events"

  @OptionGroup var job: HistoryOptions
  @OptionGroup var pages: PageOptions
  @OptionGroup var engine: EngineOptions

  func entries(_ client: JobClient, after: Int64, limit: Int) throws(EngineError) -> [JobEvent] {
    try client.events(job.id, after: after, limit: limit)
  }

  static func number(_ event: JobEvent) -> Int64 { event.id }

  static func lines(_ events: [JobEvent], isFirst: Bool) -> [String] {
    table(events).lines(
      width: Terminal.output.width, colour: Terminal.output.usesColour, head: isFirst)
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

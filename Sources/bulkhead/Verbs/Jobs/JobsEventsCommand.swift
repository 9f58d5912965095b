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

      With --json: {"job_id":17,"events":[{"id","at","from","to","reason","fence","detail"},…]}, oldest first; from is \
      null for the first.

      Exit codes: 0 done, 6 no such job, 64 wrong use, 69 no engine, 70 fault of bulkhead.
      """)

  @Argument(help: JobArgument.help, completion: LiveCompletion.job, transform: JobArgument.parse) var id:
    JobID
  @OptionGroup var engine: EngineOptions

  func act() throws {
    let connection = try connect()
    let job = try connection.client.job(id)
    let events = try connection.client.events(job.id)
    if engine.json {
      let document: JSONText = [
        "job_id": .integer(job.id.rawValue), "events": .list(events.map(Self.document)),
      ]
      Terminal.output.line(document.text)
    } else {
      let table = Self.table(events)
      Terminal.output.lines(table.lines(width: Terminal.output.width, colour: Terminal.output.usesColour))
    }
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

import ArgumentParser
import DataModel
import JobEngine
import Storage

/// Which job's history is wanted, and whether what comes later is.
struct HistoryOptions: ParsableArguments {
  @Argument(help: JobArgument.help, completion: LiveCompletion.job, transform: JobArgument.parse) var id:
    JobID

  @Flag(name: [.customShort("f"), .long], help: "Go on until the job has ended.")
  var follow = false
}

/// A verb that prints one list that a job has written: its entries page by page, and with --follow those that come.
protocol HistoryVerb: EngineVerb {
  associatedtype Entry
  /// What the list is called in JSON.
  static var listName: String { get }
  var job: HistoryOptions { get }
  var pages: PageOptions { get }

  func entries(_ client: JobClient, after: Int64, limit: Int) throws(EngineError) -> [Entry]
  static func number(_ entry: Entry) -> Int64
  static func document(_ entry: Entry) -> JSONText
  /// The lines for people; `isFirst`: nothing was printed before them.
  static func lines(_ entries: [Entry], isFirst: Bool) -> [String]
}

extension HistoryVerb {
  func validate() throws {
    if job.follow && engine.json {
      throw ValidationError("--follow is for people: ask again with --json instead")
    }
  }

  func act() throws {
    let connection = try connect()
    let row = try connection.client.job(job.id)
    var cursor = PageCursor(pages)
    if engine.json {
      var documents: [JSONText] = []
      try read(connection.client, &cursor) { documents += $0.map(Self.document) }
      let document = JSONText.object([
        ("job_id", .integer(row.id.rawValue)), (Self.listName, .list(documents)),
        ("next_after", .optional(cursor.isFull ? cursor.last : nil)),
      ])
      Terminal.output.line(document.text)
      return
    }
    try print(connection.client, &cursor)
    guard job.follow else { return }
    var failure: EngineError?
    _ = try connection.client.watch(job.id) { _ in
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
    try read(client, &cursor) { entries in
      Terminal.output.lines(Self.lines(entries, isFirst: isFirst))
      isFirst = false
    }
  }

  private func read(
    _ client: JobClient, _ cursor: inout PageCursor, _ take: ([Entry]) -> Void
  ) throws(EngineError) {
    try cursor.read(
      id: Self.number,
      { (after, limit) throws(EngineError) in try entries(client, after: after, limit: limit) }, take: take)
  }
}

import ArgumentParser
import JobEngine

/// Which of a job's events or log lines are wanted.
struct PageOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Only those with a higher id.", valueName: "id"))
  var after: Int64 = 0

  @Option(help: ArgumentHelp("How many at most. (default: all)", valueName: "n"))
  var limit: Int?

  func validate() throws {
    if after < 0 { throw ValidationError("--after has to be 0 or more, is \(after)") }
    if let limit, limit < 1 { throw ValidationError("--limit has to be 1 or more, is \(limit)") }
  }
}

/// Reads a long list page by page, and goes on later from where it came to.
struct PageCursor {
  private(set) var last: Int64
  private var left: Int

  init(_ options: PageOptions) {
    last = options.after
    left = options.limit ?? Int.max
  }

  /// All that were wanted have been read.
  var isFull: Bool { left == 0 }

  /// Reads on to the end of what there is now, and hands over each page.
  mutating func read<Item>(
    id: (Item) -> Int64, _ page: (_ after: Int64, _ limit: Int) throws(EngineError) -> [Item],
    take: ([Item]) -> Void
  ) throws(EngineError) {
    while !isFull {
      let items = try page(last, left)
      guard let newest = items.last else { return }
      take(items)
      last = id(newest)
      left -= min(left, items.count)
    }
  }
}

import ArgumentParser
import JobEngine
import Storage

struct StoreCheckCommand: StoreFileVerb {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Read the whole store and say what is wrong with it.",
    discussion: """
      Looks at every page of the file and at the rules between its tables. Changes nothing, and jobs go on meanwhile. \
      Works without an engine too, also on a store that an engine refuses.

      Example:
        bulkhead store check --store sqlite:/var/lib/bulkhead/jobs.db

      With --json: {"path","problems":["…"],"schema","jobs","bytes"}.

      Exit codes: 0 in order, 1 problems were found, 6 no such store, 7 refused (no database, another schema), 64 \
      wrong use, 70 fault of bulkhead.
      """)

  @OptionGroup var engine: EngineOptions

  func act() throws {
    let path = try StoreLocation(engine.location()).path
    let report: StoreReport
    do {
      report = try perform(served: { try $0.check() }, alone: { try StoreFile.check($0) })
    } catch let error as StoreError where error.code == .damaged {
      // So damaged that it cannot even be asked.
      report = StoreReport(problems: [error.message], schema: 0, jobs: 0, bytes: 0)
    }
    if engine.json {
      Terminal.output.line(StoreText.document(report, path: path).text)
    } else if report.problems.isEmpty {
      let size = StoreText.size(report.bytes)
      Terminal.output.line(
        "\(SafeText.escape(path)) is in order: schema \(report.schema), \(report.jobs) jobs, \(size)")
    } else {
      Terminal.output.lines(["\(SafeText.escape(path)) is damaged:"] + report.problems.map(Self.line))
      let file = SafeText.escape(path)
      Terminal.errors.line("stop the engine, then " + StoreText.restore(file))
    }
    if !report.problems.isEmpty { throw ExitCode(ExitStatus.failed) }
  }

  private static func line(_ problem: String) -> String { "  - " + SafeText.escape(problem) }
}

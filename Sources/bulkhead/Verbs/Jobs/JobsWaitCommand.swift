import ArgumentParser
import DataModel
import JobEngine
import Storage

struct JobsWaitCommand: EngineVerb {
  static let configuration = CommandConfiguration(
    commandName: "wait",
    abstract: "Wait until jobs have ended, and show how they go.",
    discussion: """
      Examples:
        bulkhead jobs wait 17
        bulkhead jobs wait 17 18 19

      Ctrl-C leaves the jobs running (exit code 130). When the engine goes away, \
      it is tried again for a while: jobs run on without it.

      With --json: {"jobs":[…]} at the end, each job as `bulkhead jobs show --json` prints it.

      Exit codes: 0 succeeded, 1 failed, 2 warning, 3 cancelled, 4 timed out, 5 lost; of several jobs the gravest of \
      lost, failed, timed out, cancelled, warning. Always: 6 no such job, 64 wrong use, 69 no engine, 70 fault of \
      bulkhead.
      """)

  @Argument(help: JobArgument.help, completion: LiveCompletion.job, transform: JobArgument.parse) var id:
    [JobID]
  @OptionGroup var patience: PatienceOption

  @OptionGroup var engine: EngineOptions

  func act() throws {
    let wait = JobWait(options: engine, patience: patience)
    let connection = try connect()
    for one in id { _ = try connection.client.job(one) }
    let catalogue = try ParameterMask.catalogue(over: connection)
    let rows = try wait.wait(for: id, over: connection)
    if engine.json { Terminal.output.line(JobDocument.list(rows, catalogue: catalogue).text) }
    let code = ExitStatus.gravest(rows.map(\.status))
    if code != 0 { throw ExitCode(code) }
  }
}

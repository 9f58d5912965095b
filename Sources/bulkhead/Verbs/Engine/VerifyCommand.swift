import ArgumentParser
import Glibc
import Simulation
import Storage
import Threading

/// `bulkhead verify`: plays the engine's own logic in simulated worlds and checks its promises.
struct VerifyCommand: Verb {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Check the engine's promises in simulated worlds, one a seed.",
    discussion: """
      Each seed makes a world: a store in memory, workers, clients, and faults such as killed and stopped processes, \
      lost connections, full disks and clocks that jump. The engine's own logic runs in it, and every step is checked: \
      no job is forgotten, none is run against its rule, each outcome is the true one. Needs no engine and changes \
      nothing.

      Examples:
        bulkhead verify --seeds 1000        1,000 worlds
        bulkhead verify --seed 4711         one world again, with its whole history

      Exit codes: 0 every promise was kept · 1 one was broken: the seed and the end of its history are printed · \
      64 usage · 70 our bug.
      """)

  @Option(help: "How many worlds.")
  var seeds = 1000

  @Option(help: "The first seed; the others follow it.")
  var first: UInt64 = 1

  @Option(help: "Play this one seed and print its whole history.")
  var seed: UInt64?

  @Option(help: "Threads that play worlds (default: one a processor).")
  var jobs: Int?

  @Flag(help: "Print JSON for programs instead of text for people.")
  var json = false

  var printsJSON: Bool { json }

  func validate() throws {
    guard (1...1_000_000_000).contains(seeds) else {
      throw ValidationError("--seeds has to be between 1 and 1000000000, not \(seeds).")
    }
    if let jobs, !(1...1000).contains(jobs) {
      throw ValidationError("--jobs has to be between 1 and 1000, not \(jobs).")
    }
  }

  func act() throws {
    let simulator = Simulator { clock throws(StoreError) in try StoreFile.inMemory(clock: clock) }
    if let seed {
      let report = try simulator.run(seed: seed, keepsTrace: true)
      tell(report)
      if !report.violations.isEmpty { throw ExitCode(ExitStatus.failed) }
      return
    }
    let threads = jobs ?? max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    let summary = try SeedRuns(simulator, first: first, count: seeds).run(threads: threads, progress: draw)
    if Terminal.errors.isInteractive, !json { Terminal.errors.redraw("") }
    tell(summary)
    if !summary.failures.isEmpty { throw ExitCode(ExitStatus.failed) }
  }

  // MARK: what is printed

  private func draw(_ summary: SeedRuns.Summary) {
    guard !json, let width = Terminal.errors.width else { return }
    let state = ProgressState(
      label: "verify", state: summary.failures.isEmpty ? "" : "\(summary.failures.count) failed",
      done: UInt64(summary.seeds), total: UInt64(seeds), message: "\(Int(summary.seedsPerSecond)) seeds/s",
      elapsedMilliseconds: summary.nanoseconds / 1_000_000)
    Terminal.errors.redraw(ProgressBar.render(state, width: width))
  }

  private func tell(_ summary: SeedRuns.Summary) {
    if json {
      let arrows = summary.arrows.sorted { $0.key < $1.key }
      return Terminal.output.line(
        JSONText.object([
          ("seeds", .integer(summary.seeds)), ("first", .string(String(first))),
          ("jobs", .integer(summary.jobs)), ("history_entries", .integer(summary.entries)),
          ("arrows", .object(arrows.map { ($0.key, JSONText.integer($0.value)) })),
          ("outcomes_kept", .integer(summary.kept)),
          ("elapsed_ms", .integer(summary.nanoseconds / 1_000_000)),
          ("failures", .list(summary.failures.map { document($0, summary.failures.count == 1) })),
        ]).text)
    }
    for report in summary.failures.prefix(1) { tell(report, history: report.last) }
    for report in summary.failures.dropFirst() {
      Terminal.output.line("seed \(report.seed): \(SafeText.escape(report.violations.first ?? ""))")
    }
    if let failed = summary.failures.first {
      Terminal.output.line("play it again: bulkhead verify --seed \(failed.seed)")
    }
    let rate = Int(summary.seedsPerSecond)
    Terminal.output.line(
      "\(summary.seeds) seeds from \(first), \(summary.jobs) jobs, \(summary.entries) steps, "
        + "\(DurationText.text(milliseconds: summary.nanoseconds / 1_000_000)) (\(rate) seeds/s): "
        + (summary.failures.isEmpty ? "every promise was kept" : "\(summary.failures.count) seeds failed"))
  }

  private func tell(_ report: Simulator.Report) {
    if json {
      Terminal.output.line(document(report, true).text)
    } else {
      tell(report, history: report.trace)
      Terminal.output.line(
        "seed \(report.seed): \(report.jobs) jobs, \(report.entries) steps, history \(report.hash): "
          + (report.violations.isEmpty ? "every promise was kept" : "FAILED"))
    }
  }

  private func tell(_ report: Simulator.Report, history: [String]) {
    Terminal.output.lines(history.map { SafeText.escape($0) })
    for violation in report.violations {
      Terminal.output.line("seed \(report.seed) FAILED: \(SafeText.escape(violation))")
    }
  }

  private func document(_ report: Simulator.Report, _ hasHistory: Bool) -> JSONText {
    .object([
      ("seed", .string(String(report.seed))), ("hash", .string(report.hash.description)),
      ("violations", .strings(report.violations)),
      ("history", .strings(!hasHistory ? [] : report.trace.isEmpty ? report.last : report.trace)),
    ])
  }
}

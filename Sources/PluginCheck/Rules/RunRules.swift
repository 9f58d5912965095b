import DataModel

/// What each run of an action has to keep, seen in several equal runs in one process.
enum RunRules {
  static let all: [Rule] = ending + [SuccessRule.rule] + traces

  private static let ending: [Rule] = [
    Rule(
      "run.returns", .error, "returns",
      description:
        "With parameters that its schema allows, an action neither crashes nor ends the process, and "
        + "comes back when its deadline has passed.",
      reason: "It runs in a process that it shares with the jobs of others.",
      cure: "debug the action",
      check: .runs { laboratory in
        laboratory.eachAction(evenBroken: true) { action, laboratory in
          // What breaks at once is not run again and again: it may take its time to break.
          let reports = action.first.breakdown == nil ? laboratory.repeats(action) : [action.first]
          return judge(reports) { $0.breakdown }
        }
      }),
    Rule(
      "run.code", .error, "return code",
      description:
        "It returns BH_OK, BH_WARNING or a negative code of the ABI, and BH_CANCELLED or BH_DEADLINE "
        + "only when it was told so.",
      reason: "The code decides what becomes of the job.",
      cure: "return BH_OK, BH_WARNING or a negative code of bulkhead.h", check: repeated(judgeCode)),
    Rule(
      "run.message", .warning, "says why it fails",
      description: "A run that fails gives a text.",
      reason: "Who looks at the job has nothing to go by.",
      cure: "end with bh_fail(ctx, code, \"what failed and where\")",
      check: repeated { report in
        guard let code = report.code, code < 0, report.stopLatencyNanoseconds == nil,
          isUnexplained(report.message, code)
        else { return nil }
        return Observation(evidence: "it returned \(ReturnCodes.text(code)) without a message")
      }),
    Rule(
      "run.result", .error, "result fits the manifest",
      description: "The result of a run that worked is what the result schema of the manifest says.",
      reason: "Other programs rely on it.",
      cure: "set what the schema says, or correct the schema",
      check: .eachAction { action, laboratory in
        let reports = laboratory.repeats(action)
        guard reports.contains(where: \.succeeded) else {
          return .skipped("no run worked: \(SuccessRule.mostFrequent(reports))")
        }
        return judge(reports) { report in
          report.succeeded ? judgeResult(report.result ?? "{}", action.action.result) : nil
        }
      }),
    Rule(
      "run.cleanup", .error, "its clean-ups work",
      description:
        "No clean-up says that it failed, or ran out of time, after an ordinary run. Whether it undid its thing is "
        + "not seen here: see stop.files.",
      reason: "Somebody has to find and remove by hand what was left.",
      cure: "let the clean-up undo its thing, and return 0 when it is gone",
      check: repeated { report in
        report.leftBehind.first.map { Observation(evidence: "left behind: \($0)") }
      }),
    Rule(
      "run.hold", .error, "releases what it holds",
      description: "Every bh_hold has its bh_release.",
      reason: "A hold that stays keeps the run from being stopped.",
      cure: "call bh_release on every way out",
      check: repeated { report in
        guard report.holdsLeft != 0 else { return nil }
        return Observation(evidence: "it returned with a hold count of \(report.holdsLeft)")
      }),
  ]

  private static let traces: [Rule] = [
    Rule(
      "run.progress", .warning, "progress goes forward",
      description: "Progress never goes back, and never beyond its total.",
      reason: "Screens show it, and people decide by it whether a job hangs.",
      cure: "count what is done over the whole job, and cap it at the total",
      check: repeated { report in
        report.progressFault.map { Observation(evidence: "progress \($0)") }
      }),
    Rule(
      "run.threads", .error, "leaves no threads",
      description: "Threads that a run started have ended when it returns.",
      reason: "They go on in the process for ever, with memory that the host has freed.",
      cure: "join every thread before the action returns",
      check: later { report in
        guard report.threadsLeft > 0 else { return nil }
        return Observation(evidence: "\(report.threadsLeft) thread(s) more after each run")
      }),
    Rule(
      "run.descriptors", .error, "leaves no descriptors",
      description: "Files and sockets that a run opened are closed when it returns.",
      reason: "A worker runs thousands of jobs and has some thousand descriptors.",
      cure: "close it on every way out",
      check: later { report in
        guard let one = report.descriptorsLeft.first else { return nil }
        return Observation(
          evidence: "\(report.descriptorsLeft.count) descriptor(s) more after each run, such as \(one)")
      }),
    Rule(
      "run.leak", .warning, "leaks no memory",
      description: "Memory that a run took by malloc is freed when it returns, after the first few runs.",
      reason: "A worker runs for months.",
      cure: "free it on every way out, or take it with bh_alloc",
      check: .eachAction { action, laboratory in
        let reports = laboratory.repeats(action).dropFirst(2)
        guard reports.contains(where: { $0.memory != nil }) else {
          return .skipped("memory is not counted here")
        }
        return .of(judgeLeak(Array(reports)), tried: reports.count)
      }),
    Rule(
      "run.output", .note, "does not print",
      description: "It writes nothing to standard output and standard error.",
      reason: "The worker's output is no place where the job's people look.",
      cure: "use bh_log",
      check: repeated { report in
        guard let line = report.errors.split(whereSeparator: \.isNewline).first else { return nil }
        return Observation(evidence: "it wrote: \(line.prefix(120))")
      }),
  ]

  // MARK: judgement

  /// Of every run; the first offence counts.
  private static func repeated(_ body: @escaping @Sendable (TryReport) -> Observation?) -> Rule.Check {
    .eachAction { action, laboratory in judge(laboratory.repeats(action), body) }
  }

  /// Of the runs after the first ones, which may fill caches.
  private static func later(_ body: @escaping @Sendable (TryReport) -> Observation?) -> Rule.Check {
    .eachAction { action, laboratory in
      let reports = laboratory.repeats(action).dropFirst()
      let returned = reports.filter { $0.code != nil }
      // Once may be a cache that is filled late; each time is a leak.
      let found = returned.compactMap(body)
      guard !returned.isEmpty, found.count == returned.count, let one = found.first else {
        return .of([], tried: reports.count)
      }
      return .of([one], tried: reports.count)
    }
  }

  private static func judge(
    _ reports: [TryReport], _ body: (TryReport) -> Observation?
  ) -> ActionVerdict {
    .of(reports.compactMap(body).first.map { [$0] } ?? [], tried: reports.count)
  }

  /// The engine puts in a sentence of its own where the plug-in gave none.
  private static func isUnexplained(_ message: String, _ code: Int32) -> Bool {
    message.isEmpty || message == JobTransition.judge(RunEnd(code: code), cancelRequested: false).message
  }

  static func judgeCode(_ report: TryReport) -> Observation? {
    guard let code = report.code else { return nil }
    if !ReturnCodes.has(code) {
      return Observation(evidence: "it returned \(ReturnCodes.text(code)), which no host understands")
    }
    let isStop = [ReturnCodes.cancelled, ReturnCodes.deadline, ReturnCodes.fenced].contains(code)
    guard isStop, report.stopLatencyNanoseconds == nil else { return nil }
    return Observation(
      evidence: "it returned \(ReturnCodes.text(code)), and nobody had asked it to stop",
      cure: "return that code only when a checkpoint or a host call gave it")
  }

  static func judgeResult(_ text: String, _ schema: ParameterSchema) -> Observation? {
    guard let value = try? JSONValue(parsing: text) else { return Observation(evidence: "it is not JSON") }
    return schema.check(value).problems.first.map { Observation(evidence: "the result is wrong: \($0)") }
  }

  /// Bytes that stay after every one of the later runs.
  static func judgeLeak(_ reports: [TryReport]) -> [Observation] {
    let left = reports.compactMap(\.memory)
    guard let least = left.map(\.liveBytes).min(), let blocks = left.map(\.liveBlocks).min(), least > 0 else {
      return []
    }
    return [Observation(evidence: "\(least) bytes in \(blocks) block(s) stay after each run")]
  }
}

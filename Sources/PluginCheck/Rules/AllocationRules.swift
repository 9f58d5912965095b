import PluginHost

/// What an action does when there is no memory.
enum AllocationRules {
  /// Up to here every allocation is refused in turn, above some of them.
  private static let all2000 = 2000

  static let all: [Rule] = [
    Rule(
      "memory.host", .error, "stands a refused bh_alloc",
      description:
        "Each call of bh_alloc is refused in turn (more than 2,000: some, by the seed): no crash, no "
        + "unknown code, nothing left behind.",
      reason: "A job that is at its memory limit gets NULL.",
      cure: "test for NULL and return bh_fail(ctx, BH_MEMORY, ...)",
      check: .eachAction { action, laboratory in
        refuse(action, laboratory, count: action.first.hostAllocations, "bh_alloc") {
          $0.failHostAllocation = $1
        }
      }),
    Rule(
      "memory.malloc", .error, "stands a refused malloc",
      description:
        "The same for malloc, calloc, realloc and new. In C and C++ only: Swift, Rust and Go end the "
        + "process by design. A crash inside another library is told, and counts as no finding.",
      reason: "A job that is at its memory limit gets NULL.",
      cure: "test for NULL; in C++ catch std::bad_alloc, and return BH_MEMORY",
      check: .eachAction { action, laboratory in
        let languages = laboratory.subject.contents?.languages ?? []
        if let one = languages.first(where: { $0 != .c && $0 != .cPlusPlus }) {
          return .skipped("\(one.rawValue) ends the process when it gets no memory, by design")
        }
        guard let memory = action.first.memory else { return .skipped("memory is not counted here") }
        return refuse(action, laboratory, count: Int(memory.allocations), "malloc") { $0.failAllocation = $1 }
      }),
  ]

  private static func refuse(
    _ action: ActionCase, _ laboratory: Laboratory, count: Int, _ name: String,
    _ change: (inout TryRun, Int) -> Void
  ) -> ActionVerdict {
    guard count > 0 else { return .skipped("no action calls \(name) with these parameters") }
    var random = SeededRandom(seed: laboratory.options.seed, purpose: name)
    let picked = random.numbers(upTo: count, all: all2000, some: 500).shuffled(using: &random)
    let trials = picked.map { number in
      Trial(label: "\(name) \(number) of \(count) refused", run: action.run { change(&$0, number) })
    }
    var verdict = laboratory.series(action, trials, excuse: library) { report, _ in report.misconduct }
    verdict.total = count
    return verdict
  }

  /// Libraries that end the process, or crash, when they get no memory: GLib does it by design.
  private static func library(_ report: TryReport) -> String? {
    guard case .signalled = report.ending, case .library(let name) = CrashSite(report.tracePlaces) else {
      return nil
    }
    return name
  }
}

import DataModel

/// Parameters at the edges of the schema.
enum ParameterRules {
  static let all: [Rule] = [
    Rule(
      "params.valid", .error, "stands all parameters that its schema allows",
      description:
        "Each parameter at its bounds, absent, empty, long, in other scripts, and random mixtures: no "
        + "crash, no unknown code, nothing left behind.",
      reason: "Whatever the schema allows will be submitted one day.",
      cure: "handle it, or rule it out in the schema",
      check: .eachAction { action, laboratory in
        tryAll(variants(action, laboratory)?.valid ?? [], action, laboratory)
      }),
    Rule(
      "params.invalid", .warning, "stands parameters that the host should have refused",
      description:
        "Wrong types, missing members, values outside of the bounds: no crash, no unknown code, nothing "
        + "left behind.",
      reason:
        "A host checks them first, so it takes another fault to get here; a wrong value must not do damage.",
      cure: "test what bh_params gives: it says BH_NOT_FOUND and BH_INVALID", isOnRequest: true,
      check: .eachAction { action, laboratory in
        tryAll(variants(action, laboratory)?.invalid ?? [], action, laboratory)
      }),
  ]

  private static func variants(_ action: ActionCase, _ laboratory: Laboratory) -> ParameterVariants? {
    laboratory.maker.map {
      ParameterVariants(
        action.action.parameters, base: action.parameters, $0, seed: laboratory.options.seed)
    }
  }

  private static func tryAll(
    _ variants: [Variant], _ action: ActionCase, _ laboratory: Laboratory
  ) -> ActionVerdict {
    guard !variants.isEmpty else { return .skipped("no action has parameters to vary") }
    // Large numbers may mean long work: none is given much time.
    let trials = variants.map { variant in
      Trial(
        label: variant.label,
        run: TryRun(parameters: variant.text, deadlineMilliseconds: min(300, action.deadlineMilliseconds)))
    }
    return laboratory.series(action, trials) { report, _ in report.misconduct }
  }
}

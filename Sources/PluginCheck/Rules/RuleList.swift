/// Every rule, in the order in which they are looked at: what costs nothing first.
package enum Rules {
  package static let all: [Rule] =
    FormRules.all + ManifestRules.all + LinkRules.all + ToolchainRules.all + LoadRules.all + RunRules.all
    + ParameterRules.all + StopRules.all + AllocationRules.all + ReconcileRules.all
}

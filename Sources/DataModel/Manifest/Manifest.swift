/// What a plug-in says of itself in its ELF note, checked: everything that must be known before its code
/// runs.
package struct Manifest: Sendable, Equatable {
  /// Bytes that a manifest may have.
  package static let sizeLimit = 1 << 20

  /// Lower case, stable for the plug-in's life: jobs are stored under it.
  package let id: String
  package let version: String
  package let title: String
  package let description: String
  package let abi: ABIRange
  /// What can be submitted.
  package let actions: [ManifestAction]
  /// What the engine calls to find out about lost jobs of those actions.
  package let reconciles: [ManifestReconcile]
  /// Names of record types that the plug-in wants.
  package let records: [String]
  /// Names of secrets that the plug-in needs.
  package let secrets: [String]

  package func action(named name: String) -> ManifestAction? { actions.first { $0.name == name } }

  /// The entry that finds out about lost jobs of that action.
  package func reconcile(of action: String) -> ManifestReconcile? {
    reconciles.first { $0.actions.contains(action) }
  }

  /// All that the code has to have a function for.
  package var entryNames: Set<String> { Set(actions.map(\.name) + reconciles.map(\.name)) }
}

/// An entry of the kind `reconcile`.
package struct ManifestReconcile: Sendable, Equatable {
  package let name: String
  package let title: String
  package let description: String
  /// The actions that it speaks for.
  package let actions: [String]
  /// Counts from its start; never 0.
  package let deadlineMilliseconds: Int64
  package let cleanupMilliseconds: Int64
  /// How long it may go on after its deadline, before it is given up.
  package let graceMilliseconds: Int64
}

/// The ABI level a plug-in was built for and the oldest host level that it runs on.
package struct ABIRange: Sendable, Equatable {
  package let built: Int
  package let minimumHost: Int

  package init(built: Int, minimumHost: Int) {
    self.built = built
    self.minimumHost = minimumHost
  }
}

/// One action of a plug-in: what is submitted as a job.
package struct ManifestAction: Sendable, Equatable {
  package let name: String
  package let title: String
  package let description: String
  package let repeatRule: RepeatRule
  package let parameters: ParameterSchema
  package let result: ParameterSchema
  /// Counts from the start of a run; 0 is none.
  package let deadlineMilliseconds: Int64
  /// The budget of the clean-up stack.
  package let cleanupMilliseconds: Int64
  /// How long a run may go on after it was asked to stop, before its writes are refused.
  package let graceMilliseconds: Int64
}

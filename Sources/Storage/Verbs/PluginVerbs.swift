package import DataModel

/// What became of one file in the plug-in directory. One row a file name.
package struct PluginFile: Sendable, Equatable {
  package enum State: UInt8, Sendable, CaseIterable {
    /// Its bytes are the active generation of its plug-in.
    case active = 1
    /// Not taken: `message` says file, rule and cure.
    case refused = 2
    /// It is no longer in the directory. Running jobs finish, new ones wait.
    case removed = 3

    package var name: String {
      switch self {
      case .active: "active"
      case .refused: "refused"
      case .removed: "removed"
      }
    }
  }

  /// Name inside the plug-in directory.
  package var file: String
  package var state: State
  /// Empty when refused before it could be read.
  package var pluginID: String
  package var version: String
  /// Hex, 64 characters; empty when refused before it was hashed.
  package var sha256: String
  /// Manifest JSON as the note has it; empty when refused.
  package var manifest: String
  /// Path of the private copy that workers load; empty when refused.
  package var image: String
  package var message: String
  /// How often this plug-in id got new bytes: 1 at the first.
  package var generation: Int64
  package var changedAt: Milliseconds
  /// The `WorkerGroup` that runs it.
  package var group: String

  package init(
    file: String, state: State, pluginID: String = "", version: String = "", sha256: String = "",
    manifest: String = "", image: String = "", message: String = "", generation: Int64 = 0,
    changedAt: Milliseconds = 0, group: String = WorkerGroup.shared
  ) {
    self.file = file
    self.state = state
    self.pluginID = pluginID
    self.version = version
    self.sha256 = sha256
    self.manifest = manifest
    self.image = image
    self.message = message
    self.generation = generation
    self.changedAt = changedAt
    self.group = group
  }
}

/// Stores what became of a file: the store sets `generation` (a new one when the plug-in's bytes changed) and
/// `changedAt`, raises the plug-in revision and signals `pluginsChanged`. Nothing happens when nothing changed.
package struct PutPluginFile: Sendable, Equatable {
  package var file: PluginFile
  package init(_ file: PluginFile) { self.file = file }
}

/// All files the store knows with the workers' reports.
package struct ListPlugins: Sendable, Equatable {
  package init() {}
}

package struct PluginList: Sendable, Equatable {
  package var revision: Int64
  package var files: [PluginFile]
  package var reports: [PluginReport]

  package init(revision: Int64, files: [PluginFile], reports: [PluginReport]) {
    self.revision = revision
    self.files = files
    self.reports = reports
  }
}

/// What a worker says of a generation: loaded, or why not. Reports of ended nodes are dropped.
package struct PluginReport: Sendable, Equatable {
  package var node: NodeID
  package var sha256: String
  package var isLoaded: Bool
  package var message: String

  package init(node: NodeID, sha256: String, isLoaded: Bool, message: String) {
    self.node = node
    self.sha256 = sha256
    self.isLoaded = isLoaded
    self.message = message
  }
}

package struct ReportPlugin: Sendable, Equatable {
  package var report: PluginReport
  package init(_ report: PluginReport) { self.report = report }
}

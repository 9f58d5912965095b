import DataModel
import PluginHost
import Storage
import Supervision

/// All that `serve` can be told: from the defaults, the configuration file, the environment and its options, the later over
/// the earlier.
struct EngineConfiguration: Sendable, Equatable {
  var location: StoreLocation
  /// The directory that plug-ins are dropped into.
  var pluginFolder = "./plugins"
  /// Jobs that run at once in one worker.
  var slots = 1000
  var plugins = PluginsConfiguration()
  var retention = Retention()
  /// Whether a store of an older schema may be brought up to date.
  var mayMigrate = true
  /// Limits of the shared worker.
  var limits = WorkerLimits()
  /// Ends a worker that has been without `serve` for so long, even with jobs; 0: never.
  var awayLimitSeconds = 0

  init(location: StoreLocation) { self.location = location }
}

/// How plug-ins are taken and where they run.
struct PluginsConfiguration: Sendable, Equatable {
  var trust = PluginTrust()
  /// Runs without a fault after which a new version leaves its worker of its own; 0: no probation.
  var probationRuns = 20
  /// Which worker runs a plug-in, by plug-in id; those that are not named run in the shared one.
  var workers: [String: PluginWorker] = [:]
}

/// The worker of one plug-in, or of several that name the same group.
struct PluginWorker: Sendable, Equatable {
  /// "own" is the plug-in's id; any other name is a group.
  var group: String
  var limits = WorkerLimits()
}

/// What a worker process may use, where the system can hold it to that. 0 and empty: no limit of ours.
package struct WorkerLimits: Sendable, Equatable {
  /// Bytes of memory of the worker and all that it starts.
  package var memoryBytes: Int64
  /// Processors' worth of time: 1.5 is one and a half.
  package var processors: Double
  /// Processes and threads.
  package var tasks: Int
  /// The user that the worker runs as, by name; only root can change it. Empty: the user of `serve`.
  package var user: String

  package init(memoryBytes: Int64 = 0, processors: Double = 0, tasks: Int = 0, user: String = "") {
    self.memoryBytes = memoryBytes
    self.processors = processors
    self.tasks = tasks
    self.user = user
  }
}

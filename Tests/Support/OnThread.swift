import Threading

/// Runs blocking test code on an OS thread of its own, so that it holds none of the two threads that all tests
/// share. It stays the same task: what fails there is reported under its test.
package func onThread<R: Sendable>(_ body: @escaping @Sendable () throws -> R) async throws -> R {
  try await withTaskExecutorPreference(OwnThread()) { try await blocking(body) }
}

/// Not isolated to anybody, so that it runs where its task prefers.
@concurrent private func blocking<R: Sendable>(_ body: @Sendable () throws -> R) async throws -> R {
  try body()
}

/// An executor that runs each piece of work on a new thread.
private final class OwnThread: TaskExecutor {
  func enqueue(_ job: consuming ExecutorJob) {
    let work = UnownedJob(job)
    OSThread("test") { [self] in work.runSynchronously(on: asUnownedTaskExecutor()) }
  }
}

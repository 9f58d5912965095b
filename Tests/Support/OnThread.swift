import Threading

/// Runs blocking test code on an OS thread of its own, so that it holds none of the two threads that all tests
/// share.
package func onThread<R: Sendable>(_ body: @escaping @Sendable () throws -> R) async throws -> R {
  try await withCheckedThrowingContinuation { continuation in
    OSThread("test") {
      continuation.resume(with: Result { try body() })
    }
  }
}

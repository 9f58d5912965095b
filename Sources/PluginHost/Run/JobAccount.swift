import CPluginRuntime
import DataModel

/// What one run uses. `attach` and `detach` stand right around every slice of the plug-in's code (its entry and
/// its clean-ups), on the thread that runs it: the one place where a meter of the thread becomes one of the job.
/// Today that meter is the CPU clock (threads that the plug-in starts are not counted); the allocator's counters are attached at the same two points.
struct JobAccount {
  private var cpuStart: Int64 = 0
  private var wallStart: Int64 = 0
  private(set) var cpuNanoseconds: Int64 = 0
  private(set) var wallNanoseconds: Int64 = 0

  /// The calling thread works for this job from here on.
  mutating func attach() {
    wallStart = bhrt_now_ns()
    cpuStart = bhrt_thread_cpu_ns()
  }

  /// The slice is over.
  mutating func detach() {
    cpuNanoseconds += bhrt_thread_cpu_ns() - cpuStart
    wallNanoseconds += bhrt_now_ns() - wallStart
  }
}

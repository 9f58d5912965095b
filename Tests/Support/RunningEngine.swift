import CProcess
import Foundation
package import JobEngine
package import Storage
package import Supervision
import Threading

/// A real engine for tests and benchmarks: the built `bulkhead` in a folder of its own, with real plug-ins.
/// Everything that it starts is ended by `end()`.
// SAFETY: `state` is guarded by its lock, all else never changes after `init`.
package final class RunningEngine: @unchecked Sendable {
  package struct Failure: Error, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
  }

  private struct State {
    var serve: ProcessHandle?
    var lines: [String] = []
    var isOutputOver = true
    /// Which start the lines are of: the reader of an ended engine may still be at its last line.
    var start = 0
  }

  package let folder: String
  package let socketPath: String
  private let state = Threading.Condition(State())
  private let serveArguments: [String]

  package var pluginFolder: String { folder + "/plugins" }
  package var storeArgument: String { "sqlite:" + folder + "/bulkhead.db" }

  /// The built command: beside the running test bundle or benchmark.
  package static var executable: String {
    let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    return URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent("bulkhead").path
  }

  package init(serveArguments: [String] = []) throws {
    let template = FileManager.default.temporaryDirectory.path + "/bulkhead-XXXXXX"
    var bytes = Array(template.utf8CString)
    guard mkdtemp(&bytes) != nil else { throw Failure("cannot make a folder like \(template)") }
    folder = String(decoding: bytes.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    socketPath = folder + "/bulkhead.db.sock"
    // Most tests ask about one worker; those about new versions say so.
    self.serveArguments =
      serveArguments.contains("--probation") ? serveArguments : serveArguments + ["--probation", "0"]
    try FileManager.default.createDirectory(atPath: pluginFolder, withIntermediateDirectories: true)
  }

  /// Builds the C source and puts it into the plug-in directory as `NAME.so`.
  package func install(source: String, as name: String) throws {
    let file = folder + "/" + name + ".c"
    try source.write(toFile: file, atomically: true, encoding: .utf8)
    try install(Sample.build(file), as: name + ".so")
  }

  /// Puts a built `.so` into the plug-in directory in one step, as a careful user does.
  package func install(_ library: String, as name: String) throws {
    let hidden = pluginFolder + "/." + name + ".new"
    try? FileManager.default.removeItem(atPath: hidden)
    try FileManager.default.copyItem(atPath: library, toPath: hidden)
    guard rename(hidden, pluginFolder + "/" + name) == 0 else { throw Failure("cannot install \(name)") }
  }

  /// Starts `serve` and waits until it says that it is ready.
  package func start(
    environment: [String: String] = [:], executable: String = RunningEngine.executable,
    milliseconds: Int64 = 30_000
  ) throws {
    var ends: [Int32] = [0, 0]
    guard pipe2(&ends, O_CLOEXEC) == 0 else { throw Failure("cannot make a pipe") }
    var all = ProcessInfo.processInfo.environment
    all.merge(environment) { $1 }
    let handle = try ChildProcess.spawn(
      executable, ["serve", "--store", storeArgument, "--plugins", pluginFolder] + serveArguments,
      environment: all, output: ends[1])
    close(ends[1])
    let start = state.update { state in
      state = State(serve: handle, lines: [], isOutputOver: false, start: state.start + 1)
      return state.start
    }
    readOutput(ends[0], of: start)
    let isReady = state.wait(milliseconds: milliseconds) { state -> Bool? in
      if state.lines.contains(where: { $0.hasPrefix("ready") }) { return true }
      return state.isOutputOver ? false : nil
    }
    if isReady != true { throw Failure("the engine did not start:\n" + output) }
  }

  /// All that `serve` and its workers printed since the last start.
  package var output: String { state.withLock { $0.lines.joined(separator: "\n") } }

  /// Waits until a line of the output contains the text; false when the time passed first.
  package func waitForOutput(_ text: String, milliseconds: Int64 = 60_000) -> Bool {
    state.wait(milliseconds: milliseconds) { state in
      state.lines.contains { $0.contains(text) } ? true : nil
    } ?? false
  }

  package var serve: ProcessHandle? { state.withLock { $0.serve } }

  /// Signals `serve` and waits for its end; its workers live on.
  package func killServe(_ signal: Int32 = SIGKILL) {
    serve?.signal(signal)
    _ = serve?.waitForEnd(milliseconds: 60_000)
    state.update { $0.serve = nil }
  }

  /// A connection of its own to the store.
  package func connect() throws -> any Store {
    try RemoteStore.connect(path: socketPath, onEnd: {})
  }

  package func client() throws -> JobClient { JobClient(store: try connect()) }

  /// Living worker processes of this engine.
  package func workers() throws -> [ProcessHandle] {
    try connect().perform(ListNodes()).compactMap {
      ProcessHandle(pid: $0.process.pid, startTicks: $0.process.startTicks, isChild: false)
    }
  }

  /// Waits until a worker has loaded the active version of the plug-in.
  package func waitForPlugin(_ id: String) throws {
    try waitForPlugins { list in
      let active = list.files.filter { $0.pluginID == id && $0.state == .active }
      return active.contains { file in list.reports.contains { $0.sha256 == file.sha256 && $0.isLoaded } }
    }
  }

  /// Waits until the list of plug-ins is as wanted.
  package func waitForPlugins(milliseconds: Int64 = 60_000, _ isWanted: (PluginList) -> Bool) throws {
    let store = try connect()
    let bell = Bell()
    let observation = try store.observe(.plugins) { _ in bell.ring() }
    defer { observation.cancel() }
    let limit = MonotonicClock.nanoseconds + milliseconds * 1_000_000
    while MonotonicClock.nanoseconds < limit {
      if isWanted(try store.perform(ListPlugins())) { return }
      bell.wait(milliseconds: 500)
    }
    throw Failure("the plug-ins did not become as wanted:\n" + output)
  }

  /// Ends everything and removes the folder: also a worker that has not said its first word yet.
  package func end() {
    killServe()
    for pid in processesOfSocket() { kill(pid, SIGKILL) }
    try? FileManager.default.removeItem(atPath: folder)
  }

  /// Whoever was started with this engine's socket on its command line.
  private func processesOfSocket() -> [Int32] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.compactMap { Int32($0) }.filter { pid in
      let bytes = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") ?? Data()
      return pid != getpid() && bytes.split(separator: 0).contains { $0.elementsEqual(socketPath.utf8) }
    }
  }

  private func readOutput(_ file: Int32, of start: Int) {
    OSThread("output") { [state] in
      var rest: [UInt8] = []
      var bytes = [UInt8](repeating: 0, count: 4096)
      while true {
        let count = read(file, &bytes, bytes.count)
        if count <= 0 { break }
        rest += bytes[..<count]
        while let end = rest.firstIndex(of: 10) {
          let line = String(decoding: rest[..<end], as: UTF8.self)
          rest.removeSubrange(...end)
          state.update { if $0.start == start { $0.lines.append(line) } }
        }
      }
      close(file)
      state.update { if $0.start == start { $0.isOutputOver = true } }
    }
  }
}

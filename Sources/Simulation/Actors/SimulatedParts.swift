import DataModel
import JobEngine
import Storage

/// A worker's timer, in the worker's time: what falls due while it is stopped is done when it goes on.
// SAFETY: belongs to one world, which one thread steps.
final class SimulatedTimer: RunTimer, @unchecked Sendable {
  private unowned let worker: SimulatedWorker
  private var owners: [UInt64: ObjectIdentifier] = [:]
  private var lastNumber: UInt64 = 0

  init(worker: SimulatedWorker) { self.worker = worker }

  func schedule(
    afterMilliseconds milliseconds: Int64, owner: ObjectIdentifier, _ action: @escaping @Sendable () -> Void
  ) {
    lastNumber += 1
    let number = lastNumber
    owners[number] = owner
    worker.after(milliseconds) { [self] in
      if owners.removeValue(forKey: number) != nil { action() }
    }
  }

  func cancel(owner: ObjectIdentifier) {
    owners = owners.filter { $0.value != owner }
  }
}

/// A worker's outbox on a disk that outlives it.
// SAFETY: belongs to one world, which one thread steps.
final class SimulatedOutbox: Outbox, @unchecked Sendable {
  private(set) var bytes: [UInt8] = []
  private let process: ProcessIdentity
  private let number: ProcessNumber
  private unowned let world: World

  init(process: ProcessIdentity, number: ProcessNumber, world: World) {
    self.process = process
    self.number = number
    self.world = world
  }

  func append(_ outcomes: [KeptOutcome]) throws(OutboxError) {
    guard world.takesOutbox() else { throw OutboxError("no space left on device") }
    if bytes.isEmpty { bytes = OutboxFormat.head(process) }
    for outcome in outcomes {
      bytes += OutboxFormat.record(outcome)
      world.record(.kept(outcome.run, number))
    }
  }

  func clear() { bytes = [] }

  /// The process was killed, perhaps while it wrote.
  func tear() {
    guard world.random.chance(300) else { return }
    if bytes.isEmpty { bytes = OutboxFormat.head(process) }
    let end = KeptOutcome(run: JobRun(job: JobID(1), fence: 1), end: RunEnd(code: 0))
    let record = OutboxFormat.record(end)
    bytes += record.prefix(world.random.below(record.count))
  }

  /// As `OutboxFolder.settle` does with a file.
  func settle(_ node: NodeID, in store: any Store) throws(StoreError) {
    if bytes.isEmpty { return }
    let content = bytes
    let cursor: OutboxCursor
    do throws(OutboxError) {
      cursor = try OutboxCursor { offset, count in Array(content.dropFirst(offset).prefix(count)) }
    } catch {
      return world.history.fail("the outbox of process \(number) cannot be read: \(error)")
    }
    _ = try OutboxFolder.settle(cursor, node, in: store) { [world] in
      world.history.fail("the outbox is damaged: \($0)")
    }
    bytes = []
  }
}

/// The plug-in directory: two plug-ins that come, go and are replaced.
struct SimulatedPlugins {
  // Set once, right after both exist: they refer to each other.
  // swift-format-ignore: NeverUseImplicitlyUnwrappedOptionals
  unowned var world: World!
  private var versions = [1, 1]
  private var isThere = [true, true]

  mutating func putAll() {
    isThere = [true, true]
    serveStarted()
  }

  /// A new serve scans the directory.
  func serveStarted() {
    for index in isThere.indices { tell(index) }
  }

  mutating func put(_ index: Int) {
    isThere[index] = true
    tell(index)
  }

  mutating func remove(_ index: Int) {
    isThere[index] = false
    tell(index)
  }

  mutating func replace(_ index: Int) {
    versions[index] += 1
    put(index)
  }

  private func tell(_ index: Int) {
    guard world.serve.isUp else { return }
    let id = Plan.kinds[index].plugin
    let file = PluginFile(
      file: id + ".so", state: isThere[index] ? .active : .removed, pluginID: id,
      version: "\(versions[index])", sha256: "\(id)-\(versions[index])", manifest: "{}", image: "/" + id)
    _ = try? world.serve.perform(PutPluginFile(file))
  }
}

import DataModel
import JobEngine
import Storage

/// What a simulated worker can run: scripts, for the kinds whose plug-ins are active.
// SAFETY: belongs to one world, which one thread steps.
final class SimulatedPlace: RunPlace, @unchecked Sendable {
  private unowned let worker: SimulatedWorker
  private(set) var kinds: [JobKind] = []
  private(set) var revision: Int64 = -1

  init(worker: SimulatedWorker) { self.worker = worker }

  func refresh(_ list: PluginList) {
    kinds = list.files.filter { $0.state == .active }.map { JobKind(plugin: $0.pluginID, action: "run") }
      .sorted()
    revision = list.revision
  }

  func maker(_ kind: JobKind) -> RunMaker? {
    guard kinds.contains(kind) else { return nil }
    return { [worker] active in
      SimulatedRun(active.lease, script: worker.world.plan.script(of: active.lease), worker: worker)
    }
  }
}

extension Plan {
  /// The script that the job's parameters name.
  func script(of lease: Lease) -> JobScript {
    let number = Int(lease.params.filter(\.isNumber)) ?? 0
    return scripts[number % scripts.count]
  }
}

/// One run of a script in place of a plug-in's code.
// SAFETY: belongs to one world, which one thread steps.
final class SimulatedRun: EnteredRun, @unchecked Sendable {
  private enum Phase { case waiting, entry, cleanup, ended }

  private let lease: Lease
  private let script: JobScript
  private unowned let worker: SimulatedWorker
  private var phase = Phase.waiting
  private var bits: UInt32 = 0
  private var hasTakenGrace = false
  private var isAsking = false
  private var mustLeave = false
  private var ended: (@Sendable (RunEnd) -> Void)?

  init(_ lease: Lease, script: JobScript, worker: SimulatedWorker) {
    self.lease = lease
    self.script = script
    self.worker = worker
  }

  private var world: World { worker.world }
  private var writer: RunWriter { worker.core.writer }

  func enter(began: @escaping @Sendable () -> Void, ended: @escaping @Sendable (RunEnd) -> Void) {
    self.ended = ended
    worker.after(world.random.time(0, 2)) { [self] in
      began()
      if let code = Self.stopCode(bits) {
        world.record(.passedOver(lease.run, worker.number))
        return leave(code)
      }
      phase = .entry
      world.record(.entered(lease.run, worker.number))
      step(0)
    }
  }

  func raise(_ raised: UInt32) {
    switch phase {
    case .waiting: bits |= raised
    case .entry:
      let isNew = bits | raised != bits
      bits |= raised
      guard isNew, let time = script.obeysAfter else { return }
      worker.after(time) { [self] in
        mustLeave = true
        // A call to the store is left when its answer comes.
        if phase == .entry, !isAsking { leaveStopped() }
      }
    case .cleanup, .ended: break
    }
  }

  func takeCleanupGrace() -> Bool {
    if phase == .waiting { return true }
    guard phase == .cleanup, !hasTakenGrace else { return false }
    hasTakenGrace = true
    return true
  }

  func abandon() {}

  // MARK: the script

  /// Its acts with equal pauses between: lines, then records, then perhaps the end of the whole process.
  private func step(_ number: Int) {
    if phase != .entry { return }
    if mustLeave { return leaveStopped() }
    let acts = script.lines + script.writes + (script.crashes ? 1 : 0)
    let pause = script.work / Int64(acts + 1)
    if number == acts {
      return worker.after(pause) { [self] in
        if phase == .entry { leave(script.code) }
      }
    }
    worker.after(pause) { [self] in
      guard phase == .entry else { return }
      if number < script.lines {
        say(number)
        step(number + 1)
      } else if number < script.lines + script.writes {
        write(number - script.lines + 1) { [self] in step(number + 1) }
      } else {
        worker.kill()
      }
    }
  }

  private func say(_ number: Int) {
    let text = "\(lease.run.job)/\(lease.run.fence)/\(number)"
    writer.log(lease.run, LogLine(at: world.clock.now, level: 1, text: text))
    writer.progress(
      lease.run, JobProgress(done: UInt64(number), total: 0, message: text, at: world.clock.now))
  }

  /// A server of its own: made by the first write, changed by the others.
  private func write(_ sequence: Int, _ next: @escaping () -> Void) {
    isAsking = true
    let change: RecordChange =
      sequence == 1
      ? .create(entity: SimulatedRecord.entity, id: recordID, values: SimulatedRecord.first(lease.run))
      : .set(
        entity: SimulatedRecord.entity, id: recordID, version: 0, values: SimulatedRecord.later(sequence))
    worker.request(
      repeated: true, giveUp: { [self] in Self.stopCode(bits) != nil },
      { [lease] _ in WriteRecord(run: lease.run, sequence: Int64(sequence), change: change) }
    ) { [self] answer in
      isAsking = false
      guard phase == .entry else { return }
      switch answer {
      case .success(.done): next()
      // Stopped while nobody served, refused by the database, or no longer its job.
      default: leave(Self.stopCode(bits) ?? (mustLeave ? -1 : -8))
      }
    }
  }

  private var recordID: Int64 { lease.run.job.rawValue << 24 | (lease.run.fence & 0xFF) << 16 | 1 }

  private func leaveStopped() {
    leave(script.isDoneAnyway ? script.code : Self.stopCode(bits) ?? script.code)
  }

  private func leave(_ code: Int32) {
    phase = .cleanup
    let stopBits = bits
    worker.after(script.cleanup) { [self] in
      phase = .ended
      world.record(.returned(lease.run, worker.number, code: code, stopBits: stopBits))
      let result = code >= 0 ? SimulatedRecord.result(of: lease.run) : nil
      let end = RunEnd(code: code, result: result, stopBits: stopBits, endedAt: world.clock.now)
      worker.after(world.threadDelay()) { [self] in
        ended?(end)
        ended = nil
      }
    }
  }

  /// As the host's: losing the job weighs most, then a person's wish.
  private static func stopCode(_ bits: UInt32) -> Int32? {
    if bits & StopBits.fenced != 0 { return -12 }
    if bits & StopBits.cancel != 0 { return -1 }
    if bits & StopBits.deadline != 0 { return -2 }
    return nil
  }
}

/// What runs write into the data model, so that each value names its run.
enum SimulatedRecord {
  static let entity = Catalogue.standard.entityID(named: "server") ?? 0

  static func first(_ run: JobRun) -> [FieldAssignment] {
    [assignment("hostname", .string(name(run)))]
  }

  static func later(_ sequence: Int) -> [FieldAssignment] { [assignment("cpus", .int(Int64(sequence)))] }

  static func name(_ run: JobRun) -> String { "h-\(run.job)-\(run.fence)" }

  static func result(of run: JobRun) -> String { "{\"run\":\"\(run.job)/\(run.fence)\"}" }

  private static func assignment(_ field: String, _ value: FieldValue) -> FieldAssignment {
    FieldAssignment(field: Catalogue.standard.fieldID(entity: entity, named: field) ?? 0, value: value)
  }
}

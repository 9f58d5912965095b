import DataModel
import JobEngine
import Storage
import Threading

/// Keeps plug-ins and workers where they belong: a version whose probation is over moves to its group, a group that
/// got its first plug-in gets its worker, one that lost its last one is drained. On a thread of its own.
final class PlacementLoop: Sendable {
  private let store: any Store
  private let placement: Placement
  private let supervisor: WorkerSupervisor
  private let roster: WorkerRoster
  private let bell = Bell()
  private let isOver = Threading.Condition(false)
  private static let pauseMilliseconds: Int64 = 2000

  init(
    store: any Store, placement: Placement, supervisor: WorkerSupervisor, roster: WorkerRoster
  ) {
    self.store = store
    self.placement = placement
    self.supervisor = supervisor
    self.roster = roster
  }

  /// Something about the plug-ins changed.
  func ring() { bell.ring() }

  func start() {
    OSThread("bh-placement") { [self] in
      while !isOver.withLock({ $0 }) {
        look()
        roster.tellSilence()
        bell.wait(milliseconds: Self.pauseMilliseconds)
      }
    }
  }

  func stop() {
    isOver.update { $0 = true }
    bell.ring()
  }

  private func look() {
    do {
      var files = try store.perform(ListPlugins()).files
      let moves = placement.moves(files, try store.perform(ListVersions()))
      for move in moves {
        for index in files.indices where files[index].file == move.file { files[index].group = move.group }
      }
      let groups = placement.groups(files)
      // First the new workers, then the moves: until a plug-in has moved its old worker goes on claiming.
      supervisor.want(groups, drainsOthers: false)
      for move in moves where try store.perform(move) {
        EngineLog.info(
          "\(move.file) is run by worker \(WorkerGroup.title(move.group)) from now on; what runs is not disturbed"
        )
      }
      supervisor.want(groups, drainsOthers: true)
    } catch {
      if error.code != .closed { EngineLog.error("cannot look where plug-ins run: \(error)") }
    }
  }
}

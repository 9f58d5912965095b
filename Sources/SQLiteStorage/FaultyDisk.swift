import CSQLite
import Glibc
import Synchronization

/// The disk as SQLite sees it, with calls that fail when a test says so: a layer over SQLite's own file system that
/// counts writes, syncs and truncations. Real code runs above it and real files lie below it. Only tests make one,
/// and `BULKHEAD_FAULT` in the environment.
package final class FaultyDisk: Sendable {
  private struct State: Sendable {
    var faults: [DiskFault] = []
    var calls: [DiskFault.Operation: Int] = [:]
  }

  /// The name that connections are opened with.
  package let name: String
  private let state = Mutex(State())
  private static let made = Atomic(0)

  /// Registers it with SQLite, for the rest of the process: connections may outlive whoever made it.
  package init(_ faults: [DiskFault] = []) {
    name = "bulkhead-faults-\(Self.made.add(1, ordering: .relaxed).newValue)"
    state.withLock { $0.faults = faults }
    register()
  }

  /// Arms faults instead of those before, and counts anew.
  package func arm(_ faults: [DiskFault]) { state.withLock { $0 = State(faults: faults) } }

  /// All is well from here on.
  package func heal() { arm([]) }

  /// Calls since faults were armed.
  package func calls(_ operation: DiskFault.Operation) -> Int { state.withLock { $0.calls[operation] ?? 0 } }

  /// Counts a call; how it has to fail, if it has to.
  func reach(_ operation: DiskFault.Operation) -> DiskFault.Failure? {
    let failure = state.withLock { state -> DiskFault.Failure? in
      let call = state.calls[operation, default: 0] + 1
      state.calls[operation] = call
      return state.faults.first {
        $0.operation == operation && ($0.number == call || $0.lasts && $0.number < call)
      }?.failure
    }
    if failure == .kill { kill(getpid(), SIGKILL) }
    return failure
  }

  private func register() {
    guard let base = sqlite3_vfs_find(nil) else { return }
    let vfs = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
    vfs.initialize(to: base.pointee)
    vfs.pointee.zName = UnsafePointer(strdup(name))
    vfs.pointee.pNext = nil
    vfs.pointee.szOsFile = Int32(FaultyFile.headBytes) + base.pointee.szOsFile
    vfs.pointee.pAppData = Unmanaged.passRetained(self).toOpaque()
    vfs.pointee.xOpen = { vfs, name, file, flags, outFlags in
      guard let disk = vfs?.pointee.pAppData, let file else { return SQLITE_ERROR }
      let real = FaultyFile.real(file)
      let base = sqlite3_vfs_find(nil)
      let code = base?.pointee.xOpen(base, name, real, flags, outFlags) ?? SQLITE_ERROR
      FaultyFile.begin(file, disk: disk, isOpen: real.pointee.pMethods != nil)
      return code
    }
    sqlite3_vfs_register(vfs, 0)
  }
}

/// An open file of a faulty disk: our head, and behind it the file of the file system below.
private enum FaultyFile {
  typealias Pointer = UnsafeMutablePointer<sqlite3_file>

  private struct Head {
    var file: sqlite3_file
    var disk: UnsafeMutableRawPointer
  }

  static let headBytes = 64

  static func real(_ file: Pointer) -> Pointer {
    (UnsafeMutableRawPointer(file) + headBytes).assumingMemoryBound(to: sqlite3_file.self)
  }

  static func begin(_ file: Pointer, disk: UnsafeMutableRawPointer, isOpen: Bool) {
    UnsafeMutableRawPointer(file).initializeMemory(
      as: Head.self,
      to: Head(file: sqlite3_file(pMethods: isOpen ? UnsafePointer(methods.table) : nil), disk: disk))
  }

  static func reach(_ file: Pointer, _ operation: DiskFault.Operation) -> DiskFault.Failure? {
    let disk = UnsafeMutableRawPointer(file).assumingMemoryBound(to: Head.self).pointee.disk
    return Unmanaged<FaultyDisk>.fromOpaque(disk).takeUnretainedValue().reach(operation)
  }

  /// The calls of the file below.
  static func below(_ file: Pointer?) -> (Pointer, sqlite3_io_methods)? {
    guard let file else { return nil }
    let real = real(file)
    return real.pointee.pMethods.map { (real, $0.pointee) }
  }

  // SAFETY: the table is written once, before anybody sees it, and never freed.
  private struct Methods: @unchecked Sendable { let table: UnsafeMutablePointer<sqlite3_io_methods> }

  private static let methods: Methods = {
    let table = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
    var calls = sqlite3_io_methods()
    calls.iVersion = 2
    addFailing(&calls)
    addPassing(&calls)
    addShared(&calls)
    table.initialize(to: calls)
    return Methods(table: table)
  }()

  private static func addFailing(_ calls: inout sqlite3_io_methods) {
    calls.xWrite = { file, bytes, count, offset in
      guard let file, let (real, below) = FaultyFile.below(file) else { return SQLITE_IOERR }
      switch FaultyFile.reach(file, .write) {
      case nil, .kill: return below.xWrite(real, bytes, count, offset)
      case .full: return SQLITE_FULL
      case .short:
        _ = below.xWrite(real, bytes, count / 2, offset)
        return SQLITE_FULL
      case .error: return SQLITE_IOERR | (3 << 8)
      }
    }
    calls.xSync = { file, flags in
      guard let file, let (real, below) = FaultyFile.below(file) else { return SQLITE_IOERR }
      switch FaultyFile.reach(file, .sync) {
      case nil, .kill: return below.xSync(real, flags)
      default: return SQLiteFault.syncFailed
      }
    }
    calls.xTruncate = { file, size in
      guard let file, let (real, below) = FaultyFile.below(file) else { return SQLITE_IOERR }
      switch FaultyFile.reach(file, .truncate) {
      case nil, .kill: return below.xTruncate(real, size)
      default: return SQLITE_IOERR | (6 << 8)
      }
    }
  }

  private static func addPassing(_ calls: inout sqlite3_io_methods) {
    calls.xClose = { file in
      guard let (real, below) = FaultyFile.below(file) else { return SQLITE_OK }
      return below.xClose(real)
    }
    calls.xRead = { file, bytes, count, offset in
      guard let (real, below) = FaultyFile.below(file) else { return SQLITE_IOERR }
      return below.xRead(real, bytes, count, offset)
    }
    calls.xFileSize = { file, size in
      guard let (real, below) = FaultyFile.below(file) else { return SQLITE_IOERR }
      return below.xFileSize(real, size)
    }
    calls.xLock = { file, lock in
      guard let (real, below) = FaultyFile.below(file) else { return SQLITE_IOERR }
      return below.xLock(real, lock)
    }
    calls.xUnlock = { file, lock in
      guard let (real, below) = FaultyFile.below(file) else { return SQLITE_IOERR }
      return below.xUnlock(real, lock)
    }
    calls.xCheckReservedLock = { file, result in
      guard let (real, below) = FaultyFile.below(file) else { return SQLITE_IOERR }
      return below.xCheckReservedLock(real, result)
    }
    calls.xFileControl = { file, operation, argument in
      guard let (real, below) = FaultyFile.below(file) else { return SQLITE_NOTFOUND }
      return below.xFileControl(real, operation, argument)
    }
    calls.xSectorSize = { file in
      guard let (real, below) = FaultyFile.below(file) else { return 4096 }
      return below.xSectorSize(real)
    }
    calls.xDeviceCharacteristics = { file in
      guard let (real, below) = FaultyFile.below(file) else { return 0 }
      return below.xDeviceCharacteristics(real)
    }
  }

  private static func addShared(_ calls: inout sqlite3_io_methods) {
    calls.xShmMap = { file, page, size, extend, memory in
      guard let (real, below) = FaultyFile.below(file) else { return SQLITE_IOERR }
      return below.xShmMap(real, page, size, extend, memory)
    }
    calls.xShmLock = { file, offset, count, flags in
      guard let (real, below) = FaultyFile.below(file) else { return SQLITE_IOERR }
      return below.xShmLock(real, offset, count, flags)
    }
    calls.xShmBarrier = { file in
      if let (real, below) = FaultyFile.below(file) { below.xShmBarrier(real) }
    }
    calls.xShmUnmap = { file, delete in
      guard let (real, below) = FaultyFile.below(file) else { return SQLITE_OK }
      return below.xShmUnmap(real, delete)
    }
  }
}

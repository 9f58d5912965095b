package import CBulkheadPlugin
import Glibc

/// The tables that plug-ins reach the host by: one set for the process, the same for all plug-ins, never changed and
/// never freed.
// SAFETY: written once in `init`, read-only from then on.
package struct HostTables: @unchecked Sendable {
  package static let shared = HostTables()

  /// For the trial of a plug-in: it is asked for its actions and nothing else. No extension is there, no memory is
  /// given.
  package static let trial = HostTables(
    bh_host(
      size: UInt32(MemoryLayout<bh_host>.size), flags: 0, abi_min: 1, abi_current: UInt32(BH_ABI_LEVEL),
      query: { _, _ in nil }, alloc: { _, _, _ in nil }, free: { _, _ in },
      fail: { ctx, code, message, _ in
        if ctx == nil { LoadRefusal.note(message.text()) }
        return code
      }, checkpoint: { _, _ in BH_OK }))

  /// What `bh_plugin_entry` and every `ctx` are given.
  package let host: UnsafePointer<bh_host>
  private var extensions: [(id: StaticString, table: UnsafeRawPointer)] = []

  private init(_ host: bh_host) {
    self.host = Self.fix(host)
  }

  private init() {
    self.init(.running)
    extensions = [
      (Self.logID, UnsafeRawPointer(Self.fix(bh_log_table.running))),
      (Self.progressID, UnsafeRawPointer(Self.fix(bh_progress_table.running))),
      (Self.waitID, UnsafeRawPointer(Self.fix(bh_wait_table.running))),
      (Self.paramsID, UnsafeRawPointer(Self.fix(bh_params_table.running))),
      (Self.resultID, UnsafeRawPointer(Self.fix(bh_result_table.running))),
      (Self.cleanupID, UnsafeRawPointer(Self.fix(bh_cleanup_table.running))),
      (Self.stepsID, UnsafeRawPointer(Self.fix(bh_steps_table.running))),
      (Self.reconcileID, UnsafeRawPointer(Self.fix(bh_reconcile_table.running))),
      (Self.recordsID, UnsafeRawPointer(Self.fix(bh_records_table.running))),
    ]
  }

  /// The ids that the headers define, held to them by a test.
  static let logID: StaticString = "bh.log/1"
  static let progressID: StaticString = "bh.progress/1"
  static let waitID: StaticString = "bh.wait/1"
  static let paramsID: StaticString = "bh.params/1"
  static let resultID: StaticString = "bh.result/1"
  static let cleanupID: StaticString = "bh.cleanup/1"
  static let stepsID: StaticString = "bh.steps/1"
  static let reconcileID: StaticString = "bh.reconcile/1"
  static let recordsID: StaticString = "bh.draft.records/1"

  /// The table with that id, nil when this host has none.
  func table(_ id: bh_str) -> UnsafeRawPointer? {
    guard let start = id.ptr else { return nil }
    return extensions.first { entry in
      UInt64(entry.id.utf8CodeUnitCount) == id.len
        && memcmp(entry.id.utf8Start, start, entry.id.utf8CodeUnitCount) == 0
    }?.table
  }

  private static func fix<Table>(_ table: Table) -> UnsafePointer<Table> {
    let pointer = UnsafeMutablePointer<Table>.allocate(capacity: 1)
    pointer.initialize(to: table)
    return UnsafePointer(pointer)
  }
}

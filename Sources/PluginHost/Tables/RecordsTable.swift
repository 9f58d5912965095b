import CBulkheadPlugin
import CPluginRuntime
import DataModel
import Synchronization

/// `ext/draft/records.h`. Names are resolved at any time. Reads and writes begin work: after a stop they give its
/// code, except inside `bh_hold`. A lost job writes nothing, not even in its clean-up.
extension bh_records_table {
  static let running = bh_records_table(
    size: UInt32(MemoryLayout<bh_records_table>.size), flags: 0,
    entity: { ctx, name, entity in
      HostCall.with(ctx, bhrt_memory_suspend(), stale: BH_STALE) { run in
        run.records { (facade) throws(HostError) in
          guard let entity else { throw .missingPlace }
          guard let id = facade.catalogue.entityID(named: name.text()) else {
            throw HostError(code: BH_NOT_FOUND, message: facade.catalogue.noEntity(name.text()))
          }
          entity.pointee = id
        }
      }
    },
    field: { ctx, entity, name, field in
      HostCall.with(ctx, bhrt_memory_suspend(), stale: BH_STALE) { run in
        run.records { (facade) throws(HostError) in
          guard let field else { throw .missingPlace }
          guard let id = facade.catalogue.fieldID(entity: entity, named: name.text()) else {
            let owner = facade.catalogue.entity(entity)
            throw HostError(
              code: BH_NOT_FOUND, message: owner?.noField(name.text()) ?? facade.catalogue.noEntity(entity))
          }
          field.pointee = id
        }
      }
    },
    get: { ctx, entity, record, values, count, version in
      HostCall.with(ctx, bhrt_memory_suspend(), stale: BH_STALE) { run in
        run.work { (facade) throws(HostError) in
          let wanted = try run.places(values, count)
          let row = try facade.get(entity: entity, id: record, fields: wanted.map(\.field))
          guard let row else {
            let name = facade.catalogue.entity(entity)?.name ?? "entity \(entity)"
            throw HostError(code: BH_NOT_FOUND, message: "there is no \(name) \(record)")
          }
          for index in wanted.indices {
            let value = row.values.first { $0.field == wanted[index].field }?.value ?? .null
            wanted[index].value = try run.export(value)
          }
          version?.pointee = row.version
        }
      }
    },
    find: { ctx, entity, match, records, capacity, count in
      HostCall.with(ctx, bhrt_memory_suspend(), stale: BH_STALE) { run in
        run.work { (facade) throws(HostError) in
          guard let match, let count, records != nil || capacity == 0 else { throw .missingPlace }
          let limit = Int(min(capacity, UInt64(RecordImport.findLimit)))
          let wanted = try RecordImport.assignment(match.pointee, entity, facade.catalogue)
          let ids = try facade.find(entity: entity, match: wanted, limit: limit).prefix(limit)
          for (index, id) in ids.enumerated() { records?[index] = id }
          count.pointee = UInt64(ids.count)
        }
      }
    },
    create: { ctx, entity, values, count, record in
      HostCall.with(ctx, bhrt_memory_suspend(), stale: BH_STALE) { run in
        run.write { (facade) throws(HostError) in
          guard let record else { throw .missingPlace }
          let values = try RecordImport.assignments(values, count, entity, facade.catalogue)
          record.pointee = try facade.create(entity: entity, values: values)
        }
      }
    },
    set: { ctx, entity, record, version, values, count, newVersion in
      HostCall.with(ctx, bhrt_memory_suspend(), stale: BH_STALE) { run in
        run.write { (facade) throws(HostError) in
          let values = try RecordImport.assignments(values, count, entity, facade.catalogue)
          let new = try facade.set(entity: entity, id: record, version: version, values: values)
          newVersion?.pointee = new
        }
      }
    },
    remove: { ctx, entity, record, version in
      HostCall.with(ctx, bhrt_memory_suspend(), stale: BH_STALE) { run in
        run.write { (facade) throws(HostError) in
          try facade.delete(entity: entity, id: record, version: version)
        }
      }
    })
}

extension PluginRun {
  /// A call that waits for nobody.
  fileprivate func records(_ body: (any RecordFacade) throws(HostError) -> Void) -> Int32 {
    guard let context = state.withLock({ $0.context }) else { return BH_STALE }
    do throws(HostError) {
      try body(context.records)
      // What did not work before this is not why the run fails, should it fail.
      state.withLock { $0.failure.forget() }
      return BH_OK
    } catch {
      if error.code == BH_FENCED { stop.raise(BH_STOP_FENCED) }
      // A call that gave up because of the stop says only "cancelled": which stop it was is known here.
      let stopped = StopWord.code(stop.word)
      let code = error.code == BH_CANCELLED && stopped < 0 ? stopped : error.code
      return refuse(code, error.message)
    }
  }

  /// A call that begins work.
  fileprivate func work(_ body: (any RecordFacade) throws(HostError) -> Void) -> Int32 {
    let code = workPoint()
    return code < 0 ? code : records(body)
  }

  /// A call that changes the data model.
  fileprivate func write(_ body: (any RecordFacade) throws(HostError) -> Void) -> Int32 {
    if stop.isFenced { return refuse(BH_FENCED, "this run no longer owns job \(jobID)") }
    return work(body)
  }

  /// The plug-in's array of values to fill.
  fileprivate func places(
    _ values: UnsafeMutablePointer<bh_field_value>?, _ count: UInt64
  ) throws(HostError) -> UnsafeMutableBufferPointer<bh_field_value> {
    guard count <= UInt64(RecordImport.valueLimit), values != nil || count == 0 else { throw .missingPlace }
    return UnsafeMutableBufferPointer(start: values, count: Int(count))
  }

  /// A value as the plug-in reads it; its text lives until the run ends.
  fileprivate func export(_ value: FieldValue) throws(HostError) -> bh_value {
    switch value {
    case .null: return bh_value(type: BH_NULL, reserved: 0, integer: 0, real: 0, text: bh_str())
    case .bool(let flag):
      return bh_value(type: BH_BOOL, reserved: 0, integer: flag ? 1 : 0, real: 0, text: bh_str())
    case .int(let number):
      return bh_value(type: BH_INT, reserved: 0, integer: number, real: 0, text: bh_str())
    case .real(let number):
      return bh_value(type: BH_REAL, reserved: 0, integer: 0, real: number, text: bh_str())
    case .instant(let time):
      return bh_value(type: BH_INSTANT, reserved: 0, integer: time, real: 0, text: bh_str())
    case .ref(let id): return bh_value(type: BH_REF, reserved: 0, integer: id, real: 0, text: bh_str())
    case .string(let string):
      let kept = state.withLock { $0.hasEnded ? nil : $0.memory.keep(string) }
      guard let kept else { throw HostError(code: BH_MEMORY, message: "no memory for a text of a record") }
      return bh_value(type: BH_STRING, reserved: 0, integer: 0, real: 0, text: kept)
    }
  }
}

extension HostError {
  fileprivate static let missingPlace = HostError(
    code: BH_INVALID, message: "a pointer is NULL or a count is beyond \(RecordImport.valueLimit)")
}

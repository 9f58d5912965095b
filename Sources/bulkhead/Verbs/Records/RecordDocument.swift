import DataModel

/// Records as JSON: the one shape in which every verb prints them.
enum RecordDocument {
  static func one(_ record: RecordFacts) -> JSONText { .object(members(record)) }

  /// The same with what `job` did to it.
  static func change(_ record: RecordFacts, of job: Int64) -> JSONText {
    .object([(name: "change", value: .string(RecordText.verb(record, after: job)))] + members(record))
  }

  private static func members(_ record: RecordFacts) -> [(name: String, value: JSONText)] {
    let definition = Catalogue.standard.entity(record.entity)
    let fields = record.row.values.map { value in
      (
        name: definition?.fields[Int(value.field) - 1].name ?? "\(value.field)", value: json(value.value)
      )
    }
    return [
      (name: "entity", value: .string(RecordText.entity(record))),
      (name: "id", value: .integer(record.row.id)),
      (name: "version", value: .integer(record.row.version)),
      (name: "created_by_job", value: .optional(record.createdByJob?.rawValue)),
      (name: "changed_by_job", value: .optional(record.changedByJob?.rawValue)),
      (name: "fields", value: .object(fields)),
    ]
  }

  /// Points in time are texts, as in every other document.
  static func json(_ value: FieldValue) -> JSONText {
    switch value {
    case .null: .null
    case .bool(let flag): .bool(flag)
    case .int(let number), .ref(let number): .integer(number)
    case .real(let number): number.isFinite ? .verbatim(String(number)) : .string(String(number))
    case .string(let text): .string(text)
    case .instant(let time): .string(TimeText.rfc3339(time))
    }
  }

  static func entity(_ entity: EntityDefinition) -> JSONText {
    [
      "name": .string(entity.name), "description": .string(entity.about),
      "fields": .list(entity.fields.map { field(entity, $0) }),
    ]
  }

  private static func field(_ entity: EntityDefinition, _ field: FieldDefinition) -> JSONText {
    var type = field.type.name
    var references: String?
    if case .ref(let target) = field.type { (type, references) = ("reference", target) }
    return [
      "name": .string(field.name), "type": .string(type), "required": .bool(field.isRequired),
      "unique": .bool(entity.isUnique(field)), "references": .optional(references), "default": .null,
      "description": .string(field.about),
    ]
  }
}

/// Records in words, for people. Pure.
enum RecordText {
  static func entity(_ record: RecordFacts) -> String {
    Catalogue.standard.entity(record.entity)?.name ?? "entity \(record.entity)"
  }

  static func verb(_ record: RecordFacts, after job: Int64) -> String {
    record.createdByJob?.rawValue == job ? "created" : "changed"
  }

  /// `created server 16777217 (version 1): hostname=web-1, cpus=4`.
  static func line(_ record: RecordFacts, after job: Int64) -> String {
    let fields = fields(record).map { "\($0.name)=\(SafeText.escape($0.text))" }.joined(separator: ", ")
    return "\(verb(record, after: job)) \(entity(record)) \(record.row.id) (version \(record.row.version)): "
      + fields
  }

  /// The fields that are set, in the order of the model; texts as they are.
  static func fields(_ record: RecordFacts) -> [(name: String, text: String)] {
    guard let definition = Catalogue.standard.entity(record.entity) else { return [] }
    return record.row.values.compactMap { value in
      let field = definition.fields[Int(value.field) - 1]
      return value.value == .null ? nil : (field.name, text(value.value))
    }
  }

  static func text(_ value: FieldValue) -> String {
    switch value {
    case .string(let text): text
    case .instant(let time): TimeText.precise(time)
    case .null: ""
    case .bool, .int, .real, .ref: value.shown
    }
  }

  /// One column for each field that is set in one of the records.
  static func table(_ records: [RecordFacts], of definition: EntityDefinition) -> Table {
    let used = definition.fields.indices.filter { index in
      records.contains { $0.row.values[index].value != .null }
    }
    let titles = used.map { index in
      let field = definition.fields[index]
      return (field.type == .int || field.type == .real ? ">" : "") + field.name.uppercased()
    }
    var table = Table([">ID", ">VERSION", ">JOB"] + titles)
    for record in records {
      let job = (record.changedByJob ?? record.createdByJob).map { "\($0)" } ?? ""
      table.add(
        [.init("\(record.row.id)"), .init("\(record.row.version)"), .init(job)]
          + used.map { .init(text(record.row.values[$0].value)) })
    }
    return table
  }

  /// What a job left in the data model, for `jobs show`; nothing when it has none.
  static func written(_ records: [RecordFacts], by job: JobID, limit: Int) -> [String] {
    if records.isEmpty { return [] }
    let lines = records.prefix(limit).map { "  " + SafeText.escape(line($0, after: job.rawValue)) }
    let more = records.count > limit ? ["  … and more"] : []
    return ["", "records"] + lines + more
  }
}

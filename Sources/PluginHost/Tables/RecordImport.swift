import CBulkheadPlugin
import DataModel

/// Values of a plug-in, checked and copied. Types are compared with the catalogue here, so that the message names
/// the field.
enum RecordImport {
  static let valueLimit = 1024
  static let findLimit = 1 << 20
  static let textLimit = 1 << 20

  static func assignments(
    _ values: UnsafePointer<bh_field_value>?, _ count: UInt64, _ entity: UInt32, _ catalogue: Catalogue
  ) throws(HostError) -> [FieldAssignment] {
    guard count <= UInt64(valueLimit), values != nil || count == 0 else {
      throw HostError(code: BH_INVALID, message: "\(count) values, or no place to read them from")
    }
    var all: [FieldAssignment] = []
    for value in UnsafeBufferPointer(start: values, count: Int(count)) {
      all.append(try assignment(value, entity, catalogue))
    }
    return all
  }

  static func assignment(
    _ value: bh_field_value, _ entity: UInt32, _ catalogue: Catalogue
  ) throws(HostError) -> FieldAssignment {
    guard let definition = catalogue.entity(entity) else {
      throw HostError(code: BH_INVALID, message: catalogue.noEntity(entity))
    }
    guard let field = catalogue.field(entity: entity, value.field) else {
      throw HostError(code: BH_INVALID, message: definition.noField(value.field))
    }
    guard let read = read(value.value, field.type) else {
      let isLong = value.value.type == BH_STRING && field.type == .string
      throw HostError(
        code: BH_INVALID,
        message: isLong
          ? "\(definition.name).\(field.name): a text may have \(textLimit) bytes, and this one has "
            + "\(value.value.text.len)"
          : definition.mismatch(field, given: typeName(value.value.type)))
    }
    return FieldAssignment(field: value.field, value: read)
  }

  private static func typeName(_ type: UInt32) -> String {
    switch type {
    case BH_NULL: "null"
    case BH_BOOL: "bool"
    case BH_INT: "int"
    case BH_REAL: "real"
    case BH_STRING: "string"
    case BH_INSTANT: "instant"
    case BH_REF: "reference"
    default: "value of the unknown type \(type)"
    }
  }

  /// The value as the field's type wants it, nil when it is of another one. Texts beyond 1 MiB are refused, not cut.
  private static func read(_ value: bh_value, _ type: FieldType) -> FieldValue? {
    switch (value.type, type) {
    case (BH_NULL, _): .null
    case (BH_BOOL, .bool): .bool(value.integer != 0)
    case (BH_INT, .int): .int(value.integer)
    case (BH_REAL, .real): .real(value.real)
    case (BH_INT, .real): .real(Double(value.integer))
    case (BH_STRING, .string):
      value.text.len <= UInt64(textLimit) ? .string(value.text.text(limit: textLimit)) : nil
    case (BH_INSTANT, .instant): .instant(value.integer)
    case (BH_REF, .ref): .ref(value.integer)
    default: nil
    }
  }
}

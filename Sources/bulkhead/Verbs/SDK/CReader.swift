/// The function that fills a struct of parameters.
enum CReader {
  static func lines(_ name: String, _ fields: [CField]) -> [String] {
    var lines = [
      "/** Fills in `params_out`. BH_OK, or the code of a failure that is said with the parameter's path: return it.",
      " *  Texts have a NUL behind them and are valid until the run ends.",
      " *  @thread any of the run @blocking no @cancelpoint no @owner borrowed @since 1 */",
      "static inline int32_t \(name)_read(bh_ctx *ctx, \(name) *params_out) {",
      "  const bh_params_table *table = bh_params_of(ctx);",
      "  int32_t code;",
      "  memset(params_out, 0, sizeof *params_out);",
    ]
    let test = functions(fields).sorted().map { "!BH_HAS(table, \($0))" }.joined(separator: " || ")
    lines += [
      "  if (\(test))", "    return bh_fail(ctx, BH_UNSUPPORTED, \"this host has no \" BH_PARAMS_ID);",
    ]
    lines += reads(fields, of: "params_out->", indent: "  ")
    return lines + ["  return BH_OK;", "}", ""]
  }

  /// The functions of the table that are used.
  private static func functions(_ fields: [CField]) -> Set<String> {
    fields.reduce(into: []) { names, field in
      if let name = function(field.kind) { names.insert(name) }
      if case .group(let inner) = field.kind { names.formUnion(functions(inner)) }
      if case .group = field.kind, !field.isAlwaysThere { names.insert("count") }
    }
  }

  private static func function(_ kind: CField.Kind) -> String? {
    switch kind {
    case .text: "get_str"
    case .integer: "get_i64"
    case .real: "get_f64"
    case .boolean: "get_bool"
    case .group, .unreadable: nil
    }
  }

  private static func reads(_ fields: [CField], of place: String, indent: String) -> [String] {
    fields.flatMap { field -> [String] in
      if case .group(let inner) = field.kind {
        return group(field, inner, of: place, indent: indent)
      }
      guard let function = function(field.kind) else { return [] }
      let call = "code = table->\(function)(ctx, bh_text(\"\(field.path)\"), &\(place)\(field.name));"
      let refusal = "return bh_fail(ctx, code, \"cannot read the parameter \(field.path)\");"
      if field.isAlwaysThere {
        return [indent + call, indent + "if (code < 0) \(refusal)"]
      }
      return [
        indent + call, indent + "if (code < 0 && code != BH_NOT_FOUND) \(refusal)",
        indent + "\(place)has_\(field.name) = code >= 0;",
      ]
    }
  }

  private static func group(
    _ field: CField, _ inner: [CField], of place: String, indent: String
  ) -> [String] {
    let member = "\(place)\(field.name)."
    if field.isAlwaysThere { return reads(inner, of: member, indent: indent) }
    return [
      indent + "{",
      indent + "  uint64_t count;",
      indent + "  code = table->count(ctx, bh_text(\"\(field.path)\"), &count);",
      indent
        + "  if (code < 0 && code != BH_NOT_FOUND) return bh_fail(ctx, code, \"cannot read the parameter \(field.path)\");",
      indent + "  \(place)has_\(field.name) = code >= 0;",
      indent + "}",
      indent + "if (\(place)has_\(field.name)) {",
    ] + reads(inner, of: member, indent: indent + "  ") + [indent + "}"]
  }
}

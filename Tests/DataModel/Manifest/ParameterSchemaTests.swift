import DataModel
import Testing

@Suite("Parameter schema")
struct ParameterSchemaTests {
  private static let server = """
    {"type": "object", "required": ["name", "disk"], "properties": {
      "name": {"type": "string", "minLength": 2, "maxLength": 8, "pattern": "^[a-z][a-z0-9-]*$"},
      "memory_mib": {"type": "integer", "minimum": 64, "maximum": 4096, "default": 512},
      "ratio": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
      "start": {"type": "boolean", "default": true},
      "size": {"type": "string", "enum": ["small", "large"]},
      "tags": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 3},
      "disk": {"type": "object", "properties": {
        "gib": {"type": "integer"}, "kind": {"type": "string", "default": "ssd"}}, "required": ["gib"]},
      "disks": {"type": "array", "items": {"type": "object", "properties": {"gib": {"type": "integer"}}}},
      "labels": {"type": "object", "additionalProperties": true},
      "ip": {"type": "string", "format": "ipv4"},
      "secret": {"type": "string", "format": "password", "minLength": 3, "enum": ["abc", "abcd"]},
      "version": {"const": 2}
    }}
    """

  private func schema() throws -> ParameterSchema { try ParameterSchema(JSONValue(parsing: Self.server)) }

  private func problems(_ text: String) throws -> [String] {
    try schema().check(JSONValue(parsing: text)).problems.map(\.description)
  }

  @Test("defaults are filled in, also inside given objects, and integers are made whole")
  func defaults() throws {
    let value = try JSONValue(parsing: #"{"name":"web-1","disk":{"gib":4.0}}"#)
    let (filled, problems) = try schema().check(value)
    #expect(problems.isEmpty)
    #expect(
      filled.text == #"{"disk":{"gib":4,"kind":"ssd"},"memory_mib":512,"name":"web-1","start":true}"#)
  }

  @Test(
    "each problem names the field and what was expected",
    arguments: [
      (#""memory_mib":"lots""#, #"memory_mib: expected an integer, got "lots""#),
      (#""memory_mib":1.5"#, "memory_mib: expected an integer, got 1.5"),
      (#""memory_mib":8"#, "memory_mib: has to be 64 or more, is 8"),
      (#""memory_mib":5000"#, "memory_mib: has to be 4096 or less, is 5000"),
      (#""ratio":0"#, "ratio: has to be more than 0, is 0"),
      (#""ratio":1.0"#, "ratio: has to be less than 1, is 1.0"),
      (#""start":1"#, "start: expected true or false, got 1"),
      (#""size":"huge""#, #"size: expected one of "small", "large", got "huge""#),
      (#""tags":[]"#, "tags: has 0 elements, needs 1 at least"),
      (#""tags":["a",2]"#, "tags[1]: expected text, got 2"),
      (#""tags":{}"#, "tags: expected a list, got an object"),
      (#""disks":[{},{"gib":"x"}]"#, #"disks[1].gib: expected an integer, got "x""#),
      (#""ip":"1.2.3.256""#, #"ip: expected an IPv4 address, got "1.2.3.256""#),
      (#""version":3"#, "version: has to be 2, is 3"),
      (#""memory":1"#, #"memory: there is no such parameter; did you mean "memory_mib"?"#),
      (#""size":null"#, "size: expected text, got null"),
      (#""ip":"1.2.3.4\u0000""#, "ip: must not contain a NUL character"),
    ])
  func problem(member: String, message: String) throws {
    #expect(try problems(#"{"name":"web","disk":{"gib":1},\#(member)}"#) == [message])
  }

  @Test("text rules count characters and search the pattern in the whole text")
  func text() throws {
    #expect(try problems(#"{"name":"x","disk":{"gib":1}}"#) == ["name: has 1 characters, needs 2 at least"])
    #expect(
      try problems(#"{"name":"ab\n","disk":{"gib":1}}"#)
        == [#"name: "ab\n" does not match the pattern ^[a-z][a-z0-9-]*$"#])
    let long = try ParameterSchema(JSONValue(parsing: #"{"type":"string","maxLength":2}"#))
    #expect(long.check(.string("é😀")).problems.isEmpty)
    #expect(!long.check(.string("e\u{301}x")).problems.isEmpty, "Unicode scalars are counted")
  }

  @Test("missing ones are named with what they should be")
  func missing() throws {
    #expect(
      try problems("{}")
        == ["name: is missing; expected text", "disk: is missing; expected an object"])
    #expect(try problems(#"{"name":"web","disk":{}}"#) == ["disk.gib: is missing; expected an integer"])
    #expect(try problems("[]") == ["expected an object, got a list"])
  }

  @Test("a password is never shown")
  func password() throws {
    for value in [#""hunter2""#, "\"x\"", "12345"] {
      let all = try problems(#"{"name":"web","disk":{"gib":1},"secret":\#(value)}"#)
      #expect(!all.isEmpty)
      #expect(!all.joined().contains("hunter2") && !all.joined().contains("12345"))
    }
    let (_, wrong) = try schema().coerce(assignments: [("secret.x", "hunter2")])
    #expect(!wrong.isEmpty && !wrong[0].message.contains("hunter2"))
  }

  @Test("numbers compare across their two kinds")
  func numbers() throws {
    let one = try ParameterSchema(JSONValue(parsing: #"{"type":"number","enum":[1, 2.5]}"#))
    #expect(one.check(.real(1)).problems.isEmpty)
    #expect(one.check(.real(2.5)).problems.isEmpty)
    #expect(!one.check(.int(2)).problems.isEmpty)
    let big = try ParameterSchema(JSONValue(parsing: #"{"type":"integer","maximum":9007199254740992}"#))
    #expect(!big.check(.int(9_007_199_254_740_993)).problems.isEmpty, "beyond what a real can tell apart")
  }

  @Test("problems of a huge value are not listed without end")
  func problemLimit() throws {
    let list = try ParameterSchema(JSONValue(parsing: #"{"type":"array","items":{"type":"string"}}"#))
    #expect(list.check(.array(Array(repeating: .int(1), count: 10_000))).problems.count == 50)
  }

  @Test(
    "what the subset does not have is refused with its place",
    arguments: [
      (
        #"{"type":"object","properties":{"a":{"$ref":"x"}}}"#,
        #"p.properties.a.$ref: this host does not know "$ref""#
      ),
      (
        #"{"type":"string","minLenght":1}"#,
        #"p.minLenght: this host does not know "minLenght"; did you mean "minLength"?"#
      ),
      (#"{"type":"text"}"#, #"p.type: there is no type "text""#),
      (#"{"type":["string","null"]}"#, "p.type: expected one of null, boolean, integer"),
      (#"{"type":"string","minimum":1}"#, #"p.minimum: goes with "type": "integer" or "number" only"#),
      (#"{"minLength":1}"#, #"p.type: is missing; "string" is probably meant"#),
      (#"{"type":"string","pattern":"["}"#, #"p.pattern: "[" is not a regular expression"#),
      (#"{"type":"string","format":"emial"}"#, #"p.format: this host does not know "emial""#),
      (#"{"type":"integer","minimum":5,"maximum":4}"#, #"p.maximum: 4 is less than "minimum", which is 5"#),
      (
        #"{"type":"string","minLength":5,"maxLength":4}"#,
        #"p.maxLength: 4 is less than "minLength", which is 5"#
      ),
      (#"{"type":"string","minLength":-1}"#, "p.minLength: has to be from 0 to"),
      (#"{"type":"integer","default":"x"}"#, #"p.default: expected an integer, got "x""#),
      (#"{"type":"integer","default":5,"maximum":4}"#, "p.default: has to be 4 or less, is 5"),
      (#"{"type":"string","enum":["a",1]}"#, "p.enum[1]: expected text, got 1"),
      (#"{"type":"string","enum":[]}"#, "p.enum: has to list one value at least"),
      (#"{"type":"string","enum":["a","a"]}"#, #"p.enum[1]: "a" is given twice"#),
      (
        #"{"type":"object","properties":{"a":{"type":"string"}},"required":["b"]}"#,
        #"p.required: "b" is not in "properties""#
      ),
      (
        #"{"type":"object","properties":{"a.b":{"type":"string"}}}"#,
        "p.properties.a.b: a name has to begin with"
      ),
      (
        #"{"type":"object","additionalProperties":{"type":"string"}}"#,
        "p.additionalProperties: expected true or false"
      ),
      (#"{"type":"array","items":{"type":"nope"}}"#, #"p.items.type: there is no type "nope""#),
      ("[]", "p: expected an object, found a list"),
    ])
  func refused(text: String, message: String) throws {
    let json = try JSONValue(parsing: text)
    let error = #expect(throws: ManifestError.self) { try ParameterSchema(json, path: "p") }
    #expect(error?.description.hasPrefix(message) == true, "\(error?.description ?? "")")
  }

  @Test("text assignments are typed by the schema")
  func coerce() throws {
    let (value, problems) = try schema().coerce(assignments: [
      ("name", "123"), ("memory_mib", "512"), ("ratio", "0.5"), ("start", "false"), ("disk.gib", "20"),
      ("disk.kind", "true"), ("tags", "a"), ("tags", "2"), ("labels.owner", "me"), ("labels.count", "3"),
      ("version", "2"), ("disks", #"[{"gib":1}]"#),
    ])
    #expect(problems.isEmpty)
    #expect(
      value.text
        == #"{"disk":{"gib":20,"kind":"true"},"disks":[{"gib":1}],"labels":{"count":3,"owner":"me"},"#
        + #""memory_mib":512,"name":"123","ratio":0.5,"start":false,"tags":["a","2"],"version":2}"#)
  }

  @Test("assignments go over a whole object, and replace its lists")
  func coerceOver() throws {
    let base = try JSONValue(parsing: #"{"name":"web","disk":{"gib":1,"kind":"hdd"},"tags":["x"]}"#)
    let (value, problems) = try schema().coerce(
      assignments: [("disk.gib", "2"), ("tags", "y"), ("tags", "z")], over: base)
    #expect(problems.isEmpty)
    #expect(value.text == #"{"disk":{"gib":2,"kind":"hdd"},"name":"web","tags":["y","z"]}"#)
  }

  @Test(
    "assignments that do not fit say the field and what was expected",
    arguments: [
      ("memory_mib", "lots", #"memory_mib: expected an integer, got "lots""#),
      ("memory_mib", "1.5", #"memory_mib: expected an integer, got "1.5""#),
      ("ratio", "nan", #"ratio: expected a number, got "nan""#),
      ("start", "yes", #"start: expected true or false, got "yes""#),
      ("disk", "20", #"disk: expected an object, got "20""#),
      ("disk.gibs", "20", #"disk.gibs: there is no such parameter; did you mean "gib"?"#),
      ("name.x", "1", #"name: expected text, which has no part "x""#),
      ("nam", "1", #"nam: there is no such parameter; did you mean "name"?"#),
      ("disks", "x", #"disks[0]: expected an object, got "x""#),
      ("", "x", "there is no such parameter; known are disk, "),
    ])
  func coerceProblem(name: String, text: String, message: String) throws {
    let problems = try schema().coerce(assignments: [(name, text)]).problems.map(\.description)
    #expect(problems.count == 1 && problems[0].hasPrefix(message), "\(problems)")
  }

  @Test("a scalar that is assigned twice is a problem")
  func twice() throws {
    let problems = try schema().coerce(assignments: [("name", "a"), ("name", "b")]).problems
    #expect(problems == [ParameterProblem(path: "name", message: "is given twice")])
  }

  @Test(
    "formats take what they should and nothing else",
    arguments: [
      ("date", ["2026-02-28", "2024-02-29"], ["2026-02-29", "2026-13-01", "26-01-01", "2026-01-00"]),
      (
        "date-time", ["2026-03-31T12:00:00Z", "2026-03-31t23:59:60.5+05:30"],
        ["2026-03-31", "2026-03-31T24:00:00Z"]
      ),
      (
        "hostname", ["a", "web-1.example.org"],
        ["", "-a", "a-", "a..b", "a_b", String(repeating: "a", count: 64)]
      ),
      ("ipv4", ["0.0.0.0", "255.255.255.255"], ["1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.x", "1.2.3.-1"]),
      (
        "ipv6", ["::", "::1", "fe80::1:2", "1:2:3:4:5:6:7:8", "::ffff:1.2.3.4"],
        ["", ":", "1:2:3", "1::2::3", "12345::", "1:2:3:4:5:6:7:8:9", "1.2.3.4", "g::"]
      ),
      ("uri", ["https://example.org/", "qemu:///system"], ["example.org", "http://a b"]),
      (
        "uuid", ["123e4567-e89b-12d3-a456-426614174000"],
        ["123e4567", "123e4567-e89b-12d3-a456-42661417400g"]
      ),
    ])
  func formats(name: String, good: [String], bad: [String]) throws {
    let schema = try ParameterSchema(.object(["type": .string("string"), "format": .string(name)]))
    for text in good { #expect(schema.check(.string(text)).problems.isEmpty, "\(text)") }
    for text in bad { #expect(!schema.check(.string(text)).problems.isEmpty, "\(text)") }
  }
}

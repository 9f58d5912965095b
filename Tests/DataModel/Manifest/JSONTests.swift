import DataModel
import TestSupport
import Testing

@Suite("JSON")
struct JSONTests {
  @Test(
    "values come out as they went in, canonical",
    arguments: [
      ("null", "null"), (" [ 1 , 2.5,\t-0 ]\n", "[1,2.5,0]"), ("{\"b\":1,\"a\":{}}", "{\"a\":{},\"b\":1}"),
      ("9223372036854775807", "9223372036854775807"), ("1e2", "100.0"), ("1.0", "1.0"), ("-0.5E-1", "-0.05"),
      (#""\u0041\n\"\\\/\u00e9\ud83d\ude00""#, "\"A\\n\\\"\\\\/é😀\""), (#""\u0001""#, #""\u0001""#),
      ("\"\u{7f}é漢\"", "\"\u{7f}é漢\""), ("[]", "[]"), ("{}", "{}"), ("true", "true"),
    ])
  func roundTrip(text: String, canonical: String) throws {
    let value = try JSONValue(parsing: text)
    #expect(value.text == canonical)
    #expect(try JSONValue(parsing: value.text) == value)
  }

  @Test("integers and reals are told apart")
  func numbers() throws {
    #expect(try JSONValue(parsing: "4") == .int(4))
    #expect(try JSONValue(parsing: "4.0") == .real(4))
    #expect(try JSONValue(parsing: "4.0").integerValue == 4)
    #expect(try JSONValue(parsing: "4.5").integerValue == nil)
  }

  @Test(
    "what is wrong is said with line and column",
    arguments: [
      ("", "line 1, column 1: expected a value, found the end of the text"),
      ("{\n  \"a\": 1,\n  \"a\": 2}", "line 3, column 3: the member \"a\" is given twice"),
      ("[1 2]", "line 1, column 4: expected ',' or ']', found '2'"),
      ("{a:1}", "line 1, column 2: expected a member name in quotes, found 'a'"),
      ("[1,]", "line 1, column 4: expected a value, found ']'"),
      ("01", "line 1, column 2: a number does not begin with 0"),
      ("1.", "line 1, column 3: expected a digit, found the end of the text"),
      ("-", "line 1, column 2: expected a digit, found the end of the text"),
      ("9223372036854775808", "line 1, column 1: the number 9223372036854775808 does not fit into 64 bits"),
      ("1e999", "line 1, column 1: the number 1e999 does not fit into 64 bits"),
      ("nul", "line 1, column 1: expected a value, found 'n'"),
      ("\"a", "line 1, column 3: the text ends inside quotes"),
      ("\"\n\"", "line 1, column 2: a control character has to be written as \\u00XX"),
      (#""\x""#, #"line 1, column 3: unknown escape \'x'"#),
      (#""\ud800""#, "line 1, column 8: half of a surrogate pair"),
      (#""\ude00""#, "line 1, column 8: half of a surrogate pair"),
      ("1 x", "line 1, column 3: expected the end of the text, found 'x'"),
      ("\u{0}", "line 1, column 1: expected a value, found byte 0"),
    ])
  func errors(text: String, message: String) {
    let error = #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
    #expect(error?.description == message)
  }

  @Test("depth, size and encoding are limited")
  func limits() throws {
    let deepest = String(repeating: "[", count: 65) + String(repeating: "]", count: 65)
    #expect(throws: Never.self) { try JSONValue(parsing: deepest) }
    let deeper = String(repeating: "[", count: 100_000)
    let error = #expect(throws: JSONError.self) { try JSONValue(parsing: deeper) }
    #expect(error?.message == "nested deeper than 64 levels")
    #expect(throws: JSONError.self) { try JSONValue(parsing: "[1,2]", sizeLimit: 4) }
    #expect(throws: JSONError.self) { try JSONValue(parsing: [0x22, 0xC3, 0x22]) }
    #expect(throws: JSONError.self) { try JSONValue(parsing: [0x22, 0xED, 0xA0, 0x80, 0x22]) }
  }

  @Test("damaged text never crashes the reader, and what is taken reads back the same")
  func fuzz() throws {
    let seed = UInt64(20_260_331)
    var random = SplitMix64(seed: seed)
    let start = Array(#"{"a":[1,-2.5e3,"x\u00e9\n",null,true],"b":{"c":{},"d":"\ud83d\ude00é"}}"#.utf8)
    let alphabet = Array(#"{}[]",:\u0123456789eE+-.truefalsn \#n\#u{0}é"#.utf8)
    var taken = 0
    for round in 0..<20_000 {
      var bytes = start
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: bytes[place] = alphabet.randomElement(using: &random) ?? 0
        case 1: bytes.remove(at: place)
        default: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
        }
      }
      guard let value = try? JSONValue(parsing: bytes) else { continue }
      taken += 1
      #expect(try JSONValue(parsing: value.text) == value, "seed \(seed), round \(round)")
    }
    #expect(taken > 100, "the mutations have to leave some texts valid")
  }
}

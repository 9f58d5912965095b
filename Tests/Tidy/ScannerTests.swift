import Testing

@Suite("What is code and what is a function")
struct ScannerTests {
  @Test(
    "comments, strings and regular expressions are no code",
    arguments: [
      ("a // {", "a"), ("a /* { /* } */ { */ b", "a  b"), ("a \"{ \\\" {\" b", "a  b"),
      ("a \"x \\(f(\"{\")) {\" b", "a  b"), ("a #\"{ \\\" \"# b", "a b"), ("a ##\"{ \"# {\"## b", "a  b"),
      ("a = /\\/{\"/ b", "a =  b"), ("a = #/\"{/# b", "a =  b"), ("a / b / c", "a / b / c"),
      ("#if a {", "#if a {"), ("\"\"\"\n { \" {\n \"\"\" b", " b"), ("\"open\n{ b", " { b"),
    ])
  func swiftCode(source: String, code: String) {
    let scanned = SourceFile("A.swift", source).code.joined(separator: " ")
    #expect(squeezed(scanned) == squeezed(code))
  }

  @Test(
    "the same in C, where comments do not nest",
    arguments: [
      ("a /* { /* */ b", "a b"), ("a '{' b '\\'' c", "a b c"), ("a \"{ \\\" {\" b", "a b"), ("a // {", "a"),
      ("a \"x \\(\" b", "a b"),
    ])
  func cCode(source: String, code: String) {
    let scanned = SourceFile("a.c", source).code.joined(separator: " ")
    #expect(squeezed(scanned) == squeezed(code))
  }

  @Test("lines stay where they are, and comment lines are known")
  func linesStay() {
    let file = SourceFile("A.swift", "let a = 1 // one\n/* two\nthree */\nlet b = \"// no\"\n")
    #expect(file.code.count == file.lines.count)
    #expect(file.commentLines == [1, 2, 3])
  }

  @Test("functions are found whatever stands around them")
  func functions() throws {
    let source = """
      struct A: B {
        let stored = 1
        var computed: Int { stored }
        @Test("x", arguments: [1, 2]) private static func one(
          _ change: (inout Int) -> Void = { _ in }
        ) -> Int {
          let closure = { func inner() { } }
        }
        class func two() { }
        enum Inner {
          case a
          init?(x: Int) {
          }
        }
      }
      protocol P { func nothing() ; var a: Int { get } }
      extension A { deinit { } }
      """
    let found = try #require(FunctionFinder.functions(in: SourceFile("A.swift", source)))
    #expect(found.map { "\($0.firstLine)-\($0.lastLine)" } == ["3-3", "4-8", "9-9", "12-13", "17-17"])
  }

  @Test("C functions are found, tables, types and macros are none")
  func cFunctions() throws {
    let source = """
      #define A(x) int x(void) { \\
        return 1; \\
      }
      extern "C" {
      typedef struct t { int a; } t;
      static const t table[] = {
        {1}, {2},
      };
      BH_MANIFEST({ "id": "a", "list": [{ }] });
      /* doc */
      static inline int
      f(int a) {
        if (a) { return 1; }
        return 0;
      }
      BH_PLUGIN(table)
      /* doc */
      int g(void) { return 2; }
      }
      """
    let found = try #require(FunctionFinder.functions(in: SourceFile("a.c", source)))
    #expect(found.map { "\($0.firstLine)-\($0.lastLine)" } == ["11-15", "18-18"])
  }

  private func squeezed(_ text: String) -> String {
    text.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
  }
}

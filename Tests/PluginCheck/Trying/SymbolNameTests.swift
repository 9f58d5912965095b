import Testing

@testable import PluginCheck

@Suite("Names of functions")
struct SymbolNameTests {
  @Test("mangled names become readable, others stay")
  func readable() {
    #expect(SymbolName.readable("act") == "act")
    #expect(SymbolName.readable("_ZN3web4copyERKi") == "web::copy(int const&)")
    #expect(SymbolName.readable("_Znonsense") == "_Znonsense")
    #expect(
      SymbolName.readable("$sSS9hasPrefixySbSSF") == "Swift.String.hasPrefix(Swift.String) -> Swift.Bool")
    #expect(SymbolName.readable("$snonsense!") == "$snonsense!")
  }

  @Test("in a place a Swift function is its type and its name")
  func short() {
    #expect(SymbolName.short("$sSS9hasPrefixySbSSF") == "String.hasPrefix")
    #expect(SymbolName.short("_ZN3web4copyERKi") == "web::copy(int const&)")
    #expect(SymbolName.short("bh_alloc") == "bh_alloc")
  }
}

import CBulkheadPlugin
import Testing

@testable import PluginHost

@Suite("Words of a failure")
struct FailureWordsTests {
  @Test(
    "what the plug-in says and why the host refused become one sentence that says nothing twice",
    arguments: [
      (
        "cannot make a server: invalid", "server.hostname is required", BH_INVALID,
        "cannot make a server: server.hostname is required"
      ),
      (
        "cannot begin", "the parameter \"gone\" was not given", BH_NOT_FOUND,
        "cannot begin: the parameter \"gone\" was not given"
      ),
      (
        "the parameter gone was not given", "the parameter \"gone\" was not given", BH_NOT_FOUND,
        "the parameter \"gone\" was not given"
      ),
      (
        "there is no entity \"x\"", "there is no entity \"x\". There are: a, b", BH_NOT_FOUND,
        "there is no entity \"x\". There are: a, b"
      ),
      (
        "no luck: there is no server 5", "there is no server 5", BH_NOT_FOUND, "no luck: there is no server 5"
      ),
      ("", "there is no server 5", BH_NOT_FOUND, "there is no server 5"),
      (
        "cannot read the parameter int", "the parameter \"int\" was not given", BH_NOT_FOUND,
        "the parameter \"int\" was not given"
      ),
      ("a\nb", "c", BH_IO, "a\nb\nc"), ("It failed.", "c", BH_IO, "It failed: c"),
      ("cannot write (-6)", "it is taken", BH_CONFLICT, "cannot write (-6): it is taken"),
      ("cannot write: -6", "it is taken", BH_CONFLICT, "cannot write: it is taken"),
    ])
  func join(line: String, cause: String, code: Int32, joined: String) {
    #expect(FailureWords.join(line, cause, code: code) == joined)
  }
}

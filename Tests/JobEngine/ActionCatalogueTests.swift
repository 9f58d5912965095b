import DataModel
import JobEngine
import Storage
import Testing

/// Names that people type, and what they mean.
@Suite struct ActionCatalogueTests {
  static func file(_ id: String, _ actions: [String], _ state: PluginFile.State = .active) -> PluginFile {
    let list = actions.map {
      "{\"name\":\"\($0)\",\"kind\":\"action\",\"parameters\":{\"type\":\"object\",\"properties\":{\"n\":{\"type\":\"integer\",\"minimum\":1},\"who\":{\"type\":\"string\",\"default\":\"me\"}},\"required\":[\"n\"]}}"
    }
    let manifest =
      "{\"id\":\"\(id)\",\"version\":\"1.0.0\",\"abi\":{\"built\":1,\"min_host\":1},\"actions\":[\(list.joined(separator: ","))]}"
    return PluginFile(
      file: id + ".so", state: state, pluginID: id, version: "1.0.0", sha256: "abc", manifest: manifest)
  }

  static func catalogue(_ files: PluginFile...) -> ActionCatalogue {
    ActionCatalogue(PluginList(revision: 1, files: files, reports: []))
  }

  private func code(_ body: () throws(EngineError) -> Void) -> EngineError.Code? {
    do throws(EngineError) { try body() } catch { return error.code }
    return nil
  }

  @Test("a full name is found, a short one while exactly one plug-in has it")
  func names() throws {
    let catalogue = Self.catalogue(Self.file("a", ["one", "both"]), Self.file("b", ["both"]))
    #expect(try catalogue.resolve("a:one").kind == JobKind(plugin: "a", action: "one"))
    #expect(try catalogue.resolve("one").kind == JobKind(plugin: "a", action: "one"))
    #expect(try catalogue.resolve("b:both").kind == JobKind(plugin: "b", action: "both"))
    #expect(code { () throws(EngineError) in _ = try catalogue.resolve("both") } == .ambiguousAction)
    #expect(code { () throws(EngineError) in _ = try catalogue.resolve("a:none") } == .unknownAction)
    #expect(code { () throws(EngineError) in _ = try catalogue.resolve("") } == .unknownAction)
  }

  @Test("a plug-in that was removed is told from one that never was")
  func removed() {
    let catalogue = Self.catalogue(Self.file("a", ["one"], .removed))
    do throws(EngineError) {
      _ = try catalogue.resolve("a:one")
      Issue.record("a removed plug-in was found")
    } catch {
      #expect(error.message.contains("removed"))
    }
  }

  @Test("a submission is typed by the schema, its defaults filled in, and problems name their field")
  func submissions() throws {
    let entry = try Self.catalogue(Self.file("a", ["one"])).resolve("a:one")
    let request = try Submission(action: "one", assignments: [(name: "n", text: "5")]).request(for: entry)
    #expect(request.params == "{\"n\":5,\"who\":\"me\"}")
    for (assignments, path) in [([], "n"), ([("n", "0")], "n"), ([("n", "1"), ("x", "2")], "x")] {
      do throws(EngineError) {
        let pairs = assignments.map { (name: $0.0, text: $0.1) }
        _ = try Submission(action: "one", assignments: pairs).request(for: entry)
        Issue.record("\(assignments) was taken")
      } catch {
        #expect(error.code == .invalidParameters)
        #expect(error.problems.contains { $0.path.contains(path) }, "\(error.problems)")
      }
    }
  }
}

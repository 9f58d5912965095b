import Foundation
import PluginHost
import TestSupport
import Testing

@Suite("File rules")
struct FileRulesTests {
  private let folder: TemporaryFolder
  private let rules = FileRules()

  init() throws { folder = try TemporaryFolder() }

  private func file(mode: UInt32) throws -> String {
    let path = try folder.write(Data("x".utf8), as: "a.so")
    chmod(path, mode)
    return path
  }

  private func objection(_ body: () throws(Objection) -> Void) -> Objection? {
    do throws(Objection) {
      try body()
      return nil
    } catch {
      return error
    }
  }

  private func ofFile(_ path: String) -> Objection? {
    objection { () throws(Objection) in close(try rules.open(path)) }
  }

  private func ofFolder(_ path: String, mayBeMissing: Bool = false) -> Objection? {
    objection { () throws(Objection) in try rules.checkFolder(path, mayBeMissing: mayBeMissing) }
  }

  @Test("a file of ours in a folder of ours is fine, also below a sticky folder")
  func good() throws {
    #expect(ofFile(try file(mode: 0o644)) == nil)
    #expect(ofFile(try file(mode: 0o755)) == nil)
    #expect(ofFolder(folder.path) == nil, "/tmp is sticky")
    #expect(ofFolder("/usr/lib") == nil)
  }

  @Test("a file that everybody may write is refused with its cure")
  func worldWritable() throws {
    let path = try file(mode: 0o666)
    #expect(
      ofFile(path)?.description
        == "it may be written by everybody (mode 666); run \"chmod o-w \(path)\"")
  }

  @Test("a file that a foreign group may write is refused, one of the owner's own group passes")
  func groupWritable() throws {
    let path = try file(mode: 0o664)
    if geteuid() == 0 {
      #expect(ofFile(path) == nil, "root's own group has no other members")
      chown(path, 0, 2)
      chmod(path, 0o664)
    } else {
      return  // Only root can give a file to a group that is not his.
    }
    #expect(
      ofFile(path)?.description == "it may be written by the group bin (mode 664); run \"chmod g-w \(path)\"")
  }

  @Test("a folder that others may write is refused, wherever on the way it stands")
  func folders() throws {
    let inner = folder.path + "/inner"
    mkdir(inner, 0o755)
    chmod(inner, 0o777)
    #expect(
      ofFolder(inner)?.description
        == "its folder \(inner) may be written by everybody (mode 777); run \"chmod o-w \(inner)\"")
    mkdir(inner + "/deep", 0o755)
    #expect(ofFolder(inner + "/deep")?.rule.hasPrefix("the folder \(inner) above it may be written") == true)
    chmod(inner, 0o1777)
    #expect(ofFolder(inner + "/deep") == nil)
  }

  @Test("folders are followed through symbolic links, and a ring of links has an end")
  func links() throws {
    let open = folder.path + "/open"
    mkdir(open, 0o755)
    mkdir(open + "/plugins", 0o755)
    symlink("open/plugins", folder.path + "/link")
    #expect(ofFolder(folder.path + "/link") == nil)
    #expect(ofFolder(folder.path + "/open/../link/.") == nil)
    chmod(open, 0o777)
    #expect(ofFolder(folder.path + "/link")?.rule.contains("\(open) above it may be written") == true)
    symlink("ring", folder.path + "/ring")
    #expect(ofFolder(folder.path + "/ring")?.rule.contains("more than 40 symbolic links") == true)
    #expect(ofFolder(folder.path + "/nothing")?.rule.contains("is not there") == true)
  }

  @Test("what is missing may stay so only where nobody else can make it")
  func missing() throws {
    #expect(ofFolder(folder.path + "/nothing/lib", mayBeMissing: true) == nil)
    #expect(
      ofFolder("/tmp/no-such-folder-here/lib", mayBeMissing: true)?.rule
        == "anybody could make what is missing in /tmp")
  }

  @Test("only regular files are opened")
  func kinds() throws {
    let path = folder.path + "/b.so"
    mkfifo(path, 0o644)
    #expect(ofFile(path)?.description == "it is not a regular file; put a regular file here")
    unlink(path)
    mkdir(path, 0o755)
    #expect(ofFile(path)?.rule == "it is a folder, not a file")
    rmdir(path)
    symlink(try file(mode: 0o644), path)
    #expect(ofFile(path)?.rule == "it is a symbolic link, and what it points to can change unseen")
    unlink(path)
    #expect(ofFile(path)?.rule.contains("is not there") == true)
  }

  @Test("a file that is far too large is refused")
  func size() throws {
    let path = try file(mode: 0o644)
    truncate(path, Int(FileRules.sizeLimit) + 1)
    #expect(ofFile(path)?.rule == "it has 256 MiB, more than the limit of 256")
    truncate(path, Int(FileRules.sizeLimit))
    #expect(ofFile(path) == nil)
  }

  @Test(
    "files and folders of strangers are refused",
    .enabled(if: geteuid() == 0, "needs root to give files away"))
  func owners() throws {
    let path = try file(mode: 0o644)
    chown(path, 12345, 0)
    #expect(
      ofFile(path)?.description
        == "it belongs to user 12345, who is neither root nor root, the user of serve; run \"chown root \(path)\" after checking what it is"
    )
    #expect(objection { () throws(Objection) in close(try FileRules(user: 12345).open(path)) } == nil)
    let inner = folder.path + "/theirs"
    mkdir(inner, 0o755)
    chown(inner, 12345, 0)
    #expect(ofFolder(inner)?.rule.hasPrefix("its folder \(inner) belongs to user 12345") == true)
    symlink("/usr/lib", folder.path + "/lib")
    lchown(folder.path + "/lib", 12345, 0)
    #expect(ofFolder(folder.path + "/lib")?.rule.hasPrefix("the link \(folder.path)/lib on the way") == true)
  }

  @Test("a folder that the way only goes through and leaves again may be written by others")
  func left() throws {
    let open = folder.path + "/open"
    let closed = folder.path + "/closed"
    mkdir(open, 0o755)
    mkdir(closed, 0o755)
    chmod(open, 0o777)
    #expect(ofFolder(open + "/../closed") == nil)
    #expect(ofFolder(open + "/./../closed") == nil)
    #expect(ofFolder(open + "/.") != nil, "it is the folder itself")
    // By way of a link the parent is another one.
    symlink(open, closed + "/link")
    #expect(ofFolder(closed + "/link/../closed") == nil)
    #expect(ofFolder(closed + "/link/../open")?.rule.contains("may be written by everybody") == true)
  }

  @Test("a relative path is one from the current folder, with its leading dots taken off")
  func absolute() {
    let current = FileManager.default.currentDirectoryPath
    #expect(FolderPath.absolute("/a/../b") == "/a/../b")
    #expect(FolderPath.absolute("x/y.so") == current + "/x/y.so")
    #expect(FolderPath.absolute("./x") == current + "/x")
    #expect(FolderPath.absolute("../x/../y") == FolderPath.parent(of: current) + "/x/../y")
    #expect(FolderPath.absolute(String(repeating: "../", count: 50) + "x") == "/x")
    #expect(FolderPath.absolute("..") == FolderPath.parent(of: current))
  }
}

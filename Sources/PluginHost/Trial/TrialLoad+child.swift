package import CBulkheadPlugin
import CProcess
import DataModel
import Glibc

extension TrialLoad {
  private static let nobody: UInt32 = 65534
  /// Longer than any limit of the parent's.
  private static let trialAlarmSeconds: UInt32 = 30

  /// The child's side: gives up its rights, loads the open file, calls its entry and prints what came of it.
  /// `name`: the descriptor is a folder, and the plug-in the file of that name in it.
  /// The caller ends the process at once with what this returns, without running destructors.
  package static func runChild(fd: Int32, name: String? = nil, host: UnsafePointer<bh_host>) -> Int32 {
    // What the plug-in prints goes to the error pipe; only we know the number of the report's.
    let report = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 100)
    dup2(STDERR_FILENO, STDOUT_FILENO)
    // Should whoever waits for us be killed, nobody ends a plug-in that hangs: the kernel does, a little later.
    alarm(trialAlarmSeconds)
    do throws(Objection) {
      try giveUpRights()
      // By the descriptor, whoever may not walk the folders above it; $ORIGIN means the open folder then.
      let path = "/proc/self/fd/\(fd)" + (name.map { "/" + $0 } ?? "")
      let manifest = try manifest(path)
      say(TrialReport.line(.constructors), to: report)
      guard let library = dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
        throw LoaderMessage.objection(dlerror().map { String(cString: $0) } ?? "", path: path)
      }
      say(TrialReport.line(.entry), to: report)
      _ = try PluginEntry(library, host: host, manifest: manifest)
      say(TrialReport.loadedLine, to: report)
    } catch {
      say(TrialReport.line(error), to: report)
    }
    return 0
  }

  /// Root becomes nobody; everybody gets limits and can gain no rights any more.
  private static func giveUpRights() throws(Objection) {
    limitMemory(bytes: 64 << 30)
    _ = cprocess_lower_limit(Int32(RLIMIT_CPU.rawValue), 15)
    _ = cprocess_lower_limit(Int32(RLIMIT_NOFILE.rawValue), 256)
    _ = cprocess_lower_limit(Int32(RLIMIT_FSIZE.rawValue), 16 << 20)
    if geteuid() == 0 {
      guard setgroups(0, nil) == 0, setgid(nobody) == 0, setuid(nobody) == 0 else {
        throw Objection(
          "its trial load could not give up root's rights (\(String(cString: strerror(errno))))",
          cure: "run serve as an ordinary user, or with CAP_SETUID and CAP_SETGID")
      }
    }
    guard cprocess_no_new_privileges() == 0 else {
      throw Objection(
        "its trial load could not forbid itself new rights (\(String(cString: strerror(errno))))",
        cure: "run a kernel that has PR_SET_NO_NEW_PRIVS")
    }
    // A crash has to look like one: no handler of this program may catch it.
    for number in [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS, SIGALRM] {
      signal(number, SIG_DFL)
    }
    // Should the parent die, nobody else would end a constructor that hangs.
    alarm(60)
  }

  /// For a process that tries a plug-in: no core dumps, and so much address space beside what it has already. Be
  /// generous: runtimes reserve it without using it.
  package static func limitMemory(bytes: UInt) {
    _ = cprocess_lower_limit(Int32(RLIMIT_CORE.rawValue), 0)
    _ = cprocess_lower_limit(Int32(RLIMIT_AS.rawValue), addressSpace() + bytes)
  }

  /// Bytes of address space that this process has reserved; 0 when it cannot be told.
  private static func addressSpace() -> UInt {
    guard let file = fopen("/proc/self/statm", "re") else { return 0 }
    defer { fclose(file) }
    var text = [CChar](repeating: 0, count: 64)
    guard fgets(&text, Int32(text.count), file) != nil else { return 0 }
    return strtoul(text, nil, 10) * UInt(getpagesize())
  }

  private static func manifest(_ path: String) throws(Objection) -> Manifest {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileRules.unreadable(path, errno) }
    defer { close(descriptor) }
    let file = try ELFFile(ByteSource(descriptor: descriptor))
    return try PluginFacts.manifest(of: file)
  }

  private static func say(_ line: String, to descriptor: Int32) {
    var bytes = Array(line.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return }
      bytes = bytes.dropFirst(count)
    }
  }
}

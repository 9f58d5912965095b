import FuzzTargets
import Glibc

/// What libFuzzer calls for each input. `BULKHEAD_FUZZ_TARGET` says which reader is meant.
private let target: FuzzTarget = {
  let name = getenv("BULKHEAD_FUZZ_TARGET").map { String(cString: $0) } ?? ""
  guard let target = FuzzTarget(rawValue: name) else {
    let known = FuzzTarget.allCases.map(\.rawValue).joined(separator: ", ")
    say("BULKHEAD_FUZZ_TARGET has to be one of \(known), not \"\(name)\"")
    exit(64)
  }
  return target
}()

/// libFuzzer's own way in, for programs that have a main function already.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
  _ count: UnsafeMutablePointer<Int32>,
  _ words: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
  _ callback: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
) -> Int32

/// The package manager names a program's entry so; libFuzzer's main function is left out of the link by that.
@_cdecl("fuzz_main")
public func main(_ count: Int32, _ words: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> Int32 {
  var (count, words) = (count, words)
  return runDriver(&count, &words, testOneInput)
}

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  do {
    try target.run([UInt8](UnsafeBufferPointer(start: start, count: count)))
  } catch {
    say("\(error)")
    abort()
  }
  return 0
}

private func say(_ text: String) {
  let line = Array((text + "\n").utf8)
  _ = write(STDERR_FILENO, line, line.count)
}

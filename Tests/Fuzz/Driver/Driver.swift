import FuzzTargets
import Glibc

/// What libFuzzer calls for each input. `BULKHEAD_FUZZ_TARGET` says which reader is meant.
private let target: FuzzTarget = {
  let name = getenv("BULKHEAD_FUZZ_TARGET").map { String(cString: $0) } ?? ""
  guard let target = FuzzTarget(rawValue: name) else {
    let known = FuzzTarget.allCases.map(\.rawValue).joined(separator: ", ")
    fputs("BULKHEAD_FUZZ_TARGET has to be one of \(known), not \"\(name)\"\n", stderr)
    exit(64)
  }
  return target
}()

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  do {
    try target.run([UInt8](UnsafeBufferPointer(start: start, count: count)))
  } catch {
    fputs("\(error)\n", stderr)
    abort()
  }
  return 0
}

import PluginHost

/// Whose code a crash happened in.
enum CrashSite {
  /// The plug-in's own, or a function of libc that was given something wrong.
  case plugin
  /// A library's that does not stand it either: nothing that the plug-in's author could mend.
  case library(String)

  /// Frames innermost first. Those of functions that only do what they are told say nothing.
  init(_ frames: [CodePlace]) {
    for frame in frames {
      let name = frame.module.split(separator: "/").last.map(String.init) ?? frame.module
      if Self.isPlugin(frame) { break }
      let isOfC = ["libc.so", "libstdc++.so", "libgcc_s.so", "ld-linux"].contains { name.hasPrefix($0) }
      if Self.tellsNothing(frame.symbol, isOfC: isOfC) { continue }
      self = .library(name)
      return
    }
    self = .plugin
  }

  /// The child knows the file that is tried by its descriptor, and by its path when it is a folder's.
  static func isPlugin(_ frame: CodePlace) -> Bool {
    frame.module.hasPrefix("/proc/") && frame.module.contains("/fd/")
  }

  private static let obedient: Set = [
    "malloc", "calloc", "realloc", "free", "cfree", "abort", "raise", "gsignal", "puts", "fputs", "fwrite",
    "atoi",
    "atol", "qsort", "setenv", "getenv", "open", "open64", "close", "read", "write",
  ]
  private static let obedientPrefixes = [
    "mem", "str", "stp", "wcs", "wmem", "__mem", "__str", "printf", "fprintf", "vfprintf", "vsnprintf",
    "snprintf", "sprintf", "__printf", "__snprintf", "__vsnprintf", "__sprintf", "__fprintf", "_Zn", "_Zd",
    "__cxa_",
    "_ZSt", "__gxx_", "_Unwind_",
  ]

  private static func tellsNothing(_ symbol: String, isOfC: Bool) -> Bool {
    // Inner functions of libc have no name here.
    if symbol.isEmpty { return isOfC }
    return obedient.contains(symbol) || obedientPrefixes.contains { symbol.hasPrefix($0) }
  }
}

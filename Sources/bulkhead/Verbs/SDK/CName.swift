/// Names of the manifest as C identifiers.
enum CName {
  /// A name for a struct's member. What C and C++ keep for themselves gets a '_' at its end; names in capitals,
  /// which macros may have, become lower case.
  static func member(_ name: String) -> String {
    var text = part(name)
    if text.contains(where: \.isUppercase), !text.contains(where: \.isLowercase) { text = text.lowercased() }
    if text.hasPrefix("_") { text = "p" + text }
    return reserved.contains(text) ? text + "_" : text
  }

  /// A piece of a longer name: whatever a C name cannot have becomes '_'.
  static func part(_ name: String) -> String {
    String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
  }

  /// Keywords of C11 to C++20, and lower-case macros of the system's headers and of GNU C.
  private static let reserved: Set<String> = Set(
    """
    auto break case char const continue default do double else enum extern float for goto if inline int long register
    restrict return short signed sizeof static struct switch typedef union unsigned void volatile while
    alignas alignof and and_eq asm bitand bitor bool catch char8_t char16_t char32_t class co_await co_return co_yield
    compl concept consteval constexpr constinit const_cast decltype delete dynamic_cast explicit export false friend
    mutable namespace new noexcept not not_eq nullptr operator or or_eq private protected public reinterpret_cast
    requires static_assert static_cast template this thread_local throw true try typeid typename typeof typeof_unqual
    using virtual wchar_t xor xor_eq
    complex errno i386 imaginary linux noreturn stderr stdin stdout unix st_atime st_ctime st_mtime h_addr
    """.split(whereSeparator: \.isWhitespace).map(String.init))
}

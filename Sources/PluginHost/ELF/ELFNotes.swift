import DataModel

/// The notes of an ELF file: `{name size, text size, type}`, name and text each padded to 4 bytes (8 in
/// segments that say so).
enum ELFNotes {
  private static let name = Array("Bulkhead\0".utf8)
  private static let manifestType: UInt32 = 1
  /// A linker writes a handful.
  private static let noteLimit = 10_000

  /// The texts of all manifest notes in file order, without the closing NUL.
  static func manifests(_ source: ByteSource, _ segments: [ELFSegment]) throws(Objection) -> [String] {
    var found: [UInt64: String] = [:]
    var count = 0
    for segment in segments where segment.type == ELFSegment.note {
      let alignment: UInt64 = segment.alignment == 8 ? 8 : 4
      var offset = segment.offset
      let end = segment.offset + segment.size  // inside the file: checked with the headers
      while offset < end, count < noteLimit, let header = source.record(at: offset, count: 12) {
        count += 1
        let nameSize = UInt64(header.u32(0))
        let textSize = UInt64(header.u32(4))
        let textStart = offset + padded(12 + nameSize, alignment)
        if header.u32(8) == manifestType, nameSize == name.count,
          source.bytes(at: offset + 12, count: nameSize) == name
        {
          found[offset] = try text(source, at: textStart, size: textSize)
        }
        offset = textStart + padded(textSize, alignment)
      }
    }
    return found.sorted { $0.key < $1.key }.map(\.value)
  }

  private static func text(_ source: ByteSource, at offset: UInt64, size: UInt64) throws(Objection) -> String
  {
    guard size <= UInt64(Manifest.sizeLimit) else {
      throw Objection(
        "its manifest has \(size) bytes, more than the limit of \(Manifest.sizeLimit)",
        cure: "make the manifest shorter")
    }
    guard var bytes = source.bytes(at: offset, count: size) else {
      throw Objection(
        "its manifest note reaches behind its end", cure: "copy it here again, or build it again")
    }
    while bytes.last == 0 { bytes.removeLast() }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw Objection("its manifest is not UTF-8 text", cure: "save the source that has BH_MANIFEST as UTF-8")
    }
    return text
  }

  private static func padded(_ size: UInt64, _ alignment: UInt64) -> UInt64 {
    (size + alignment - 1) & ~(alignment - 1)
  }
}

extension ELFFile {
  /// The manifests in the bytes of one note segment, as they are found in a whole file.
  package static func manifests(inNotes bytes: [UInt8]) throws(Objection) -> [String] {
    try ELFNotes.manifests(ByteSource(bytes), [ELFSegment(notesOf: UInt64(bytes.count))])
  }
}

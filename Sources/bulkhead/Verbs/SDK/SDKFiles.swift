import CSDKFiles

/// The files of the plug-in SDK that the command carries, so that a project can be made wherever the command runs.
enum SDKFiles {
  struct File: Sendable {
    /// From PluginSDK on: "include/bulkhead/all.h".
    let path: String
    let text: String
  }

  static let all: [File] = (0..<bhsdk_file_count()).compactMap { index in
    guard let file = bhsdk_file_at(index)?.pointee else { return nil }
    // SAFETY: `size` bytes stand at `bytes`, in the command's own read-only data.
    let bytes = UnsafeBufferPointer(start: file.bytes, count: file.size)
    return File(path: String(cString: file.path), text: String(decoding: bytes, as: UTF8.self))
  }

  /// The files below a folder, their paths from there on.
  static func under(_ folder: String) -> [File] {
    all.filter { $0.path.hasPrefix(folder + "/") }.map {
      File(path: String($0.path.dropFirst(folder.count + 1)), text: $0.text)
    }
  }

  /// The JSON Schema of a manifest.
  static let manifestSchema = all.first { $0.path == "manifest.schema.json" }?.text ?? ""
}

import Glibc
import Text

/// The files by which Tini Console sees that a domain is ours: `/tiki-validation-code/ID/auth.txt` (Tiki's page "Đăng ký
/// tên miền"). One comes from the settings, any number from a folder, where they have the same names.
struct DomainValidation: Sendable {
    /// Bytes of a file. Tiki does not say how long one is; it is a line of text.
    static let maxBytes = 4_096
    private static let beginning = "/tiki-validation-code/"
    private static let end = "/auth.txt"

    /// The file from the settings.
    struct File: Sendable {
        /// The random name in the address that Tini Console shows.
        var id: String
        var text: String
    }

    var given: File?
    /// Looked into at each request, so that a new file needs no restart. nil if there is none.
    var folder: String?

    /// The path of a file, such as `/tiki-validation-code/J9jcjJnnkji7AoVK/auth.txt`
    static func path(id: String) -> String { "\(beginning)\(id)\(end)" }

    /// The id in a path, or nil if the path is not one of such a file. An id cannot lead anywhere else in the file system.
    static func id(inPath path: String) -> String? {
        guard path.hasPrefix(beginning), path.hasSuffix(end) else { return nil }
        let id = String(path.dropFirst(beginning.count).dropLast(end.count))
        return isID(id) && path == Self.path(id: id) ? id : nil
    }

    /// Whether it can be an id: 1 to 128 letters, digits, `-` and `_`. Tiki's page shows one of 16 letters and digits.
    static func isID(_ text: String) -> Bool {
        (1...128).contains(text.utf8.count)
            && text.utf8.allSatisfy { $0.isASCIILetterOrDigit || "-_".utf8.contains($0) }
    }

    /// - Returns: nil if there is no such file, or one that must not be given out: no regular file, reached by a link, or
    ///   longer than ``maxBytes``.
    func content(id: String) -> [UInt8]? {
        if let given, given.id == id { return Array(given.text.utf8) }
        guard let folder else { return nil }
        let root = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard root >= 0 else { return nil }
        defer { close(root) }
        let directory = openat(root, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard directory >= 0 else { return nil }
        defer { close(directory) }
        // O_NONBLOCK: opening a pipe would wait for a writer.
        let file = openat(directory, "auth.txt", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        let content = [UInt8](unsafeUninitializedCapacity: Self.maxBytes + 1) { buffer, count in
            count = max(0, read(file, buffer.baseAddress, Self.maxBytes + 1))
        }
        return content.count <= Self.maxBytes ? content : nil
    }
}

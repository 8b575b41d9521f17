/// The content of a params stream: name-value pairs (FastCGI specification, section 3.4).
enum FastCGIParams {
    /// Sorted by name, so that the same params give the same bytes.
    static func encode(_ params: [String: String]) -> [UInt8] {
        params.sorted { $0.key < $1.key }.flatMap { pair($0.key, $0.value) }
    }

    static func pair(_ name: String, _ value: String, long: Bool = false) -> [UInt8] {
        length(name.utf8.count, long: long) + length(value.utf8.count, long: long) + name.utf8 + value.utf8
    }

    /// A length in one byte, or in four, the first with its high bit set. Four bytes may hold a small length, too.
    static func length(_ length: Int, long: Bool = false) -> [UInt8] {
        if length < 0x80, !long { return [UInt8(length)] }
        return [UInt8(length >> 24 | 0x80)] + [16, 8, 0].map { UInt8(length >> $0 & 0xFF) }
    }
}

/// One record as it goes over the wire (FastCGI specification, section 3.3), right or wrong.
struct FastCGIRecord: Sendable {
    /// Record types of section 8.
    enum Kind {
        static let begin: UInt8 = 1
        static let abort: UInt8 = 2
        static let end: UInt8 = 3
        static let params: UInt8 = 4
        static let stdin: UInt8 = 5
        static let stdout: UInt8 = 6
        static let stderr: UInt8 = 7
        static let data: UInt8 = 8
        static let getValues: UInt8 = 9
    }

    var version: UInt8 = 1
    var kind: UInt8
    var requestID: UInt16 = 1
    var content: [UInt8] = []
    /// How many bytes of it follow the content. They are not zeros: nobody may depend on them.
    var padding: UInt8 = 0

    var bytes: [UInt8] {
        let head = [version, kind] + Self.twoBytes(Int(requestID)) + Self.twoBytes(content.count) + [padding, 0]
        return head + content + [UInt8](repeating: 0xAA, count: Int(padding))
    }

    /// A begin-request record; role 1 is the responder, flag 1 asks to keep the connection.
    static func begin(role: Int = 1, flags: UInt8 = 0, requestID: UInt16 = 1) -> FastCGIRecord {
        FastCGIRecord(kind: Kind.begin, requestID: requestID, content: twoBytes(role) + [flags, 0, 0, 0, 0, 0])
    }

    static func params(_ content: [UInt8] = []) -> FastCGIRecord { FastCGIRecord(kind: Kind.params, content: content) }

    static func stdin(_ content: [UInt8] = []) -> FastCGIRecord { FastCGIRecord(kind: Kind.stdin, content: content) }

    static let abort = FastCGIRecord(kind: Kind.abort)

    /// The same content in records of at most so many bytes. A record that ends a stream stays as it is.
    func split(every size: Int) -> [FastCGIRecord] {
        guard content.count > size else { return [self] }
        return stride(from: 0, to: content.count, by: size).map { start in
            var part = self
            part.content = Array(content[start..<min(start + size, content.count)])
            return part
        }
    }

    /// Name-value pairs (section 3.4).
    static func pairs(_ pairs: [(name: String, value: String)]) -> [UInt8] {
        pairs.flatMap { length($0.name.utf8.count) + length($0.value.utf8.count) + $0.name.utf8 + $0.value.utf8 }
    }

    /// A length in one byte, or in four of which the first has its high bit set.
    private static func length(_ count: Int) -> [UInt8] {
        count < 0x80 ? [UInt8(count)] : [UInt8(count >> 24 | 0x80)] + [16, 8, 0].map { UInt8(count >> $0 & 0xFF) }
    }

    private static func twoBytes(_ number: Int) -> [UInt8] { [UInt8(number >> 8 & 0xFF), UInt8(number & 0xFF)] }
}

extension Sequence<FastCGIRecord> {
    var bytes: [UInt8] { flatMap(\.bytes) }
}

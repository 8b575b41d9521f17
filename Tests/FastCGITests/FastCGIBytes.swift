@testable import FastCGI

/// FastCGI records as a web server writes them, right or wrong.
enum FastCGIBytes {
    static let begin: UInt8 = 1
    static let abort: UInt8 = 2
    static let params: UInt8 = 4
    static let stdin: UInt8 = 5
    static let getValues: UInt8 = 9

    static func record(_ type: UInt8, _ content: [UInt8] = [], id: UInt16 = 1, padding: UInt8 = 0, version: UInt8 = 1)
        -> [UInt8]
    {
        let length = UInt16(content.count)
        let header = [
            version, type, UInt8(id >> 8), UInt8(id & 0xFF), UInt8(length >> 8), UInt8(length & 0xFF), padding, 0,
        ]
        return header + content + [UInt8](repeating: 0xAA, count: Int(padding))
    }

    static func beginRequest(role: UInt8 = 1, flags: UInt8 = 0, id: UInt16 = 1, padding: UInt8 = 0) -> [UInt8] {
        record(begin, [0, role, flags, 0, 0, 0, 0, 0], id: id, padding: padding)
    }

    /// A length in its shortest form, or in four bytes.
    static func length(_ length: Int, long: Bool = false) -> [UInt8] {
        if length < 128, !long { return [UInt8(length)] }
        return [
            UInt8(length >> 24) | 0x80, UInt8(length >> 16 & 0xFF), UInt8(length >> 8 & 0xFF), UInt8(length & 0xFF),
        ]
    }

    static func pair(_ name: String, _ value: String, long: Bool = false) -> [UInt8] {
        length(name.utf8.count, long: long) + length(value.utf8.count, long: long) + Array(name.utf8)
            + Array(value.utf8)
    }

    /// A stream cut into records of the given size, and its end.
    static func stream(_ type: UInt8, _ content: [UInt8], recordSize: Int = 65_535, padding: UInt8 = 0, id: UInt16 = 1)
        -> [UInt8]
    {
        let starts = stride(from: 0, to: content.count, by: recordSize)
        let records = starts.flatMap { start in
            record(type, Array(content[start..<min(start + recordSize, content.count)]), id: id, padding: padding)
        }
        return records + record(type, id: id, padding: padding)
    }

    static let usualParams = [
        ("REQUEST_METHOD", "POST"), ("DOCUMENT_URI", "/auth_exchange"), ("CONTENT_TYPE", "application/json"),
        ("CONTENT_LENGTH", "14"),
        ("REQUEST_ID", "3f2a"), ("EMPTY", ""), ("LONG", String(repeating: "v", count: 300)),
    ]

    /// A whole request.
    static func request(
        params: [(String, String)] = usualParams,
        body: [UInt8] = Array(#"{"code":"a.b"}"#.utf8),
        recordSize: Int = 65_535,
        padding: UInt8 = 0,
        id: UInt16 = 1
    ) -> [UInt8] {
        beginRequest(id: id, padding: padding)
            + stream(self.params, params.flatMap { pair($0.0, $0.1) }, recordSize: recordSize, padding: padding, id: id)
            + stream(stdin, body, recordSize: recordSize, padding: padding, id: id)
    }
}

extension ConnectionGate {
    mutating func consume(_ bytes: [UInt8]) -> Verdict {
        bytes.withUnsafeBytes { consume($0) }
    }

    /// The verdict on bytes that arrive in pieces of a size. A refusal is final.
    static func verdict(_ bytes: [UInt8], pieces size: Int = .max, limits: FastCGILimits = FastCGILimits()) -> Verdict {
        var gate = ConnectionGate(limits: limits)
        var verdict = Verdict.incomplete
        var rest = bytes[...]
        while !rest.isEmpty {
            verdict = gate.consume(Array(rest.prefix(size)))
            if case .refused = verdict { return verdict }
            rest = rest.dropFirst(size)
        }
        return verdict
    }
}

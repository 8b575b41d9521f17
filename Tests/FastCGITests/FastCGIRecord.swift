/// One record on the wire (FastCGI specification, section 3.3), right or wrong.
struct FastCGIRecord: Sendable {
    /// A record type (section 8).
    typealias Kind = UInt8

    var version: UInt8
    var kind: Kind
    var requestID: UInt16
    var content: [UInt8]
    /// How many padding bytes follow the content. They are not zeros, since nothing may depend on them.
    var padding: UInt8

    init(_ kind: Kind, _ content: [UInt8] = [], requestID: UInt16 = 1, padding: UInt8 = 0, version: UInt8 = 1) {
        self.version = version
        self.kind = kind
        self.requestID = requestID
        self.content = content
        self.padding = padding
    }

    var bytes: [UInt8] {
        let numbers = Self.twoBytes(Int(requestID)) + Self.twoBytes(content.count)
        return [version, kind] + numbers + [padding, 0] + content + [UInt8](repeating: 0xAA, count: Int(padding))
    }

    /// A begin-request record; role 1 is the responder, flag 1 asks to keep the connection.
    static func beginRequest(role: Int = 1, flags: UInt8 = 0, requestID: UInt16 = 1) -> FastCGIRecord {
        FastCGIRecord(.beginRequest, twoBytes(role) + [flags, 0, 0, 0, 0, 0], requestID: requestID)
    }

    static let abortRequest = FastCGIRecord(.abortRequest)

    static func params(_ content: [UInt8] = []) -> FastCGIRecord { FastCGIRecord(.params, content) }

    static func stdin(_ content: [UInt8] = []) -> FastCGIRecord { FastCGIRecord(.stdin, content) }

    /// A stream's content in as few records as possible, and the empty record that ends it.
    static func stream(_ kind: Kind, _ content: [UInt8]) -> [FastCGIRecord] {
        let records = content.isEmpty ? [] : [FastCGIRecord(kind, content)].split(every: 65_535)
        return records + [FastCGIRecord(kind)]
    }

    /// The complete records, and the bytes after them.
    static func decode(_ bytes: [UInt8]) -> (records: [FastCGIRecord], rest: ArraySlice<UInt8>) {
        var records: [FastCGIRecord] = []
        var rest = bytes[...]
        while rest.count >= 8 {
            let header = Array(rest.prefix(8))
            let length = Int(header[4]) << 8 | Int(header[5])
            let size = 8 + length + Int(header[6])
            guard rest.count >= size else { break }
            let content = Array(rest.dropFirst(8).prefix(length))
            let id = UInt16(header[2]) << 8 | UInt16(header[3])
            records.append(
                FastCGIRecord(header[1], content, requestID: id, padding: header[6], version: header[0])
            )
            rest = rest.dropFirst(size)
        }
        return (records, rest)
    }

    private static func twoBytes(_ number: Int) -> [UInt8] { [UInt8(number >> 8 & 0xFF), UInt8(number & 0xFF)] }
}

extension Sequence<FastCGIRecord> {
    var bytes: [UInt8] { flatMap(\.bytes) }

    /// The same streams, with at most this many bytes of content per record. Begin-request records stay as they are.
    func split(every size: Int) -> [FastCGIRecord] {
        flatMap { record in
            guard record.kind != .beginRequest, record.content.count > size else { return [record] }
            return stride(from: 0, to: record.content.count, by: size).map { start in
                var part = record
                part.content = Array(record.content[start..<Swift.min(start + size, record.content.count)])
                return part
            }
        }
    }

    /// The same records, each with one header field changed.
    func with<Value>(_ field: WritableKeyPath<FastCGIRecord, Value>, _ value: Value) -> [FastCGIRecord] {
        map { record in
            var record = record
            record[keyPath: field] = value
            return record
        }
    }
}

extension FastCGIRecord.Kind {
    static let beginRequest: Self = 1
    static let abortRequest: Self = 2
    static let endRequest: Self = 3
    static let params: Self = 4
    static let stdin: Self = 5
    static let stdout: Self = 6
    static let stderr: Self = 7
    static let data: Self = 8
    static let getValues: Self = 9
    static let getValuesResult: Self = 10
}

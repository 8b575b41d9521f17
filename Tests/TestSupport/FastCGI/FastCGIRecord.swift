/// One record on the wire (FastCGI specification, section 3.3), right or wrong.
package struct FastCGIRecord: Sendable {
    /// A record type (section 8).
    package struct Kind: ExpressibleByIntegerLiteral, Equatable, Sendable {
        fileprivate let number: UInt8

        package init(integerLiteral number: UInt8) {
            self.number = number
        }

        package static let beginRequest: Kind = 1
        package static let abortRequest: Kind = 2
        package static let endRequest: Kind = 3
        package static let params: Kind = 4
        package static let stdin: Kind = 5
        package static let stdout: Kind = 6
        package static let stderr: Kind = 7
        package static let data: Kind = 8
        package static let getValues: Kind = 9
        package static let getValuesResult: Kind = 10
    }

    package var version: UInt8
    package var kind: Kind
    package var requestID: UInt16
    package var content: [UInt8]
    /// How many padding bytes follow the content. They are not zeros, since nothing may depend on them.
    package var padding: UInt8

    package init(
        _ kind: Kind,
        _ content: [UInt8] = [],
        requestID: UInt16 = 1,
        padding: UInt8 = 0,
        version: UInt8 = 1
    ) {
        self.version = version
        self.kind = kind
        self.requestID = requestID
        self.content = content
        self.padding = padding
    }

    package var bytes: [UInt8] {
        let numbers = Self.twoBytes(Int(requestID)) + Self.twoBytes(content.count)
        return [version, kind.number] + numbers + [padding, 0] + content + [UInt8](repeating: 0xAA, count: Int(padding))
    }

    /// A begin-request record; role 1 is the responder, flag 1 asks to keep the connection.
    package static func beginRequest(role: Int = 1, flags: UInt8 = 0, requestID: UInt16 = 1) -> FastCGIRecord {
        FastCGIRecord(.beginRequest, twoBytes(role) + [flags, 0, 0, 0, 0, 0], requestID: requestID)
    }

    package static let abortRequest = FastCGIRecord(.abortRequest)

    package static func params(_ content: [UInt8] = []) -> FastCGIRecord { FastCGIRecord(.params, content) }

    package static func stdin(_ content: [UInt8] = []) -> FastCGIRecord { FastCGIRecord(.stdin, content) }

    /// A stream's content in as few records as possible, and the empty record that ends it.
    package static func stream(_ kind: Kind, _ content: [UInt8]) -> [FastCGIRecord] {
        let records = content.isEmpty ? [] : [FastCGIRecord(kind, content)].split(every: 65_535)
        return records + [FastCGIRecord(kind)]
    }

    /// Parses bytes.
    ///
    /// - Returns: the complete records, and the bytes after them.
    package static func decode(_ bytes: [UInt8]) -> (records: [FastCGIRecord], rest: ArraySlice<UInt8>) {
        var records: [FastCGIRecord] = []
        var rest = bytes[...]
        while rest.count >= 8 {
            let header = Array(rest.prefix(8))
            let length = Int(header[4]) << 8 | Int(header[5])
            let size = 8 + length + Int(header[6])
            guard rest.count >= size else { break }
            records.append(
                FastCGIRecord(
                    Kind(integerLiteral: header[1]),
                    Array(rest.dropFirst(8).prefix(length)),
                    requestID: UInt16(header[2]) << 8 | UInt16(header[3]),
                    padding: header[6],
                    version: header[0]
                )
            )
            rest = rest.dropFirst(size)
        }
        return (records, rest)
    }

    private static func twoBytes(_ number: Int) -> [UInt8] { [UInt8(number >> 8 & 0xFF), UInt8(number & 0xFF)] }
}

extension Sequence<FastCGIRecord> {
    package var bytes: [UInt8] { flatMap(\.bytes) }

    /// The same streams, with at most this many bytes of content per record. Begin-request records stay as they are.
    package func split(every size: Int) -> [FastCGIRecord] {
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
    package func with<Value>(_ field: WritableKeyPath<FastCGIRecord, Value>, _ value: Value) -> [FastCGIRecord] {
        map { record in
            var record = record
            record[keyPath: field] = value
            return record
        }
    }
}

import CFCGI

/// A web server's question about what this responder can do (`FCGI_GET_VALUES`, FastCGI specification section 4.1).
///
/// Never left to libfcgi, which overruns a buffer with it.
struct ManagementQuery {
    /// Bytes of names. All that the specification has take less than a hundred.
    static let maxBytes = 512

    private let maxInFlight: Int

    init(limits: FastCGILimits) {
        maxInFlight = limits.maxInFlight
    }

    private var values: [(name: String, value: String)] {
        let most = String(maxInFlight)
        // One request at a time on each connection.
        return [(FCGI_MAX_CONNS, most), (FCGI_MAX_REQS, most), (FCGI_MPXS_CONNS, "0")]
    }

    /// The `FCGI_GET_VALUES_RESULT` record.
    ///
    /// - Parameter content: the question: names with empty values.
    /// - Returns: nil if the content is malformed. A name that is not known is left out of the answer.
    func answer(to content: ArraySlice<UInt8>) -> [UInt8]? {
        let values = values
        var rest = content
        var pairs: [UInt8] = []
        while !rest.isEmpty {
            guard let nameLength = Self.length(&rest), let valueLength = Self.length(&rest),
                rest.count >= nameLength, rest.count - nameLength >= valueLength
            else { return nil }
            let name = rest.prefix(nameLength)
            rest = rest.dropFirst(nameLength + valueLength)
            guard let known = values.first(where: { name.elementsEqual($0.name.utf8) }) else { continue }
            pairs += [UInt8(known.name.utf8.count), UInt8(known.value.utf8.count)]
            pairs += Array(known.name.utf8) + Array(known.value.utf8)
            // Asked for again and again it would not fit into a record.
            guard pairs.count <= Self.maxBytes else { return nil }
        }
        var record: [UInt8] = []
        record.append(header: recordHeader(FCGI_GET_VALUES_RESULT, count: pairs.count))
        return record + pairs
    }

    /// Section 3.4: one byte, or four of which the first has the high bit.
    private static func length(_ bytes: inout ArraySlice<UInt8>) -> Int? {
        guard let first = bytes.popFirst() else { return nil }
        guard first & 0x80 != 0 else { return Int(first) }
        guard bytes.count >= 3 else { return nil }
        let rest = bytes.prefix(3)
        bytes.removeFirst(3)
        return rest.reduce(Int(first & 0x7F)) { $0 << 8 | Int($1) }
    }
}

import CFCGI

/// A web server's question about what this responder can do (`FCGI_GET_VALUES`, FastCGI specification section 4.1).
///
/// Never left to libfcgi, which overruns a buffer with it.
enum ManagementQuery {
    /// Bytes of names. All that the specification has take less than a hundred.
    static let maxBytes = 512

    /// The `FCGI_GET_VALUES_RESULT` record. A name that is not known is left out of it.
    ///
    /// - Parameters:
    ///   - content: the question: names with empty values.
    ///   - maxInFlight: as many connections and requests at once.
    static func answer(
        to content: UnsafeRawBufferPointer,
        maxInFlight: Int
    ) throws(ConnectionGate.Refusal) -> [UInt8] {
        let most = String(maxInFlight)
        // One request at a time on each connection.
        let values = [FCGI_MAX_CONNS: most, FCGI_MAX_REQS: most, FCGI_MPXS_CONNS: "0"]
        var question = NameValuePairs(content)
        var pairs: [UInt8] = []
        while let name = try question.next()?.name {
            let name = String(decoding: name, as: UTF8.self)
            guard let value = values[name] else { continue }
            pairs += [UInt8(name.utf8.count), UInt8(value.utf8.count)] + name.utf8 + value.utf8
            // Asked for again and again it would not fit into a record.
            guard pairs.count <= maxBytes else { throw .malformedParams }
        }
        var record: [UInt8] = []
        record.append(header: recordHeader(FCGI_GET_VALUES_RESULT, count: pairs.count))
        return record + pairs
    }
}

import CFCGI

/// The records with which an answer is sent (FastCGI specification, sections 3.3, 5.3 and 5.5).
enum AnswerRecords {
    /// A record's content at most: what two bytes can say, as a multiple of 8, which needs no padding.
    private static let maxContent = 65_528

    /// All of an answer, so that one call sends it.
    ///
    /// - Parameters:
    ///   - document: header fields, empty line, body.
    ///   - isLast: whether the web server, which keeps the connection, is told that this answer is the last on it. The
    ///     protocol has no words for that. But nginx keeps a connection only if the end-request record is the last that has
    ///     arrived on it (`ngx_http_fastcgi_input_filter`), so an empty management record follows, which tells nothing.
    static func encode(_ document: [UInt8], requestID: UInt16, isLast: Bool) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(document.count + 48)
        var rest = document[...]
        while !rest.isEmpty {
            let content = rest.prefix(maxContent)
            rest = rest.dropFirst(content.count)
            appendHeader(FCGI_STDOUT, requestID, content.count, to: &bytes)
            bytes.append(contentsOf: content)
        }
        appendHeader(FCGI_STDOUT, requestID, 0, to: &bytes)
        appendHeader(FCGI_END_REQUEST, requestID, MemoryLayout<FCGI_EndRequestBody>.size, to: &bytes)
        // Application status 0, FCGI_REQUEST_COMPLETE.
        for _ in 0..<MemoryLayout<FCGI_EndRequestBody>.size { bytes.append(0) }
        if isLast { appendHeader(FCGI_GET_VALUES_RESULT, UInt16(FCGI_NULL_REQUEST_ID), 0, to: &bytes) }
        return bytes
    }

    private static func appendHeader(_ type: CInt, _ requestID: UInt16, _ count: Int, to bytes: inout [UInt8]) {
        bytes.append(UInt8(FCGI_VERSION_1))
        bytes.append(UInt8(type))
        bytes.append(UInt8(requestID >> 8))
        bytes.append(UInt8(requestID & 0xFF))
        bytes.append(UInt8(count >> 8))
        bytes.append(UInt8(count & 0xFF))
        // Padding, and a byte that means nothing.
        bytes.append(0)
        bytes.append(0)
    }
}

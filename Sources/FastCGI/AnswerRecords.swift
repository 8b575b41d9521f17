import CFCGI
import NIOCore

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
    static func encode(_ document: [UInt8], requestID: UInt16, isLast: Bool) -> ByteBuffer {
        var bytes = ByteBuffer()
        bytes.reserveCapacity(document.count + 48)
        var rest = document[...]
        while !rest.isEmpty {
            let content = rest.prefix(maxContent)
            rest = rest.dropFirst(content.count)
            bytes.writeInteger(recordHeader(FCGI_STDOUT, requestID: requestID, count: content.count))
            bytes.writeBytes(content)
        }
        bytes.writeInteger(recordHeader(FCGI_STDOUT, requestID: requestID))
        let size = MemoryLayout<FCGI_EndRequestBody>.size
        bytes.writeInteger(recordHeader(FCGI_END_REQUEST, requestID: requestID, count: size))
        // Application status 0, FCGI_REQUEST_COMPLETE.
        bytes.writeRepeatingByte(0, count: size)
        if isLast { bytes.writeInteger(recordHeader(FCGI_GET_VALUES_RESULT)) }
        return bytes
    }
}

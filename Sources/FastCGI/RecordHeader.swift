import CFCGI

extension [UInt8] {
    /// Appends a record's header (FastCGI specification, section 3.3). The content that follows it is not padded.
    ///
    /// - Parameters:
    ///   - count: bytes of the content.
    ///   - requestID: 0 for a management record.
    mutating func append(headerOf type: CInt, requestID: UInt16 = UInt16(FCGI_NULL_REQUEST_ID), count: Int = 0) {
        append(UInt8(FCGI_VERSION_1))
        append(UInt8(type))
        append(UInt8(requestID >> 8))
        append(UInt8(requestID & 0xFF))
        append(UInt8(count >> 8))
        append(UInt8(count & 0xFF))
        // The length of the padding, and a byte that is reserved.
        append(0)
        append(0)
    }
}
